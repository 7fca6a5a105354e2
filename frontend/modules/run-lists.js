// What just finished, as thumbnails; what failed, one sentence each with a retry.
import { command } from './commands.js';
import { variantColour, variantLabel } from './draft.js';
import { button, h, icon, keyed, middle } from './element.js';
import { size, t } from './i18n.js';
import { openLightbox } from './lightbox.js';
import { failureText, noticeText } from './messages.js';
import { go } from './page-state.js';
import { showIn } from './pictures.js';
import { calm, computed, effect, signal } from './signal.js';
import { state } from './stream.js';
import { unfolded } from './timeline.js';

/** With the lanes below them, one row. */
const SHOWN = 10,
  SHOWN_ABOVE_LANES = 5;
/** Pictures are renewed at most this often, and not before they have come: faster, the workers make them for nobody. */
const THUMBS_MS = 1500,
  PATIENCE_MS = 6000;

export function recentCard() {
  const isEmpty = signal(true);
  const list = h('div', { class: 'recent', hidden: () => isEmpty.value });
  const haveCome = () => [...list.querySelectorAll('img')].every((image) => image.complete);
  // None while somebody is about to choose one.
  const isUsed = () => list.matches(':hover, :focus-within');
  const shown = calm(
    () => state.recent.value.slice(0, unfolded.value ? SHOWN_ABOVE_LANES : SHOWN),
    THUMBS_MS,
    (since) => !isUsed() && (since > PATIENCE_MS || haveCome()),
  );
  effect(() => {
    isEmpty.value = !shown.value?.length;
  });
  // The places stay, and with them what has the focus; what is in them changes.
  list.append(...Array.from({ length: SHOWN }, (_, place) => recentCell(computed(() => shown.value?.[place] ?? null))));
  return h(
    'section',
    { class: 'card', 'aria-label': () => t('recent') },
    h(
      'div',
      { class: 'head' },
      h('h2', null, () => t('recent')),
      h('span', { class: 'spring' }),
      button(
        'ghost small',
        () => go('results'),
        null,
        () => t('see_all'),
        icon('right', 's'),
      ),
    ),
    () => isEmpty.value && h('p', { class: 'none' }, t('none_yet')),
    list,
  );
}

/** @param {{ readonly value: Recent | null, peek(): Recent | null }} one */
function recentCell(one) {
  const picture = h('img', { alt: '', decoding: 'async' });
  // One that cannot be had (the program is gone) is a sign, not a broken frame.
  picture.onerror = () => {
    picture.hidden = true;
    picture.after(icon('alert'));
  };
  effect(() => {
    const now = one.value;
    picture.nextSibling?.remove();
    picture.hidden = false;
    if (now) showIn(picture, `/api/output-thumb/${now.output}`);
  });
  return h(
    'button',
    {
      type: 'button',
      class: 'recent-cell',
      hidden: () => !one.value,
      onclick: () => {
        const now = one.peek();
        if (now) openLightbox({ count: () => 1, get: () => [now] }, 0, now.variant);
      },
    },
    h('span', { class: 'recent-picture' }, picture),
    h(
      'span',
      { class: 'recent-name' },
      h('span', { class: () => (one.value ? variantColour(one.value.variant) : ''), 'aria-hidden': 'true' }),
      h('span', { class: 'name split' }, () => middle(one.value?.name ?? '')),
    ),
    h('span', { class: 'recent-name' }, () => size(one.value?.bytes ?? 0)),
  );
}

const PORTION = 20;

/** @param {string[]} outputs */
export const retry = (outputs) => {
  const job = state.job.peek();
  if (job) command(`/api/jobs/${job.id}/retry`, { outputs });
};

/** Failures of a photo for the same reason. @typedef {{ image: string, name: string, kind: string, message: string, message_es?: string | null, detail?: string | null, reproduce?: string | null, outputs: { output: string, variant: number, attempt: number }[] }} Problem */

/** What fails again for certain, whatever is tried. */
export const HOPELESS = ['not-an-image', 'unsupported'];

/** Failures by photo and reason, in their order: a broken file is one problem, however many outputs it costs. Pure. @param {Failure[]} failures @returns {Problem[]} */
export function problemsOf(failures) {
  /** @type {Map<string, Problem>} */
  const found = new Map();
  for (const { image, name, kind, message, message_es, detail, reproduce, output, variant, attempt } of failures) {
    const key = `${image}/${kind}/${message}`;
    const known = found.get(key) ?? { image, name, kind, message, message_es, detail, reproduce, outputs: [] };
    known.outputs.push({ output, variant, attempt });
    found.set(key, known);
  }
  return [...found.values()];
}

/** @param {Problem} problem */
function failureRow(problem) {
  const variants = state.job.peek()?.variants ?? [];
  const all = problem.outputs.length === variants.length && variants.length > 1;
  const names = problem.outputs.flatMap(({ variant }) => variantLabel(variants, variant) || []);
  return h(
    'li',
    null,
    icon('alert'),
    h(
      'div',
      null,
      h(
        'p',
        { class: 'failure-name' },
        h('b', null, problem.name),
        h('span', { class: 'muted' }, () => ` · ${all ? t('all_its_files', problem.outputs.length) : names.join(', ')}`),
      ),
      h('p', null, () => failureText(problem)),
      (problem.detail || problem.reproduce) &&
        h(
          'details',
          null,
          h('summary', null, () => t('details')),
          problem.detail && h('pre', { tabIndex: 0 }, problem.detail),
          problem.reproduce && h('p', { class: 'muted' }, () => t('reproduce')),
          problem.reproduce && h('pre', { tabIndex: 0 }, problem.reproduce),
        ),
    ),
    !HOPELESS.includes(problem.kind) &&
      button(
        'ghost small',
        () => retry(problem.outputs.map((one) => one.output)),
        { 'aria-label': () => `${t('retry')}: ${problem.name}` },
        () => t('retry'),
      ),
  );
}

/** @param {Notice} notice */
const noticeRow = (notice) =>
  h(
    'li',
    { class: notice.level === 'info' ? 'good' : '' },
    icon(notice.level === 'info' ? 'redo' : 'alert'),
    h(
      'div',
      null,
      h('p', { class: 'said' }, () => noticeText(notice)),
    ),
  );

export function failureList() {
  const most = signal(PORTION);
  const isMore = computed(() => problems.value.length > most.value);
  const rows = computed(() => [
    ...state.notices.value
      .filter(
        (notice) =>
          notice.code !== 'worker_replaced' ||
          !state.notices.value.some((other) => other.code === 'task_redone' && other.args.worker === notice.args.worker),
      )
      .slice(0, 5),
    ...problems.value.slice(0, most.value),
  ]);
  return [
    () => rows.value.length === 0 && h('p', { class: 'none' }, t('no_failures')),
    keyed(
      h('ul', { class: 'failures' }),
      () => rows.value,
      (one) => ('outputs' in one ? JSON.stringify([one.kind, one.outputs]) : one.id),
      (one) => ('outputs' in one ? failureRow(one) : noticeRow(one)),
    ),
    () =>
      (isMore.value || !areAllKept.value) &&
      h(
        'div',
        { class: 'more' },
        isMore.value
          ? button(
              'ghost small',
              () => {
                most.value += 100;
              },
              null,
              () => t('show_more', problems.value.length - most.value),
            )
          : button('ghost small', () => go('results'), null, t('see_all'), icon('right', 's')),
      ),
  ];
}

/** What went wrong, by photo. */
const problems = computed(() => problemsOf(state.failures.value));
/** How many outputs failed: changes only then, so that what is made from it is not made again while it is clicked. */
export const failedCount = computed(() => state.job.value?.progress.failed ?? 0);

/** Of more failures than this only the newest are kept. */
const KEPT = 1000;
const areAllKept = computed(() => failedCount.value < KEPT || state.failures.value.length >= failedCount.value);
/** How many photos have a problem; 0 where that is not known, as not all failures are kept. */
export const problemCount = computed(() => (areAllKept.value ? new Set(problems.value.map((one) => one.image)).size : 0));

/** Outputs that another try may make. */
const retryable = computed(() => problems.value.filter(({ kind }) => !HOPELESS.includes(kind)));
/** Of how many photos. */
const retryCount = computed(() => new Set(retryable.value.map(({ image }) => image)).size);

export const retryAll = () => () =>
  retryCount.value > 0 &&
  button(
    'ghost small',
    () => retry(retryable.peek().flatMap(({ outputs }) => outputs.map(({ output }) => output))),
    null,
    icon('redo', 's'),
    t('retry_all', retryCount.value),
  );

export const failuresCard = () =>
  h(
    'section',
    { class: 'card', id: 'failures', 'aria-label': () => t('failures_and_notices') },
    h(
      'div',
      { class: 'head' },
      h('h2', null, () => t('failures_and_notices')),
      h('span', { class: 'muted' }, () => (problemCount.value ? t('n_photos', problemCount.value) : '')),
      h('span', { class: 'spring' }),
      retryAll(),
    ),
    failureList(),
  );
