import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Past } from '../../modules/past.js';
import { BarRing } from '../../modules/ring.js';
import { bar } from './fixtures.js';

test('a bar counts in every second that it lies in, by its part', () => {
  const past = new Past();
  past.add(5500, 7250, 3);
  past.add(7250, 7500, 4);
  assert.deepEqual([past.first, past.busy, past.variant], [5, [0.5, 1, 0.5], [3, 3, 4]]);
});

test('columns are as busy as the seconds that they stand for, wide or narrow', () => {
  const past = new Past();
  past.add(0, 1000, 1);
  past.add(2000, 2500, 9);
  const [wide, narrow, colours] = [new Float32Array(6), new Float32Array(1), new Uint8Array(6)];
  past.cover(
    wide,
    colours,
    (time) => time / 500,
    (variant) => variant % 6,
  );
  assert.deepEqual([...wide], [1, 1, 0, 0, 0.5, 0.5]);
  assert.deepEqual([colours[0], colours[5]], [1, 3]);
  past.cover(
    narrow,
    new Uint8Array(1),
    (time) => time / 3000,
    (variant) => variant % 6,
  );
  assert.ok(Math.abs(narrow[0] - 0.5) < 1e-6);
});

test('a full ring hands what it overwrites to the past', () => {
  const ring = new BarRing(2);
  for (let n = 0; n < 5; n += 1) ring.push(bar({ start_ms: n * 1000, end_ms: n * 1000 + 500 }));
  assert.deepEqual(ring.past.busy, [0.5, 0.5, 0.5]);
  assert.equal(ring.oldest(), 3000);
});
