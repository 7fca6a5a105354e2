// What a screen reader is told without being asked: milestones politely, faults at once, never single files.
import { share } from './format.js';
import { t } from './i18n.js';
import { effect, untracked } from './signal.js';
import { link, ready, state } from './stream.js';

/** @param {'live' | 'alert'} region @param {string} text */
function tell(region, text) {
  const element = document.getElementById(region);
  if (element) element.textContent = text;
}

const MILESTONES = [25, 50, 75];

/** What is worth saying when the job went from one state to another. Pure. @param {Job | null} before @param {Job | null} now @returns {{ polite?: string, alert?: string }} */
export function jobNews(before, now) {
  if (!now || !before || before.id !== now.id) return now && now.state === 'running' && before?.id !== now.id ? { polite: t('say_started', now.outputs) } : {};
  const { failed, done } = now.progress;
  if (now.pause?.reason === 'no_space' && before.pause?.reason !== 'no_space') return { alert: t('no_space_short') };
  if (now.state !== before.state) {
    if (now.state === 'paused') return { polite: t('say_paused') };
    if (now.state === 'finished') return { polite: t('say_finished', now.progress.ok, failed) };
    if (now.state === 'cancelled') return { polite: t('say_cancelled', now.progress.ok) };
    if (now.state === 'failed') return { alert: t('job_failed', now.error ?? '') };
    if (now.state === 'running' && before.state === 'paused') return { polite: t('say_resumed') };
  }
  if (failed > 0 && before.progress.failed === 0) return { alert: t('say_first_failure') };
  const was = share(before.progress.done, before.outputs);
  const is = share(done, now.outputs);
  const passed = MILESTONES.findLast((mark) => was < mark && is >= mark);
  return passed && now.state === 'running' ? { polite: t('say_percent', passed, failed) } : {};
}

/** Follows the stream for as long as the page lives. */
export function announceChanges() {
  /** @type {Job | null} */
  let before = null;
  let known = false;
  effect(() => {
    const job = state.job.value;
    if (!ready.value) return;
    const news = untracked(() => (known ? jobNews(before, job) : {}));
    before = job;
    known = true;
    if (news.polite) tell('live', news.polite);
    if (news.alert) tell('alert', news.alert);
  });
  let was = '';
  effect(() => {
    const now = link.value.state;
    if (now !== 'open' && was === 'open') tell('alert', untracked(() => t('say_disconnected')));
    if (now === 'open' && was === 'lost') tell('live', untracked(() => t('say_reconnected')));
    was = now === 'open' ? 'open' : was === 'open' || was === 'lost' ? 'lost' : '';
  });
}
