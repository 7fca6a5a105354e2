// What the job of the form will take: some of its photos are really made by the server while it has nothing else to do.
import { posting } from './commands.js';
import { mode, output, request, variants, workers } from './draft.js';
import { screen } from './page-state.js';
import { isQuiet } from './preview.js';
import { isLive } from './shell.js';
import { computed, effect, onCleanup, signal, untracked } from './signal.js';
import { state } from './stream.js';

/** Nothing is asked while the form still changes. */
const QUIET_MS = 1500;

/** What all outputs will take; null while that is not known. */
export const expected = signal(/** @type {Forecast | null} */ (null));

/** Asks again whenever something changes that it follows from, and gives way to what is looked at. For as long as the page lives. @param {() => string} obstacle why the job cannot start */
export function followForecast(obstacle) {
  let known = '';
  const key = computed(() => {
    const idle = !state.job.value || !isLive(state.job.value);
    const { revision } = state.images.value;
    if (screen.value !== 'prepare' || !idle || !isQuiet.value || obstacle()) return '';
    return JSON.stringify([revision, variants.value, mode.value, workers.value, output.value.carry]);
  });
  effect(() => {
    const wanted = key.value;
    if (!wanted || wanted === known) return;
    expected.value = null;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const answer = await fetch('/api/jobs/forecast', posting(untracked(request), stop.signal));
        if (!answer.ok) return;
        expected.value = await answer.json();
        known = wanted;
      } catch {
        // It was given up, or the program is gone: then nothing is known.
      }
    }, QUIET_MS);
    onCleanup(() => {
      clearTimeout(timer);
      stop.abort();
    });
  });
}
