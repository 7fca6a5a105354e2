// The list of chosen images, and which of them is looked at.
import { command, read } from './commands.js';
import { Pages } from './pages.js';
import { effect, signal, untracked } from './signal.js';
import { link, ready, restarts, state } from './stream.js';

export const query = signal('');
/** Position of the image that is looked at, in the (searched) list. */
export const chosen = signal(0);
/** That image; null while it is fetched or when there is none. */
export const image = signal(/** @type {ImageItem | null} */ (null));

/** @type {Pages<ImageItem>} */
export const images = new Pages(async (offset, limit) => {
  const { total, images: items } = await read(`/api/images?offset=${offset}&limit=${limit}&q=${encodeURIComponent(query.peek())}`);
  return { total, items };
});

/** Keeps the list in step with the server's for as long as the page lives. */
export function followImages() {
  let source = '';
  effect(() => {
    const { revision, count } = state.images.value;
    const key = `${restarts.value}/${query.value}/${revision}`;
    if (!ready.value || link.value.state !== 'open' || key === source) return;
    source = key;
    if (count) untracked(() => images.reset());
  });
  effect(() => {
    void images.version.value;
    const { total } = images;
    if (chosen.value >= total.value && total.value > 0) { chosen.value = total.value - 1; return; }
    const item = state.images.value.count && total.value ? images.get(chosen.value) : null;
    if (item || !state.images.value.count) image.value = item;
  });
}

/** Takes an image out of the job or back into it. @param {ImageItem} item */
export const exclude = (item) => command('/api/images/exclude', { images: [item.id], excluded: !item.excluded });
