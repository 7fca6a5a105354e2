// Makes elements without markup strings: text goes through text nodes only, styles through the CSSOM (strict CSP).
import { effect, onCleanup, scope, untracked } from './signal.js';
import { PATHS } from './icons.js';

/** @typedef {Node | string | number | boolean | null | undefined | (() => any) | any[]} Child */

/** @param {any} value @param {(value: any) => void} apply a function is followed as an effect */
function follow(value, apply) {
  if (typeof value === 'function') effect(() => apply(value())); else apply(value);
}

/** @param {Element} element @param {string} name @param {any} value */
function setProperty(element, name, value) {
  if (name === 'class') element.setAttribute('class', value ?? '');
  else if (name === 'checked' || name === 'value' || name === 'disabled' || name === 'hidden' || name === 'tabIndex' || name === 'scrollTop') /** @type {any} */ (element)[name] = value;
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
  const end = document.createComment('');
  /** @type {ChildNode[]} */
  let nodes = [];
  parent.append(end);
  effect(() => {
    const made = make();
    if (nodes.length === 1 && nodes[0] instanceof Text && (typeof made === 'string' || typeof made === 'number')) { nodes[0].data = String(made); return; }
    for (const node of nodes) node.remove();
    const fragment = document.createDocumentFragment();
    untracked(() => add(/** @type {any} */ (fragment), [made]));
    nodes = [...fragment.childNodes];
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
export const icon = (name, size = '') => svg('svg', { class: `icon ${size}`, viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] }));

/** A button; `label` names one that shows only an icon. @param {string} kind classes @param {() => void} act @param {Record<string, any> | null} props @param {...Child} children */
export const button = (kind, act, props, ...children) => h('button', { type: 'button', class: `btn ${kind}`, onclick: act, ...props }, ...children);

/**
 * A group of buttons of which one is pressed.
 * @template T @param {() => string} label @param {[T, () => string][]} items @param {() => T} chosen @param {(value: T) => void} choose
 */
export const segmented = (label, items, chosen, choose) => h('div', { class: 'segmented', role: 'group', 'aria-label': label },
  items.map(([value, text]) => h('button', { type: 'button', 'aria-pressed': () => String(chosen() === value), onclick: () => choose(value) }, text)));

/**
 * Keeps the children of `parent` in step with a list: an entry with a known key keeps its element (and its focus).
 * @template T @template {Element} P @param {P} parent @param {() => T[]} items @param {(item: T) => string | number} key @param {(item: T) => Element} make @returns {P}
 */
export function keyed(parent, items, key, make) {
  /** @type {Map<string | number, [Element, () => void]>} */
  const known = new Map();
  onCleanup(() => { for (const [, end] of known.values()) end(); });
  effect(() => {
    const list = items();
    const keys = new Set(list.map(key));
    for (const [id, [element, end]] of known) if (!keys.has(id)) { end(); element.remove(); known.delete(id); }
    let before = parent.firstElementChild;
    for (const item of list) {
      const id = key(item);
      let entry = known.get(id);
      if (!entry) known.set(id, entry = scope(() => make(item)));
      const [element] = entry;
      if (element === before) before = before.nextElementSibling; else parent.insertBefore(element, before);
    }
  });
  return parent;
}
