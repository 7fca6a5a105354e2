// Folders that are watched: jobs that do not end. The button that begins one, and the list of those that there are.
import { command } from './commands.js';
import { hasBadName } from './output-form.js';
import { request, variants } from './draft.js';
import { button, h, icon, keyed } from './element.js';
import { number, t, told } from './i18n.js';
import { go } from './page-state.js';
import { computed } from './signal.js';
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

/** It stays while its counts grow, and with it what has the focus. @param {Watch} first */
function watchRow(first) {
  const { id, name } = first;
  const now = computed(() => state.watches.value.find((one) => one.id === id) ?? first);
  const stop = () => t(now.value.state === 'stopping' ? 'watch_stop_now' : 'watch_stop');
  return h(
    'li',
    null,
    h('b', null, name),
    h('span', { class: 'muted' }, () => {
      const one = now.value;
      return [
        `${t(STATES[one.state])} · ${t('watch_counts', number(one.ok), number(one.failed))}`,
        one.last && ` · ${one.last}`,
        one.error && h('span', { class: 'block' }, told(one, 'error')),
      ];
    }),
    button('ghost small', () => command(`/api/watches/${id}/stop`), { 'aria-label': () => `${stop()}: ${name}` }, icon('stop', 's'), stop),
  );
}

const anyWatch = computed(() => state.watches.value.length > 0);

/** The folders that are watched, if any are. */
export const watches = () =>
  anyWatch.value &&
  h(
    'section',
    { class: 'card queue watches', 'aria-label': t('watched_folders') },
    h('div', { class: 'head' }, h('h2', null, t('watched_folders'))),
    keyed(
      h('ol'),
      () => state.watches.value,
      ({ id }) => id,
      watchRow,
    ),
  );
