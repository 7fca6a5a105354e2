// What a newcomer sees: drop zone, folder, samples, three steps.
import { button, h, icon } from './element.js';
import { SAMPLES, openFolders, useSamples } from './folder-dialog.js';
import { t } from './i18n.js';
import { pickFiles, upload } from './upload.js';

/** Three sheets, drawn rather than loaded: there is no picture yet. */
const fan = () => h('div', { class: 'fan', 'aria-hidden': 'true' }, h('span', null), h('span', null), h('span', null, icon('images')));

export const emptyScreen = () => h('div', { class: 'empty' }, h('div', { class: 'drop-zone' },
  fan(), h('h1', null, () => t('drop_title')), h('p', null, () => t('drop_text')),
  h('div', { class: 'actions' },
    button('primary tall', openFolders, null, icon('folder'), () => t('choose_folder')),
    button('tall', useSamples, null, () => t('try_samples', SAMPLES))),
  button('ghost small', () => pickFiles(false, upload), null, icon('upload', 's'), () => t('or_pick_files')),
  h('ol', { class: 'three-steps' }, /** @type {const} */ (['step_1', 'step_2', 'step_3']).map((key, index) => h('li', null, h('b', null, String(index + 1)), () => t(key))))));
