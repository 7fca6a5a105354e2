// Compare: speed-ups from the measured runs. Pure.

/** @param {number[]} values @returns {number} median; NaN of nothing */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Points of one mode: speed-up against the faster of the two modes' single-worker times, so that both lines share their zero.
 * @param {CompareRun[]} runs @param {Mode} mode @returns {{ workers: number, speedup: number, seconds: number, run: CompareRun }[]}
 */
export function points(runs, mode) {
  const single = runs.filter((run) => run.workers === 1 && run.seconds.length).map((run) => median(run.seconds));
  const base = single.length ? Math.min(...single) : NaN;
  return runs.filter((run) => run.mode === mode && run.seconds.length).map((run) => ({ workers: run.workers, speedup: base / median(run.seconds), seconds: median(run.seconds), run }))
    .sort((a, b) => a.workers - b.workers);
}

/**
 * Which mode was faster at the largest number of workers that both were measured with, and by how many per cent.
 * @param {CompareRun[]} runs @returns {{ workers: number, faster: Mode | null, by: number } | null} `faster` null: less than 1 % apart
 */
export function verdict(runs) {
  const [processes, threads] = [points(runs, 'processes'), points(runs, 'threads')];
  const shared = processes.filter((one) => threads.some((other) => other.workers === one.workers)).at(-1);
  const other = shared && threads.find((one) => one.workers === shared.workers);
  if (!shared || !other) return null;
  const by = Math.round((Math.max(shared.seconds, other.seconds) / Math.min(shared.seconds, other.seconds) - 1) * 100);
  return { workers: shared.workers, faster: by < 1 ? null : shared.seconds < other.seconds ? 'processes' : 'threads', by };
}
