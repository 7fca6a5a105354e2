// What pages read (CONTRACT.md, section 2): lists, pictures, downloads, reports.
import { FOREVER, Refused, SAFE, attachment, found, json, missing, picture } from './answers.js';
import { batch, library, write } from './state.js';
import { zip } from './zip.js';

const THUMB = { width_px: 240, height_px: 240 };
const BYTES = 'application/octet-stream';

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

const report = () => ({ job: batch.job, seconds: batch.job.progress.elapsed_ms / 1000, failures: batch.history.failures });
const REPORTS = {
  json: { type: 'application/json', text: () => write(report()) },
  csv: {
    type: 'text/csv; charset=utf-8',
    text: () =>
      [
        'variant,ok,failed,work_ms',
        ...batch.job.variants.map(({ name }, i) => {
          const counts = batch.job.progress.variants[i];
          return [name, counts.ok, counts.failed, Math.round(counts.work_ms)].join(',');
        }),
      ].join('\r\n'),
  },
  html: {
    type: 'text/html; charset=utf-8',
    text: () => `<!doctype html><title>Lote</title><pre>${write(report()).replace(/[&<]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</pre>`,
  },
};

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
  [/^recipes$/, (response) => json(response, { recipes: library.recipes, built_in: [] })],
  [/^thumb\/([\w-]+)$/, (response, [id]) => picture(response, library.render(readable(id), [], THUMB).body, FOREVER)],
  [
    /^original\/([\w-]+)$/,
    (response, [id]) => {
      const image = imageOf(id);
      picture(response, library.render(image, [], null).body, attachment(image.name, BYTES));
    },
  ],
  [
    /^jobs\/(\w+)\/outputs$/,
    (response, [job], query) => {
      const variant = query.get('variant');
      const isFailed = query.get('status') === 'failed';
      const offset = Number(query.get('offset') ?? 0);
      const all = outputsOf(job)
        .filter((one) => (one.status !== 'ok') === isFailed && (variant === null || one.variant === Number(variant)))
        .sort((a, b) => a.order - b.order);
      json(response, { total: all.length, offset, outputs: all.slice(offset, offset + Number(query.get('limit') ?? 200)) });
    },
  ],
  [/^jobs\/(\w+)\/photos$/, (response, [job], query) => json(response, photoRows(job, query))],
  [/^output-thumb\/([\w-]+)$/, (response, [id]) => picture(response, rendered(outputOf(id), THUMB), FOREVER)],
  [
    /^output\/([\w-]+)$/,
    (response, [id], query) => {
      const entry = outputOf(id);
      picture(response, rendered(entry, null), query.has('download') ? attachment(entry.name, BYTES) : {});
    },
  ],
  [
    /^jobs\/(\w+)\/zip$/,
    (response, [job]) => {
      const all = outputsOf(job).filter((one) => one.status === 'ok');
      if (!all.length) throw missing();
      const body = zip(all.map((entry) => [`${batch.job.variants[entry.variant].name}/${entry.name}`, rendered(entry, null)]));
      response.writeHead(200, { ...SAFE, ...attachment(`${batch.job.name}.zip`, 'application/zip'), 'Content-Length': body.length });
      response.end(body);
    },
  ],
  [
    /^jobs\/(\w+)\/report\.(html|csv|json)$/,
    (response, [, form]) => {
      const { type, text } = REPORTS[form];
      response.writeHead(200, { ...SAFE, ...attachment(`lote.${form}`, type) });
      response.end(text());
    },
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
