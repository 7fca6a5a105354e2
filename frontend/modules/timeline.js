// The lanes of the processes, live: gutter with kill buttons, canvas, axis, tooltip, keyboard cursor, and the same as a table.
import { command } from './commands.js';
import { colourClass, outputsOf, placesOf, variantLabel, variantName } from './draft.js';
import { button, h, icon, keyed, segmented } from './element.js';
import { duration, number, seconds, size, t } from './i18n.js';
import { byFleet, machines } from './machines.js';
import { recall, remember, theme } from './page-state.js';
import { isLive } from './shell.js';
import { computed, effect, onCleanup, signal } from './signal.js';
import { link, metrics, openLanes, state } from './stream.js';

/** @template T @typedef {{ readonly value: T[], peek(): T[] }} Some */

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/** @type {import('./signal.js').Signal<'auto' | '30' | 'all'>} */
const span = signal('auto');
const asTable = signal(false);

// These change with what they say, not with every count.
const isThreads = computed(() => state.job.value?.mode === 'threads');
const isOver = computed(() => !isLive(state.job.value));
const isRunning = computed(() => state.job.value?.state === 'running');
/** Of the variants' outputs, which decide their colours. */
const places = computed(() => JSON.stringify(placesOf(state.job.value?.variants ?? [])));
const letter = () => (isThreads.value ? t('thread_letter') : 'P');

/** @param {Lane} lane */
const laneName = (lane) => `${letter()}${lane.number ?? lane.slot}`;
/** The same with its machine, if it is another one's. @param {Lane} lane */
const fullName = (lane) => (lane.machine ? `${lane.machine} ` : '') + laneName(lane);

/** @param {number} slot @param {Some<Lane>} lanes */
function laneRow(slot, lanes) {
  const lane = computed(() => lanes.value.find((one) => one.slot === slot) ?? null);
  const dot = () => {
    const now = lane.value;
    return !now || now.state === 'stopped' || (!now.task && !isRunning.value) ? 'idle' : now.state === 'ready' ? '' : 'off';
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
  const canKill = () => link.value.state === 'open' && lane.value?.state === 'ready' && !isOver.value;
  const restarts = computed(() => lane.value?.restarts ?? 0);
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
        restarts.value > 0 &&
        h(
          'span',
          { class: 'restarted', title: t('restarts', restarts.value) },
          icon('redo', 's'),
          h('span', { class: 'hidden' }, t('restarts', restarts.value)),
        ),
    ),
    h('span', { class: 'lane-file' }, file),
    h('span', { class: 'lane-memory' }, () => (lane.value?.memory_bytes ? size(lane.value.memory_bytes) : '')),
    button(
      'kill small square',
      () => {
        const now = lane.peek();
        if (now && canKill()) command(`/api/workers/${now.worker}/kill`);
      },
      {
        'aria-label': kill,
        title: kill,
        // It keeps the focus until the process is there again.
        'aria-disabled': () => (canKill() ? null : 'true'),
      },
      icon('power', 's'),
    ),
  );
}

/** What the tooltip says of a moment of a lane. @param {LaneMoment} moment @param {Lane} lane @returns {[string, string]} */
function describe({ what, name, variant, isWork, ms }, lane) {
  const work = variant === null ? t('decoding') : variantLabel(state.job.peek()?.variants ?? [], variant);
  const parts =
    what === 'lost'
      ? [isWork && work, t('process_lost'), !isWork && ms !== null && t('replaced_in', seconds(ms))]
      : [work, what === 'work' ? t('in_work') : seconds(ms ?? 0), what === 'failed' && t('failed_one'), what === 'redone' && t('redone')];
  return [name ?? laneName(lane), parts.filter(Boolean).join(' · ')];
}

const COLOURS = ['lane', 'line', 'bad', 'ink', 'accent', 'surface', 'decoding'];

/** @param {Some<Lane>} lanes @param {string} machine whose they are, '' for all @param {() => AskedLanes | null} asked */
function plot(lanes, machine, asked) {
  const canvas = h('canvas', { tabIndex: 0, role: 'img', 'aria-label': () => t('timeline_label') });
  const tip = h('div', { class: 'tip', hidden: true });
  const times = signal(/** @type {{ length: number, times: number[] }} */ ({ length: 1, times: [] }));
  const spoken = h('p', { class: 'hidden', 'aria-live': 'polite' });
  /** The keyboard's place: a lane and how long ago, as part of the window. @type {{ row: number, ago: number } | null} */
  let cursor = null;
  /** What was asked for last. @type {{ row: number, ago: number } | null} */
  let wanted = null;
  const box = signal(0);

  const tell = openLanes({ canvas: canvas.transferControlToOffscreen(), machine }, (data) => {
    if (data.times) times.value = data;
    else if (wanted?.row === data.at.row && wanted?.ago === data.at.ago) showTip(data.at, data.moment);
  });
  /** @param {{ row: number, ago: number }} at @param {LaneMoment | null} moment */
  function showTip({ row, ago }, moment) {
    const lane = lanes.peek()[row];
    const words = lane && moment ? describe(moment, lane) : null;
    tip.hidden = !words;
    if (cursor)
      spoken.textContent = `${lane ? laneName(lane) : ''}, −${duration(ago * times.peek().length)}: ${words ? words.join(', ') : t('idle')}`;
    if (!words) return;
    tip.replaceChildren(h('b', null, words[0]), h('br'), words[1]);
    tip.style.left = `${Math.max(0, Math.min((1 - ago) * canvas.clientWidth + 12, canvas.clientWidth - tip.offsetWidth))}px`;
    tip.style.top = `${((row + 1) / lanes.peek().length) * canvas.clientHeight + 2}px`;
  }
  /** @param {{ row: number, ago: number } | null} at */
  function point(at) {
    wanted = at;
    if (at) tell({ at });
    else tip.hidden = true;
  }
  function look() {
    void theme.value;
    const style = getComputedStyle(canvas);
    const of = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
    tell({
      look: {
        width: box.value,
        scale: devicePixelRatio,
        span: span.value,
        isStill: reducedMotion.matches,
        letter: letter(),
        places: JSON.parse(places.value),
        cursor,
        paint: {
          ...Object.fromEntries(COLOURS.map((name) => [name, of(name)])),
          colours: [...Array.from({ length: 6 }, (_, index) => of(`filter-${index + 1}`)), of('decoding')],
        },
      },
    });
  }
  effect(look);
  effect(() => {
    const given = asked();
    if (given) tell({ asked: given });
  });

  canvas.addEventListener('pointermove', (event) => {
    const area = canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - area.top) / area.height) * lanes.peek().length);
    point({ row, ago: 1 - (event.clientX - area.left) / area.width });
  });
  canvas.addEventListener('pointerleave', () => point(null));
  canvas.addEventListener('blur', () => {
    cursor = null;
    point(null);
    look();
  });
  canvas.addEventListener('keydown', (event) => {
    const [across, down] = /** @type {Record<string, [number, number]>} */ ({
      ArrowLeft: [1, 0],
      ArrowRight: [-1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    })[event.key] ?? [0, 0];
    if (!across && !down) return;
    const within = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(0, Math.min(most, value));
    const { row, ago } = cursor ?? { row: 0, ago: 0 };
    cursor = { row: within(row + down, lanes.peek().length - 1), ago: within(ago + across / 60, 1) };
    event.preventDefault();
    look();
    point(cursor);
  });
  // Asking for the width in every frame would force a layout in every frame.
  const sizes = new ResizeObserver(([entry]) => {
    box.value = Math.round(entry.contentRect.width);
  });
  sizes.observe(canvas);
  onCleanup(() => sizes.disconnect());
  return [
    h('div', { class: 'plot' }, canvas, tip, spoken),
    h('div', { class: 'axis', 'aria-hidden': 'true' }, () => {
      const { length, times: all } = times.value;
      return [
        ...all
          .filter((_, index) => box.value >= 420 || all.length < 4 || index % 3 === 2)
          .map((time) => h('span', { '--at': `${(1 - time / length) * 100}%` }, `−${duration(time).replace(/[.,]0/, '')}`)),
        h('span', { '--at': '100%', class: 'last' }, t(isOver.value ? 'end' : 'now')),
      ];
    }),
  ];
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

/** A square for each process in the colour of its work, and how many work. */
function squares() {
  const { lanes } = state;
  /** What the squares look like, so that they are made again only when that changes. */
  const looks = computed(() => {
    const colours = JSON.parse(places.value);
    return lanes.value
      .map(({ state: now, task }) =>
        now === 'lost'
          ? 'mark-crash'
          : !task
            ? 'idle'
            : task.decoded
              ? colourClass(colours[task.variants[task.next]] ?? 0)
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
  const title = () => t(byFleet.value ? 'machines_live' : isThreads.value ? 'threads_live' : 'processes_live');
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

const lanesView = () => (asTable.value ? lanesTable() : byFleet.value ? machines(lanesAndPlot) : lanesAndPlot(state.lanes));

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

/** @param {Some<Lane>} lanes @param {string} machine @param {() => AskedLanes | null} asked */
const lanesAndPlot = (lanes, machine = '', asked = () => null) =>
  h(
    'div',
    { class: 'lanes' },
    keyed(
      h('ul', { class: 'gutter', 'aria-label': () => t('processes') }),
      () => lanes.value,
      (lane) => lane.slot,
      (lane) => laneRow(lane.slot, lanes),
    ),
    plot(lanes, machine, asked),
  );

const TABLE_MS = 1000;

/** @param {import('./i18n.js').Key[]} heads */
const tableHead = (heads) =>
  h(
    'thead',
    null,
    h(
      'tr',
      null,
      heads.map((key) => h('th', { scope: 'col' }, t(key))),
    ),
  );

/** @param {Lane} lane @param {LaneSum} sum */
function tableRow(lane, { done, failed, last }) {
  const variants = state.job.peek()?.variants ?? [];
  const work = lane.task
    ? `${lane.task.name} · ${lane.task.decoded ? variantLabel(variants, lane.task.variants[lane.task.next]) : t('decoding')}`
    : '–';
  return h(
    'tr',
    null,
    h('th', { scope: 'row' }, fullName(lane)),
    h('td', { class: 'words' }, lane.state === 'ready' ? work : t('restarting')),
    h('td', { class: 'words' }, last ? `${last.name} · ${seconds(last.ms)}` : '–'),
    h('td', null, number(done)),
    h('td', null, number(failed)),
    h('td', null, number(lane.restarts)),
    h('td', null, lane.sandbox ? t(`sandbox_${lane.sandbox}`) : '–'),
    h('td', null, lane.memory_bytes ? size(lane.memory_bytes) : '–'),
  );
}

function lanesTable() {
  const sums = signal(/** @type {LaneSum[]} */ ([]));
  const ask = openLanes({}, (data) => {
    sums.value = data.sums;
  });
  ask('sums');
  const timer = setInterval(ask, TABLE_MS, 'sums');
  onCleanup(() => clearInterval(timer));
  return h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': () => t('processes') }, () => {
    const { decode, quantiles = [] } = metrics.peek() ?? {};
    const variants = state.job.peek()?.variants ?? [];
    return [
      h(
        'table',
        null,
        tableHead(['process_head', 'in_work', 'last_file', 'done', 'failed', 'restarts_head', 'sandbox_head', 'memory']),
        h(
          'tbody',
          null,
          sums.value.map((sum, index) => {
            const lane = state.lanes.peek()[index];
            return lane && tableRow(lane, sum);
          }),
        ),
      ),
      quantiles.length > 0 &&
        h(
          'table',
          null,
          tableHead(['filter', 'median', 'slow_5']),
          h(
            'tbody',
            null,
            [decode, ...quantiles].map((one, index) =>
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
