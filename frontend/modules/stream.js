// The page's side of the stream: starts the monitor worker and keeps what it reports as signals.
import { batch, onCleanup, signal } from './signal.js';

export const link = signal(
  /** @type {{ state: 'connecting' | 'open' | 'closed', retry_at: number }} */ ({ state: 'connecting', retry_at: 0 }),
);
export const hello = signal(/** @type {Hello | null} */ (null));
/** Grows when the server was started anew: every id known so far is void. */
export const restarts = signal(0);
/** Whether a snapshot has come: before that the page does not know what to show. */
export const ready = signal(false);
export const metrics = signal(/** @type {Metrics | null} */ (null));

/** All but the crashes, which only the monitor has use for. @type {{ [K in keyof Omit<Sections, 'crashes'>]: import('./signal.js').Signal<Sections[K]> }} */
export const state = {
  images: signal({ revision: 0, source: 'none', label: '', count: 0, excluded: 0, skipped: 0, bytes: 0, loading: false }),
  job: signal(/** @type {Job | null} */ (null)),
  queue: signal(/** @type {QueuedJob[]} */ ([])),
  lanes: signal(/** @type {Lane[]} */ ([])),
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

/** @type {((notice: Notice) => void)[]} */
const noticeListeners = [];
/** Calls back for each notice that arrives while the page is open, of a snapshot only if the server was started anew. @param {(notice: Notice) => void} listener */
export const onNotice = (listener) => {
  noticeListeners.push(listener);
};

/** Whether the next snapshot is the first of a server that was started anew: what it has to say is news. */
let anew = false;

/** @param {Extract<FromMonitor, { kind: 'patch' }>} patch */
function applyPatch(patch) {
  const seen = anew ? 0 : (state.notices.peek()[0]?.id ?? 0);
  batch(() => {
    for (const [name, value] of Object.entries(patch.sections)) /** @type {any} */ (state)[name].value = value;
    if (patch.metrics) metrics.value = patch.metrics;
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
  if (message.kind === 'patch') applyPatch(message);
  else if (message.kind === 'link') {
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

/**
 * Opens a way to the lanes, which the monitor keeps, for as long as the surrounding effect lives. With a canvas it draws them there.
 * @param {Omit<PlotOrder, 'port'>} order @param {(data: any) => void} receive what it says @returns {(data: unknown) => void} tells it something
 */
export function openLanes(order, receive) {
  const { port1: near, port2: port } = new MessageChannel();
  near.onmessage = ({ data }) => receive(data);
  monitor?.postMessage({ ...order, port }, order.canvas ? [port, order.canvas] : [port]);
  onCleanup(() => near.postMessage('end'));
  return (data) => near.postMessage(data);
}

export const retryNow = () => monitor?.postMessage('retry');
