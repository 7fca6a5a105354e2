// Figures of a running job: rate, efficiency per core, time left, quantiles per variant. Pure: times come in as arguments.
const WINDOW_MS = 10_000;
const SMOOTHING = 0.1;
const SAMPLES = 512;
const HISTORY = 60;

/** Average that forgets, and the last durations, of one variant. */
class Durations {
  constructor() {
    /** @type {number | null} */
    this.average = null;
    /** @type {number[]} */
    this.last = [];
    this.at = 0;
  }

  /** @param {number} ms */
  push(ms) {
    this.average = this.average === null ? ms : this.average + SMOOTHING * (ms - this.average);
    this.last[this.at] = ms;
    this.at = (this.at + 1) % SAMPLES;
  }

  quantiles() {
    if (!this.last.length) return null;
    const sorted = [...this.last].sort((a, b) => a - b);
    const at = (/** @type {number} */ q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
    return { p50: at(0.5), p95: at(0.95) };
  }
}

export class Meter {
  /** @param {number} variants how many the job has @param {number} now server time, ms */
  constructor(variants, now) {
    this.durations = Array.from({ length: variants }, () => new Durations());
    this.decoding = new Durations();
    /** Ends of outputs within the window, oldest first. @type {number[]} */
    this.ends = [];
    this.since = now;
    /** @type {number[]} */
    this.history = [];
    this.historyAt = now;
  }

  /** @param {Bar} bar */
  push(bar) {
    if (bar.variant === null) {
      this.decoding.push(bar.end_ms - bar.start_ms);
      return;
    }
    this.ends.push(bar.end_ms);
    if (bar.status === 'ok') this.durations[bar.variant]?.push(Math.max(0, bar.end_ms - bar.start_ms));
  }

  /** Starts the window again, so that a pause does not count as slowness. @param {number} now */
  restart(now) {
    this.ends = [];
    this.since = now;
  }

  /** Outputs per second over the last 10 s; null while there is too little to tell. @param {number} now */
  rate(now) {
    const from = now - WINDOW_MS;
    let old = 0;
    while (old < this.ends.length && this.ends[old] <= from) old += 1;
    if (old) this.ends.splice(0, old);
    const span = Math.min(WINDOW_MS, now - this.since);
    return span >= 1000 && this.ends.length ? (this.ends.length / span) * 1000 : null;
  }

  /** @param {Job} job @param {Lane[]} lanes @param {number} now server time, ms @param {number} sinceProgress ms since `job.progress` was sent @param {number | null} [known] the rate, where it is known @returns {Metrics} */
  read(job, lanes, now, sinceProgress, known = null) {
    const running = job.state === 'running';
    const rate = running ? (known ?? this.rate(now)) : null;
    if (running && now - this.historyAt >= 1000) {
      this.historyAt = now;
      this.history.push(rate ?? 0);
      if (this.history.length > HISTORY) this.history.shift();
    }
    const elapsed = job.progress.elapsed_ms + (running ? sinceProgress : 0);
    const efficiency = efficiencyOf(job, lanes, now, elapsed);
    return {
      rate,
      history: [...this.history],
      efficiency,
      busy: efficiency === null ? null : efficiency * job.workers,
      eta_ms: running ? this.timeLeft(job, lanes, elapsed) : null,
      decode: this.decoding.quantiles(),
      quantiles: this.durations.map((one) => one.quantiles()),
    };
  }

  /** Remaining work over the slots that can do it; null until it means something. @param {Job} job @param {Lane[]} lanes @param {number} elapsed */
  timeLeft(job, lanes, elapsed) {
    const { progress } = job;
    if (progress.done < 3 * job.workers && elapsed < 3000) return null;
    const seen = job.variants.map((_, index) => {
      const { ok, failed, work_ms } = progress.variants[index];
      return this.durations[index]?.average ?? (ok + failed > 0 && work_ms > 0 ? work_ms / (ok + failed) : null);
    });
    const known = seen.filter((ms) => ms !== null);
    if (!known.length) return null;
    const mean = known.reduce((sum, ms) => sum + ms, 0) / known.length;
    let work = 0,
      images = 0;
    job.variants.forEach((variant, index) => {
      const { ok, failed, skipped } = progress.variants[index];
      const left = Math.max(0, variant.planned - ok - failed - skipped);
      work += left * (seen[index] ?? mean);
      images = Math.max(images, left);
    });
    work += images * (this.decoding.average ?? 0);
    const active = lanes.filter((lane) => lane.state !== 'stopped').length || job.workers;
    return work / active;
  }
}

/** Time that slots were busy over the time they had, 0..=1. @param {Job} job @param {Lane[]} lanes @param {number} now @param {number} elapsed */
export function efficiencyOf(job, lanes, now, elapsed) {
  if (!(elapsed >= 500) || !(job.workers > 0)) return null;
  let busy = 0;
  for (const variant of job.progress.variants) busy += variant.work_ms + variant.decode_ms;
  if (job.state === 'running') for (const { task } of lanes) if (task) busy += Math.max(0, now - task.next_start_ms);
  return Math.min(1, busy / (job.workers * elapsed));
}
