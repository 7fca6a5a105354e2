// The fake comparison of processes and threads: figures of a machine that does not exist, one every few milliseconds.
const STEP_MS = 60;

export class Comparison {
  constructor({ emit, cores }) {
    Object.assign(this, { emit, cores });
    this.state = { state: 'none', images: 0, steps: [], repeats: 0, done: 0, total: 0, runs: [], crash: null };
  }

  tell() {
    this.emit({ event: 'compare', compare: this.state });
  }

  /** @param {{ steps: object[], images: number, repeats: number }} wanted */
  start({ steps, images, repeats }) {
    const counts = [1, 2, 4, 6, 8, 12, 16].filter((count) => count <= this.cores);
    if (counts.at(-1) !== this.cores) counts.push(this.cores);
    const plan = ['processes', 'threads'].flatMap((mode) =>
      counts.flatMap((workers) => Array.from({ length: repeats }, () => ({ mode, workers }))),
    );
    this.state = { state: 'running', error: null, images, steps, repeats, done: 0, total: plan.length, runs: [], crash: null };
    this.tell();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.measure(plan), STEP_MS);
  }

  /** Adds the next measurement of the plan. */
  measure(plan) {
    const { state } = this;
    const { mode, workers } = plan[state.done];
    const seconds = (98 / (workers / (1 + (workers - 1) * (mode === 'threads' ? 0.012 : 0.017)))) * (1 + ((state.done % 3) - 1) * 0.004);
    let run = state.runs.find((one) => one.mode === mode && one.workers === workers);
    if (!run) {
      const peak_memory_bytes = mode === 'threads' ? 0.35e9 + workers * 70e6 : 0.18e9 + workers * 155e6;
      run = { mode, workers, seconds: [], images_per_s: 0, peak_memory_bytes };
      state.runs = [...state.runs, run];
    }
    run.seconds.push(Math.round(seconds * 100) / 100);
    run.images_per_s = Math.round((state.images / run.seconds[0]) * 10) / 10;
    state.done += 1;
    if (state.done === plan.length) {
      clearInterval(this.timer);
      state.state = 'finished';
      state.crash = {
        processes: { interrupted: 1, lost: 0, replaced_ms: 140 },
        threads: { interrupted: this.cores, lost: 0, replaced_ms: 150 },
      };
    }
    this.tell();
  }
}
