// Previews: rendered by a worker process through the batch's own path. Debounced, the latest wins, the old picture stays meanwhile.
import { Refused, posting, refusal } from './commands.js';
import { hasItsFiles, output, sending, shapeOf, shownFile, shownOutput, stepsOn } from './draft.js';
import { image } from './image-list.js';
import { screen } from './page-state.js';
import { batch, computed, effect, signal, untracked } from './signal.js';
import { restarts } from './stream.js';

const DEBOUNCE_MS = 120;
const STRIP = { width_px: 280, height_px: 200 };
const STRIP_KEPT = 96;

/** @typedef {{ url: string, width_px: number, height_px: number, source_bytes: number, output_bytes: number | null, total_ms: number, work_ms: number | null }} Picture */

/** Size of the stage in device pixels; null shows the picture at 100 %. */
export const stageSize = signal(/** @type {{ width_px: number, height_px: number } | null} */ ({ width_px: 1400, height_px: 900 }));
export const before = signal(/** @type {Picture | null} */ (null));
export const after = signal(/** @type {Picture | null} */ (null));
export const busy = signal(false);
export const problem = signal(/** @type {{ kind: string, message: string } | null} */ (null));

/** Steps as the server takes them, and as a key; those whose file is still to be chosen do nothing yet. @param {Step[]} list */
const bare = (list) => list.filter(hasItsFiles).map(({ filter, params }) => ({ filter, params }));
/** @param {Step[]} list @param {string | null} file */
export const recipeKey = (list, file) => JSON.stringify([bare(list), file, file ? 0 : output.peek().quality, output.peek().carry]);

/** @param {string} id @param {Step[]} list @param {string | null} file as the server reads it; null is one in the photo's own format @param {{ width_px: number, height_px: number } | null} size @param {boolean} exact @param {AbortSignal} stop @returns {Promise<Picture>} */
async function render(id, list, file, size, exact, stop) {
  const encoding = { format: null, quality: output.peek().quality, ...(file && { file }) };
  const response = await fetch('/api/preview', posting({ image: id, steps: bare(list), encoding, size, exact }, stop));
  if (!response.ok) throw await refusal(response);
  const figure = (/** @type {string} */ name) => {
    const text = response.headers.get(`Lote-${name}`);
    return text === null ? null : Number(text);
  };
  const url = URL.createObjectURL(await response.blob());
  const probe = new Image();
  probe.src = url;
  await probe.decode().catch(() => {});
  return {
    url,
    width_px: figure('Output-Width') ?? probe.naturalWidth,
    height_px: figure('Output-Height') ?? probe.naturalHeight,
    source_bytes: figure('Source-Bytes') ?? 0,
    output_bytes: figure('Output-Bytes'),
    total_ms: figure('Total-Ms') ?? 0,
    work_ms: figure('Work-Ms'),
  };
}

/** What steps make of an image, to be worked on; its sizes are those of the whole. @param {string} id @param {Step[]} list @param {{ width_px: number, height_px: number }} size @param {AbortSignal} stop */
export const pictureOf = (id, list, size, stop) => render(id, list, null, size, true, stop);

/** The very file that the batch would write. @param {string} id @param {Step[]} list @param {string | null} file @param {AbortSignal} stop */
export const fileOf = (id, list, file, stop) => render(id, list, file, null, true, stop);

/** @param {import('./signal.js').Signal<Picture | null>} slot @param {Picture | null} picture */
function swap(slot, picture) {
  const old = slot.peek();
  slot.value = picture;
  // The old picture may still be on screen until the next frame.
  if (old) setTimeout(() => URL.revokeObjectURL(old.url), 1000);
}

/** Follows the chosen image and the form for as long as the page lives, where they are looked at. */
export function followPreview() {
  let beforeKey = '';
  let madeKey = '';
  /** @type {AbortController | null} */
  let current = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  effect(() => {
    const item = image.value;
    const wanted = stepsOn(shownOutput.value?.steps, item);
    const file = shownFile.value;
    const size = stageSize.value;
    void output.value;
    const round = restarts.value;
    const isSeen = screen.value === 'prepare' && !sending.value;
    clearTimeout(timer);
    current?.abort();
    if (!item) {
      untracked(() =>
        batch(() => {
          swap(before, null);
          swap(after, null);
          problem.value = null;
          busy.value = false;
        }),
      );
      beforeKey = '';
      madeKey = '';
      return;
    }
    // Both are of the same part of the photo: where it is cut, turned or put on a canvas, so is what it was before.
    const shape = shapeOf(wanted);
    const key = `${round}/${item.id}/${JSON.stringify(size)}/${JSON.stringify(bare(shape))}`;
    const whole = `${key}/${recipeKey(wanted, file)}`;
    // What a job is begun with, or seen at, is not held up by what nobody looks at.
    if (!isSeen || (whole === madeKey && !problem.peek())) {
      busy.value = false;
      return;
    }
    const stop = (current = new AbortController());
    busy.value = true;
    timer = setTimeout(async () => {
      const ofShape = (/** @type {Step[]} */ steps) => render(item.id, steps, null, size, true, stop.signal);
      const original = key === beforeKey ? null : ofShape(shape).catch((error) => (shape.length ? ofShape([]) : Promise.reject(error)));
      const result = wanted.length || file ? render(item.id, wanted, file, size, true, stop.signal) : null;
      const [first, second] = await Promise.allSettled([original, result]);
      const made = [first, second].flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : []));
      if (stop.signal.aborted || first.status === 'rejected') for (const late of made) URL.revokeObjectURL(late.url);
      if (stop.signal.aborted) return;
      batch(() => {
        if (first.status === 'rejected') {
          swap(before, null);
          beforeKey = '';
        } else if (first.value) {
          swap(before, first.value);
          beforeKey = key;
        }
        const why = first.status === 'rejected' ? first.reason : second.status === 'rejected' ? second.reason : null;
        // What the steps cannot do with a photo does not hide the photo.
        swap(after, second.status === 'fulfilled' && !why ? second.value : null);
        madeKey = why ? '' : whole;
        problem.value = why && (why instanceof Refused ? { kind: why.code, message: why.message } : { kind: '', message: '' });
        busy.value = false;
      });
    }, DEBOUNCE_MS);
  });
}

/** @typedef {Picture} Sample */
/** Small pictures by image and recipe, with the figures of the batch's file, and how many places show each. @type {Map<string, { promise: Promise<Sample>, users: number, stop: AbortController }>} */
const samples = new Map();
/** What waits to be made, in turn. @type {(() => Promise<void>)[]} */
const waiting = [];
const making = signal(false);
/** Whether nothing is being made to be looked at. */
export const isQuiet = computed(() => !busy.value && !making.value);

/** Makes what waits, one at a time, so that the large picture is never held up. */
async function makeNext() {
  if (making.peek()) return;
  making.value = true;
  for (let next = waiting.shift(); next; next = waiting.shift()) await next();
  making.value = false;
}

/**
 * A small picture of what a recipe makes of an image. `exact`: with the bytes of the batch's file, made at full size.
 * @param {string} id @param {Step[]} list @param {string | null} file @param {boolean} [exact] @returns {{ promise: Promise<Sample>, drop: () => void }} drop: it is not wanted there any more
 */
export function sample(id, list, file, exact = true) {
  const key = `${id}/${exact}/${recipeKey(list, file)}`;
  let made = samples.get(key);
  if (!made) {
    const [steps, stop] = [bare(list), new AbortController()];
    const promise = new Promise((resolve, reject) => {
      waiting.push(() => {
        if (stop.signal.aborted) return Promise.resolve();
        return render(id, steps, file, STRIP, exact, AbortSignal.any([stop.signal, AbortSignal.timeout(30_000)])).then(resolve, reject);
      });
      stop.signal.onabort = () => reject(new Error('not wanted any more'));
    });
    made = { promise, users: 0, stop };
    const mine = made;
    promise.catch(() => samples.get(key) === mine && samples.delete(key));
    samples.set(key, made);
    for (const [old, { promise: late }] of samples) {
      if (samples.size <= STRIP_KEPT) break;
      samples.delete(old);
      // Who has just asked for it may still be about to show it.
      late.then(
        ({ url }) => setTimeout(() => URL.revokeObjectURL(url), 1000),
        () => {},
      );
    }
    makeNext();
  }
  const one = made;
  one.users += 1;
  const drop = () => {
    one.users -= 1;
    if (one.users || samples.get(key) !== one) return;
    one.stop.abort();
  };
  return { promise: one.promise, drop };
}
