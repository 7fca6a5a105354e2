// What happens, in words: notices, failures, and what a screen reader is told without being asked.
import { labelOr, seconds, share, size, t, told } from './i18n.js';
import { toast } from './overlays.js';
import { go } from './page-state.js';
import { effect, untracked } from './signal.js';
import { link, onNotice, ready, state } from './stream.js';

/** @type {Record<string, import('./i18n.js').Key>} */
const TEXTS = {
  'not-found': 'fail_not_found',
  permission: 'fail_permission',
  'not-a-file': 'fail_not_a_file',
  'not-an-image': 'fail_not_an_image',
  unsupported: 'fail_unsupported',
  damaged: 'fail_damaged',
  'too-large': 'fail_too_large',
  filter: 'fail_filter',
  encode: 'fail_encode',
  exists: 'fail_exists',
  write: 'fail_write',
  'no-space': 'fail_no_space',
  read: 'fail_read',
  panic: 'fail_panic',
  crash: 'fail_crash',
  timeout: 'fail_timeout',
  cancelled: 'fail_cancelled',
};

/** @param {{ kind: string, message: string, message_es?: string | null }} failure */
export function failureText(failure) {
  const message = told(failure);
  const key = TEXTS[failure.kind];
  if (!key) return message;
  return message ? `${t(key)} (${message}).` : `${t(key)}.`;
}

/** @param {Notice} notice */
export function noticeText({ code, args, message }) {
  switch (code) {
    case 'worker_replaced':
      return t('notice_replaced', args.worker, seconds(args.replaced_ms ?? 0, 1), told(args, 'reason'));
    case 'task_redone':
      if (args.worker === args.to_worker) return t('notice_redone_same', args.worker, '', told(args, 'reason'), args.name ?? '');
      return t('notice_redone', args.worker, args.to_worker, told(args, 'reason'), args.name ?? '');
    case 'slot_off':
      return t('notice_slot_off', args.worker);
    case 'no_space':
      return t('no_space_text', size(Math.max(0, (args.needed_bytes ?? 0) - (args.free_bytes ?? 0))));
    case 'job_restored':
      return t('notice_job_restored', args.done ?? 0, args.total ?? 0);
    case 'job_lost':
      return t('notice_job_lost', labelOr(args.name ?? ''), told(args, 'reason'));
    case 'uploads_lost':
      return t('uploads_gone');
    case 'space_back':
      return t('notice_space_back');
    case 'made_here':
      return t('made_here', told(args, 'reason'));
    case 'machine_lost':
      return t('notice_machine_lost', args.name);
    case 'quarantined':
      return t('notice_quarantined', args.name ?? '', told(args, 'reason'));
    default:
      return message;
  }
}

/** Shows the notices worth interrupting for as they come. */
export const showNotices = () =>
  onNotice((notice) => {
    if (notice.code === 'worker_replaced') toast(noticeText(notice), 'good', { label: t('show'), act: () => go('run') });
    else if (notice.level !== 'info') toast(noticeText(notice), 'bad');
  });

/** @param {'live' | 'alert'} region @param {string} text */
function tell(region, text) {
  const element = document.getElementById(region);
  if (element) element.textContent = text;
}

const MILESTONES = [25, 50, 75];

/** What is worth saying when the job went from one state to another. Pure. @param {Job | null} before @param {Job | null} now @returns {{ polite?: string, alert?: string }} */
export function jobNews(before, now) {
  if (!now || !before || before.id !== now.id)
    return now && now.state === 'running' && before?.id !== now.id ? { polite: t('say_started', now.outputs) } : {};
  const { failed, done } = now.progress;
  if (now.pause?.reason === 'no_space' && before.pause?.reason !== 'no_space') return { alert: t('no_space_short') };
  if (now.state !== before.state) {
    if (now.state === 'paused') return { polite: t('say_paused') };
    if (now.state === 'finished') return { polite: t('say_finished', now.progress.ok, failed) };
    if (now.state === 'cancelled') return { polite: t('say_cancelled', now.progress.ok) };
    if (now.state === 'failed') return { alert: t('job_failed', told(now, 'error')) };
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
    if (now !== 'open' && was === 'open')
      tell(
        'alert',
        untracked(() => t('why_disconnected')),
      );
    if (now === 'open' && was === 'lost')
      tell(
        'live',
        untracked(() => t('say_reconnected')),
      );
    was = now === 'open' ? 'open' : was === 'open' || was === 'lost' ? 'lost' : '';
  });
}
