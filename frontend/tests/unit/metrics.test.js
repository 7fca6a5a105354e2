import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Meter, efficiencyOf } from '../../modules/metrics.js';
import { bar, job, lane, progress } from './fixtures.js';

const counts = (change = {}) => ({ ok: 0, failed: 0, skipped: 0, work_ms: 0, decode_ms: 0, read_bytes: 0, written_bytes: 0, ...change });

test('the rate counts the last ten seconds only', () => {
  const meter = new Meter(2, 0);
  for (let end = 500; end <= 20_000; end += 500) meter.push(bar({ start_ms: end - 400, end_ms: end }));
  assert.equal(meter.rate(20_000), 2);
  assert.equal(meter.rate(25_000), 1);
  assert.equal(meter.rate(40_000), null);
});

test('the rate is unknown in the first second and exact in a short run', () => {
  const meter = new Meter(1, 1000);
  for (const end of [1200, 1400, 1600, 1800, 2900]) meter.push(bar({ end_ms: end }));
  assert.equal(meter.rate(1900), null);
  assert.equal(meter.rate(3000), 2.5);
});

test('a pause does not count as slowness', () => {
  const meter = new Meter(1, 0);
  for (let end = 100; end <= 2000; end += 100) meter.push(bar({ end_ms: end }));
  meter.restart(60_000);
  for (let end = 60_100; end <= 62_000; end += 100) meter.push(bar({ end_ms: end }));
  assert.equal(meter.rate(62_000), 10);
});

test('efficiency is busy time over workers times wall time, with what is in work', () => {
  const running = job({
    workers: 2,
    progress: progress({ elapsed_ms: 10_000, variants: [counts({ work_ms: 9000 }), counts({ work_ms: 8000 })] }),
  });
  const busy = {
    ...lane(1),
    task: { task: 1, attempt: 1, image: '', name: '', variants: [0], start_ms: 9000, next: 0, next_start_ms: 9000, decoded: true },
  };
  assert.equal(efficiencyOf(running, [busy, lane(2)], 10_000, 10_000), 0.9);
  assert.equal(efficiencyOf(running, [], 0, 0), null);
  assert.equal(efficiencyOf(job({ workers: 0 }), [], 0, 10_000), null);
});

test('time left weighs the remaining files of each filter with its own time', () => {
  const meter = new Meter(2, 0);
  for (let n = 0; n < 5; n += 1) {
    meter.push(bar({ variant: 0, start_ms: 0, end_ms: 100 }));
    meter.push(bar({ variant: 1, start_ms: 0, end_ms: 300 }));
  }
  const half = job({ progress: progress({ done: 10, ok: 10, elapsed_ms: 5000, variants: [counts({ ok: 5 }), counts({ ok: 5 })] }) });
  assert.equal(meter.timeLeft(half, [lane(1), lane(2)], 5000), (5 * 100 + 5 * 300) / 2);
});

test('time left is hidden until three files per worker are done or three seconds passed', () => {
  const meter = new Meter(2, 0);
  meter.push(bar());
  const early = job({ progress: progress({ done: 1, ok: 1, variants: [counts({ ok: 1 }), counts()] }) });
  assert.equal(meter.timeLeft(early, [lane(1)], 2000), null);
  assert.notEqual(meter.timeLeft(early, [lane(1)], 3000), null);
});

test('time left after a reload comes from the counts of the server', () => {
  const meter = new Meter(2, 0);
  const later = job({
    progress: progress({
      done: 10,
      ok: 10,
      elapsed_ms: 9000,
      variants: [counts({ ok: 5, work_ms: 500 }), counts({ ok: 5, work_ms: 1500 })],
    }),
  });
  assert.equal(meter.timeLeft(later, [lane(1), lane(2)], 9000), (5 * 100 + 5 * 300) / 2);
});

test('nothing is shown of a job in which everything failed, and nothing divides by zero', () => {
  const meter = new Meter(1, 0);
  const failed = job({
    variants: [{ name: 'x', steps: [], planned: 6 }],
    workers: 2,
    progress: progress({ done: 6, failed: 6, elapsed_ms: 4000, variants: [counts({ failed: 6 })] }),
  });
  const read = meter.read(failed, [lane(1)], 4000, 0);
  assert.deepEqual([read.eta_ms, read.rate, read.efficiency, read.quantiles[0]], [null, null, 0, null]);
});

test('quantiles are of the last durations', () => {
  const meter = new Meter(1, 0);
  for (let n = 1; n <= 100; n += 1) meter.push(bar({ start_ms: 0, end_ms: n }));
  assert.deepEqual(
    meter.read(job({ variants: [{ name: 'x', steps: [], planned: 200 }], progress: progress({ variants: [counts()] }) }), [], 100, 0)
      .quantiles[0],
    { p50: 51, p95: 96 },
  );
});
