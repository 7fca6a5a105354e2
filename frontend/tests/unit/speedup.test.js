import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, points, verdict } from '../../modules/speedup.js';

const run = (mode, workers, ...seconds) => ({ mode, workers, seconds, images_per_s: 0, peak_memory_bytes: 0 });

test('the median of an even and an odd number of runs', () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 2.5, NaN]);
});

test('speed-ups of both modes start from the same time', () => {
  const runs = [run('processes', 1, 10), run('threads', 1, 8), run('threads', 4, 2), run('processes', 4, 4)];
  assert.deepEqual(
    points(runs, 'processes').map((point) => [point.workers, point.speedup]),
    [
      [1, 0.8],
      [4, 2],
    ],
  );
  assert.deepEqual(
    points(runs, 'threads').map((point) => [point.workers, point.speedup]),
    [
      [1, 1],
      [4, 4],
    ],
  );
});

test('the verdict names the faster mode as measured, or none when they are within 1 %', () => {
  assert.deepEqual(verdict([run('processes', 8, 13.9), run('threads', 8, 13.5)]), { workers: 8, faster: 'threads', by: 3 });
  assert.deepEqual(verdict([run('processes', 8, 10), run('threads', 8, 11)]), { workers: 8, faster: 'processes', by: 10 });
  assert.deepEqual(verdict([run('processes', 8, 10), run('threads', 8, 10.02)]), { workers: 8, faster: null, by: 0 });
  assert.equal(verdict([run('processes', 8, 10)]), null);
});

test('modes whose runs overlap took the same time', () => {
  assert.equal(verdict([run('processes', 2, 1, 1.4, 1.6), run('threads', 2, 1.1, 1.2, 1.3)])?.faster, null);
  assert.equal(verdict([run('processes', 2, 1.3, 1.4, 1.6), run('threads', 2, 1, 1.1, 1.2)])?.faster, 'threads');
});
