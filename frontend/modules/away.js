// For those who look elsewhere meanwhile: how far the job is in the tab's title and sign, and a notification at its end.
import { percent, t } from './i18n.js';
import { recall, remember } from './page-state.js';
import { isLive, runningShare } from './shell.js';
import { effect, signal } from './signal.js';
import { state } from './stream.js';

const SIGN_PX = 64;

/** Whether the end of a job is told outside of the page. */
export const notifies = signal(recall('notify') === true && globalThis.Notification?.permission === 'granted');
export const canNotify = 'Notification' in globalThis;

/** Asks the browser for its leave, or stops telling. */
export async function switchNotifying() {
  notifies.value = !notifies.peek() && (await Notification.requestPermission()) === 'granted';
  remember('notify', notifies.peek());
}

/** The signs drawn so far, by share: at most 101 of about 1 kB. They stay, as a browser may fetch one long after it was named. @type {Map<number, Promise<string | null>>} */
const signs = new Map();

/** The sign of the tab: a ring that fills. @param {number} share per cent, whole */
function signOf(share) {
  const sign = signs.get(share) ?? drawSign(share);
  signs.set(share, sign);
  return sign;
}

/** @param {number} share per cent */
async function drawSign(share) {
  const canvas = new OffscreenCanvas(SIGN_PX, SIGN_PX);
  const context = canvas.getContext('2d');
  if (!context) return null;
  const middle = SIGN_PX / 2;
  context.lineWidth = 14;
  for (const [colour, part] of /** @type {[string, number][]} */ ([
    ['#8a8a8a', 100],
    ['#0b7a66', share],
  ])) {
    context.strokeStyle = colour;
    context.beginPath();
    context.arc(middle, middle, middle - 9, -Math.PI / 2, (part / 50 - 0.5) * Math.PI);
    context.stroke();
  }
  return URL.createObjectURL(await canvas.convertToBlob());
}

/** For as long as the page lives. */
export function showAway() {
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel=icon]'));
  const usual = link?.href ?? '';
  let round = 0;
  effect(() => {
    const share = runningShare.value;
    const turn = (round += 1);
    document.title = `${share === null ? '' : `${percent(share)} · `}Lote`;
    (share === null ? Promise.resolve(usual) : signOf(share)).then((address) => {
      if (!link || !address || turn !== round) return;
      link.href = address;
    });
  });
  let before = state.job.peek();
  effect(() => {
    const now = state.job.value;
    const ended = now && before && now.id === before.id && isLive(before) && !isLive(now);
    before = now;
    if (!ended || !notifies.peek() || !document.hidden) return;
    const { ok, failed } = now.progress;
    const note = new Notification(`Lote · ${now.name}`, {
      body: t(now.state === 'cancelled' ? 'say_cancelled' : 'say_finished', ok, failed),
    });
    note.onclick = () => window.focus();
  });
}
