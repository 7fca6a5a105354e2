// What pages read (CONTRACT.md, section 2): lists, pictures, the report.
import { FOREVER, Refused, found, json, missing, picture } from './answers.js';
import { batch, library } from './state.js';

const THUMB = { width_px: 240, height_px: 240 };

/** @param {string} id */
export const imageOf = (id) => found(library.all(id));
/** The image, which can be read. @param {string} id */
export function readable(id) {
  const image = imageOf(id);
  if (image.problem) throw new Refused(422, image.problem.kind, image.problem.message);
  return image;
}
const outputOf = (id) => {
  const entry = batch.outputs.get(id);
  return found(entry?.status === 'ok' ? entry : null);
};
const rendered = (entry, size) => library.render(entry.source, entry.steps, size).body;
const outputsOf = (job) => [...batch.outputs.values()].filter((one) => one.job === job);

/** Results photo by photo. */
function photoRows(job, query) {
  const rows = new Map();
  const variants = batch.job?.variants.length ?? 0;
  for (const one of outputsOf(job).sort((a, b) => a.order - b.order)) {
    const source = library.all(one.image);
    if (!rows.has(one.image))
      rows.set(one.image, {
        image: one.image,
        name: source?.name ?? one.name,
        bytes: source?.bytes ?? 0,
        cells: Array(variants).fill(null),
      });
    const { output, name, status, bytes, attempt, kind = null, message = null } = one;
    rows.get(one.image).cells[one.variant] = { output, name, status, bytes, attempt, kind, message };
  }
  const all = [...rows.values()];
  const wrong = (row) => row.cells.some((cell) => cell && cell.status !== 'ok');
  const larger = (row) => row.cells.some((cell) => cell && cell.bytes > row.bytes);
  const which = { problems: wrong, larger }[query.get('only')] ?? (() => true);
  const found = all.filter((row) => which(row) && row.name.toLowerCase().includes((query.get('q') ?? '').toLowerCase()));
  if (query.get('sort') === 'name') found.sort((a, b) => a.name.localeCompare(b.name));
  else found.sort((a, b) => Number(wrong(b)) - Number(wrong(a)));
  const offset = Number(query.get('offset') ?? 0);
  return {
    total: found.length,
    counts: [all.length, all.filter(wrong).length, all.filter(larger).length],
    rows: found.slice(offset, offset + Number(query.get('limit') ?? 100)),
  };
}

/** By pattern of the path below /api/: takes the response, what the pattern found, and the query. */
const READS = [
  [
    /^images$/,
    (response, _, query) =>
      json(
        response,
        library.list(Number(query.get('offset') ?? 0), Math.min(500, Number(query.get('limit') ?? 200)), query.get('q') ?? ''),
      ),
  ],
  [/^images\/skipped$/, (response) => json(response, { files: library.skipped })],
  [/^folders$/, (response, _, query) => json(response, found(library.folders(query.get('id') ?? '')))],
  [/^history$/, (response) => json(response, { jobs: [] })],
  [/^recipes$/, (response) => json(response, { recipes: [], built_in: [] })],
  [/^thumb\/([\w-]+)$/, (response, [id]) => picture(response, library.render(readable(id), [], THUMB).body, FOREVER)],
  [/^jobs\/(\w+)\/photos$/, (response, [job], query) => json(response, photoRows(job, query))],
  [/^output-thumb\/([\w-]+)$/, (response, [id]) => picture(response, rendered(outputOf(id), THUMB), FOREVER)],
  [/^output\/([\w-]+)$/, (response, [id]) => picture(response, rendered(outputOf(id), null))],
  [
    /^jobs\/\w+\/report\.json$/,
    (response) => json(response, { job: batch.job, seconds: batch.job.progress.elapsed_ms / 1000, failures: batch.history.failures }),
  ],
];

/** @param {URL} url @param {import('node:http').ServerResponse} response */
export function read(url, response) {
  for (const [pattern, answer] of READS) {
    const match = pattern.exec(url.pathname.slice('/api/'.length));
    if (match) {
      answer(response, match.slice(1), url.searchParams);
      return;
    }
  }
  throw missing();
}
