// The Results screen: what is ready, downloads, the table per filter, the gallery.
import { command, download } from './commands.js';
import { variantColour, variantLabel } from './draft.js';
import { button, h, icon } from './element.js';
import { historyButton, runAgain } from './history.js';
import { duration, language, number, percent, seconds, share, size, sizeParts, t } from './i18n.js';
import { go } from './page-state.js';
import { only, pickedCount, resultRows, savedByJob, zipAddress } from './result-rows.js';
import { banners, meanRate } from './run.js';
import { isLive, slotsText } from './shell.js';
import { calm, computed } from './signal.js';
import { hello, state } from './stream.js';

/** The sum of all variants. Pure. @param {VariantCounts[]} variants @returns {VariantCounts} */
export function sumOf(variants) {
  const sum = { ok: 0, failed: 0, skipped: 0, work_ms: 0, decode_ms: 0, read_bytes: 0, written_bytes: 0 };
  for (const variant of variants) for (const key of /** @type {(keyof VariantCounts)[]} */ (Object.keys(sum))) sum[key] += variant[key];
  return sum;
}

/** All outputs together; a photo is read once for all of them. Pure. @param {Progress} progress */
export const total = ({ variants, read_bytes }) => ({ ...sumOf(variants), read_bytes });

/** Worker time per image; null when none was worked on. Pure. @param {VariantCounts} counts */
export const perImage = ({ ok, failed, work_ms }) => (ok > 0 ? work_ms / (ok + failed) : null);

/** Read and written, in one unit if they share it. @param {{ read_bytes: number, written_bytes: number }} counts */
function bytesText({ read_bytes, written_bytes }) {
  const [read, written] = [sizeParts(read_bytes), sizeParts(written_bytes)];
  return `${read[0]}${read[1] === written[1] ? '' : `\u00a0${read[1]}`} → ${written[0]}\u00a0${written[1]}`;
}

/** @param {VariantCounts} counts @param {number} workers */
function cells(counts, workers) {
  const each = perImage(counts);
  const part = counts.read_bytes > 0 ? Math.min(100, (counts.written_bytes / counts.read_bytes) * 100) : 0;
  return [
    h('td', null, number(counts.ok)),
    h('td', { class: counts.failed ? 'negative' : '' }, number(counts.failed)),
    h('td', null, counts.ok + counts.failed > 0 ? duration(counts.work_ms) : '–'),
    h('td', null, each === null ? '–' : seconds(each)),
    h('td', null, number(workers)),
    h(
      'td',
      null,
      counts.read_bytes ? bytesText(counts) : '–',
      h('span', { class: 'part', 'aria-hidden': 'true' }, h('i', { '--part': `${part}%` })),
    ),
  ];
}

/** Reading and decoding, once for all outputs of a photo. @param {Job} job */
function decodingRow(job) {
  const { decode_ms } = sumOf(job.progress.variants);
  // Each photo is decoded for all of its outputs.
  const photos = Math.max(...job.progress.variants.map(({ ok }) => ok));
  return h(
    'tr',
    null,
    h(
      'th',
      { scope: 'row' },
      h('span', { class: 'filter-name' }, h('i', { class: 'mark-decoding', 'aria-hidden': 'true' }), t('decoding')),
    ),
    [number(photos), '–', photos ? duration(decode_ms) : '–', photos ? seconds(decode_ms / photos) : '–', number(job.workers), '–'].map(
      (text) => h('td', null, text),
    ),
  );
}

export function totalsTable() {
  const calmed = calm(() => state.job.value, TABLE_CALM_MS);
  return h(
    'section',
    { class: 'card' },
    h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': () => t('by_filter') }, () => {
      const job = calmed.value;
      if (!job) return null;
      const heads = /** @type {const} */ ([
        'filter',
        'done',
        'failed',
        'process_time',
        'per_image',
        job.mode === 'threads' ? 'threads' : 'processes',
        'read_written',
      ]);
      return h(
        'table',
        null,
        h('caption', { class: 'hidden' }, t('by_filter')),
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            heads.map((key) => h('th', { scope: 'col', title: key === 'process_time' ? t('process_time_help') : null }, t(key))),
          ),
        ),
        h(
          'tbody',
          null,
          decodingRow(job),
          job.variants.map((_, index) =>
            h(
              'tr',
              null,
              h(
                'th',
                { scope: 'row' },
                h(
                  'span',
                  { class: 'filter-name' },
                  h('span', { class: variantColour(index), 'aria-hidden': 'true' }),
                  variantLabel(job.variants, index),
                ),
              ),
              cells(job.progress.variants[index], job.workers),
            ),
          ),
        ),
        job.variants.length > 1 &&
          h('tfoot', null, h('tr', null, h('th', { scope: 'row' }, t('total')), cells(total(job.progress), job.workers))),
      );
    }),
  );
}

/** In a low window nothing stands still: the whole page scrolls. */
const lowWindow = matchMedia('(max-height: 500px)');
/** The table is made again at most this often while a job runs. */
const TABLE_CALM_MS = 400;

function subtitle() {
  const now = state.job.value;
  if (!now) return '';
  const { elapsed_ms, done, failed, skipped } = now.progress;
  const rate = meanRate(now.progress);
  const rest = [
    isLive(now)
      ? t('still_running', percent(share(done, now.outputs)))
      : t('took_with', elapsed_ms > 0 ? duration(elapsed_ms) : '–', slotsText(now.mode, now.workers)),
    rate === null ? '' : t('rate_text', number(rate, 1)),
    failed ? '' : t('none_failed'),
    skipped ? t('n_skipped_outputs', skipped) : '',
  ]
    .filter(Boolean)
    .join(' · ');
  return [now.progress.ok > 0 && [bytesText(now.progress), ' (', savedByJob(now), ') · '], rest];
}

const failedFiles = computed(() => state.job.value?.progress.failed ?? 0);

/** How many files could not be made, and the way to them. */
const failedLink = () =>
  failedFiles.value > 0 && [
    ' · ',
    h(
      'button',
      {
        type: 'button',
        class: 'link negative',
        onclick: () => {
          only.value = 'problems';
        },
      },
      t('n_failed', failedFiles.value),
      h('span', { class: 'hidden' }, ` (${t('show_failures')})`),
    ),
  ];

const reports = () =>
  h(
    'details',
    { class: 'menu' },
    h('summary', { class: 'btn' }, icon('file'), () => t('report')),
    h(
      'div',
      { class: 'menu-items' },
      ['html', 'csv', 'json'].map((kind) =>
        h(
          'a',
          {
            href: () => `/api/jobs/${state.job.value?.id}/report.${kind}?lang=${language.value}`,
            download: '',
            onclick: (/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.target).closest('details')?.removeAttribute('open'),
          },
          kind.toUpperCase(),
        ),
      ),
    ),
  );

const noResults = () =>
  h(
    'div',
    { class: 'nothing' },
    icon('images'),
    h('h1', null, t('no_results')),
    h('p', { class: 'muted' }, t('no_results_text')),
    h(
      'div',
      { class: 'actions' },
      button('primary', () => go('prepare'), null, t('go_prepare')),
      historyButton(),
    ),
  );

export function resultsScreen() {
  const there = computed(() => state.job.value !== null);
  /** @type {HTMLElement} */
  const page = h('div', { class: () => `page${pickedCount.value ? ' picking' : ''}` }, () => {
    if (!there.value) return noResults();
    const written = computed(() => state.job.value?.progress.ok ?? 0);
    const any = computed(() => written.value > 0);
    return h(
      'div',
      { class: 'wrap' },
      banners(),
      h(
        'div',
        { class: 'title' },
        h(
          'div',
          null,
          historyButton(),
          h('h1', null, () => t('ready_of', written.value, number(state.job.value?.outputs ?? 0))),
          h('p', { class: 'muted' }, subtitle, failedLink),
        ),
        h(
          'div',
          { class: 'actions' },
          button(
            'ghost',
            () => runAgain(),
            { disabled: () => !state.settings.value },
            icon('redo', 's'),
            () => t('run_again'),
          ),
          () =>
            hello.value?.local &&
            button(
              '',
              () => command(`/api/jobs/${state.job.peek()?.id}/open`),
              { disabled: () => written.value === 0 },
              icon('folder'),
              t('open_folder'),
            ),
          reports(),
          () =>
            any.value
              ? button(
                  'primary',
                  () => {
                    const now = state.job.peek();
                    if (now) download(zipAddress(now));
                  },
                  { class: 'btn primary zip' },
                  icon('download'),
                  () => `${t('download_zip')} · ${size(state.job.value?.progress.written_bytes ?? 0)}`,
                )
              : h('span', { class: 'muted no-zip' }, t('no_zip')),
        ),
      ),
      h(
        'details',
        { class: 'card totals' },
        h('summary', null, () => t('by_filter')),
        totalsTable(),
      ),
      resultRows(() => (lowWindow.matches ? document.getElementById('app') : page)),
    );
  });
  return page;
}
