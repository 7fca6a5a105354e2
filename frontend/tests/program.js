// The real program to test the page with: `lote serve` on folders of pictures that are made here. LOTE_PROGRAM names the binary.
// The browser reaches it through a relay that can be cut, as a network can; commands of a test reach it directly.
import { spawn } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { landscape, png } from '../dev/pictures.js';

/** Names that a page must show as text. */
const HOSTILE = [
  '<img src=x onerror=alert(1)>.jpg',
  '"><script>alert(1)<script>.png',
  '\u202egnp.exe.jpg',
  `${'largo'.repeat(48)}.jpg`,
  'a\u0007\u001b[31mrojo.jpg',
  '日本語 ñandú.jpg',
  "'; --.jpg",
  '&lt;b&gt;.jpg',
];

/** Different pictures of a folder; the others are links to them. */
const DIFFERENT = 6;
const two = (/** @type {number} */ number) => String(number).padStart(4, '0');

/** @param {string} folder @param {string[]} names @param {number} seed */
function fill(folder, names, seed, width = 900, height = 600) {
  mkdirSync(folder, { recursive: true });
  names.forEach((name, index) => {
    const path = join(folder, name);
    if (index < DIFFERENT) writeFileSync(path, png(landscape(seed + index, width, height)));
    else linkSync(join(folder, names[index % DIFFERENT]), path);
  });
}

/** The folders that a test may choose. @param {string} root @param {number} count of the input folder */
function makeFolders(root, count) {
  const names = (/** @type {number} */ many) => Array.from({ length: many }, (_, index) => `DSC_${two(2400 + index)}.png`);
  const input = join(root, 'Boda Clara y Tomás');
  fill(input, names(count), 0);
  fill(join(root, 'Costa'), names(60), 300);
  fill(join(root, 'Hostil'), HOSTILE, 7000, 300, 200);
  const broken = join(root, 'Rotas');
  mkdirSync(broken);
  for (const name of names(6)) writeFileSync(join(broken, name), png(landscape(1, 60, 40)).subarray(0, 400));
  const mixed = join(root, 'Mezcla');
  fill(mixed, names(6), 40, 300, 200);
  for (const name of ['rota_1.png', 'rota_2.png']) writeFileSync(join(mixed, name), png(landscape(1, 60, 40)).subarray(0, 400));
  const empty = join(root, 'Vacías');
  fill(empty, names(1), 60, 300, 200);
  writeFileSync(join(empty, 'vacia.png'), '');
  writeFileSync(join(empty, 'texto.jpg'), 'text');
  const raws = join(root, 'Sin revelar');
  mkdirSync(raws);
  for (const name of ['a.xcf', 'b.XCF', 'notas.txt']) writeFileSync(join(raws, name), 'x');
  return { input, roots: [input, join(root, 'Costa'), join(root, 'Hostil'), broken, mixed, empty, raws] };
}

/** A relay to a port. @param {number} target */
async function relay(target) {
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set();
  let refuseUntil = 0;
  const server = createServer((inner) => {
    if (performance.now() < refuseUntil) {
      inner.destroy();
      return;
    }
    const outer = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ]) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  /** Cuts all connections and refuses new ones for so long. */
  const cut = (ms = 0) => {
    refuseUntil = performance.now() + ms;
    for (const socket of open) socket.destroy();
  };
  return {
    port: address.port,
    cut,
    close: () => {
      cut(1e9);
      server.close();
    },
  };
}

/** Kills a process, and waits until it is gone. @param {import('node:child_process').ChildProcess} child */
const ended = (child) =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(undefined);
    child.removeAllListeners('exit');
    child.on('exit', resolve);
    child.kill('SIGKILL');
  });

/** A server of a fleet, as the tests of the program find one. @param {string} store its folder */
async function startNats(store) {
  const named = (process.env.LOTE_NATS_SERVERS ?? '').split(':').filter(Boolean);
  const probe = createServer();
  await new Promise((resolve) => {
    probe.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
  probe.close();
  const words = ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', store];
  const child = spawn(named[0] ?? '/usr/sbin/nats-server', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (data) => String(data).includes('Server is ready') && resolve(undefined));
    child.on('error', reject);
    child.on('exit', () => reject(new Error('nats-server ended')));
  });
  return { child, url: `nats://127.0.0.1:${port}` };
}

/** @param {string} program @param {{ images?: number, empty?: boolean, allowOrigin?: string, fleet?: boolean }} options */
export async function startProgram(program, { images = 24, empty = false, allowOrigin, fleet = false }) {
  const root = mkdtempSync(join(tmpdir(), 'lote-page-'));
  const { input, roots } = makeFolders(join(root, 'pictures'), empty ? 0 : images);
  const nats = fleet ? await startNats(join(root, 'nats')) : null;
  const others = nats ? ['--fleet', nats.url, '--root', `fotos=${root}`] : roots.flatMap((folder) => ['--root', folder]);
  /** @type {import('node:child_process').ChildProcess[]} */
  const agents = [];
  /** @type {import('node:child_process').ChildProcess} */
  let child;
  async function start(port = 0) {
    const folders = [
      '--input',
      input,
      '--output',
      join(root, 'output'),
      ...others,
      ...(allowOrigin ? ['--allow-origin', allowOrigin] : []),
    ];
    child = spawn(program, ['serve', '--port', String(port), ...folders], {
      stdio: ['ignore', 'inherit', 'pipe'],
      // Recipes of its own, and no one else's.
      env: { ...process.env, LOTE_LANG: 'en', XDG_CONFIG_HOME: join(root, 'config') },
    });
    const said = await new Promise((resolve, reject) => {
      let text = '';
      child.stderr?.on('data', (data) => {
        text += data;
        const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text);
        if (found) resolve(Number(found[1]));
      });
      child.on('exit', () => reject(new Error(`lote serve ended: ${text}`)));
    });
    return said;
  }
  const port = await start();
  const { port: reached, cut, close } = await relay(port);
  const end = (/** @type {NodeJS.Signals} */ signal) =>
    new Promise((resolve) => {
      child.removeAllListeners('exit');
      child.on('exit', resolve);
      child.kill(signal);
    });
  return {
    base: `http://127.0.0.1:${port}`,
    input,
    seen: `http://localhost:${port}`,
    browserArgs: [`--host-resolver-rules=MAP localhost:${port} 127.0.0.1:${reached}`],
    cut,
    /** Kills the program as a crash would, and starts it again at the same port. @param {(output: string) => void} [meanwhile] what befalls its output folder */
    async restart(meanwhile) {
      await end('SIGKILL');
      cut();
      meanwhile?.(join(root, 'output'));
      await start(port);
    },
    /** Starts a machine of the fleet. @param {string} name @param {number} slots how many images it works on at a time */
    agent(name, slots = 2) {
      const words = ['agent', '--fleet', nats?.url ?? '', '--root', `fotos=${root}`, '--name', name, '-j', String(slots)];
      const agent = spawn(program, words, { stdio: 'ignore' });
      agents.push(agent);
      return agent;
    },
    async stop() {
      close();
      await end('SIGTERM');
      // Whoever is still there may write into a folder that is being removed.
      await Promise.all([...agents, ...(nats ? [nats.child] : [])].map(ended));
      rmSync(root, { recursive: true, force: true });
    },
  };
}
