// The dialog that adds outputs: by purpose, or one for each of the filters, shown on the photo that is looked at.
import { addOutputs, addRecipe, fileName, filesOf, filterOf, filterOutputName, formatOf, offeredFilters, stepOf } from './draft.js';
import { button, h } from './element.js';
import { dimensions, say, size, t } from './i18n.js';
import { image } from './image-list.js';
import { openRecipes } from './output-form.js';
import { openDialog } from './overlays.js';
import { sample } from './preview.js';
import { tellLoaded } from './recipe-files.js';
import { computed, onCleanup, signal } from './signal.js';

/** @typedef {{ name: string, steps: Step[], files: string[] }} Offer */
/**
 * What people make outputs for, as the program's recipes of these names have it. Sizes: what screens show without enlarging;
 * Instagram's portrait post; common shops' square. Print and archive keep all pixels. Of each group of formats the first that this server writes.
 * @type {[string, [string, Record<string, ParamValue>][], string[][]][]}
 */
const PURPOSES = [
  ['web', [['redimensionar', { lado_largo: 1600 }]], [['avif:calidad=55', 'webp:calidad=78'], ['jpeg:calidad=82']]],
  ['instagram', [['redimensionar', { ancho: 1080, alto: 1350, ajuste: 'cubrir', ampliar: true }]], [['jpeg:calidad=85']]],
  ['shop', [['lienzo', { ancho: 2048, alto: 2048, color: '#ffffff' }]], [['jpeg:calidad=85']]],
  ['thumbnail', [['redimensionar', { lado_largo: 400 }]], [['webp:calidad=75']]],
  ['print', [], [['jpeg:calidad=95']]],
  ['archive', [], [['tiff', 'png']]],
];
/** Those of the program that this one began as. */
const CLASSIC = 'invertir grises blur nitidez brillo contraste sepia bordes relieve posterizar redimensionar marca_agua'.split(' ');

/** The steps of a purpose; null if this server lacks one of its filters or parameters. @param {[string, Record<string, ParamValue>][]} steps @returns {Step[] | null} */
function stepsFor(steps) {
  const made = [];
  for (const [id, params] of steps) {
    const spec = filterOf(id);
    if (!spec || !Object.keys(params).every((name) => spec.params.some((param) => param.id === name))) return null;
    made.push({ filter: id, params: { ...stepOf(spec).params, ...params } });
  }
  return made;
}

/** @param {string[][]} groups */
const filesFor = (groups) => groups.flatMap((group) => group.find((file) => formatOf(file.split(':')[0])) ?? []);

/** @param {'purpose' | 'single'} kind @param {string} label @param {Offer} offer @param {(made: Picture[]) => import('./element.js').Child} words @param {() => boolean} ticked @param {(on: boolean) => void} tick */
function choice(kind, label, { steps, files }, words, ticked, tick) {
  /** @typedef {import('./preview.js').Sample} Picture */
  const made = signal(/** @type {Picture[]} */ ([]));
  const item = image.peek();
  const exact = kind === 'purpose';
  if (item && !item.problem) {
    const samples = (exact ? filesOf(files) : [null]).map((file) => sample(item.id, steps, file, exact));
    Promise.all(samples.map(({ promise }) => promise)).then(
      (all) => {
        made.value = all;
      },
      () => {},
    );
    // What the closed dialog would have shown must not hold up what is shown.
    onCleanup(() => samples.forEach(({ drop }) => drop()));
  }
  return h(
    'label',
    { class: () => `offer ${kind}${ticked() ? ' on' : ''}` },
    h('span', { class: 'offer-picture' }, h('img', { alt: '', src: () => made.value[0]?.url ?? null, hidden: () => !made.value.length })),
    h('span', { class: 'offer-words' }, h('b', null, label), () => words(made.value)),
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
      const ticked = signal(/** @type {Offer[]} */ ([]));
      const isTicked = (/** @type {Offer} */ { name }) => ticked.value.some((one) => one.name === name);
      const tick = (/** @type {Offer} */ offer, /** @type {boolean} */ on) => {
        const others = ticked.peek().filter((one) => one.name !== offer.name);
        ticked.value = on ? [...others, offer] : others;
      };
      const finish = (/** @type {Offer[]} */ added) => {
        addOutputs(added);
        close();
      };
      const purposes = PURPOSES.flatMap(([id, wanted, groups]) => {
        const steps = stepsFor(wanted);
        if (!steps) return [];
        const of = (/** @type {string} */ part) => t(/** @type {import('./i18n.js').Key} */ (`${part}_${id}`));
        const offer = { name: of('output'), steps, files: filesFor(groups) };
        return choice(
          'purpose',
          of('purpose'),
          offer,
          (made) => [
            h('small', null, t(/** @type {import('./i18n.js').Key} */ (`purpose_${id}_text`))),
            h('small', null, offer.files.map(fileName).join(' + ')),
            h('small', null, made.length ? dimensions(made[0].width_px, made[0].height_px) : '–'),
            h('small', null, made.map((one) => size(one.output_bytes ?? 0)).join(' + ') || '–'),
          ],
          () => isTicked(offer),
          (on) => tick(offer, on),
        );
      });
      const specs = offeredFilters().filter((spec) => CLASSIC.includes(spec.id));
      const offers = specs.map((spec) => ({ spec, offer: { name: filterOutputName(spec), steps: [stepOf(spec)], files: [] } }));
      const all = computed(() => offers.every(({ offer }) => isTicked(offer)));
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
              for (const { offer } of offers) tick(offer, on);
            },
            null,
            () => t(all.value ? 'tick_none' : 'tick_all'),
          ),
        ),
        h(
          'div',
          { class: 'filter-offers' },
          offers.map(({ spec, offer }) =>
            choice(
              'single',
              say(spec.label),
              offer,
              () => null,
              () => isTicked(offer),
              (on) => tick(offer, on),
            ),
          ),
        ),
        h(
          'div',
          { class: 'actions spread offers-foot' },
          h(
            'span',
            { class: 'actions' },
            button('ghost', () => finish([{ name: t('output_empty'), steps: [], files: [] }]), null, t('empty_output')),
            button(
              'ghost',
              () =>
                openRecipes((name, recipe) => {
                  close();
                  tellLoaded(name, addRecipe(recipe));
                }),
              null,
              t('from_recipe'),
            ),
          ),
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
