// The bars of one lane: a ring of fixed size, kept as columns so that drawing allocates nothing.

export const OK = 0, FAILED = 1, REDONE = 2;

export class BarRing {
  /** @param {number} capacity bars kept; older ones are overwritten */
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
  }

  /** @param {Bar} bar not older than the one before */
  push(bar) {
    const at = this.head;
    this.start[at] = bar.start_ms;
    this.end[at] = bar.end_ms;
    this.variant[at] = bar.variant;
    this.status[at] = bar.status !== 'ok' ? FAILED : bar.attempt > 1 ? REDONE : OK;
    this.task[at] = bar.task;
    this.attempt[at] = bar.attempt;
    this.name[at] = bar.name;
    this.head = (at + 1) % this.capacity;
    if (this.length < this.capacity) this.length += 1;
  }

  /** Position of the bar that is `age` bars old (0: the newest). @param {number} age */
  index(age) { return (this.head - 1 - age + this.capacity) % this.capacity; }

  /** How many of the newest bars end after that time. @param {number} time ms */
  since(time) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.end[this.index(middle)] > time) low = middle + 1; else high = middle;
    }
    return low;
  }

  /** Age of the bar at that time, or -1. @param {number} time ms */
  at(time) {
    const age = this.since(time) - 1;
    return age >= 0 && this.start[this.index(age)] <= time ? age : -1;
  }

  /** Start of the oldest bar kept, ms; null when there is none. */
  oldest() { return this.length ? this.start[this.index(this.length - 1)] : null; }
}
