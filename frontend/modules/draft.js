// The form of the Prepare screen: filters as the server describes them, ticked or chained; output, mode. Remembered, saved as recipes.
import { number, percent, say, t } from './i18n.js';
import { recall, remember } from './page-state.js';
import { batch, computed, effect, signal, untracked } from './signal.js';
import { hello, ready, state } from './stream.js';

/** @param {string} id @returns {FilterSpec | undefined} */
export const filterOf = (id) => hello.value?.filters.find((spec) => spec.id === id);

/** @param {string} id */
export const filterName = (id) => {
  const spec = filterOf(id);
  return spec ? say(spec.label) : id;
};

/** The name of a variant for people: its filters' names in order. @param {{ steps: Step[] }} variant */
export const variantName = (variant) =>
  variant.steps.length ? variant.steps.map((step) => filterName(step.filter)).join(' + ') : t('original');

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
    const figure = number(value, 2, 0);
    return spec.unit === 'percent'
      ? percent(value)
      : spec.unit === 'px'
        ? `${figure}\u00a0px`
        : spec.unit === 'bits'
          ? `${figure}\u00a0bits`
          : figure;
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
export const colourClass = (index) => `swatch colour-${(index % 6) + 1}${index >= 6 ? ' textured' : ''}`;

/** Steps in the order in which they were ticked (which decides their colours), or of the chain. */
export const steps = signal(/** @type {Step[]} */ ([]));
export const chain = signal(false);
export const mode = signal(/** @type {Mode} */ ('processes'));
export const workers = signal(0);
export const output = signal(
  /** @type {OutputOptions} */ ({
    folder: null,
    format: null,
    quality: 75,
    pattern: '{name}_{variant}',
    if_exists: 'overwrite',
    if_collides: 'fail',
  }),
);

const MAX_NAME = 64;

/** @param {Step[]} list @returns {{ name: string, steps: Step[] }[]} */
const separate = (list) => list.map((step) => ({ name: step.filter, steps: [step] }));

/** What the job will write: one variant per ticked filter, or the chain as one. */
export const variants = computed(() => {
  if (!chain.value) return separate(steps.value);
  return steps.value.length
    ? [
        {
          name: steps.value
            .map((step) => step.filter)
            .join('+')
            .slice(0, MAX_NAME),
          steps: steps.value,
        },
      ]
    : [];
});

/** @returns {JobRequest} */
export const request = () => ({ mode: mode.value, workers: workers.value, variants: variants.value, output: output.value });

/** Fills the form from a recipe; filters that the server does not have are left out. @param {JobRequest} recipe */
export function load(recipe) {
  batch(() => {
    const chained = recipe.variants.length === 1 && recipe.variants[0].steps.length > 1;
    const wanted = chained
      ? recipe.variants[0].steps
      : recipe.variants.flatMap((variant) => (variant.steps.length === 1 ? variant.steps : []));
    chain.value = chained;
    steps.value = wanted
      .filter((step, index) => filterOf(step.filter) && (chained || wanted.findIndex((other) => other.filter === step.filter) === index))
      .map((step) => ({ filter: step.filter, params: { ...step.params } }));
    mode.value = recipe.mode;
    workers.value = Math.min(recipe.workers, hello.peek()?.limits.max_workers ?? recipe.workers);
    output.value = { ...output.peek(), ...recipe.output };
  });
}

/** @param {boolean} chained */
export function setChain(chained) {
  batch(() => {
    // Separate variants are one per filter: of repeated steps the first stays.
    if (!chained) steps.value = steps.peek().filter((step, index, all) => all.findIndex((other) => other.filter === step.filter) === index);
    chain.value = chained;
  });
}

/** @param {FilterSpec} spec @param {boolean} on */
export function tick(spec, on) {
  steps.value = on ? [...steps.peek(), stepOf(spec)] : steps.peek().filter((step) => step.filter !== spec.id);
}

/** @param {number} index @param {string} param @param {ParamValue | null} value null: not given */
export function setParam(index, param, value) {
  steps.value = steps.peek().map((step, at) => {
    if (at !== index) return step;
    const params = { ...step.params };
    if (value === null) delete params[param];
    else params[param] = value;
    return { ...step, params };
  });
}

/** @param {number} from @param {number} to */
export function moveStep(from, to) {
  const list = [...steps.peek()];
  if (to < 0 || to >= list.length || from === to) return;
  list.splice(to, 0, ...list.splice(from, 1));
  steps.value = list;
}

/** @param {number} index */
export const removeStep = (index) => {
  steps.value = steps.peek().filter((_, at) => at !== index);
};

/** Fills the form once the server has said hello: what this browser remembers, else the last job, else defaults; then keeps it. */
export function keepDraft() {
  let filled = false;
  effect(() => {
    const server = hello.value;
    if (!server || !ready.value || filled) return;
    filled = true;
    untracked(() => {
      const { mode: usual, workers: many, quality, pattern, if_exists } = server.defaults;
      load(
        recall('draft') ??
          state.settings.value ?? {
            mode: usual,
            workers: many,
            variants: [],
            output: { folder: null, format: null, quality, pattern, if_exists, if_collides: 'fail' },
          },
      );
      if (recall('chain') === true) chain.value = true;
    });
  });
  effect(() => {
    const now = request();
    const chained = chain.value;
    if (filled) {
      remember('draft', now);
      remember('chain', chained);
    }
  });
}
