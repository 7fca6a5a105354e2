// The form of the Prepare screen: the outputs, each with its name and steps, and what holds for all. Remembered, saved as recipes.
import { language, number, percent, say, t, renamed } from './i18n.js';
import { recall, remember } from './page-state.js';
import { batch, computed, effect, signal, untracked } from './signal.js';
import { hello, ready, state } from './stream.js';
import { rememberUndo } from './undo.js';

/**
 * @typedef {Record<string, ParamValue>} Params
 * @typedef {{ key: number, filter: string, params: Params, only: Record<string, Params> }} DraftStep
 * `only`: what single photos have otherwise, by `pathOf` them.
 * @typedef {{ key: number, format: string, options: Record<string, string> }} DraftFile
 * @typedef {{ id: number, name: string, off: boolean, steps: DraftStep[], files: DraftFile[], pattern: string | null }} Output
 * `key` and `id` tell steps, files and outputs apart for as long as the page lives. `off`: kept, but not made. `files`: none is one in
 * the photo's own format; options by their Spanish names, as after `@` on the command line. `pattern`: null is that of all outputs.
 */

/** @param {string} id @returns {FilterSpec | undefined} */
export const filterOf = (id) => hello.value?.filters.find((spec) => spec.id === id);

/** @param {string} id */
export const filterName = (id) => {
  const spec = filterOf(id);
  return spec ? say(spec.label) : id;
};

/** A file as the server reads it: `avif:calidad=55`. @param {{ format: string, options: Record<string, string> }} file */
export const fileText = ({ format, options }) =>
  [
    format,
    Object.entries(options)
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
  ]
    .filter(Boolean)
    .join(':');

/** @param {string} text @returns {DraftFile} */
function readFile(text) {
  const [format, options = ''] = text.split(':');
  return { key: newKey(), format, options: Object.fromEntries(options.split(',').flatMap((one) => (one ? [one.split('=')] : []))) };
}

/** @param {string} id */
export const formatOf = (id) => hello.value?.formats.find((one) => one.id === id);
/** What a file's format is called. @param {string | null | undefined} text */
export const fileName = (text) => (text ? (formatOf(text.split(':')[0])?.name ?? text) : '');

/**
 * The outputs of a job: variants of one name are files of one output, and have its colour.
 * @template {{ name: string }} T @param {T[]} variants @returns {{ variant: T, indexes: number[] }[]}
 */
export function outputsOf(variants) {
  /** @type {Map<string, { variant: T, indexes: number[] }>} */
  const found = new Map();
  variants.forEach((variant, index) => {
    const known = found.get(variant.name);
    if (known) known.indexes.push(index);
    else found.set(variant.name, { variant, indexes: [index] });
  });
  return [...found.values()];
}
/** The place of each variant's output, which decides its colour. @param {{ name: string }[]} variants */
export function placesOf(variants) {
  const names = outputsOf(variants).map(({ variant }) => variant.name);
  return variants.map(({ name }) => names.indexOf(name));
}
/** Class of the colour of a variant of the job. @param {number} index */
export const variantColour = (index) => colourClass(placesOf(state.job.peek()?.variants ?? [])[index] ?? index);
/** The name of a variant, with its format if its output has several. @param {Variant[]} variants @param {number} index */
export function variantLabel(variants, index) {
  const variant = variants[index];
  if (!variant) return '';
  const several = variants.filter(({ name }) => name === variant.name).length > 1;
  return [variantName(variant), several && fileName(variant.file)].filter(Boolean).join(' · ');
}

/** The name of a variant for people: that of its filter if it is called like one, else its own. @param {{ name?: string, steps: Step[] }} variant */
export function variantName(variant) {
  const { name, steps } = variant;
  const plain = steps.map((step) => step.filter).join('+');
  const spec = steps.length === 1 ? filterOf(steps[0].filter) : undefined;
  if (name && name !== plain && name !== spec?.id_en) return name;
  return steps.length ? steps.map((step) => filterName(step.filter)).join(' + ') : t('original');
}

/** Filters by what they are for, as the list of steps shows them; those that are in none give a look. */
export const STEP_GROUPS = {
  steps_shape: 'redimensionar recortar lienzo marco rotar voltear bordes_fuera'.split(' '),
  steps_tones: 'brillo contraste autocontraste niveles ecualizar saturacion tono temperatura lut'.split(' '),
  steps_sharpness: 'nitidez enfocar blur mediana'.split(' '),
  steps_overlay: ['marca_agua', 'logo'],
};

/** Whether what is in the photo stays where it is, in shares. @param {Step} step */
export const staysInPlace = ({ filter, params }) =>
  !STEP_GROUPS.steps_shape.includes(filter) || (filter === 'redimensionar' && params.ajuste !== 'cubrir');

/** Whether a step says how far in pixels. @param {Step} step */
const isInPixels = ({ filter, params }) =>
  filterOf(filter)?.params.some(({ id, unit }) => unit === 'px' && /^[1-9][\d.,]*(px)?$/.test(String(params[id] ?? '')));

/**
 * Those that decide which part of the photo is seen: what cuts, turns or puts it on a canvas, and what sizes it before pixels are counted.
 * @template {Step} S @param {S[]} steps @returns {S[]}
 */
export const shapeOf = (steps) =>
  steps.filter(
    (step, at) =>
      !staysInPlace(step) || (step.filter === 'redimensionar' && steps.slice(at).some((one) => !staysInPlace(one) && isInPixels(one))),
  );

/** Filters that do something as they are: those that need a file are added as steps, where it is chosen. */
export const offeredFilters = () => (hello.value?.filters ?? []).filter((spec) => !spec.params.some((param) => param.type === 'file'));

/** @param {FilterSpec} spec @returns {Step} a step with every default filled in, and a text in the page's language */
export function stepOf(spec) {
  /** @type {Record<string, ParamValue>} */
  const params = {};
  for (const param of spec.params)
    if (param.default !== null && param.default !== undefined && param.default !== '')
      params[param.id] = param.type === 'text' ? t('mark_text') : param.default;
  return { filter: spec.id, params };
}

/** Whether the files that a step needs have been chosen. @param {Step} step */
export const hasItsFiles = (step) => (filterOf(step.filter)?.params ?? []).every((param) => param.type !== 'file' || step.params[param.id]);

/** What a file was called that has been sent: its id is `logo-0123456789abcdef.png`. @param {ParamValue | undefined | null} id */
export const sentName = (id) => String(id ?? '').replace(/-[0-9a-f]{16}(\.[a-z]+)$/, '$1');

/** @param {ParamSpec} spec @param {ParamValue | undefined | null} value */
export function valueText(spec, value) {
  if (value === undefined || value === null || value === '') return '';
  if (spec.type === 'file' || spec.type === 'font') return sentName(value);
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

/** A step in a few words: its name, and the value that tells most about it. @param {Step} step */
export function stepText(step) {
  const spec = filterOf(step.filter);
  if (!spec) return step.filter;
  const value = (/** @type {ParamSpec} */ param) => step.params[param.id] ?? param.default;
  // What has no default and is given outdoes what has one.
  const told = spec.params.filter((param) => (param.default ?? '') === '' && step.params[param.id] !== undefined);
  const shown = told.length ? told : spec.params.slice(0, 1);
  const words = shown.map((param) => (param.unit === 'px' && told.length ? String(value(param)) : valueText(param, value(param))));
  return [say(spec.label), words.join(' × ')].filter(Boolean).join(' ');
}

/** Class of the colour of the output at that place: six colours, then again with a texture. @param {number} index */
export const colourClass = (index) => `swatch colour-${(index % 6) + 1}${index >= 6 ? ' textured' : ''}`;

/** What goes with the pixels, if nobody says otherwise. @type {Carry} */
const KEEP_ALL = { metadata: 'keep', profile: 'keep', keep_dates: false };

export const outputs = signal(/** @type {Output[]} */ ([]));
/** The output whose card is open; 0: none. */
export const openOutput = signal(0);
/** The file that the photo shows of an output with several, by its key; 0: the first. */
export const lookedAt = signal(0);
export const mode = signal(/** @type {Mode} */ ('processes'));
export const workers = signal(0);
/** Whether the job of the form is on its way to the server. */
export const sending = signal(false);
export const output = signal(
  /** @type {OutputOptions} */ ({
    folder: null,
    format: null,
    quality: 75,
    pattern: '{variant}/{dir}/{name}_{variant}',
    if_exists: 'overwrite',
    if_collides: 'fail',
    carry: KEEP_ALL,
  }),
);

const MAX_NAME = 64;
let lastKey = 0;
const newKey = () => (lastKey += 1);

/** @param {Step} step @returns {DraftStep} */
const draftStep = (step) => ({ key: newKey(), filter: step.filter, params: { ...step.params }, only: {} });
const plainStep = (/** @type {DraftStep} */ { filter, params }) => ({ filter, params });

/** How exceptions call a photo. @param {{ folder: string, name: string }} photo */
export const pathOf = ({ folder, name }) => (folder ? `${folder}/${name}` : name);
/** The steps as that photo gets them. @param {DraftStep[] | undefined} steps @param {{ folder: string, name: string } | null} photo @returns {Step[]} */
export const stepsOn = (steps, photo) =>
  (steps ?? []).map(({ filter, params, only }) => {
    const own = photo && only[pathOf(photo)];
    return { filter, params: own ? replaced(params, own, filterOf(filter)?.conflicts ?? []) : params };
  });

/** The values with others in their place, and without what contradicts those: of each set not all may be there. Pure. @param {Params} params @param {Params} given @param {string[][]} conflicts */
export function replaced(params, given, conflicts) {
  const all = { ...params, ...given };
  for (const set of conflicts) if (set.every((name) => name in all)) for (const name of set) if (!(name in given)) delete all[name];
  return all;
}

const isMade = (/** @type {Output} */ { off, steps, files }) => !off && steps.length + files.length > 0;
const plainOutput = (/** @type {Output} */ { name, steps, files, pattern }) => ({
  name,
  steps: steps.map(plainStep),
  files: files.map(fileText),
  ...(pattern && { pattern }),
});
/** What the job will write: the outputs that are on and do something. */
export const variants = computed(() => outputs.value.filter(isMade).map(plainOutput));
/** What the files of an output are called. @param {{ pattern?: string | null }} output */
export const patternOf = ({ pattern }) => pattern || output.value.pattern;
/** The files of an output as the server reads them; null is one in the photo's own format. @param {string[]} files @returns {(string | null)[]} */
export const filesOf = (files) => (files.length ? files : [null]);
/** Place of an output among those that are made, which decides its colour; -1 if it is not made. @param {number} id */
export const placeOf = (id) => outputs.value.filter(isMade).findIndex((one) => one.id === id);

/** @param {number} id */
export const outputOf = (id) => outputs.value.find((one) => one.id === id);
/** The output that the photo shows: the open card's, else the first. */
export const shownOutput = computed(() => outputOf(openOutput.value) ?? outputs.value.find((one) => !one.off) ?? null);
/** Its file that is shown. */
export const shownFile = computed(() => {
  const files = shownOutput.value?.files ?? [];
  const file = files.find((one) => one.key === lookedAt.value) ?? files[0];
  return file ? fileText(file) : null;
});

/** @returns {JobRequest} */
export const request = () => ({
  mode: mode.value,
  workers: workers.value,
  variants: variants.value,
  exceptions: outputs.value.filter(isMade).flatMap(exceptionsOf),
  output: output.value,
});

/** What single photos have otherwise. @param {Output} output @returns {Exception[]} */
const exceptionsOf = ({ name, steps }) =>
  steps.flatMap(({ only }, index) =>
    Object.entries(only).map(([image, given]) => ({
      ...given,
      image,
      variant: name,
      step: index + 1,
    })),
  );

/** Changes the outputs, and remembers how to take it back. @param {string} kind @param {(list: Output[]) => Output[]} change */
function edit(kind, change) {
  const [before, opened] = [outputs.peek(), openOutput.peek()];
  rememberUndo(kind, () =>
    batch(() => {
      outputs.value = before;
      openOutput.value = opened;
    }),
  );
  outputs.value = change(before);
}

/** @param {string} kind @param {number} id @param {(one: Output) => Output} change */
const editOne = (kind, id, change) => edit(kind, (list) => list.map((one) => (one.id === id ? change(one) : one)));

/** A name that no other output has (names that differ in case only are the same folder for some). @param {string} wanted @param {number} [own] */
export function freeName(wanted, own = 0) {
  const base = wanted.slice(0, MAX_NAME - 4);
  const taken = new Set(
    outputs
      .peek()
      .filter((one) => one.id !== own)
      .map((one) => one.name.toLowerCase()),
  );
  let name = base;
  for (let count = 2; taken.has(name.toLowerCase()); count += 1) name = `${base}-${count}`;
  return name;
}

/** Adds outputs and opens the first. @param {{ name: string, steps: Step[], files?: string[], pattern?: string | null }[]} added */
export function addOutputs(added) {
  batch(() => {
    edit('', (list) => list);
    const first = outputs.peek().length;
    for (const { name, steps, files = [], pattern = null } of added) {
      const one = { id: newKey(), name: freeName(name), off: false, steps: steps.map(draftStep), files: files.map(readFile), pattern };
      outputs.value = [...outputs.peek(), one];
    }
    openOutput.value = outputs.peek()[first]?.id ?? 0;
  });
}

/** What an output of one filter is called: the filter's name in the page's language. @param {FilterSpec} spec */
export const filterOutputName = (spec) => (language.peek() === 'es' ? spec.id : spec.id_en);

/** Names that the page has given follow its language; those that people have typed stay. For as long as the page lives. */
export const followLanguage = () =>
  effect(() => {
    void language.value;
    untracked(() => {
      const now = outputs.peek().map((one) => {
        const spec = one.steps.length === 1 && filterOf(one.steps[0].filter);
        const own = spec && (one.name === spec.id || one.name === spec.id_en);
        const name = own ? filterOutputName(spec) : renamed('output_', one.name);
        return name === one.name ? one : { ...one, name };
      });
      if (now.some((one, index) => one !== outputs.peek()[index])) outputs.value = now;
    });
  });

/** @param {number} id */
export const removeOutput = (id) => edit('', (list) => list.filter((one) => one.id !== id));
/** @param {number} id @param {string} name */
export const renameOutput = (id, name) => editOne(`name/${id}`, id, (one) => ({ ...one, name }));
/** @param {number} id @param {string | null} pattern null: that of all outputs */
export function setPattern(id, pattern) {
  if (outputOf(id)?.pattern !== pattern) editOne(`pattern/${id}`, id, (one) => ({ ...one, pattern }));
}
/** @param {number} id */
export const switchOutput = (id) => editOne('', id, (one) => ({ ...one, off: !one.off }));
/** @param {number} id */
export function duplicateOutput(id) {
  const one = outputOf(id);
  if (!one) return;
  addOutputs([plainOutput(one)]);
  // With what single photos have otherwise.
  outputs.value = outputs
    .peek()
    .map((made, index, all) =>
      index < all.length - 1 ? made : { ...made, steps: made.steps.map((step, at) => ({ ...step, only: one.steps[at].only })) },
    );
}

/** @param {number} id @param {string} kind changes of one kind in a row are undone together @param {(files: DraftFile[]) => DraftFile[]} change */
export const editFiles = (id, kind, change) => editOne(kind, id, (one) => ({ ...one, files: change(one.files) }));
/** A new file of that format. @param {string} format @param {Record<string, string>} options @returns {DraftFile} */
export const newFile = (format, options) => ({ key: newKey(), format, options });

/** Adds a step at the end, and tells its key. @param {number} id @param {FilterSpec} spec */
export function addStep(id, spec) {
  const step = draftStep(stepOf(spec));
  editOne('', id, (one) => ({ ...one, steps: [...one.steps, step] }));
  return step.key;
}

/** @param {number} id @param {number} key */
export const removeStep = (id, key) => editOne('', id, (one) => ({ ...one, steps: one.steps.filter((step) => step.key !== key) }));

/** The list with an entry moved to where it is then. Pure. @template T @param {T[]} list @param {number} from @param {number} to @returns {T[]} */
export function moved(list, from, to) {
  const result = [...list];
  result.splice(to, 0, ...result.splice(from, 1));
  return result;
}

/** Moves a step to that place. @param {number} id @param {number} key @param {number} to */
export function moveStep(id, key, to) {
  const steps = outputOf(id)?.steps ?? [];
  const from = steps.findIndex((step) => step.key === key);
  if (from >= 0 && to >= 0 && to < steps.length && from !== to) editOne('', id, (one) => ({ ...one, steps: moved(one.steps, from, to) }));
}

/** @param {number} id @param {number} key @param {string} param @param {ParamValue | null} value null: not given */
export const setParam = (id, key, param, value) => setParams(id, key, { [param]: value });

/** @param {string} kind @param {number} id @param {number} key @param {(step: DraftStep) => DraftStep} change */
const editStep = (kind, id, key, change) =>
  editOne(kind, id, (one) => ({ ...one, steps: one.steps.map((step) => (step.key === key ? change(step) : step)) }));

/** Sets several parameters of a step at once. @param {number} id @param {number} key @param {Record<string, ParamValue | null>} given null: not given */
export const setParams = (id, key, given) =>
  editStep(`${key}/${Object.keys(given).join()}`, id, key, (step) => {
    const params = Object.entries({ ...step.params, ...given }).filter(([, value]) => value !== null);
    return { ...step, params: /** @type {Params} */ (Object.fromEntries(params)) };
  });

/** Has a step do something else with one photo; null has it do the same as with all. @param {number} id @param {number} key @param {string} path of the photo @param {Params | null} given */
export const setOnly = (id, key, path, given) =>
  editStep(`${key}/only/${path}`, id, key, (step) => {
    const { [path]: _, ...others } = step.only;
    return { ...step, only: given ? { ...others, [path]: given } : others };
  });

/** Has a step do the same with all photos. @param {number} id @param {number} key */
export const forgetOnly = (id, key) => editStep('', id, key, (step) => ({ ...step, only: {} }));

/** The step that is placed by hand on the photo, if one is. */
export const placing = signal(/** @type {{ id: number, key: number, filter: 'recortar' | 'logo' } | null} */ (null));

/** Where files go, and what they are called: a pattern without folders means those of the output and of the photo. @param {OutputOptions} output @param {string} [pattern] of one of its outputs */
const wholePattern = ({ folder, pattern: usual }, pattern = usual) =>
  [folder, pattern.includes('/') ? null : '{variant}/{dir}', pattern].filter(Boolean).join('/');

/** The outputs of a recipe; filters that the server does not have are left out, and noted. @param {JobRequest} recipe @param {string[]} unknown */
function outputsIn({ variants, output }, unknown) {
  const { format, quality } = output;
  // What a recipe says of the format of all outputs, each of them says here.
  const usual = format ? [formatOf(format)?.quality ? `${format}:calidad=${quality}` : format] : [];
  return variants.map((variant) => ({
    name: variant.name,
    off: 'off' in variant && variant.off === true,
    files: variant.files?.length ? variant.files : usual,
    pattern: variant.pattern ? wholePattern(output, variant.pattern) : null,
    steps: variant.steps.filter((step) => {
      if (!filterOf(step.filter)) unknown.push(step.filter);
      return filterOf(step.filter);
    }),
  }));
}

/** Adds the outputs of a recipe to those that are there. @param {JobRequest} recipe @returns {string[]} what was left out: it says nothing of single photos */
export function addRecipe(recipe) {
  /** @type {string[]} */
  const unknown = [];
  addOutputs(outputsIn(recipe, unknown));
  return [...unknown, ...(recipe.exceptions ?? []).map(({ image }) => image)];
}

/** Fills the form from a recipe. Filters that the server does not have are left out, and told. @param {JobRequest} recipe @returns {string[]} */
export function load(recipe) {
  /** @type {string[]} */
  const unknown = [];
  batch(() => {
    const before = output.peek();
    rememberUndo('', undoLoad(before));
    outputs.value = outputsIn(recipe, unknown).map(({ steps, files, ...one }) => ({
      ...one,
      id: newKey(),
      files: files.map(readFile),
      steps: steps.map(draftStep),
    }));
    for (const exception of recipe.exceptions ?? []) if (!except(exception)) unknown.push(exception.image);
    openOutput.value = 0;
    mode.value = recipe.mode;
    workers.value = Math.min(recipe.workers, hello.peek()?.limits.max_workers ?? recipe.workers);
    output.value = { ...before, carry: KEEP_ALL, ...recipe.output, format: null, folder: null, pattern: wholePattern(recipe.output) };
  });
  return unknown;
}

/** Gives a step what one photo has otherwise; tells whether there is such a step. @param {Exception} exception */
function except({ image, variant, step, ...given }) {
  const steps = outputs.peek().find((one) => one.name === variant)?.steps ?? [];
  const isIt = (/** @type {DraftStep} */ { filter }) => filter === step || filterOf(filter)?.id_en === step;
  const found = typeof step === 'number' ? steps[step - 1] : steps.find(isIt);
  if (!found) return false;
  const params = filterOf(found.filter)?.params ?? [];
  const idOf = (/** @type {string} */ name) => params.find(({ id, id_en }) => id === name || id_en === name)?.id ?? name;
  found.only = { ...found.only, [image]: Object.fromEntries(Object.entries(given).map(([name, value]) => [idOf(name), value])) };
  return true;
}

/** @param {OutputOptions} before */
function undoLoad(before) {
  const [list, opened] = [outputs.peek(), openOutput.peek()];
  return () =>
    batch(() => {
      outputs.value = list;
      openOutput.value = opened;
      output.value = before;
    });
}

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
    });
  });
  effect(() => {
    // What is switched off or does nothing yet is no part of a request, but of the form.
    const variants = outputs.value.map((one) => ({ ...plainOutput(one), off: one.off }));
    const now = { ...request(), variants, exceptions: outputs.value.flatMap(exceptionsOf) };
    if (filled) remember('draft', now);
  });
}
