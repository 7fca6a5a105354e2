// How busy a lane was, per pixel column: what the timeline draws when single bars would be too thin.

export const LEVELS = 5;

/**
 * Adds a bar to the columns that it covers, each by its part.
 * @param {Float32Array} columns busy part of each column, 0..=1 @param {number} from @param {number} to px, may lie outside
 */
export function cover(columns, from, to) {
  const first = Math.max(0, Math.floor(from));
  const last = Math.min(columns.length - 1, Math.ceil(to) - 1);
  for (let column = first; column <= last; column += 1) columns[column] += Math.min(to, column + 1) - Math.max(from, column);
}

/**
 * Runs of columns of the same level and colour, as few rectangles as possible.
 * @param {Float32Array} columns @param {Uint8Array} colours @param {(from: number, to: number, level: number, colour: number) => void} draw level 1..=LEVELS
 */
export function runs(columns, colours, draw) {
  let start = 0, level = 0, colour = 0;
  for (let column = 0; column <= columns.length; column += 1) {
    const value = column < columns.length ? columns[column] : 0;
    const now = value <= 0.02 ? 0 : Math.max(1, Math.round(Math.min(1, value) * LEVELS));
    const paint = column < columns.length ? colours[column] : 0;
    if (column < columns.length && now === level && (paint === colour || now === 0)) continue;
    if (level > 0) draw(start, column, level, colour);
    start = column;
    level = now;
    colour = paint;
  }
}
