// The button that starts the job: it names its effect, or says why it cannot.
import { button, h, icon } from './element.js';
import { post, showFailure } from './commands.js';
import { chain, mode, output, request, steps, variants, workers } from './draft.js';
import { timeLeft } from './format.js';
import { image } from './image-list.js';
import { t } from './i18n.js';
import { folderProblem, patternProblem } from './output-form.js';
import { measured, recipeKey, workPerByte } from './preview.js';
import { go } from './router.js';
import { computed, signal } from './signal.js';
import { isLive, slotsText } from './shell.js';
import { link, ready, state } from './stream.js';
import { toast } from './toast.js';

const chosenCount = computed(() => state.images.value.count - state.images.value.excluded);
const sending = signal(false);

/** Why the job cannot start, or ''. @returns {string} */
function obstacle() {
  if (!ready.value || link.value.state !== 'open') return t('why_disconnected');
  if (state.images.value.loading) return t('why_loading');
  if (chosenCount.value <= 0) return t('why_no_images');
  if (!steps.value.length) return t('why_no_filters');
  if (folderProblem(output.value.folder ?? '')) return t('bad_folder');
  if (patternProblem(output.value.pattern)) return t('bad_pattern');
  return '';
}

/** Expected time from the measured previews: worker time per byte, over all bytes and slots. @returns {number | null} ms */
function estimate() {
  void measured.value;
  void image.value;
  const known = variants.value.map((variant) => workPerByte.get(recipeKey(variant.steps))).filter((one) => one !== undefined);
  if (!known.length || !workers.value) return null;
  const perByte = known.reduce((sum, one) => sum + one, 0) / known.length * variants.value.length;
  return perByte * state.images.value.bytes / workers.value;
}

/** Starts the job of the form, or queues it behind the running one. */
export async function startJob() {
  if (sending.peek() || obstacle()) return;
  sending.value = true;
  try {
    const answer = await post('/api/jobs', request());
    if (answer.queued) toast(t('queued')); else go('run');
  } catch (error) {
    showFailure(error);
  }
  sending.value = false;
}

export function startArea() {
  const files = computed(() => chosenCount.value * variants.value.length);
  const summary = () => {
    const why = obstacle();
    if (why) return why;
    const what = chain.value ? t('n_images_chain', t('n_images', chosenCount.value), t('n_steps', steps.value.length)) : `${t('n_images', chosenCount.value)} × ${t('n_filters', variants.value.length)}`;
    const time = estimate();
    const slots = slotsText(mode.value, workers.value);
    return `${what} · ${time === null ? slots : t('about_with', timeLeft(time), slots)}`;
  };
  return h('div', { class: 'start' },
    button('primary big', startJob, { disabled: () => obstacle() !== '' || sending.value, 'aria-describedby': 'start-text' }, icon('play'),
      () => (obstacle() && !files.value ? t('process') : t(state.job.value && isLive(state.job.value) ? 'queue_files' : 'process_files', files.value))),
    h('p', { id: 'start-text' }, summary));
}
