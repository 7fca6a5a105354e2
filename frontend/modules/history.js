// Jobs of former days: to be looked at, done again, or forgotten.
import { command, read } from './commands.js';
import { load, variantName } from './draft.js';
import { button, h, icon } from './element.js';
import { labelOr, moment, size, t } from './i18n.js';
import { openDialog, toast } from './overlays.js';
import { go } from './page-state.js';
import { signal } from './signal.js';
import { state } from './stream.js';

/** @typedef {{ past: string, name: string, folder: string | null, started_unix_ms: number, outputs: { name: string, steps: Step[] }[], photos: number, ok: number, failed: number, written_bytes: number, there: boolean }} PastJob */

/** Back to the form, with the outputs of the last job, and its photos or some of them. @param {number[] | null} [photos] by their numbers */
export async function runAgain(photos = null) {
  const [job, settings] = [state.job.peek(), state.settings.peek()];
  if (!job || !settings || !(await command(`/api/jobs/${job.id}/again`, { photos }))) return;
  load(settings);
  go('prepare');
}

export const openHistory = () =>
  openDialog(
    () => t('history'),
    'history',
    (close) => {
      const jobs = signal(/** @type {PastJob[] | null} */ (null));
      const fetched = () =>
        read('/api/history').then(
          (answer) => {
            jobs.value = answer.jobs;
          },
          () => {
            jobs.value = [];
          },
        );
      fetched();
      /** @param {PastJob} one */
      const open = async ({ past }) => {
        const answer = await command(`/api/history/${past}/open`);
        if (answer) close();
        return answer;
      };
      /** @param {PastJob} one */
      const again = async (one) => {
        const answer = await open(one);
        if (!answer) return;
        load(answer.settings);
        go('prepare');
      };
      /** @param {PastJob} one */
      const forget = async ({ past, name }) => {
        if (!(await command(`/api/history/${past}/forget`))) return;
        toast(t('forgotten', labelOr(name)));
        fetched();
      };
      /** @param {PastJob} one */
      const row = (one) =>
        h(
          'li',
          { class: one.there ? '' : 'unusable' },
          h(
            'button',
            { type: 'button', class: 'folder', disabled: !one.there, onclick: () => open(one) },
            h(
              'span',
              { class: 'name' },
              h('b', null, [labelOr(one.name), one.folder].filter(Boolean).join(' › ')),
              h(
                'span',
                { class: 'muted block' },
                [moment(one.started_unix_ms), one.outputs.map(variantName).join(', '), one.there ? '' : t('photos_gone')]
                  .filter(Boolean)
                  .join(' · '),
              ),
              h(
                'span',
                { class: 'muted block' },
                [t('n_photos', one.photos), t('n_files', one.ok), size(one.written_bytes), one.failed ? t('n_failed', one.failed) : '']
                  .filter(Boolean)
                  .join(' · '),
              ),
            ),
          ),
          one.there && button('ghost small', () => again(one), { 'aria-label': `${t('run_again')}: ${one.name}` }, t('run_again')),
          button(
            'ghost small square',
            () => forget(one),
            { 'aria-label': `${t('forget')}: ${one.name}`, title: t('forget_text') },
            icon('trash', 's'),
          ),
        );
      return [
        h('p', { class: 'muted' }, () => t('history_text')),
        h('ul', { class: 'folder-list' }, () => [
          (jobs.value ?? []).map(row),
          jobs.value?.length === 0 && h('li', { class: 'none' }, t('no_history')),
        ]),
      ];
    },
  );

export const historyButton = () => button('ghost small history-button', openHistory, null, icon('redo', 's'), () => t('history'));
