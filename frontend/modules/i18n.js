// The page's texts and numbers in Spanish and English.
import { signal } from './signal.js';

/** @typedef {keyof typeof import('./texts-es.js').es} Key */

/** @type {import('./signal.js').Signal<'es' | 'en'>} */
export const language = signal('es');

/** @type {{ es?: Record<string, string | string[]>, en?: Record<string, string | string[]> }} */
const texts = {};

/** Gives the texts of a language, before it is first used. @param {'es' | 'en'} code @param {Record<string, string | string[]>} all */
export function addTexts(code, all) {
  texts[code] = all;
}

/** Switches to a language; its texts are fetched when they are first needed. @param {'es' | 'en'} code */
export async function setLanguage(code) {
  if (!texts[code]) {
    // The address is absolute because the served script is one file, while texts are fetched by language.
    const loaded = await import(new URL(`/modules/texts-${code}.js`, document.baseURI).href);
    addTexts(code, loaded[code]);
  }
  language.value = code;
}

/** @param {'es' | 'en'} code @returns {'es' | 'en'} */
export const otherLanguage = (code) => (code === 'es' ? 'en' : 'es');

/**
 * The text of a key. `{0}` `{1}`… are replaced; numbers are formatted. Of a pair of texts, the first is for one and the second
 * for any other number, decided by the first argument.
 * @param {Key} key @param {...(string | number)} values @returns {string}
 */
export function t(key, ...values) {
  /** @type {string | string[]} */
  let text = texts[language.value]?.[key] ?? key;
  if (typeof text !== 'string') text = text[values[0] === 1 ? 0 : 1];
  return text.replace(/\{(\d)\}/g, (_, index) => {
    const value = values[index];
    return typeof value === 'number' ? number(value) : String(value);
  });
}

/** The text of a key that may not exist. @param {string} key */
export const textOf = (key) => {
  const text = texts[language.value]?.[key];
  return typeof text === 'string' ? text : null;
};

/** A name that the page has given, as it gives it in the language of now. @param {string} prefix of the keys of such names @param {string} name */
export function renamed(prefix, name) {
  for (const all of Object.values(texts))
    for (const [key, text] of Object.entries(all)) if (text === name && key.startsWith(prefix)) return t(/** @type {Key} */ (key));
  return name;
}

/** What photos are called that came without a folder. @param {string} label */
export const labelOr = (label) => label || t('unnamed_photos');

/** @param {Bilingual} text of the catalogue */
export const say = (text) => text[language.value];

/** What the server says of something, in the page's language: it sends both. @param {any} from @param {'message' | 'hint' | 'reason' | 'error' | 'text'} [what] @returns {string} */
export const told = (from, what = 'message') => (language.value === 'es' && from[`${what}_es`]) || from[what] || '';

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** @param {number} value @param {number} [decimals] most decimals @param {number} [least] fewest @returns {string} */
export function number(value, decimals = 0, least = decimals) {
  if (!Number.isFinite(value)) return '–';
  const key = `${language.value}${decimals}/${least}`;
  let format = formats.get(key);
  if (!format)
    formats.set(
      key,
      (format = new Intl.NumberFormat(language.value === 'es' ? 'es-ES' : 'en-GB', {
        minimumFractionDigits: least,
        maximumFractionDigits: decimals,
        useGrouping: true,
      })),
    );
  return format.format(value);
}

/** @param {number} value in per cent */
export const percent = (value, decimals = 0) => number(value, decimals) + (language.value === 'es' ? '\u00a0%' : '%');

/** Share of done work, in whole per cent: 100 only when everything is done. @param {number} done @param {number} total */
export const share = (done, total) => (total > 0 ? (done >= total ? 100 : Math.min(99, Math.floor((done / total) * 100))) : 0);

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** @param {number} value bytes; a kB is 1000 bytes, as in file managers and shops @returns {[string, string]} figure and unit */
export function sizeParts(value) {
  let power = 0;
  let rest = value;
  while (rest >= 999.5 && power < SIZES.length - 1) {
    rest /= 1000;
    power += 1;
  }
  return [number(rest, power === 0 || rest >= 99.95 ? 0 : rest >= 9.95 ? 1 : 2), SIZES[power]];
}

/** @param {number} value bytes */
export const size = (value) => sizeParts(value).join('\u00a0');

/** @param {number} ms @param {number} [decimals] */
export const seconds = (ms, decimals = 2) =>
  ms > 0 && ms < 100 ? `${number(Math.ceil(ms))}\u00a0ms` : `${number(ms / 1000, decimals)}\u00a0s`;

/** A length of time in at most two units: 0,4 s · 12 s · 4 min 06 s · 2 h 05 min. @param {number} ms */
export function duration(ms) {
  if (ms < 9950) return seconds(ms, 1);
  const whole = Math.round(ms / 1000);
  if (whole < 60) return `${whole}\u00a0s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}\u00a0min ${String(whole % 60).padStart(2, '0')}\u00a0s`;
  return `${number(Math.floor(whole / 3600))}\u00a0h ${String(Math.floor(whole / 60) % 60).padStart(2, '0')}\u00a0min`;
}

/** Time left, as coarse as it is certain: to 1 s below a minute, 5 s below ten, else to the minute. @param {number} ms */
export function timeLeft(ms) {
  const whole = Math.max(1, Math.round(ms / 1000));
  if (whole < 60) return `${whole}\u00a0s`;
  if (whole < 600) return duration(Math.round(whole / 5) * 5000);
  const minutes = Math.round(whole / 60);
  return minutes < 60 ? `${minutes}\u00a0min` : duration(minutes * 60_000);
}

/** A day and its time. @param {number} ms since 1970 */
export const moment = (ms) =>
  new Date(ms).toLocaleString(language.value === 'es' ? 'es-ES' : 'en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** @param {number | null} width @param {number | null} height px */
export const dimensions = (width, height) => (width && height ? `${number(width)} × ${number(height)}\u00a0px` : '');
