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

/** The largest box of a ratio at a place. @param {number} ratio of shares: width over height @param {string} gravity */
export function largest(ratio, gravity) {
  const [width, height] = ratio > 1 ? [1, 1 / ratio] : [ratio, 1];
  const at = (/** @type {string} */ low, /** @type {string} */ high) => (gravity.includes(low) ? 0 : gravity.includes(high) ? 1 : 0.5);
  return { x: (1 - width) * at('izquierda', 'derecha'), y: (1 - height) * at('arriba', 'abajo'), width, height };
}

/** The box that the parameters of a crop describe. @param {Record<string, ParamValue>} params @param {{ width_px: number, height_px: number }} picture @returns {Box} */
export function boxOf(params, { width_px, height_px }) {
  const [width, height] = [shareOf(params.ancho, width_px), shareOf(params.alto, height_px)];
  const [x, y] = [shareOf(params.x, width_px), shareOf(params.y, height_px)];
  const ratio = width === null && height === null ? (ratioOf(params.aspecto || '4:5') ?? 0.8) : null;
  const box =
    ratio === null
      ? { ...WHOLE, width: Math.min(1, width ?? 1), height: Math.min(1, height ?? 1) }
      : largest((ratio * height_px) / width_px, String(params.gravedad ?? ''));
  if (ratio === null) {
    const placed = largest(1, String(params.gravedad ?? ''));
    [box.x, box.y] = [(1 - box.width) * (placed.x || 0.5), (1 - box.height) * (placed.y || 0.5)];
  }
  return inside({ ...box, x: x ?? box.x, y: y ?? box.y });
}

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
