// Which of the four screens is shown: kept in the address, so that tabs are links and a reload stays.
import { signal } from './signal.js';

/** @typedef {'prepare' | 'run' | 'results' | 'compare'} Screen */
/** @type {Screen[]} */
export const SCREENS = ['prepare', 'run', 'results', 'compare'];

const fromAddress = () => SCREENS.find((name) => location.hash === `#/${name}`) ?? null;
/** @type {import('./signal.js').Signal<Screen>} */
export const screen = signal(fromAddress() ?? 'prepare');
/** Whether the address names a screen: if not, the page may open at the running job. */
export const askedFor = () => fromAddress() !== null;

/** @param {Screen} name */
export function go(name) {
  if (location.hash !== `#/${name}`) location.hash = `#/${name}`;
  screen.value = name;
}

addEventListener('hashchange', () => { screen.value = fromAddress() ?? screen.peek(); });
