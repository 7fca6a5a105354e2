// The list of chosen images, fetched by pages as it is scrolled, and which of them is looked at.
import { command, read, showFailure } from './commands.js';
import { recall } from './page-state.js';
import { effect, signal, untracked } from './signal.js';
import { link, ready, restarts, state } from './stream.js';
import { onceOther, rememberUndo } from './undo.js';

const PAGE = 60;
const KEEP = 60;
const MOST_READ = 500;

/** @template T */
export class Pages {
  /** @param {(offset: number, limit: number) => Promise<{ total: number, items: T[] }>} fetchPage */
  constructor(fetchPage) {
    this.fetchPage = fetchPage;
    /** @type {Map<number, T[] | null>} null: on its way */
    this.pages = new Map();
    this.generation = 0;
    /** Pages that are shown until they have been fetched again. @type {Set<number>} */
    this.stale = new Set();
    this.total = signal(0);
    /** Grows when entries arrive. */
    this.version = signal(0);
    /** Whether the first page has come since the last reset. */
    this.loaded = signal(false);
  }

  /** Fetches everything again. @param {boolean} keep show what is here until the new entries come */
  reset(keep = false) {
    this.stale = new Set(keep ? this.pages.keys() : []);
    if (!keep) this.pages.clear();
    this.generation += 1;
    this.load(0);
  }

  /** @param {number} index @returns {T | null} null while it is on its way */
  get(index) {
    const page = Math.floor(index / PAGE);
    const items = this.pages.get(page);
    if (items === undefined || this.stale.has(page)) this.load(page);
    if (items === undefined) return null;
    if (items && this.pages.size > KEEP) {
      this.pages.delete(page);
      this.pages.set(page, items);
    }
    return items?.[index % PAGE] ?? null;
  }

  /** @param {number} page */
  async load(page) {
    const { generation } = this;
    this.stale.delete(page);
    if (!this.pages.get(page)) this.pages.set(page, null);
    try {
      const { total, items } = await this.fetchPage(page * PAGE, PAGE);
      if (generation !== this.generation) return;
      this.pages.set(page, items);
      for (const old of this.pages.keys()) {
        if (this.pages.size <= KEEP) break;
        if (old !== page) this.pages.delete(old);
      }
      this.total.value = total;
      this.loaded.value = true;
      this.version.value += 1;
    } catch {
      if (generation === this.generation) this.pages.delete(page);
    }
  }

  /** The entries of a range: those that are not here are fetched. None if they cannot be, which is said. @param {number} first @param {number} last */
  async range(first, last) {
    /** @type {T[]} */
    const found = [];
    while (first + found.length <= last) {
      const at = first + found.length;
      const item = this.pages.get(Math.floor(at / PAGE))?.[at % PAGE];
      const fetched = item ? null : await this.fetchPage(at, Math.min(MOST_READ, last - at + 1)).catch(showFailure);
      const items = item ? [item] : (fetched?.items ?? []);
      if (!item && !fetched) return [];
      if (!items.length) break;
      found.push(...items);
    }
    return found;
  }

  /** Entries that are here, with their positions. @returns {Generator<[number, T]>} */
  *here() {
    for (const [page, items] of this.pages) for (const [at, item] of (items ?? []).entries()) yield [page * PAGE + at, item];
  }
}

export const query = signal('');
/** What the list can be sorted by. */
export const ORDERS = /** @type {const} */ (['name', 'date', 'size', 'type']);
export const sorting = signal(ORDERS.find((one) => one === recall('order')) ?? 'name');
/** Images that are selected to be taken out together, by id. @type {import('./signal.js').Signal<Set<string>>} */
export const selection = signal(new Set());
/** Where a selection of a range begins. */
let anchor = 0;

const address = (/** @type {number} */ offset, /** @type {number} */ limit) =>
  `/api/images?offset=${offset}&limit=${limit}&sort=${sorting.peek()}&q=${encodeURIComponent(query.peek())}`;

/** Looks at an image, and selects as file managers do: Shift up to it, Ctrl with those before. @param {number} index @param {{ shiftKey: boolean, ctrlKey: boolean, metaKey: boolean }} keys */
export async function choose(index, { shiftKey, ctrlKey, metaKey }) {
  const [more, looked] = [ctrlKey || metaKey, image.peek()];
  if (!shiftKey) anchor = index;
  const [from, before] = [anchor, more ? selection.peek() : new Set()];
  chosen.value = index;
  if (shiftKey) {
    const items = await images.range(Math.min(from, index), Math.max(from, index));
    if (chosen.peek() === index) selection.value = new Set([...before, ...items.map(({ id }) => id)]);
    return;
  }
  const item = more ? images.get(index) : null;
  const ids = new Set(item && !before.size && looked ? [looked.id] : item ? before : []);
  if (item && !ids.delete(item.id)) ids.add(item.id);
  selection.value = ids;
}

/** Selects one image more, or one less. @param {number} index */
export function tick(index) {
  const item = images.get(index);
  const ids = new Set(selection.peek());
  if (item && !ids.delete(item.id)) ids.add(item.id);
  anchor = index;
  selection.value = ids;
}

/** Position of the image that is looked at, in the (searched) list. */
export const chosen = signal(0);
/** That image; null while it is fetched or when there is none. */
export const image = signal(/** @type {ImageItem | null} */ (null));

/** @type {Pages<ImageItem>} */
export const images = new Pages(async (offset, limit) => {
  const { total, images: items } = await read(address(offset, limit));
  return { total, items };
});

/** Keeps the list in step with the server's for as long as the page lives. */
export function followImages() {
  let source = '';
  effect(() => {
    const { revision, count, label } = state.images.value;
    const list = `${restarts.value}/${query.value}/${sorting.value}/${label}/${count}`;
    const key = `${list}/${revision}`;
    if (!ready.value || link.value.state !== 'open' || key === source) return;
    // An exclusion changes the revision only: what is shown stays until the answer comes.
    const same = source.startsWith(`${list}/`);
    source = key;
    if (!same) {
      takenOut.value = [];
      selection.value = new Set();
    }
    if (count) untracked(() => images.reset(same));
  });
  effect(() => {
    void images.version.value;
    const { total } = images;
    if (chosen.value >= total.value && total.value > 0) {
      chosen.value = total.value - 1;
      return;
    }
    const item = state.images.value.count && total.value ? images.get(chosen.value) : null;
    if (item || !state.images.value.count) image.value = item;
  });
}

/** The images taken out last, which can be put back at once; forgotten when the list becomes another. */
export const takenOut = signal(/** @type {string[]} */ ([]));

/** Takes images out of the job, or puts them back. @param {string[]} ids @param {boolean} excluded */
export async function exclude(ids, excluded) {
  if (!(await command('/api/images/exclude', { images: ids, excluded }))) return;
  takenOut.value = excluded ? ids : [];
  selection.value = new Set();
  if (!excluded) return;
  rememberUndo('', () => exclude(ids, false));
  onceOther(() => {
    if (takenOut.peek() === ids) takenOut.value = [];
  });
}
