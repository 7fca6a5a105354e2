// The Run screen: how far, the figures, the lanes, what just ended, what failed; and the bands that say what holds.
import { canNotify, notifies, switchNotifying } from './away.js';
import { command } from './commands.js';
import { outputsOf } from './draft.js';
import { button, h, icon, keyed, svg } from './element.js';
import { duration, labelOr, number, percent, share, size, sizeParts, t, timeLeft, told } from './i18n.js';
import { machinesCard, waitsFor } from './machines.js';
import { noticeText } from './messages.js';
import { confirm } from './overlays.js';
import { drawer, go } from './page-state.js';
import { savedByJob, savedShareByJob } from './result-rows.js';
import { failedCount, failuresCard, problemCount, recentCard } from './run-lists.js';
import { isLive } from './shell.js';
import { togglePause } from './shortcuts.js';
import { computed, onCleanup, signal } from './signal.js';
import { link, metrics, ready, retryNow, state } from './stream.js';
import { timeline, unfolded } from './timeline.js';
import { watches } from './watches.js';

/** The rates of the last minute as a line, 76 x 22. @param {number[]} values */
function lineOf(values) {
  const top = Math.max(...values) || 1;
  const bottom = Math.min(...values) * 0.8;
  return values.length < 2
    ? ''
    : `M${values.map((value, index) => `${2 + (index / (values.length - 1)) * 72},${20 - ((value - bottom) / (top - bottom || 1)) * 18}`).join('L')}`;
}
const sparkline = () =>
  svg('svg', { class: 'sparkline', 'aria-hidden': 'true' }, svg('path', { d: () => lineOf(metrics.value?.history ?? []) }));

/** @param {string} kind @param {Parameters<typeof icon>[0]} sign @param {import('./element.js').Child} text @param {...import('./element.js').Child} more */
const banner = (kind, sign, text, ...more) => h('div', { class: `banner ${kind}` }, icon(sign), h('p', null, text), more);

/** Connection lost, with a countdown. */
export function connectionBanner() {
  if (!ready.value || link.value.state === 'open') return null;
  const second = signal(0);
  const timer = setInterval(() => {
    second.value += 1;
  }, 250);
  onCleanup(() => clearInterval(timer));
  const job = state.job.peek();
  const until = link.value.retry_at;
  const words = () => {
    void second.value;
    const left = Math.ceil((until - performance.timeOrigin - performance.now()) / 1000);
    return [t('lost'), left > 0 ? t('lost_retry', left) : t('lost_trying'), job && isLive(job) ? t('lost_job_goes_on') : '']
      .filter(Boolean)
      .join(' ');
  };
  const lost = banner(
    'bad',
    'offline',
    words,
    button('small', retryNow, { disabled: () => link.value.state === 'connecting' }, t('retry_now')),
  );
  lost.setAttribute('role', 'region');
  lost.setAttribute('aria-label', t('disconnected'));
  return lost;
}

/** Why this machine makes the job, though there is a fleet. */
function madeHere() {
  const notice = state.notices.value.find((one) => one.code === 'made_here');
  return notice && noticeText(notice);
}

/** Changes with what a banner says, not with every count. */
const hold = computed(() => {
  const now = state.job.value;
  return now && JSON.stringify([now.id, now.state, now.pause, now.error, now.fleet ? waitsFor() : state.fleet.value && madeHere()]);
});

/** What holds the running job. */
export const banners = () => () => {
  void hold.value;
  const job = state.job.peek();
  if (!job) return null;
  const error = job.state === 'failed' && banner('bad', 'alert', t('job_failed', told(job, 'error')));
  if (error) return error;
  if (job.state === 'cancelled')
    return banner(
      '',
      'info',
      t(job.broke_off ? 'broke_off_text' : 'cancelled_text', job.progress.ok),
      button('small', () => command(`/api/jobs/${job.id}/continue`), null, t('continue')),
    );
  if (job.state !== 'paused') {
    const why = isLive(job) && (job.fleet ? waitsFor() : state.fleet.peek() && madeHere());
    return why && banner('warn', 'info', why);
  }
  if (job.pause?.reason !== 'no_space') return banner('warn', 'pause', t('paused_text'), button('small', togglePause, null, t('resume')));
  const missing = Math.max(0, (job.pause.needed_bytes ?? 0) - (job.pause.free_bytes ?? 0));
  return banner('bad', 'alert', t('no_space_text', size(missing)), button('small', togglePause, null, t('try_again')));
};

const job = state.job;
const offline = () => link.value.state !== 'open';

/** @param {Job} now */
function title(now) {
  const what = [t('n_photos', now.images), t('n_outputs', outputsOf(now.variants).length)];
  const key = /** @type {const} */ ({
    starting: 'run_starting',
    running: 'run_running',
    paused: 'run_paused',
    cancelling: 'run_cancelling',
    finished: 'run_finished',
    cancelled: now.broke_off ? 'run_broke_off' : 'run_cancelled',
    failed: 'run_failed',
  })[now.state];
  return t(key, ...what);
}

function askCancel() {
  const now = job.peek();
  if (now)
    confirm(t('cancel_title'), t('cancel_text', now.progress.ok), t('cancel_stay'), t('cancel_act'), () =>
      command(`/api/jobs/${now.id}/cancel`),
    );
}

const stateNow = computed(() => job.value?.state ?? null);

function actions() {
  const now = stateNow.value;
  if (now === 'starting' || now === 'running' || now === 'paused') {
    return [
      button(
        '',
        togglePause,
        { disabled: () => offline() || now === 'starting' },
        icon(now === 'paused' ? 'play' : 'pause'),
        t(now === 'paused' ? 'resume' : 'pause'),
      ),
      button('', askCancel, { disabled: offline }, icon('stop'), t('cancel')),
      canNotify &&
        button('ghost', switchNotifying, { 'aria-pressed': () => String(notifies.value) }, icon('bell'), () =>
          t(notifies.value ? 'will_notify' : 'notify'),
        ),
    ];
  }
  if (now === 'cancelling') return button('', () => {}, { disabled: true }, t('cancelling'));
  return [
    (now === 'cancelled' || now === 'failed') &&
      button(
        '',
        () => {
          const one = job.peek();
          if (one) command(`/api/jobs/${one.id}/continue`);
        },
        { disabled: offline },
        icon('play'),
        t('continue'),
      ),
    button('primary', () => go('results'), null, t('see_results'), icon('right', 's')),
  ];
}

function hero() {
  const done = computed(() => {
    const now = job.value;
    return now ? share(now.progress.done, now.outputs) : 0;
  });
  // To a part that can be seen, or every count would paint the bar.
  const part = (/** @type {number} */ count) => `${job.value?.outputs ? ((count / job.value.outputs) * 100).toFixed(1) : 0}%`;
  return h(
    'section',
    { class: 'hero', 'aria-label': () => t('run') },
    h('div', { class: 'share', 'aria-hidden': 'true' }, () => number(done.value), h('small', null, '%')),
    h(
      'div',
      { class: 'hero-words' },
      h('h1', null, () => (job.value ? title(job.value) : '')),
      h('p', { class: 'muted' }, () => {
        const now = job.value;
        return now
          ? t('done_of', now.progress.done, number(now.outputs)) +
              (now.progress.skipped ? ` · ${t('n_skipped_outputs', now.progress.skipped)}` : '')
          : '';
      }),
      h('div', {
        class: 'bar',
        role: 'progressbar',
        'aria-label': () => t('progress'),
        'aria-valuemin': 0,
        'aria-valuemax': 100,
        'aria-valuenow': () => done.value,
        'aria-valuetext': () => percent(done.value),
        '--made': () => part((job.value?.progress.done ?? 0) - (job.value?.progress.failed ?? 0)),
        '--ended': () => part(job.value?.progress.done ?? 0),
      }),
    ),
    h('div', { class: 'actions' }, actions),
  );
}

/** A figure, and what stands small beside it; both are texts, which are written anew only where they change. @param {() => import('./i18n.js').Key} label @param {() => string} value @param {...import('./element.js').Child} small */
const figure = (label, value, ...small) =>
  h(
    'div',
    { class: 'figure' },
    h('dt', null, () => t(label())),
    h('dd', null, h('span', null, value), small),
  );
const small = (/** @type {() => string} */ text) => h('small', null, text);

/** Outputs a second that were really made; null where there is too little to tell. Pure. @param {Progress} progress */
export const meanRate = ({ ok, failed, elapsed_ms }) => (ok + failed > 0 && elapsed_ms >= 100 ? ((ok + failed) / elapsed_ms) * 1000 : null);

function figures() {
  const live = computed(() => isLive(job.value));
  /** Figures that change more often cannot be read. */
  const calmed = computed(() => {
    void metrics.value;
    return live.value ? job.peek() : job.value;
  });
  /** Changes with what it says. */
  const saved = computed(() => (calmed.value?.progress.written_bytes ? savedShareByJob(calmed.value) : null));
  const eta = () => metrics.value?.eta_ms ?? null;
  return h(
    'dl',
    { class: () => `card figures ${offline() ? 'stale' : ''}` },
    figure(
      () => (live.value ? 'left' : 'took'),
      () => {
        const elapsed = calmed.value?.progress.elapsed_ms ?? 0;
        if (!live.value) return elapsed > 0 ? duration(elapsed) : '–';
        const ms = eta();
        return ms !== null ? timeLeft(ms) : stateNow.value === 'paused' ? '–' : '';
      },
      small(() => (live.value && eta() === null && stateNow.value !== 'paused' ? t('measuring') : '')),
    ),
    figure(
      () => 'rate',
      () => {
        const one = calmed.value;
        const rate = one && !isLive(one) ? meanRate(one.progress) : metrics.value?.rate;
        return rate === null || rate === undefined ? '–' : number(rate, rate < 10 ? 2 : 1);
      },
      small(() => t('files_per_s')),
      sparkline(),
    ),
    figure(
      () => 'efficiency',
      () => (metrics.value?.efficiency == null ? '–' : percent(metrics.value.efficiency * 100)),
      small(() =>
        metrics.value?.efficiency == null ? '' : `${number(metrics.value.busy ?? 0, 1)} / ${number(calmed.value?.workers ?? 0)}`,
      ),
    ),
    h(
      'div',
      { class: () => `figure ${failedCount.value ? 'negative' : ''}` },
      h('dt', null, () => t('failed')),
      h('dd', null, () => {
        const failed = failedCount.value;
        return failed
          ? h(
              'button',
              { type: 'button', class: 'link', onclick: () => document.getElementById('failures')?.scrollIntoView({ block: 'start' }) },
              number(failed),
              ' ',
              h('small', null, problemCount.value > 0 && t('in_n_photos', problemCount.value)),
              h('span', { class: 'hidden' }, t('show_failures')),
            )
          : number(0);
      }),
    ),
    figure(
      () => 'written',
      () => sizeParts(calmed.value?.progress.written_bytes ?? 0)[0],
      h(
        'small',
        null,
        () => sizeParts(calmed.value?.progress.written_bytes ?? 0)[1],
        () => saved.value !== null && [' · ', savedByJob(/** @type {Job} */ (job.peek()))],
      ),
    ),
  );
}

const noRun = () =>
  h(
    'div',
    { class: 'nothing' },
    icon('activity'),
    h('h1', null, t('nothing_runs')),
    h('p', { class: 'muted' }, t('nothing_runs_text')),
    button('primary', () => go('prepare'), null, t('go_prepare')),
  );

/** Jobs that wait while none is at work are those of before a restart. */
const held = computed(() => !job.value || !isLive(job.value));

const anyWaits = computed(() => state.queue.value.length > 0);

const queue = () =>
  anyWaits.value &&
  h(
    'section',
    { class: 'card queue', 'aria-label': t('queue') },
    h(
      'div',
      { class: 'head' },
      h('h2', null, t('queue')),
      h('span', { class: 'spring' }),
      held.value && button('small', () => command('/api/jobs/waiting/start'), { disabled: offline }, icon('play', 's'), t('queue_start')),
    ),
    held.value && h('p', { class: 'muted' }, t('queue_held')),
    keyed(
      h('ol'),
      () => state.queue.value,
      ({ id }) => id,
      (one) =>
        h(
          'li',
          null,
          h('b', null, labelOr(one.name)),
          h('span', { class: 'muted' }, t('queue_item', one.images, number(one.outputs))),
          button(
            'ghost small',
            () => command(`/api/jobs/${one.id}/cancel`),
            { 'aria-label': `${t('remove_from_queue')}: ${one.name}` },
            t('remove_from_queue'),
          ),
        ),
    ),
  );

export function runScreen() {
  const there = computed(() => job.value !== null);
  return h('div', { class: 'page' }, () => {
    if (!there.value) return h('div', { class: 'wrap' }, queue, watches, machinesCard, noRun());
    return h(
      'div',
      { class: () => (unfolded.value ? 'wrap unfolded' : 'wrap') },
      banners(),
      hero(),
      figures(),
      h('div', { class: 'two' }, recentCard(), failuresCard()),
      timeline(),
      queue,
      watches,
      h(
        'p',
        { class: 'fine' },
        button(
          'ghost small',
          () => {
            drawer.value = true;
          },
          null,
          icon('bars', 's'),
          () => t('how_it_works'),
        ),
      ),
    );
  });
}
