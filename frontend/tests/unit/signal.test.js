import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batch, calm, computed, effect, onCleanup, scope, signal, untracked } from '../../modules/signal.js';

test('an effect runs when what it read changes, once per batch', () => {
  const [a, b] = [signal(1), signal(2)];
  const seen = [];
  effect(() => seen.push(a.value + b.value));
  batch(() => {
    a.value = 10;
    b.value = 20;
  });
  b.value = 20;
  assert.deepEqual(seen, [3, 30]);
});

test('an ended effect, and the effects inside it, run no more', () => {
  const a = signal(0);
  let inner = 0,
    cleaned = 0;
  const end = effect(() => {
    onCleanup(() => {
      cleaned += 1;
    });
    effect(() => {
      void a.value;
      inner += 1;
    });
  });
  a.value = 1;
  end();
  a.value = 2;
  assert.deepEqual([inner, cleaned], [2, 1]);
});

test('an effect forgets what it no longer reads', () => {
  const [which, a, b] = [signal(true), signal(1), signal(2)];
  let runs = 0;
  effect(() => {
    runs += 1;
    void (which.value ? a.value : b.value);
  });
  which.value = false;
  a.value = 9;
  assert.equal(runs, 2);
});

test('a computed value follows, and tells only of real changes', () => {
  const a = signal(1);
  const even = computed(() => a.value % 2 === 0);
  let runs = 0;
  effect(() => {
    void even.value;
    runs += 1;
  });
  a.value = 3;
  a.value = 4;
  assert.deepEqual([even.value, runs], [true, 2]);
});

test('untracked reading depends on nothing; a scope outlives the effect around it', () => {
  const a = signal(1);
  let outer = 0,
    inner = 0;
  let end = () => {};
  const stop = effect(() => {
    outer += 1;
    untracked(() => a.value);
    [, end] = scope(() =>
      effect(() => {
        void a.value;
        inner += 1;
      }),
    );
  });
  a.value = 2;
  stop();
  a.value = 3;
  end();
  a.value = 4;
  assert.deepEqual([outer, inner], [1, 3]);
});

test('a calm value waits until it may change, which may follow from how long it has waited', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = context.mock.method(performance, 'now', () => 0);
  const pass = (ms) => {
    const to = performance.now() + ms;
    clock.mock.mockImplementation(() => to);
    context.mock.timers.tick(ms);
  };
  const a = signal(1);
  let may = false;
  const follows = calm(
    () => a.value,
    100,
    (since) => may || since >= 1000,
  );
  assert.equal(follows.value, 1);
  a.value = 2;
  pass(500);
  assert.equal(follows.value, 1);
  may = true;
  pass(100);
  assert.equal(follows.value, 2);
  may = false;
  a.value = 3;
  for (let step = 0; step < 12; step += 1) pass(100);
  assert.equal(follows.value, 3);
});
