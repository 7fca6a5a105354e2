// Crop by hand: a box over the photo as the step gets it, moved and sized by pointer or keys; it writes the step's parameters.
import { followPointer, grips, onOthers, onPhoto, photoBelow, placeOfBox, tool } from './by-hand.js';
import { WHOLE, asPercent, boxOf, holding, inside, largest, ratioOf, resized, ruleOf } from './crop-box.js';
import { staysInPlace, stepsOn } from './draft.js';
import { button, h, segmented } from './element.js';
import { number, t } from './i18n.js';
import { image } from './image-list.js';
import { computed, effect, signal } from './signal.js';

/** @typedef {import('./crop-box.js').Box} Box */
/** @typedef {{ x: number, y: number }} Point shares of a picture */
const RATIOS_OFFERED = ['1:1', '4:5', '3:2', '16:9'];
/** A box as the step is told it. @param {Box} box */
const given = ({ x, y, width, height }) => ({ ancho: asPercent(width), alto: asPercent(height), x: asPercent(x), y: asPercent(y) });

/** What boxes try to keep in them, by step and photo, for as long as the page lives: shares of the photo. */
const focusPoints = signal(/** @type {Record<string, Point | null>} */ ({}));
/** @param {{ key: number }} step @param {ImageItem | null} item */
const pointKey = ({ key }, item) => `${key}/${item?.id}`;

/**
 * Where the point that the crop of an output keeps in it is on the photo as the crop leaves it, in shares; null where there is none, or
 * other steps have moved it. @param {import('./draft.js').Output | null} output @param {ImageItem | null} item
 * @returns {Point | null}
 */
export function pointOn(output, item) {
  const steps = stepsOn(output?.steps, item);
  const at = steps.findIndex(({ filter }) => filter === 'recortar');
  const point = focusPoints.value[at < 0 || !output ? '' : pointKey(output.steps[at], item)];
  const { width_px, height_px } = item ?? {};
  if (!point || !width_px || !height_px || !steps.every((step, index) => index === at || staysInPlace(step))) return null;
  const { x, y, width, height } = boxOf(steps[at].params, { width_px, height_px });
  return { x: (point.x - x) / width, y: (point.y - y) / height };
}

/** @param {{ id: number, key: number }} step */
export function cropTool(step) {
  const placed = onPhoto(step);
  const { picture, seen, params } = placed;
  const box = signal(/** @type {Box} */ (WHOLE));
  /** The chosen proportions as written; '' is free. */
  const chosen = signal(String(params().aspecto || (params().ancho || params().alto ? '' : '4:5')));
  effect(() => {
    const now = picture.value;
    if (now) box.value = boxOf(params(), now);
  });
  const focus = computed(() => focusPoints.value[pointKey(step, image.value)] ?? null);
  /** @param {Point | null} to */
  function setFocus(to) {
    focusPoints.value = { ...focusPoints.peek(), [pointKey(step, image.peek())]: to };
  }
  /** Ratio of shares. */
  const locked = () => {
    const [now, ratio] = [seen(), ratioOf(chosen.peek())];
    return now && ratio ? (ratio * now.height_px) / now.width_px : null;
  };
  /** Shows a box at once, and has the step make it when it has come to rest. @param {Box} next @param {boolean} done */
  function put(next, done) {
    // Before the photo is there, nobody can see what would be changed.
    if (!seen()) return;
    box.value = holding(next, focus.peek());
    if (!done) return;
    // For all photos proportions are what is asked for; one by itself has just that box.
    const isRule = ratioOf(chosen.peek()) !== null && !placed.own();
    placed.put(isRule ? ruleOf(box.peek(), chosen.peek()) : { aspecto: null, gravedad: null, ...given(box.peek()) });
  }
  /** @param {string} ratio */
  function choose(ratio) {
    chosen.value = ratio;
    const shares = locked();
    // Before the photo is there, the step is told the proportions themselves.
    if (ratio && !seen()) centred();
    if (shares === null) return;
    const { x, y, width, height } = box.peek();
    const middle = focus.peek() ?? { x: x + width / 2, y: y + height / 2 };
    const fitted = largest(shares, '');
    put(inside({ ...fitted, x: middle.x - fitted.width / 2, y: middle.y - fitted.height / 2 }), true);
  }
  const centred = () => placed.put({ ancho: null, alto: null, x: null, y: null, aspecto: chosen.peek() || '4:5', gravedad: 'centro' });
  const reset = () => {
    const shares = locked();
    // A box of a photo by itself takes the place of whatever the rule says.
    if (placed.own() || focus.peek()) put(shares === null ? WHOLE : largest(shares, ''), true);
    else centred();
  };
  /** @param {PointerEvent} event @param {(x: number, y: number) => Box} next */
  function drag(event, next) {
    followPointer(
      event,
      surface,
      (x, y) => put(next(x, y), false),
      () => put(box.peek(), true),
    );
    frame.focus();
  }
  const said = () => {
    const [{ width, height }, now] = [box.value, picture.value];
    if (!now) return '…';
    const size = `${number(Math.round(width * now.width_px))} × ${number(Math.round(height * now.height_px))}\u00a0px`;
    return [chosen.value, size].filter(Boolean).join(' · ');
  };
  const surface = h('div', { class: 'placing-surface' });
  /** @param {number} x @param {number} y @param {boolean} done */
  function look(x, y, done) {
    if (!seen()) return;
    setFocus({ x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) });
    put(box.peek(), done);
  }
  /** Sets the point in the middle of the box, or takes it away. */
  function switchFocus() {
    if (!seen()) return;
    const { x, y, width, height } = box.peek();
    setFocus(focus.peek() ? null : { x: x + width / 2, y: y + height / 2 });
    (focus.peek() ? point : frame).focus();
  }
  const point = h('span', {
    class: 'crop-focus',
    tabIndex: 0,
    role: 'application',
    'aria-label': () => t('focus_point'),
    hidden: () => !focus.value,
    '--x': () => `${(focus.value?.x ?? 0) * 100}%`,
    '--y': () => `${(focus.value?.y ?? 0) * 100}%`,
    onpointerdown: (/** @type {PointerEvent} */ event) =>
      followPointer(
        event,
        surface,
        (x, y) => look(x, y, false),
        () => put(box.peek(), true),
      ),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const by = event.shiftKey ? 0.1 : 0.01;
      const [dx, dy] = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key] ?? [0, 0];
      const now = focus.peek();
      if (event.key === 'Escape') frame.focus();
      else if (event.key.toLowerCase() === 'f' || event.key === 'Delete') switchFocus();
      else if (now && (dx || dy)) look(now.x + dx, now.y + dy, true);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  });
  const frame = h(
    'div',
    {
      class: 'crop-box',
      tabIndex: 0,
      role: 'application',
      'aria-label': () => `${t('crop_box')}: ${said()}`,
      ...placeOfBox(() => box.value),
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
        if (event.key === 'Escape') placed.leave();
        else if (event.key.toLowerCase() === 'f' && !event.ctrlKey && !event.metaKey) switchFocus();
        else if (event.altKey && (dx || dy)) {
          // Where proportions hold, the side that changes takes the other with it.
          const ratio = locked();
          const width = dx || !ratio ? now.width + dx : (now.height + dy) * ratio;
          const height = dy || !ratio ? now.height + dy : width / ratio;
          put(resized(now, false, false, now.x + width, now.y + height, ratio), true);
        } else if (dx || dy) put(inside({ ...now, x: now.x + dx, y: now.y + dy }), true);
        else if (grow) put(resized(now, false, false, now.x + now.width * (1 + grow), now.y + now.height * (1 + grow), locked()), true);
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    },
    grips((event, left, top) => {
      const start = box.peek();
      drag(event, (x, y) => resized(start, left, top, x, y, locked()));
    }),
    h('span', { class: 'crop-said', 'aria-hidden': 'true' }, said),
  );
  surface.append(photoBelow(placed), frame, point);
  const ratios = [...new Set(['', ...RATIOS_OFFERED, ...(ratioOf(chosen.peek()) ? [chosen.peek()] : [])])];
  return tool(
    placed,
    () => t('crop_box'),
    placed.scope(() => given(box.peek())),
    [
      segmented(
        () => t('ratio'),
        ratios.map((ratio) => /** @type {[string, () => string]} */ ([ratio, () => ratio || t('free')])),
        () => chosen.value,
        choose,
      ),
      button('ghost small', switchFocus, { 'aria-pressed': () => String(focus.value !== null) }, () => t('focus_point')),
      button('ghost small', reset, null, () => t('reset')),
    ],
    surface,
    () => t('crop_hint'),
    // Where a crop that looks for what is of interest ends up, only the picture tells.
    onOthers(placed, (now, size) => (now.gravedad === 'interes' ? null : boxOf(now, size)), 'recortar'),
  );
}
