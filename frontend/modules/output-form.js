// Prepare, right: output, processes, the button that starts the job (it names its effect, or says why it cannot), recipes.
import { Refused, command, post, read, refusalText } from './commands.js';
import {
  filesOf,
  filterName,
  hasItsFiles,
  load,
  mode,
  output,
  outputs,
  patternOf,
  request,
  sending,
  variantName,
  variants,
  workers,
} from './draft.js';
import { button, h, icon, segmented } from './element.js';
import { expected } from './forecast.js';
import { slider } from './fields.js';
import { say, size, t, timeLeft } from './i18n.js';
import { image } from './image-list.js';
import { openDialog, toast } from './overlays.js';
import { go } from './page-state.js';
import { pickRecipeFile, saveRecipeFile, tellLoaded } from './recipe-files.js';
import { isLive } from './shell.js';
import { computed, effect, onCleanup, signal, until, untracked } from './signal.js';
import { hello, link, ready, state } from './stream.js';

/** @param {Partial<OutputOptions>} part */
const change = (part) => {
  output.value = { ...output.peek(), ...part };
};
const value = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).value;

/** What a name can be made of. */
const NAME_PARTS = /** @type {const} */ ([
  ['name', 'part_name'],
  ['variant', 'part_variant'],
  ['dir', 'part_dir'],
  ['n', 'part_n'],
  ['page', 'part_page'],
  ['date', 'part_date'],
  ['time', 'part_time'],
  ['width', 'part_width'],
  ['height', 'part_height'],
  ['format', 'format'],
]);
const FIELD = new RegExp(`\\{(${NAME_PARTS.map(([part]) => part).join('|')})(:[^{}]*)?\\}`, 'g');
/** Whether files cannot be called so. @param {string} pattern */
const isUnusable = (pattern) =>
  !/\{(name|n|date|time)\b/.test(pattern) || /[\\\u0000-\u001f]/.test(pattern) || /[{}]/.test(pattern.replace(FIELD, ''));
/** Whether an output's files cannot be called as it says. */
export const hasBadName = () => variants.value.some((one) => isUnusable(patternOf(one)));

/** @param {() => string} label @param {string} id @param {...import('./element.js').Child} field */
export const formRow = (label, id, ...field) => h('div', { class: 'form-row' }, h('label', { for: id }, label), field);

/** @param {string} id @param {() => string} now @param {[string, () => string][]} options @param {(value: string) => void} choose */
const select = (id, now, options, choose) =>
  h(
    'select',
    { id, class: 'btn', onchange: (/** @type {Event} */ event) => choose(value(event)) },
    options.map(([name, text]) => h('option', { value: name, selected: () => now() === name }, text)),
  );

/** Where the file of the photo that is looked at goes. @param {() => number} at which of the job's files */
export const pathLine = (at) =>
  h(
    'p',
    { class: 'fine under path-line', hidden: () => !checked.value?.paths?.[at()] },
    () => `→ ${isOld.value ? '…' : (checked.value?.paths?.[at()] ?? '')}`,
  );

/** The place of an output's first file among those of the job. @param {number} place of the output; -1: it is not made */
export const firstFile = (place) =>
  place < 0 ? -1 : variants.value.slice(0, place).reduce((sum, { files }) => sum + filesOf(files).length, 0);

/**
 * Where files go and what they are called, in one field; a brace offers what may stand in it.
 * @param {string} id @param {() => string} now @param {(pattern: string | null) => void} set
 * @param {() => string} [usual] what holds where nothing is said; without it something has to be
 */
export function nameField(id, now, set, usual) {
  /** What has been typed of a part, behind its brace; null where none is begun. */
  const begun = signal(/** @type {string | null} */ (null));
  const active = signal(0);
  const found = computed(() => {
    const now = begun.value;
    return now === null ? [] : NAME_PARTS.filter(([part]) => part.startsWith(now));
  });
  const own = () => now() !== usual?.();
  const problem = () => !found.value.length && own() && isUnusable(now() || (usual?.() ?? ''));
  function typed() {
    set(field.value);
    begun.value = /\{([a-z]*)$/.exec(field.value.slice(0, field.selectionStart ?? 0))?.[1] ?? null;
    active.value = 0;
  }
  /** Puts a text where the caret is, in place of what stands before it. @param {string} text @param {number} before how much of it goes */
  function put(text, before = 0) {
    const [from, to] = [field.selectionStart ?? 0, field.selectionEnd ?? 0];
    field.setRangeText(text, from - before, to, 'end');
    field.focus();
    typed();
  }
  const choose = (/** @type {string} */ part) => put(`{${part}}`, (begun.peek() ?? '').length + 1);
  const field = h('input', {
    id,
    class: 'field mono',
    maxlength: 200,
    autocomplete: 'off',
    spellcheck: 'false',
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-controls': `${id}-parts`,
    'aria-expanded': () => String(found.value.length > 0),
    'aria-activedescendant': () => (found.value.length ? `${id}-part-${active.value}` : null),
    'aria-invalid': () => (problem() ? 'true' : null),
    value: now,
    placeholder: usual ?? null,
    oninput: typed,
    onblur: () => {
      begun.value = null;
      if (usual && (!own() || !now())) set(null);
    },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const list = found.peek();
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!list.length) return;
      if (by) active.value = (active.peek() + by + list.length) % list.length;
      else if (event.key === 'Enter' || event.key === 'Tab') choose(list[active.peek()][0]);
      else if (event.key === 'Escape') begun.value = null;
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  });
  const list = h(
    'div',
    { id: `${id}-parts`, class: 'name-parts', role: 'listbox', 'aria-label': () => t('name_parts'), hidden: () => !found.value.length },
    () =>
      found.value.map(([part, label], at) =>
        h(
          'div',
          {
            role: 'option',
            id: `${id}-part-${at}`,
            'aria-selected': () => String(at === active.value),
            onpointerdown: (/** @type {Event} */ event) => {
              event.preventDefault();
              choose(part);
            },
          },
          h('code', null, `{${part}}`),
          ' ',
          t(label),
        ),
      ),
  );
  effect(() => {
    if (found.value.length) untracked(() => list.scrollIntoView({ block: 'nearest' }));
  });
  return [
    h(
      'div',
      { class: 'path-field' },
      field,
      button('ghost small square mono', () => put('{'), { 'aria-label': () => t('name_parts'), title: () => t('name_parts') }, '{}'),
      () =>
        usual !== undefined &&
        own() &&
        button(
          'ghost small square',
          () => {
            set(null);
            field.focus();
          },
          { 'aria-label': t('as_all_outputs'), title: t('as_all_outputs') },
          icon('close', 's'),
        ),
    ),
    list,
    h('p', { class: 'why', hidden: () => !problem() }, () => problem() && t('bad_pattern')),
  ];
}

export function outputForm() {
  const carry = () => output.value.carry ?? { metadata: 'keep', profile: 'keep', keep_dates: false };
  const most = () => hello.value?.limits.max_workers ?? 1;
  return h(
    'div',
    { class: 'output' },
    h(
      'div',
      { class: 'head' },
      h('h2', null, () => t('for_all_outputs')),
    ),
    formRow(
      () => t('folder_and_name'),
      'out-name',
      nameField(
        'out-name',
        () => output.value.pattern,
        (pattern) => change({ pattern: pattern ?? '' }),
      ),
    ),
    pathLine(() => firstFile(variants.value.findIndex(({ pattern }) => !pattern))),
    formRow(
      () => t('metadata'),
      'out-metadata',
      select(
        'out-metadata',
        () => carry().metadata,
        /** @type {const} */ (['keep', 'no-location', 'copyright', 'none']).map((id) => [id, () => t(`metadata_${id}`)]),
        (id) => change({ carry: { ...carry(), metadata: /** @type {Carry['metadata']} */ (id) } }),
      ),
    ),
    formRow(
      () => t('if_exists'),
      'out-exists',
      select(
        'out-exists',
        () => output.value.if_exists,
        /** @type {const} */ (['overwrite', 'skip', 'rename', 'fail']).map((id) => [id, () => t(`exists_${id}`)]),
        (id) => change({ if_exists: /** @type {IfExists} */ (id) }),
      ),
    ),
    formRow(
      () => t('if_clash'),
      'out-clash',
      select(
        'out-clash',
        () => output.value.if_collides,
        [
          ['fail', () => t('exists_fail')],
          ['rename', () => t('rename_automatically')],
        ],
        (id) => change({ if_collides: /** @type {OutputOptions['if_collides']} */ (id) }),
      ),
    ),
    h(
      'details',
      { class: 'more-settings' },
      h('summary', null, () => t('more')),
      formRow(
        () => t('quality'),
        'out-quality',
        h(
          'div',
          { class: 'slider-field' },
          slider(
            { id: 'out-quality', min: 1, max: 100, step: 1, 'aria-describedby': 'out-quality-help' },
            () => output.value.quality,
            (quality) => change({ quality }),
          ),
          h('output', { for: 'out-quality' }, () => String(output.value.quality)),
        ),
      ),
      h('p', { class: 'fine under', id: 'out-quality-help' }, () => t('quality_help')),
      formRow(
        () => t('profile'),
        'out-profile',
        select(
          'out-profile',
          () => carry().profile,
          /** @type {const} */ (['keep', 'srgb']).map((id) => [id, () => t(`profile_${id}`)]),
          (id) => change({ carry: { ...carry(), profile: /** @type {Carry['profile']} */ (id) } }),
        ),
      ),
      // A fleet's machines work as they do.
      () =>
        !state.fleet.value && [
          h(
            'div',
            { class: 'form-row' },
            h('span', null, () => t('run_as')),
            segmented(
              () => t('run_as'),
              [
                ['processes', () => t('processes')],
                ['threads', () => t('threads')],
              ],
              () => mode.value,
              (id) => {
                mode.value = /** @type {Mode} */ (id);
              },
            ),
          ),
          formRow(
            () => t('how_many'),
            'out-workers',
            h(
              'div',
              { class: 'slider-field' },
              () =>
                slider(
                  { id: 'out-workers', min: 1, max: most(), step: 1 },
                  () => workers.value,
                  (count) => {
                    workers.value = count;
                  },
                ),
              h('output', { for: 'out-workers' }, () => String(workers.value)),
            ),
          ),
          h('p', { class: 'fine under' }, () => t(mode.value === 'processes' ? 'processes_text' : 'threads_text')),
        ],
    ),
  );
}

const chosenCount = computed(() => state.images.value.count - state.images.value.excluded);

/** What the server says of the form before it is started: the names of its outputs, or why it cannot be; null until it has said it. */
const checked = signal(
  /** @type {{ outputs: number, clashes: number, first: [string, string][], variants?: string[], paths?: string[], why?: string } | null} */ (
    null
  ),
);
/** The places that were said are those of other names, or of another photo. */
const isOld = signal(false);
/** The outputs, by name, in which names clash, on their own or with one another's. */
export const clashing = signal(/** @type {Set<string>} */ (new Set()));
/** What the server said when it refused the last start; gone with the next change. */
const refused = signal('');
const CHECK_MS = 300;

/** Asks the server what it says of the form, whenever something changes that this follows from. For as long as the page lives. */
export function followNames() {
  let [asked, named] = ['', ''];
  effect(() => {
    const now = request();
    const { revision, count } = state.images.value;
    const looked = image.value?.id ?? '';
    const open = ready.value && link.value.state === 'open';
    refused.value = '';
    const { pattern, folder, if_exists, if_collides } = now.output;
    const key = JSON.stringify([revision, count, looked, now.variants, pattern, folder, if_exists, if_collides]);
    if (!open || key === asked) return;
    asked = key;
    const names = JSON.stringify([looked, now.variants.map(({ name, files, pattern }) => [name, files, pattern]), pattern]);
    isOld.value = names !== named;
    if (!now.variants.length || !count || stepWithoutFile.value || hasBadName()) {
      checked.value = null;
      return;
    }
    const timer = setTimeout(async () => {
      /** @param {JobRequest['variants']} of */
      const ask = (of) =>
        post(`/api/jobs/check?image=${looked}`, { ...now, variants: of }).catch((error) =>
          error instanceof Refused ? { outputs: 0, clashes: 0, first: [], why: refusalText(error) } : null,
        );
      const answer = await ask(now.variants);
      if (key !== asked) return;
      checked.value = answer;
      named = names;
      isOld.value = false;
      /** @type {Set<string>} */
      const found = new Set(answer?.variants);
      for (const variant of answer?.clashes ? now.variants : []) if ((await ask([variant]))?.clashes) found.add(variant.name);
      if (key === asked) clashing.value = found;
    }, CHECK_MS);
    onCleanup(() => {
      clearTimeout(timer);
      asked = '';
    });
  });
}

/** The first step whose file is still to be chosen. */
const stepWithoutFile = computed(() => variants.value.flatMap(({ steps }) => steps).find((step) => !hasItsFiles(step)));

const clashes = computed(() => checked.value?.clashes ?? 0);

/** Why the job cannot start, or ''. @returns {string} */
export function startObstacle() {
  if (!ready.value || link.value.state !== 'open') return t('why_disconnected');
  if (state.images.value.loading) return t('why_loading');
  if (chosenCount.value <= 0) return t('why_no_images');
  if (!variants.value.length) return t(outputs.value.length ? 'why_no_steps' : 'why_no_outputs');
  if (stepWithoutFile.value) return t('file_needed', filterName(stepWithoutFile.value.filter));
  if (hasBadName()) return t('bad_pattern');
  if (clashes.value) return t('n_clash', clashes.value);
  return checked.value?.why ?? '';
}

/** Starts the job of the form, or queues it behind the running one. */
export async function startJob() {
  if (sending.peek() || startObstacle()) return;
  sending.value = true;
  try {
    const before = state.job.peek()?.id;
    const answer = await post('/api/jobs', request());
    if (answer.queued) toast(t('queued'));
    else {
      // Until this page is told of the job, its screen is that of the one before.
      await until(() => state.job.value?.id !== before || link.value.state !== 'open');
      go('run');
    }
  } catch (error) {
    // Said where it was asked for: a message over the button would hide what has to be changed.
    refused.value = refusalText(error);
  }
  sending.value = false;
}

/** What stands in the way, above the button, with what mends it. */
function trouble() {
  if (refused.value) return h('div', { class: 'banner bad', role: 'alert' }, icon('alert'), h('p', null, refused.value));
  if (!clashes.value) return null;
  const { first = [], variants: both } = checked.peek() ?? {};
  const open = signal(false);
  return h(
    'div',
    { class: 'clash', role: 'group', 'aria-label': () => t('n_clash', clashes.value) },
    icon('alert', 's'),
    h(
      'button',
      {
        type: 'button',
        class: 'link',
        'aria-expanded': () => String(open.value),
        onclick: () => {
          open.value = !open.value;
        },
      },
      () => t('n_clash', clashes.value),
    ),
    button(
      'small',
      () => change({ if_collides: 'rename' }),
      null,
      () => t('rename_automatically'),
    ),
    () =>
      open.value &&
      h(
        'ul',
        null,
        (both?.length ? [both] : first).map((pair) => h('li', null, t('clash_pair', ...pair))),
        first.length > 0 && clashes.value > first.length && h('li', null, t('clash_more', clashes.value - first.length)),
      ),
  );
}

/** @param {import('./element.js').Child} other what can be done in place of starting */
export function startArea(other) {
  // How many pages there are, and so files, only the server knows.
  const files = computed(() => {
    const made = chosenCount.value * variants.value.reduce((sum, { files }) => sum + filesOf(files).length, 0);
    return (made && variants.value.some((one) => patternOf(one).includes('{page}')) && checked.value?.outputs) || made;
  });
  const summary = () => {
    const why = startObstacle();
    if (why) return why;
    const about = expected.value;
    const photos = t('n_photos', chosenCount.value);
    return about ? `${photos} · ${t('about_total', size(about.bytes))} · ${t('about_time', timeLeft(about.seconds * 1000))}` : photos;
  };
  return h(
    'div',
    { class: 'start' },
    trouble,
    button('primary big', startJob, { disabled: () => startObstacle() !== '', 'aria-describedby': 'start-text' }, icon('play'), () =>
      startObstacle() && !files.value
        ? t('process')
        : t(state.job.value && isLive(state.job.value) ? 'queue_files' : 'process_files', files.value),
    ),
    h('p', { id: 'start-text' }, summary),
    other,
  );
}

const openSave = () =>
  openDialog(
    () => t('save_recipe'),
    'confirm',
    (close) => {
      const name = h('input', { id: 'recipe-name', class: 'field', maxlength: 80, required: true, autofocus: true });
      return h(
        'form',
        {
          onsubmit: async (/** @type {Event} */ event) => {
            event.preventDefault();
            const text = name.value.trim();
            if (!text || !(await command('/api/recipes', { name: text, recipe: request() }))) return;
            close();
            toast(t('recipe_saved', text));
          },
        },
        h('label', { for: 'recipe-name' }, () => t('recipe_name')),
        name,
        h(
          'div',
          { class: 'actions end' },
          button('', close, null, t('cancel')),
          h('button', { class: 'btn primary', type: 'submit' }, t('save')),
        ),
      );
    },
  );

/** @param {(name: string, recipe: JobRequest) => void} [take] what is done with the chosen one in place of loading it */
export const openRecipes = (take) =>
  openDialog(
    () => t('recipes'),
    'history',
    (close) => {
      const own = signal(/** @type {RecipeItem[] | null} */ (null));
      const builtIn = signal(/** @type {BuiltInRecipe[]} */ ([]));
      effect(() => {
        void state.recipes.value;
        untracked(() =>
          read('/api/recipes').then(
            (answer) => {
              builtIn.value = answer.built_in;
              own.value = answer.recipes;
            },
            () => {
              own.value = [];
            },
          ),
        );
      });
      /** @param {string} name @param {string} words @param {JobRequest} recipe @param {import('./element.js').Child} [more] */
      const row = (name, words, recipe, more) =>
        h(
          'li',
          null,
          h(
            'button',
            {
              type: 'button',
              class: 'folder',
              onclick: () => {
                close();
                if (take) take(name, recipe);
                else tellLoaded(name, load(recipe));
              },
            },
            h('span', { class: 'name' }, h('b', null, name), h('span', { class: 'muted block' }, words)),
          ),
          more,
        );
      /** @param {RecipeItem} item */
      const ownRow = (item) =>
        row(item.name, item.recipe.variants.map(variantName).join(', '), item.recipe, [
          h(
            'a',
            {
              class: 'btn ghost small square',
              href: `/api/recipes/${item.id}/file`,
              download: '',
              'aria-label': `${t('download')}: ${item.name}`,
            },
            icon('download', 's'),
          ),
          button(
            'ghost small square',
            () => command(`/api/recipes/${item.id}/delete`),
            { 'aria-label': t('remove', item.name) },
            icon('trash', 's'),
          ),
        ]);
      return [
        h('ul', { class: 'folder-list' }, () => [
          (own.value ?? []).map(ownRow),
          builtIn.value.map(({ name, help, recipe }) => row(say(name), say(help), recipe)),
          own.value?.length === 0 && h('li', { class: 'none' }, t('no_recipes')),
        ]),
        !take &&
          h(
            'div',
            { class: 'actions spread' },
            button('', () => pickRecipeFile(close), null, icon('upload'), t('load_file')),
            button('', saveRecipeFile, { disabled: !variants.peek().length }, icon('download'), t('save_file')),
          ),
      ];
    },
  );

export const recipeButtons = () => [
  button(
    'ghost small',
    () => openRecipes(),
    null,
    () => t('recipes'),
  ),
  button(
    'ghost small square',
    openSave,
    { disabled: () => outputs.value.length === 0, 'aria-label': () => t('save_recipe'), title: () => t('save_recipe') },
    icon('save'),
  ),
];
