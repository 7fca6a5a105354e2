// The page's texts in Spanish and English.
import { signal } from './signal.js';
import { number } from './format.js';
import { en } from './texts-en.js';
import { es } from './texts-es.js';

/** @typedef {keyof typeof es} Key */

/** @type {import('./signal.js').Signal<'es' | 'en'>} */
export const language = signal('es');

/** @param {'es' | 'en'} code @returns {'es' | 'en'} */
export const otherLanguage = (code) => (code === 'es' ? 'en' : 'es');

/**
 * The text of a key. `{0}` `{1}`… are replaced; numbers are formatted. Of a pair of texts, the first is for one and the second
 * for any other number, decided by the first argument.
 * @param {Key} key @param {...(string | number)} values @returns {string}
 */
export function t(key, ...values) {
  /** @type {string | string[]} */
  let text = (language.value === 'es' ? es : en)[key];
  if (typeof text !== 'string') text = text[values[0] === 1 ? 0 : 1];
  return text.replace(/\{(\d)\}/g, (_, index) => {
    const value = values[index];
    return typeof value === 'number' ? number(value) : String(value);
  });
}

/** @param {Bilingual} text of the catalogue */
export const say = (text) => text[language.value];
