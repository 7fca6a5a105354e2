// The way of the state to the pages (CONTRACT.md, section 1): a greeting, a snapshot, and numbered batches of changes.
import { randomBytes } from 'node:crypto';
import { filters, formats } from './catalogue.js';
import { options } from './options.js';
import { accept } from './socket.js';
import { batch, comparison, emit, library, now, takeEvents, write } from './state.js';

const PROTOCOL = 'lote.v1';
const BATCH_MS = 40;
/** So many batches may be left out while nothing happens. */
const QUIET_BATCHES = 60;

const clients = new Set();
const instance = randomBytes(6).toString('hex');
let refuseUntil = 0;
let number = 0;
let quiet = 0;

function flush() {
  quiet += 1;
  const events = takeEvents();
  if (!events.length && !batch.changed && quiet < QUIET_BATCHES) return;
  quiet = 0;
  number += 1;
  const progress = batch.changed ? batch.progress() : null;
  const text = write({ tipo: 'cambios', n: number, t_ms: now(), progress, events });
  for (const client of clients) client.send(text);
  batch.changed = false;
}
setInterval(flush, BATCH_MS);
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
    cores: options.cores,
    local: true,
    sandbox: { level: 'off', text: 'development server' },
    filters,
    formats,
    limits: {
      max_workers: options.cores,
      max_variants: 64,
      max_steps: 16,
      max_upload_files: 5000,
      max_upload_file_bytes: 200e6,
      max_upload_bytes: 2e9,
    },
    defaults: {
      mode: 'processes',
      workers: options.cores,
      quality: 75,
      pattern: '{name}_{variant}',
      if_exists: 'overwrite',
      output_label: 'output_images',
    },
  });

function snapshot() {
  flush();
  const images = library.summary();
  return write({ tipo: 'instantanea', n: number, t_ms: now(), images, compare: comparison.state, ...batch.snapshot() });
}

/** Answers an upgrade from one of these origins. @param {import('node:http').IncomingMessage} request @param {import('node:net').Socket} socket @param {string[]} origins */
export function connect(request, socket, origins) {
  const { origin = '', 'sec-websocket-protocol': protocol } = request.headers;
  if (performance.now() < refuseUntil || request.url !== '/ws' || !origins.includes(origin) || protocol !== PROTOCOL) {
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  const client = accept(
    request,
    socket,
    PROTOCOL,
    (text) => {
      if (JSON.parse(text).tipo === 'instantanea') client.send(snapshot());
      else client.send('{"tipo":"error","mensaje":"unknown"}');
    },
    () => clients.delete(client),
  );
  client.send(hello());
  client.send(snapshot());
  clients.add(client);
}

/** Cuts all connections, and refuses new ones for so long. */
export function drop(ms = 0) {
  refuseUntil = ms ? performance.now() + ms : 0;
  for (const client of clients) client.cut();
}
