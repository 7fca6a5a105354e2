// Results, large, photo by photo: an output against its original, or against another output.
import { posting } from './commands.js';
import { SCALES, curtain, layoutChoice, zoomedTo } from './curtain.js';
import { shapeOf, variantColour, variantLabel } from './draft.js';
import { button, h, icon, segmented } from './element.js';
import { dimensions, percent, size, t } from './i18n.js';
import { openDialog } from './overlays.js';
import { whileSpace } from './shortcuts.js';
import { batch, computed, effect, onCleanup, signal } from './signal.js';
import { state } from './stream.js';

/** @typedef {{ output: string, image: string, page?: number | null, name: string, variant: number, bytes?: number, steps?: Step[] }} Shown */
/** The photos that can be looked at, each with its outputs; null while it is fetched. @typedef {{ count: () => number, get: (index: number) => Shown[] | null }} Photos */
/** @typedef {{ url: string, width_px: number, height_px: number }} Loaded */

const ORIGINAL = { width_px: 2000, height_px: 1400 };
const DIGITS = '123456789';

/** @param {Photos} photos @param {number} photo @param {number} variant */
export function openLightbox(photos, photo, variant) {
  const at = signal(photo);
  // The list may grow or be fetched again while the picture is looked at: what is shown is kept.
  const row = signal(photos.get(photo) ?? []);
  const wanted = signal(variant);
  /** The variant at the left; -1: the original. */
  const left = signal(-1);
  const zoomed = signal(0);
  const side = signal(false);
  const of = (/** @type {number} */ one) => row.value.find((shown) => shown.variant === one);
  const current = computed(() => of(wanted.value) ?? row.value[0] ?? null);
  const label = (/** @type {Shown | undefined | null} */ one) => (one ? variantLabel(state.job.peek()?.variants ?? [], one.variant) : '');
  const dialog = openDialog(
    () => current.value?.name ?? '…',
    'lightbox',
    () => {
      const before = signal(/** @type {string | null} */ (null));
      const result = signal(/** @type {Loaded | null} */ (null));
      effect(() => {
        const item = current.value;
        let gone = false;
        result.value = null;
        onCleanup(() => {
          gone = true;
        });
        if (!item) return;
        const picture = new Image();
        picture.src = `/api/output/${item.output}`;
        picture.decode().then(
          () => {
            if (!gone) result.value = { url: picture.src, width_px: picture.naturalWidth, height_px: picture.naturalHeight };
          },
          () => {},
        );
      });
      /** The size that the original is wanted in: as large as it is shown. */
      const wantedSize = computed(() => JSON.stringify((zoomed.value && result.value) || ORIGINAL, ['width_px', 'height_px']));
      effect(() => {
        const { image, page } = current.value ?? {};
        const other = of(left.value);
        const asked = wantedSize.value;
        if (!image) return;
        if (other) {
          before.value = `/api/output/${other.output}`;
          return;
        }
        const stop = new AbortController();
        let url = '';
        // The part of the photo that the output shows.
        const { steps: own, variant: index = -1 } = current.peek() ?? {};
        const steps = shapeOf(own ?? state.job.peek()?.variants[index]?.steps ?? []);
        fetch(
          '/api/preview',
          posting({ image, page, steps, encoding: { format: null, quality: 90 }, size: JSON.parse(asked), exact: true }, stop.signal),
        )
          .then(async (answer) => {
            if (!answer.ok) return;
            url = URL.createObjectURL(await answer.blob());
            if (stop.signal.aborted) URL.revokeObjectURL(url);
            else before.value = url;
          })
          // It was given up, or the program is gone.
          .catch(() => {});
        onCleanup(() => {
          stop.abort();
          URL.revokeObjectURL(url);
          before.value = null;
        });
      });
      /** @param {'in' | 'out' | 'toggle' | 'fit'} to */
      const zoom = (to) => {
        zoomed.value = zoomedTo(zoomed.peek(), to);
      };
      const view = curtain({
        before: () => before.value,
        after: () => result.value?.url ?? null,
        beforeLabel: () => label(of(left.value)) || t('before'),
        afterLabel: () => label(current.value) || t('after'),
        ratio: () => (result.value ? result.value.width_px / result.value.height_px : 1.5),
        side: () => side.value,
        full: () => {
          const now = result.value;
          return zoomed.value && now ? { width_px: now.width_px * zoomed.value, height_px: now.height_px * zoomed.value } : null;
        },
        zoom,
        busy: () => !result.value,
      });
      /** The next photo that has outputs. @param {number} by */
      const step = (by) => {
        for (let next = at.peek() + by; next >= 0 && next < photos.count(); next += by) {
          const shown = photos.get(next);
          if (!shown) return;
          if (!shown.length) continue;
          batch(() => {
            at.value = next;
            row.value = shown;
          });
          return;
        }
      };
      /** @param {number} index of the outputs of the photo @param {boolean} atLeft */
      const choose = (index, atLeft) => {
        const one = row.peek()[index];
        if (!one) return;
        if (!atLeft) wanted.value = one.variant;
        else left.value = left.peek() === one.variant ? -1 : one.variant;
      };
      onCleanup(whileSpace(view.showOriginal));
      const keys = (/** @type {KeyboardEvent} */ event) => {
        const isRange = event.target === view.range;
        const digit = DIGITS.indexOf(event.code.replace('Digit', ''));
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        if (event.key === 'ArrowRight' && !isRange) step(1);
        else if (event.key === 'ArrowLeft' && !isRange) step(-1);
        else if (event.key === '0') zoom('fit');
        else if (event.key === '+' || event.key === '-') zoom(event.key === '+' ? 'in' : 'out');
        else if (digit >= 0) choose(digit, event.shiftKey);
        else return;
        event.preventDefault();
      };
      queueMicrotask(() => dialog.addEventListener('keydown', keys));
      return [
        h('div', { class: 'stage-area' }, view.root),
        h(
          'div',
          { class: 'actions spread' },
          button('square', () => step(-1), { 'aria-label': t('previous'), disabled: () => at.value <= 0 }, icon('left')),
          button('square', () => step(1), { 'aria-label': t('next'), disabled: () => at.value >= photos.count() - 1 }, icon('right')),
          h('div', { class: 'chips', role: 'group', 'aria-label': t('outputs'), title: t('left_hint') }, () =>
            row.value.map((one, index) =>
              h(
                'button',
                {
                  type: 'button',
                  class: 'chip',
                  'aria-pressed': () => String(current.value === one),
                  onclick: (/** @type {MouseEvent} */ event) => choose(index, event.shiftKey),
                },
                h('span', { class: variantColour(one.variant), 'aria-hidden': 'true' }),
                label(one),
                () => left.value === one.variant && h('small', null, t('at_left')),
              ),
            ),
          ),
          h('p', { class: 'muted' }, () => {
            const [item, picture] = [current.value, result.value];
            return [picture && dimensions(picture.width_px, picture.height_px), item?.bytes && size(item.bytes)]
              .filter(Boolean)
              .join(' · ');
          }),
          h('span', { class: 'spring' }),
          layoutChoice(side),
          segmented(
            () => t('scale'),
            SCALES.map((one) => /** @type {[number, () => string]} */ ([one, () => (one ? percent(one * 100) : t('fit'))])),
            () => zoomed.value,
            (value) => {
              zoomed.value = value;
            },
          ),
          h('a', { class: 'btn', href: () => `/api/original/${current.value?.image ?? ''}`, download: '' }, t('original')),
          h(
            'a',
            { class: 'btn primary', href: () => `/api/output/${current.value?.output ?? ''}?download=1`, download: '' },
            icon('download'),
            t('download'),
          ),
        ),
      ];
    },
  );
}
