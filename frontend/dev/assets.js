// The files of the page itself, joined as in the program.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { SAFE, missing } from './answers.js';
import { joinModules, joinStyles, order } from './join.js';
import { options } from './options.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const JOINED = options.modules
  ? {}
  : {
      '/app.js': joinModules,
      '/workers/monitor.js': joinModules,
      '/styles/lote.css': joinStyles,
    };

const parts = new Map();
/** The files that a joined one is made of: listed once, a new import needs a restart. */
function partsOf(file) {
  if (!parts.has(file))
    parts.set(file, file.endsWith('.css') ? readdirSync(dirname(file)).map((name) => join(dirname(file), name)) : order(file));
  return parts.get(file);
}

const assets = new Map();
/** The file of that name as it is now, packed. */
function asset(name) {
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
    one = { stamp, body: gzipSync(body, { level: 9 }), etag: `"${createHash('sha1').update(body).digest('hex')}"` };
    assets.set(name, one);
  }
  return one;
}

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response @param {string} path */
export function sendAsset(request, response, path) {
  const name = path === '/' ? '/index.html' : path;
  if (!/^\/(index\.html|app\.js|icon\.svg|(styles|modules|workers)\/[\w-]+\.(css|js))$/.test(name)) throw missing();
  const { body, etag } = asset(name);
  const head = {
    ...SAFE,
    'Content-Type': TYPES[extname(name)],
    ETag: etag,
    'Cache-Control': 'no-cache',
    'Content-Encoding': 'gzip',
    Vary: 'Accept-Encoding',
  };
  const isKnown = request.headers['if-none-match'] === etag;
  response.writeHead(isKnown ? 304 : 200, head);
  response.end(isKnown ? undefined : body);
}
