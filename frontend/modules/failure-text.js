// Why an output could not be made, as a sentence in the page's language; the server's own line gives the particulars.
import { language, t } from './i18n.js';

/** @type {Record<string, import('./i18n.js').Key>} */
const TEXTS = {
  'not-found': 'fail_not_found', permission: 'fail_permission', 'not-a-file': 'fail_not_a_file', 'not-an-image': 'fail_not_an_image', unsupported: 'fail_unsupported',
  damaged: 'fail_damaged', 'too-large': 'fail_too_large', filter: 'fail_filter', encode: 'fail_encode', exists: 'fail_exists', write: 'fail_write',
  'no-space': 'fail_no_space', read: 'fail_read', panic: 'fail_panic', crash: 'fail_crash', timeout: 'fail_timeout', cancelled: 'fail_cancelled',
};

/** @param {{ kind: string, message: string }} failure */
export function failureText({ kind, message }) {
  void language.value;
  const key = TEXTS[kind];
  if (!key) return message;
  return message ? `${t(key)} (${message}).` : `${t(key)}.`;
}
