// The development server: CONTRACT.md with fake work. See README.md in this folder.
import { createServer } from 'node:http';
import { Refused, json, picture } from './answers.js';
import { sendAsset } from './assets.js';
import { command } from './commands.js';
import { control } from './control.js';
import { options } from './options.js';
import { read, readable } from './reads.js';
import { library } from './state.js';
import { connect } from './stream.js';

const MAX_COMMAND_BYTES = 65536;

/** @type {string[]} */
let origins = [];

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

function preview(response, { image: id, steps, size }) {
  const start = performance.now();
  const image = readable(id);
  const made = library.render(image, steps, size);
  const total = performance.now() - start;
  picture(response, made.body, {
    'Lote-Work-Ms': String(Math.round(80 + steps.length * 140)),
    'Lote-Total-Ms': total.toFixed(1),
    'Lote-Source-Width': image.width_px,
    'Lote-Source-Height': image.height_px,
    'Lote-Source-Bytes': image.bytes,
    'Lote-Output-Width': made.fullWidth,
    'Lote-Output-Height': made.fullHeight,
    'Lote-Output-Bytes': Math.round((image.bytes * 0.24 * made.fullWidth) / image.width_px),
  });
}

async function answer(request, response) {
  const url = new URL(request.url, origins[0]);
  if (!origins.includes(`http://${request.headers.host}`)) throw new Refused(421, 'wrong_host', 'wrong host');
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (url.pathname.startsWith('/api/')) read(url, response);
    else sendAsset(request, response, url.pathname);
    return;
  }
  if (url.pathname === '/dev/control') {
    json(response, control(JSON.parse(await bodyOf(request, MAX_COMMAND_BYTES))));
    return;
  }
  if (request.method !== 'POST') throw new Refused(405, 'method', 'only GET and POST');
  if (!origins.includes(request.headers.origin)) throw new Refused(403, 'wrong_origin', 'wrong origin');
  if (request.headers['content-type'] !== 'application/json') throw new Refused(415, 'media_type', 'JSON is expected');
  const body = JSON.parse(await bodyOf(request, MAX_COMMAND_BYTES));
  if (url.pathname === '/api/preview') preview(response, body);
  else json(response, command(url.pathname, body));
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
server.on('upgrade', (request, socket) => connect(request, socket, origins));
server.listen(options.port, '127.0.0.1', () => {
  const { port } = server.address();
  origins = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
  console.log(`development server on ${origins[0]}`);
});
