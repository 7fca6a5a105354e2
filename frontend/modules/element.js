// Makes elements without markup strings: text goes through text nodes only, styles through the CSSOM (strict CSP).
import { effect, onCleanup, scope, untracked } from './signal.js';

export const PATHS = {
  pause: 'M9 5v14M15 5v14',
  play: 'M7.5 5v14l11-7z',
  stop: 'M6.5 6.5h11v11h-11z',
  folder: 'M3.5 7.5a2 2 0 0 1 2-2h3.6l2 2.2h7.4a2 2 0 0 1 2 2v7.3a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z',
  upload: 'M12 15.5V4.5M7.5 9 12 4.5 16.5 9M4.5 16v2.5a1.5 1.5 0 0 0 1.5 1.5h12a1.5 1.5 0 0 0 1.5-1.5V16',
  download: 'M12 4.5v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14',
  save: 'M5 4.5h11l3.5 3.5v11.5H4.5v-15zM8 4.5v5h7v-5M8 19.5v-6h8v6',
  check: 'M5 12.5 9.8 17 19 7.5',
  close: 'M6 6l12 12M18 6 6 18',
  redo: 'M4.2 12a7.8 7.8 0 1 0 2.4-5.6M4.2 4.2v4.6h4.6',
  power: 'M12 3.2v8.6M6.6 7.2a7.8 7.8 0 1 0 10.8 0',
  moon: 'M20 14.4A8.3 8.3 0 1 1 9.6 4a6.8 6.8 0 0 0 10.4 10.4z',
  sun: 'M12 8.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6M12 2.5v2.2M12 19.3v2.2M2.5 12h2.2M19.3 12h2.2M5.3 5.3l1.5 1.5M17.2 17.2l1.5 1.5M18.7 5.3l-1.5 1.5M6.8 17.2l-1.5 1.5',
  alert: 'M12 8.5v4.7M12 16.6v.01M10.5 4.3 2.9 17.4a1.75 1.75 0 0 0 1.5 2.6h15.2a1.75 1.75 0 0 0 1.5-2.6L13.5 4.3a1.75 1.75 0 0 0-3 0z',
  info: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 11v5.2M12 7.8v.01',
  images: 'M4 5h13v11H4zM7.5 20H20V8.5M4 13.2l4-4.2 4 4.2 2-2 3 3',
  activity: 'M3 12h4l3-7.5 4 15 3-7.5h4',
  bars: 'M5 20v-9M12 20V4M19 20v-7',
  sliders: 'M4 7.5h9M17.5 7.5H20M4 16.5h3M11.5 16.5H20M13 5v5M7.5 14v5',
  split: 'M12 3v18M4.5 6.5H9v11H4.5M19.5 6.5H15v11h4.5',
  search: 'M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.8 15.8 20.5 20.5',
  right: 'M9 6l6 6-6 6',
  left: 'M15 6l-6 6 6 6',
  up: 'M6 15l6-6 6 6',
  down: 'M6 9l6 6 6-6',
  help: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M9.7 9.5a2.4 2.4 0 1 1 3.5 2.2c-.8.4-1.2.9-1.2 1.7M12 16.6v.01',
  file: 'M6.5 3.5h7l4 4v13h-11zM13.5 3.5v4h4',
  offline: 'M3.5 3.5l17 17M8.6 15.8a5 5 0 0 1 6.4-.3M5.2 12.3a10 10 0 0 1 3.9-2.2M18.8 12.3a10 10 0 0 0-5.9-2.7M12 19.4v.01',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4',
  lock: 'M6.5 10.5h11v9h-11zM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7M10.5 10.5v5.5M13.5 10.5v5.5',
  table: 'M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9',
};

/** @typedef {Node | string | number | boolean | null | undefined | (() => any) | any[]} Child */

/** @param {any} value @param {(value: any) => void} apply a function is followed as an effect */
function follow(value, apply) {
  if (typeof value !== 'function') {
    apply(value);
    return;
  }
  let last = apply;
  effect(() => {
    const now = value();
    if (now !== last) {
      last = now;
      apply(now);
    }
  });
}

/** @param {Element} element @param {string} name @param {any} value */
function setProperty(element, name, value) {
  if (name === 'class') element.setAttribute('class', value ?? '');
  else if (
    name === 'checked' ||
    name === 'value' ||
    name === 'disabled' ||
    name === 'hidden' ||
    name === 'selected' ||
    name === 'tabIndex' ||
    name === 'scrollTop'
  )
    /** @type {any} */ (element)[name] = value;
  else if (name.startsWith('--')) /** @type {HTMLElement} */ (element).style.setProperty(name, value);
  else if (value == null || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

/** @param {Element} element @param {Record<string, any> | null} props @param {Child[]} children */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else follow(value, (now) => setProperty(element, name, now));
  }
  add(element, children);
}

/** @param {Element} parent @param {Child[]} children */
export function add(parent, children) {
  for (const child of children) {
    if (Array.isArray(child)) add(parent, child);
    else if (typeof child === 'function') addLive(parent, child);
    else if (child != null && typeof child !== 'boolean') parent.append(child instanceof Node ? child : String(child));
  }
}

/** A function child is a region that is made again when a signal it reads changes. @param {Element} parent @param {() => any} make */
function addLive(parent, make) {
  // Regions within it come and go between the two as well.
  const [start, end] = [document.createComment(''), document.createComment('')];
  parent.append(start, end);
  effect(() => {
    const made = make();
    const first = start.nextSibling;
    if (first instanceof Text && first.nextSibling === end && (typeof made === 'string' || typeof made === 'number')) {
      if (first.data !== String(made)) first.data = String(made);
      return;
    }
    for (let node = first; node && node !== end; node = start.nextSibling) node.remove();
    const fragment = document.createDocumentFragment();
    untracked(() => add(/** @type {any} */ (fragment), [made]));
    end.before(fragment);
  });
}

/**
 * An HTML element. `class`, attributes and `--custom` properties by name, listeners as `onclick`…; a function as a value or a
 * child follows the signals it reads.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, any> | null} [props] @param {...Child} children @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = null, ...children) {
  const element = document.createElement(tag);
  fill(element, props, children);
  return element;
}

/** An SVG element. @param {string} tag @param {Record<string, any> | null} [props] @param {...Child} children @returns {SVGElement} */
export function svg(tag, props = null, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  fill(element, props, children);
  return /** @type {SVGElement} */ (element);
}

/** @param {keyof typeof PATHS} name @param {string} [size] `s` for 14 px */
export const icon = (name, size = '') =>
  svg('svg', { class: `icon ${size}`, viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] }));

/** A name that is shortened before its end, which tells files and formats apart; for what has the class `split`. @param {string} name */
export const middle = (name) =>
  /^(.*?)(.{0,8})$/su
    .exec(name)
    ?.slice(1)
    .map((part) => h('span', null, part));

/** A button; `label` names one that shows only an icon. @param {string} kind classes @param {() => void} act @param {Record<string, any> | null} props @param {...Child} children */
export const button = (kind, act, props, ...children) =>
  h('button', { type: 'button', class: `btn ${kind}`, onclick: act, ...props }, ...children);

/**
 * A group of buttons of which one is pressed.
 * @template T @param {() => string} label @param {[T, () => string][]} items @param {() => T} chosen @param {(value: T) => void} choose
 */
export const segmented = (label, items, chosen, choose) =>
  h(
    'div',
    { class: 'segmented', role: 'group', 'aria-label': label },
    items.map(([value, text]) =>
      h('button', { type: 'button', 'aria-pressed': () => String(chosen() === value), onclick: () => choose(value) }, text),
    ),
  );

/**
 * Keeps the children of `parent` in step with a list: an entry with a known key keeps its element (and its focus).
 * @template T @template {Element} P @param {P} parent @param {() => T[]} items @param {(item: T) => string | number} key @param {(item: T) => Element} make @returns {P}
 */
export function keyed(parent, items, key, make) {
  /** @type {Map<string | number, [Element, () => void]>} */
  const known = new Map();
  onCleanup(() => {
    for (const [, end] of known.values()) end();
  });
  effect(() => {
    const list = items();
    const keys = new Set(list.map(key));
    for (const [id, [element, end]] of known)
      if (!keys.has(id)) {
        end();
        element.remove();
        known.delete(id);
      }
    let before = parent.firstElementChild;
    for (const item of list) {
      const id = key(item);
      let entry = known.get(id);
      if (!entry) known.set(id, (entry = scope(() => make(item))));
      const [element] = entry;
      if (element === before) before = before.nextElementSibling;
      else parent.insertBefore(element, before);
    }
  });
  return parent;
}
