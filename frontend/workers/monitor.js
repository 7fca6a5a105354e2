// Web Worker: owns the WebSocket, keeps the stream's state and computes the figures, so that the page's thread only draws.
// It goes on while the tab is hidden. To the page: at most one patch per 66 ms, metrics every 250 ms.
import { Meter } from '../modules/metrics.js';
import { apply, fromSnapshot } from '../modules/reducer.js';

const PATCH_MS = 66,
  METRICS_MS = 250,
  SILENCE_MS = 15_000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000];

/** @type {WebSocket | null} */ let socket = null;
/** @type {import('../modules/reducer.js').StreamState | null} */ let state = null;
/** @type {Meter | null} */ let meter = null;
let meterKey = '',
  running = false,
  instance = '',
  failures = 0,
  heardAt = 0,
  progressAt = 0,
  waiting = false;
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
    feed(message.bars, message.t_ms);
    flush();
    post({ kind: 'link', state: 'open', retry_at: 0 });
  } else if (message.tipo === 'cambios' && state && !waiting) {
    // The smallest difference is forgotten slowly, or a drifting clock would never be followed.
    offset = Math.min(offset + 0.05, wall() - message.t_ms);
    const from = state.bars.length;
    if (!apply(state, message)) {
      waiting = true;
      socket?.send('{"tipo":"instantanea"}');
      return;
    }
    feed(state.bars.slice(state.whole ? 0 : from), message.t_ms);
    if (message.progress || message.events.some((event) => event.event === 'job')) progressAt = message.t_ms;
    if (state.dirty.size || state.bars.length) patch ??= setTimeout(flush, PATCH_MS);
  }
}

/** Gives finished outputs to the meter; a new job gets a new one. @param {Bar[]} bars @param {number} now */
function feed(bars, now) {
  const job = state?.sections.job;
  if (!job) {
    meter = null;
    meterKey = '';
    return;
  }
  if (meterKey !== job.id) {
    meterKey = job.id;
    meter = new Meter(job.variants.length, Math.min(now, Math.max(job.started_ms, bars[0]?.start_ms ?? now)));
    progressAt = now;
  }
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
  for (const name of state.dirty) /** @type {any} */ (sections)[name] = state.sections[name];
  post({ kind: 'patch', whole: state.whole, sections, bars: state.bars, offset });
  state.dirty.clear();
  state.bars = [];
  state.whole = false;
}

setInterval(() => {
  if (socket && performance.now() - heardAt > SILENCE_MS) {
    lost();
    return;
  }
  const job = state?.sections.job;
  if (!state || !job || !meter || socket?.readyState !== WebSocket.OPEN) return;
  const now = wall() - offset;
  const { lanes, fleet } = state.sections;
  // Of a crowd not every output is told.
  const rate = job.fleet && fleet ? fleet.machines.reduce((sum, one) => sum + one.rate, 0) : null;
  post({ kind: 'metrics', metrics: meter.read(job, lanes, now, Math.max(0, now - progressAt), rate) });
}, METRICS_MS);

self.onmessage = ({ data }) => {
  if (data === 'retry' && !socket) {
    failures = 0;
    connect();
  }
  if (data === 'refresh' && socket?.readyState === WebSocket.OPEN) {
    waiting = true;
    socket.send('{"tipo":"instantanea"}');
  }
};

connect();
