// The focus of whoever works with keys: what goes while it has the focus leaves it close by, not at the top of the page.

const FOCUSABLE = 'a[href], button:enabled, input:enabled, select:enabled, summary, [tabindex="0"]';
const isSeen = (/** @type {Element} */ one) => one.isConnected && one.checkVisibility({ visibilityProperty: true });

/** For as long as the page lives. */
export function keepFocus() {
  let byKeys = false;
  /** What has the focus, and what that is in. @type {Element[]} */
  let around = [];
  /** What else could have it: what comes after, then what is before, the nearest first. @type {Element[]} */
  let others = [];
  addEventListener('keydown', () => (byKeys = true), true);
  addEventListener('pointerdown', () => (byKeys = false), true);
  addEventListener('focusin', ({ target }) => {
    around = [];
    for (let one = /** @type {Element | null} */ (target); one; one = one.parentElement) around.push(one);
    const all = [...document.querySelectorAll(FOCUSABLE)];
    const at = all.indexOf(around[0]);
    others = [...all.slice(at + 1), ...all.slice(0, Math.max(0, at)).reverse()];
  });
  function restore() {
    if (!byKeys || document.activeElement !== document.body || !around.length || isSeen(around[0])) return;
    for (const near of around.filter(isSeen)) {
      // Of another screen nothing is close by.
      if (near.matches('main, body')) break;
      const next = [...others, ...near.querySelectorAll(FOCUSABLE)].find(
        (one) => near.contains(one) && one.matches(FOCUSABLE) && isSeen(one),
      );
      if (!next) continue;
      /** @type {HTMLElement} */ (next).focus();
      return;
    }
    document.getElementById('main')?.focus();
  }
  new MutationObserver(restore).observe(document.body, { childList: true, subtree: true });
  // What is hidden loses the focus later.
  addEventListener('focusout', () => setTimeout(restore));
}
