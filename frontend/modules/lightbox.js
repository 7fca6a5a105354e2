// One result, large, against its original.
import { posting } from './commands.js';
import { curtain } from './curtain.js';
import { variantColour, variantLabel } from './draft.js';
import { button, h, icon } from './element.js';
import { dimensions, size, t } from './i18n.js';
import { openDialog } from './overlays.js';
import { whileSpace } from './shortcuts.js';
import { batch, effect, onCleanup, signal } from './signal.js';
import { state } from './stream.js';

/** @typedef {{ output: string, image: string, name: string, variant: number, bytes?: number }} Shown */

const ORIGINAL = { width_px: 2000, height_px: 1400 };

/** @param {{ count: () => number, get: (index: number) => Shown | null } | Shown[]} source @param {number} first */
export function openLightbox(source, first) {
  const list = Array.isArray(source) ? { count: () => source.length, get: (/** @type {number} */ index) => source[index] } : source;
  const index = signal(first);
  // The list may grow or be fetched again while the picture is looked at: what is shown is kept.
  const shownItem = signal(list.get(first));
  const current = () => shownItem.value;
  const dialog = openDialog(
    () => current()?.name ?? '…',
    'lightbox',
    () => {
      const original = signal(/** @type {string | null} */ (null));
      const result = signal(/** @type {{ url: string, width_px: number, height_px: number } | null} */ (null));
      effect(() => {
        const item = current();
        if (!item) return;
        let gone = false;
        const stop = new AbortController();
        fetch(
          '/api/preview',
          posting({ image: item.image, steps: [], encoding: { format: null, quality: 90 }, size: ORIGINAL, exact: true }, stop.signal),
        ).then(
          async (answer) => {
            if (answer.ok) {
              const url = URL.createObjectURL(await answer.blob());
              if (gone) URL.revokeObjectURL(url);
              else original.value = url;
            }
          },
          () => {},
        );
        const picture = new Image();
        picture.src = `/api/output/${item.output}`;
        picture.decode().then(
          () => {
            if (!gone) result.value = { url: picture.src, width_px: picture.naturalWidth, height_px: picture.naturalHeight };
          },
          () => {},
        );
        onCleanup(() => {
          gone = true;
          stop.abort();
          const old = original.peek();
          if (old) URL.revokeObjectURL(old);
          original.value = null;
        });
      });
      const variantText = () => {
        const item = current();
        return item ? variantLabel(state.job.peek()?.variants ?? [], item.variant) : '';
      };
      const view = curtain({
        before: () => original.value,
        after: () => result.value?.url ?? null,
        afterLabel: () => `${t('after')} · ${variantText()}`,
        ratio: () => (result.value ? result.value.width_px / result.value.height_px : 1.5),
        side: () => false,
        full: () => null,
        busy: () => !result.value,
      });
      const step = (/** @type {number} */ by) => {
        const next = index.peek() + by;
        const item = next >= 0 && next < list.count() ? list.get(next) : null;
        if (item)
          batch(() => {
            result.value = null;
            index.value = next;
            shownItem.value = item;
          });
      };
      onCleanup(whileSpace(view.showOriginal));
      const keys = (/** @type {KeyboardEvent} */ event) => {
        if (event.target === view.range) return;
        if (event.key === 'ArrowRight') step(1);
        else if (event.key === 'ArrowLeft') step(-1);
        else return;
        event.preventDefault();
      };
      queueMicrotask(() => dialog.addEventListener('keydown', keys));
      return [
        h('div', { class: 'stage-area' }, view.root),
        h(
          'div',
          { class: 'actions spread' },
          button('square', () => step(-1), { 'aria-label': t('previous'), disabled: () => index.value <= 0 }, icon('left')),
          h('p', { class: 'muted' }, () => {
            const item = current();
            return (
              item && [
                h('span', { class: variantColour(item.variant), 'aria-hidden': 'true' }),
                ` ${variantText()}`,
                result.value ? ` · ${dimensions(result.value.width_px, result.value.height_px)}` : '',
                item.bytes ? ` · ${size(item.bytes)}` : '',
              ]
            );
          }),
          h('span', { class: 'spring' }),
          h('a', { class: 'btn', href: () => `/api/original/${current()?.image ?? ''}`, download: '' }, t('original')),
          h(
            'a',
            { class: 'btn primary', href: () => `/api/output/${current()?.output ?? ''}?download=1`, download: '' },
            icon('download'),
            t('download'),
          ),
          button('square', () => step(1), { 'aria-label': t('next'), disabled: () => index.value >= list.count() - 1 }, icon('right')),
        ),
      ];
    },
  );
}
