// Keys that work anywhere on the page, and the help that lists them.
import { command } from './commands.js';
import { h } from './element.js';
import { t, told } from './i18n.js';
import { SCREENS, drawer, go, letters, screen } from './page-state.js';
import { hello, state } from './stream.js';
import { undo } from './undo.js';

/** @type {[string[], import('./i18n.js').Key][]} */
const KEYS = [
  [['1', '2', '3'], 'key_tabs'],
  [['←', '→', '↑', '↓'], 'key_grid'],
  [['Ctrl', 'Space'], 'key_tick'],
  [['X'], 'key_exclude'],
  [['C'], 'key_crop'],
  [['Ctrl', 'Z'], 'undo'],
  [['/'], 'search'],
  [['Space'], 'key_original'],
  [['←', '→'], 'key_curtain'],
  [['Shift', '←'], 'key_curtain_10'],
  [['+', '-', '0'], 'key_zoom'],
  [['Ctrl', 'Enter'], 'queue_start'],
  [['P'], 'key_pause'],
  [['Esc'], 'close'],
  [['?'], 'key_help'],
];

/** Version and sandbox, for the help dialog. */
const about = () => {
  const server = hello.value;
  if (!server) return 'Lote';
  const { level } = server.sandbox;
  return [`Lote ${server.version} · `, h('span', { title: told(server.sandbox, 'text') }, `${t('sandbox')}: ${t(`sandbox_${level}`)}`)];
};

/** The keys, and whether letters are any. */
export const keysSection = () =>
  h(
    'section',
    { class: 'keys-section', 'aria-label': () => t('keys') },
    h('h2', null, () => t('keys')),
    h(
      'dl',
      { class: 'keys' },
      KEYS.map(([keys, text]) =>
        h(
          'div',
          null,
          h(
            'dt',
            null,
            keys.map((key) => h('kbd', null, key === 'Space' ? () => t('space') : key)),
          ),
          h('dd', null, () => t(text)),
        ),
      ),
    ),
    h(
      'label',
      { class: 'check' },
      h('input', {
        type: 'checkbox',
        checked: letters.peek(),
        onchange: (/** @type {Event} */ event) => {
          letters.value = /** @type {HTMLInputElement} */ (event.target).checked;
        },
      }),
      () => t('letters'),
    ),
    h('p', { class: 'fine' }, about),
  );

/**
 * Whether the page itself has the focus, or one of its scrolling parts. Letters typed anywhere else are for what has it: a field that
 * loses the focus must never turn what is typed on into commands.
 * @param {EventTarget | null} target
 */
const onPage = (target) => target instanceof Element && target.matches('html, body, main, .page, [role=region]');

/** Fields keep their own undo. @param {EventTarget | null} target */
const isTyped = (target) => target instanceof Element && target.matches('textarea, input:not([type=range], [type=checkbox], [type=radio])');

/** Pause a running job, go on with a paused one. */
export function togglePause() {
  const job = state.job.peek();
  if (job?.state === 'running') command(`/api/jobs/${job.id}/pause`);
  else if (job?.state === 'paused') command(`/api/jobs/${job.id}/resume`);
}

/** @type {Record<string, 'in' | 'out' | 'fit'>} */
const ZOOMS = { '+': 'in', '-': 'out', 0: 'fit' };

/** @param {() => void} start starts the job of the form, if it can be started @param {(to: 'in' | 'out' | 'fit') => void} zoomed @param {() => void} crop */
export function listenToKeys(start, zoomed, crop) {
  addEventListener('keydown', (event) => {
    if (document.querySelector('dialog[open]') || event.defaultPrevented) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      if (screen.peek() === 'prepare') {
        event.preventDefault();
        // What stands in a field counts, though its pause is not over.
        if (isTyped(event.target)) event.target?.dispatchEvent(new Event('change'));
        start();
      }
      return;
    }
    if (event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !isTyped(event.target)) {
      if (screen.peek() === 'prepare' && undo()) event.preventDefault();
      return;
    }
    const menu = event.key === 'Escape' && event.target instanceof Element && event.target.closest('details.menu[open]');
    if (menu) {
      menu.removeAttribute('open');
      menu.querySelector('summary')?.focus();
      return;
    }
    if (event.key === 'Escape' && drawer.peek()) drawer.value = false;
    else if (event.key === 'Escape' && !onPage(event.target)) document.getElementById('main')?.focus();
    if (event.ctrlKey || event.altKey || event.metaKey || !letters.peek() || !onPage(event.target)) return;
    const tab = SCREENS[Number(event.key) - 1];
    if (tab) {
      go(tab);
      document.getElementById('main')?.focus();
    } else if (event.key === '?') drawer.value = true;
    else if (event.key === '/') /** @type {HTMLElement | null} */ (document.querySelector('input[type=search]'))?.focus();
    else if (screen.peek() === 'prepare' && ZOOMS[event.key]) zoomed(ZOOMS[event.key]);
    else if (screen.peek() === 'prepare' && event.key.toLowerCase() === 'c') crop();
    else if (event.key === 'p' || event.key === 'P') togglePause();
    else return;
    event.preventDefault();
  });
}

/** Calls back while Space is held down on the page itself or on the curtain. @param {(held: boolean) => void} hold @returns {() => void} ends it */
export function whileSpace(hold) {
  const down = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== ' ' || !letters.peek() || document.querySelector('dialog[open]:not(.lightbox)')) return;
    if (
      !onPage(event.target) &&
      !(event.target instanceof Element && event.target.matches('.curtain *, .lightbox, .lightbox .dialog-body'))
    )
      return;
    event.preventDefault();
    hold(true);
  };
  const up = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === ' ') hold(false);
  };
  const away = () => hold(false);
  addEventListener('keydown', down);
  addEventListener('keyup', up);
  addEventListener('blur', away);
  return () => {
    removeEventListener('keydown', down);
    removeEventListener('keyup', up);
    removeEventListener('blur', away);
  };
}
