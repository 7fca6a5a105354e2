// Prepare, centre: the photo before and after, the strip of variants, the facts.
import { button, h, icon, keyed, segmented } from './element.js';
import { filterName } from './catalogue.js';
import { curtain } from './curtain.js';
import { chain, output, steps } from './draft.js';
import { failureText } from './failure-text.js';
import { dimensions, duration, size } from './format.js';
import { exclude, image } from './image-list.js';
import { t } from './i18n.js';
import { after, before, busy, problem, recipeKey, shown, smallPreview, stageSize, strip } from './preview.js';
import { whileSpace } from './shortcuts.js';
import { effect, onCleanup, signal } from './signal.js';

const side = signal(false);
const full = signal(false);
const MOST_PX = 2400;
const STRIP_DELAY_MS = 250;

/** Name of the strip's cell. @param {number} index */
function stripName(index) {
  const step = steps.value[index];
  if (!step) return t('original');
  return chain.value ? `${index + 1} ${index ? '+ ' : ''}${filterName(step.filter)}` : filterName(step.filter);
}

const afterLabel = () => (steps.value.length ? `${t('after')} · ${stripName(shown.value)}` : t('original'));

/** A cell of the strip; its picture follows the image and the parameters, and the old one stays until the new one is there. @param {number} index */
function stripCell(index) {
  const picture = h('img', { alt: '', hidden: true, draggable: 'false' });
  let wanted = '';
  effect(() => {
    const item = image.value;
    const list = strip()[index];
    void output.value;
    if (!item || item.problem || !list) return;
    const key = `${item.id}/${recipeKey(list)}`;
    if (key === wanted) return;
    wanted = key;
    const timer = setTimeout(() => smallPreview(item.id, list).then((url) => { if (key === wanted) { picture.src = url; picture.hidden = false; } }, () => {}), STRIP_DELAY_MS);
    onCleanup(() => clearTimeout(timer));
  });
  return h('button', { type: 'button', class: 'variant', 'aria-pressed': () => String(shown.value === index), onclick: () => { shown.value = index; } },
    h('span', { class: 'variant-picture' }, picture), h('span', { class: 'variant-name' }, () => stripName(index)));
}

function facts() {
  const [first, second] = [before.value, after.value];
  const item = image.value;
  if (!item || problem.value) return null;
  const result = second ?? first;
  const bytes = second?.output_bytes;
  const changed = second && first && (second.width_px !== first.width_px || second.height_px !== first.height_px);
  return [
    h('span', null, bytes ? `${size(item.bytes)} → ${size(bytes)}` : size(item.bytes)),
    changed && h('span', null, `→ ${dimensions(second.width_px, second.height_px)}`),
    result && result.total_ms > 0 && steps.value.length > 0 && h('span', null, t('preview_took', result.total_ms < 1000 ? `${Math.round(result.total_ms)}\u00a0ms` : duration(result.total_ms))),
  ];
}

export function stage() {
  const view = curtain({
    before: () => before.value?.url ?? null, after: () => after.value?.url ?? null, afterLabel,
    ratio: () => { const now = before.value; return now?.height_px ? now.width_px / now.height_px : 1.5; },
    side: () => side.value && steps.value.length > 0, full: () => (full.value ? before.value : null), busy: () => busy.value,
  });
  const area = h('div', { class: 'stage-area' }, view.root,
    () => problem.value && h('div', { class: 'stage-problem' }, icon('alert'), h('p', null, problem.value.kind ? failureText(problem.value) : t('no_answer'))));
  // The preview is made for the size of the stage, in steps so that dragging a window edge does not render each pixel.
  const sizes = new ResizeObserver(([entry]) => {
    const step = (/** @type {number} */ px) => Math.min(MOST_PX, Math.max(320, Math.ceil(px * devicePixelRatio / 160) * 160));
    fitSize.value = `${step(entry.contentRect.width)}x${step(entry.contentRect.height)}`;
  });
  const fitSize = signal('1440x960');
  effect(() => {
    const [width_px, height_px] = fitSize.value.split('x').map(Number);
    stageSize.value = full.value ? null : { width_px, height_px };
  });
  sizes.observe(area);
  onCleanup(() => sizes.disconnect());
  onCleanup(whileSpace(view.showOriginal));
  return h('section', { class: 'stage', 'aria-label': () => t('view') },
    h('div', { class: 'stage-head' },
      h('h2', { class: 'file-name' }, () => image.value?.name ?? '…'),
      h('span', { class: 'muted optional' }, () => dimensions(before.value?.width_px ?? image.value?.width_px ?? null, before.value?.height_px ?? image.value?.height_px ?? null)),
      h('span', { class: 'spring' }),
      button('ghost small square', () => { const item = image.peek(); if (item) exclude(item); }, { disabled: () => !image.value, 'aria-pressed': () => String(image.value?.excluded ?? false), 'aria-label': () => t(image.value?.excluded ? 'include' : 'exclude'), title: () => t(image.value?.excluded ? 'include' : 'exclude') },
        () => icon(image.value?.excluded ? 'plus' : 'close')),
      h('div', { class: 'optional' }, segmented(() => t('view'), [[false, () => t('curtain')], [true, () => t('side_by_side')]], () => side.value, (value) => { side.value = value; })),
      h('div', { class: 'optional' }, segmented(() => t('scale'), [[false, () => t('fit')], [true, () => t('full_size')]], () => full.value, (value) => { full.value = value; }))),
    area,
    keyed(h('div', { class: 'strip', role: 'group', 'aria-label': () => t('filters'), hidden: () => strip().length === 0 }), () => strip().map((_, index) => index), (index) => index, stripCell),
    h('p', { class: 'facts' }, facts));
}
