// Recipes as files of this computer: read from one that was picked or dropped, written to one.
import { command } from './commands.js';
import { load, request } from './draft.js';
import { t } from './i18n.js';
import { toast } from './overlays.js';
import { go } from './page-state.js';
import { onceOther, undo } from './undo.js';

const ENDING = /\.toml$/i;
export const isRecipeFile = (/** @type {File} */ file) => ENDING.test(file.name);

/** Says what was done, with the way back for as long as nothing else is. @param {string} text @param {'' | 'bad'} [kind] */
export const tellDone = (text, kind) => onceOther(toast(text, kind, { label: t('undo'), act: undo }));

/** Says that a recipe has taken the place of the outputs, and what of it could not. @param {string} name @param {string[]} unknown */
export const tellLoaded = (name, unknown) =>
  tellDone(unknown.length ? t('recipe_unknown', name, unknown.join(', ')) : t('recipe_loaded', name), unknown.length ? 'bad' : '');

/** Fills the form from a file. @param {File} file */
export async function loadRecipeFile(file) {
  const answer = await command('/api/recipes/read', { name: file.name, toml: await file.text() });
  if (!answer) return;
  tellLoaded(file.name.replace(ENDING, ''), [...load(answer.recipe), ...answer.beyond]);
  go('prepare');
}

/** Has a file picked. @param {() => void} picked */
export function pickRecipeFile(picked) {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.toml';
  input.onchange = () => {
    const [file] = input.files ?? [];
    picked();
    if (file) loadRecipeFile(file);
  };
  input.click();
}

/** Gives the outputs of the form as a file. */
export async function saveRecipeFile() {
  const answer = await command('/api/recipes/write', { recipe: request() });
  if (!answer) return;
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(new Blob([answer.toml], { type: 'application/toml' }));
  anchor.download = 'lote.toml';
  anchor.click();
  // A busy browser takes its time to begin with it.
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
}
