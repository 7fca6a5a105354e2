// What lies above the page: modal dialogs on the native <dialog>, and toasts.
import { button, h, icon } from './element.js';
import { t } from './i18n.js';
import { scope } from './signal.js';

let count = 0;

/**
 * Opens a dialog; it ends with its effects when it closes.
 * @param {() => string} title @param {string} kind class @param {(close: () => void) => import('./element.js').Child} content
 */
export function openDialog(title, kind, content) {
  const id = `dialog-${(count += 1)}`;
  const [dialog, end] = scope(() => {
    const element = h('dialog', { class: kind, 'aria-labelledby': id });
    const close = () => element.close();
    element.append(
      h(
        'header',
        { class: 'head' },
        h('h2', { id }, title),
        h('span', { class: 'spring' }),
        button('ghost small square', close, { 'aria-label': () => t('close') }, icon('close')),
      ),
    );
    element.append(h('div', { class: 'dialog-body' }, content(close)));
    return element;
  });
  dialog.addEventListener('close', () => {
    end();
    dialog.remove();
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Asks before something that cannot be undone; the focus is on staying. @param {string} title @param {string} text @param {string} stay @param {string} act @param {() => void} confirmed */
export function confirm(title, text, stay, act, confirmed) {
  const dialog = openDialog(
    () => title,
    'confirm',
    (close) => [
      h('p', null, text),
      h(
        'div',
        { class: 'actions end' },
        button('stay', close, { autofocus: true }, stay),
        button(
          'danger',
          () => {
            close();
            confirmed();
          },
          null,
          act,
        ),
      ),
    ],
  );
  /** @type {HTMLElement | null} */ (dialog.querySelector('.stay'))?.focus();
}

const STAY_MS = 6000;
const MOST = 2;
/** Of the ring around what has the focus. */
const GAP_PX = 6;

const toasts = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
export const toastBox = () => toasts;

/** Messages stand at the other end while what has the focus lies where they are. */
export const makeWay = () =>
  requestAnimationFrame(() => {
    const one = document.activeElement;
    if (!one || toasts.contains(one)) return;
    toasts.classList.remove('aside');
    const [box, over] = [one.getBoundingClientRect(), toasts.getBoundingClientRect()];
    const isCovered = box.bottom > over.top - GAP_PX && box.top < over.bottom && box.left < over.right && box.right > over.left;
    // What fills the window is not hidden by them.
    toasts.classList.toggle('aside', isCovered && box.height < innerHeight / 2);
  });

/** @param {string} text @param {'' | 'bad' | 'good'} kind @param {{ label: string, act: () => void } | null} action @returns {() => void} closes it */
export function toast(text, kind = '', action = null) {
  const close = () => note.remove();
  const note = h(
    'div',
    { class: `toast ${kind}` },
    icon(kind === 'bad' ? 'alert' : kind === 'good' ? 'redo' : 'info'),
    h('p', null, text),
    action &&
      button(
        'small',
        () => {
          close();
          action.act();
        },
        null,
        action.label,
      ),
    button('ghost small square', close, { 'aria-label': t('close') }, icon('close', 's')),
  );
  toasts.append(note);
  while (toasts.childElementCount > MOST) toasts.firstElementChild?.remove();
  makeWay();
  let timer = setTimeout(close, STAY_MS);
  // A message under the pointer or with the focus stays until it is left.
  for (const enter of ['pointerenter', 'focusin']) note.addEventListener(enter, () => clearTimeout(timer));
  for (const leave of ['pointerleave', 'focusout'])
    note.addEventListener(leave, () => {
      clearTimeout(timer);
      timer = setTimeout(close, STAY_MS);
    });
  return close;
}
