// The box of a crop: from a step's parameters, and what drags and keys make of it. Pure.

/** @typedef {{ x: number, y: number, width: number, height: number }} Box shares of the picture, 0..=1 */
export const WHOLE = { x: 0, y: 0, width: 1, height: 1 };
const LEAST = 0.02;

/** A length of the catalogue as a share: `25%`, `120`, `120px`. @param {ParamValue | undefined} value @param {number} whole px */
export function shareOf(value, whole) {
  const [, figure, unit] = /^([\d.]+)\s*(px|%)?$/.exec(String(value ?? '').replace(',', '.')) ?? [];
  return figure === undefined ? null : unit === '%' ? Number(figure) / 100 : Number(figure) / whole;
}

/** `4:5` as width over height; null if it is none. @param {ParamValue | undefined} text */
export function ratioOf(text) {
  const [width, height] = String(text ?? '')
    .replace(/,/g, '.')
    .split(':')
    .map(Number);
  return width > 0 && height > 0 ? width / height : null;
}

/** Where a box of that size is at one of the nine places. @param {number} width @param {number} height shares @param {string} gravity @returns {Box} */
function at(width, height, gravity) {
  const part = (/** @type {string} */ low, /** @type {string} */ high) => (gravity.includes(low) ? 0 : gravity.includes(high) ? 1 : 0.5);
  return { x: (1 - width) * part('izquierda', 'derecha'), y: (1 - height) * part('arriba', 'abajo'), width, height };
}

/** The largest box of a ratio at a place. @param {number} ratio of shares: width over height @param {string} gravity @param {number} width @param {number} height what there is room for */
export const largest = (ratio, gravity, width = 1, height = 1) =>
  at(Math.min(width, height * ratio), Math.min(height, width / ratio), gravity);

/** The box that the parameters of a crop describe. @param {Record<string, ParamValue>} params @param {{ width_px: number, height_px: number }} picture @returns {Box} */
export function boxOf(params, { width_px, height_px }) {
  const [given, corner] = [
    [shareOf(params.ancho, width_px), shareOf(params.alto, height_px)],
    [shareOf(params.x, width_px), shareOf(params.y, height_px)],
  ];
  const isPlaced = corner.some((one) => one !== null);
  const [x, y] = corner.map((one) => Math.min(one ?? 0, 1));
  const [width, height] = given.map((side, axis) => Math.min(side ?? 1, 1 - [x, y][axis]));
  const isBare = !isPlaced && given.every((side) => side === null);
  const ratio = ratioOf(params.aspecto) ?? (isBare ? 0.8 : null);
  const gravity = String(params.gravedad ?? '');
  const box = ratio === null ? at(width, height, gravity) : largest((ratio * height_px) / width_px, gravity, width, height);
  return isPlaced ? { ...box, x, y } : box;
}

/**
 * A box of a ratio as a rule that makes one of that ratio of every photo: its place is one of the nine where it is there, else a corner.
 * Null takes a parameter away. @param {Box} box @param {string} aspect as written @returns {Record<string, string | null>}
 */
export function ruleOf({ x, y, width, height }, aspect) {
  const isWide = width >= height;
  const side = Math.max(width, height);
  const sides = { ancho: side < 0.9995 && isWide ? asPercent(width) : null, alto: side < 0.9995 && !isWide ? asPercent(height) : null };
  // Where it fills the photo it is in the middle of what others have room for.
  const place = (/** @type {number} */ from, /** @type {number} */ free) => (free < 0.002 ? 0.5 : from / free);
  const named = [['arriba', '', 'abajo'][nth(place(y, 1 - height))], ['izquierda', '', 'derecha'][nth(place(x, 1 - width))]];
  if (named.includes(/** @type {any} */ (undefined)))
    return { aspecto: aspect, ...sides, gravedad: null, x: asPercent(x), y: asPercent(y) };
  return { aspecto: aspect, ...sides, gravedad: named.filter(Boolean).join('_') || 'centro', x: null, y: null };
}
/** Which of low, middle and high that is; -1 if it is none. @param {number} part */
const nth = (part) => [0, 0.5, 1].findIndex((one) => Math.abs(part - one) < 0.004);
export const asPercent = (/** @type {number} */ share) => `${Number((share * 100).toFixed(2))}%`;

/** The box moved to where it is within the picture. @param {Box} box @returns {Box} */
export const inside = ({ x, y, width, height }) => ({
  x: Math.max(0, Math.min(1 - width, x)),
  y: Math.max(0, Math.min(1 - height, y)),
  width,
  height,
});

/** The box moved as little as it takes to have a point in it; what has none stays. @param {Box} box @param {{ x: number, y: number } | null} point @returns {Box} */
export function holding(box, point) {
  if (!point) return box;
  const near = (/** @type {number} */ from, /** @type {number} */ length, /** @type {number} */ at) =>
    Math.min(at, Math.max(at - length, from));
  return inside({ ...box, x: near(box.x, box.width, point.x), y: near(box.y, box.height, point.y) });
}

/**
 * The box with a corner moved, the opposite one staying. Pure.
 * @param {Box} box @param {boolean} left @param {boolean} top which corner @param {number} x @param {number} y where to @param {number | null} ratio of shares, or null
 * @returns {Box}
 */
export function resized(box, left, top, x, y, ratio) {
  const [fixedX, fixedY] = [left ? box.x + box.width : box.x, top ? box.y + box.height : box.y];
  const room = { width: left ? fixedX : 1 - fixedX, height: top ? fixedY : 1 - fixedY };
  let width = Math.max(LEAST, Math.min(room.width, left ? fixedX - x : x - fixedX));
  let height = Math.max(LEAST, Math.min(room.height, top ? fixedY - y : y - fixedY));
  if (ratio !== null) {
    width = Math.min(Math.max(width, height * ratio), room.width, room.height * ratio);
    height = width / ratio;
  }
  return { x: left ? fixedX - width : fixedX, y: top ? fixedY - height : fixedY, width, height };
}
