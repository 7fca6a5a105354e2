// Results: the written pictures, by filter; the failed ones as a list with reasons.
import { h, icon } from './element.js';
import { colourClass, variantName } from './catalogue.js';
import { read } from './commands.js';
import { failureList, retryAll } from './failures.js';
import { number } from './format.js';
import { virtualGrid } from './grid.js';
import { t } from './i18n.js';
import { openLightbox } from './lightbox.js';
import { Pages } from './pages.js';
import { computed, effect, signal, untracked } from './signal.js';
import { state } from './stream.js';

/** Which outputs are shown: all, those of a variant, or the failed. */
const filter = signal(/** @type {'all' | 'failed' | number} */ ('all'));
const RELOAD_MS = 1500;

/** @param {() => HTMLElement | null} scroller what scrolls the screen */
export function gallery(scroller) {
  const id = computed(() => state.job.value?.id ?? '');
  /** @type {Pages<OutputItem>} */
  const pages = new Pages(async (offset, limit) => {
    const variant = filter.peek();
    const { total, outputs } = await read(`/api/jobs/${id.peek()}/outputs?offset=${offset}&limit=${limit}&status=ok${typeof variant === 'number' ? `&variant=${variant}` : ''}`);
    return { total, items: outputs };
  });
  let loadedAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const count = computed(() => state.job.value?.progress.ok ?? 0);
  // While the job runs the gallery grows, in portions.
  effect(() => {
    const key = `${id.value}/${filter.value}`;
    void count.value;
    clearTimeout(timer);
    if (!id.value || filter.value === 'failed') return;
    const fresh = key !== shownKey;
    shownKey = key;
    timer = setTimeout(() => { loadedAt = performance.now(); untracked(() => pages.reset()); }, fresh ? 0 : Math.max(0, RELOAD_MS - (performance.now() - loadedAt)));
  });
  let chosen = signal(0);
  const grid = virtualGrid({
    label: () => t('results'), count: () => pages.total.value, version: () => pages.version.value, ratio: 2 / 3, gap: 12, scroller,
    columns: (width) => Math.max(3, Math.floor((width + 12) / 174)),
    cell: (index) => { const item = pages.get(index); return item && { src: `/api/output-thumb/${item.output}`, label: `${item.name}, ${variantLabel(item.variant)}`, colour: String(item.variant % 6 + 1) }; },
    selected: () => chosen.value,
    pick: (index, act) => { chosen.value = index; if (act) openLightbox({ count: () => pages.total.peek(), get: (at) => pages.get(at) }, index); },
  });
  const variantLabel = (/** @type {number} */ index) => { const variant = state.job.peek()?.variants[index]; return variant ? variantName(variant) : ''; };
  const chip = (/** @type {'all' | 'failed' | number} */ value, /** @type {import('./element.js').Child[]} */ ...words) => h('button', { type: 'button', class: 'chip', 'aria-pressed': () => String(filter.value === value), onclick: () => { filter.value = value; } }, words);
  const variants = computed(() => state.job.value?.variants.map((variant) => variant.name).join('/') ?? '');
  return h('section', { class: 'card', 'aria-label': () => t('results') },
    h('div', { class: 'head wraps' }, h('h2', null, () => t('results')), h('span', { class: 'spring' }), () => filter.value === 'failed' && retryAll(),
      h('div', { class: 'chips', role: 'group', 'aria-label': () => t('filter') }, () => {
        void variants.value;
        return [chip('all', t('all_filters')), (state.job.peek()?.variants ?? []).map((variant, index) => chip(index, h('span', { class: colourClass(index), 'aria-hidden': 'true' }), variantName(variant))),
          chip('failed', icon('alert', 's'), () => `${t('failed')} · ${number(state.job.value?.progress.failed ?? 0)}`)];
      })),
    () => (filter.value === 'failed' ? failureList(false) : [count.value === 0 && h('p', { class: 'none' }, t('no_results_yet'))]),
    h('div', { class: 'gallery', hidden: () => filter.value === 'failed' }, grid.box));
}

let shownKey = '';
