// What pages order (CONTRACT.md, section 3): a JSON body in, a JSON answer out.
import { Refused, found, missing } from './answers.js';
import { imageOf } from './reads.js';
import { batch, comparison, emit, imagesChanged, library } from './state.js';

function jobOf(id) {
  if (batch.job?.id === id || batch.queue.some((one) => one.id === id)) return batch.job;
  throw missing();
}

function chooseSource({ source, count, folder }) {
  if (source === 'samples') library.useSamples(Math.min(100, count));
  else if (source === 'input') library.useAlbum('f1');
  else if (source !== 'folder' || !library.useAlbum(folder)) throw missing();
  return imagesChanged();
}

function exclude({ images, excluded }) {
  if (!images) library.excluded.clear();
  else
    for (const id of images) {
      imageOf(id);
      if (excluded) library.excluded.add(id);
      else library.excluded.delete(id);
    }
  library.revision += 1;
  return imagesChanged();
}

function startJob(body) {
  if (!body.variants?.length || body.variants.some((one) => !one.steps?.length))
    throw new Refused(400, 'bad_request', 'at least one filter is needed');
  if (!library.chosen().length) throw new Refused(422, 'no_images', 'there is no image to process');
  if (body.output.folder === 'lleno')
    throw new Refused(507, 'no_space', 'the disk has no room for about 3 GB', 'free some space or choose another folder');
  return batch.start(body, library.chosen(), library.label);
}

/** Images of the same stem clash when all are written in one format. */
function checkJob({ variants, output }) {
  const chosen = library.chosen();
  const stems = new Map();
  const first = [];
  for (const { name } of output.format && output.if_collides !== 'rename' && output.if_exists !== 'rename' ? chosen : []) {
    const stem = name.replace(/\.\w+$/, '').toLowerCase();
    if (stems.has(stem)) first.push([stems.get(stem), name]);
    else stems.set(stem, name);
  }
  return { outputs: first.length ? 0 : chosen.length * variants.length, clashes: first.length, first: first.slice(0, 3) };
}

function forecastJob({ variants }) {
  const chosen = library.chosen();
  const bytes = chosen.reduce((sum, image) => sum + image.bytes, 0) * 0.25;
  const each = variants.map(({ name }) => ({ variant: name, outputs: chosen.length, failed: 0, bytes }));
  return { bytes: bytes * variants.length, seconds: (chosen.length * variants.length) / 30, variants: each };
}

function orderJob(id, verb) {
  jobOf(id);
  if (verb === 'pause') batch.pause();
  else if (verb === 'resume') batch.resume();
  else if (verb === 'cancel') batch.cancel(id);
  else if (verb === 'continue') batch.resumeCancelled();
}

function compare({ steps, images, repeats }) {
  if (batch.live()) throw new Refused(409, 'busy', 'a job is running');
  comparison.start({ steps, repeats, images: Math.min(images, library.images.length) });
}

function keepRecipe({ name, recipe }) {
  const id = `r${(library.recipeId += 1)}`;
  library.recipes = [...library.recipes.filter((one) => one.name !== name), { id, name, recipe }];
  emit({ event: 'recipes' });
  return { id };
}

function deleteRecipe(id) {
  library.recipes = library.recipes.filter((one) => one.id !== id);
  emit({ event: 'recipes' });
}

/** By pattern of the path below /api/: takes what the pattern found, and the body; answers `{}` unless it returns something. */
const COMMANDS = [
  [/^images\/source$/, (_, body) => chooseSource(body)],
  [/^images\/exclude$/, (_, body) => exclude(body)],
  [
    /^images\/clear$/,
    () => {
      library.set('none', '', [], []);
      return imagesChanged();
    },
  ],
  [
    /^uploads$/,
    (_, { files }) => {
      if (files > 5000) throw new Refused(413, 'too_many', 'too many files');
      return { upload: library.beginUpload() };
    },
  ],
  [
    /^uploads\/(\w+)\/finish$/,
    ([id], { add }) => {
      found(library.uploads.get(id));
      library.finishUpload(id, add);
      return imagesChanged();
    },
  ],
  [/^uploads\/(\w+)\/cancel$/, ([id]) => void library.uploads.delete(id)],
  [/^jobs$/, (_, body) => startJob(body)],
  [/^jobs\/forecast$/, (_, body) => forecastJob(body)],
  [/^jobs\/check$/, (_, body) => checkJob(body)],
  [/^jobs\/(\w+)\/(pause|resume|cancel|continue|open)$/, ([id, verb]) => orderJob(id, verb)],
  [
    /^jobs\/(\w+)\/retry$/,
    ([id], { outputs }) => {
      jobOf(id);
      batch.retry(outputs);
    },
  ],
  [
    /^workers\/(\d+)\/kill$/,
    ([worker]) => {
      if (!batch.die(Number(worker), 'SIGKILL')) throw new Refused(409, 'not_running', 'that worker is not running');
    },
  ],
  [
    /^isolation$/,
    () => {
      if (!batch.isolate()) throw new Refused(409, 'no_job', 'no job is running');
    },
  ],
  [/^compare$/, (_, body) => compare(body)],
  [/^compare\/cancel$/, () => comparison.cancel()],
  [/^recipes$/, (_, body) => keepRecipe(body)],
  [/^recipes\/(\w+)\/delete$/, ([id]) => deleteRecipe(id)],
];

/** Does what a command of that path says; returns the answer. @param {string} path @param {any} body */
export function command(path, body) {
  for (const [pattern, act] of COMMANDS) {
    const match = pattern.exec(path.slice('/api/'.length));
    if (match) return act(match.slice(1), body) ?? {};
  }
  throw missing();
}
