// Folders that are watched: jobs that do not end. The button that begins one, and the list of those that there are.
import { command } from './commands.js';
import { hasBadName } from './output-form.js';
import { request, variants } from './draft.js';
import { button, h, icon } from './element.js';
import { number, t, told } from './i18n.js';
import { go } from './page-state.js';
import { link, state } from './stream.js';

/** Whether the folder of the list stays, so that it can be watched, and there is something to make of it. */
const mayWatch = () =>
  link.value.state === 'open' && ['input', 'folder'].includes(state.images.value.source) && variants.value.length > 0 && !hasBadName();

async function watch() {
  if (await command('/api/watches', request())) go('run');
}

/** Begins to watch the folder of the list. */
export const watchButton = () =>
  button('ghost small', watch, { disabled: () => !mayWatch(), title: () => t('watch_text') }, icon('activity', 's'), () =>
    t('watch_folder'),
  );

const STATES = /** @type {const} */ ({
  waiting: 'watch_waiting',
  working: 'watch_working',
  stopping: 'watch_stopping',
  failed: 'watch_failed',
});

/** @param {Watch} one */
const watchRow = (one) =>
  h(
    'li',
    null,
    h('b', null, one.name),
    h(
      'span',
      { class: 'muted' },
      `${t(STATES[one.state])} · ${t('watch_counts', number(one.ok), number(one.failed))}`,
      one.last && ` · ${one.last}`,
      one.error && h('span', { class: 'block' }, told(one, 'error')),
    ),
    button(
      'ghost small',
      () => command(`/api/watches/${one.id}/stop`),
      { 'aria-label': `${t('watch_stop')}: ${one.name}` },
      icon('stop', 's'),
      t(one.state === 'stopping' ? 'watch_stop_now' : 'watch_stop'),
    ),
  );

/** The folders that are watched, if any are. */
export const watches = () =>
  state.watches.value.length > 0 &&
  h(
    'section',
    { class: 'card queue watches', 'aria-label': t('watched_folders') },
    h('div', { class: 'head' }, h('h2', null, t('watched_folders'))),
    h('ol', null, state.watches.value.map(watchRow)),
  );
