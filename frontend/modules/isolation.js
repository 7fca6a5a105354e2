// Compare: kill a process on purpose, and see that nothing is lost.
import { button, h, icon } from './element.js';
import { command } from './commands.js';
import { number, seconds } from './format.js';
import { t } from './i18n.js';
import { link, state } from './stream.js';

/** @param {string} name @param {import('./element.js').Child} value */
const fact = (name, value) => h('div', null, h('dt', null, name), h('dd', null, value));

export const isolationCard = () => h('section', { class: 'card isolation', 'aria-label': () => t('isolation') },
  h('div', null, h('h2', null, () => t('isolation')), h('p', { class: 'muted' }, () => t('isolation_text')),
    h('p', { class: 'fine', id: 'isolation-why' }, () => (state.job.value?.state === 'running' ? '' : t('isolation_needs_job')))),
  button('', () => command('/api/isolation'), { 'aria-describedby': 'isolation-why', disabled: () => link.value.state !== 'open' || state.job.value?.state !== 'running' || state.isolation.value.state === 'running' }, icon('power'), () => t('isolation_kill')),
  () => {
    const now = state.isolation.value;
    if (now.state === 'none') return null;
    return h('dl', null, fact(t('last_test'), t('process_and_reason', now.worker, now.reason)),
      fact(t('replaced_in_head'), now.state === 'running' && !now.replaced_ms ? '…' : seconds(now.replaced_ms, 2)),
      fact(t('images_redone'), number(now.redone)), fact(t('images_lost'), now.state === 'running' ? '…' : number(now.lost)));
  });
