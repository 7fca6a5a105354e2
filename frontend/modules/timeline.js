// The lanes of the processes, live: gutter with kill buttons, canvas, axis, tooltip, keyboard cursor, and the same as a table.
import { command } from './commands.js';
import { colourClass, outputsOf, placesOf, variantLabel, variantName } from './draft.js';
import { button, h, icon, keyed, segmented } from './element.js';
import { duration, number, seconds, size, t } from './i18n.js';
import { DECODING, FAILED, REDONE } from './ring.js';
import { byFleet, machines } from './machines.js';
import { recall, remember } from './page-state.js';
import { isLive } from './shell.js';
import { calm, computed, effect, onCleanup, signal } from './signal.js';
import { barsReceived, changedAt, link, metrics, rings, serverNow, state } from './stream.js';
import { ROW, drawTimeline, gridTimes } from './timeline-draw.js';

/** @template T @typedef {{ readonly value: T[], peek(): T[] }} Some */

const LONGEST_MS = 30_000;
/** Windows of their own choice: steps, so that bars do not shrink with every frame. */
const AUTO_MS = [4000, 8000, 15_000, LONGEST_MS];
/** The median bar is at least this wide, on a plot of some 900 px. */
const BAR_PX = 16,
  PLOT_PX = 900;
/** Between two frames of the lanes: a pixel of the shortest window lasts about half as long. */
const REDRAW_MS = 66;
/** A name that changes more often cannot be read. */
const NAMES_MS = 250;
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/** @type {import('./signal.js').Signal<'auto' | '30' | 'all'>} */
const span = signal('auto');
const asTable = signal(false);

/** The right edge: now while the job lives, its end afterwards. */
function edge() {
  const job = state.job.peek();
  return job && !isLive(job) && job.ended_ms !== null ? job.ended_ms : serverNow();
}

/** Length of what is shown, ms. */
function windowLength() {
  const job = state.job.peek();
  const whole = edge() - (job ? job.started_ms : 0);
  switch (span.peek()) {
    case '30':
      return LONGEST_MS;
    case 'all':
      return Math.max(1000, whole);
    case 'auto': {
      // A job that has ended shows all of it, unless its bars would be too thin to be told apart.
      if (job && !isLive(job) && whole <= LONGEST_MS) return Math.max(1000, whole);
      const medians = (metrics.peek()?.quantiles ?? []).flatMap((one) => (one ? [one.p50] : [])).sort((one, other) => one - other);
      const median = medians[medians.length >> 1] ?? 0;
      const most = median ? (median * PLOT_PX) / BAR_PX : LONGEST_MS;
      const wanted = Math.min(most, whole);
      return AUTO_MS.find((one) => one >= wanted) ?? LONGEST_MS;
    }
  }
}

/** @param {Lane} lane */
export const laneName = (lane) => `${state.job.value?.mode === 'threads' ? t('thread_letter') : 'P'}${lane.number ?? lane.slot}`;
/** The same with its machine, if it is another one's. @param {Lane} lane */
const fullName = (lane) => (lane.machine ? `${lane.machine} ` : '') + laneName(lane);

/** @param {number} slot @param {Some<Lane>} lanes */
function laneRow(slot, lanes) {
  const current = computed(() => lanes.value.find((one) => one.slot === slot) ?? null);
  const lane = calm(() => current.value, NAMES_MS);
  const dot = () => {
    const now = lane.value;
    return !now || now.state === 'stopped' || (!now.task && state.job.value?.state !== 'running')
      ? 'idle'
      : now.state === 'ready'
        ? ''
        : 'off';
  };
  const file = () => {
    const now = lane.value;
    return !now
      ? ''
      : now.state === 'lost' && now.machine
        ? t('machine_lost')
        : now.state === 'lost' || now.state === 'starting'
          ? t('restarting')
          : (now.task?.name ?? '–');
  };
  const kill = () => t('kill', lane.value?.machine ? fullName(lane.value) : (lane.value?.worker ?? slot));
  return h(
    'li',
    { class: 'lane' },
    h('span', { class: () => `dot ${dot()}`, 'aria-hidden': 'true' }),
    h(
      'span',
      { class: 'lane-name', title: () => (lane.value?.sandbox ? `${t('sandbox')}: ${t(`sandbox_${lane.value.sandbox}`)}` : '') },
      () => (lane.value ? laneName(lane.value) : ''),
      () =>
        lane.value?.restarts
          ? h(
              'span',
              { class: 'restarted', title: t('restarts', lane.value.restarts) },
              icon('redo', 's'),
              h('span', { class: 'hidden' }, t('restarts', lane.value.restarts)),
            )
          : null,
    ),
    h('span', { class: 'lane-file' }, file),
    h('span', { class: 'lane-memory' }, () => (lane.value?.memory_bytes ? size(lane.value.memory_bytes) : '')),
    button(
      'kill small square',
      () => {
        const now = current.peek();
        if (now) command(`/api/workers/${now.worker}/kill`);
      },
      {
        'aria-label': kill,
        title: kill,
        disabled: () =>
          link.value.state !== 'open' || !lane.value || lane.value.state !== 'ready' || !state.job.value || !isLive(state.job.value),
      },
      icon('power', 's'),
    ),
  );
}

/** What the tooltip says of a lane at a time. @param {Lane} lane @param {number} time @param {Crash[]} crashes @returns {[string, string] | null} */
export function describe(lane, time, crashes) {
  const variants = state.job.peek()?.variants ?? [];
  const named = (/** @type {number | null} */ index) =>
    index === null || index === DECODING ? t('decoding') : variantLabel(variants, index);
  const crash = crashes.findLast((one) => one.slot === lane.slot && one.start_ms <= time && time <= (one.ready_ms ?? Infinity));
  if (crash)
    return [
      crash.name ?? laneName(lane),
      time <= crash.t_ms && crash.name
        ? `${named(crash.variant)} · ${t('process_lost')}`
        : `${t('process_lost')}${crash.ready_ms === null ? '' : ` · ${t('replaced_in', seconds(crash.ready_ms - crash.t_ms))}`}`,
    ];
  if (lane.task && lane.task.next_start_ms <= time)
    return [lane.task.name, `${named(lane.task.decoded ? lane.task.variants[lane.task.next] : null)} · ${t('in_work')}`];
  const ring = rings.get(lane.slot);
  const age = ring?.at(time) ?? -1;
  if (!ring || age < 0) return null;
  const at = ring.index(age);
  const note = ring.status[at] === FAILED ? ` · ${t('failed_one')}` : ring.status[at] === REDONE ? ` · ${t('redone')}` : '';
  return [ring.name[at], `${named(ring.variant[at])} · ${seconds(ring.end[at] - ring.start[at])}${note}`];
}

/** @param {Some<Lane>} lanes @param {Some<Crash>} crashes */
function plot(lanes, crashes) {
  const canvas = h('canvas', { tabIndex: 0, role: 'img', 'aria-label': () => t('timeline_label') });
  const tip = h('div', { class: 'tip', hidden: true });
  const axis = h('div', { class: 'axis', 'aria-hidden': 'true' });
  const spoken = h('p', { class: 'hidden', 'aria-live': 'polite' });
  /** The keyboard's place: a lane and how long ago, ms. @type {{ row: number, ago: number } | null} */
  let cursor = null;
  let drawn = '',
    drawnAt = 0,
    frame = 0,
    width = 0;

  /** @param {number} row @param {number} ago */
  function showTip(row, ago) {
    const lane = lanes.peek()[row];
    const words = lane ? describe(lane, edge() - ago, crashes.peek()) : null;
    tip.hidden = !words;
    if (!words) return null;
    tip.replaceChildren(h('b', null, words[0]), h('br'), words[1]);
    const x = (1 - ago / windowLength()) * canvas.clientWidth;
    tip.style.left = `${Math.max(0, Math.min(x + 12, canvas.clientWidth - tip.offsetWidth))}px`;
    tip.style.top = `${(row + 1) * ROW + 2}px`;
    return words;
  }

  function tick() {
    // A frame that is asked for is made and sent even if nothing has changed in it.
    timer = setTimeout(() => {
      frame = requestAnimationFrame(tick);
    }, REDRAW_MS - 8);
    const length = windowLength();
    if (!width) return;
    const job = state.job.peek();
    const moving = job !== null && isLive(job) && link.peek().state === 'open';
    // A redraw is due when the picture moved by a pixel or something new came; never more than the eye needs.
    const pause = reducedMotion.matches ? 1000 : Math.max(REDRAW_MS, Math.min(500, length / width));
    const key = `${barsReceived}/${width}/${span.peek()}/${document.documentElement.dataset.theme}/${lanes.peek().length}/${moving}/${cursor?.row},${cursor?.ago}/${devicePixelRatio}`;
    const now = performance.now();
    // Not in a frame in which texts change: each has its own.
    if (now - changedAt < 8 && now - drawnAt < 2 * REDRAW_MS) {
      clearTimeout(timer);
      frame = requestAnimationFrame(tick);
      return;
    }
    if (now - drawnAt < (moving ? pause : key === drawn && lanesDrawn === lanes.peek() ? Infinity : 0) - 12) return;
    drawn = key;
    drawnAt = now;
    lanesDrawn = lanes.peek();
    const right = edge();
    drawTimeline(canvas, {
      lanes: lanes.peek(),
      all: state.lanes.peek(),
      name: (slot) => fullName(state.lanes.peek().find((one) => one.slot === slot) ?? /** @type {Lane} */ ({ slot })),
      places: placesOf(job?.variants ?? []),
      rings,
      crashes: crashes.peek(),
      now: right,
      window: length,
      width,
      cursor: cursor && lanes.peek()[cursor.row] ? { slot: lanes.peek()[cursor.row].slot, time: right - cursor.ago } : null,
    });
    drawAxis(length);
  }
  /** @type {Lane[] | null} */
  let lanesDrawn = null;
  let axisFor = '';
  /** @param {number} length */
  function drawAxis(length) {
    const narrow = width < 420;
    const times = gridTimes(length).filter((_, index, all) => !narrow || all.length < 4 || index % 3 === 2);
    const job = state.job.peek();
    const ended = job !== null && !isLive(job);
    const key = `${times.map((time) => Math.round((time / length) * 200)).join()}/${t('now')}/${ended}`;
    if (key === axisFor) return;
    axisFor = key;
    axis.replaceChildren(
      ...times.map((time) =>
        h('span', { '--at': `${(1 - time / length) * 100}%` }, `−${duration(time).replace(',0', '').replace('.0', '')}`),
      ),
      h('span', { '--at': '100%', class: 'last' }, ended ? t('end') : t('now')),
    );
  }

  canvas.addEventListener('pointermove', (event) => {
    const area = canvas.getBoundingClientRect();
    showTip(Math.floor((event.clientY - area.top) / ROW), (1 - (event.clientX - area.left) / area.width) * windowLength());
  });
  canvas.addEventListener('pointerleave', () => {
    tip.hidden = true;
  });
  canvas.addEventListener('blur', () => {
    cursor = null;
    tip.hidden = true;
  });
  canvas.addEventListener('keydown', (event) => {
    const step = windowLength() / 60;
    const from = cursor ?? { row: 0, ago: 0 };
    if (event.key === 'ArrowLeft') cursor = { ...from, ago: Math.min(windowLength(), from.ago + step) };
    else if (event.key === 'ArrowRight') cursor = { ...from, ago: Math.max(0, from.ago - step) };
    else if (event.key === 'ArrowUp') cursor = { ...from, row: Math.max(0, from.row - 1) };
    else if (event.key === 'ArrowDown') cursor = { ...from, row: Math.min(lanes.peek().length - 1, from.row + 1) };
    else return;
    event.preventDefault();
    const words = showTip(cursor.row, cursor.ago);
    const lane = lanes.peek()[cursor.row];
    spoken.textContent = `${lane ? laneName(lane) : ''}, −${duration(cursor.ago)}: ${words ? words.join(', ') : t('idle')}`;
  });
  // Asking for the width in every frame would force a layout in every frame.
  const sizes = new ResizeObserver(([entry]) => {
    width = Math.round(entry.contentRect.width);
  });
  sizes.observe(canvas);
  onCleanup(() => sizes.disconnect());
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  frame = requestAnimationFrame(tick);
  onCleanup(() => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
  });
  effect(() => {
    void span.value;
    axisFor = '';
  });
  return [h('div', { class: 'plot' }, canvas, tip, spoken), axis];
}

/** Changes only when another job starts: the legend is not made again with every count. */
const variantNames = computed(() => state.job.value?.variants.map(variantName).join('/') ?? '');

const legend = () =>
  h(
    'ul',
    { class: 'legend', 'aria-label': () => t('legend') },
    () => {
      void variantNames.value;
      return outputsOf(state.job.peek()?.variants ?? [])
        .slice(0, 8)
        .map(({ variant }, index) => h('li', null, h('i', { class: colourClass(index) }), variantName(variant)));
    },
    h('li', null, h('i', { class: 'mark-decoding' }), () => t('decoding')),
    h('li', null, h('i', { class: 'mark-failed' }), () => t('failed_one')),
    h('li', null, h('i', { class: 'mark-crash' }), () => t('process_lost')),
    h('li', { class: 'optional' }, h('i', { class: 'mark-redone' }), () => t('redone')),
  );

/** Whether the lanes are shown; else each is one square. */
export const unfolded = signal(recall('lanes') === true);
const SQUARES_MS = 250;

/** A square for each process in the colour of its work, and how many work. */
function squares() {
  const lanes = calm(() => state.lanes.value, SQUARES_MS);
  /** What the squares look like, so that they are made again only when that changes. */
  const looks = computed(() => {
    const places = placesOf(state.job.peek()?.variants ?? []);
    return lanes.value
      .map(({ state: now, task }) =>
        now === 'lost'
          ? 'mark-crash'
          : !task
            ? 'idle'
            : task.decoded
              ? colourClass(places[task.variants[task.next]] ?? 0)
              : 'mark-decoding',
      )
      .join();
  });
  const words = computed(() => {
    const told = lanes.value.length > 0;
    const busy = (state.fleet.value?.machines ?? []).reduce((sum, one) => sum + one.busy, 0);
    const replaced = lanes.value.reduce((sum, { restarts }) => sum + restarts, 0);
    return [t('n_working', told ? lanes.value.filter(({ task }) => task).length : busy), replaced && t('n_replaced', replaced)]
      .filter(Boolean)
      .join(' · ');
  });
  return [
    h('span', { class: 'squares', 'aria-hidden': 'true' }, () =>
      looks.value
        .split(',')
        .slice(0, lanes.peek().length)
        .map((look) => h('i', { class: look })),
    ),
    h('span', { class: 'muted' }, () => words.value),
  ];
}

export function timeline() {
  // The legend names variants, so it is made again only when another job starts.
  const title = () => t(byFleet.value ? 'machines_live' : state.job.value?.mode === 'threads' ? 'threads_live' : 'processes_live');
  return h(
    'section',
    { class: 'card timeline', 'aria-label': title },
    h(
      'div',
      { class: 'head' },
      h(
        'h2',
        null,
        h(
          'button',
          {
            type: 'button',
            class: 'fold',
            'aria-expanded': () => String(unfolded.value),
            onclick: () => {
              unfolded.value = !unfolded.peek();
              remember('lanes', unfolded.peek());
            },
          },
          () => icon(unfolded.value ? 'down' : 'right', 's'),
          title,
        ),
      ),
      () => (unfolded.value ? lanesTools() : squares()),
    ),
    () => unfolded.value && lanesView,
  );
}

const lanesView = () => (asTable.value ? lanesTable() : byFleet.value ? machines(lanesAndPlot) : lanesAndPlot(state.lanes, state.crashes));

/** What is set about the lanes, and what their colours mean. */
const lanesTools = () => [
  h('span', { class: 'spring' }),
  legend(),
  segmented(
    () => t('last'),
    /** @type {['auto' | '30' | 'all', () => string][]} */ ([
      ['auto', () => t('auto')],
      ['30', () => '30\u00a0s'],
      ['all', () => t('all')],
    ]),
    () => span.value,
    (value) => {
      span.value = value;
    },
  ),
  button(
    'ghost small square',
    () => {
      asTable.value = !asTable.peek();
    },
    { 'aria-pressed': () => String(asTable.value), 'aria-label': () => t('as_table'), title: () => t('as_table') },
    icon('table'),
  ),
];

/** @param {Some<Lane>} lanes @param {Some<Crash>} crashes */
const lanesAndPlot = (lanes, crashes) =>
  h(
    'div',
    { class: 'lanes' },
    keyed(
      h('ul', { class: 'gutter', 'aria-label': () => t('processes') }),
      () => lanes.value,
      (lane) => lane.slot,
      (lane) => laneRow(lane.slot, lanes),
    ),
    plot(lanes, crashes),
  );

const TABLE_MS = 1000;

/** @param {Lane} lane */
function tableRow(lane) {
  const ring = rings.get(lane.slot);
  const last = ring?.length ? ring.index(0) : null;
  const variants = state.job.peek()?.variants ?? [];
  let done = 0,
    failed = 0;
  if (ring)
    for (let age = 0; age < ring.length; age += 1)
      if (ring.variant[ring.index(age)] === DECODING) continue;
      else if (ring.status[ring.index(age)] === FAILED) failed += 1;
      else done += 1;
  const work = lane.task
    ? `${lane.task.name} · ${lane.task.decoded ? variantLabel(variants, lane.task.variants[lane.task.next]) : t('decoding')}`
    : '–';
  return h(
    'tr',
    null,
    h('th', { scope: 'row' }, fullName(lane)),
    h('td', { class: 'words' }, lane.state === 'ready' ? work : t('restarting')),
    h('td', { class: 'words' }, ring && last !== null ? `${ring.name[last]} · ${seconds(ring.end[last] - ring.start[last])}` : '–'),
    h('td', null, number(done)),
    h('td', null, number(failed)),
    h('td', null, number(lane.restarts)),
    h('td', null, lane.sandbox ? t(`sandbox_${lane.sandbox}`) : '–'),
    h('td', null, lane.memory_bytes ? size(lane.memory_bytes) : '–'),
  );
}

export function lanesTable() {
  const turn = signal(0);
  const timer = setInterval(() => {
    turn.value += 1;
  }, TABLE_MS);
  onCleanup(() => clearInterval(timer));
  return h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': () => t('processes') }, () => {
    void turn.value;
    const quantiles = metrics.peek()?.quantiles ?? [];
    const variants = state.job.peek()?.variants ?? [];
    return [
      h(
        'table',
        null,
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            /** @type {const} */ ([
              'process_head',
              'in_work',
              'last_file',
              'done',
              'failed',
              'restarts_head',
              'sandbox_head',
              'memory',
            ]).map((key) => h('th', { scope: 'col' }, t(key))),
          ),
        ),
        h('tbody', null, state.lanes.peek().map(tableRow)),
      ),
      quantiles.length > 0 &&
        h(
          'table',
          null,
          h(
            'thead',
            null,
            h(
              'tr',
              null,
              h('th', { scope: 'col' }, t('filter')),
              h('th', { scope: 'col' }, t('median')),
              h('th', { scope: 'col' }, t('slow_5')),
            ),
          ),
          h(
            'tbody',
            null,
            [metrics.peek()?.decode, ...quantiles].map((one, index) =>
              h(
                'tr',
                null,
                h('th', { scope: 'row' }, index ? variantLabel(variants, index - 1) : t('decoding')),
                h('td', null, one ? seconds(one.p50) : '–'),
                h('td', null, one ? seconds(one.p95) : '–'),
              ),
            ),
          ),
        ),
    ];
  });
}
