// Commands to the server: JSON by POST, readings by GET; an error becomes a toast with the server's own line.
import { t, textOf, told } from './i18n.js';
import { toast } from './overlays.js';

export class Refused extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {string | null} hint */
  constructor(status, code, message, hint) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** @param {Response} response @returns {Promise<Refused>} */
export async function refusal(response) {
  const error = (await response.json().catch(() => null))?.error ?? {};
  return new Refused(response.status, error.code ?? '', told(error) || `HTTP ${response.status}`, told(error, 'hint') || null);
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
async function ask(path, init) {
  const response = await fetch(path, init);
  if (!response.ok) throw await refusal(response);
  return response.json();
}

/** @param {string} path */
export const read = (path) => ask(path);

/** @param {unknown} [body] @param {AbortSignal} [signal] @returns {RequestInit} */
export const posting = (body = {}, signal) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
  signal,
});

/** @param {string} path @param {unknown} [body] */
export const post = (path, body) => ask(path, posting(body));

/** Sends a command; a failure is shown, not thrown. @param {string} path @param {unknown} [body] @returns {Promise<any>} null when it failed */
export async function command(path, body) {
  try {
    return await post(path, body);
  } catch (error) {
    showFailure(error);
    return null;
  }
}

/** What happened to what it names cannot be said in advance: the server's own line is shown as well. */
const WITH_DETAIL = ['collision', 'exists', 'unwritable'];

/** What a refusal says, in the page's language where it can be. @param {unknown} error */
export function refusalText(error) {
  if (!(error instanceof Refused)) return t('no_answer');
  const known = textOf(`refused_${error.code}`);
  if (known) return WITH_DETAIL.includes(error.code) ? `${known} (${error.message})` : known;
  return error.hint ? `${error.message}. ${error.hint}` : error.message;
}

/** @param {unknown} error */
export function showFailure(error) {
  // The process was being replaced just then, which is what was wanted.
  if (error instanceof Refused && error.code === 'not_running') return;
  toast(refusalText(error), 'bad');
}

/** Starts a download without leaving the page. @param {string} path */
export function download(path) {
  const anchor = document.createElement('a');
  anchor.href = path;
  anchor.download = '';
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}
