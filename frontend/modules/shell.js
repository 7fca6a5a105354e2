// The top bar: mark, job, tabs, connection, language, theme, help.
import { button, h, icon, svg } from './element.js';
import { labelOr, language, otherLanguage, percent, setLanguage, share, t } from './i18n.js';
import { drawer, screen, theme } from './page-state.js';
import { computed } from './signal.js';
import { link, ready, state } from './stream.js';

/** @type {[import('./page-state.js').Screen, Parameters<typeof icon>[0]][]} */
const TABS = [
  ['prepare', 'sliders'],
  ['run', 'activity'],
  ['results', 'images'],
];

const LIVE = ['starting', 'running', 'paused', 'cancelling'];
/** Whether a job is under way. @param {Job | null} job */
export const isLive = (job) => job !== null && LIVE.includes(job.state);

/** Whole per cent of the running job; null when none runs. */
export const runningShare = computed(() => {
  const job = state.job.value;
  return job && isLive(job) ? share(job.progress.done, job.outputs) : null;
});

/** @param {Mode} mode @param {number} count */
export const slotsText = (mode, count) => t(mode === 'threads' ? 'n_threads' : 'n_processes', count);

/** Name of the running job, else of the chosen images. */
const jobLabel = () => {
  if (state.job.value && isLive(state.job.value)) return labelOr(state.job.value.name);
  return state.images.value.count ? labelOr(state.images.value.label) : '';
};

function connection() {
  const now = link.value.state;
  if (now === 'open' && ready.value) {
    const job = state.job.value;
    return job && isLive(job) ? `${t('connected')} · ${slotsText(job.mode, job.workers)}` : t('connected');
  }
  return t(now === 'closed' || ready.value ? 'disconnected' : 'connecting');
}

const mark = () =>
  svg(
    'svg',
    { class: 'mark', viewBox: '0 0 32 32', 'aria-hidden': 'true' },
    svg('rect', { width: 32, height: 32, rx: 8 }),
    svg('path', { d: 'M8 10h11M8 16h16M8 22h7' }),
  );

export function topBar() {
  return h(
    'header',
    { class: 'top' },
    h('div', { class: 'brand' }, mark(), h('span', null, 'Lote'), h('span', { class: 'job', hidden: () => !jobLabel() }, jobLabel)),
    h(
      'nav',
      { class: 'tabs', 'aria-label': () => t('sections') },
      TABS.map(([name, sign]) =>
        h(
          'a',
          { href: `#/${name}`, 'aria-current': () => (screen.value === name ? 'page' : null) },
          icon(sign),
          () => t(name),
          name === 'run' && h('span', { class: 'pill', hidden: () => runningShare.value === null }, () => percent(runningShare.value ?? 0)),
        ),
      ),
    ),
    h(
      'div',
      { class: 'tools' },
      h(
        'span',
        { class: 'connection' },
        h('span', {
          class: () => `dot ${link.value.state === 'open' ? '' : ready.value || link.value.state === 'closed' ? 'off' : 'idle'}`,
          'aria-hidden': 'true',
        }),
        h('span', { class: 'words' }, connection),
      ),
      button(
        'ghost small',
        () => setLanguage(otherLanguage(language.value)),
        { lang: () => otherLanguage(language.value), 'aria-label': () => (language.value === 'es' ? 'EN, English' : 'ES, Español') },
        () => otherLanguage(language.value).toUpperCase(),
      ),
      button(
        'ghost small square',
        () => {
          theme.value = theme.value === 'dark' ? 'light' : 'dark';
        },
        { 'aria-label': () => t('theme'), title: () => t('theme') },
        () => icon(theme.value === 'dark' ? 'sun' : 'moon'),
      ),
      button(
        'ghost small square',
        () => {
          drawer.value = !drawer.peek();
        },
        { 'aria-label': () => t('how_it_works'), title: () => t('how_it_works'), 'aria-expanded': () => String(drawer.value) },
        icon('help'),
      ),
    ),
  );
}
