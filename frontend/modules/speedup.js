// Compare: speed-ups from the measured runs, and their chart (processes circles, threads squares, the ideal dashed).
import { svg } from './element.js';
import { number, t } from './i18n.js';

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
  return runs
    .filter((run) => run.mode === mode && run.seconds.length)
    .map((run) => ({ workers: run.workers, speedup: base / median(run.seconds), seconds: median(run.seconds), run }))
    .sort((a, b) => a.workers - b.workers);
}

/**
 * Which mode was faster at the largest number of workers that both were measured with, and by how many per cent.
 * @param {CompareRun[]} runs @returns {{ workers: number, faster: Mode | null, by: number } | null} `faster` null: less than 1 % apart, or no further than runs of the same mode are from each other
 */
export function verdict(runs) {
  const [processes, threads] = [points(runs, 'processes'), points(runs, 'threads')];
  const shared = processes.filter((one) => threads.some((other) => other.workers === one.workers)).at(-1);
  const other = shared && threads.find((one) => one.workers === shared.workers);
  if (!shared || !other) return null;
  const by = Math.round((Math.max(shared.seconds, other.seconds) / Math.min(shared.seconds, other.seconds) - 1) * 100);
  const [quick, slow] = shared.seconds < other.seconds ? [shared, other] : [other, shared];
  const overlap = Math.max(...quick.run.seconds) >= Math.min(...slow.run.seconds);
  return { workers: shared.workers, faster: by < 1 || overlap ? null : shared.seconds < other.seconds ? 'processes' : 'threads', by };
}

/** @param {CompareRun[]} runs @param {number} width px of the place it gets */
export function speedupChart(runs, width) {
  const narrow = width < 480;
  const size = { width: Math.max(280, width), height: narrow ? 260 : 300 };
  const area = { left: 40, right: size.width - (narrow ? 12 : 92), top: narrow ? 34 : 14, bottom: size.height - 44 };
  const lines = /** @type {const} */ (['threads', 'processes']).map((mode) => ({ mode, list: points(runs, mode) }));
  const most = Math.max(2, ...runs.map((run) => run.workers));
  const top = Math.max(most, ...lines.flatMap(({ list }) => list.map((point) => point.speedup)));
  const x = (/** @type {number} */ workers) => area.left + ((workers - 1) / (most - 1)) * (area.right - area.left);
  const y = (/** @type {number} */ value) => area.bottom - (value / top) * (area.bottom - area.top);
  const step = top <= 4 ? 1 : top <= 10 ? 2 : top <= 24 ? 4 : 8;
  const marks = Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
  const counts = [...new Set(runs.map((run) => run.workers))].sort((a, b) => a - b);
  const path = (/** @type {{ workers: number, speedup: number }[]} */ list) =>
    list.map((point, index) => `${index ? 'L' : 'M'}${x(point.workers)} ${y(point.speedup)}`).join('');
  const ends = lines
    .filter(({ list }) => list.length)
    .map(({ mode, list }) => ({ mode, y: y(list[list.length - 1].speedup) }))
    .sort((a, b) => a.y - b.y);
  // Labels at the lines' ends must not lie over each other.
  const labels = [{ mode: 'ideal', y: y(most) }, ...ends].sort((a, b) => a.y - b.y);
  labels.forEach((label, index) => {
    if (index && label.y < labels[index - 1].y + 17) label.y = labels[index - 1].y + 17;
  });
  const words = (/** @type {string} */ mode) => t(/** @type {'ideal' | 'processes' | 'threads'} */ (mode));
  return svg(
    'svg',
    {
      class: 'chart',
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: 'img',
      'aria-label': `${t('speedup')}: ${lines.map(({ mode, list }) => `${words(mode)} ${list.map((point) => `${point.workers}: ${number(point.speedup, 1)}×`).join(', ')}`).join('; ')}`,
    },
    marks.map((mark) => [
      svg('line', { class: 'rule', x1: area.left, x2: area.right, y1: y(mark), y2: y(mark) }),
      svg('text', { x: area.left - 10, y: y(mark) + 4, 'text-anchor': 'end' }, `${number(mark)}×`),
    ]),
    counts.map((count) => svg('text', { x: x(count), y: area.bottom + 22, 'text-anchor': 'middle' }, number(count))),
    svg('text', { x: (area.left + area.right) / 2, y: area.bottom + 40, 'text-anchor': 'middle' }, t('cores')),
    svg('path', { class: 'ideal', d: `M${x(1)} ${y(1)}L${x(most)} ${y(most)}` }),
    lines.map(({ mode, list }) => [
      svg('path', { class: `line ${mode}`, d: path(list) }),
      list.map((point) =>
        mode === 'threads'
          ? svg('rect', { class: `point ${mode}`, x: x(point.workers) - 4.5, y: y(point.speedup) - 4.5, width: 9, height: 9 })
          : svg('circle', { class: `point ${mode}`, cx: x(point.workers), cy: y(point.speedup), r: 4.5 }),
      ),
    ]),
    narrow
      ? [...ends]
          .reverse()
          .map(({ mode }, index) => [
            mode === 'threads'
              ? svg('rect', { class: 'point threads', x: area.left + index * 110, y: 8, width: 9, height: 9 })
              : svg('circle', { class: 'point processes', cx: area.left + 4.5 + index * 110, cy: 12.5, r: 4.5 }),
            svg('text', { class: 'strong', x: area.left + 16 + index * 110, y: 17 }, words(mode)),
          ])
      : labels.map(({ mode, y: at }) =>
          svg('text', { class: mode === 'ideal' ? '' : 'strong', x: area.right + 12, y: at + 4 }, words(mode)),
        ),
  );
}
