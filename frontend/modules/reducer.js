// The state of the stream: a snapshot, then numbered changes. Pure; runs in the monitor worker.
/**
 * @typedef {{ n: number, sections: Sections, dirty: Set<keyof Sections>, bars: Bar[], whole: boolean }} StreamState
 * `bars`: new since they were last taken. `whole`: they replace all that came before.
 */

const KEEP = { failures: 1000, recent: 12, notices: 50, crashes: 500 };

/** @param {Snapshot} snapshot @returns {StreamState} */
export function fromSnapshot(snapshot) {
  const { images, job, queue, lanes, crashes, failures, recent, notices, settings, compare, isolation, watches, fleet = null } = snapshot;
  const sections = {
    images,
    job,
    queue,
    lanes,
    crashes,
    failures,
    recent,
    notices,
    settings,
    compare,
    isolation,
    watches,
    fleet,
    recipes: snapshot.n,
  };
  return {
    n: snapshot.n,
    sections,
    dirty: new Set(/** @type {(keyof Sections)[]} */ (Object.keys(sections))),
    bars: snapshot.bars,
    whole: true,
  };
}

/** Applies a batch. @param {StreamState} state @param {Changes} changes @returns {boolean} false: a batch is missing, nothing was applied */
export function apply(state, changes) {
  if (changes.n !== state.n + 1) return false;
  state.n = changes.n;
  for (const event of changes.events) applyEvent(state, event);
  const job = state.sections.job;
  if (changes.progress && job) change(state, 'job', { ...job, progress: changes.progress });
  return true;
}

/** @template {keyof Sections} K @param {StreamState} state @param {K} section @param {Sections[K]} value */
function change(state, section, value) {
  state.sections[section] = value;
  state.dirty.add(section);
}

/** @param {StreamState} state @param {(lane: Lane) => boolean} which @param {(lane: Lane) => Partial<Lane>} changed */
function changeLanes(state, which, changed) {
  change(
    state,
    'lanes',
    state.sections.lanes.map((lane) => (which(lane) ? { ...lane, ...changed(lane) } : lane)),
  );
}

/** @param {StreamState} state @param {StreamEvent} event */
function applyEvent(state, event) {
  const { sections } = state;
  switch (event.event) {
    case 'task': {
      const { slot, task, attempt, image, name, variants, t_ms } = event;
      changeLanes(
        state,
        (lane) => lane.slot === slot,
        () => ({ task: { task, attempt, image, name, variants, start_ms: t_ms, next: 0, next_start_ms: t_ms, decoded: false } }),
      );
      break;
    }
    case 'decoded': {
      const { slot, task, attempt, name, start_ms, end_ms } = event;
      state.bars.push({ slot, task, attempt, variant: null, name, start_ms, end_ms, status: 'ok' });
      return changeLanes(
        state,
        (lane) => lane.slot === slot && lane.task?.task === task,
        (lane) => ({ task: { .../** @type {Task} */ (lane.task), decoded: true, next_start_ms: end_ms } }),
      );
    }
    case 'output':
      return applyOutput(state, event);
    case 'worker':
      return applyWorker(state, event);
    case 'bar':
      return applyBar(state, event);
    case 'idle':
      return changeLanes(
        state,
        (lane) => lane.slot === event.slot,
        () => ({ task: null }),
      );
    case 'fleet':
      return change(state, 'fleet', event.fleet);
    case 'rates': {
      const fleet = /** @type {Fleet} */ (sections.fleet);
      const machines = [...fleet.machines];
      for (const [place, busy, rate] of event.machines) machines[place] = { ...machines[place], busy, rate };
      return change(state, 'fleet', { ...fleet, machines });
    }
    case 'lanes':
      return change(state, 'lanes', event.lanes);
    case 'memory': {
      const bytes = new Map(event.workers);
      return changeLanes(
        state,
        (lane) => bytes.has(lane.worker),
        (lane) => ({ memory_bytes: bytes.get(lane.worker) }),
      );
    }
    case 'job':
      if (event.job?.id !== sections.job?.id) {
        change(state, 'failures', []);
        change(state, 'recent', []);
        change(state, 'crashes', []);
        state.bars = [];
        state.whole = true;
      }
      change(state, 'queue', event.queue);
      return change(state, 'job', event.job);
    case 'settings':
      return change(state, 'settings', event.settings);
    case 'retried': {
      const retried = new Set(event.outputs ?? []);
      return change(state, 'failures', event.outputs ? sections.failures.filter((failure) => !retried.has(failure.output)) : []);
    }
    case 'images':
      return change(state, 'images', event.images);
    case 'notice':
      return change(state, 'notices', [event.notice, ...sections.notices].slice(0, KEEP.notices));
    case 'compare':
      return change(state, 'compare', event.compare);
    case 'isolation':
      return change(state, 'isolation', event.isolation);
    case 'watches':
      return change(state, 'watches', event.watches);
    case 'recipes':
      return change(state, 'recipes', state.n);
  }
}

/** A slot has ended an output, and goes on with the next of its task. @param {StreamState} state @param {Bar} bar */
function applyBar(state, { slot, task, attempt, variant, name, start_ms, end_ms, status }) {
  state.bars.push({ slot, task, attempt, variant, name, start_ms, end_ms, status });
  changeLanes(
    state,
    (lane) => lane.slot === slot && lane.task?.task === task,
    (lane) => {
      const now = /** @type {Task} */ (lane.task);
      return { task: now.next + 1 < now.variants.length ? { ...now, next: now.next + 1, next_start_ms: end_ms, decoded: true } : null };
    },
  );
}

/** @param {StreamState} state @param {Extract<StreamEvent, { event: 'output' }>} event */
function applyOutput(state, event) {
  const { attempt, variant, name, image, status, output, bytes, steps } = event;
  applyBar(state, event);
  if (status === 'ok') {
    const recent = { output, image, name: event.output_name, variant, bytes, steps };
    change(state, 'recent', [recent, ...state.sections.recent].slice(0, KEEP.recent));
  } else {
    const failure = {
      output,
      image,
      name,
      variant,
      kind: event.kind ?? '',
      message: event.message ?? '',
      message_es: event.message_es,
      attempt,
      detail: event.detail,
      reproduce: event.reproduce,
    };
    change(state, 'failures', [failure, ...state.sections.failures].slice(0, KEEP.failures));
  }
}

/** @param {StreamState} state @param {Extract<StreamEvent, { event: 'worker' }>} event */
function applyWorker(state, event) {
  const { worker, t_ms } = event;
  const ofWorker = (/** @type {{ worker: number }} */ one) => one.worker === worker;
  if (event.state === 'lost') {
    /** @type {Crash[]} */
    const crashes = state.sections.lanes.filter(ofWorker).map(({ slot, task }) => ({
      slot,
      worker,
      t_ms,
      start_ms: task?.next_start_ms ?? t_ms,
      task: task?.task ?? null,
      attempt: task?.attempt ?? 1,
      variant: task?.decoded ? task.variants[task.next] : null,
      name: task?.name ?? null,
      ready_ms: null,
    }));
    change(state, 'crashes', [...state.sections.crashes, ...crashes].slice(-KEEP.crashes));
    changeLanes(state, ofWorker, (lane) => ({ state: 'lost', task: null, restarts: lane.restarts + 1, memory_bytes: 0 }));
    return;
  }
  if (event.state === 'ready' && state.sections.crashes.some((crash) => ofWorker(crash) && crash.ready_ms === null)) {
    change(
      state,
      'crashes',
      state.sections.crashes.map((crash) => (ofWorker(crash) && crash.ready_ms === null ? { ...crash, ready_ms: t_ms } : crash)),
    );
  }
  const next = event.state === 'started' ? 'starting' : event.state;
  changeLanes(state, ofWorker, (lane) => ({
    state: next,
    pid: event.pid ?? lane.pid,
    sandbox: event.sandbox ?? lane.sandbox,
    task: next === 'stopped' ? null : lane.task,
  }));
}
