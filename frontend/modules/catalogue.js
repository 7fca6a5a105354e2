// Filters as the server describes them: names, defaults, short values.
import { number, percent } from './format.js';
import { say, t } from './i18n.js';
import { hello } from './stream.js';

/** @param {string} id @returns {FilterSpec | undefined} */
export const filterOf = (id) => hello.value?.filters.find((spec) => spec.id === id);

/** @param {string} id */
export const filterName = (id) => { const spec = filterOf(id); return spec ? say(spec.label) : id; };

/** The name of a variant for people: its filters' names in order. @param {{ steps: Step[] }} variant */
export const variantName = (variant) => (variant.steps.length ? variant.steps.map((step) => filterName(step.filter)).join(' + ') : t('original'));

/** A new step with every default filled in. @param {FilterSpec} spec @returns {Step} */
export function stepOf(spec) {
  /** @type {Record<string, ParamValue>} */
  const params = {};
  for (const param of spec.params) if (param.default !== null && param.default !== undefined) params[param.id] = param.default;
  return { filter: spec.id, params };
}

/** @param {ParamSpec} spec @param {ParamValue | undefined | null} value */
export function valueText(spec, value) {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value === 'number') {
    const figure = number(value, spec.type === 'integer' ? 0 : (spec.step ?? 0.1) < 0.1 ? 2 : 1);
    return spec.unit === 'percent' ? percent(value) : spec.unit === 'px' ? `${figure}\u00a0px` : spec.unit === 'bits' ? `${figure}\u00a0bits` : figure;
  }
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  const option = spec.options?.find((one) => one.id === value);
  return option ? say(option.label) : value;
}

/** The first value of a step, for a row that is folded. @param {Step} step */
export function shortValue(step) {
  const spec = filterOf(step.filter);
  const first = spec?.params[0];
  return first ? valueText(first, step.params[first.id] ?? first.default) : '';
}

/** Class of the colour of the variant at that index: six colours, then again with a texture. @param {number} index */
export const colourClass = (index) => `swatch colour-${index % 6 + 1}${index >= 6 ? ' textured' : ''}`;
