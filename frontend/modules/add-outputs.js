// The dialog that adds outputs: by purpose, or one for each of the filters, shown on the photo that is looked at.
import { addOutputs, filterOf, filterOutputName, offeredFilters, stepOf } from './draft.js';
import { button, h } from './element.js';
import { dimensions, say, size, t } from './i18n.js';
import { image } from './image-list.js';
import { openDialog } from './overlays.js';
import { sample } from './preview.js';
import { computed, signal } from './signal.js';

/** @typedef {{ name: import('./i18n.js').Key, label: import('./i18n.js').Key, text: import('./i18n.js').Key, steps: [string, Record<string, ParamValue>][] }} Purpose */
/** What people make outputs for. Sizes: what screens show without enlarging; Instagram's portrait post; common shops' square. @type {Purpose[]} */
const PURPOSES = [
  { name: 'output_web', label: 'purpose_web', text: 'purpose_web_text', steps: [['redimensionar', { lado_largo: 1600 }]] },
  {
    name: 'output_instagram',
    label: 'purpose_instagram',
    text: 'purpose_instagram_text',
    steps: [['redimensionar', { ancho: 1080, alto: 1350, ajuste: 'cubrir' }]],
  },
  {
    name: 'output_shop',
    label: 'purpose_shop',
    text: 'purpose_shop_text',
    steps: [
      ['redimensionar', { lado_largo: 2048 }],
      ['lienzo', { aspecto: '1:1', color: '#ffffff' }],
    ],
  },
  { name: 'output_thumbnail', label: 'purpose_thumbnail', text: 'purpose_thumbnail_text', steps: [['redimensionar', { lado_largo: 400 }]] },
];

/** The steps of a purpose; null if this server lacks one of its filters or parameters. @param {Purpose} purpose @returns {Step[] | null} */
function stepsFor({ steps }) {
  const made = [];
  for (const [id, params] of steps) {
    const spec = filterOf(id);
    if (!spec || !Object.keys(params).every((name) => spec.params.some((param) => param.id === name))) return null;
    made.push({ filter: id, params: { ...stepOf(spec).params, ...params } });
  }
  return made;
}

/** A picture of what the steps make of the photo. @param {Step[]} steps @param {boolean} exact with its bytes */
function trial(steps, exact) {
  const made = signal(/** @type {import('./preview.js').Sample | null} */ (null));
  const item = image.peek();
  if (item && !item.problem)
    sample(item.id, steps, exact).promise.then(
      (result) => {
        made.value = result;
      },
      () => {},
    );
  return made;
}

/** @param {string} kind @param {string} name @param {Step[]} steps @param {(made: import('./preview.js').Sample | null) => import('./element.js').Child} words @param {() => boolean} ticked @param {(on: boolean) => void} tick */
function choice(kind, name, steps, words, ticked, tick) {
  const made = trial(steps, kind === 'purpose');
  return h(
    'label',
    { class: () => `offer ${kind}${ticked() ? ' on' : ''}` },
    h('span', { class: 'offer-picture' }, h('img', { alt: '', src: () => made.value?.url ?? null, hidden: () => !made.value })),
    h('span', { class: 'offer-words' }, h('b', null, name), () => words(made.value)),
    h('input', {
      type: 'checkbox',
      checked: ticked,
      onchange: (/** @type {Event} */ event) => tick(/** @type {HTMLInputElement} */ (event.target).checked),
    }),
  );
}

export const openAddOutputs = () =>
  openDialog(
    () => t('add_outputs'),
    'offers',
    (close) => {
      /** Ticked, in the order of ticking. */
      const ticked = signal(/** @type {{ name: string, steps: Step[] }[]} */ ([]));
      const isTicked = (/** @type {string} */ name) => ticked.value.some((one) => one.name === name);
      const tick = (/** @type {string} */ name, /** @type {Step[]} */ steps, /** @type {boolean} */ on) => {
        const others = ticked.peek().filter((one) => one.name !== name);
        ticked.value = on ? [...others, { name, steps }] : others;
      };
      const finish = (/** @type {{ name: string, steps: Step[] }[]} */ added) => {
        addOutputs(added);
        close();
      };
      const purposes = PURPOSES.flatMap((purpose) => {
        const steps = stepsFor(purpose);
        const name = t(purpose.name);
        return steps
          ? choice(
              'purpose',
              t(purpose.label),
              steps,
              (made) => [
                h('small', null, t(purpose.text)),
                h('small', null, made?.output_bytes ? `${dimensions(made.width_px, made.height_px)} · ${size(made.output_bytes)}` : '–'),
              ],
              () => isTicked(name),
              (on) => tick(name, steps, on),
            )
          : [];
      });
      const specs = offeredFilters();
      const offers = specs.map((spec) => ({ spec, name: filterOutputName(spec), steps: [stepOf(spec)] }));
      const all = computed(() => offers.every(({ name }) => isTicked(name)));
      return [
        h('p', { class: 'muted' }, () => t('offers_text', image.value?.name ?? '–')),
        h('div', { class: 'purposes' }, purposes),
        h(
          'div',
          { class: 'head' },
          h('h3', null, t('one_filter_each')),
          h('span', { class: 'muted optional' }, t('separate_text')),
          h('span', { class: 'spring' }),
          button(
            'ghost small',
            () => {
              const on = !all.peek();
              for (const { name, steps } of offers) tick(name, steps, on);
            },
            null,
            () => t(all.value ? 'tick_none' : 'tick_all'),
          ),
        ),
        h(
          'div',
          { class: 'filter-offers' },
          offers.map(({ spec, name, steps }) =>
            choice(
              'single',
              say(spec.label),
              steps,
              () => null,
              () => isTicked(name),
              (on) => tick(name, steps, on),
            ),
          ),
        ),
        h(
          'div',
          { class: 'actions spread offers-foot' },
          button('ghost', () => finish([{ name: t('output_empty'), steps: [] }]), null, t('empty_output')),
          h(
            'span',
            { class: 'actions' },
            button('', close, null, t('cancel')),
            button(
              'primary',
              () => finish(ticked.peek()),
              { disabled: () => ticked.value.length === 0 },
              () => t('add_n_outputs', ticked.value.length),
            ),
          ),
        ),
      ];
    },
  );
