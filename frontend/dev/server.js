// The development server: CONTRACT.md with fake work. See README.md in this folder.
import { createServer } from 'node:http';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Batch } from './batch.js';
import { filters, formats } from './catalogue.js';
import { joinModules, joinStyles, order } from './join.js';
import { Library } from './library.js';
import { accept } from './socket.js';
import { zip } from './zip.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8770' },
    images: { type: 'string', default: '24' },
    photos: { type: 'string' },
    cores: { type: 'string', default: '8' },
    rate: { type: 'string', default: '16' },
    empty: { type: 'boolean', default: false },
    modules: { type: 'boolean', default: false },
  },
});
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const CORES = Number(values.cores);
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app";
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const SAFE = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': CSP,
};

const began = performance.now();
const now = () => Math.round((performance.now() - began) * 10) / 10;
let instance = randomBytes(6).toString('hex');
let refuseUntil = 0;
const clients = new Set();
let number = 0,
  events = [],
  compare = { state: 'none', images: 0, steps: [], repeats: 0, done: 0, total: 0, runs: [], crash: null },
  compareTimer;

const emit = (event) => events.push(JSON.parse(write(event)));
const write = (value) =>
  JSON.stringify(value, (key, one) => (key === 'work' || (key === 'source' && typeof one === 'object') ? undefined : one));
const library = new Library({ photos: values.photos, count: Number(values.images) });
const batch = new Batch({ now, emit, rate: Number(values.rate), cores: CORES });
if (!values.empty) library.useAlbum(values.photos ? 'f0' : 'f1');
library.remember();

function changed() {
  library.remember();
  emit({ event: 'images', images: library.summary() });
  return { revision: library.revision };
}
const send = (text) => {
  for (const client of clients) client.send(text);
};
let quiet = 0;
function flush() {
  quiet += 1;
  if (!events.length && !batch.changed && quiet < 60) return;
  quiet = 0;
  number += 1;
  const progress = batch.changed ? batch.progress() : null;
  send(write({ tipo: 'cambios', n: number, t_ms: now(), progress, events }));
  events = [];
  batch.changed = false;
}
setInterval(flush, 40);
setInterval(() => {
  const workers = batch.memory();
  if (workers.length && batch.live()) emit({ event: 'memory', workers });
}, 1000);

const hello = () =>
  write({
    tipo: 'hola',
    version: '0.0.0-dev',
    instance,
    now_ms: now(),
    cores: CORES,
    local: true,
    sandbox: { level: 'off', text: 'development server' },
    filters,
    formats,
    limits: {
      max_workers: CORES,
      max_variants: 64,
      max_steps: 16,
      max_upload_files: 5000,
      max_upload_file_bytes: 200e6,
      max_upload_bytes: 2e9,
    },
    defaults: {
      mode: 'processes',
      workers: CORES,
      quality: 75,
      pattern: '{name}_{variant}',
      if_exists: 'overwrite',
      output_label: 'output_images',
    },
  });
function snapshot() {
  flush();
  return write({ tipo: 'instantanea', n: number, t_ms: now(), images: library.summary(), compare, ...batch.snapshot() });
}

class Refused extends Error {
  constructor(status, code, message, hint = null) {
    super(message);
    Object.assign(this, { status, code, hint });
  }
}
const missing = () => new Refused(404, 'not_found', 'nothing of that id');
const imageOf = (id) =>
  library.all(id) ??
  (() => {
    throw missing();
  })();

function runCompare({ steps, images, repeats }) {
  if (batch.live()) throw new Refused(409, 'busy', 'a job is running');
  const counts = [1, 2, 4, 6, 8, 12, 16].filter((count) => count <= CORES);
  if (counts.at(-1) !== CORES) counts.push(CORES);
  const plan = ['processes', 'threads'].flatMap((mode) =>
    counts.flatMap((workers) => Array.from({ length: repeats }, () => ({ mode, workers }))),
  );
  compare = {
    state: 'running',
    error: null,
    images: Math.min(images, library.images.length),
    steps,
    repeats,
    done: 0,
    total: plan.length,
    runs: [],
    crash: null,
  };
  const tell = () => emit({ event: 'compare', compare });
  tell();
  clearInterval(compareTimer);
  compareTimer = setInterval(() => {
    const { mode, workers } = plan[compare.done];
    const seconds = (98 / (workers / (1 + (workers - 1) * (mode === 'threads' ? 0.012 : 0.017)))) * (1 + ((compare.done % 3) - 1) * 0.004);
    let run = compare.runs.find((one) => one.mode === mode && one.workers === workers);
    if (!run)
      compare.runs = [
        ...compare.runs,
        (run = {
          mode,
          workers,
          seconds: [],
          images_per_s: 0,
          peak_memory_bytes: mode === 'threads' ? 0.35e9 + workers * 70e6 : 0.18e9 + workers * 155e6,
        }),
      ];
    run.seconds.push(Math.round(seconds * 100) / 100);
    run.images_per_s = Math.round((compare.images / run.seconds[0]) * 10) / 10;
    compare.done += 1;
    if (compare.done === plan.length) {
      clearInterval(compareTimer);
      compare.state = 'finished';
      compare.crash = {
        processes: { interrupted: 1, lost: 0, replaced_ms: 140 },
        threads: { interrupted: CORES, lost: 0, replaced_ms: 150 },
      };
    }
    tell();
  }, 60);
}

function jobOf(id) {
  if (batch.job?.id === id || batch.queue.some((one) => one.id === id)) return batch.job;
  throw missing();
}
const report = () => ({ job: batch.job, seconds: batch.job.progress.elapsed_ms / 1000, failures: batch.failures });

const commands = [
  [
    /^images\/source$/,
    (_, body) => {
      if (body.source === 'samples') library.useSamples(Math.min(100, body.count));
      else if (body.source === 'input') library.useAlbum('f1');
      else if (body.source !== 'folder' || !library.useAlbum(body.folder)) throw missing();
      return changed();
    },
  ],
  [
    /^images\/exclude$/,
    (_, { images, excluded }) => {
      if (!images) library.excluded.clear();
      else
        for (const id of images) {
          imageOf(id);
          if (excluded) library.excluded.add(id);
          else library.excluded.delete(id);
        }
      library.revision += 1;
      return changed();
    },
  ],
  [
    /^images\/clear$/,
    () => {
      library.set('none', '', [], []);
      return changed();
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
      if (!library.uploads.has(id)) throw missing();
      library.finishUpload(id, add);
      return changed();
    },
  ],
  [
    /^uploads\/(\w+)\/cancel$/,
    ([id]) => {
      library.uploads.delete(id);
      return {};
    },
  ],
  [
    /^jobs$/,
    (_, body) => {
      if (!body.variants?.length || body.variants.some((one) => !one.steps?.length))
        throw new Refused(400, 'bad_request', 'at least one filter is needed');
      if (!library.chosen().length) throw new Refused(422, 'no_images', 'there is no image to process');
      if (body.output.folder === 'lleno')
        throw new Refused(507, 'no_space', 'the disk has no room for about 3 GB', 'free some space or choose another folder');
      return batch.start(body, library.chosen(), library.label);
    },
  ],
  [
    /^jobs\/(\w+)\/(pause|resume|cancel|continue|open)$/,
    ([id, verb]) => {
      jobOf(id);
      ({
        pause: () => batch.pause(),
        resume: () => batch.resume(),
        cancel: () => batch.cancel(id),
        continue: () => batch.resumeCancelled(),
        open() {},
      })[verb]();
      return {};
    },
  ],
  [
    /^jobs\/(\w+)\/retry$/,
    ([id], { outputs }) => {
      jobOf(id);
      batch.retry(outputs);
      return {};
    },
  ],
  [
    /^workers\/(\d+)\/kill$/,
    ([worker]) => {
      if (!batch.die(Number(worker), 'SIGKILL')) throw new Refused(409, 'not_running', 'that worker is not running');
      return {};
    },
  ],
  [
    /^isolation$/,
    () => {
      if (!batch.isolate()) throw new Refused(409, 'no_job', 'no job is running');
      return {};
    },
  ],
  [
    /^compare$/,
    (_, body) => {
      runCompare(body);
      return {};
    },
  ],
  [
    /^compare\/cancel$/,
    () => {
      clearInterval(compareTimer);
      compare = { ...compare, state: 'cancelled' };
      emit({ event: 'compare', compare });
      return {};
    },
  ],
  [
    /^recipes$/,
    (_, { name, recipe }) => {
      const id = `r${(library.recipeId += 1)}`;
      library.recipes = [...library.recipes.filter((one) => one.name !== name), { id, name, recipe }];
      emit({ event: 'recipes' });
      return { id };
    },
  ],
  [
    /^recipes\/(\w+)\/delete$/,
    ([id]) => {
      library.recipes = library.recipes.filter((one) => one.id !== id);
      emit({ event: 'recipes' });
      return {};
    },
  ],
];

function control({ action, ms }) {
  if (action === 'drop' || action === 'refuse' || action === 'restart') {
    refuseUntil = action === 'refuse' ? performance.now() + (ms ?? 3000) : 0;
    if (action === 'restart') instance = randomBytes(6).toString('hex');
    for (const client of clients) client.cut();
  } else if (action === 'no_space') {
    batch.pause('no_space', { needed_bytes: 3.2e9, free_bytes: 0.4e9 });
    batch.notice('error', 'no_space', { needed_bytes: 3.2e9, free_bytes: 0.4e9 }, 'the disk is full');
  } else if (action === 'space') {
    batch.resume();
    batch.notice('info', 'space_back', {}, 'there is room again');
  } else if (action === 'reset') {
    library.set('none', '', [], []);
    changed();
  } else if (action === 'rate') batch.rate = ms;
  else if (action === 'state') return { clients: clients.size, revision: library.revision };
  return {};
}

const picture = (response, body, extra = {}) => {
  response.writeHead(200, { ...SAFE, 'Content-Type': 'image/png', 'Content-Length': body.length, ...extra });
  response.end(body);
};
const json = (response, value, status = 200) => {
  response.writeHead(status, { ...SAFE, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(write(value));
};
const FOREVER = { 'Cache-Control': 'private, max-age=31536000, immutable' };
const attach = (name, type) => ({
  'Content-Type': type,
  'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
});
const unreadable = (image) => {
  if (image.problem) throw new Refused(422, image.problem.kind, image.problem.message);
};
const outputOf = (id) => {
  const entry = batch.outputs.get(id);
  if (!entry || entry.status !== 'ok') throw missing();
  return entry;
};
const rendered = (entry, size) => library.render(entry.source, entry.steps, size);

function readRoute(url, response) {
  const path = url.pathname.slice(5);
  const at = (pattern) => pattern.exec(path);
  let found;
  if (path === 'images')
    return json(
      response,
      library.list(
        Number(url.searchParams.get('offset') ?? 0),
        Math.min(500, Number(url.searchParams.get('limit') ?? 200)),
        url.searchParams.get('q') ?? '',
      ),
    );
  if (path === 'images/skipped') return json(response, { files: library.skipped });
  if (path === 'folders')
    return json(
      response,
      library.folders(url.searchParams.get('id') ?? '') ??
        (() => {
          throw missing();
        })(),
    );
  if (path === 'recipes') return json(response, { recipes: library.recipes });
  if ((found = at(/^thumb\/([\w-]+)$/))) {
    const image = imageOf(found[1]);
    unreadable(image);
    return picture(response, library.render(image, [], { width_px: 240, height_px: 240 }).body, FOREVER);
  }
  if ((found = at(/^original\/([\w-]+)$/))) {
    const image = imageOf(found[1]);
    return picture(response, library.render(image, [], null).body, attach(image.name, 'application/octet-stream'));
  }
  if ((found = at(/^jobs\/(\w+)\/outputs$/))) {
    const variant = url.searchParams.get('variant'),
      failed = url.searchParams.get('status') === 'failed',
      offset = Number(url.searchParams.get('offset') ?? 0);
    const all = [...batch.outputs.values()]
      .filter((one) => one.job === found[1] && (one.status !== 'ok') === failed && (variant === null || one.variant === Number(variant)))
      .sort((a, b) => a.order - b.order);
    return json(response, { total: all.length, offset, outputs: all.slice(offset, offset + Number(url.searchParams.get('limit') ?? 200)) });
  }
  if ((found = at(/^output-thumb\/([\w-]+)$/)))
    return picture(response, rendered(outputOf(found[1]), { width_px: 240, height_px: 240 }).body, FOREVER);
  if ((found = at(/^output\/([\w-]+)$/))) {
    const entry = outputOf(found[1]);
    return picture(
      response,
      rendered(entry, null).body,
      url.searchParams.has('download') ? attach(entry.name, 'application/octet-stream') : {},
    );
  }
  if ((found = at(/^jobs\/(\w+)\/zip$/))) {
    const all = [...batch.outputs.values()].filter((one) => one.status === 'ok' && one.job === found[1]);
    if (!all.length) throw missing();
    const body = zip(all.map((entry) => [`${batch.job.variants[entry.variant].name}/${entry.name}`, rendered(entry, null).body]));
    response.writeHead(200, { ...SAFE, ...attach(`${batch.job.name}.zip`, 'application/zip'), 'Content-Length': body.length });
    return response.end(body);
  }
  if ((found = at(/^jobs\/(\w+)\/report\.(html|csv|json)$/))) {
    const text =
      found[2] === 'json'
        ? write(report())
        : found[2] === 'csv'
          ? [
              'variant,ok,failed,work_ms',
              ...batch.job.variants.map(({ name }, i) => {
                const c = batch.job.progress.variants[i];
                return [name, c.ok, c.failed, Math.round(c.work_ms)].join(',');
              }),
            ].join('\r\n')
          : `<!doctype html><title>Lote</title><pre>${write(report()).replace(/[&<]/g, (c) => `&#${c.charCodeAt(0)};`)}</pre>`;
    response.writeHead(200, {
      ...SAFE,
      ...attach(`lote.${found[2]}`, found[2] === 'json' ? 'application/json' : `text/${found[2]}; charset=utf-8`),
    });
    return response.end(text);
  }
  throw missing();
}

const assets = new Map();
const JOINED = values.modules ? {} : { '/app.js': joinModules, '/workers/monitor.js': joinModules, '/styles/lote.css': joinStyles };
const parts = new Map();
/** The files that a joined one is made of: listed once, a new import needs a restart. */
const partsOf = (file) => {
  if (!parts.has(file))
    parts.set(file, file.endsWith('.css') ? readdirSync(dirname(file)).map((name) => join(dirname(file), name)) : order(file));
  return parts.get(file);
};
function asset(request, response, path) {
  const name = path === '/' ? '/index.html' : path;
  if (!/^\/(index\.html|app\.js|icon\.svg|(styles|modules|workers)\/[\w-]+\.(css|js))$/.test(name)) throw missing();
  const file = join(ROOT, name);
  let stamp;
  try {
    stamp = Math.max(...(JOINED[name] ? partsOf(file) : [file]).map((part) => statSync(part).mtimeMs));
  } catch {
    throw missing();
  }
  let one = assets.get(name);
  if (one?.stamp !== stamp) {
    const body = JOINED[name] ? Buffer.from(JOINED[name](file)) : readFileSync(file);
    assets.set(name, (one = { stamp, body: gzipSync(body, { level: 9 }), etag: `"${createHash('sha1').update(body).digest('hex')}"` }));
  }
  const head = {
    ...SAFE,
    'Content-Type': TYPES[extname(name)],
    ETag: one.etag,
    'Cache-Control': 'no-cache',
    'Content-Encoding': 'gzip',
    Vary: 'Accept-Encoding',
  };
  if (request.headers['if-none-match'] === one.etag) {
    response.writeHead(304, head);
    response.end();
    return;
  }
  response.writeHead(200, head);
  response.end(one.body);
}

async function bodyOf(request, most) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > most) throw new Refused(413, 'too_large', 'the body is too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** @type {string[]} */
let origins = [];
async function answer(request, response) {
  const url = new URL(request.url, origins[0]);
  if (!origins.includes(`http://${request.headers.host}`)) throw new Refused(421, 'wrong_host', 'wrong host');
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (url.pathname.startsWith('/api/')) readRoute(url, response);
    else asset(request, response, url.pathname);
    return;
  }
  if (url.pathname === '/dev/control') {
    json(response, control(JSON.parse(await bodyOf(request, 65536))));
    return;
  }
  if (request.method !== 'POST') throw new Refused(405, 'method', 'only GET and POST');
  if (!origins.includes(request.headers.origin)) throw new Refused(403, 'wrong_origin', 'wrong origin');
  const upload = /^\/api\/uploads\/(\w+)\/file$/.exec(url.pathname);
  if (upload) {
    if (!library.uploads.has(upload[1])) throw missing();
    const name = url.searchParams.get('name') ?? '';
    json(response, { name, image: library.addUpload(upload[1], name, await bodyOf(request, 200e6)) });
    return;
  }
  if (request.headers['content-type'] !== 'application/json') throw new Refused(415, 'media_type', 'JSON is expected');
  const body = JSON.parse(await bodyOf(request, 65536));
  if (url.pathname === '/api/preview') {
    const start = performance.now();
    const image = imageOf(body.image);
    unreadable(image);
    const made = library.render(image, body.steps, body.size);
    const total = performance.now() - start;
    picture(response, made.body, {
      'Lote-Work-Ms': String(Math.round(80 + body.steps.length * 140)),
      'Lote-Total-Ms': total.toFixed(1),
      'Lote-Source-Width': image.width_px,
      'Lote-Source-Height': image.height_px,
      'Lote-Source-Bytes': image.bytes,
      'Lote-Output-Width': made.fullWidth,
      'Lote-Output-Height': made.fullHeight,
      'Lote-Output-Bytes': Math.round((image.bytes * 0.24 * made.fullWidth) / image.width_px),
    });
    return;
  }
  for (const [pattern, act] of commands) {
    const found = pattern.exec(url.pathname.slice(5));
    if (found) {
      json(response, act(found.slice(1), body));
      return;
    }
  }
  throw missing();
}

const server = createServer(async (request, response) => {
  try {
    await answer(request, response);
  } catch (error) {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (!(error instanceof Refused)) console.error(error);
    json(response, { error: { code: error.code ?? 'internal', message: error.message, hint: error.hint ?? null } }, error.status ?? 500);
  }
});
server.on('upgrade', (request, socket) => {
  if (
    performance.now() < refuseUntil ||
    request.url !== '/ws' ||
    !origins.includes(request.headers.origin) ||
    request.headers['sec-websocket-protocol'] !== 'lote.v1'
  ) {
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  const client = accept(
    request,
    socket,
    'lote.v1',
    (text) => {
      if (JSON.parse(text).tipo === 'instantanea') client.send(snapshot());
      else client.send('{"tipo":"error","mensaje":"unknown"}');
    },
    () => clients.delete(client),
  );
  client.send(hello());
  client.send(snapshot());
  clients.add(client);
});
server.listen(Number(values.port), '127.0.0.1', () => {
  const { port } = server.address();
  origins = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
  console.log(`development server on ${origins[0]}`);
});
