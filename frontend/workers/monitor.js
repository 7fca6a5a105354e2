// Web Worker: owns the WebSocket, keeps the stream's state and computes the figures, so that the page's thread only draws.
// It goes on while the tab is hidden. To the page: at most one patch per 100 ms. Draws the lanes itself.
import { addBars, clearBars, servePlot } from '../modules/lanes.js';
import { Meter } from '../modules/metrics.js';
import { apply, fromSnapshot } from '../modules/reducer.js';

const PATCH_MS = 100;
/** What nobody can read ten times a second goes with every third patch, in turn, so that none is a lot of work for the page. */
const TURNS = [['lanes', 'fleet'], ['recent', 'failures', 'notices'], ['metrics']];
const SILENCE_MS = 15_000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000];

/** @type {WebSocket | null} */ let socket = null;
/** @type {import('../modules/reducer.js').StreamState | null} */ let state = null;
/** @type {Meter | null} */ let meter = null;
let meterKey = '',
  running = false,
  isOpen = false,
  instance = '',
  failures = 0,
  heardAt = 0,
  progressAt = 0,
  lostAt = 0,
  turn = 0,
  waiting = false;
/** @type {number[]} */ let medians = [];
/** Local wall time minus server time, ms: the smallest seen, which is the message that travelled fastest. */
let offset = Infinity;
/** @type {ReturnType<typeof setTimeout> | undefined} */ let retry;
/** @type {ReturnType<typeof setTimeout> | undefined} */ let patch;

const wall = () => performance.timeOrigin + performance.now();
const post = (/** @type {FromMonitor} */ message) => self.postMessage(message);

function connect() {
  clearTimeout(retry);
  post({ kind: 'link', state: 'connecting', retry_at: 0 });
  const url = new URL('/ws', self.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const current = (socket = new WebSocket(url, 'lote.v1'));
  heardAt = performance.now();
  current.onmessage = ({ data }) => {
    if (current === socket) receive(String(data));
  };
  current.onclose = () => {
    if (current === socket) lost();
  };
}

function lost() {
  if (socket) {
    socket.onclose = null;
    socket.close();
  }
  if (isOpen) lostAt = wall();
  isOpen = false;
  socket = null;
  const pause = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] * (1 + Math.random() * 0.2);
  failures += 1;
  post({ kind: 'link', state: 'closed', retry_at: wall() + pause });
  retry = setTimeout(connect, pause);
}

/** @param {string} text */
function receive(text) {
  heardAt = performance.now();
  /** @type {Hello | Snapshot | Changes | { tipo: 'error' }} */
  const message = JSON.parse(text);
  if (message.tipo === 'hola') {
    const restarted = instance !== '' && instance !== message.instance;
    if (instance !== message.instance) offset = Infinity;
    instance = message.instance;
    failures = 0;
    post({ kind: 'hello', hello: message, restarted });
  } else if (message.tipo === 'instantanea') {
    offset = Math.min(offset, wall() - message.t_ms);
    state = fromSnapshot(message);
    waiting = false;
    meterKey = '';
    isOpen = true;
    feed(message.t_ms);
    flush();
    post({ kind: 'link', state: 'open', retry_at: 0 });
  } else if (message.tipo === 'cambios' && state && !waiting) {
    // The smallest difference is forgotten slowly, or a drifting clock would never be followed.
    offset = Math.min(offset + 0.05, wall() - message.t_ms);
    if (!apply(state, message)) {
      waiting = true;
      socket?.send('{"tipo":"instantanea"}');
      return;
    }
    feed(message.t_ms);
    if (message.progress || message.events.some((event) => event.event === 'job')) progressAt = message.t_ms;
    if (state.dirty.size) patch ??= setTimeout(flush, PATCH_MS);
  }
}

/** Gives new bars to the lanes, and finished outputs to the meter; a new job has new ones. @param {number} now */
function feed(now) {
  const job = state?.sections.job;
  if (!state || !job) {
    meter = null;
    meterKey = '';
    clearBars();
    return;
  }
  const bars = state.bars.splice(0);
  if (meterKey !== job.id) {
    meterKey = job.id;
    clearBars();
    meter = new Meter(job.variants.length, Math.min(now, Math.max(job.started_ms, bars[0]?.start_ms ?? now)));
    progressAt = now;
  }
  addBars(bars);
  // What machines say of themselves is drawn and not counted: records are of no lane.
  for (const bar of bars) if (!job.fleet || !bar.slot) meter?.push(bar);
  if (!running && job.state === 'running' && job.progress.done > 0 && !bars.length) meter?.restart(now);
  running = job.state === 'running';
}

function flush() {
  clearTimeout(patch);
  patch = undefined;
  if (!state) return;
  /** @type {Partial<Sections>} */
  const sections = {};
  const { whole } = state;
  turn = (turn + 1) % TURNS.length;
  const isLater = (/** @type {string} */ name) => !whole && TURNS.some((names, at) => at !== turn && names.includes(name));
  state.dirty.delete('crashes');
  for (const name of state.dirty) {
    if (isLater(name)) continue;
    /** @type {any} */ (sections)[name] = state.sections[name];
    state.dirty.delete(name);
  }
  const metrics = isLater('metrics') ? undefined : readMeter(state.sections);
  if (metrics || Object.keys(sections).length) post({ kind: 'patch', whole, sections, metrics });
  if (state.dirty.size || state.sections.job?.state === 'running') patch = setTimeout(flush, PATCH_MS);
  state.whole = false;
}

/** The figures of now; none while nothing runs, and while the connection is lost. @param {Sections} sections */
function readMeter({ job, lanes, fleet }) {
  if (!job || !meter || !isOpen) return undefined;
  const now = wall() - offset;
  // Of a crowd not every output is told.
  const rate = job.fleet && fleet ? fleet.machines.reduce((sum, one) => sum + one.rate, 0) : null;
  const metrics = meter.read(job, lanes, now, Math.max(0, now - progressAt), rate);
  medians = metrics.quantiles.flatMap((one) => (one ? [one.p50] : []));
  return metrics;
}

/** What the lanes are drawn from. @returns {import('../modules/lanes.js').Scene} */
function scene() {
  const { job = null, lanes = [], crashes = [] } = state?.sections ?? {};
  const isMoving = !!job && job.ended_ms === null && isOpen;
  // While the connection is lost the server's clock stands still.
  return { job, lanes, crashes, medians, isMoving, now: job?.ended_ms ?? (isOpen ? wall() : lostAt) - offset };
}

setInterval(() => {
  if (socket && performance.now() - heardAt > SILENCE_MS) lost();
}, 1000);

self.onmessage = ({ data }) => {
  if (data.port) servePlot(data, scene);
  else if (!socket) {
    failures = 0;
    connect();
  }
};
connect();
