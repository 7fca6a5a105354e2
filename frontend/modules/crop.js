// Crop by hand: a box over the photo as the step gets it, moved and sized by pointer or keys; it writes the step's parameters.
import { WHOLE, boxOf, inside, largest, ratioOf, resized } from './crop-box.js';
import { placing, outputOf, setParams } from './draft.js';
import { button, h, segmented } from './element.js';
import { number, t } from './i18n.js';
import { image } from './image-list.js';
import { pictureOf } from './preview.js';
import { effect, onCleanup, signal } from './signal.js';

/** @typedef {import('./crop-box.js').Box} Box */
const RATIOS_OFFERED = ['1:1', '4:5', '3:2', '16:9'];
const SIZE = { width_px: 1600, height_px: 1200 };
const asPercent = (/** @type {number} */ share) => `${Number((share * 100).toFixed(2))}%`;

/** The tool, in place of the stage. @param {{ id: number, key: number }} step */
export function cropTool({ id, key }) {
  const picture = signal(/** @type {import('./preview.js').Picture | null} */ (null));
  const box = signal(/** @type {Box} */ (WHOLE));
  const steps = () => outputOf(id)?.steps ?? [];
  const params = () => steps().find((step) => step.key === key)?.params ?? {};
  /** The chosen proportions as written; '' is free. */
  const chosen = signal(String(params().aspecto || (params().ancho || params().alto ? '' : '4:5')));
  let known = '';
  effect(() => {
    const item = image.value;
    const before = steps().slice(
      0,
      steps().findIndex((step) => step.key === key),
    );
    const asked = JSON.stringify([item?.id, before.map(({ filter, params: given }) => [filter, given])]);
    if (!item || asked === known) return;
    known = asked;
    const stop = new AbortController();
    pictureOf(item.id, before, SIZE, stop.signal).then(
      (made) => {
        const old = picture.peek();
        picture.value = made;
        if (old) URL.revokeObjectURL(old.url);
      },
      () => {},
    );
  });
  effect(() => {
    const now = picture.value;
    if (now) box.value = boxOf(params(), now);
  });
  onCleanup(() => {
    const old = picture.peek();
    if (old) URL.revokeObjectURL(old.url);
  });
  /** Ratio of shares. */
  const locked = () => {
    const [now, ratio] = [picture.peek(), ratioOf(chosen.peek())];
    return now && ratio ? (ratio * now.height_px) / now.width_px : null;
  };
  /** Shows a box at once, and has the step make it when it has come to rest. @param {Box} next @param {boolean} done */
  function put(next, done) {
    box.value = next;
    if (!done) return;
    const { x, y, width, height } = next;
    setParams(id, key, {
      aspecto: null,
      gravedad: null,
      ancho: asPercent(width),
      alto: asPercent(height),
      x: asPercent(x),
      y: asPercent(y),
    });
  }
  /** @param {string} ratio */
  function choose(ratio) {
    chosen.value = ratio;
    const shares = locked();
    if (shares === null) return;
    const { x, y, width, height } = box.peek();
    const fitted = largest(shares, '');
    put(inside({ ...fitted, x: x + (width - fitted.width) / 2, y: y + (height - fitted.height) / 2 }), true);
  }
  const reset = () =>
    setParams(id, key, { ancho: null, alto: null, x: null, y: null, aspecto: chosen.peek() || '4:5', gravedad: 'centro' });
  const leave = () => {
    placing.value = null;
    /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${key}"]`))?.focus();
  };

  const surface = h('div', { class: 'crop-surface' });
  /** @param {PointerEvent} event @param {(x: number, y: number) => Box} follow of the pointer's shares */
  function drag(event, follow) {
    event.preventDefault();
    event.stopPropagation();
    const target = /** @type {HTMLElement} */ (event.currentTarget);
    const around = surface.getBoundingClientRect();
    const at = (/** @type {PointerEvent} */ now) =>
      follow((now.clientX - around.left) / around.width, (now.clientY - around.top) / around.height);
    const move = (/** @type {PointerEvent} */ now) => put(at(now), false);
    target.setPointerCapture(event.pointerId);
    target.addEventListener('pointermove', move);
    target.addEventListener(
      'lostpointercapture',
      () => {
        target.removeEventListener('pointermove', move);
        put(box.peek(), true);
      },
      { once: true },
    );
    frame.focus();
  }
  const grip = (/** @type {boolean} */ left, /** @type {boolean} */ top) =>
    h('span', {
      class: `grip ${left ? 'left' : 'right'} ${top ? 'top' : 'bottom'}`,
      onpointerdown: (/** @type {PointerEvent} */ event) => {
        const start = box.peek();
        drag(event, (x, y) => resized(start, left, top, x, y, locked()));
      },
    });
  const said = () => {
    const [{ width, height }, now] = [box.value, picture.value];
    if (!now) return '…';
    const size = `${number(Math.round(width * now.width_px))} × ${number(Math.round(height * now.height_px))}\u00a0px`;
    return [chosen.value, size].filter(Boolean).join(' · ');
  };
  const css = (/** @type {'x' | 'y' | 'width' | 'height'} */ part) => () => `${box.value[part] * 100}%`;
  const frame = h(
    'div',
    {
      class: 'crop-box',
      tabIndex: 0,
      role: 'application',
      'aria-label': () => `${t('crop_box')}: ${said()}`,
      '--x': css('x'),
      '--y': css('y'),
      '--width': css('width'),
      '--height': css('height'),
      onpointerdown: (/** @type {PointerEvent} */ event) => {
        const start = box.peek();
        const around = surface.getBoundingClientRect();
        const from = { x: (event.clientX - around.left) / around.width, y: (event.clientY - around.top) / around.height };
        drag(event, (x, y) => inside({ ...start, x: start.x + x - from.x, y: start.y + y - from.y }));
      },
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const now = box.peek();
        const by = event.shiftKey ? 0.1 : 0.01;
        const [dx, dy] = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key] ?? [0, 0];
        const grow = { '+': by, '-': -by }[event.key] ?? 0;
        if (event.key === 'Escape') leave();
        else if (event.altKey && (dx || dy))
          put(resized(now, false, false, now.x + now.width + dx, now.y + now.height + dy, locked()), true);
        else if (dx || dy) put(inside({ ...now, x: now.x + dx, y: now.y + dy }), true);
        else if (grow) put(resized(now, false, false, now.x + now.width * (1 + grow), now.y + now.height * (1 + grow), locked()), true);
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    },
    [true, false].flatMap((left) => [true, false].map((top) => grip(left, top))),
    h('span', { class: 'crop-said', 'aria-hidden': 'true' }, said),
  );
  surface.append(h('img', { alt: '', draggable: 'false', src: () => picture.value?.url ?? null, hidden: () => !picture.value }), frame);
  const ratios = [...new Set(['', ...RATIOS_OFFERED, ...(ratioOf(chosen.peek()) ? [chosen.peek()] : [])])];
  return h(
    'section',
    { class: 'stage crop', 'aria-label': () => t('crop_box') },
    h(
      'div',
      { class: 'stage-head' },
      h('h2', { class: 'file-name' }, () => image.value?.name ?? '…'),
      h('span', { class: 'spring' }),
      segmented(
        () => t('ratio'),
        ratios.map((ratio) => /** @type {[string, () => string]} */ ([ratio, () => ratio || t('free')])),
        () => chosen.value,
        choose,
      ),
      button('ghost small', reset, null, () => t('reset')),
      button('primary small', leave, null, () => t('done_with')),
    ),
    h(
      'div',
      { class: 'stage-area crop-area', '--ratio': () => String(picture.value ? picture.value.width_px / picture.value.height_px : 1.5) },
      surface,
    ),
    h('p', { class: 'facts' }, () => t('crop_hint')),
  );
}
