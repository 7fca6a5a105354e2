// A long list that is fetched by pages as it is scrolled; pages not used for a while are dropped.
import { signal } from './signal.js';

const PAGE = 200;
const KEEP = 24;

/** @template T */
export class Pages {
  /** @param {(offset: number, limit: number) => Promise<{ total: number, items: T[] }>} fetchPage */
  constructor(fetchPage) {
    this.fetchPage = fetchPage;
    /** @type {Map<number, T[] | null>} null: on its way */
    this.pages = new Map();
    this.generation = 0;
    this.total = signal(0);
    /** Grows when entries arrive. */
    this.version = signal(0);
    /** Whether the first page has come since the last reset. */
    this.loaded = signal(false);
  }

  /** Forgets everything and fetches the first page again. */
  reset() {
    this.pages.clear();
    this.generation += 1;
    this.load(0);
  }

  /** @param {number} index @returns {T | null} null while it is on its way */
  get(index) {
    const page = Math.floor(index / PAGE);
    const items = this.pages.get(page);
    if (items === undefined) { this.load(page); return null; }
    if (items && this.pages.size > KEEP) { this.pages.delete(page); this.pages.set(page, items); }
    return items?.[index % PAGE] ?? null;
  }

  /** @param {number} page */
  async load(page) {
    const { generation } = this;
    this.pages.set(page, null);
    try {
      const { total, items } = await this.fetchPage(page * PAGE, PAGE);
      if (generation !== this.generation) return;
      this.pages.set(page, items);
      for (const old of this.pages.keys()) { if (this.pages.size <= KEEP) break; if (old !== page) this.pages.delete(old); }
      this.total.value = total;
      this.loaded.value = true;
      this.version.value += 1;
    } catch {
      if (generation === this.generation) this.pages.delete(page);
    }
  }

  /** Entries that are here, with their positions. @returns {Generator<[number, T]>} */
  *here() {
    for (const [page, items] of this.pages) for (const [at, item] of (items ?? []).entries()) yield [page * PAGE + at, item];
  }
}
