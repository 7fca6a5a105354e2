// The machines of a fleet: who is there and what each does, with the lanes of its workers below it.
import { command, read } from './commands.js';
import { button, h, icon, keyed } from './element.js';
import { number, t, told } from './i18n.js';
import { computed, onCleanup, signal } from './signal.js';
import { link, state } from './stream.js';

/** With more workers than this, pages are not told of each: a machine is one bar, and its lanes are asked for. */
const FEW = 64;
const ASK_MS = 1000;

/** What was opened or closed by hand. */
const byHand = signal(/** @type {Map<string, boolean>} */ (new Map()));
const isFew = computed(() => (state.fleet.value?.machines ?? []).reduce((sum, { slots }) => sum + slots, 0) <= FEW);
/** Whether the machines of a fleet do the job. */
export const byFleet = computed(() => !!state.job.value?.fleet);

/** What the fleet waits for; null if for nothing. */
export const waitsFor = () =>
  state.fleet.value &&
  (state.fleet.value.away ? t('fleet_away') : state.fleet.value.machines.some((one) => one.state === 'working') ? null : t('fleet_nobody'));

/** Up to when bars have been asked for, by machine. @type {Map<string, number>} */
const heardTo = new Map();
/** Whether pages are told of each lane. */
const areTold = () => state.lanes.value.length > 0;

/** @template T @typedef {{ readonly value: T[], peek(): T[] }} Some */

/** The lanes of a machine: those that all pages see, or what is asked for. @param {string} name @returns {[Some<Lane>, () => AskedLanes | null]} */
function lanesOf(name) {
  const asked = signal(/** @type {AskedLanes | null} */ (null));
  const ask = async () => {
    if (state.lanes.peek().length || !state.job.peek()) return;
    const { t_ms, lanes, bars, crashes } = await read(`/api/machines/${name}/lanes?since=${heardTo.get(name) ?? 0}`).catch(() => ({}));
    if (!lanes) return;
    heardTo.set(name, t_ms);
    asked.value = { lanes, bars, crashes };
  };
  ask();
  const timer = setInterval(ask, ASK_MS);
  onCleanup(() => clearInterval(timer));
  return [
    computed(() => (areTold() ? state.lanes.value.filter((lane) => lane.machine === name) : (asked.value?.lanes ?? []))),
    () => asked.value,
  ];
}

/** @param {string} name @param {(lanes: Some<Lane>, machine: string, asked: () => AskedLanes | null) => any} show */
function machine(name, show) {
  const now = computed(() => state.fleet.value?.machines.find((one) => one.name === name));
  const isOpen = computed(() => byFleet.value && (byHand.value.get(name) ?? isFew.value));
  const word = () => {
    const one = now.value;
    if (!one || one.state === 'working') return '';
    return [t(`machine_${one.state}`), told(one)].filter(Boolean).join(': ');
  };
  return h(
    'li',
    { class: () => `machine ${now.value?.state ?? ''}` },
    h(
      'div',
      { class: 'machine-head' },
      h(
        'button',
        {
          type: 'button',
          class: 'link',
          'aria-expanded': () => String(isOpen.value),
          onclick: () => {
            byHand.value = new Map(byHand.peek()).set(name, !isOpen.peek());
          },
        },
        () => icon(isOpen.value ? 'down' : 'right', 's'),
        name,
      ),
      h('span', { class: 'said' }, word),
      h('span', { class: 'muted' }, () => {
        const one = now.value;
        return one ? `${one.busy} / ${number(one.slots)} · ${number(one.rate, 1)}\u00a0${t('files_per_s')} · ${one.version}` : '';
      }),
      h('div', { class: 'bar', 'aria-hidden': 'true', '--made': () => `${((now.value?.busy ?? 0) / (now.value?.slots || 1)) * 100}%` }),
      button(
        'small',
        () => command(`/api/machines/${name}/drain`),
        {
          'aria-label': `${t('drain')}: ${name}`,
          title: () => t('drain_text'),
          disabled: () => link.value.state !== 'open' || !['working', 'paused', 'refusing'].includes(now.value?.state ?? ''),
        },
        () => t('drain'),
      ),
    ),
    () => {
      if (!isOpen.value) return null;
      const [lanes, asked] = lanesOf(name);
      const isAny = computed(() => lanes.value.length > 0);
      return () => isAny.value && show(lanes, name, asked);
    },
  );
}

/** The list of the machines. @param {(lanes: Some<Lane>, machine: string, asked: () => AskedLanes | null) => any} show */
export const machines = (show) =>
  keyed(
    h('ul', { class: 'machines', 'aria-label': () => t('machines_live') }),
    () => state.fleet.value?.machines ?? [],
    ({ name }) => name,
    ({ name }) => machine(name, show),
  );

const isThere = computed(() => !!state.fleet.value);

/** The same where nothing runs. */
export const machinesCard = () =>
  isThere.value &&
  h(
    'section',
    { class: 'card', 'aria-label': () => t('machines_live') },
    h(
      'div',
      { class: 'head' },
      h('h2', null, () => t('machines_live')),
    ),
    () => waitsFor() && h('p', { class: 'muted fleet-waits' }, waitsFor()),
    machines(() => null),
  );
