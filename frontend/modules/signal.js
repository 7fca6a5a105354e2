// Reactive values: a signal is read with `.value`; an effect runs again when a signal it read changes.
/** @template T @typedef {{ value: T, peek(): T }} Signal */
/** @typedef {{ run(): void, sources: Set<Set<Effect>>, cleanups: (() => void)[], dead: boolean }} Effect */

/** @type {Effect | null} */
let active = null;
/** @type {Set<Effect> | null} */
let pending = null;

/** @param {() => void} work runs with notifications held back until its end */
export function batch(work) {
  if (pending) {
    work();
    return;
  }
  pending = new Set();
  try {
    work();
  } finally {
    // An effect may set signals in turn: those effects join the same round.
    for (const effect of pending) {
      pending.delete(effect);
      if (!effect.dead) effect.run();
    }
    pending = null;
  }
}

/** @template T @param {T} initial @returns {Signal<T>} */
export function signal(initial) {
  let current = initial;
  /** @type {Set<Effect>} */
  const readers = new Set();
  return {
    get value() {
      if (active) {
        readers.add(active);
        active.sources.add(readers);
      }
      return current;
    },
    set value(next) {
      if (Object.is(next, current)) return;
      current = next;
      batch(() => {
        for (const reader of readers) pending?.add(reader);
      });
    },
    peek: () => current,
  };
}

/** @param {Effect} effect */
function clear(effect) {
  for (const readers of effect.sources) readers.delete(effect);
  effect.sources.clear();
  for (const cleanup of effect.cleanups.splice(0)) cleanup();
}

/**
 * Runs `work` now and whenever a signal it read changes. Effects and cleanups made inside belong to it.
 * @param {() => void} work @returns {() => void} ends it
 */
export function effect(work) {
  /** @type {Effect} */
  const self = {
    sources: new Set(),
    cleanups: [],
    dead: false,
    run() {
      clear(self);
      const outer = active;
      active = self;
      try {
        work();
      } finally {
        active = outer;
      }
    },
  };
  const end = () => {
    if (!self.dead) {
      self.dead = true;
      clear(self);
    }
  };
  active?.cleanups.push(end);
  self.run();
  return end;
}

/** Done as soon as that holds. @param {() => boolean} holds @returns {Promise<void>} */
export const until = (holds) =>
  new Promise((resolve) => {
    const end = effect(() => {
      if (holds())
        queueMicrotask(() => {
          end();
          resolve();
        });
    });
  });

/** @param {() => void} work runs when the surrounding effect runs again or ends */
export function onCleanup(work) {
  active?.cleanups.push(work);
}

/** @template T @param {() => T} work reads signals without depending on them; effects inside still belong to the outer one @returns {T} */
export function untracked(work) {
  const outer = active;
  if (!outer) return work();
  active = { run() {}, sources: new Set(), cleanups: outer.cleanups, dead: false };
  try {
    return work();
  } finally {
    for (const readers of active.sources) readers.delete(active);
    active = outer;
  }
}

/**
 * Work whose effects live until `end` is called, whatever happens to the surrounding effect.
 * @template T @param {() => T} work @returns {[T, () => void]}
 */
export function scope(work) {
  const outer = active;
  /** @type {Effect} */
  const self = { run() {}, sources: new Set(), cleanups: [], dead: false };
  active = self;
  try {
    return [work(), () => clear(self)];
  } finally {
    for (const readers of self.sources) readers.delete(self);
    active = outer;
  }
}

/**
 * A value that follows another, but changes at most once per `pause`, and from then on as soon as `mayChange` says so.
 * @template T @param {() => T} source @param {number} pause ms @param {(since: number) => boolean} [mayChange] `since`: ms since it changed
 */
export function calm(source, pause, mayChange = () => true) {
  /** @type {Signal<T>} */
  const result = signal(/** @type {any} */ (undefined));
  let changed = -Infinity;
  effect(() => {
    const now = source();
    /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
    const look = () => {
      const since = performance.now() - changed;
      if (since < pause) timer = setTimeout(look, pause - since);
      else if (!mayChange(since)) timer = setTimeout(look, 100);
      else {
        changed = performance.now();
        result.value = now;
      }
    };
    look();
    onCleanup(() => clearTimeout(timer));
  });
  return result;
}

/** @template T @param {() => T} compute @returns {{ readonly value: T, peek(): T }} a value that follows others */
export function computed(compute) {
  /** @type {Signal<T>} */
  const result = signal(/** @type {any} */ (undefined));
  effect(() => {
    result.value = compute();
  });
  return result;
}
