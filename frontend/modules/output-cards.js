// Prepare, right: one card per output with its picture, steps and bytes; one of them is open.
import { openAddOutputs } from './add-outputs.js';
import { Refused } from './commands.js';
import {
  colourClass,
  duplicateOutput,
  fileText,
  filesOf,
  freeName,
  openOutput,
  output,
  outputOf,
  outputs,
  placeOf,
  removeOutput,
  renameOutput,
  setPattern,
  stepText,
  stepsOn,
  switchOutput,
} from './draft.js';
import { add, button, h, icon, keyed } from './element.js';
import { expected } from './forecast.js';
import { typed } from './fields.js';
import { fileRows, shortFile } from './file-rows.js';
import { dimensions, number, size, t } from './i18n.js';
import { image } from './image-list.js';
import { failureText } from './messages.js';
import { clashing, firstFile, formRow, nameField, outputForm, pathLine, recipeButtons, startArea } from './output-form.js';
import { watchButton } from './watches.js';
import { sample } from './preview.js';
import { tellDone } from './recipe-files.js';
import { computed, effect, onCleanup, signal, untracked } from './signal.js';
import { stepsEditor } from './steps.js';
import { hello } from './stream.js';

const THUMB_DELAY_MS = 300;

/** What is wrong with an output's name, or ''. @param {string} name */
const nameProblem = (name) => (!name || /[/\\\u0000-\u001f]/.test(name) || name === '.' || name === '..' ? t('bad_name') : '');

/** @param {number} id */
function outputCard(id) {
  const one = computed(() => outputOf(id) ?? null);
  const isOpen = computed(() => openOutput.value === id);
  const place = computed(() => placeOf(id));
  const files = computed(() => filesOf((one.value?.files ?? []).map(fileText)));
  const isEmpty = () => !one.value || one.value.steps.length + one.value.files.length === 0;
  /** What a worker made of the photo that is looked at: file by file. */
  const made = signal(/** @type {(import('./preview.js').Sample | null)[]} */ ([]));
  /** The figures are still those of the settings, or of the photo, before. */
  const late = signal(false);
  const isLate = () => String(late.value);
  /** Why a file cannot be made of this photo. */
  const refused = signal('');
  const picture = h('img', { alt: '', draggable: 'false', src: () => made.value[0]?.url ?? null, hidden: () => !made.value[0] });
  let round = 0;
  effect(() => {
    const item = image.value;
    const steps = stepsOn(one.value?.steps, item);
    const wanted = files.value;
    void output.value;
    const turn = (round += 1);
    if (!item || item.problem || isEmpty()) {
      made.value = [];
      late.value = false;
      refused.value = '';
      return;
    }
    late.value = true;
    let left = wanted.length;
    /** @type {(() => void)[]} */
    const drops = [];
    const timer = setTimeout(() => {
      refused.value = '';
      wanted.forEach((file, index) => {
        const { drop, promise } = sample(item.id, steps, file);
        drops.push(drop);
        const show = (/** @type {import('./preview.js').Sample | null} */ result, text = '') => {
          if (turn !== round) return;
          refused.value ||= text;
          made.value = wanted.map((_, at) => (at === index ? result : (made.peek()[at] ?? null)));
          left -= 1;
          late.value = left > 0;
        };
        promise.then(
          (result) => show(result),
          (error) => show(null, error instanceof Refused ? failureText({ kind: error.code, message: error.message }) : ''),
        );
      });
    }, THUMB_DELAY_MS);
    onCleanup(() => {
      clearTimeout(timer);
      for (const drop of drops) drop();
    });
  });
  const toggle = () => {
    openOutput.value = isOpen.peek() ? 0 : id;
  };
  const bytes = () => {
    const now = made.value;
    if (isEmpty()) return t('no_steps');
    if (!now.length || !now.every((file) => file?.output_bytes)) return '–';
    const all = expected.value?.variants.filter(({ variant }) => variant === one.value?.name);
    const sum = now.reduce((all, file) => all + (file?.output_bytes ?? 0), 0);
    return [
      h('b', null, size(sum)),
      ` ${t('per_photo')}`,
      all?.length ? ` · ${t('about_total', size(all.reduce((total, { bytes }) => total + bytes, 0)))}` : '',
    ];
  };
  const facts = () => {
    const [now] = made.value;
    const formats = files.value.map((file) => (file ? shortFile(file) : t('same_format')));
    return [now ? dimensions(now.width_px, now.height_px) : '', ...formats].filter(Boolean).join(' · ');
  };
  const body = () => {
    if (!isOpen.value) return null;
    return untracked(() => {
      const [field, why] = typed(
        { id: `output-name-${id}`, maxlength: 60 },
        () => one.value?.name ?? '',
        /** @returns {{ value: string } | { why: string }} */
        (text) => {
          const name = text.trim();
          const problem = nameProblem(name) || (freeName(name, id) !== name ? t('name_taken') : '');
          return problem ? { why: problem } : { value: name };
        },
        (name) => renameOutput(id, name),
      );
      return h(
        'div',
        { class: 'output-body' },
        stepsEditor(id),
        fileRows(id, (index) => made.value[index]?.output_bytes ?? null, isLate),
        formRow(() => t('name'), `output-name-${id}`, field, why),
        formRow(
          () => t('folder_and_name'),
          `output-path-${id}`,
          nameField(
            `output-path-${id}`,
            () => one.value?.pattern ?? output.value.pattern,
            (pattern) => setPattern(id, pattern),
            () => output.value.pattern,
          ),
        ),
        pathLine(() => firstFile(place.value)),
        h(
          'div',
          { class: 'actions' },
          button(
            'ghost small',
            () => duplicateOutput(id),
            { disabled: noMoreOutputs },
            () => t('duplicate'),
          ),
          button(
            'ghost small',
            () => switchOutput(id),
            null,
            () => t(one.value?.off ? 'switch_on' : 'switch_off'),
          ),
          h('span', { class: 'spring' }),
          button(
            'ghost small',
            () => {
              const name = one.peek()?.name ?? '';
              removeOutput(id);
              tellDone(t('removed', name));
            },
            null,
            icon('trash', 's'),
            () => t('remove_output'),
          ),
        ),
      );
    });
  };
  return h(
    'li',
    { class: () => `output-card${isOpen.value ? ' on' : ''}${one.value?.off ? ' off' : ''}` },
    h(
      'div',
      { class: 'output-head' },
      h('span', { class: 'output-thumb', 'aria-hidden': 'true' }, picture),
      h(
        'div',
        { class: 'output-words' },
        h(
          'h3',
          null,
          h(
            'button',
            { type: 'button', class: 'output-name', 'aria-expanded': () => String(isOpen.value), onclick: toggle },
            h('span', { class: () => (place.value >= 0 ? colourClass(place.value) : 'swatch none-yet'), 'aria-hidden': 'true' }),
            h('span', { class: 'name' }, () => one.value?.name ?? ''),
            () => clashing.value.has(one.value?.name ?? '') && h('span', { class: 'badge-clash' }, icon('alert', 's'), t('names_clash')),
            () => one.value?.off && h('span', { class: 'muted' }, t('is_off')),
            () => icon(isOpen.value ? 'up' : 'down', 's'),
          ),
        ),
        h('p', { class: 'output-steps', hidden: () => isOpen.value }, () => (one.value?.steps ?? []).map(stepText).join(' › ')),
        h('p', { class: 'output-bytes', 'aria-busy': isLate }, bytes),
        h('p', { class: 'output-facts' }, facts),
      ),
    ),
    h('p', { class: 'why', role: 'status', hidden: () => !refused.value }, () => refused.value),
    body,
  );
}

const noMoreOutputs = () => outputs.value.length >= (hello.value?.limits.max_variants ?? 64);

export function outputsPane() {
  const scroll = h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': () => t('outputs_and_settings') });
  add(scroll, [
    keyed(
      h('ul', { class: 'output-cards', hidden: () => outputs.value.length === 0 }),
      () => outputs.value,
      (one) => one.id,
      (one) => outputCard(one.id),
    ),
    () =>
      outputs.value.length === 0 &&
      h('div', { class: 'no-outputs' }, h('p', null, t('no_outputs')), button('', openAddOutputs, null, icon('plus'), t('add_outputs'))),
    outputForm(),
  ]);
  return h(
    'section',
    { class: 'pane settings', 'aria-label': () => t('outputs') },
    h(
      'div',
      { class: 'pane-head' },
      h(
        'div',
        { class: 'head' },
        h('h2', null, () => t('outputs')),
        h('span', { class: 'muted' }, () => (outputs.value.length ? number(outputs.value.length) : '')),
        h('span', { class: 'spring' }),
        recipeButtons(),
        button('small', openAddOutputs, { disabled: noMoreOutputs }, icon('plus', 's'), () => t('one_output')),
      ),
    ),
    scroll,
    startArea(watchButton()),
  );
}
