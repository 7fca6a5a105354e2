// The steps of an open output: pills in order, the parameters of one of them, and the list to add from.
import {
  STEP_GROUPS,
  addStep,
  filterName,
  filterOf,
  forgetOnly,
  moveStep,
  openOutput,
  outputOf,
  placing,
  removeStep,
  setParam,
  shownOutput,
  stepText,
} from './draft.js';
import { button, h, icon, keyed } from './element.js';
import { paramRow } from './fields.js';
import { language, say, t } from './i18n.js';
import { tellDone } from './recipe-files.js';
import { computed, effect, onCleanup, signal, untracked } from './signal.js';
import { hello } from './stream.js';

const DRAG_TYPE = 'application/x-lote-step';
/** Below so many steps there is no need to search. */
const SEARCH_FROM = 8;

/** Case and accents ignored. @param {string} text */
const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Place that a thing dragged over a pill would take: before it in its first half, after it in its second. Pure. @param {number} from @param {number} over @param {boolean} secondHalf */
export function dropPlace(from, over, secondHalf) {
  const gap = over + (secondHalf ? 1 : 0);
  return gap > from ? gap - 1 : gap;
}

/** Opens the crop of the output that the photo shows, which is added if it has none. */
export function openCrop() {
  const [one, spec] = [shownOutput.peek(), filterOf('recortar')];
  if (!one || !spec) return;
  const key = one.steps.find(({ filter }) => filter === spec.id)?.key ?? addStep(one.id, spec);
  openOutput.value = one.id;
  const pill = /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${key}"]`));
  if (pill?.getAttribute('aria-expanded') === 'false') pill.click();
  // Its parameters are open still where the tool was left by itself.
  else placing.value = { id: one.id, key, filter: 'recortar' };
}

/** @param {number} id of the output */
export function stepsEditor(id) {
  const steps = computed(() => outputOf(id)?.steps ?? []);
  /** The step whose parameters are shown. */
  const open = signal(0);
  const adding = signal(false);
  const stepOfKey = (/** @type {number} */ key) => steps.value.find((step) => step.key === key);
  const place = (/** @type {number} */ key) => steps.value.findIndex((step) => step.key === key);
  const pills = keyed(
    h('ol', { class: 'pills', 'aria-label': () => t('chain_label') }),
    () => steps.value,
    (step) => step.key,
    ({ key }) => pill(key),
  );
  const focusPill = (/** @type {number} */ key) => /** @type {HTMLElement | null} */ (pills.querySelector(`[data-key="${key}"]`))?.focus();

  /** @param {number} key @param {number} by */
  function move(key, by) {
    moveStep(id, key, place(key) + by);
  }

  /** @param {number} key */
  function pill(key) {
    const name = () => {
      const step = stepOfKey(key);
      return step ? stepText(step) : '';
    };
    const item = h(
      'li',
      { draggable: 'true' },
      h(
        'button',
        {
          type: 'button',
          class: 'pill-step',
          'data-key': key,
          'aria-expanded': () => String(open.value === key),
          title: () => t('move_hint'),
          onclick: () => {
            open.value = open.peek() === key ? 0 : key;
            adding.value = false;
          },
          onkeydown: (/** @type {KeyboardEvent} */ event) => {
            const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
            if (!event.altKey || !by) return;
            event.preventDefault();
            move(key, by);
            focusPill(key);
          },
        },
        name,
      ),
    );
    const half = (/** @type {DragEvent} */ event) => {
      const box = item.getBoundingClientRect();
      return event.clientX > box.left + box.width / 2;
    };
    item.addEventListener('dragstart', (event) => {
      event.dataTransfer?.setData(DRAG_TYPE, String(key));
      event.dataTransfer?.setData('text/plain', untracked(name));
    });
    item.addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes(DRAG_TYPE)) return;
      event.preventDefault();
      item.dataset.drop = half(event) ? 'after' : 'before';
    });
    item.addEventListener('dragleave', () => delete item.dataset.drop);
    item.addEventListener('drop', (event) => {
      delete item.dataset.drop;
      const dragged = Number(event.dataTransfer?.getData(DRAG_TYPE));
      const from = place(dragged);
      if (!dragged || from < 0) return;
      event.preventDefault();
      moveStep(id, dragged, dropPlace(from, place(key), half(event)));
    });
    return item;
  }

  // A crop is placed on the photo while its parameters are open, and so is a logo once there is one.
  const byHand = computed(() => {
    const step = stepOfKey(open.value);
    if (step?.filter === 'recortar') return step.filter;
    return step?.filter === 'logo' && step.params.archivo && !step.params.mosaico ? step.filter : null;
  });
  effect(() => {
    placing.value = byHand.value && { id, key: open.value, filter: byHand.value };
  });
  onCleanup(() => {
    placing.value = null;
  });

  function parameters() {
    const key = open.value;
    return untracked(() => {
      const step = stepOfKey(key);
      const spec = step && filterOf(step.filter);
      if (!step) return null;
      const name = () => filterName(step.filter);
      return h(
        'div',
        { class: 'step-box', role: 'group', 'aria-label': name },
        h(
          'div',
          { class: 'head' },
          h('h4', null, name),
          h('span', { class: 'spring' }),
          button(
            'ghost small square',
            () => move(key, -1),
            { disabled: () => place(key) <= 0, 'aria-label': () => t('move_up', name()) },
            icon('left', 's'),
          ),
          button(
            'ghost small square',
            () => move(key, 1),
            { disabled: () => place(key) >= steps.value.length - 1, 'aria-label': () => t('move_down', name()) },
            icon('right', 's'),
          ),
          button(
            'ghost small square',
            () => {
              const said = name();
              open.value = 0;
              removeStep(id, key);
              tellDone(t('removed', said));
            },
            { 'aria-label': () => t('remove', name()) },
            icon('close', 's'),
          ),
        ),
        h('p', { class: 'fine' }, () => (spec ? say(spec.help) : '')),
        (spec?.params ?? []).map((param) =>
          paramRow(
            `param-${key}-${param.id}`,
            param,
            () => stepOfKey(key)?.params[param.id] ?? param.default,
            (value) => setParam(id, key, param.id, value),
          ),
        ),
        () => {
          const alone = Object.keys(stepOfKey(key)?.only ?? {}).length;
          return (
            alone > 0 &&
            h(
              'p',
              { class: 'fine alone' },
              h('span', null, t('n_alone', alone)),
              button('ghost small', () => forgetOnly(id, key), null, t('forget_alone')),
            )
          );
        },
      );
    });
  }

  function adder() {
    if (!adding.value) return null;
    return untracked(() => {
      const query = signal('');
      const specs = hello.value?.filters ?? [];
      const choose = (/** @type {FilterSpec} */ spec) => {
        adding.value = false;
        const key = addStep(id, spec);
        open.value = spec.params.length ? key : 0;
        focusPill(key);
      };
      const found = () =>
        specs.filter((spec) => folded(`${say(spec.label)} ${spec.id} ${spec.id_en}`).includes(folded(query.value.trim())));
      const box = h(
        'div',
        {
          class: 'adder',
          role: 'group',
          'aria-label': () => t('add_step'),
          onkeydown: (/** @type {KeyboardEvent} */ event) => {
            if (event.key !== 'Escape') return;
            event.preventDefault();
            adding.value = false;
            plus.focus();
          },
        },
        specs.length >= SEARCH_FROM &&
          h('input', {
            type: 'search',
            class: 'field',
            placeholder: () => t('search_steps'),
            'aria-label': () => t('search_steps'),
            oninput: (/** @type {Event} */ event) => {
              query.value = /** @type {HTMLInputElement} */ (event.target).value;
            },
            onkeydown: (/** @type {KeyboardEvent} */ event) => {
              const first = /** @type {HTMLElement | null} */ (box.querySelector('.adder-list .btn'));
              if (event.key !== 'Enter' || !first || !query.peek()) return;
              event.preventDefault();
              first.click();
            },
          }),
        h('div', { class: 'adder-list' }, () => {
          void language.value;
          const left = found();
          const groups = Object.entries(STEP_GROUPS).map(([name, ids]) => ({ name, specs: left.filter(({ id }) => ids.includes(id)) }));
          const others = left.filter((spec) => !groups.some(({ specs }) => specs.includes(spec)));
          return [...groups, { name: 'steps_look', specs: others }].map(({ name, specs }) => {
            const label = t(/** @type {any} */ (name));
            return (
              specs.length > 0 &&
              h(
                'div',
                { role: 'group', 'aria-label': label },
                h('small', null, label),
                specs.map((spec) => button('ghost small', () => choose(spec), { title: say(spec.help) }, say(spec.label))),
              )
            );
          });
        }),
      );
      queueMicrotask(() => /** @type {HTMLElement | null} */ (box.querySelector('input, button'))?.focus());
      return box;
    });
  }

  const plus = h(
    'button',
    {
      type: 'button',
      class: 'pill-step plus',
      'aria-label': () => t('add_step'),
      title: () => t('add_step'),
      'aria-expanded': () => String(adding.value),
      disabled: () => steps.value.length >= (hello.value?.limits.max_steps ?? 16),
      onclick: () => {
        adding.value = !adding.peek();
        open.value = 0;
      },
    },
    icon('plus', 's'),
  );
  // An output that does nothing yet begins with the choice of what it does.
  adding.value = steps.peek().length === 0;
  return h('div', { class: 'steps' }, h('div', { class: 'pill-row' }, pills, plus), adder, () => open.value > 0 && parameters());
}
