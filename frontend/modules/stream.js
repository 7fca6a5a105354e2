// The page's side of the stream: starts the monitor worker and keeps what it reports as signals.
import { BarRing } from './ring.js';
import { batch, signal } from './signal.js';

const BARS_PER_LANE = 4096;

export const link = signal(
  /** @type {{ state: 'connecting' | 'open' | 'closed', retry_at: number }} */ ({ state: 'connecting', retry_at: 0 }),
);
export const hello = signal(/** @type {Hello | null} */ (null));
/** Grows when the server was started anew: every id known so far is void. */
export const restarts = signal(0);
/** Whether a snapshot has come: before that the page does not know what to show. */
export const ready = signal(false);
export const metrics = signal(/** @type {Metrics | null} */ (null));

/** @type {{ [K in keyof Sections]: import('./signal.js').Signal<Sections[K]> }} */
export const state = {
  images: signal({ revision: 0, source: 'none', label: '', count: 0, excluded: 0, skipped: 0, bytes: 0, loading: false }),
  job: signal(/** @type {Job | null} */ (null)),
  queue: signal(/** @type {QueuedJob[]} */ ([])),
  lanes: signal(/** @type {Lane[]} */ ([])),
  crashes: signal(/** @type {Crash[]} */ ([])),
  failures: signal(/** @type {Failure[]} */ ([])),
  recent: signal(/** @type {Recent[]} */ ([])),
  notices: signal(/** @type {Notice[]} */ ([])),
  settings: signal(/** @type {JobRequest | null} */ (null)),
  compare: signal({ state: 'none', images: 0, steps: [], repeats: 0, done: 0, total: 0, runs: [], crash: null }),
  isolation: signal({ state: 'none', worker: 0, reason: '', replaced_ms: 0, redone: 0, lost: 0, proof: null }),
  watches: signal(/** @type {Watch[]} */ ([])),
  fleet: signal(/** @type {Fleet | null} */ (null)),
  recipes: signal(0),
};

/** Bars of each lane, by slot. @type {Map<number, BarRing>} */
export const rings = new Map();
/** Bars received since the page began: tells the timeline that there is something new. */
export let barsReceived = 0;

/** When the page was last told of something. */
export let changedAt = 0;

let offset = 0;
const wall = () => performance.timeOrigin + performance.now();
/** The server's clock, ms. While the connection is lost it stands still. */
export const serverNow = () => (link.peek().state === 'open' ? wall() : lostAt) - offset;
let lostAt = 0;

/** @type {((notice: Notice) => void)[]} */
const noticeListeners = [];
/** Calls back for each notice that arrives while the page is open, of a snapshot only if the server was started anew. @param {(notice: Notice) => void} listener */
export const onNotice = (listener) => {
  noticeListeners.push(listener);
};

/** Whether the next snapshot is the first of a server that was started anew: what it has to say is news. */
let anew = false;

/** @param {Bar[]} bars in the order of their ends */
export function addBars(bars) {
  for (const bar of bars) {
    let ring = rings.get(bar.slot);
    if (!ring) rings.set(bar.slot, (ring = new BarRing(BARS_PER_LANE)));
    ring.push(bar);
  }
  barsReceived += bars.length;
}

/** @param {Extract<FromMonitor, { kind: 'patch' }>} patch */
function applyPatch(patch) {
  offset = patch.offset;
  const seen = anew ? 0 : (state.notices.peek()[0]?.id ?? 0);
  batch(() => {
    if (patch.whole) rings.clear();
    addBars(patch.bars);
    if (patch.whole) barsReceived += 1;
    for (const [name, value] of Object.entries(patch.sections)) /** @type {any} */ (state)[name].value = value;
    if (!state.job.peek()) metrics.value = null;
    ready.value = true;
  });
  if (patch.whole && !anew) return;
  anew = false;
  const fresh = (patch.sections.notices ?? []).filter((notice) => notice.id > seen);
  for (const notice of fresh.reverse()) for (const listener of noticeListeners) listener(notice);
}

/** @param {FromMonitor} message */
function receive(message) {
  changedAt = performance.now();
  if (message.kind === 'patch') applyPatch(message);
  else if (message.kind === 'metrics') metrics.value = message.metrics;
  else if (message.kind === 'link') {
    if (message.state === 'closed' && link.peek().state === 'open') lostAt = wall();
    if (message.state === 'open' || link.peek().state !== message.state) link.value = message;
    else if (message.retry_at) link.value = message;
  } else {
    batch(() => {
      hello.value = message.hello;
      anew ||= message.restarted;
      if (message.restarted) restarts.value += 1;
    });
  }
}

/** @type {Worker | null} */
let monitor = null;

/** Starts the monitor worker, once. */
export function start() {
  const url = new URL('/workers/monitor.js', document.baseURI).href;
  // The one script URL that the page ever makes; the policy refuses any other (Trusted Types).
  const policy = window.trustedTypes?.createPolicy('app', {
    createScriptURL(wanted) {
      if (wanted !== url) throw new TypeError(`not a worker of this page: ${wanted}`);
      return wanted;
    },
  });
  monitor = new Worker(policy ? policy.createScriptURL(url) : url, { type: 'module' });
  monitor.onmessage = ({ data }) => receive(data);
}

export const retryNow = () => monitor?.postMessage('retry');
