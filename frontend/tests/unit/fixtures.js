// A snapshot and a job in the shape of the contract, for the pure tests.

/** @param {Partial<Job>} [change] @returns {Job} */
export const job = (change = {}) => ({
  id: 'j1',
  name: 'Boda',
  state: 'running',
  pause: null,
  error: null,
  mode: 'processes',
  workers: 2,
  images: 10,
  outputs: 20,
  variants: [
    { name: 'grises', steps: [{ filter: 'grises', params: {} }], planned: 10 },
    { name: 'sepia', steps: [{ filter: 'sepia', params: {} }], planned: 10 },
  ],
  output_label: 'output_images',
  started_ms: 0,
  ended_ms: null,
  progress: progress(),
  ...change,
});

const counts = () => ({ ok: 0, failed: 0, skipped: 0, work_ms: 0, decode_ms: 0, read_bytes: 0, written_bytes: 0 });

/** @param {Partial<Progress>} [change] @returns {Progress} */
export const progress = (change = {}) => ({
  done: 0,
  ok: 0,
  failed: 0,
  skipped: 0,
  redone: 0,
  elapsed_ms: 0,
  read_bytes: 0,
  written_bytes: 0,
  variants: [counts(), counts()],
  ...change,
});

/** @param {number} slot @returns {Lane} */
export const lane = (slot) => ({
  slot,
  worker: slot,
  pid: 100 + slot,
  state: 'ready',
  memory_bytes: 0,
  restarts: 0,
  sandbox: 'full',
  task: null,
});

/** @param {Partial<Snapshot>} [change] @returns {Snapshot} */
export const snapshot = (change = {}) => ({
  tipo: 'instantanea',
  n: 7,
  t_ms: 1000,
  images: { revision: 1, source: 'folder', label: 'Boda', count: 10, excluded: 0, skipped: 0, bytes: 100, loading: false },
  job: job(),
  queue: [],
  lanes: [lane(1), lane(2)],
  bars: [],
  crashes: [],
  failures: [],
  recent: [],
  notices: [],
  settings: null,
  compare: { state: 'none', images: 0, steps: [], repeats: 0, done: 0, total: 0, runs: [], crash: null },
  isolation: { state: 'none', worker: 0, reason: '', replaced_ms: 0, redone: 0, lost: 0, proof: null },
  watches: [],
  ...change,
});

/** @param {Partial<Bar>} [change] @returns {Bar} */
export const bar = (change = {}) => ({
  slot: 1,
  task: 1,
  attempt: 1,
  variant: 0,
  name: 'a.jpg',
  start_ms: 0,
  end_ms: 100,
  status: 'ok',
  ...change,
});
