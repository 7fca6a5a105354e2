// The outputs that just ended, as thumbnails.
import { button, h, icon, keyed } from './element.js';
import { colourClass } from './catalogue.js';
import { t } from './i18n.js';
import { openLightbox } from './lightbox.js';
import { go } from './router.js';
import { effect, onCleanup, signal } from './signal.js';
import { state } from './stream.js';

const SHOWN = 10;
/** Thumbnails are renewed at most this often: faster, nobody sees them and the workers make them for nothing. */
const RENEW_MS = 700;

export function recentCard() {
  const shown = signal(/** @type {Recent[]} */ ([]));
  let next = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  effect(() => {
    const list = state.recent.value;
    clearTimeout(timer);
    const wait = Math.max(0, next - performance.now());
    timer = setTimeout(() => { next = performance.now() + RENEW_MS; shown.value = list.slice(0, SHOWN); }, wait);
  });
  onCleanup(() => clearTimeout(timer));
  return h('section', { class: 'card', 'aria-label': () => t('recent') },
    h('div', { class: 'head' }, h('h2', null, () => t('recent')), h('span', { class: 'spring' }), button('ghost small', () => go('results'), null, () => t('see_all'), icon('right', 's'))),
    () => state.recent.value.length === 0 && h('p', { class: 'none' }, t('none_yet')),
    keyed(h('div', { class: 'recent' }), () => shown.value, (one) => one.output, (one) => h('button', { type: 'button', class: 'recent-cell', 'aria-label': one.name, onclick: () => openLightbox([one], 0) },
      h('span', { class: 'recent-picture' }, h('img', { src: `/api/output-thumb/${one.output}`, alt: '', decoding: 'async', loading: 'lazy' })),
      h('span', { class: 'recent-name' }, h('span', { class: colourClass(one.variant), 'aria-hidden': 'true' }), h('span', { class: 'name' }, one.name)))));
}
