// Where a logo lies on a picture: as the filter `logo` computes it, and what drags make of it. Pure.
import { shareOf } from './crop-box.js';

/** @typedef {import('./crop-box.js').Box} Box */
/** @typedef {{ width_px: number, height_px: number }} Size */
/** The nine places of the catalogue, row by row. */
export const PLACES = [
  'arriba_izquierda',
  'arriba',
  'arriba_derecha',
  'izquierda',
  'centro',
  'derecha',
  'abajo_izquierda',
  'abajo',
  'abajo_derecha',
];
const LEAST_WIDTH = 0.01;

/** How much room a turned logo takes, for each of its width and height. @param {Record<string, ParamValue>} params */
function turn({ angulo }) {
  const angle = (Number(angulo ?? 0) * Math.PI) / 180;
  return { sin: Math.abs(Math.sin(angle)), cos: Math.abs(Math.cos(angle)) };
}

/** The box around a logo, shares of the picture. @param {Record<string, ParamValue>} params @param {Size} picture @param {Size} logo @returns {Box} */
export function logoBox(params, { width_px, height_px }, logo) {
  const { sin, cos } = turn(params);
  const [across, down] = [logo.width_px * cos + logo.height_px * sin, logo.width_px * sin + logo.height_px * cos];
  const wanted = ((shareOf(params.tamano, width_px) ?? 0.15) * width_px) / logo.width_px;
  const scale = Math.min(wanted, width_px / across, height_px / down);
  const [width, height] = [(across * scale) / width_px, (down * scale) / height_px];
  const place = Math.max(0, PLACES.indexOf(String(params.posicion ?? 'abajo_derecha')));
  const margin = (shareOf(params.margen, width_px) ?? 0) * width_px;
  const at = (/** @type {number} */ part, /** @type {number} */ free, /** @type {number} */ edge) =>
    [edge <= free ? edge : free / 2, free / 2, edge <= free ? free - edge : free / 2][part];
  return {
    x: at(place % 3, 1 - width, margin / width_px),
    y: at(Math.floor(place / 3), 1 - height, margin / height_px),
    width,
    height,
  };
}

/** The place that a logo is nearest to. @param {Box} box where it was let go @param {(place: string) => Box} boxAt where it would be at a place */
export function nearestPlace({ x, y }, boxAt) {
  const far = (/** @type {string} */ place) => {
    const box = boxAt(place);
    return Math.hypot(box.x - x, box.y - y);
  };
  return PLACES.reduce((best, place) => (far(place) < far(best) ? place : best));
}

/** The width that a logo has when one of its sides is drawn to `x`, a share of the picture: the side at its place's edge stays. @param {Record<string, ParamValue>} params @param {Box} box of it now @param {number} x */
export function drawnWidth(params, box, x) {
  const column = PLACES.indexOf(String(params.posicion ?? 'abajo_derecha')) % 3;
  const across = [x - box.x, 2 * Math.abs(x - box.x - box.width / 2), box.x + box.width - x][column];
  const now = shareOf(params.tamano, 1) ?? 0.15;
  return Math.max(LEAST_WIDTH, Math.min(1, (now * across) / box.width));
}

/** The place beside another; the same where there is none. @param {string} place @param {number} dx @param {number} dy -1..=1 */
export function besides(place, dx, dy) {
  const at = Math.max(0, PLACES.indexOf(place));
  const step = (/** @type {number} */ now, /** @type {number} */ by) => Math.max(0, Math.min(2, now + by));
  return PLACES[step(Math.floor(at / 3), dy) * 3 + step(at % 3, dx)];
}
