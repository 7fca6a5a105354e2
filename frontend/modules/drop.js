// The whole window accepts files and folders; a card shows what is being sent.
import { button, h, icon } from './element.js';
import { number, percent, size } from './format.js';
import { t } from './i18n.js';
import { go } from './router.js';
import { signal } from './signal.js';
import { dropped, upload, uploading } from './upload.js';

const over = signal(false);

/** @param {DragEvent} event */
const hasFiles = (event) => event.dataTransfer?.types.includes('Files') ?? false;

/** Accepts drops anywhere. */
export function acceptDrops() {
  let depth = 0;
  addEventListener('dragenter', (event) => { if (hasFiles(event)) { event.preventDefault(); depth += 1; over.value = true; } });
  addEventListener('dragleave', (event) => { if (hasFiles(event)) { depth = Math.max(0, depth - 1); over.value = depth > 0; } });
  addEventListener('dragover', (event) => { if (hasFiles(event)) event.preventDefault(); });
  addEventListener('drop', async (event) => {
    depth = 0;
    over.value = false;
    if (!event.dataTransfer || !hasFiles(event)) return;
    event.preventDefault();
    go('prepare');
    await upload(await dropped(event.dataTransfer));
  });
}

/** The veil while files hover over the window, and the card of an upload. */
export const dropLayer = () => [
  () => over.value && h('div', { class: 'veil' }, h('div', null, icon('upload'), h('p', null, t('drop_here')))),
  h('aside', { class: 'upload-card', hidden: () => !uploading.value, 'aria-label': () => t('uploading') }, () => {
    const now = uploading.value;
    if (!now) return null;
    const share = now.bytes ? now.sent / now.bytes * 100 : 100;
    return [h('div', { class: 'head' }, h('strong', null, t('uploading')), h('span', { class: 'muted' }, percent(Math.floor(share))), h('span', { class: 'spring' }), button('ghost small', now.cancel, null, t('cancel'))),
      h('progress', { max: '100', value: share, 'aria-label': t('uploading') }),
      h('p', { class: 'fine' }, `${t('upload_files', number(now.done), number(now.files))} · ${size(now.sent)} / ${size(now.bytes)}`)];
  }),
];
