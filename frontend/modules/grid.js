// A virtual grid of pictures: only the cells in view exist and they are used again; one of them is in the tab order.
import { add, h, icon, middle } from './element.js';
import { showIn } from './pictures.js';
import { effect, onCleanup, untracked } from './signal.js';

/** Cells that are filled in one frame while a list is scrolled or fetched: more would hold up both. */
const MOST_A_FRAME = 6;

/**
 * @typedef {{ src: string | null, label: string, name?: string, badge?: 'alert' | 'close' | null, dim?: boolean, picked?: boolean, facts?: string }} Cell
 * @typedef {{
 *   label: () => string, count: () => number, version: () => unknown, cell: (index: number) => Cell | null,
 *   columns: (width: number) => number, ratio: number, gap: number, horizontal: () => boolean,
 *   selected: () => number, pick: (index: number, keys: { shiftKey: boolean, ctrlKey: boolean, metaKey: boolean }) => void, key: (index: number, event: KeyboardEvent) => boolean,
 *   caption: number, row: () => number, tick: (index: number) => void,
 * }} GridOptions `ratio`: height / width of a cell. `caption`: height of the names below the pictures, px; none in a strip. `row`: height of the rows of
 * a list, px; 0: it is none. `tick`: what the tick on a cell does.
 */

/** @param {GridOptions} options */
export function virtualGrid(options) {
  const list = h('div', { class: 'cells', role: 'listbox', 'aria-multiselectable': 'true', 'aria-label': options.label });
  const box = h('div', { class: 'grid' }, list);
  /** @type {Map<number, HTMLElement>} */
  const live = new Map();
  /** @type {HTMLElement[]} */
  const spare = [];
  /** @type {WeakMap<HTMLElement, number>} */
  const indexOf = new WeakMap();
  /** What each cell shows; a picture that is no longer wanted stays, unseen, as taking it out costs a layout. @type {WeakMap<HTMLElement, string | null>} */
  const sources = new WeakMap();
  let columns = 1,
    cellWidth = 1,
    cellHeight = 1,
    horizontal = false,
    frame = 0,
    focusIndex = -1;

  function measure() {
    const style = getComputedStyle(box);
    const width = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const height = box.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    const count = untracked(options.count);
    horizontal = options.horizontal();
    if (horizontal) {
      columns = Math.max(1, count);
      cellHeight = Math.max(1, height - 8);
      cellWidth = cellHeight / options.ratio;
      list.style.width = `${count * (cellWidth + options.gap)}px`;
      list.style.height = `${cellHeight}px`;
    } else {
      const row = options.row();
      columns = row ? 1 : options.columns(width);
      cellWidth = Math.max(1, (width - options.gap * (columns - 1)) / columns);
      cellHeight = row || cellWidth * options.ratio + options.caption;
      list.style.width = '';
      list.style.height = `${Math.max(0, Math.ceil(count / columns) * (cellHeight + options.gap) - options.gap)}px`;
    }
    for (const [index, cell] of live) place(index, cell);
    draw();
  }

  /** @param {number} index @returns {[number, number]} */
  const position = (index) =>
    horizontal
      ? [index * (cellWidth + options.gap), 0]
      : [(index % columns) * (cellWidth + options.gap), Math.floor(index / columns) * (cellHeight + options.gap)];

  /** @param {number} index @param {HTMLElement} cell */
  function place(index, cell) {
    const [x, y] = position(index);
    cell.style.transform = `translate(${x}px,${y}px)`;
    const [width, height] = [`${cellWidth}px`, `${cellHeight}px`];
    if (cell.style.width !== width) cell.style.width = width;
    if (cell.style.height !== height) cell.style.height = height;
  }

  /** Sets an attribute only if that changes it: setting costs a look at all styles. @param {HTMLElement} cell @param {string} name @param {string} value */
  function assign(cell, name, value) {
    if (cell.getAttribute(name) !== value) cell.setAttribute(name, value);
  }

  function makeCell() {
    const picture = h('img', { alt: '', decoding: 'async', draggable: 'false' });
    const hidden = { 'aria-hidden': 'true' };
    const cell = h(
      'div',
      { class: 'cell', role: 'option' },
      picture,
      h('span', { class: 'caption', ...hidden }, h('span', { class: 'split' }), h('small')),
      h('span', { class: 'tick', ...hidden }, icon('check', 's')),
    );
    picture.onload = () => cell.classList.toggle('loaded', !!sources.get(cell));
    picture.onerror = () => {
      // No broken frame where it is seen through.
      picture.removeAttribute('src');
      if (sources.get(cell)) badge(cell, 'alert');
    };
    list.append(cell);
    return cell;
  }

  /** @param {HTMLElement} cell @param {'alert' | 'close' | null | undefined} name */
  function badge(cell, name) {
    if ((cell.dataset.badge ?? '') === (name ?? '')) return;
    cell.querySelector('.badge')?.remove();
    if (name) {
      cell.dataset.badge = name;
      cell.append(h('span', { class: `badge ${name}` }, icon(name, 's')));
    } else delete cell.dataset.badge;
  }

  /** @param {number} index @param {HTMLElement} cell */
  function fill(index, cell) {
    const data = options.cell(index);
    const picture = /** @type {HTMLImageElement} */ (cell.firstElementChild);
    const source = data?.src ?? null;
    if (sources.get(cell) !== source) {
      sources.set(cell, source);
      cell.classList.remove('loaded');
      badge(cell, null);
      if (source) showIn(picture, source);
    }
    // A picture that could not be loaded keeps its mark until it is given another.
    if (data?.badge || !(cell.dataset.badge === 'alert' && data?.src && picture.complete)) badge(cell, data?.badge);
    const selected = untracked(options.selected);
    assign(cell, 'aria-label', data?.label ?? '…');
    assign(cell, 'aria-posinset', String(index + 1));
    assign(cell, 'aria-setsize', String(untracked(options.count)));
    assign(cell, 'aria-selected', String(index === selected || data?.picked === true));
    assign(cell, 'tabindex', index === Math.max(0, selected) ? '0' : '-1');
    const isList = !horizontal && untracked(options.row) > 0;
    const texts = [horizontal ? '' : (data?.name ?? ''), isList ? (data?.facts ?? '') : ''];
    [...cell.children[1].children].forEach((part, at) => {
      if (part.textContent === texts[at]) return;
      part.textContent = '';
      add(part, [at ? texts[at] : middle(texts[at])]);
    });
    assign(cell, 'title', data?.label ?? '');
    cell.classList.toggle('captioned', !horizontal);
    cell.classList.toggle('listed', isList);
    cell.classList.toggle('dim', data?.dim ?? false);
    cell.classList.toggle('picked', data?.picked ?? false);
    place(index, cell);
  }

  /** Range of positions in view, with a margin. @returns {[number, number]} */
  function inView() {
    const count = untracked(options.count);
    if (horizontal) {
      const step = cellWidth + options.gap;
      return [
        Math.max(0, Math.floor(box.scrollLeft / step) - 3),
        Math.min(count, Math.ceil((box.scrollLeft + box.clientWidth) / step) + 3),
      ];
    }
    const above = box.getBoundingClientRect().top - list.getBoundingClientRect().top;
    const step = cellHeight + options.gap;
    return [
      Math.max(0, (Math.floor(above / step) - 2) * columns),
      Math.max(0, Math.min(count, (Math.ceil((above + box.clientHeight) / step) + 2) * columns)),
    ];
  }

  /** Cells whose entries may have changed. @type {Set<number>} */
  let stale = new Set();
  let measuredFor = '';

  /** @param {boolean} refill whether cells that are there are filled again @param {number} most cells that may be filled; the next frame fills the others */
  function draw(refill = true, most = Infinity) {
    frame = 0;
    if (!box.isConnected || !box.clientWidth) return;
    const [from, to] = inView();
    for (const [index, cell] of live) {
      if (index >= from && index < to) continue;
      // The focused cell is kept while the list is long enough: dropping it would lose the keyboard's place.
      if (index === focusIndex && index < untracked(options.count) && document.activeElement === cell) continue;
      live.delete(index);
      spare.push(cell);
    }
    for (let index = from; index < to; index += 1) {
      let cell = live.get(index);
      if (cell && !refill && !stale.has(index)) continue;
      if (most <= 0) {
        schedule();
        return;
      }
      most -= 1;
      stale.delete(index);
      if (!cell) {
        cell = spare.pop() ?? makeCell();
        if (cell.hidden) cell.hidden = false;
        live.set(index, cell);
        indexOf.set(cell, index);
      }
      fill(index, cell);
    }
    // Those that were used again at once have never gone.
    for (const cell of spare) if (!cell.hidden) cell.hidden = true;
  }
  const schedule = () => {
    if (!frame) frame = requestAnimationFrame(() => draw(false, MOST_A_FRAME));
  };

  /** @param {number} index @param {MouseEvent | KeyboardEvent} event */
  function pick(index, event) {
    const target = Math.max(0, Math.min(untracked(options.count) - 1, index));
    options.pick(target, event);
    reveal(target);
    focusIndex = target;
    live.get(target)?.focus({ preventScroll: true });
  }

  /** @param {number} index */
  function reveal(index) {
    const [x, y] = position(index);
    if (horizontal) {
      if (x < box.scrollLeft) box.scrollLeft = x - options.gap;
      else if (x + cellWidth > box.scrollLeft + box.clientWidth - 16) box.scrollLeft = x + cellWidth - box.clientWidth + 24;
    } else {
      const top = y - (box.getBoundingClientRect().top - list.getBoundingClientRect().top);
      if (top < 4) box.scrollTop += top - 4;
      else if (top + cellHeight > box.clientHeight - 4) box.scrollTop += top + cellHeight - box.clientHeight + 8;
    }
    draw();
  }

  list.addEventListener('click', (event) => {
    const cell = /** @type {HTMLElement} */ (event.target).closest('.cell');
    const index = cell && indexOf.get(/** @type {HTMLElement} */ (cell));
    if (typeof index !== 'number') return;
    if (/** @type {Element} */ (event.target).closest('.tick')) options.tick(index);
    else pick(index, event);
  });
  list.addEventListener('keydown', (event) => {
    const focused = /** @type {HTMLElement} */ (event.target).closest('.cell');
    const now = (focused && indexOf.get(/** @type {HTMLElement} */ (focused))) ?? untracked(options.selected);
    const page = horizontal ? 4 : columns * Math.max(1, Math.floor(box.clientHeight / (cellHeight + options.gap)));
    if (event.key === ' ' && event.ctrlKey) {
      options.tick(now);
      event.preventDefault();
      return;
    }
    const step = /** @type {Record<string, number>} */ ({
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: horizontal ? 1 : columns,
      ArrowUp: horizontal ? -1 : -columns,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    })[event.key];
    if (step && !event.ctrlKey && !event.altKey && !event.metaKey)
      pick(Math.max(-1, Math.min(untracked(options.count), now + step)), event);
    else if (event.key === 'Enter') pick(now, event);
    else if (!options.key(now, event)) return;
    event.preventDefault();
    event.stopPropagation();
  });

  effect(() => {
    void options.version();
    const count = options.count();
    list.hidden = count === 0;
    const key = `${count}/${options.row()}`;
    if (key !== measuredFor) untracked(measure);
    else {
      stale = new Set(live.keys());
      schedule();
    }
    measuredFor = key;
  });
  effect(() => {
    void options.selected();
    untracked(draw);
  });
  const sizes = new ResizeObserver(measure);
  sizes.observe(box);
  onCleanup(() => {
    sizes.disconnect();
    cancelAnimationFrame(frame);
  });
  box.addEventListener('scroll', schedule, { passive: true });
  queueMicrotask(measure);
  return box;
}
