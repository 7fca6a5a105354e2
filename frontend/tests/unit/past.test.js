import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Past } from '../../modules/past.js';
import { BarRing } from '../../modules/ring.js';
import { bar } from './fixtures.js';

test('a bar counts in every step that it lies in, by its part', () => {
  const past = new Past();
  past.add(5525, 5625, 3);
  past.add(5625, 5650, 4);
  assert.deepEqual([past.first, past.busy, past.variant], [110, [0.5, 1, 1], [3, 3, 4]]);
});

test('steps grow with the time that they hold, and none of it is lost', () => {
  const past = new Past();
  const hours = 3_600_000;
  for (let at = 0; at < hours; at += 400) past.add(at, at + 100, 1);
  assert.ok(past.busy.length <= 4096);
  const busy = past.busy.reduce((sum, part) => sum + part, 0) * past.step;
  assert.ok(Math.abs(busy - hours / 4) < 100, `${busy} ms`);
  assert.ok(past.step < hours / 900, 'narrower than a column of the plot');
});

test('columns are as busy as the steps that they stand for, wide or narrow', () => {
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
  assert.deepEqual(
    [...wide].map((part) => Number(part.toFixed(4))),
    [1, 1, 0, 0, 1, 0],
  );
  assert.deepEqual([colours[0], colours[4]], [1, 3]);
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
  assert.equal(ring.past.busy.reduce((sum, part) => sum + part, 0) * ring.past.step, 1500);
  assert.equal(ring.oldest(), 3000);
});
