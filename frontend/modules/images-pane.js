// Prepare, left: the chosen images, their folder, search, exclusions.
import { button, h, icon } from './element.js';
import { command, read } from './commands.js';
import { openDialog } from './dialog.js';
import { openFolders } from './folder-dialog.js';
import { virtualGrid } from './grid.js';
import { number } from './format.js';
import { chosen, exclude, images, query } from './image-list.js';
import { t } from './i18n.js';
import { signal } from './signal.js';
import { state } from './stream.js';

/** Whether the grid is a strip: below the stage on narrow windows. */
const narrow = signal(false);
const narrowQuery = matchMedia('(max-width: 1180px)');
narrow.value = narrowQuery.matches;
narrowQuery.addEventListener('change', () => { narrow.value = narrowQuery.matches; });

/** @param {number} index @returns {import('./grid.js').Cell | null} */
function cell(index) {
  const item = images.get(index);
  if (!item) return null;
  const words = [item.name, item.excluded && t('excluded'), item.problem && t('unreadable')].filter(Boolean).join(', ');
  return { src: `/api/thumb/${item.id}`, label: words, badge: item.problem ? 'alert' : item.excluded ? 'close' : null, dim: item.excluded };
}

/** @param {number} index @param {KeyboardEvent} event */
function onKey(index, event) {
  if (event.key !== 'Delete') return false;
  const item = images.get(index);
  if (item) exclude(item);
  return true;
}

const openSkipped = () => openDialog(() => t('skipped_title'), '', () => {
  const files = signal(/** @type {{ name: string, reason: string }[]} */ ([]));
  read('/api/images/skipped').then((answer) => { files.value = answer.files; }, () => {});
  return h('ul', { class: 'skipped' }, () => files.value.map((file) => h('li', null, h('b', null, file.name), h('span', { class: 'muted' }, file.reason))));
});

/** Words below the grid: what was left out, and the way back. */
function footer() {
  const { skipped, excluded } = state.images.value;
  if (!skipped && !excluded) return null;
  return h('div', { class: 'foot' },
    excluded > 0 && h('span', null, t('n_excluded', excluded)),
    excluded > 0 && button('ghost small', () => command('/api/images/exclude', { images: null, excluded: false }), null, t('bring_back')),
    skipped > 0 && button('ghost small', openSkipped, null, t('n_skipped', skipped)));
}

export function imagesPane() {
  let typing = 0;
  const search = (/** @type {Event} */ event) => {
    clearTimeout(typing);
    typing = setTimeout(() => { query.value = /** @type {HTMLInputElement} */ (event.target).value.trim(); chosen.value = 0; }, 150);
  };
  const grid = virtualGrid({
    label: () => t('images'), count: () => images.total.value, version: () => [images.version.value, narrow.value], cell, ratio: 1, gap: 6,
    columns: (width) => Math.max(2, Math.round(width / 86)), horizontal: () => narrow.value,
    selected: () => chosen.value, pick: (index) => { chosen.value = index; }, key: onKey,
  });
  return h('section', { class: 'pane images', 'aria-label': () => t('images') },
    h('div', { class: 'pane-head' },
      h('div', { class: 'head' }, h('h2', null, () => t('images')), h('span', { class: 'muted' }, () => number(state.images.value.count))),
      h('button', { type: 'button', class: 'source', onclick: openFolders }, icon('folder'), h('span', { class: 'name' }, () => state.images.value.label), h('strong', null, () => t('change'))),
      h('div', { class: 'search' }, icon('search', 's'), h('input', { type: 'search', class: 'field', value: query.peek(), placeholder: () => t('search'), 'aria-label': () => t('search'), oninput: search }))),
    () => images.loaded.value && images.total.value === 0 && query.value ? h('p', { class: 'none' }, t('no_match')) : null,
    grid.box,
    footer);
}
