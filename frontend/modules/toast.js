// Short messages in a corner. They are announced by their live region, and go by themselves.
import { button, h, icon } from './element.js';
import { t } from './i18n.js';

const STAY_MS = 8000;
const MOST = 3;

const box = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
export const toastBox = () => box;

/** @param {string} text @param {'' | 'bad' | 'good'} kind @param {{ label: string, act: () => void } | null} action */
export function toast(text, kind = '', action = null) {
  const close = () => note.remove();
  const note = h('div', { class: `toast ${kind}` },
    icon(kind === 'bad' ? 'alert' : kind === 'good' ? 'redo' : 'info'),
    h('p', null, text),
    action && button('small', () => { close(); action.act(); }, null, action.label),
    button('ghost small square', close, { 'aria-label': t('close') }, icon('close', 's')));
  box.append(note);
  while (box.childElementCount > MOST) box.firstElementChild?.remove();
  let timer = setTimeout(close, STAY_MS);
  // A message under the pointer or with the focus stays until it is left.
  for (const enter of ['pointerenter', 'focusin']) note.addEventListener(enter, () => clearTimeout(timer));
  for (const leave of ['pointerleave', 'focusout']) note.addEventListener(leave, () => { clearTimeout(timer); timer = setTimeout(close, STAY_MS); });
}
