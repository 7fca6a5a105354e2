// Fields for what a filter, a format or an output can be told. They are made once and patched: what is typed into one applies after a
// pause or on Enter, and a value that cannot be stays in its field with a line below, while the last good one stays in force.
import { refusalText } from './commands.js';
import { sentName, valueText } from './draft.js';
import { button, h } from './element.js';
import { language, number, say, t } from './i18n.js';
import { effect, onCleanup, signal, untracked } from './signal.js';
import { sendAsset } from './upload.js';

const APPLY_MS = 250;

/** @typedef {() => ParamValue | null} Now */
/** @typedef {(value: ParamValue | null) => void} Give null: not given */

/** The filled part of a slider's track. @param {HTMLInputElement} range */
function showFill(range) {
  const [min, max] = [Number(range.min), Number(range.max)];
  range.style.setProperty('--fill', `${max > min ? ((Number(range.value) - min) / (max - min)) * 100 : 0}%`);
}

/**
 * A slider.
 * @param {Record<string, any>} props `min`, `max`, `step`, `aria-…` @param {() => number} value @param {(value: number) => void} changed
 */
export function slider(props, value, changed) {
  const range = h('input', {
    type: 'range',
    ...props,
    oninput: () => {
      showFill(range);
      changed(Number(range.value));
    },
  });
  effect(() => {
    range.value = String(value());
    showFill(range);
  });
  return range;
}

/**
 * A field that is typed into, and the line that says what is wrong with it.
 * @template T @param {Record<string, any>} props @param {() => string} shown the value in force, as text
 * @param {(text: string) => { value: T } | { why: string }} read @param {(value: T) => void} give
 * @returns {[HTMLInputElement, HTMLElement]}
 */
export function typed(props, shown, read, give) {
  const why = signal('');
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const apply = () => {
    clearTimeout(timer);
    timer = undefined;
    const result = read(field.value);
    why.value = 'why' in result ? result.why : '';
    if ('value' in result) give(result.value);
  };
  const line = `${props.id ?? ''}-why`;
  const field = h('input', {
    type: 'text',
    autocomplete: 'off',
    spellcheck: 'false',
    ...props,
    class: `field ${props.class ?? ''}`,
    'aria-invalid': () => (why.value ? 'true' : null),
    'aria-describedby': () => (why.value ? line : (props['aria-describedby'] ?? null)),
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(apply, APPLY_MS);
    },
    onchange: apply,
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'Enter') apply();
      props.onkeydown?.(event);
    },
    onblur: () => {
      if (!why.peek()) field.value = untracked(shown);
    },
  });
  let was = '\0';
  effect(() => {
    const now = shown();
    // Other values of the form change too; what stands in this field, also what cannot be, stays until its own does.
    if (now === was) return;
    was = now;
    // What is being typed stays as it is written while it means the same.
    const means = read(field.value);
    const same = read(now);
    if (document.activeElement === field && 'value' in means && 'value' in same && means.value === same.value) return;
    field.value = now;
    why.value = '';
  });
  onCleanup(() => {
    if (timer) apply();
  });
  return [field, h('p', { class: 'why', id: line, hidden: () => !why.value }, () => why.value)];
}

/** What a text says as a number, with a point or a comma. @param {string} text */
const toNumber = (text) => Number(text.trim().replace(',', '.'));

/** @param {number} min @param {number} max @param {boolean} whole @param {boolean} needed @returns {(text: string) => { value: number | null } | { why: string }} */
export const readNumber = (min, max, whole, needed) => (text) => {
  if (!text.trim() && !needed) return { value: null };
  const value = toNumber(text);
  if (!text.trim() || !Number.isFinite(value) || value < min || value > max || (whole && !Number.isInteger(value)))
    return { why: t(whole ? 'why_between_whole' : 'why_between', number(min, 2, 0), number(max, 2, 0)) };
  return { value };
};

/** A field for a number. @param {Record<string, any>} props @param {{ min: number, max: number, whole: boolean, needed: boolean }} range @param {Now} now @param {Give} give */
export function numberField(props, { min, max, whole, needed }, now, give) {
  const read = readNumber(min, max, whole, needed);
  const decimals = () => {
    const value = now();
    return value === null ? '' : language.value === 'es' ? String(value).replace('.', ',') : String(value);
  };
  return typed(
    {
      ...props,
      inputmode: whole ? 'numeric' : 'decimal',
      placeholder: needed ? null : '–',
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const by = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
        const value = now();
        if (!by || typeof value !== 'number') return;
        event.preventDefault();
        give(Math.min(max, Math.max(min, value + by)));
      },
    },
    decimals,
    read,
    give,
  );
}

/** The value of a colour that is none. */
const TRANSPARENT = 'transparente';
const HEX = /^#[0-9a-f]{6}$/i;

/** @param {string} id @param {ParamSpec} spec @param {Now} now @param {Give} give */
function colourField(id, spec, now, give) {
  const hex = () => (HEX.test(String(now())) ? String(now()) : '#ffffff');
  const [field, why] = typed(
    { id: `${id}-text`, class: 'mono', 'aria-label': () => say(spec.label) },
    () => String(now() ?? ''),
    (text) => {
      const word = text.trim().toLowerCase();
      if (!word && !spec.default) return { value: null };
      return HEX.test(word) || (spec.transparent && word === TRANSPARENT) ? { value: word } : { why: t('why_colour') };
    },
    give,
  );
  return [
    h(
      'span',
      { class: 'wide colour-field' },
      h('input', { id, type: 'color', value: hex, oninput: (/** @type {Event} */ event) => give(eventField(event).value) }),
      field,
      spec.transparent &&
        button(
          'ghost small',
          () => give(TRANSPARENT),
          null,
          () => t('transparent'),
        ),
    ),
    why,
  ];
}

/** Proportions that people ask for. */
const RATIOS = ['1:1', '4:5', '5:4', '3:2', '2:3', '4:3', '16:9', '9:16'];

/** What a text of those kinds may be, and the line if it is not. @type {Record<string, [RegExp, import('./i18n.js').Key]>} */
const FORMS = {
  length: [/^\d+([.,]\d+)?\s*(px|%)?$/, 'why_length'],
  ratio: [/^\d+([.,]\d+)?\s*:\s*\d+([.,]\d+)?$/, 'why_ratio'],
  level: [/^(\d+|[a-z_]+)$/, 'why_level'],
};

/** A value that is written: a length, proportions, a level, a font; with words to choose from where there are some. @param {string} id @param {ParamSpec} spec @param {Now} now @param {Give} give */
function writtenField(id, spec, now, give) {
  const [form, why] = FORMS[spec.type] ?? [/^/, 'why_text'];
  const words = spec.type === 'ratio' ? RATIOS : (spec.options ?? []).map((option) => option.id);
  const [field, line] = typed(
    { id, class: 'wide', list: words.length ? `${id}-words` : null, placeholder: spec.type === 'length' ? '10 px, 5%' : null },
    () => String(now() ?? ''),
    (text) => {
      const written = text.trim().replace(/\s+/g, '').replace(',', '.');
      if (!written && !spec.default) return { value: null };
      return form.test(written) ? { value: written } : { why: t(why) };
    },
    give,
  );
  return [
    field,
    words.length > 0 &&
      h(
        'datalist',
        { id: `${id}-words` },
        words.map((word) => h('option', { value: word })),
      ),
    line,
  ];
}

/** Endings of fonts. */
const FONTS = ['ttf', 'otf', 'ttc', 'otc'];

/** A button that has a file of this computer chosen and sends it. @param {string} id @param {ParamSpec} spec @param {Now} now @param {Give} give */
function fileButton(id, spec, now, give) {
  const busy = signal(false);
  const why = signal('');
  const text = () => (busy.value ? t('sending') : (spec.type === 'file' && sentName(now())) || t('choose_file'));
  const picker = h('input', {
    type: 'file',
    hidden: true,
    tabindex: '-1',
    accept: (spec.endings ?? FONTS).map((ending) => `.${ending}`).join(','),
    onchange: async () => {
      const [file] = picker.files ?? [];
      // The same file may be chosen again, after it was changed.
      picker.value = '';
      if (!file) return;
      busy.value = true;
      why.value = '';
      try {
        give(await sendAsset(file));
      } catch (error) {
        why.value = refusalText(error);
      }
      busy.value = false;
    },
  });
  const choose = button(
    'wide file-field',
    () => picker.click(),
    { id, disabled: () => busy.value, 'aria-label': () => `${say(spec.label)}: ${text()}` },
    text,
  );
  return [picker, choose, h('p', { class: 'why', role: 'alert', hidden: () => !why.value }, () => why.value)];
}

const eventField = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target);
const unitText = (/** @type {ParamSpec} */ spec) => (spec.unit === 'px' ? 'px' : spec.unit === 'percent' ? '%' : '');

/** Nine positions of a picture are shown as the picture. */
const NINE = 9;

/** @param {string} id @param {ParamSpec} spec @param {Now} now @param {Give} give */
function choiceField(id, spec, now, give) {
  const options = spec.options ?? [];
  const places = options.slice(0, NINE).every((option) => /^(arriba|abajo|centro|izquierda|derecha)/.test(option.id));
  if (options.length === NINE && places)
    return h(
      'span',
      { class: 'wide places', role: 'radiogroup', 'aria-label': () => say(spec.label) },
      options.map((option) =>
        h('input', {
          type: 'radio',
          name: id,
          value: option.id,
          checked: () => now() === option.id,
          'aria-label': () => say(option.label),
          title: () => say(option.label),
          onchange: () => give(option.id),
        }),
      ),
    );
  return h(
    'select',
    { id, class: 'btn wide', onchange: (/** @type {Event} */ event) => give(eventField(event).value) },
    options.map((option) => h('option', { value: option.id, selected: () => now() === option.id }, () => say(option.label))),
  );
}

/**
 * The controls of a parameter. A kind that this page does not know (a newer server's) is a text.
 * @param {string} id @param {ParamSpec} spec @param {Now} now @param {Give} give @returns {import('./element.js').Child[]}
 */
function controlsOf(id, spec, now, give) {
  const whole = spec.type === 'integer';
  const { min = 0, max = 100 } = spec;
  switch (spec.type) {
    case 'float':
    case 'integer': {
      const needed = spec.default !== null && spec.default !== undefined;
      const range = { min, max, whole, needed };
      const unit = h('span', { class: 'unit', 'aria-hidden': 'true' }, unitText(spec));
      if (!needed) {
        const [field, why] = numberField({ id }, range, now, give);
        return [h('span', { class: 'wide figure-field' }, field, unit), why];
      }
      const [field, why] = numberField({ id: `${id}-figure`, 'aria-label': () => say(spec.label) }, range, now, give);
      const step = whole ? 1 : (spec.step ?? 0.1);
      // The slider has the usual values; the field beside it takes all.
      return [
        // Its steps count from its start, so that the start is one of them.
        slider(
          { id, min: Math.ceil(min / step) * step, max: spec.slider_max ?? max, step, 'aria-valuetext': () => valueText(spec, now()) },
          () => Number(now()),
          give,
        ),
        h('span', { class: 'figure-field' }, field, unit),
        why,
      ];
    }
    case 'color':
      return colourField(id, spec, now, give);
    case 'choice':
      return [choiceField(id, spec, now, give)];
    case 'bool':
      return [
        h('input', {
          id,
          type: 'checkbox',
          checked: () => now() === true,
          onchange: (/** @type {Event} */ event) => give(eventField(event).checked),
        }),
      ];
    case 'file':
      return fileButton(id, spec, now, give);
    case 'font': {
      const [field, why] = typed(
        { id, class: 'wide' },
        () => String(now() ?? ''),
        (written) => ({ value: written.trim() || null }),
        give,
      );
      return [field, why, fileButton(`${id}-file`, spec, now, give)];
    }
    case 'length':
    case 'ratio':
    case 'level':
      return writtenField(id, spec, now, give);
    default: {
      const needed = spec.type === 'text' && typeof spec.default === 'string' && spec.default !== '';
      const [field, why] = typed(
        { id, class: 'wide', maxlength: spec.max_chars ?? null },
        () => String(now() ?? ''),
        (text) => (text || !needed ? { value: text || null } : { why: t('why_text') }),
        give,
      );
      return [field, why];
    }
  }
}

/** A parameter with its label. @param {string} id @param {ParamSpec} spec @param {Now} now @param {Give} give */
export const paramRow = (id, spec, now, give) =>
  h(
    'div',
    { class: 'param', title: () => say(spec.help) },
    h('label', { for: id }, () => say(spec.label)),
    controlsOf(id, spec, now, give),
  );
