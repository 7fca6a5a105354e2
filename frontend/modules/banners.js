// Bands above a screen while something holds: paused, no room on the disk, connection lost. Each goes when its cause goes.
import { button, h, icon } from './element.js';
import { command } from './commands.js';
import { size } from './format.js';
import { t } from './i18n.js';
import { isLive } from './shell.js';
import { togglePause } from './shortcuts.js';
import { onCleanup, signal } from './signal.js';
import { link, ready, retryNow, state } from './stream.js';

/** @param {string} kind @param {Parameters<typeof icon>[0]} sign @param {import('./element.js').Child} text @param {...import('./element.js').Child} more */
const banner = (kind, sign, text, ...more) => h('div', { class: `banner ${kind}` }, icon(sign), h('p', null, text), more);

/** Connection lost, with a countdown. */
export function connectionBanner() {
  if (!ready.value || link.value.state === 'open') return null;
  const second = signal(0);
  const timer = setInterval(() => { second.value += 1; }, 250);
  onCleanup(() => clearInterval(timer));
  const job = state.job.peek();
  const until = link.value.retry_at;
  const words = () => {
    void second.value;
    const left = Math.ceil((until - performance.timeOrigin - performance.now()) / 1000);
    return [t('lost'), left > 0 ? t('lost_retry', left) : t('lost_trying'), job && isLive(job) ? t('lost_job_goes_on') : ''].filter(Boolean).join(' ');
  };
  return banner('bad', 'offline', words, button('small', retryNow, { disabled: () => link.value.state === 'connecting' }, t('retry_now')));
}

/** What holds the running job. */
export const banners = () => () => {
  const job = state.job.value;
  if (!job) return null;
  const error = job.state === 'failed' && banner('bad', 'alert', t('job_failed', job.error ?? ''));
  if (error) return error;
  if (job.state === 'cancelled') return banner('', 'info', t('cancelled_text', job.progress.ok), button('small', () => command(`/api/jobs/${job.id}/continue`), null, t('continue')));
  if (job.state !== 'paused') return null;
  if (job.pause?.reason !== 'no_space') return banner('warn', 'pause', t('paused_text'), button('small', togglePause, null, t('resume')));
  const missing = Math.max(0, (job.pause.needed_bytes ?? 0) - (job.pause.free_bytes ?? 0));
  return banner('bad', 'alert', t('no_space_text', size(missing)), button('small', togglePause, null, t('try_again')));
};
