// The Results screen: what is ready, downloads, the table, the gallery.
import { button, h, icon } from './element.js';
import { banners } from './banners.js';
import { command, download } from './commands.js';
import { duration, number, percent, share, size } from './format.js';
import { gallery } from './gallery.js';
import { language, t } from './i18n.js';
import { go } from './router.js';
import { isLive, slotsText } from './shell.js';
import { computed } from './signal.js';
import { hello, state } from './stream.js';
import { totalsTable } from './totals-table.js';

const job = state.job;

function subtitle() {
  const now = job.value;
  if (!now) return '';
  const { elapsed_ms, done, failed, skipped } = now.progress;
  const rate = elapsed_ms > 0 ? done / elapsed_ms * 1000 : 0;
  return [
    isLive(now) ? t('still_running', percent(share(done, now.outputs))) : t('took_with', duration(elapsed_ms), slotsText(now.mode, now.workers)),
    t('rate_text', rate > 0 ? number(rate, 1) : '–'), failed ? t('n_failed', failed) : t('none_failed'), skipped ? t('n_skipped_outputs', skipped) : '',
  ].filter(Boolean).join(' · ');
}

const reports = () => h('details', { class: 'menu' }, h('summary', { class: 'btn' }, icon('file'), () => t('report')),
  h('div', { class: 'menu-items' }, ['html', 'csv', 'json'].map((kind) => h('a', { href: () => `/api/jobs/${job.value?.id}/report.${kind}?lang=${language.value}`, download: '', onclick: (/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.target).closest('details')?.removeAttribute('open') }, kind.toUpperCase()))));

const nothing = () => h('div', { class: 'nothing' }, icon('images'), h('h1', null, t('no_results')), h('p', { class: 'muted' }, t('no_results_text')), button('primary', () => go('prepare'), null, t('go_prepare')));

export function resultsScreen() {
  const there = computed(() => job.value !== null);
  /** @type {HTMLElement} */
  const page = h('div', { class: 'page' }, () => {
    if (!there.value) return nothing();
    const written = computed(() => job.value?.progress.ok ?? 0);
    return h('div', { class: 'wrap' }, banners(),
      h('div', { class: 'title' },
        h('div', null, h('h1', null, () => t('ready_of', written.value, number(job.value?.outputs ?? 0))), h('p', { class: 'muted' }, subtitle)),
        h('div', { class: 'actions' },
          () => hello.value?.local && button('', () => command(`/api/jobs/${job.peek()?.id}/open`), { disabled: () => written.value === 0 }, icon('folder'), t('open_folder')),
          reports(),
          () => (written.value > 0 ? button('primary', () => download(`/api/jobs/${job.peek()?.id}/zip`), { class: 'btn primary zip' }, icon('download'), () => `${t('download_zip')} · ${size(job.value?.progress.written_bytes ?? 0)}`) : h('span', { class: 'muted no-zip' }, t('no_zip'))))),
      totalsTable(),
      gallery(() => page));
  });
  return page;
}
