// Uploads: dropped or picked files and folders, three at a time, with progress. The whole window accepts drops.
import { Refused, command, post, refusal, showFailure } from './commands.js';
import { button, h, icon } from './element.js';
import { labelOr, number, percent, size, t, told } from './i18n.js';
import { toast } from './overlays.js';
import { go } from './page-state.js';
import { isRecipeFile, loadRecipeFile, tellDone } from './recipe-files.js';
import { signal } from './signal.js';
import { hello, state } from './stream.js';
import { rememberUndo } from './undo.js';

const AT_ONCE = 3;

/** @typedef {{ file: File, path: string }} Found */
/** @typedef {{ files: number, done: number, bytes: number, sent: number, cancel: () => void }} Upload */
/** The upload under way. */
export const uploading = signal(/** @type {Upload | null} */ (null));

/** @param {FileSystemEntry} entry @param {Found[]} found */
async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject)).catch(() => null);
    if (file) found.push({ file, path: entry.fullPath.replace(/^\/+/, '') });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    // A reader gives its entries in portions, and none when it is done.
    const portion = /** @type {FileSystemEntry[]} */ (
      await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => [])
    );
    if (!portion.length) return;
    for (const child of portion) await walk(child, found);
  }
}

/** Everything in a drop, folders included. @param {DataTransfer} transfer @returns {Promise<Found[]>} */
export async function dropped(transfer) {
  // Entries must be taken before the first await: the list is emptied when the event ends.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null && entry !== undefined);
  const files = [...transfer.files];
  /** @type {Found[]} */
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found.length || entries.length ? found : files.map((file) => ({ file, path: file.name }));
}

/** Lets the user pick files, or a folder. @param {boolean} folder @param {(found: Found[]) => void} picked */
export function pickFiles(folder, picked) {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  if (folder) input.webkitdirectory = true;
  else input.accept = 'image/*,.tif,.tiff,.bmp,.webp';
  input.onchange = () => picked([...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
  input.click();
}

/** @param {string} path @param {File} file @param {(sent: number) => void} progress @param {Set<XMLHttpRequest>} open @returns {Promise<boolean>} whether it is an image */
function send(path, file, progress, open) {
  return new Promise((resolve, reject) => {
    // fetch() does not report what has been sent.
    const request = new XMLHttpRequest();
    open.add(request);
    request.open('POST', path);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onloadend = () => {
      open.delete(request);
      let answer = /** @type {any} */ ({});
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        /* no answer */
      }
      if (request.status === 200) {
        progress(file.size);
        resolve(answer.image);
        return;
      }
      const { error = {} } = answer;
      reject(
        request.status
          ? new Refused(request.status, error.code ?? '', told(error) || `HTTP ${request.status}`, told(error, 'hint') || null)
          : new Error('no answer'),
      );
    };
    request.send(file);
  });
}

/** Sends a file for a parameter, such as a logo, and tells its id. @param {File} file @returns {Promise<string>} */
export async function sendAsset(file) {
  const response = await fetch(`/api/assets?name=${encodeURIComponent(file.name)}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: file,
  });
  if (!response.ok) throw await refusal(response);
  return (await response.json()).asset;
}

/** Sends the files; they become the list of images, or join it if it is an upload. @param {Found[]} found */
export async function upload(found) {
  if (uploading.peek()) {
    toast(t('upload_busy'));
    return;
  }
  if (!found.length) {
    toast(t('upload_empty'));
    return;
  }
  const limits = hello.peek()?.limits;
  const bytes = found.reduce((sum, { file }) => sum + file.size, 0);
  if (limits && found.length > limits.max_upload_files) {
    toast(t('upload_too_many', limits.max_upload_files), 'bad');
    return;
  }
  if (limits && bytes > limits.max_upload_bytes) {
    toast(t('upload_too_big', size(limits.max_upload_bytes)), 'bad');
    return;
  }
  /** @type {Set<XMLHttpRequest>} */
  const open = new Set();
  let cancelled = false;
  const cancel = () => {
    cancelled = true;
    for (const request of open) request.abort();
  };
  const sent = new Array(found.length).fill(0);
  let done = 0;
  let photos = 0;
  const show = () => {
    uploading.value = { files: found.length, done, bytes, sent: sent.reduce((sum, one) => sum + one, 0), cancel };
  };
  show();
  let id = '';
  try {
    ({ upload: id } = await post('/api/uploads', { files: found.length, bytes }));
    let next = 0;
    const lane = async () => {
      while (next < found.length && !cancelled) {
        const index = next++;
        const { file, path } = found[index];
        if (limits && file.size > limits.max_upload_file_bytes) {
          toast(t('upload_file_too_big', file.name, size(limits.max_upload_file_bytes)), 'bad');
        } else {
          const isPhoto = await send(
            `/api/uploads/${id}/file?name=${encodeURIComponent(path)}`,
            file,
            (loaded) => {
              sent[index] = loaded;
              show();
            },
            open,
          );
          if (isPhoto) photos += 1;
        }
        done += 1;
        show();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    const { count, source, label } = state.images.peek();
    if (!photos && count > 0 && !cancelled) {
      toast(t('upload_no_photos', found.length, found[0].file.name), 'bad');
      cancelled = true;
    }
    if (!cancelled) await post(`/api/uploads/${id}/finish`, { add: source === 'upload' });
    if (!cancelled && count > 0 && source !== 'upload') {
      const back = () => command('/api/images/source', { source: 'before' });
      rememberUndo('', back);
      tellDone(t('list_replaced', labelOr(label)));
    }
  } catch (error) {
    if (!cancelled) {
      for (const request of open) request.abort();
      showFailure(error);
    }
    cancelled = true;
  }
  if (cancelled && id) await command(`/api/uploads/${id}/cancel`);
  uploading.value = null;
}

const over = signal(false);
/** Whether what is dropped takes the place of what is listed: a folder of the user's stays as it is. */
const isReplaced = () => state.images.value.count > 0 && state.images.value.source !== 'upload';

/** @param {DragEvent} event */
const hasFiles = (event) => event.dataTransfer?.types.includes('Files') ?? false;

/** Accepts drops anywhere. */
export function acceptDrops() {
  let depth = 0;
  addEventListener('dragenter', (event) => {
    if (hasFiles(event)) {
      event.preventDefault();
      depth += 1;
      over.value = true;
    }
  });
  addEventListener('dragleave', (event) => {
    if (hasFiles(event)) {
      depth = Math.max(0, depth - 1);
      over.value = depth > 0;
    }
  });
  addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener('drop', async (event) => {
    depth = 0;
    over.value = false;
    if (!event.dataTransfer || !hasFiles(event)) return;
    event.preventDefault();
    go('prepare');
    const found = await dropped(event.dataTransfer);
    if (found.length === 1 && isRecipeFile(found[0].file)) loadRecipeFile(found[0].file);
    else await upload(found);
  });
}

/** The veil while files hover over the window, and the card of an upload. */
export const dropLayer = () => [
  () =>
    over.value && h('div', { class: 'veil' }, h('div', null, icon('upload'), h('p', null, t(isReplaced() ? 'drop_instead' : 'drop_here')))),
  h('aside', { class: 'upload-card', hidden: () => !uploading.value, 'aria-label': () => t('uploading') }, () => {
    const now = uploading.value;
    if (!now) return null;
    const share = now.bytes ? (now.sent / now.bytes) * 100 : 100;
    return [
      h(
        'div',
        { class: 'head' },
        h('strong', null, t('uploading')),
        h('span', { class: 'muted' }, percent(Math.floor(share))),
        h('span', { class: 'spring' }),
        button('ghost small', now.cancel, null, t('cancel')),
      ),
      h('progress', { max: '100', value: share, 'aria-label': t('uploading') }),
      h('p', { class: 'fine' }, `${t('upload_files', number(now.done), number(now.files))} · ${size(now.sent)} / ${size(now.bytes)}`),
    ];
  }),
];
