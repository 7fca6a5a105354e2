// The focus: what goes while it has the focus leaves it close by, not at the top of the page.
import { makeWay } from './overlays.js';

const FOCUSABLE = 'a[href], button:enabled, input:enabled, select:enabled, summary, [tabindex="0"]';
const isSeen = (/** @type {Element} */ one) => one.isConnected && one.checkVisibility({ visibilityProperty: true });

/** For as long as the page lives. */
export function keepFocus() {
  let byKeys = false;
  /**
   * What has the focus with what that is in, and what else could have it: what comes after, then what is before, the nearest first. Then
   * the same of what had it before a dialog.
   * @type {{ around: Element[], others: Element[] }[]}
   */
  let places = [];
  addEventListener('keydown', () => (byKeys = true), true);
  addEventListener('pointerdown', () => (byKeys = false), true);
  addEventListener('focusin', ({ target }) => {
    makeWay();
    const around = [];
    for (let one = /** @type {Element | null} */ (target); one; one = one.parentElement) around.push(one);
    const all = [...document.querySelectorAll(FOCUSABLE)];
    const at = all.indexOf(around[0]);
    const others = [...all.slice(at + 1), ...all.slice(0, Math.max(0, at)).reverse()];
    const dialog = around[0].closest('dialog');
    const isSame = !dialog || places[0]?.around.includes(dialog);
    places = [{ around, others }, ...(dialog ? places.slice(isSame ? 1 : 0) : [])];
  });
  function restore() {
    const had = places[0]?.around[0];
    const now = document.activeElement;
    if (!had || (now !== document.body && now !== had)) return;
    // One that cannot be pressed any more loses the focus, too, though later and without a word.
    if (isSeen(had) && !had.matches(':disabled')) {
      // It was left for the page itself.
      if (now !== had) places = [];
      return;
    }
    for (const { around, others } of places)
      for (const near of around.filter(isSeen)) {
        // Of another screen nothing is close by.
        if (near.matches('main, body')) break;
        const next = [...others, ...near.querySelectorAll(FOCUSABLE)].find(
          // On a telephone a field would bring up the keyboard.
          (one) => near.contains(one) && one.matches(FOCUSABLE) && isSeen(one) && (byKeys || !one.matches('input, select')),
        );
        if (!next) continue;
        /** @type {HTMLElement} */ (next).focus({ preventScroll: !byKeys });
        return;
      }
    document.getElementById('main')?.focus();
  }
  new MutationObserver(restore).observe(document.body, { childList: true, subtree: true, attributeFilter: ['disabled'] });
  // What is hidden loses the focus later.
  addEventListener('focusout', () => setTimeout(restore));
}
