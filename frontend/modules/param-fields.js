// The fields of a filter's parameters, made from the catalogue.
import { h } from './element.js';
import { valueText } from './catalogue.js';
import { setParam, steps } from './draft.js';
import { say } from './i18n.js';
import { effect } from './signal.js';

const MOST_SLIDER_STEPS = 400;

/** The filled part of a slider's track. @param {HTMLInputElement} range */
function showFill(range) {
  const [min, max] = [Number(range.min), Number(range.max)];
  range.style.setProperty('--fill', `${max > min ? (Number(range.value) - min) / (max - min) * 100 : 0}%`);
}

/**
 * A slider.
 * @param {Record<string, any>} props `min`, `max`, `step`, `aria-…` @param {() => number} value @param {(value: number) => void} changed
 */
export function slider(props, value, changed) {
  const range = h('input', { type: 'range', ...props, oninput: () => { showFill(range); changed(Number(range.value)); } });
  effect(() => { range.value = String(value()); showFill(range); });
  return range;
}

/** @param {number} index position of the step @param {ParamSpec} spec */
function field(index, spec) {
  const id = `param-${index}-${spec.id}`;
  const now = () => steps.value[index]?.params[spec.id] ?? spec.default;
  const set = (/** @type {ParamValue | null} */ value) => setParam(index, spec.id, value);
  const target = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target);
  const label = h('label', { for: id, title: () => say(spec.help) }, () => say(spec.label));
  const whole = spec.type === 'integer';
  const min = spec.min ?? 0, max = spec.max ?? 100, step = whole ? 1 : spec.step ?? 0.1;
  switch (spec.type) {
    case 'float': case 'integer':
      if (spec.default === null || (max - min) / step > MOST_SLIDER_STEPS) {
        return [label, h('input', { id, type: 'number', class: 'field', min, max, step: whole ? 1 : 'any', value: () => String(now() ?? ''), placeholder: '–',
          onchange: (/** @type {Event} */ event) => { const text = target(event).value; set(text === '' ? null : Math.min(max, Math.max(min, whole ? Math.round(Number(text)) : Number(text)))); } }),
        h('span', { class: 'unit' }, spec.unit === 'px' ? 'px' : spec.unit === 'percent' ? '%' : '')];
      }
      return [label, slider({ id, min, max, step, 'aria-valuetext': () => valueText(spec, now()) }, () => Number(now()), (value) => set(value)), h('output', { for: id }, () => valueText(spec, now()))];
    case 'text':
      return [label, h('input', { id, type: 'text', class: 'field wide', maxlength: spec.max_chars ?? null, value: () => String(now() ?? ''), oninput: (/** @type {Event} */ event) => set(target(event).value || null) })];
    case 'color':
      return [label, h('input', { id, type: 'color', value: () => String(now() ?? '#000000'), oninput: (/** @type {Event} */ event) => set(target(event).value) }), h('output', { class: 'mono', for: id }, () => String(now() ?? ''))];
    case 'choice':
      return [label, h('select', { id, class: 'btn wide', onchange: (/** @type {Event} */ event) => set(target(event).value) },
        (spec.options ?? []).map((option) => h('option', { value: option.id, selected: now() === option.id }, () => say(option.label))))];
    case 'bool':
      return [label, h('input', { id, type: 'checkbox', checked: () => now() === true, onchange: (/** @type {Event} */ event) => set(target(event).checked) })];
  }
}

/** @param {number} index position of the step in the form @param {FilterSpec} spec */
export const paramFields = (index, spec) => h('div', { class: 'params' }, spec.params.map((param) => h('div', { class: 'param' }, field(index, param))));
