// Prepare, right: filters to tick or the steps of a chain, with the fields of their parameters made from the catalogue.
import {
  chain,
  colourClass,
  filterName,
  filterOf,
  moveStep,
  removeStep,
  setChain,
  setParam,
  shortValue,
  stepOf,
  steps,
  tick,
  valueText,
} from './draft.js';
import { add, button, h, icon, keyed, segmented } from './element.js';
import { paramRow } from './fields.js';
import { say, t } from './i18n.js';
import { outputForm, recipeButtons, startArea } from './output-form.js';
import { shown } from './preview.js';
import { computed, signal, untracked } from './signal.js';
import { hello } from './stream.js';

/** @param {number} index position of the step in the form @param {FilterSpec} spec */
export const paramFields = (index, spec) =>
  h(
    'div',
    { class: 'params' },
    spec.params.map((param) =>
      paramRow(
        `param-${index}-${param.id}`,
        param,
        () => steps.value[index]?.params[param.id] ?? param.default,
        (value) => setParam(index, param.id, value),
      ),
    ),
  );

/** @param {FilterSpec} spec */
function filterRow(spec) {
  const index = computed(() => steps.value.findIndex((step) => step.filter === spec.id));
  const on = computed(() => index.value >= 0);
  const row = h(
    'li',
    { class: () => `filter ${on.value ? 'on' : ''}` },
    h(
      'div',
      { class: 'filter-row' },
      h(
        'label',
        { title: () => say(spec.help) },
        h('input', {
          type: 'checkbox',
          checked: () => on.value,
          onchange: (/** @type {Event} */ event) => {
            const ticked = /** @type {HTMLInputElement} */ (event.target).checked;
            tick(spec, ticked);
            if (ticked) shown.value = steps.peek().length - 1;
          },
        }),
        () => say(spec.label),
      ),
      () =>
        on.value
          ? h('span', { class: colourClass(index.value), 'aria-hidden': 'true' })
          : spec.params.length > 0 && h('span', { class: 'value' }, valueText(spec.params[0], spec.params[0].default)),
    ),
    () => {
      const at = index.value;
      return at >= 0 && spec.params.length > 0 && untracked(() => paramFields(at, spec));
    },
  );
  return row;
}

/** Which steps of the chain show their parameters. */
const open = signal(/** @type {Set<number>} */ (new Set()));

/** @param {number} from @param {number} to */
function move(from, to) {
  open.value = new Set();
  moveStep(from, to);
  shown.value = to;
}

/** @param {number} index @param {string} direction */
const focusMover = (index, direction) =>
  queueMicrotask(() => {
    const row = document.querySelectorAll('.chain > li')[index];
    const wanted = /** @type {HTMLButtonElement | null} */ (row?.querySelector(`.${direction}`));
    (wanted?.disabled ? /** @type {HTMLElement | null} */ (row?.querySelector('.mover:not(:disabled)')) : wanted)?.focus();
  });

/** @param {Step} step @param {number} index @param {number} count */
function chainRow(step, index, count) {
  const spec = filterOf(step.filter);
  const name = filterName(step.filter);
  const row = h(
    'li',
    { class: () => (open.value.has(index) ? 'on' : '') },
    h(
      'div',
      { class: 'chain-row' },
      h('span', { class: 'handle', draggable: 'true', 'aria-hidden': 'true' }, icon('drag')),
      h('span', { class: 'step-number' }, String(index + 1)),
      spec?.params.length
        ? h(
            'button',
            {
              type: 'button',
              class: 'step-name',
              'aria-expanded': () => String(open.value.has(index)),
              onclick: () => {
                const now = new Set(open.peek());
                if (!now.delete(index)) now.add(index);
                open.value = now;
                shown.value = index;
              },
            },
            name,
            h('span', { class: 'value' }, shortValue(step)),
            icon('sliders', 's'),
          )
        : h('span', { class: 'step-name' }, name),
      button(
        'ghost small square mover up',
        () => {
          move(index, index - 1);
          focusMover(index - 1, 'up');
        },
        { disabled: index === 0, 'aria-label': t('move_up', name) },
        icon('up', 's'),
      ),
      button(
        'ghost small square mover down',
        () => {
          move(index, index + 1);
          focusMover(index + 1, 'down');
        },
        { disabled: index === count - 1, 'aria-label': t('move_down', name) },
        icon('down', 's'),
      ),
      button(
        'ghost small square',
        () => {
          open.value = new Set();
          removeStep(index);
        },
        { 'aria-label': t('remove', name) },
        icon('close', 's'),
      ),
    ),
    () => open.value.has(index) && spec && untracked(() => paramFields(index, spec)),
  );
  row.addEventListener('dragstart', (event) => {
    event.dataTransfer?.setData('application/x-lote-step', String(index));
    event.dataTransfer?.setDragImage(row, 20, 20);
  });
  row.addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('application/x-lote-step')) {
      event.preventDefault();
      row.classList.add('target');
    }
  });
  row.addEventListener('dragleave', () => row.classList.remove('target'));
  row.addEventListener('drop', (event) => {
    const from = event.dataTransfer?.getData('application/x-lote-step');
    row.classList.remove('target');
    if (from) {
      event.preventDefault();
      move(Number(from), index);
    }
  });
  return row;
}

function chainList() {
  // Rows are made again when the order changes, not when a value does (its field would lose the focus).
  const shape = computed(() => steps.value.map((step) => step.filter).join('+'));
  const most = () => (hello.value?.limits.max_steps ?? 16) <= steps.value.length;
  return [
    h('ol', { class: 'chain', 'aria-label': () => t('chain_label') }, () => {
      void shape.value;
      const list = steps.peek();
      return list.map((step, index) => chainRow(step, index, list.length));
    }),
    h(
      'div',
      { class: 'add-step' },
      h('label', { class: 'hidden', for: 'add-step' }, () => t('add_filter')),
      h(
        'select',
        {
          id: 'add-step',
          class: 'btn',
          disabled: most,
          onchange: (/** @type {Event} */ event) => {
            const field = /** @type {HTMLSelectElement} */ (event.target);
            const spec = filterOf(field.value);
            field.value = '';
            if (!spec) return;
            steps.value = [...steps.peek(), stepOf(spec)];
            shown.value = steps.peek().length - 1;
          },
        },
        h('option', { value: '' }, () => t('add_filter')),
        () => (hello.value?.filters ?? []).map((spec) => h('option', { value: spec.id }, say(spec.label))),
      ),
    ),
  ];
}

export function filtersPane() {
  const scroll = h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': () => t('filters_and_output') });
  add(scroll, [
    () =>
      chain.value
        ? chainList()
        : keyed(
            h('ul', { class: 'filters' }),
            () => hello.value?.filters ?? [],
            (spec) => spec.id,
            filterRow,
          ),
    outputForm(),
  ]);
  return h(
    'section',
    { class: 'pane settings', 'aria-label': () => t('filters') },
    h(
      'div',
      { class: 'pane-head' },
      h(
        'div',
        { class: 'head' },
        h('h2', null, () => t('filters')),
        h('span', { class: 'spring' }),
        recipeButtons(),
        button(
          'ghost small',
          () => {
            open.value = new Set();
            steps.value = [];
          },
          { disabled: () => steps.value.length === 0 },
          () => t('none'),
        ),
      ),
      segmented(
        () => t('how'),
        [
          [false, () => t('separate')],
          [true, () => t('chain')],
        ],
        () => chain.value,
        (value) => {
          open.value = new Set();
          setChain(value);
        },
      ),
      h('p', { class: 'muted small-text' }, () => t(chain.value ? 'chain_text' : 'separate_text')),
    ),
    scroll,
    startArea(),
  );
}
