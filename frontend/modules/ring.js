// The bars of one lane: a ring of fixed size kept as columns (drawing allocates nothing), and how busy a lane was per pixel column.

import { Past } from './past.js';

export const OK = 0,
  FAILED = 1,
  REDONE = 2;
/** In the place of a variant: the decoding of an image. */
export const DECODING = 0xffff;

export class BarRing {
  /** @param {number} capacity bars kept one by one; older ones go into the past */
  constructor(capacity) {
    this.capacity = capacity;
    /** Bars stored so far, never more than `capacity`. */
    this.length = 0;
    this.head = 0;
    this.start = new Float64Array(capacity);
    this.end = new Float64Array(capacity);
    this.variant = new Uint16Array(capacity);
    this.status = new Uint8Array(capacity);
    this.task = new Float64Array(capacity);
    this.attempt = new Uint16Array(capacity);
    /** @type {string[]} */
    this.name = new Array(capacity).fill('');
    this.past = new Past();
  }

  /** @param {Bar} bar not older than the one before */
  push(bar) {
    const at = this.head;
    if (this.length === this.capacity) this.past.add(this.start[at], this.end[at], this.variant[at]);
    this.start[at] = bar.start_ms;
    this.end[at] = bar.end_ms;
    this.variant[at] = bar.variant ?? DECODING;
    this.status[at] = bar.status !== 'ok' ? FAILED : bar.attempt > 1 ? REDONE : OK;
    this.task[at] = bar.task;
    this.attempt[at] = bar.attempt;
    this.name[at] = bar.name;
    this.head = (at + 1) % this.capacity;
    if (this.length < this.capacity) this.length += 1;
  }

  /** Position of the bar that is `age` bars old (0: the newest). @param {number} age */
  index(age) {
    return (this.head - 1 - age + this.capacity) % this.capacity;
  }

  /** How many of the newest bars end after that time. @param {number} time ms */
  since(time) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.end[this.index(middle)] > time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Age of the bar at that time, or -1. @param {number} time ms */
  at(time) {
    const age = this.since(time) - 1;
    return age >= 0 && this.start[this.index(age)] <= time ? age : -1;
  }

  /** Whether something of the past ends after that time. @param {number} time ms */
  hasPastAfter(time) {
    return this.past.busy.length > 0 && (this.oldest() ?? 0) > time;
  }

  /** Start of the oldest bar kept, ms; null when there is none. */
  oldest() {
    return this.length ? this.start[this.index(this.length - 1)] : null;
  }
}

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
  let start = 0,
    level = 0,
    colour = 0;
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
