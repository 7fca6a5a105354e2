// Two equal fields below the photo: the original at the size of the output, and the very file at 100 %, both at the same spot.
import { STEP_GROUPS, fileName, output, shownFile, shownOutput, stepsOn } from './draft.js';
import { h } from './element.js';
import { dimensions, percent, t } from './i18n.js';
import { image } from './image-list.js';
import { fileOf, pictureOf } from './preview.js';
import { effect, onCleanup, signal, untracked } from './signal.js';
import { restarts } from './stream.js';

const PAUSE_MS = 300;
/** What arrow keys move the spot by. */
const ARROW_STEP = 0.05;

/** @typedef {import('./preview.js').Picture} Picture */
/** The spot that is looked at: shares of the picture. */
export const spot = signal({ x: 0.5, y: 0.5 });

/** @param {number} x @param {number} y */
export function lookAt(x, y) {
  spot.value = { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) };
}

/** @param {() => import('./element.js').Child} label @param {() => Picture | null} picture */
function field(label, picture) {
  const shown = h('img', {
    alt: '',
    draggable: 'false',
    src: () => picture()?.url ?? null,
    hidden: () => !picture(),
    '--spot': () => `${spot.value.x * 100}% ${spot.value.y * 100}%`,
  });
  const view = h(
    'div',
    {
      class: 'detail-view',
      tabIndex: 0,
      role: 'group',
      'aria-label': () => `${t('detail')}: ${t('detail_hint')}`,
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const by = { ArrowLeft: [-ARROW_STEP, 0], ArrowRight: [ARROW_STEP, 0], ArrowUp: [0, -ARROW_STEP], ArrowDown: [0, ARROW_STEP] }[
          event.key
        ];
        if (!by) return;
        event.preventDefault();
        lookAt(spot.peek().x + by[0], spot.peek().y + by[1]);
      },
      onpointerdown: (/** @type {PointerEvent} */ event) => {
        const [{ x, y }, from] = [spot.peek(), event];
        // As far as the picture is larger than the field it goes with the pointer.
        const room = [shown.naturalWidth / devicePixelRatio - view.clientWidth, shown.naturalHeight / devicePixelRatio - view.clientHeight];
        const by = (/** @type {number} */ px, /** @type {number} */ beyond) => (beyond > 0 ? px / beyond : 0);
        const move = (/** @type {PointerEvent} */ to) =>
          lookAt(x - by(to.clientX - from.clientX, room[0]), y - by(to.clientY - from.clientY, room[1]));
        view.setPointerCapture(event.pointerId);
        view.addEventListener('pointermove', move);
        view.addEventListener('lostpointercapture', () => view.removeEventListener('pointermove', move), { once: true });
      },
    },
    shown,
  );
  return h('figure', { class: 'detail-field' }, h('figcaption', { class: 'fine' }, label), view);
}

export function detail() {
  const first = signal(/** @type {Picture | null} */ (null));
  const second = signal(/** @type {Picture | null} */ (null));
  const drop = () => {
    for (const one of [first, second]) {
      const old = one.peek();
      one.value = null;
      if (old) URL.revokeObjectURL(old.url);
    }
  };
  effect(() => {
    const item = image.value;
    const steps = stepsOn(shownOutput.value?.steps, item);
    const file = shownFile.value;
    void [output.value, restarts.value];
    if (!item || item.problem) return untracked(drop);
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const made = await fileOf(item.id, steps, file, stop.signal);
        const { width_px, height_px } = made;
        // What is cut off, turned or put around it changes where the spot is.
        const shape = steps.filter(({ filter }) => STEP_GROUPS.steps_shape.includes(filter));
        const original = await pictureOf(item.id, shape, { width_px, height_px }, stop.signal);
        if (stop.signal.aborted) for (const late of [made, original]) URL.revokeObjectURL(late.url);
        else {
          drop();
          [first.value, second.value] = [original, made];
        }
      } catch {
        // What cannot be made is told at the photo.
        if (!stop.signal.aborted) drop();
      }
    }, PAUSE_MS);
    onCleanup(() => {
      clearTimeout(timer);
      stop.abort();
    });
  });
  onCleanup(drop);
  const dpr = String(devicePixelRatio);
  return h(
    'div',
    { class: 'detail', '--dpr': dpr },
    field(
      () => {
        const now = second.value;
        return now ? `${t('original')} · ${dimensions(now.width_px, now.height_px)}` : t('original');
      },
      () => first.value,
    ),
    field(
      () => [shownOutput.value?.name, fileName(shownFile.value) || t('same_format'), percent(100)].filter(Boolean).join(' · '),
      () => second.value,
    ),
  );
}
