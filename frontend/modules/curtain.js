// Before and after: one picture over the other behind a curtain, or side by side. The control is a native range input, so mouse,
// touch, keyboard and screen reader work; the pictures never move or change size while it is drawn (clip-path only).
import { h, icon, segmented } from './element.js';
import { percent, t } from './i18n.js';
import { effect } from './signal.js';

/**
 * @typedef {{ before: () => string | null, after: () => string | null, beforeLabel?: () => string, afterLabel: () => string, ratio: () => number,
 *   side: () => boolean, full: () => { width_px: number, height_px: number } | null, busy?: () => boolean,
 *   zoom?: (to: 'in' | 'out' | 'toggle') => void, look?: (x: number, y: number) => void,
 *   point?: () => { x: number, y: number } | null }} CurtainOptions
 * `before`, `after`: addresses of the pictures. `ratio`: width / height. `full`: size in device pixels, or null to fit. `zoom`: what
 * wheel, pinch and double click ask for; `full` follows. `look`: a click on
 * that point of the picture, in shares. `point`: what is marked, in shares.
 */

/** The size before it changed, and the point that stays where it is: shares of the picture and of the window. */
const MIDDLE = { x: 0.5, y: 0.5, left: 0.5, top: 0.5 };
/** Fingers have to move apart by so much for the next step. */
const PINCH = 1.3;

/** Whether the pictures are side by side, to be chosen. @param {import('./signal.js').Signal<boolean>} side */
export const layoutChoice = (side) =>
  segmented(
    () => t('view'),
    [
      [false, () => t('curtain')],
      [true, () => t('side_by_side')],
    ],
    () => side.value,
    (value) => {
      side.value = value;
    },
  );

/** Steps of the scale; 0 fits. */
export const SCALES = [0, 0.5, 1, 2];
/** The scale after that. @param {number} now @param {'in' | 'out' | 'fit' | 'toggle'} to */
export const zoomedTo = (now, to) =>
  to === 'fit' ? 0 : to === 'toggle' ? Number(!now) : (SCALES[SCALES.indexOf(now) + (to === 'in' ? 1 : -1)] ?? now);

/** @param {CurtainOptions} options */
export function curtain(options) {
  const beforeLabel = options.beforeLabel ?? (() => t('before'));
  const picture = (/** @type {() => string | null} */ src, /** @type {() => string} */ alt) => {
    const made = h('img', { src, alt, hidden: () => !src(), draggable: 'false' });
    // Its own proportions, so that what lies under its transparent parts ends where it does.
    made.onload = () => made.parentElement?.style.setProperty('--own', String(made.naturalWidth / made.naturalHeight || 1));
    return made;
  };
  /** A picture and what is marked on it, in a box that is as large before as after. @param {HTMLImageElement} shown */
  const sheet = (shown) => {
    const point = () => options.point?.();
    const share = (/** @type {'x' | 'y'} */ part) => () => `${(point()?.[part] ?? 0) * 100}%`;
    const mark = () => point() && h('i', { class: 'crop-focus', '--x': share('x'), '--y': share('y') });
    return h('div', { class: 'sheet' }, shown, h('div', { class: 'marked', 'aria-hidden': 'true' }, mark));
  };
  const afterPicture = picture(() => options.after() ?? options.before(), options.afterLabel);
  const sheets = [sheet(picture(options.before, beforeLabel)), sheet(afterPicture)];
  const before = h('div', { class: 'layer' }, sheets[0]);
  const after = h('div', { class: 'layer over' }, sheets[1]);
  const range = h('input', { type: 'range', min: '0', max: '100', step: '1', value: '50', 'aria-label': () => t('curtain_label') });
  const line = h('div', { class: 'curtain-line', 'aria-hidden': 'true' }, h('div', { class: 'knob' }, icon('split')));
  const root = h(
    'div',
    { class: () => `curtain${options.side() ? ' side' : ''}${options.full() ? ' full' : ''}`, '--ratio': () => String(options.ratio()) },
    h(
      'div',
      { class: 'frame' },
      before,
      after,
      h('span', { class: 'tag before', 'aria-hidden': 'true' }, beforeLabel),
      h('span', { class: 'tag after', 'aria-hidden': 'true' }, options.afterLabel),
      line,
      range,
    ),
    h('div', { class: 'busy-line', hidden: () => !options.busy?.() }),
  );

  /** Share of the width that shows "before", 0..=100; while Space is held it is all. */
  let held = false;
  function show() {
    const share = held ? 100 : Number(range.value);
    root.style.setProperty('--cut', `${share}%`);
    root.classList.toggle('held', held);
    range.setAttribute('aria-valuetext', `${percent(100 - Number(range.value))} ${options.afterLabel()}`);
  }
  range.addEventListener('input', show);
  range.addEventListener('keydown', (event) => {
    // One step is 1 %; with Shift 10 % (the native keys know no Shift).
    const sign =
      event.key === 'ArrowRight' || event.key === 'ArrowUp' ? 1 : event.key === 'ArrowLeft' || event.key === 'ArrowDown' ? -1 : 0;
    if (sign && event.shiftKey) {
      event.preventDefault();
      range.value = String(Number(range.value) + 10 * sign);
      show();
    }
  });
  effect(show);
  // At 100 % both layers show the same part; the upper one is what scrolls.
  after.addEventListener(
    'scroll',
    () => {
      before.scrollLeft = after.scrollLeft;
      before.scrollTop = after.scrollTop;
    },
    { passive: true },
  );
  const shareOfLength = (/** @type {number} */ at, /** @type {number} */ from, /** @type {number} */ length) =>
    length ? Math.min(1, Math.max(0, (at - from) / length)) : 0.5;
  /** A point of the window as shares of an element. @param {Element} of @param {number} clientX @param {number} clientY */
  const shares = (of, clientX, clientY) => {
    const box = of.getBoundingClientRect();
    return { x: shareOfLength(clientX, box.left, box.width), y: shareOfLength(clientY, box.top, box.height) };
  };
  root.addEventListener('click', ({ clientX, clientY }) => {
    const { x, y } = shares(afterPicture, clientX, clientY);
    // A key that moves the curtain is no click on the picture.
    if (clientX || clientY) options.look?.(x, y);
  });
  let keep = MIDDLE;
  /** Asks for another size; the point under the pointer stays there. @param {'in' | 'out' | 'toggle'} to @param {number} clientX @param {number} clientY */
  function zoomAt(to, clientX, clientY) {
    const box = after.getBoundingClientRect();
    keep = {
      ...shares(sheets[1], clientX, clientY),
      left: shareOfLength(clientX, box.left, box.width),
      top: shareOfLength(clientY, box.top, box.height),
    };
    options.zoom?.(to);
    keep = MIDDLE;
  }
  root.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey && options.zoom) {
        event.preventDefault();
        zoomAt(event.deltaY < 0 ? 'in' : 'out', event.clientX, event.clientY);
      } else if (options.full() && !after.contains(/** @type {Node} */ (event.target))) {
        event.preventDefault();
        after.scrollBy(event.deltaX, event.deltaY);
      }
    },
    { passive: false },
  );
  root.addEventListener('dblclick', (event) => zoomAt('toggle', event.clientX, event.clientY));
  let apart = 0;
  root.addEventListener(
    'touchmove',
    ({ touches: [one, other] }) => {
      if (!other) {
        apart = 0;
        return;
      }
      const now = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      apart ||= now;
      if (now < apart * PINCH && now > apart / PINCH) return;
      zoomAt(now > apart ? 'in' : 'out', (one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2);
      apart = now;
    },
    { passive: true },
  );
  root.addEventListener('touchend', () => {
    apart = 0;
  });
  effect(() => {
    const size = options.full();
    for (const one of sheets) {
      one.style.width = size ? `${size.width_px / devicePixelRatio}px` : '';
      one.style.height = size ? `${size.height_px / devicePixelRatio}px` : '';
    }
    const scrolls = size !== null;
    after.tabIndex = scrolls ? 0 : -1;
    after.setAttribute('role', scrolls ? 'region' : 'presentation');
    if (scrolls) after.setAttribute('aria-label', t('pan_label'));
    else after.removeAttribute('aria-label');
    if (!size) return;
    // Where the picture is smaller than its window it is in the middle, and nothing scrolls.
    after.scrollLeft = keep.x * after.scrollWidth - keep.left * after.clientWidth;
    after.scrollTop = keep.y * after.scrollHeight - keep.top * after.clientHeight;
  });
  for (const layer of [before, after]) dragToPan(layer, after);
  /** @param {boolean} on */
  const showOriginal = (on) => {
    if (held !== on) {
      held = on;
      show();
    }
  };
  return { root, range, showOriginal };
}

/** Dragging on `surface` with the mouse moves what `scroller` shows. @param {HTMLElement} surface @param {HTMLElement} scroller */
function dragToPan(surface, scroller) {
  surface.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'mouse' || (scroller.scrollWidth <= scroller.clientWidth && scroller.scrollHeight <= scroller.clientHeight))
      return;
    const [x, y, left, top] = [event.clientX, event.clientY, scroller.scrollLeft, scroller.scrollTop];
    surface.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ to) => {
      scroller.scrollLeft = left - (to.clientX - x);
      scroller.scrollTop = top - (to.clientY - y);
    };
    surface.addEventListener('pointermove', move);
    surface.addEventListener('lostpointercapture', () => surface.removeEventListener('pointermove', move), { once: true });
  });
}
