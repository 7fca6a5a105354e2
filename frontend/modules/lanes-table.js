// The timeline as a table: the accessible equivalent, renewed twice a second at most.
import { h } from './element.js';
import { variantName } from './catalogue.js';
import { number, seconds, size } from './format.js';
import { t } from './i18n.js';
import { FAILED } from './ring.js';
import { onCleanup, signal } from './signal.js';
import { metrics, rings, state } from './stream.js';
import { laneName } from './timeline.js';

const RENEW_MS = 1000;

/** @param {Lane} lane */
function row(lane) {
  const ring = rings.get(lane.slot);
  const last = ring?.length ? ring.index(0) : null;
  const variants = state.job.peek()?.variants ?? [];
  let done = 0, failed = 0;
  if (ring) for (let age = 0; age < ring.length; age += 1) if (ring.status[ring.index(age)] === FAILED) failed += 1; else done += 1;
  const work = lane.task ? `${lane.task.name} · ${variants[lane.task.variants[lane.task.next]] ? variantName(variants[lane.task.variants[lane.task.next]]) : ''}` : '–';
  return h('tr', null, h('th', { scope: 'row' }, laneName(lane)), h('td', { class: 'words' }, lane.state === 'ready' ? work : t('restarting')),
    h('td', { class: 'words' }, ring && last !== null ? `${ring.name[last]} · ${seconds(ring.end[last] - ring.start[last])}` : '–'),
    h('td', null, number(done)), h('td', null, number(failed)), h('td', null, number(lane.restarts)), h('td', null, lane.memory_bytes ? size(lane.memory_bytes) : '–'));
}

export function lanesTable() {
  const turn = signal(0);
  const timer = setInterval(() => { turn.value += 1; }, RENEW_MS);
  onCleanup(() => clearInterval(timer));
  return h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': () => t('processes') }, () => {
    void turn.value;
    const quantiles = metrics.peek()?.quantiles ?? [];
    return [
      h('table', null, h('thead', null, h('tr', null, /** @type {const} */ (['process_head', 'in_work', 'last_file', 'done', 'failed', 'restarts_head', 'memory']).map((key) => h('th', { scope: 'col' }, t(key))))),
        h('tbody', null, state.lanes.peek().map(row))),
      quantiles.length > 0 && h('table', null, h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('filter')), h('th', { scope: 'col' }, t('median')), h('th', { scope: 'col' }, t('slow_5')))),
        h('tbody', null, (state.job.peek()?.variants ?? []).map((variant, index) => h('tr', null, h('th', { scope: 'row' }, variantName(variant)), h('td', null, quantiles[index] ? seconds(quantiles[index].p50) : '–'), h('td', null, quantiles[index] ? seconds(quantiles[index].p95) : '–'))))),
    ];
  });
}
