// Results, photo by photo: a row for each photo, a column for each output; only the rows in view exist.
import { download, read } from './commands.js';
import { fileName, outputsOf, variantColour, variantName } from './draft.js';
import { button, h, icon, middle } from './element.js';
import { runAgain } from './history.js';
import { dimensions, labelOr, number, percent, size, t } from './i18n.js';
import { Pages } from './image-list.js';
import { openLightbox } from './lightbox.js';
import { failureText } from './messages.js';
import { showIn } from './pictures.js';
import { HOPELESS, retry, retryAll } from './run-lists.js';
import { computed, effect, onCleanup, signal, untracked } from './signal.js';
import { link, state } from './stream.js';

/**
 * @typedef {{ output: string, name: string, status: BarStatus | 'skipped', bytes: number, width_px: number | null, height_px: number | null, attempt: number, kind: string | null, message: string | null, message_es?: string | null, steps?: Step[] }} ResultCell
 * @typedef {{ image: string, page?: number | null, photo: number, name: string, bytes: number, width_px: number | null, height_px: number | null, cells: (ResultCell | null)[] }} ResultRow
 */

const RELOAD_MS = 1500;
const ROW_PX = 88;
/** On a narrow window the outputs stand below their photo. */
const PHOTO_PX = 84,
  OUTPUT_PX = 60;
/** The least width of the columns: with more of them than fit, the table scrolls sideways. */
const PHOTO_ACROSS_PX = 260,
  OUTPUT_ACROSS_PX = 232;
const MARGIN_ROWS = 4;
/** Rows that are made in one frame: more would hold up the scroll. */
const ROWS_A_FRAME = 5;
const narrowWindow = matchMedia('(max-width: 720px)');

/** How much smaller (or larger) a file is than its photo; none that is there is smaller by all of it. Pure. @param {number} bytes @param {number} before */
export const savedShare = (bytes, before) => (before > 0 ? Math.max(-99, Math.round((bytes / before - 1) * 100)) : null);

/** @param {number} bytes @param {number} before @param {import('./element.js').Child} [more] */
function savedText(bytes, before, more) {
  const share = savedShare(bytes, before);
  if (share === null) return null;
  const sign = share > 0 ? '+' : share < 0 ? '−' : '±';
  return h('span', { class: share > 0 ? 'grown' : 'less' }, `${sign}${percent(Math.abs(share))}`, more);
}

const sumIn = (/** @type {Job} */ { progress: { variants } }, /** @type {'read_bytes' | 'written_bytes'} */ key) =>
  variants.reduce((all, one) => all + one[key], 0);
/** How much smaller the files of a job are than their photos, in per cent. @param {Job} job */
export const savedShareByJob = (job) => savedShare(sumIn(job, 'written_bytes'), sumIn(job, 'read_bytes'));
/** The same in words: of several a photo, each than its photo, as all together tell nothing. @param {Job} job */
export const savedByJob = (job) =>
  savedText(sumIn(job, 'written_bytes'), sumIn(job, 'read_bytes'), job.progress.variants.length > 1 && ` ${t('per_file')}`);

/** Numbers as the server reads them: `0,2-3`. Pure. @param {number[]} numbers */
export function ranges(numbers) {
  /** @type {[number, number][]} */
  const found = [];
  for (const number of [...numbers].sort((one, other) => one - other)) {
    const last = found.at(-1);
    if (last && last[1] + 1 === number) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(',');
}

/** The address of an archive of the job, of one of its outputs, or of some photos. @param {Job} job @param {{ variants?: number[], photos?: number[] }} part */
export function zipAddress(job, { variants, photos } = {}) {
  const day = new Date().toISOString().slice(0, 10);
  const of = variants ? ` ${variantName(job.variants[variants[0]])}` : '';
  const query = new URLSearchParams({ name: `${labelOr(job.name)}${of} ${day}` });
  if (variants) query.set('variant', ranges(variants));
  if (photos) query.set('photos', ranges(photos));
  return `/api/jobs/${job.id}/zip?${query}`;
}

const isBad = (/** @type {ResultCell | null} */ cell) => cell !== null && (cell.status === 'failed' || cell.status === 'quarantined');

/** A small picture; one that cannot be had is a sign, not a broken frame. @param {string} src */
function smallPicture(src) {
  const picture = h('img', { alt: '', decoding: 'async' });
  picture.onerror = () => picture.replaceWith(icon('alert'));
  showIn(picture, src);
  return picture;
}

/** @typedef {{ variant: Variant, indexes: number[] }} JobOutput */
const jobOutputs = () => outputsOf(state.job.peek()?.variants ?? []);

/** What became of a photo's files of one output. @param {ResultRow} row @param {JobOutput} output @param {(index: number) => void} look */
function outputCell(row, { variant, indexes }, look) {
  const name = variantName(variant);
  const first = indexes.find((index) => row.cells[index]?.status === 'ok');
  const file = (/** @type {number} */ index) => {
    const cell = row.cells[index];
    const format = indexes.length > 1 ? `${fileName(state.job.peek()?.variants[index].file)} ` : '';
    if (!cell || cell.status === 'skipped') return h('span', { class: 'muted' }, format, cell ? t('skipped_cell') : '–');
    if (isBad(cell))
      return h('span', { class: 'bad' }, format, failureText({ ...cell, kind: cell.kind ?? '', message: cell.message ?? '' }));
    return h(
      'span',
      { class: 'muted', title: cell.name },
      `${format}${size(cell.bytes)} `,
      savedText(cell.bytes, row.bytes),
      cell.attempt > 1 && ` · ${t('ok_on_attempt', cell.attempt)}`,
    );
  };
  const cell = first === undefined ? null : row.cells[first];
  return h(
    'div',
    { role: 'cell', class: `row-cell${indexes.every((index) => isBad(row.cells[index])) ? ' bad' : ''}` },
    cell &&
      h(
        'button',
        { type: 'button', class: 'row-picture', 'aria-label': `${cell.name}, ${name}`, onclick: () => look(first ?? 0) },
        smallPicture(`/api/output-thumb/${cell.output}`),
      ),
    h(
      'span',
      { class: 'row-words' },
      h(
        'span',
        { class: 'row-output' },
        h('b', { 'aria-hidden': 'true' }, h('span', { class: variantColour(indexes[0]) }), name),
        cell && indexes.length < 3 && h('span', { class: 'muted' }, dimensions(cell.width_px, cell.height_px)),
      ),
      cell && indexes.length < 2 && h('span', { class: 'name split', title: cell.name }, middle(cell.name)),
      indexes.map(file),
    ),
  );
}

/** @typedef {import('./lightbox.js').Shown} Shown */
/** The outputs of a photo that are there. @param {ResultRow} row @returns {Shown[]} */
const shownOf = ({ image, page, cells }) =>
  cells.flatMap((cell, variant) =>
    cell?.status === 'ok' ? [{ output: cell.output, image, page, name: cell.name, variant, bytes: cell.bytes, steps: cell.steps }] : [],
  );

/** Ticked photos of the job with their files, by their numbers. @type {import('./signal.js').Signal<Map<number, Shown[]>>} */
const picked = signal(new Map());
/** Whether all that are listed were ticked at once, and still are. */
const areAllPicked = signal(false);
export const pickedCount = computed(() => picked.value.size);

/** @param {ResultRow[]} rows @param {boolean} on */
function pick(rows, on) {
  const next = new Map(picked.peek());
  for (const row of rows) {
    const good = shownOf(row);
    if (on && good.length) next.set(row.photo, good);
    else next.delete(row.photo);
  }
  picked.value = next;
  areAllPicked.value = false;
}

/** What can be done with the ticked photos. */
const pickedBar = () =>
  h('div', { class: 'picked-bar', role: 'region', 'aria-label': () => t('selection'), hidden: () => !pickedCount.value }, () => {
    const all = [...picked.value.values()];
    const files = all.flat();
    if (!all.length) return [];
    return [
      h('b', null, `${t('n_photos', all.length)} · ${t('n_files', files.length)}`),
      h('span', { class: 'spring' }),
      button(
        'ghost',
        () => openLightbox({ count: () => all.length, get: (index) => all[index] }, 0, -1),
        null,
        icon('split'),
        t('compare'),
      ),
      button('ghost', () => runAgain([...picked.peek().keys()]), null, icon('redo', 's'), t('run_again')),
      button(
        'primary',
        () => {
          const job = state.job.peek();
          if (job) download(zipAddress(job, { photos: [...picked.peek().keys()] }));
        },
        null,
        icon('download'),
        `ZIP · ${size(files.reduce((total, { bytes = 0 }) => total + bytes, 0))}`,
      ),
      button(
        'ghost square',
        () => {
          picked.value = new Map();
        },
        { 'aria-label': t('pick_none') },
        icon('close'),
      ),
    ];
  });

/** @param {ResultRow} row @param {number} index @param {(variant: number) => void} look */
function photoRow(row, index, look) {
  const bad = row.cells.filter(isBad);
  const retryable = bad.flatMap((cell) => (cell && !HOPELESS.includes(cell.kind ?? '') ? [cell.output] : []));
  const [first] = bad;
  const all = bad.length === row.cells.length && first;
  const again =
    retryable.length > 0 &&
    button('small', () => retry(retryable), { 'aria-label': `${t('retry')}: ${row.name}` }, icon('redo', 's'), t('retry'));
  return h(
    'div',
    { role: 'row', class: `result-row${bad.length ? ' failed' : ''}`, 'aria-rowindex': index + 2 },
    h(
      'div',
      { role: 'rowheader', class: 'row-cell photo' },
      h(
        'label',
        { class: 'row-pick' },
        h('input', {
          type: 'checkbox',
          'data-row': index,
          'aria-label': `${t('pick')}: ${row.name}`,
          checked: picked.peek().has(row.photo),
          disabled: !shownOf(row).length,
          onchange: (/** @type {Event} */ event) => pick([row], /** @type {HTMLInputElement} */ (event.target).checked),
        }),
      ),
      h('span', { class: 'row-picture' }, smallPicture(`/api/thumb/${row.image}${row.page ? `?page=${row.page}` : ''}`)),
      h(
        'span',
        { class: 'row-words' },
        h('b', { class: 'name split', title: row.name }, middle(row.name)),
        h('span', { class: 'muted' }, dimensions(row.width_px, row.height_px)),
        h('span', { class: 'muted' }, size(row.bytes)),
      ),
      !all && again,
    ),
    all
      ? h(
          'div',
          { role: 'cell', class: 'row-cell bad whole' },
          h('span', null, failureText({ ...first, kind: first.kind ?? '', message: first.message ?? '' })),
          again,
        )
      : jobOutputs().map((output) => outputCell(row, output, look)),
  );
}

export const only = signal(/** @type {'all' | 'problems' | 'larger'} */ ('all'));
const order = signal('plan');
const find = signal('');
const SORTS = /** @type {const} */ (['plan', 'name', 'size', 'saved', 'time']);
const CHIPS = /** @type {const} */ (['all', 'problems', 'larger']);

/** @param {() => HTMLElement | null} scroller what scrolls the screen */
export function resultRows(scroller) {
  const id = computed(() => state.job.value?.id ?? '');
  /** How many outputs the job has. */
  const variants = computed(() => outputsOf(state.job.value?.variants ?? []).length);
  const counts = signal([0, 0, 0]);
  /** Width of the table, px. */
  const across = signal(Infinity);
  /** @type {Pages<ResultRow>} */
  const pages = new Pages(async (offset, limit) => {
    const query = new URLSearchParams({
      offset: String(offset),
      limit: String(limit),
      q: find.peek(),
      only: only.peek(),
      sort: order.peek(),
    });
    const answer = await read(`/api/jobs/${id.peek()}/photos?${query}`);
    counts.value = answer.counts;
    return { total: answer.total, items: answer.rows };
  });
  let loadedAt = -Infinity;
  let shown = '';
  // With Shift all rows between two ticks are ticked too, or none of them.
  let lastTick = -1;
  const changes = computed(() => state.job.value?.progress.done ?? 0);
  const isOnline = computed(() => link.value.state === 'open');
  // While the job runs the rows fill, in portions.
  effect(() => {
    const key = `${id.value}/${only.value}/${order.value}/${find.value}`;
    void changes.value;
    if (!id.value || !isOnline.value) return;
    const fresh = key !== shown;
    shown = key;
    if (fresh) {
      lastTick = -1;
      areAllPicked.value = false;
    }
    const timer = setTimeout(
      () => {
        loadedAt = performance.now();
        untracked(() => pages.reset(!fresh));
      },
      fresh ? 0 : Math.max(0, RELOAD_MS - (performance.now() - loadedAt)),
    );
    onCleanup(() => clearTimeout(timer));
  });

  /** The photos as they are listed. */
  const photos = {
    count: () => pages.total.value,
    get(/** @type {number} */ at) {
      const row = pages.get(at);
      return row && shownOf(row);
    },
  };
  const body = h('div', { class: 'result-body', role: 'rowgroup' });
  body.addEventListener('click', async ({ target, shiftKey }) => {
    const box = /** @type {HTMLInputElement} */ (target);
    if (!box.matches('input[data-row]')) return;
    const [at, from, list] = [Number(box.dataset.row), lastTick, shown];
    lastTick = at;
    if (!shiftKey || from < 0) return;
    const { checked } = box;
    const between = await pages.range(Math.min(at, from), Math.max(at, from));
    if (list === shown) pick(between, checked);
  });
  effect(() => {
    void id.value;
    picked.value = new Map();
  });
  // Rows that exist show what is ticked; those that come later are made so.
  effect(() => {
    const now = picked.value;
    for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (body.querySelectorAll('input[data-row]'))) {
      const row = untracked(() => pages.get(Number(box.dataset.row)));
      if (row) box.checked = now.has(row.photo);
    }
  });
  const rowPx = () => (narrowWindow.matches ? PHOTO_PX + OUTPUT_PX * untracked(() => variants.value) : ROW_PX);
  /** Rows that exist, with what they show. @type {Map<number, [HTMLElement, string]>} */
  const live = new Map();
  let frame = 0;
  function draw() {
    frame = 0;
    const around = scroller();
    if (!around || !body.isConnected) return;
    const px = rowPx();
    const count = untracked(() => pages.total.value);
    body.style.height = `${count * px}px`;
    const above = around.getBoundingClientRect().top - body.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(above / px) - MARGIN_ROWS);
    const to = Math.min(count, Math.ceil((above + around.clientHeight) / px) + MARGIN_ROWS);
    for (const [index, [element]] of live)
      if ((index < from || index >= to) && !element.contains(document.activeElement)) {
        // What nobody sees any more is not waited for.
        for (const picture of element.querySelectorAll('img')) picture.removeAttribute('src');
        element.remove();
        live.delete(index);
      }
    let left = ROWS_A_FRAME;
    for (let index = from; index < to; index += 1) {
      const row = pages.get(index);
      const key = row ? JSON.stringify(row) : '';
      const known = live.get(index);
      if (known && known[1] === key) {
        known[0].style.transform = `translateY(${index * px}px)`;
        continue;
      }
      if (!left) {
        schedule();
        return;
      }
      left -= 1;
      const element = row
        ? photoRow(row, index, (variant) => openLightbox(photos, index, variant))
        : h('div', { role: 'row', class: 'result-row' });
      element.style.transform = `translateY(${index * px}px)`;
      element.style.height = `${px}px`;
      // Rows stand in their order, so that Tab goes down.
      if (known) known[0].replaceWith(element);
      else {
        const after = [...live.keys()].filter((other) => other > index);
        body.insertBefore(element, live.get(Math.min(...after))?.[0] ?? null);
      }
      live.set(index, [element, key]);
    }
  }
  const schedule = () => {
    if (!frame) frame = requestAnimationFrame(() => untracked(draw));
  };
  effect(() => {
    void pages.version.value;
    void pages.total.value;
    void variants.value;
    schedule();
  });
  const scrolled = (/** @type {Event} */ event) => {
    if (event.target === scroller()) schedule();
  };
  document.addEventListener('scroll', scrolled, { passive: true, capture: true });
  const sizes = new ResizeObserver(([{ contentRect }]) => {
    across.value = narrowWindow.matches ? Infinity : contentRect.width;
    for (const [element] of live.values()) element.remove();
    live.clear();
    schedule();
  });
  sizes.observe(body);
  onCleanup(() => {
    document.removeEventListener('scroll', scrolled, { capture: true });
    sizes.disconnect();
    cancelAnimationFrame(frame);
  });

  let typing = 0;
  const search = (/** @type {Event} */ event) => {
    clearTimeout(typing);
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    typing = setTimeout(() => {
      find.value = value.trim();
    }, 150);
  };
  const head = () => {
    void variants.value;
    return [
      h(
        'div',
        { role: 'columnheader', class: 'row-cell photo' },
        h(
          'label',
          { class: 'row-pick' },
          h('input', {
            type: 'checkbox',
            'aria-label': t('tick_all'),
            checked: () => areAllPicked.value && pickedCount.value > 0,
            onchange: async (/** @type {Event} */ { target }) => {
              const { checked } = /** @type {HTMLInputElement} */ (target);
              const list = shown;
              const all = checked ? await pages.range(0, pages.total.peek() - 1) : [];
              if (list !== shown) return;
              picked.value = new Map();
              pick(all, checked);
              areAllPicked.value = checked;
            },
          }),
        ),
        h('b', null, t('photo')),
      ),
      jobOutputs().map(({ variant, indexes }) => {
        const sum = (/** @type {'ok' | 'written_bytes'} */ key) =>
          indexes.reduce((all, index) => all + (state.job.value?.progress.variants[index]?.[key] ?? 0), 0);
        return h(
          'div',
          { role: 'columnheader', class: 'row-cell' },
          h('span', { class: variantColour(indexes[0]), 'aria-hidden': 'true' }),
          h(
            'span',
            { class: 'row-words' },
            h('b', { class: 'name' }, variantName(variant)),
            h('span', { class: 'muted' }, () => `${t('n_files', sum('ok'))} · ${size(sum('written_bytes'))}`),
          ),
          button(
            'ghost small',
            () => {
              const now = state.job.peek();
              if (now) download(zipAddress(now, { variants: indexes }));
            },
            { 'aria-label': `ZIP: ${variantName(variant)}`, disabled: () => sum('ok') === 0 },
            icon('download', 's'),
            'ZIP',
          ),
        );
      }),
    ];
  };
  const heads = h('div', { role: 'rowgroup', class: 'result-head' }, h('div', { role: 'row', class: 'result-row' }, head));
  // More outputs than fit are scrolled sideways, by either: the head tells only of what it was not told.
  let told = 0;
  body.addEventListener('scroll', () => {
    heads.scrollLeft = body.scrollLeft;
    told = heads.scrollLeft;
  });
  heads.addEventListener('scroll', () => {
    if (heads.scrollLeft !== told) body.scrollLeft = heads.scrollLeft;
  });
  return h(
    'section',
    { class: 'card results', 'aria-label': () => t('results') },
    h(
      'div',
      { class: 'head wraps results-bar' },
      h(
        'div',
        { class: 'search' },
        icon('search', 's'),
        h('input', {
          type: 'search',
          class: 'field',
          value: find.peek(),
          placeholder: () => t('search'),
          'aria-label': () => t('search'),
          oninput: search,
        }),
      ),
      h(
        'div',
        { class: 'chips', role: 'group', 'aria-label': () => t('show') },
        CHIPS.map((key, at) =>
          h(
            'button',
            {
              type: 'button',
              class: 'chip',
              'aria-pressed': () => String(only.value === key),
              onclick: () => {
                only.value = key;
              },
            },
            () => `${t(`rows_${key}`)} ${number(counts.value[at])}`,
          ),
        ),
      ),
      h('span', { class: 'spring' }),
      retryAll(),
      h(
        'select',
        {
          class: 'btn',
          'aria-label': () => t('sort'),
          onchange: (/** @type {Event} */ event) => {
            order.value = /** @type {HTMLSelectElement} */ (event.target).value;
          },
        },
        SORTS.map((key) => h('option', { value: key, selected: () => order.value === key }, () => t(`sort_${key}`))),
      ),
    ),
    // Before the rows, so that no way to it leads through all of them.
    pickedBar(),
    h(
      'div',
      {
        class: () => `result-table${PHOTO_ACROSS_PX + OUTPUT_ACROSS_PX * variants.value > across.value ? ' wide' : ''}`,
        role: 'table',
        'aria-label': () => t('results'),
        'aria-rowcount': () => pages.total.value + 1,
        '--outputs': () => String(variants.value),
      },
      heads,
      body,
    ),
    () =>
      pages.loaded.value &&
      pages.total.value === 0 &&
      h('p', { class: 'none' }, t(find.value ? 'no_match' : only.value === 'all' ? 'no_results_yet' : 'none_of_these')),
  );
}
