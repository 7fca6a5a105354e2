// Starts the page: preferences, stream, screens.
import { showAway } from './modules/away.js';
import { howItWorks } from './modules/compare.js';
import { followLanguage, keepDraft } from './modules/draft.js';
import { add, h } from './modules/element.js';
import { t } from './modules/i18n.js';
import { keepFocus } from './modules/focus.js';
import { followForecast } from './modules/forecast.js';
import { followImages } from './modules/image-list.js';
import { announceChanges, showNotices } from './modules/messages.js';
import { followNames, startJob, startObstacle } from './modules/output-form.js';
import { toastBox } from './modules/overlays.js';
import { applyPreferences, askedFor, go, screen } from './modules/page-state.js';
import { prepareScreen, zoom } from './modules/prepare.js';
import { followPreview } from './modules/preview.js';
import { resultsScreen } from './modules/results.js';
import { connectionBanner, runScreen } from './modules/run.js';
import { isLive, topBar } from './modules/shell.js';
import { listenToKeys } from './modules/shortcuts.js';
import { effect, untracked } from './modules/signal.js';
import { openCrop } from './modules/steps.js';
import { ready, start, state } from './modules/stream.js';
import { acceptDrops, dropLayer } from './modules/upload.js';

const SKELETON_MS = 300;
const screens = { prepare: prepareScreen, run: runScreen, results: resultsScreen };

/** What is shown until the first snapshot: nothing for a moment, then bars in the place of what comes. */
const skeleton = () => {
  const bars = h(
    'div',
    { class: 'wrap skeleton', hidden: true, 'aria-busy': 'true' },
    h('p', { class: 'hidden' }, () => t('connecting')),
    h('span', null),
    h('span', null),
    h('span', null),
  );
  setTimeout(() => {
    bars.hidden = false;
  }, SKELETON_MS);
  return bars;
};

/** @param {Element} app */
function build(app) {
  const main = h('main', { id: 'main', tabIndex: -1 }, () => (ready.value ? screens[screen.value]() : skeleton()));
  add(app, [topBar(), h('div', { class: 'connection-banner' }, connectionBanner), main, howItWorks, dropLayer(), toastBox()]);
}

start();
await applyPreferences();
keepDraft();
followLanguage();
followImages();
followPreview();
followForecast(startObstacle);
followNames();
announceChanges();
showNotices();
acceptDrops();
listenToKeys(startJob, zoom, openCrop);
keepFocus();

const skip = document.querySelector('.skip');
effect(() => {
  if (skip) skip.textContent = t('skip');
});
skip?.addEventListener('click', (event) => {
  event.preventDefault();
  document.getElementById('main')?.focus();
});
showAway();
// Without a screen in the address, a page opened in mid-run shows the run.
effect(() => {
  if (ready.value)
    untracked(() => {
      if (!askedFor() && state.job.value && isLive(state.job.value)) go('run');
    });
});

const app = document.getElementById('app');
if (app) build(app);
