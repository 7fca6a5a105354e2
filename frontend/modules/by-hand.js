// A step that is placed by hand on the photo, for all photos or only for one: what the tools for crops and logos have in common.
import { outputOf, pathOf, placing, setOnly, setParams, stepsOn } from './draft.js';
import { button, h, keyed, segmented } from './element.js';
import { t } from './i18n.js';
import { choose, chosen, image, images } from './image-list.js';
import { pictureOf, sample } from './preview.js';
import { computed, effect, onCleanup, signal, untracked } from './signal.js';

/** @typedef {import('./crop-box.js').Box} Box */
/** @typedef {Record<string, ParamValue>} Params */
/** @typedef {{ width_px: number, height_px: number }} Size */
const SIZE = { width_px: 1600, height_px: 1200 };
/** Other photos that show the same rule. */
const OTHERS = 8;

/** A step on the photo that is looked at. @param {{ id: number, key: number }} step */
export function onPhoto({ id, key }) {
  const step = computed(() => outputOf(id)?.steps.find((one) => one.key === key));
  /** Steps of a photo up to this one, and this one. @param {ImageItem | null} item @returns {[Step[], Params]} */
  const stepsOf = (item) => {
    const at = outputOf(id)?.steps.findIndex((one) => one.key === key) ?? -1;
    const steps = stepsOn(outputOf(id)?.steps, item);
    return [steps.slice(0, Math.max(0, at)), steps[at]?.params ?? {}];
  };
  /** The photo as the step gets it. */
  const picture = signal(/** @type {import('./preview.js').Picture | null} */ (null));
  let known = '',
    shown = '';
  effect(() => {
    const item = image.value;
    const [before] = stepsOf(item);
    const asked = JSON.stringify([item?.id, before]);
    if (!item || asked === known) return;
    known = asked;
    const stop = new AbortController();
    pictureOf(item.id, before, SIZE, stop.signal).then(
      (made) => {
        // A photo that was left before it came is not what is placed on.
        const old = asked === known ? picture.peek() : made;
        if (asked === known) [shown, picture.value] = [asked, made];
        if (old) URL.revokeObjectURL(old.url);
      },
      () => {},
    );
  });
  onCleanup(() => {
    const old = picture.peek();
    if (old) URL.revokeObjectURL(old.url);
  });
  const path = () => (image.value ? pathOf(image.value) : '');
  /** What only this photo has; undefined where it has what all have. */
  const own = () => step.value?.only[path()];
  return {
    picture,
    /** The picture if it is that of the photo that is looked at: the one before stays until it is there. */
    seen: () => (shown === known ? picture.peek() : null),
    params: () => stepsOf(image.value)[1],
    stepsOf,
    own,
    /** Has the step do so, with this photo alone if it is placed by itself. @param {Record<string, ParamValue | null>} given null: not given */
    put(given) {
      const now = own();
      if (!now) return setParams(id, key, given);
      const all = Object.entries({ ...now, ...given }).filter(([, value]) => value !== null);
      setOnly(id, key, path(), /** @type {Params} */ (Object.fromEntries(all)));
    },
    /** Whom the step is placed for. @param {() => Params} current what it is with this photo now */
    scope: (current) =>
      segmented(
        () => t('placed_for'),
        [
          [false, () => t('all_photos')],
          [true, () => t('only_this')],
        ],
        () => own() !== undefined,
        (alone) => setOnly(id, key, path(), alone ? current() : null),
      ),
    leave() {
      placing.value = null;
      /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${key}"]`))?.focus();
    },
  };
}

/**
 * Follows a pointer that was pressed until it is let go. @param {PointerEvent} event @param {Element} surface
 * @param {(x: number, y: number) => void} move with the pointer's place, shares of the surface @param {() => void} done
 */
export function followPointer(event, surface, move, done) {
  event.preventDefault();
  event.stopPropagation();
  const target = /** @type {HTMLElement} */ (event.currentTarget);
  const around = surface.getBoundingClientRect();
  const moved = (/** @type {PointerEvent} */ now) =>
    move((now.clientX - around.left) / around.width, (now.clientY - around.top) / around.height);
  target.setPointerCapture(event.pointerId);
  target.addEventListener('pointermove', moved);
  target.addEventListener(
    'lostpointercapture',
    () => {
      target.removeEventListener('pointermove', moved);
      done();
    },
    { once: true },
  );
}

/** The four corners of a box that can be drawn at. @param {(event: PointerEvent, left: boolean, top: boolean) => void} press */
export const grips = (press) =>
  [true, false].flatMap((left) =>
    [true, false].map((top) =>
      h('span', {
        class: `grip ${left ? 'left' : 'right'} ${top ? 'upper' : 'lower'}`,
        onpointerdown: (/** @type {PointerEvent} */ event) => press(event, left, top),
      }),
    ),
  );

/** Where a box is, for the styles. @param {() => Box} box */
export const placeOfBox = (box) => {
  const css = (/** @type {keyof Box} */ part) => () => `${box()[part] * 100}%`;
  return { '--x': css('x'), '--y': css('y'), '--width': css('width'), '--height': css('height') };
};

/**
 * The same rule on other photos of the list, spread over it; a click goes there.
 * @param {ReturnType<typeof onPhoto>} placed @param {(params: Params, size: Size) => Box | null} boxOf null: it depends on what the photo shows
 * @param {string} filter of the step
 */
export function onOthers(placed, boxOf, filter) {
  const others = computed(() => {
    void images.version.value;
    const { value: total } = images.total;
    const step = Math.max(1, Math.floor(total / (OTHERS + 1)));
    const at = Array.from({ length: Math.max(0, Math.min(OTHERS, total - 1)) }, (_, index) => (chosen.value + (index + 1) * step) % total);
    return at.flatMap((index) => {
      const item = images.get(index);
      return item && !item.problem ? [{ index, item }] : [];
    });
  });
  /** @param {{ index: number, item: ImageItem }} one */
  const other = ({ index, item }) => {
    const size = signal(/** @type {Size | null} */ (null));
    const src = signal('');
    let known = '';
    effect(() => {
      const [before, params] = placed.stepsOf(item);
      const steps = boxOf(params, { width_px: 1, height_px: 1 }) ? before : [...before, { filter, params }];
      const asked = JSON.stringify(steps);
      if (asked === known) return;
      known = asked;
      size.value = null;
      if (!steps.length) src.value = `/api/thumb/${item.id}`;
      else
        sample(item.id, steps, null, false).promise.then(
          (made) => {
            if (asked !== known) return;
            size.value = made;
            src.value = made.url;
          },
          () => {},
        );
    });
    const picture = h('img', {
      alt: '',
      draggable: 'false',
      src: () => src.value || null,
      onload: () => {
        const { naturalWidth, naturalHeight } = /** @type {HTMLImageElement} */ (picture);
        if (!size.peek()) size.value = { width_px: item.width_px ?? naturalWidth, height_px: item.height_px ?? naturalHeight };
      },
    });
    return h(
      'li',
      null,
      h(
        'button',
        {
          type: 'button',
          class: 'other',
          'aria-label': () => t('go_to_photo', item.name),
          title: item.name,
          onclick: () => choose(index, { shiftKey: false, ctrlKey: false, metaKey: false }),
        },
        picture,
        () => {
          const box = size.value && boxOf(placed.stepsOf(item)[1], size.value);
          return box && h('i', { class: 'other-box', ...placeOfBox(() => box) });
        },
      ),
    );
  };
  return h(
    'div',
    { class: 'others', hidden: () => others.value.length === 0 },
    h('h3', null, () => t('rule_on_others')),
    keyed(
      h('ul'),
      () => others.value,
      ({ item }) => item.id,
      (one) => untracked(() => other(one)),
    ),
  );
}

/** The tool in place of the stage. @param {ReturnType<typeof onPhoto>} placed @param {() => string} label @param {import('./element.js').Child} scope @param {import('./element.js').Child} controls if there are any besides @param {Element} surface @param {() => string} hint @param {import('./element.js').Child} others */
export function tool(placed, label, scope, controls, surface, hint, others) {
  const made = h(
    'section',
    { class: 'stage by-hand', 'aria-label': label },
    h(
      'div',
      { class: 'stage-head' },
      h('h2', { class: 'file-name' }, () => image.value?.name ?? '…'),
      h('span', { class: 'spring' }),
      scope,
      button('primary small', placed.leave, null, () => t('done_with')),
    ),
    controls && h('div', { class: 'stage-head' }, controls),
    h(
      'div',
      {
        class: 'stage-area placing-area',
        '--ratio': () => String(placed.picture.value ? placed.picture.value.width_px / placed.picture.value.height_px : 1.5),
      },
      surface,
    ),
    h('p', { class: 'facts' }, hint),
    others,
  );
  // Where the whole page scrolls, the step that it was opened from is far below.
  requestAnimationFrame(() => {
    const { top, bottom } = surface.getBoundingClientRect();
    if (top >= 0 && bottom <= innerHeight) return;
    made.scrollIntoView();
    /** @type {HTMLElement | null} */ (surface.querySelector('[tabindex]'))?.focus({ preventScroll: true });
  });
  return made;
}

/** The photo below what is placed on it. @param {ReturnType<typeof onPhoto>} placed */
export const photoBelow = ({ picture }) =>
  h('img', { class: 'below', alt: '', draggable: 'false', src: () => picture.value?.url ?? null, hidden: () => !picture.value });
