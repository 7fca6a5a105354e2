// Before and after: one picture over the other behind a curtain, or side by side. The control is a native range input, so mouse,
// touch, keyboard and screen reader work; the pictures never move or change size while it is drawn (clip-path only).
import { h, icon } from './element.js';
import { percent, t } from './i18n.js';
import { effect } from './signal.js';

/**
 * @typedef {{ before: () => string | null, after: () => string | null, afterLabel: () => string, ratio: () => number,
 *   side: () => boolean, full: () => { width_px: number, height_px: number } | null, busy?: () => boolean }} CurtainOptions
 * `before`, `after`: addresses of the pictures. `ratio`: width / height. `full`: size for 100 %, or null to fit.
 */

/** @param {CurtainOptions} options */
export function curtain(options) {
  const picture = (/** @type {() => string | null} */ src, /** @type {() => string} */ alt) => h('img', { src, alt, hidden: () => !src(), draggable: 'false' });
  const beforePicture = picture(options.before, () => t('before'));
  const afterPicture = picture(() => options.after() ?? options.before(), options.afterLabel);
  const before = h('div', { class: 'layer' }, beforePicture);
  const after = h('div', { class: 'layer over' }, afterPicture);
  const range = h('input', { type: 'range', min: '0', max: '100', step: '1', value: '50', 'aria-label': () => t('curtain_label') });
  const line = h('div', { class: 'curtain-line', 'aria-hidden': 'true' }, h('div', { class: 'knob' }, icon('split')));
  const root = h('div', { class: () => `curtain${options.side() ? ' side' : ''}${options.full() ? ' full' : ''}`, '--ratio': () => String(options.ratio()) },
    h('div', { class: 'frame' }, before, after,
      h('span', { class: 'tag before', 'aria-hidden': 'true' }, () => t('before')), h('span', { class: 'tag after', 'aria-hidden': 'true' }, options.afterLabel),
      line, range),
    h('div', { class: 'busy-line', hidden: () => !options.busy?.() }));

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
    const sign = event.key === 'ArrowRight' || event.key === 'ArrowUp' ? 1 : event.key === 'ArrowLeft' || event.key === 'ArrowDown' ? -1 : 0;
    if (sign && event.shiftKey) { event.preventDefault(); range.value = String(Number(range.value) + 10 * sign); show(); }
  });
  effect(show);
  // At 100 % both layers show the same part.
  for (const [from, to] of [[before, after], [after, before]]) {
    from.addEventListener('scroll', () => {
      if (to.scrollLeft !== from.scrollLeft) to.scrollLeft = from.scrollLeft;
      if (to.scrollTop !== from.scrollTop) to.scrollTop = from.scrollTop;
    }, { passive: true });
  }
  effect(() => {
    const size = options.full();
    for (const one of [beforePicture, afterPicture]) {
      one.style.width = size ? `${size.width_px / devicePixelRatio}px` : '';
      one.style.height = size ? `${size.height_px / devicePixelRatio}px` : '';
    }
    const scrolls = size !== null;
    after.tabIndex = scrolls ? 0 : -1;
    after.setAttribute('role', scrolls ? 'region' : 'presentation');
    if (scrolls) after.setAttribute('aria-label', t('pan_label')); else after.removeAttribute('aria-label');
    if (!size) return;
    for (const layer of [before, after]) { layer.scrollLeft = (layer.scrollWidth - layer.clientWidth) / 2; layer.scrollTop = (layer.scrollHeight - layer.clientHeight) / 2; }
  });
  dragToPan(after, before);
  /** @param {boolean} on */
  const showOriginal = (on) => { if (held !== on) { held = on; show(); } };
  return { root, range, showOriginal };
}

/** Drags the picture where it is larger than its frame. @param {...HTMLElement} layers */
function dragToPan(...layers) {
  for (const layer of layers) {
    layer.addEventListener('pointerdown', (event) => {
      if (layer.scrollWidth <= layer.clientWidth && layer.scrollHeight <= layer.clientHeight) return;
      if (event.pointerType !== 'mouse') return;
      const [x, y, left, top] = [event.clientX, event.clientY, layer.scrollLeft, layer.scrollTop];
      layer.setPointerCapture(event.pointerId);
      const move = (/** @type {PointerEvent} */ to) => { layer.scrollLeft = left - (to.clientX - x); layer.scrollTop = top - (to.clientY - y); };
      layer.addEventListener('pointermove', move);
      layer.addEventListener('lostpointercapture', () => layer.removeEventListener('pointermove', move), { once: true });
    });
  }
}
