// What pages order (CONTRACT.md, section 3): a JSON body in, a JSON answer out.
import { Refused, missing } from './answers.js';
import { batch, comparison, imagesChanged, library } from './state.js';

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

function startJob(body) {
  if (!body.variants?.length || body.variants.some((one) => !one.steps?.length))
    throw new Refused(400, 'bad_request', 'at least one filter is needed');
  if (!library.chosen().length) throw new Refused(422, 'no_images', 'there is no image to process');
  return batch.start(body, library.chosen(), library.label);
}

const checkJob = ({ variants }) => ({ outputs: library.chosen().length * variants.length, clashes: 0, first: [] });

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
  else batch.cancel(id);
}

function compare({ steps, images, repeats }) {
  if (batch.live()) throw new Refused(409, 'busy', 'a job is running');
  comparison.start({ steps, repeats, images: Math.min(images, library.images.length) });
}

/** By pattern of the path below /api/: takes what the pattern found, and the body; answers `{}` unless it returns something. */
const COMMANDS = [
  [/^images\/source$/, (_, body) => chooseSource(body)],
  [
    /^images\/clear$/,
    () => {
      library.set('none', '', [], []);
      return imagesChanged();
    },
  ],
  [/^jobs$/, (_, body) => startJob(body)],
  [/^jobs\/forecast$/, (_, body) => forecastJob(body)],
  [/^jobs\/check$/, (_, body) => checkJob(body)],
  [/^jobs\/(\w+)\/(pause|resume|cancel)$/, ([id, verb]) => orderJob(id, verb)],
  [
    /^workers\/(\d+)\/kill$/,
    ([worker]) => {
      if (!batch.die(Number(worker), 'SIGKILL')) throw new Refused(409, 'not_running', 'that worker is not running');
    },
  ],
  [/^compare$/, (_, body) => compare(body)],
];

/** Does what a command of that path says; returns the answer. @param {string} path @param {any} body */
export function command(path, body) {
  for (const [pattern, act] of COMMANDS) {
    const match = pattern.exec(path.slice('/api/'.length));
    if (match) return act(match.slice(1), body) ?? {};
  }
  throw missing();
}
