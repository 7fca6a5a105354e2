// What the page itself is set to: screen, language, theme, shortcuts. Remembered by this browser.
import { language, setLanguage } from './i18n.js';
import { effect, signal } from './signal.js';

/** @param {string} key @returns {any} */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(`lote.${key}`) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {string} key @param {unknown} value */
export function remember(key, value) {
  try {
    localStorage.setItem(`lote.${key}`, JSON.stringify(value));
  } catch {
    /* storage is off or full: nothing is remembered */
  }
}

const asked = new URLSearchParams(location.search);
/** @template {string} T @param {unknown[]} candidates @param {T[]} allowed @param {T} otherwise @returns {T} */
const firstOf = (candidates, allowed, otherwise) =>
  /** @type {T | undefined} */ (candidates.find((one) => allowed.includes(/** @type {T} */ (one)))) ?? otherwise;

/** @type {import('./signal.js').Signal<'light' | 'dark'>} */
export const theme = signal(
  firstOf([asked.get('theme'), recall('theme')], ['light', 'dark'], matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'),
);
/** Whether single letters act as shortcuts. */
export const letters = signal(recall('letters') !== false);

/** Applies the preferences to the document and remembers them when they change. Done when the texts are there. */
export async function applyPreferences() {
  await setLanguage(firstOf([asked.get('lang'), recall('lang'), navigator.language.slice(0, 2)], ['es', 'en'], 'es'));
  effect(() => {
    document.documentElement.lang = language.value;
    remember('lang', language.value);
  });
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    if (theme.value !== recall('theme')) remember('theme', theme.value);
  });
  effect(() => remember('letters', letters.value));
}

/** @typedef {'prepare' | 'run' | 'results'} Screen */
/** @type {Screen[]} */
export const SCREENS = ['prepare', 'run', 'results'];

/** Where the comparison was when it was a screen of its own: addresses that people have kept open the drawer. */
const asksForDrawer = () => location.hash === '#/compare';
/** Whether the drawer that explains and measures is open. */
export const drawer = signal(asksForDrawer());

const fromAddress = () => (asksForDrawer() ? 'run' : (SCREENS.find((name) => location.hash === `#/${name}`) ?? null));
/** @type {import('./signal.js').Signal<Screen>} */
export const screen = signal(fromAddress() ?? 'prepare');
/** Whether the address names a screen: if not, the page may open at the running job. */
export const askedFor = () => fromAddress() !== null;

/** @param {Screen} name */
export function go(name) {
  if (location.hash !== `#/${name}`) location.hash = `#/${name}`;
  screen.value = name;
}

addEventListener('hashchange', () => {
  if (asksForDrawer()) drawer.value = true;
  screen.value = fromAddress() ?? screen.peek();
});
