// What a lane did before the bars that are kept one by one: how busy it was in each step of time, and with which variant last. Steps
// grow with what they hold, so that they are never wider than a column of the plot.

const FINEST_MS = 50,
  STEPS_KEPT = 4096;

export class Past {
  constructor() {
    /** Length of a step, ms. */
    this.step = FINEST_MS;
    /** Step that the first entry stands for, counted from the server's start. */
    this.first = 0;
    /** Busy part of each step, 0..=1. @type {number[]} */
    this.busy = [];
    /** @type {number[]} */
    this.variant = [];
  }

  /** @param {number} start @param {number} end ms @param {number} variant */
  add(start, end, variant) {
    if (!this.busy.length) this.first = Math.floor(start / this.step);
    while (Math.floor(end / this.step) - this.first >= STEPS_KEPT) this.coarsen();
    for (let step = Math.max(Math.floor(start / this.step), this.first); step * this.step < end; step += 1) {
      const at = step - this.first;
      while (this.busy.length <= at) {
        this.busy.push(0);
        this.variant.push(variant);
      }
      const covered = Math.min(end, (step + 1) * this.step) - Math.max(start, step * this.step);
      this.busy[at] = Math.min(1, this.busy[at] + covered / this.step);
      this.variant[at] = variant;
    }
  }

  /** Two steps become one. */
  coarsen() {
    const { busy, variant } = this;
    const odd = this.first % 2;
    this.step *= 2;
    this.first = Math.floor(this.first / 2);
    [this.busy, this.variant] = [[], []];
    for (let at = -odd; at < busy.length; at += 2) {
      const [one, other] = [busy[at] ?? 0, busy[at + 1] ?? 0];
      this.busy.push((one + other) / 2);
      this.variant.push(one > other ? variant[at] : (variant[at + 1] ?? variant[at]));
    }
  }

  /**
   * Adds the steps to pixel columns, each by its part.
   * @param {Float32Array} columns @param {Uint8Array} colours of the columns @param {(time: number) => number} x px of a server time, ms @param {(variant: number) => number} colourOf
   */
  cover(columns, colours, x, colourOf) {
    for (let at = 0; at < this.busy.length; at += 1) {
      const from = Math.max(0, x((this.first + at) * this.step));
      const to = Math.min(columns.length, x((this.first + at + 1) * this.step));
      for (let column = Math.floor(from); column < to; column += 1) {
        columns[column] += (Math.min(to, column + 1) - Math.max(from, column)) * this.busy[at];
        colours[column] = colourOf(this.variant[at]);
      }
    }
  }
}
