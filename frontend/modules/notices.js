// Notices of the server as sentences in the page's language.
import { seconds, size } from './format.js';
import { t } from './i18n.js';
import { onNotice } from './stream.js';
import { toast } from './toast.js';
import { go } from './router.js';

/** @param {Notice} notice */
export function noticeText({ code, args, message }) {
  switch (code) {
    case 'worker_replaced': return t('notice_replaced', args.worker, seconds(args.replaced_ms ?? 0, 1), args.reason ?? '');
    case 'task_redone': return t('notice_redone', args.worker, args.to_worker, args.reason ?? '', args.name ?? '');
    case 'slot_off': return t('notice_slot_off', args.worker);
    case 'no_space': return t('no_space_text', size(Math.max(0, (args.needed_bytes ?? 0) - (args.free_bytes ?? 0))));
    case 'space_back': return t('notice_space_back');
    case 'quarantined': return t('notice_quarantined', args.name ?? '', args.reason ?? '');
    default: return message;
  }
}

/** Shows the notices worth interrupting for as they come. */
export const showNotices = () => onNotice((notice) => {
  if (notice.code === 'worker_replaced') toast(noticeText(notice), 'good', { label: t('show'), act: () => go('run') });
  else if (notice.level !== 'info') toast(noticeText(notice), 'bad');
});
