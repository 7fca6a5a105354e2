// Help: the keys, and the switch for single letters.
import { openDialog } from './dialog.js';
import { h } from './element.js';
import { t } from './i18n.js';
import { letters } from './preferences.js';
import { hello } from './stream.js';

/** @type {[string[], import('./i18n.js').Key][]} */
const KEYS = [
  [['1', '2', '3', '4'], 'key_tabs'], [['←', '→', '↑', '↓'], 'key_grid'], [['X'], 'key_exclude'], [['/'], 'key_search'], [['Space'], 'key_original'],
  [['←', '→'], 'key_curtain'], [['Shift', '←'], 'key_curtain_10'], [['Ctrl', 'Enter'], 'key_start'], [['P'], 'key_pause'], [['Esc'], 'key_close'], [['?'], 'key_help'],
];

/** Version and sandbox, for the help dialog. */
const about = () => { const server = hello.value; return server ? `Lote ${server.version} · ${t('sandbox')}: ${t(`sandbox_${server.sandbox.level}`)}` : 'Lote'; };

export const openHelp = () => openDialog(() => t('help'), 'help', () => [
  h('p', null, t('help_text')),
  h('dl', { class: 'keys' }, KEYS.map(([keys, text]) => h('div', null, h('dt', null, keys.map((key) => h('kbd', null, key === 'Space' ? t('space') : key))), h('dd', null, t(text))))),
  h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: letters.peek(), onchange: (/** @type {Event} */ event) => { letters.value = /** @type {HTMLInputElement} */ (event.target).checked; } }), t('letters')),
  h('p', { class: 'fine' }, about),
]);
