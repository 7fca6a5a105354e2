// Recipes: the form saved under a name, for all who use this server.
import { command, read } from './commands.js';
import { openDialog } from './dialog.js';
import { button, h, icon } from './element.js';
import { variantName } from './catalogue.js';
import { load, request, steps } from './draft.js';
import { t } from './i18n.js';
import { effect, signal, untracked } from './signal.js';
import { state } from './stream.js';
import { toast } from './toast.js';

const openSave = () => openDialog(() => t('save_recipe'), 'confirm', (close) => {
  const name = h('input', { id: 'recipe-name', class: 'field', maxlength: 80, required: true, autofocus: true });
  return h('form', { onsubmit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = name.value.trim();
    if (!text || !await command('/api/recipes', { name: text, recipe: request() })) return;
    close();
    toast(t('recipe_saved', text));
  } }, h('label', { for: 'recipe-name' }, () => t('recipe_name')), name,
  h('div', { class: 'actions end' }, button('', close, null, t('cancel')), h('button', { class: 'btn primary', type: 'submit' }, t('save'))));
});

const openLoad = () => openDialog(() => t('recipes'), '', (close) => {
  const list = signal(/** @type {RecipeItem[] | null} */ (null));
  effect(() => {
    void state.recipes.value;
    untracked(() => read('/api/recipes').then((answer) => { list.value = answer.recipes; }, () => { list.value = []; }));
  });
  const row = (/** @type {RecipeItem} */ item) => h('li', null,
    h('button', { type: 'button', class: 'folder', onclick: () => { load(item.recipe); close(); toast(t('recipe_loaded', item.name)); } },
      h('span', { class: 'name' }, h('b', null, item.name), h('span', { class: 'muted block' }, item.recipe.variants.map(variantName).join(', ')))),
    button('ghost small square', () => command(`/api/recipes/${item.id}/delete`), { 'aria-label': t('remove', item.name) }, icon('trash', 's')));
  return h('ul', { class: 'folder-list' }, () => (list.value?.length === 0 ? h('li', { class: 'none' }, t('no_recipes')) : (list.value ?? []).map(row)));
});

export const recipeButtons = () => [
  button('ghost small', openLoad, null, () => t('recipes')),
  button('ghost small square', openSave, { disabled: () => steps.value.length === 0, 'aria-label': () => t('save_recipe'), title: () => t('save_recipe') }, icon('save')),
];
