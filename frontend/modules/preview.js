// Previews: rendered by a worker process through the batch's own path. Debounced, the latest wins, the old picture stays meanwhile.
import { Refused, posting, refusal } from './commands.js';
import { chain, output, steps, variants } from './draft.js';
import { image } from './image-list.js';
import { batch, effect, signal, untracked } from './signal.js';
import { restarts } from './stream.js';

const DEBOUNCE_MS = 120;
const STRIP = { width_px: 280, height_px: 200 };
const STRIP_KEPT = 96;

/** @typedef {{ url: string, width_px: number, height_px: number, source_bytes: number, output_bytes: number | null, total_ms: number, work_ms: number | null }} Picture */

/** Which variant (or which length of the chain) is looked at. */
export const shown = signal(0);
/** Size of the stage in device pixels; null shows the picture at 100 %. */
export const stageSize = signal(/** @type {{ width_px: number, height_px: number } | null} */ ({ width_px: 1400, height_px: 900 }));
export const before = signal(/** @type {Picture | null} */ (null));
export const after = signal(/** @type {Picture | null} */ (null));
export const busy = signal(false);
export const problem = signal(/** @type {{ kind: string, message: string } | null} */ (null));

/** Worker time per image byte of each previewed recipe, for the estimate. @type {Map<string, number>} */
export const workPerByte = new Map();
export const measured = signal(0);

/** @param {Step[]} list */
export const recipeKey = (list) => JSON.stringify([list, output.peek().format, output.peek().quality]);

/** What each cell of the strip shows: a variant, or the chain up to that step. @returns {Step[][]} */
export const strip = () =>
  chain.value ? steps.value.map((_, index) => steps.value.slice(0, index + 1)) : variants.value.map((variant) => variant.steps);

/** @param {string} id @param {Step[]} list @param {{ width_px: number, height_px: number } | null} size @param {boolean} exact @param {AbortSignal} stop @returns {Promise<Picture>} */
async function render(id, list, size, exact, stop) {
  const { format, quality } = output.peek();
  const response = await fetch('/api/preview', posting({ image: id, steps: list, encoding: { format, quality }, size, exact }, stop));
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

/** @param {import('./signal.js').Signal<Picture | null>} slot @param {Picture | null} picture */
function swap(slot, picture) {
  const old = slot.peek();
  slot.value = picture;
  // The old picture may still be on screen until the next frame.
  if (old) setTimeout(() => URL.revokeObjectURL(old.url), 1000);
}

/** Follows the chosen image and the form for as long as the page lives. */
export function followPreview() {
  let beforeKey = '';
  /** @type {AbortController | null} */
  let current = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  effect(() => {
    const item = image.value;
    const list = strip();
    const size = stageSize.value;
    void output.value;
    const round = restarts.value;
    if (shown.value >= list.length) shown.value = Math.max(0, list.length - 1);
    const wanted = list[shown.value] ?? [];
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
      return;
    }
    const key = `${round}/${item.id}/${JSON.stringify(size)}`;
    const stop = (current = new AbortController());
    busy.value = true;
    timer = setTimeout(async () => {
      try {
        const original = key === beforeKey ? null : render(item.id, [], size, true, stop.signal);
        const result = wanted.length ? render(item.id, wanted, size, true, stop.signal) : null;
        const [first, second] = await Promise.all([original, result]);
        if (stop.signal.aborted) {
          for (const late of [first, second]) if (late) URL.revokeObjectURL(late.url);
          return;
        }
        batch(() => {
          if (first) {
            swap(before, first);
            beforeKey = key;
          }
          swap(after, second);
          problem.value = null;
          busy.value = false;
        });
        if (second?.work_ms && second.source_bytes) {
          workPerByte.set(recipeKey(wanted), second.work_ms / second.source_bytes);
          measured.value += 1;
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        batch(() => {
          if (key !== beforeKey) {
            swap(before, null);
            beforeKey = '';
          }
          swap(after, null);
          problem.value = error instanceof Refused ? { kind: error.code, message: error.message } : { kind: '', message: '' };
          busy.value = false;
        });
      }
    }, DEBOUNCE_MS);
  });
}

/** Small pictures of the strip by image and recipe. @type {Map<string, Promise<string>>} */
const small = new Map();
let turn = Promise.resolve();

/** Address of the small preview of a recipe; rendered one after the other so that the large one is never held up. @param {string} id @param {Step[]} list */
export function smallPreview(id, list) {
  const key = `${id}/${recipeKey(list)}`;
  let made = small.get(key);
  if (!made) {
    made = turn.then(() => render(id, list, STRIP, false, AbortSignal.timeout(20_000))).then((picture) => picture.url);
    turn = made.then(
      () => {},
      () => {},
    );
    made.catch(() => small.delete(key));
    small.set(key, made);
    for (const [old, address] of small) {
      if (small.size <= STRIP_KEPT) break;
      small.delete(old);
      address.then(
        (url) => URL.revokeObjectURL(url),
        () => {},
      );
    }
  }
  return made;
}
