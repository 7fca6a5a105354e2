// What a lane did before the bars that are kept one by one: how busy it was in each second, and with which variant last.

const SECOND = 1000;

export class Past {
  constructor() {
    /** Second that the first entry stands for, counted from the server's start. */
    this.first = 0;
    /** Busy part of each second, 0..=1. @type {number[]} */
    this.busy = [];
    /** @type {number[]} */
    this.variant = [];
  }

  /** @param {number} start @param {number} end ms @param {number} variant */
  add(start, end, variant) {
    const from = Math.floor(start / SECOND);
    if (!this.busy.length) this.first = from;
    for (let second = Math.max(from, this.first); second * SECOND < end; second += 1) {
      const at = second - this.first;
      while (this.busy.length <= at) {
        this.busy.push(0);
        this.variant.push(variant);
      }
      const covered = Math.min(end, (second + 1) * SECOND) - Math.max(start, second * SECOND);
      this.busy[at] = Math.min(1, this.busy[at] + covered / SECOND);
      this.variant[at] = variant;
    }
  }

  /**
   * Adds the seconds to pixel columns, each by its part.
   * @param {Float32Array} columns @param {Uint8Array} colours of the columns @param {(time: number) => number} x px of a server time, ms @param {(variant: number) => number} colourOf
   */
  cover(columns, colours, x, colourOf) {
    for (let at = 0; at < this.busy.length; at += 1) {
      const from = Math.max(0, x((this.first + at) * SECOND));
      const to = Math.min(columns.length, x((this.first + at + 1) * SECOND));
      for (let column = Math.floor(from); column < to; column += 1) {
        columns[column] += (Math.min(to, column + 1) - Math.max(from, column)) * this.busy[at];
        colours[column] = colourOf(this.variant[at]);
      }
    }
  }
}
