import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, fromSnapshot } from '../../modules/reducer.js';
import { job, lane, progress, snapshot } from './fixtures.js';

const changes = (n, events, counts = null) => ({ tipo: 'cambios', n, t_ms: 2000, progress: counts, events });
const begin = { event: 'task', slot: 1, t_ms: 1100, task: 5, attempt: 1, image: 'i5', name: 'a.jpg', variants: [0, 1] };
const ended = (change = {}) => ({
  event: 'output',
  slot: 1,
  task: 5,
  attempt: 1,
  variant: 0,
  image: 'i5',
  name: 'a.jpg',
  start_ms: 1100,
  end_ms: 1300,
  status: 'ok',
  output: 'o1',
  output_name: 'a_grises.jpg',
  bytes: 10,
  ...change,
});

test('a batch that is not the next one is refused and changes nothing', () => {
  const state = fromSnapshot(snapshot());
  assert.equal(apply(state, changes(9, [begin])), false);
  assert.equal(apply(state, changes(7, [begin])), false);
  assert.equal(state.n, 7);
  assert.equal(state.sections.lanes[0].task, null);
  assert.equal(apply(state, changes(8, [begin])), true);
  assert.equal(state.sections.lanes[0].task?.task, 5);
});

test('a slot goes on with the next variant of its task and is idle after the last', () => {
  const state = fromSnapshot(snapshot());
  apply(state, changes(8, [begin, ended()]));
  assert.deepEqual([state.sections.lanes[0].task?.next, state.sections.lanes[0].task?.next_start_ms], [1, 1300]);
  apply(state, changes(9, [ended({ variant: 1, start_ms: 1300, end_ms: 1500, output: 'o2' })]));
  assert.equal(state.sections.lanes[0].task, null);
  assert.deepEqual(
    state.bars.map((bar) => [bar.variant, bar.start_ms, bar.end_ms]),
    [
      [0, 1100, 1300],
      [1, 1300, 1500],
    ],
  );
  assert.deepEqual(
    state.sections.recent.map((one) => one.output),
    ['o2', 'o1'],
  );
});

test('what a job was asked for comes with it, so that any page can do it again', () => {
  const state = fromSnapshot(snapshot());
  const settings = { mode: 'processes', workers: 2, variants: [], output: {} };
  apply(
    state,
    changes(8, [
      { event: 'settings', settings },
      { event: 'job', job: job({ id: 'j9' }), queue: [] },
    ]),
  );
  assert.deepEqual([state.sections.job?.id, state.sections.settings], ['j9', settings]);
  assert.ok(state.dirty.has('settings'));
});

test('counts are taken from the batch as they are, so a lost event cannot make them wrong', () => {
  const state = fromSnapshot(snapshot());
  apply(state, changes(8, [], progress({ done: 12, ok: 11, failed: 1 })));
  assert.deepEqual([state.sections.job?.progress.done, state.sections.job?.progress.failed], [12, 1]);
  assert.ok(state.dirty.has('job'));
});

test('a failed output becomes a failure, and leaves the list when it is tried again', () => {
  const state = fromSnapshot(snapshot());
  apply(
    state,
    changes(8, [
      begin,
      ended({ status: 'failed', kind: 'damaged', message: 'cut off' }),
      ended({ variant: 1, status: 'failed', output: 'o2', kind: 'damaged', message: 'cut off' }),
    ]),
  );
  assert.deepEqual(
    state.sections.failures.map((failure) => failure.output),
    ['o2', 'o1'],
  );
  apply(state, changes(9, [{ event: 'retried', outputs: ['o1'] }]));
  assert.deepEqual(
    state.sections.failures.map((failure) => failure.output),
    ['o2'],
  );
  apply(state, changes(10, [{ event: 'retried', outputs: null }]));
  assert.deepEqual(state.sections.failures, []);
});

test('a death ends the bar in work as a crash, and the replacement closes it', () => {
  const state = fromSnapshot(snapshot());
  const decoded = { event: 'decoded', slot: 1, task: 5, attempt: 1, name: 'a.jpg', start_ms: 1100, end_ms: 1150 };
  apply(state, changes(8, [begin, decoded, { event: 'worker', worker: 1, t_ms: 1250, state: 'lost', reason: 'SIGKILL' }]));
  assert.deepEqual(
    state.bars.map((bar) => [bar.variant, bar.start_ms, bar.end_ms]),
    [[null, 1100, 1150]],
  );
  assert.deepEqual(state.sections.crashes, [
    { slot: 1, worker: 1, t_ms: 1250, start_ms: 1150, task: 5, attempt: 1, variant: 0, name: 'a.jpg', ready_ms: null },
  ]);
  assert.deepEqual([state.sections.lanes[0].state, state.sections.lanes[0].restarts, state.sections.lanes[0].task], ['lost', 1, null]);
  apply(
    state,
    changes(9, [
      { event: 'worker', worker: 1, t_ms: 1300, state: 'started', pid: 900 },
      { event: 'worker', worker: 1, t_ms: 1400, state: 'ready', pid: 900, replaced_ms: 150 },
    ]),
  );
  assert.equal(state.sections.crashes[0].ready_ms, 1400);
  assert.deepEqual([state.sections.lanes[0].state, state.sections.lanes[0].pid], ['ready', 900]);
});

test('in thread mode one death is a crash in every lane', () => {
  const lanes = [lane(1), lane(2)].map((one) => ({ ...one, worker: 1 }));
  const state = fromSnapshot(snapshot({ lanes, job: job({ mode: 'threads' }) }));
  apply(state, changes(8, [begin, { event: 'worker', worker: 1, t_ms: 1250, state: 'lost' }]));
  assert.deepEqual(
    state.sections.crashes.map((crash) => [crash.slot, crash.task]),
    [
      [1, 5],
      [2, null],
    ],
  );
});

test('another job starts with empty lists, the same job keeps them', () => {
  const state = fromSnapshot(snapshot());
  apply(state, changes(8, [begin, ended({ status: 'failed' })]));
  apply(state, changes(9, [{ event: 'job', job: job({ state: 'paused' }), queue: [] }]));
  assert.equal(state.sections.failures.length, 1);
  apply(state, changes(10, [{ event: 'job', job: job({ id: 'j2' }), queue: [] }]));
  assert.deepEqual([state.sections.failures, state.sections.recent, state.bars, state.whole], [[], [], [], true]);
});

test('lists that could grow without end are capped', () => {
  const state = fromSnapshot(snapshot());
  for (let n = 0; n < 1100; n += 1)
    apply(
      state,
      changes(8 + n, [
        ended({ output: `o${n}`, status: 'failed' }),
        { event: 'notice', notice: { id: n, t_ms: 0, level: 'info', code: '', args: {}, message: '' } },
      ]),
    );
  assert.deepEqual([state.sections.failures.length, state.sections.notices.length], [1000, 50]);
  assert.equal(state.sections.notices[0].id, 1099);
});

test('what other machines say draws lanes, what they record counts, and rates change their own machine alone', () => {
  const machine = (name) => ({ name, slots: 2, version: '1', state: 'working', busy: 0, rate: 0 });
  const fleet = { away: false, machines: [machine('one'), machine('two')] };
  const state = fromSnapshot(snapshot({ fleet }));
  const claimed = { event: 'bar', slot: 1, task: 5, attempt: 2, variant: 0, name: 'a.jpg', start_ms: 1100, end_ms: 1300, status: 'ok' };
  apply(state, changes(8, [begin, claimed]));
  assert.equal(state.sections.lanes[0].task?.next, 1);
  assert.deepEqual(state.sections.recent, []);
  apply(
    state,
    changes(9, [{ event: 'idle', slot: 1 }, ended({ slot: 0, task: 0, start_ms: 1250 }), { event: 'rates', machines: [[1, 2, 7.5]] }]),
  );
  assert.equal(state.sections.lanes[0].task, null);
  assert.equal(state.sections.recent.length, 1);
  assert.deepEqual(
    state.bars.map((bar) => [bar.slot, bar.attempt]),
    [
      [1, 2],
      [0, 1],
    ],
  );
  assert.deepEqual(
    state.sections.fleet?.machines.map((one) => [one.busy, one.rate]),
    [
      [0, 0],
      [2, 7.5],
    ],
  );
  assert.equal(fromSnapshot(snapshot()).sections.fleet, null);
});
