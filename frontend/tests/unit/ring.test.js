import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BarRing, FAILED, LEVELS, OK, REDONE, cover, runs } from '../../modules/ring.js';
import { bar } from './fixtures.js';

const filled = (count, capacity = 4) => {
  const ring = new BarRing(capacity);
  for (let n = 0; n < count; n += 1) ring.push(bar({ task: n, start_ms: n * 100, end_ms: n * 100 + 80, name: `${n}.jpg` }));
  return ring;
};

test('a full ring overwrites the oldest bar', () => {
  const ring = filled(6);
  assert.equal(ring.length, 4);
  assert.deepEqual(
    [0, 1, 2, 3].map((age) => ring.task[ring.index(age)]),
    [5, 4, 3, 2],
  );
  assert.equal(ring.oldest(), 200);
  assert.equal(new BarRing(2).oldest(), null);
});

test('since counts the bars that end after a time', () => {
  const ring = filled(6);
  assert.deepEqual(
    [0, 279, 280, 380, 579, 580].map((time) => ring.since(time)),
    [4, 4, 3, 2, 1, 0],
  );
});

test('at finds the bar at a time and no bar in a gap', () => {
  const ring = filled(6);
  assert.equal(ring.name[ring.index(ring.at(340))], '3.jpg');
  assert.equal(ring.at(390), -1);
  assert.equal(ring.at(50), -1);
  assert.equal(ring.at(900), -1);
});

test('a failure and a redone bar keep their kind', () => {
  const ring = new BarRing(4);
  ring.push(bar());
  ring.push(bar({ attempt: 2 }));
  ring.push(bar({ attempt: 2, status: 'quarantined' }));
  assert.deepEqual(
    [2, 1, 0].map((age) => ring.status[ring.index(age)]),
    [OK, REDONE, FAILED],
  );
});

test('a bar covers columns by the part that lies in them', () => {
  const columns = new Float32Array(4);
  cover(columns, 0.5, 2.25);
  cover(columns, -3, 0.25);
  cover(columns, 3.5, 9);
  assert.deepEqual([...columns], [0.75, 1, 0.25, 0.5]);
});

test('runs join columns of one level and colour and skip the empty ones', () => {
  const found = [];
  runs(Float32Array.from([0, 1, 1, 0.5, 0.5, 0, 1]), Uint8Array.from([9, 2, 2, 2, 3, 3, 3]), (...run) => found.push(run));
  assert.deepEqual(found, [
    [1, 3, LEVELS, 2],
    [3, 4, 3, 2],
    [4, 5, 3, 3],
    [6, 7, LEVELS, 3],
  ]);
});
