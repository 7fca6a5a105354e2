// Prepare, right: where and how the results are written, and how many processes do the work.
import { h, segmented } from './element.js';
import { mode, output, workers } from './draft.js';
import { t } from './i18n.js';
import { slider } from './param-fields.js';
import { hello } from './stream.js';

/** @param {Partial<OutputOptions>} part */
const change = (part) => { output.value = { ...output.peek(), ...part }; };
const value = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).value;

/** What is wrong with the folder's name, or ''. @param {string} name */
export const folderProblem = (name) => (/[/\\\u0000-\u001f]/.test(name) || name === '.' || name === '..' ? 'bad_folder' : '');
/** What is wrong with the name pattern, or ''. @param {string} pattern */
export const patternProblem = (pattern) => (!/\{(name|n)\}/.test(pattern) || /[/\\\u0000-\u001f]/.test(pattern) ? 'bad_pattern' : '');

/** @param {() => string} label @param {string} id @param {...import('./element.js').Child} field */
const row = (label, id, ...field) => h('div', { class: 'form-row' }, h('label', { for: id }, label), field);

/** @param {string} id @param {() => string} now @param {[string, () => string][]} options @param {(value: string) => void} choose */
const select = (id, now, options, choose) => h('select', { id, class: 'btn', onchange: (/** @type {Event} */ event) => choose(value(event)) },
  options.map(([name, text]) => h('option', { value: name, selected: () => now() === name }, text)));

export function outputForm() {
  const hasQuality = () => { const { format } = output.value; return format === null || (hello.value?.formats.find((one) => one.id === format)?.quality ?? false); };
  const most = () => hello.value?.limits.max_workers ?? 1;
  return h('div', { class: 'output' },
    h('div', { class: 'head' }, h('h2', null, () => t('output'))),
    row(() => t('folder'), 'out-folder', h('div', { class: 'path-field' }, h('span', { class: 'muted', 'aria-hidden': 'true' }, () => `${hello.value?.defaults.output_label ?? ''}/`),
      h('input', { id: 'out-folder', class: 'field', maxlength: 80, value: () => output.value.folder ?? '', placeholder: () => t('optional'), 'aria-invalid': () => (folderProblem(output.value.folder ?? '') ? 'true' : null),
        oninput: (/** @type {Event} */ event) => change({ folder: value(event).trim() || null }) }))),
    row(() => t('format'), 'out-format', () => select('out-format', () => output.value.format ?? '', [['', () => t('same_format')], .../** @type {[string, () => string][]} */ ((hello.value?.formats ?? []).map((one) => [one.id, () => one.name]))], (id) => change({ format: id || null }))),
    () => hasQuality() && row(() => t('quality'), 'out-quality', h('div', { class: 'slider-field' },
      slider({ id: 'out-quality', min: 1, max: 100, step: 1 }, () => output.value.quality, (quality) => change({ quality })), h('output', { for: 'out-quality' }, () => String(output.value.quality)))),
    row(() => t('name'), 'out-name', h('input', { id: 'out-name', class: 'field mono', maxlength: 120, value: () => output.value.pattern, 'aria-describedby': 'out-name-help', 'aria-invalid': () => (patternProblem(output.value.pattern) ? 'true' : null), oninput: (/** @type {Event} */ event) => change({ pattern: value(event) }) })),
    h('p', { class: 'fine under', id: 'out-name-help' }, () => t('name_help')),
    row(() => t('if_exists'), 'out-exists', select('out-exists', () => output.value.if_exists, /** @type {const} */ (['overwrite', 'skip', 'rename', 'fail']).map((id) => [id, () => t(`exists_${id}`)]), (id) => change({ if_exists: /** @type {IfExists} */ (id) }))),
    h('div', { class: 'form-row' }, h('span', null, () => t('run_as')), segmented(() => t('run_as'), [['processes', () => t('processes')], ['threads', () => t('threads')]], () => mode.value, (id) => { mode.value = /** @type {Mode} */ (id); })),
    row(() => t('how_many'), 'out-workers', h('div', { class: 'slider-field' },
      () => slider({ id: 'out-workers', min: 1, max: most(), step: 1 }, () => workers.value, (count) => { workers.value = count; }), h('output', { for: 'out-workers' }, () => String(workers.value)))),
    h('p', { class: 'fine under' }, () => t(mode.value === 'processes' ? 'processes_text' : 'threads_text')));
}
