// The drawer "How it works": processes against threads as measured here, and what a crash costs; the isolation test; the keys.
import { command } from './commands.js';
import { filterName, stepOf } from './draft.js';
import { button, h, icon } from './element.js';
import { number, percent, say, seconds, share, size, t, told } from './i18n.js';
import { drawer, screen } from './page-state.js';
import { isLive } from './shell.js';
import { keysSection } from './shortcuts.js';
import { computed, effect, onCleanup, signal, untracked } from './signal.js';
import { points, speedupChart, verdict } from './speedup.js';
import { hello, link, state } from './stream.js';

const compare = state.compare;
const comparing = computed(() => compare.value.state === 'running');

/** @param {string} name @param {import('./element.js').Child} value */
const fact = (name, value) => h('div', null, h('dt', null, name), h('dd', null, value));

/** What the outputs of the interrupted images are, against the same made undisturbed. @param {NonNullable<Isolation['proof']>} proof */
const proofOf = ({ outputs, sha256, undisturbed }) =>
  h(
    'div',
    { class: 'hashes' },
    h('dl', null, fact(t('hash_after'), h('code', null, sha256)), fact(t('hash_undisturbed'), h('code', null, undisturbed))),
    h('p', null, sha256 === undisturbed ? t('hashes_equal', outputs) : t('hashes_differ')),
  );

/** Without a job it starts one on the photos that are chosen, but not among the machines of a fleet. */
const cannotTest = () =>
  state.job.value && isLive(state.job.value)
    ? state.job.value.state !== 'running'
    : !!state.fleet.value || comparing.value || state.images.value.count <= state.images.value.excluded;

const isolationSection = () =>
  h(
    'section',
    { class: 'isolation', 'aria-label': () => t('isolation') },
    h('h2', null, () => t('isolation')),
    h('p', { class: 'muted' }, () => t('isolation_text')),
    button(
      '',
      () => command('/api/isolation', { start: true }),
      {
        'aria-describedby': 'isolation-why',
        disabled: () => link.value.state !== 'open' || state.isolation.value.state === 'running' || cannotTest(),
      },
      icon('power'),
      () => t('isolation_kill'),
    ),
    h('p', { class: 'fine', id: 'isolation-why', hidden: () => state.job.value?.state === 'running' }, () =>
      cannotTest() ? t('isolation_needs_job') : t('isolation_starts'),
    ),
    () => {
      const now = state.isolation.value;
      if (now.state === 'none') return null;
      const facts = h(
        'dl',
        null,
        fact(t('last_test'), t('process_and_reason', now.worker, told(now, 'reason'))),
        fact(t('replaced_in_head'), now.state === 'running' && !now.replaced_ms ? '…' : seconds(now.replaced_ms, 2)),
        fact(t('images_redone'), number(now.redone)),
        fact(t('images_lost'), now.state === 'running' ? '…' : number(now.lost)),
      );
      return now.proof ? [facts, proofOf(now.proof)] : facts;
    },
  );

const wantedFilter = signal('');
const MOST_IMAGES = 200;
const REPEATS = 3;

/** Why a comparison cannot start, or ''. */
function compareObstacle() {
  if (link.value.state !== 'open') return t('why_disconnected');
  if (state.images.value.count - state.images.value.excluded <= 0) return t('why_no_images');
  if (state.job.value && isLive(state.job.value)) return t('why_job_runs');
  return '';
}

const chosenFilter = () => wantedFilter.value || (compare.value.steps[0]?.filter ?? 'blur');

function begin() {
  const spec = hello.peek()?.filters.find((one) => one.id === chosenFilter()) ?? hello.peek()?.filters[0];
  if (spec) command('/api/compare', { steps: [stepOf(spec)], images: Math.min(MOST_IMAGES, state.images.peek().count), repeats: REPEATS });
}

const anyRuns = computed(() => compare.value.runs.length > 0);

function controls() {
  if (comparing.value) return button('', () => command('/api/compare/cancel'), null, icon('stop'), t('cancel'));
  return [
    h('label', { class: 'hidden', for: 'compare-filter' }, t('filter')),
    h(
      'select',
      {
        id: 'compare-filter',
        class: 'btn',
        onchange: (/** @type {Event} */ event) => {
          wantedFilter.value = /** @type {HTMLSelectElement} */ (event.target).value;
        },
      },
      (hello.value?.filters ?? []).map((spec) =>
        h('option', { value: spec.id, selected: () => spec.id === chosenFilter() }, say(spec.label)),
      ),
    ),
    button(
      anyRuns.value ? '' : 'primary',
      begin,
      { disabled: () => compareObstacle() !== '', title: () => compareObstacle() || null, 'aria-describedby': 'compare-why' },
      icon(anyRuns.value ? 'redo' : 'play'),
      t(anyRuns.value ? 'compare_again' : 'compare_run'),
    ),
  ];
}

function verdictText() {
  const found = comparing.value ? null : verdict(compare.value.runs);
  const crash = compare.value.crash;
  if (!found) return null;
  const speed =
    found.faster === null
      ? t('verdict_same')
      : t(found.faster === 'threads' ? 'verdict_threads' : 'verdict_processes', percent(found.by), found.workers);
  return crash ? `${speed} ${t('verdict_crash', crash.processes.interrupted, crash.threads.interrupted)}` : speed;
}

function dataTable() {
  const { runs, crash } = compare.value;
  const modes = /** @type {Mode[]} */ (['processes', 'threads']);
  const lists = modes.map((mode) => points(runs, mode));
  const most = Math.max(1, ...runs.map((run) => run.workers));
  const at = (/** @type {number} */ workers, /** @type {(point: ReturnType<typeof points>[number]) => string} */ text) =>
    lists.map((list) => {
      const point = list.find((one) => one.workers === workers);
      return point ? text(point) : '–';
    });
  /** @type {[string, string[]][]} */
  const rows = [
    [t('time_with', 1), at(1, (point) => seconds(point.seconds * 1000, 1))],
    [t('time_with', most), at(most, (point) => seconds(point.seconds * 1000, 1))],
    [t('images_per_s'), at(most, (point) => number(point.run.images_per_s, 1))],
    [t('peak_memory'), at(most, (point) => size(point.run.peak_memory_bytes))],
    [t('survives'), [t('yes'), t('no_but_replaced')]],
    [t('crash_interrupts'), modes.map((mode) => (crash ? t('n_images', crash[mode].interrupted) : '–'))],
    [t('images_lost'), modes.map((mode) => (crash ? number(crash[mode].lost) : '–'))],
  ];
  return h(
    'table',
    { class: 'data' },
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        h('td'),
        modes.map((mode) => h('th', { scope: 'col' }, t(mode))),
      ),
    ),
    h(
      'tbody',
      null,
      rows.map(([name, values]) =>
        h(
          'tr',
          null,
          h('th', { scope: 'row' }, name),
          values.map((value) => h('td', null, value)),
        ),
      ),
    ),
  );
}

function chart() {
  const width = signal(0);
  const place = h('div', { class: 'chart-place' });
  const sizes = new ResizeObserver(([entry]) => {
    width.value = Math.round(entry.contentRect.width);
  });
  sizes.observe(place);
  onCleanup(() => sizes.disconnect());
  effect(() => {
    if (width.value > 0) place.replaceChildren(speedupChart(compare.value.runs, width.value));
  });
  return place;
}

function comparison() {
  const line = () => {
    const { images, steps, repeats, runs, state: now } = compare.value;
    if (now === 'none' && !runs.length) return t('compare_text');
    const what = t('compare_what', images, steps.map((step) => filterName(step.filter)).join(' + '), repeats);
    return now === 'failed' ? `${what} ${told(compare.value, 'error')}` : what;
  };
  return h(
    'section',
    { class: 'comparison', 'aria-label': () => t('compare_title') },
    h('h2', null, () => t('compare_title')),
    () => {
      const text = verdictText();
      return text && h('p', { class: 'verdict' }, text);
    },
    h('p', { class: 'muted' }, line),
    () => anyRuns.value && [chart(), dataTable()],
    () =>
      comparing.value && [
        h('p', { class: 'muted' }, `${t('measuring_now')} ${percent(share(compare.value.done, compare.value.total))}`),
        h('progress', { max: compare.value.total, value: compare.value.done, 'aria-label': t('measuring_now') }),
      ],
    h('div', { class: 'actions' }, controls),
    h('p', { id: 'compare-why', class: 'fine', hidden: () => compareObstacle() === '' || comparing.value }, compareObstacle),
  );
}

/** The drawer: beside the page, which stays in use. It takes the focus, and gives it back. */
export function howItWorks() {
  if (!drawer.value) return null;
  return untracked(() => {
    const before = document.activeElement;
    const close = () => {
      drawer.value = false;
    };
    const away = button('ghost small square', close, { 'aria-label': () => t('close') }, icon('close'));
    // Whoever goes on to what lies below it has left it.
    const left = (/** @type {FocusEvent} */ { target }) =>
      requestAnimationFrame(() => {
        const one = /** @type {Element} */ (target);
        const box = one.getBoundingClientRect();
        // Of what is as wide as the page, its beginning has to be seen.
        const middle = box.left + Math.min(box.width, 300) / 2;
        if (!one.closest('.drawer, dialog') && middle > inside.getBoundingClientRect().left) close();
      });
    document.addEventListener('focusin', left);
    onCleanup(() => {
      document.removeEventListener('focusin', left);
      if (inside.contains(document.activeElement) && before instanceof HTMLElement) before.focus();
      if (location.hash === '#/compare') location.hash = `#/${screen.peek()}`;
    });
    queueMicrotask(() => away.focus());
    const inside = h(
      'div',
      { class: 'drawer', role: 'dialog', 'aria-label': () => t('how_it_works') },
      h(
        'div',
        { class: 'head' },
        h('h1', null, () => t('how_it_works')),
        h('span', { class: 'spring' }),
        away,
      ),
      h(
        'div',
        { class: 'drawer-body', tabIndex: 0, role: 'region', 'aria-label': () => t('how_it_works') },
        h('p', null, () => t('help_text')),
        comparison(),
        isolationSection(),
        keysSection(),
      ),
    );
    return inside;
  });
}
