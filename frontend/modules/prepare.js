// The Prepare screen: the chosen images at the left, the photo before and after in the centre, filters and output at the right.
import { emptyScreen, openFolders } from './choose-images.js';
import { command, read } from './commands.js';
import { cropTool, pointOn } from './crop.js';
import { SCALES, curtain, layoutChoice, zoomedTo } from './curtain.js';
import { detail, lookAt } from './detail.js';
import { fileName, placing, shownFile, shownOutput } from './draft.js';
import { button, h, icon, middle } from './element.js';
import { virtualGrid } from './grid.js';
import { histogram } from './histogram.js';
import { dimensions, duration, labelOr, number, percent, size, t, told } from './i18n.js';
import { ORDERS, choose, chosen, exclude, image, images, query, selection, sorting, takenOut, tick } from './image-list.js';
import { logoTool } from './logo.js';
import { failureText } from './messages.js';
import { outputsPane } from './output-cards.js';
import { openDialog } from './overlays.js';
import { letters, recall, remember } from './page-state.js';
import { after, before, busy, problem, stageSize } from './preview.js';
import { whileSpace } from './shortcuts.js';
import { computed, effect, onCleanup, signal, untracked } from './signal.js';
import { state } from './stream.js';
import { undo } from './undo.js';

/** Whether the grid is a strip: below the stage on narrow windows. */
const narrow = signal(false);
const narrowQuery = matchMedia('(max-width: 1180px), (max-height: 500px)');
narrow.value = narrowQuery.matches;
narrowQuery.addEventListener('change', () => {
  narrow.value = narrowQuery.matches;
});

/** @param {number} index @returns {import('./grid.js').Cell | null} */
function cell(index) {
  const item = images.get(index);
  if (!item) return null;
  const words = [item.name, item.excluded && t('excluded'), item.problem && `${t('unreadable')}: ${failureText(item.problem)}`];
  return {
    src: item.problem ? null : `/api/thumb/${item.id}`,
    label: words.filter(Boolean).join(', '),
    name: item.name,
    facts: [dimensions(item.width_px, item.height_px), size(item.bytes)].filter(Boolean).join(' · '),
    badge: item.problem ? 'alert' : item.excluded ? 'close' : null,
    dim: item.excluded,
    picked: selection.value.has(item.id),
  };
}

/** @param {number} index @param {KeyboardEvent} event */
function onKey(index, event) {
  if (event.key !== 'Delete' && !(event.key.toLowerCase() === 'x' && letters.peek() && !event.ctrlKey && !event.metaKey)) return false;
  const item = images.get(index);
  if (selection.peek().size) exclude([...selection.peek()], true);
  else if (item) exclude([item.id], !item.excluded);
  return true;
}

const openSkipped = () =>
  openDialog(
    () => t('skipped_title'),
    '',
    () => {
      const files = signal(/** @type {{ name: string, reason: string }[]} */ ([]));
      read('/api/images/skipped').then(
        (answer) => {
          files.value = answer.files;
        },
        () => {},
      );
      return h('ul', { class: 'skipped' }, () =>
        files.value.map((file) => h('li', null, h('b', null, file.name), h('span', { class: 'muted' }, told(file, 'reason')))),
      );
    },
  );

/** Words below the grid: what was left out, and the way back. */
function footer() {
  const { skipped, excluded } = state.images.value;
  const selected = selection.value.size;
  if (selected)
    return h(
      'div',
      { class: 'foot selected' },
      h('span', { role: 'status' }, t('n_selected', selected)),
      button('ghost small', () => exclude([...selection.peek()], true), null, t('take_out')),
      button(
        'ghost small square',
        () => {
          selection.value = new Set();
        },
        { 'aria-label': t('select_none') },
        icon('close', 's'),
      ),
    );
  if (!skipped && !excluded) return null;
  return h(
    'div',
    { class: 'foot' },
    excluded > 0 && h('span', null, t('n_taken_out', excluded)),
    takenOut.value.length > 0 && button('ghost small', undo, null, t('undo')),
    excluded > 0 && button('ghost small', () => command('/api/images/exclude', { images: null, excluded: false }), null, t('bring_back')),
    skipped > 0 && button('ghost small', openSkipped, null, t('n_skipped', skipped)),
  );
}

const listed = signal(recall('list') === true);
const LISTED_PX = 44;

export function imagesPane() {
  let typing = 0;
  const search = (/** @type {Event} */ event) => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      query.value = /** @type {HTMLInputElement} */ (event.target).value.trim();
      chosen.value = 0;
    }, 150);
  };
  const grid = virtualGrid({
    label: () => t('images'),
    count: () => images.total.value,
    version: () => [images.version.value, narrow.value, selection.value, listed.value],
    cell,
    ratio: 0.75,
    gap: 8,
    caption: 22,
    columns: (width) => Math.max(2, Math.round(width / 116)),
    horizontal: () => narrow.value,
    row: () => (listed.value ? LISTED_PX : 0),
    selected: () => chosen.value,
    pick: choose,
    tick,
    key: onKey,
  });
  return h(
    'section',
    { class: 'pane images', 'aria-label': () => t('images') },
    h(
      'div',
      { class: 'pane-head' },
      h(
        'div',
        { class: 'head' },
        h('h2', null, () => t('images')),
        h('span', { class: 'muted' }, () => number(state.images.value.count)),
        h('span', { class: 'spring' }),
        button(
          'ghost small square list-toggle',
          () => {
            listed.value = !listed.peek();
            remember('list', listed.peek());
          },
          { 'aria-label': () => t('as_list'), title: () => t('as_list'), 'aria-pressed': () => String(listed.value) },
          icon('table', 's'),
        ),
      ),
      h(
        'button',
        { type: 'button', class: 'source', onclick: openFolders },
        icon('folder'),
        h('span', { class: 'name' }, () => labelOr(state.images.value.label)),
        h('strong', null, () => t('change')),
      ),
      h(
        'div',
        { class: 'search' },
        icon('search', 's'),
        h('input', {
          type: 'search',
          class: 'field',
          value: query.peek(),
          placeholder: () => t('search'),
          'aria-label': () => t('search'),
          oninput: search,
        }),
        h(
          'select',
          {
            class: 'btn small',
            'aria-label': () => t('sort'),
            onchange: (/** @type {Event} */ event) => {
              sorting.value = ORDERS[/** @type {HTMLSelectElement} */ (event.target).selectedIndex];
              remember('order', sorting.peek());
              chosen.value = 0;
            },
          },
          ORDERS.map((one) => h('option', { selected: () => sorting.value === one }, () => t(`order_${one}`))),
        ),
      ),
    ),
    () => (images.loaded.value && images.total.value === 0 && query.value ? h('p', { class: 'none' }, t('no_match')) : null),
    grid,
    footer,
  );
}

const side = signal(false);
export const scale = signal(0);
const shownHistogram = signal(recall('histogram') === true);
const shownDetail = signal(recall('detail') === true);
const MOST_PX = 2400;

/** @param {'in' | 'out' | 'fit' | 'toggle'} to */
export function zoom(to) {
  scale.value = zoomedTo(scale.peek(), to);
}

const afterLabel = () => [shownOutput.value?.name ?? t('original'), fileName(shownFile.value)].filter(Boolean).join(' · ');
const hasAfter = () => (shownOutput.value?.steps.length ?? 0) > 0 || shownFile.value !== null;

function stageFacts() {
  const [first, second] = [before.value, after.value];
  const item = image.value;
  if (!item || problem.value) return null;
  const result = second ?? first;
  const bytes = second?.output_bytes;
  const [width, height] = [item.width_px ?? first?.width_px, item.height_px ?? first?.height_px];
  const changed = second && (second.width_px !== width || second.height_px !== height);
  return [
    h('span', null, bytes ? `${size(item.bytes)} → ${size(bytes)}` : size(item.bytes)),
    changed && h('span', null, `→ ${dimensions(second.width_px, second.height_px)}`),
    result &&
      result.total_ms > 0 &&
      hasAfter() &&
      h('span', null, t('preview_took', result.total_ms < 1000 ? `${Math.round(result.total_ms)}\u00a0ms` : duration(result.total_ms))),
  ];
}

/** A button that has something shown below the photo, which is remembered. @param {'detail' | 'histogram'} name @param {Parameters<typeof icon>[0]} sign @param {import('./signal.js').Signal<boolean>} shown */
const toggle = (name, sign, shown) =>
  button(
    'ghost small square optional',
    () => {
      shown.value = !shown.peek();
      remember(name, shown.peek());
    },
    { 'aria-label': () => t(name), title: () => t(name), 'aria-pressed': () => String(shown.value) },
    icon(sign, 's'),
  );

export function stage() {
  const view = curtain({
    before: () => before.value?.url ?? null,
    after: () => after.value?.url ?? null,
    afterLabel,
    ratio: () => {
      const now = before.value;
      return now?.height_px ? now.width_px / now.height_px : 1.5;
    },
    side: () => side.value && hasAfter(),
    full: () => {
      const now = before.value;
      return scale.value && now ? { width_px: now.width_px * scale.value, height_px: now.height_px * scale.value } : null;
    },
    zoom,
    look: lookAt,
    point: () => pointOn(shownOutput.value, image.value),
    busy: () => busy.value,
  });
  const area = h(
    'div',
    { class: 'stage-area' },
    view.root,
    () =>
      problem.value &&
      h(
        'div',
        { class: before.value ? 'stage-problem below' : 'stage-problem' },
        icon('alert'),
        h('p', null, problem.value.kind ? failureText(problem.value) : t('no_answer')),
      ),
  );
  // The preview is made for the size of the stage, in steps so that dragging a window edge does not render each pixel.
  const sizes = new ResizeObserver(([entry]) => {
    const step = (/** @type {number} */ px) => Math.min(MOST_PX, Math.max(320, Math.ceil((px * devicePixelRatio) / 160) * 160));
    fitSize.value = `${step(entry.contentRect.width)}x${step(entry.contentRect.height)}`;
  });
  const fitSize = signal('1440x960');
  effect(() => {
    const [width_px, height_px] = fitSize.value.split('x').map(Number);
    stageSize.value = scale.value ? null : { width_px, height_px };
  });
  sizes.observe(area);
  onCleanup(() => sizes.disconnect());
  onCleanup(whileSpace(view.showOriginal));
  return h(
    'section',
    { class: 'stage', 'aria-label': () => t('view') },
    h(
      'div',
      { class: 'stage-head' },
      h('h2', { class: 'file-name split', 'aria-label': () => image.value?.name ?? '…' }, () => middle(image.value?.name ?? '…')),
      h('span', { class: 'muted optional' }, () =>
        dimensions(image.value?.width_px ?? before.value?.width_px ?? null, image.value?.height_px ?? before.value?.height_px ?? null),
      ),
      h('span', { class: 'spring' }),
      button(
        'ghost small take-out',
        () => {
          const item = image.peek();
          if (item) exclude([item.id], !item.excluded);
        },
        { disabled: () => !image.value },
        () => icon(image.value?.excluded ? 'plus' : 'close', 's'),
        h('span', null, () => t(image.value?.excluded ? 'put_back' : 'take_out')),
      ),
      h('div', { class: 'optional' }, layoutChoice(side)),
      h(
        'div',
        { class: 'zoom', role: 'group', 'aria-label': () => t('scale') },
        button(
          'ghost small square',
          () => zoom('out'),
          { 'aria-label': () => t('zoom_out'), disabled: () => scale.value === 0 },
          icon('minus', 's'),
        ),
        h(
          'select',
          {
            class: 'btn small',
            'aria-label': () => t('scale'),
            onchange: (/** @type {Event} */ event) => {
              scale.value = Number(/** @type {HTMLSelectElement} */ (event.target).value);
            },
          },
          SCALES.map((one) =>
            h('option', { value: one, selected: () => scale.value === one }, () => (one ? percent(one * 100) : t('fit'))),
          ),
        ),
        button(
          'ghost small square',
          () => zoom('in'),
          { 'aria-label': () => t('zoom_in'), disabled: () => scale.value === 2 },
          icon('plus', 's'),
        ),
      ),
      toggle('detail', 'search', shownDetail),
      toggle('histogram', 'bars', shownHistogram),
    ),
    area,
    () =>
      (shownDetail.value || shownHistogram.value) &&
      h(
        'div',
        { class: 'below-stage' },
        shownDetail.value && detail(),
        shownHistogram.value && histogram(() => after.value?.url ?? before.value?.url ?? null),
      ),
    h('p', { class: 'facts' }, stageFacts),
  );
}

const hasImages = computed(() => state.images.value.count > 0 || state.images.value.loading);

/** The tools of the steps that are placed on the photo. */
const PLACED_BY_HAND = { recortar: cropTool, logo: logoTool };

export const prepareScreen = () =>
  h('div', { class: 'screen' }, () =>
    hasImages.value
      ? h(
          'div',
          { class: 'prepare' },
          h('h1', { class: 'hidden' }, () => t('prepare')),
          imagesPane(),
          () => {
            const step = placing.value;
            return untracked(() => (step ? PLACED_BY_HAND[step.filter](step) : stage()));
          },
          outputsPane(),
        )
      : emptyScreen(),
  );
