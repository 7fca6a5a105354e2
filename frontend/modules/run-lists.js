// What just finished, as thumbnails; what failed, one sentence each with a retry.
import { command } from './commands.js';
import { colourClass, variantName } from './draft.js';
import { button, h, icon, keyed } from './element.js';
import { number, t } from './i18n.js';
import { openLightbox } from './lightbox.js';
import { failureText, noticeText } from './messages.js';
import { go } from './page-state.js';
import { calm, computed, signal } from './signal.js';
import { state } from './stream.js';

const SHOWN = 10;
/** Thumbnails are renewed at most this often, and not before they have come: faster, the workers make them for nobody. */
const THUMBS_MS = 1500,
  PATIENCE_MS = 6000;

export function recentCard() {
  const list = h('div', { class: 'recent' });
  const haveCome = () => [...list.querySelectorAll('img')].every((image) => image.complete);
  const shown = calm(() => state.recent.value.slice(0, SHOWN), THUMBS_MS, haveCome, PATIENCE_MS);
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
    () => state.recent.value.length === 0 && h('p', { class: 'none' }, t('none_yet')),
    keyed(
      list,
      () => shown.value,
      (one) => one.output,
      (one) =>
        h(
          'button',
          { type: 'button', class: 'recent-cell', 'aria-label': one.name, onclick: () => openLightbox([one], 0) },
          h('span', { class: 'recent-picture' }, h('img', { src: `/api/output-thumb/${one.output}`, alt: '', decoding: 'async' })),
          h(
            'span',
            { class: 'recent-name' },
            h('span', { class: colourClass(one.variant), 'aria-hidden': 'true' }),
            h('span', { class: 'name' }, one.name),
          ),
        ),
    ),
  );
}

const PORTION = 20;

/** @param {string[] | null} outputs null: all */
const retry = (outputs) => {
  const job = state.job.peek();
  if (job) command(`/api/jobs/${job.id}/retry`, { outputs });
};

/** @param {Failure} failure */
function failureRow(failure) {
  const variant = state.job.peek()?.variants[failure.variant];
  return h(
    'li',
    null,
    icon('alert'),
    h(
      'div',
      null,
      h('p', { class: 'failure-name' }, h('b', null, failure.name), variant && h('span', { class: 'muted' }, ` · ${variantName(variant)}`)),
      h('p', null, () => failureText(failure)),
      (failure.detail || failure.reproduce) &&
        h(
          'details',
          null,
          h('summary', null, () => t('details')),
          failure.detail && h('pre', { tabIndex: 0 }, failure.detail),
          failure.reproduce && h('p', { class: 'muted' }, () => t('reproduce')),
          failure.reproduce && h('pre', { tabIndex: 0 }, failure.reproduce),
        ),
    ),
    button(
      'ghost small',
      () => retry([failure.output]),
      { 'aria-label': () => `${t('retry')}: ${failure.name}` },
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

/** @param {boolean} withNotices */
export function failureList(withNotices) {
  const most = signal(PORTION);
  const rows = computed(() => [
    ...(withNotices
      ? state.notices.value
          .filter(
            (notice) =>
              notice.code !== 'worker_replaced' ||
              !state.notices.value.some((other) => other.code === 'task_redone' && other.args.worker === notice.args.worker),
          )
          .slice(0, 5)
      : []),
    ...state.failures.value.slice(0, most.value),
  ]);
  return [
    () => rows.value.length === 0 && h('p', { class: 'none' }, t('no_failures')),
    keyed(
      h('ul', { class: 'failures' }),
      () => rows.value,
      (one) => ('output' in one ? `${one.output}/${one.attempt}` : one.id),
      (one) => ('output' in one ? failureRow(one) : noticeRow(one)),
    ),
    () =>
      state.failures.value.length > most.value &&
      h(
        'div',
        { class: 'more' },
        button(
          'ghost small',
          () => {
            most.value += 100;
          },
          null,
          t('show_more', state.failures.value.length - most.value),
        ),
      ),
  ];
}

/** How many outputs failed: changes only then, so that what is made from it is not made again while it is clicked. */
export const failedCount = computed(() => state.job.value?.progress.failed ?? 0);

export const retryAll = () => () => {
  const failed = failedCount.value;
  return failed > 0 && button('ghost small', () => retry(null), null, icon('redo', 's'), t('retry_all', failed));
};

export const failuresCard = () =>
  h(
    'section',
    { class: 'card', id: 'failures', 'aria-label': () => t('failures_and_notices') },
    h(
      'div',
      { class: 'head' },
      h('h2', null, () => t('failures_and_notices')),
      h('span', { class: 'muted' }, () => (failedCount.value ? number(failedCount.value) : '')),
      h('span', { class: 'spring' }),
      retryAll(),
    ),
    failureList(true),
  );
