// What has happened in a fake job, as far as pages still show it.
const KEEP_MS = 120_000;
const KEEP_BARS = 4000;
const KEEP_FAILURES = 1000;
const KEEP_RECENT = 12;

export class History {
  bars = [];
  crashes = [];
  failures = [];
  recent = [];

  addBar(bar) {
    this.bars.push(bar);
    while (this.bars.length && this.bars[0].end_ms < bar.end_ms - KEEP_MS) this.bars.shift();
  }
  addFailure(failure) {
    this.failures = [failure, ...this.failures].slice(0, KEEP_FAILURES);
  }
  addRecent(output) {
    this.recent = [output, ...this.recent].slice(0, KEEP_RECENT);
  }
  addCrash(crash) {
    this.crashes.push(crash);
  }
  /** The last crash that interrupted a task. @param {number} task */
  crashOf(task) {
    return this.crashes.findLast((crash) => crash.task === task);
  }
  /** A worker that had crashed is there again. @param {number} worker @param {number} t */
  replaced(worker, t) {
    for (const crash of this.crashes) if (crash.worker === worker && crash.ready_ms === null) crash.ready_ms = t;
  }
  /** All that is shown at `t`. @param {number} t */
  shown(t) {
    const { failures, recent } = this;
    return { bars: this.bars.slice(-KEEP_BARS), crashes: this.crashes.filter((crash) => crash.t_ms > t - KEEP_MS), failures, recent };
  }
}
