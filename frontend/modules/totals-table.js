// Results: one row per filter and their sum. Per image is worker time over images; without an image it is "–".
import { h } from './element.js';
import { colourClass, variantName } from './catalogue.js';
import { duration, number, seconds, sizeParts } from './format.js';
import { t } from './i18n.js';
import { state } from './stream.js';

/** The sum of all variants. Pure. @param {VariantCounts[]} variants @returns {VariantCounts} */
export function sumOf(variants) {
  const sum = { ok: 0, failed: 0, skipped: 0, work_ms: 0, read_bytes: 0, written_bytes: 0 };
  for (const variant of variants) for (const key of /** @type {(keyof VariantCounts)[]} */ (Object.keys(sum))) sum[key] += variant[key];
  return sum;
}

/** Worker time per image; null when none was worked on. Pure. @param {VariantCounts} counts */
export const perImage = ({ ok, failed, work_ms }) => (ok > 0 ? work_ms / (ok + failed) : null);

/** Read and written, in one unit if they share it. @param {VariantCounts} counts */
function bytesText({ read_bytes, written_bytes }) {
  const [read, written] = [sizeParts(read_bytes), sizeParts(written_bytes)];
  return `${read[0]}${read[1] === written[1] ? '' : `\u00a0${read[1]}`} → ${written[0]}\u00a0${written[1]}`;
}

/** @param {VariantCounts} counts @param {number} workers */
function cells(counts, workers) {
  const each = perImage(counts);
  const part = counts.read_bytes > 0 ? Math.min(100, counts.written_bytes / counts.read_bytes * 100) : 0;
  return [
    h('td', null, number(counts.ok)), h('td', { class: counts.failed ? 'negative' : '' }, number(counts.failed)),
    h('td', null, counts.ok + counts.failed > 0 ? duration(counts.work_ms) : '–'), h('td', null, each === null ? '–' : seconds(each)), h('td', null, number(workers)),
    h('td', null, counts.read_bytes ? bytesText(counts) : '–', h('span', { class: 'part', 'aria-hidden': 'true' }, h('i', { '--part': `${part}%` }))),
  ];
}

export const totalsTable = () => h('section', { class: 'card', 'aria-label': () => t('by_filter') },
  h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': () => t('by_filter') }, () => {
    const job = state.job.value;
    if (!job) return null;
    const heads = /** @type {const} */ (['filter', 'done', 'failed', 'process_time', 'per_image', job.mode === 'threads' ? 'threads' : 'processes', 'read_written']);
    return h('table', null, h('caption', { class: 'hidden' }, t('by_filter')),
      h('thead', null, h('tr', null, heads.map((key) => h('th', { scope: 'col', title: key === 'process_time' ? t('process_time_help') : null }, t(key))))),
      h('tbody', null, job.variants.map((variant, index) => h('tr', null, h('th', { scope: 'row' }, h('span', { class: 'filter-name' }, h('span', { class: colourClass(index), 'aria-hidden': 'true' }), variantName(variant))), cells(job.progress.variants[index], job.workers)))),
      job.variants.length > 1 && h('tfoot', null, h('tr', null, h('th', { scope: 'row' }, t('total')), cells(sumOf(job.progress.variants), job.workers))));
  }));
