// A site to test and a Chromium to test it with. LOTE_PROGRAM names the program's binary, which is started on folders of its own; for
// situations that cannot be ordered from a real one it is the development server. LOTE_CHROMIUM names the browser.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startProgram } from './program.js';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const FILTERS = ['grises', 'sepia', 'marca_agua'];
/** For whatever a test waits for: a busy machine may be many times slower than an idle one. */
const TIMEOUT_MS = Number(process.env.LOTE_PATIENCE_MS ?? 60_000);
const PROGRAM = process.env.LOTE_PROGRAM;

/** @typedef {{ images?: number, empty?: boolean, rate?: number, allowOrigin?: string, fleet?: boolean }} Wanted images in the input folder, or nothing chosen at first; outputs a second (development server); `--allow-origin` (program only); with the server of a fleet (program only) */

/** @param {Wanted} wanted */
async function startDevelopment({ images = 24, rate = 16 }) {
  const options = ['--port', '0', '--images', String(images), '--rate', String(rate)];
  const child = spawn(process.execPath, [fileURLToPath(new URL('../dev/server.js', import.meta.url)), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  /** @type {string} */
  const base = await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => {
      const found = /http:\S+/.exec(String(text));
      if (found) resolve(found[0]);
    });
    child.on('exit', () => reject(new Error('the development server ended')));
  });
  const control = (/** @type {string} */ action, /** @type {number} */ ms) =>
    fetch(`${base}/dev/control`, { method: 'POST', body: JSON.stringify({ action, ms }) });
  return {
    base,
    seen: base,
    input: '',
    browserArgs: [],
    async cut(ms = 0) {
      await control('refuse', ms);
    },
    async restart() {
      throw new Error('only the program is started again');
    },
    async stop() {
      child.removeAllListeners('exit');
      child.kill();
    },
  };
}

/** @param {Wanted} wanted @param {{ development?: boolean }} [where] */
export async function site(wanted = {}, { development = false } = {}) {
  if (!development && !PROGRAM) throw new Error('LOTE_PROGRAM must name the program');
  const server = PROGRAM && !development ? await startProgram(PROGRAM, wanted) : await startDevelopment(wanted);
  const { base, seen, input, cut, restart } = server;
  const browser = await chromium.launch({
    executablePath: process.env.LOTE_CHROMIUM ?? '/usr/bin/chromium',
    args: [...ARGS, ...server.browserArgs],
  });

  /**
   * A page. `faults` collects script errors, console errors (CSP reports among them) and requests off the host; `allow` names console errors that belong to the test;
   * `lanes`: those of the processes were left unfolded.
   */
  async function open({
    path = '/',
    width = 1440,
    height = 900,
    theme = 'light',
    lang = 'es',
    allow = /^$/,
    throttle = 1,
    lanes = false,
    ...context
  } = {}) {
    const around = await browser.newContext({
      viewport: { width, height },
      locale: lang === 'es' ? 'es-ES' : 'en-GB',
      acceptDownloads: true,
      ...context,
    });
    const page = await around.newPage();
    page.setDefaultTimeout(TIMEOUT_MS);
    if (lanes) await page.addInitScript(() => localStorage.setItem('lote.lanes', 'true'));
    /** @type {string[]} */
    const faults = [];
    page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
    // An image that cannot be read answers 422 to its thumbnail and its preview; the browser reports that by itself.
    const unreadable = (/** @type {import('playwright-core').ConsoleMessage} */ message) =>
      message.text().includes('status of 422') && /\/api\/(thumb|preview)/.test(message.location().url);
    // A forecast gives way to a job; the browser reports that answer, too.
    const overtaken = (/** @type {import('playwright-core').ConsoleMessage} */ message) =>
      message.text().includes('status of 409') && message.location().url.endsWith('/api/jobs/forecast');
    page.on('console', (message) => {
      if (message.type() === 'error' && !allow.test(message.text()) && !unreadable(message) && !overtaken(message))
        faults.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(seen) && !/^(blob|data):/.test(request.url())) faults.push(`off the host: ${request.url()}`);
    });
    if (throttle > 1) await (await around.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: throttle });
    /** Goes to an address of the page. @param {string} path */
    async function visit(path) {
      const [route, hash = ''] = path.split('#');
      await page.goto(`${seen}${route}?lang=${lang}&theme=${theme}${hash && `#${hash}`}`);
      await page.waitForSelector('main > :not(.skeleton)');
    }
    await visit(path);
    return { page, faults, visit, close: () => around.close() };
  }

  /** A command of the contract, as the page sends it. @param {string} path @param {unknown} body */
  async function command(path, body = {}) {
    const answer = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: base },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  }
  /** Orders a situation of the development server. @param {string} action @param {number} [ms] */
  const control = async (action, ms) => {
    await command('/dev/control', { action, ms });
  };
  const read = async (/** @type {string} */ path) => (await fetch(`${base}${path}`)).json();
  /** Lists the images of a folder by its name. @param {string} name */
  async function choose(name) {
    const { folders } = await read('/api/folders');
    const { id } = folders.find((/** @type {{ name: string }} */ folder) => folder.name === name);
    await command('/api/images/source', { source: 'folder', folder: id });
  }
  /** Starts a job with a few filters on the current list. @param {Record<string, unknown>} [change] */
  async function startJob({ filters = FILTERS, workers = 4, ...change } = {}) {
    const variants = filters.map((filter) => ({ name: filter, steps: [{ filter, params: {} }] }));
    const { body } = await command('/api/jobs', {
      mode: 'processes',
      workers,
      variants,
      output: { folder: null, format: null, quality: 75, pattern: '{name}_{variant}', if_exists: 'overwrite' },
      ...change,
    });
    return body.job;
  }
  /** Ends what runs and takes out what waits. */
  async function endJobs() {
    for (;;) {
      const { jobs } = await read('/api/jobs');
      const left = jobs.filter((/** @type {Job} */ { state }) => !['finished', 'cancelled', 'failed'].includes(state));
      if (!left.length) return;
      for (const { id } of left.reverse()) await command(`/api/jobs/${id}/cancel`);
    }
  }
  /** A page of the browser, with nothing in it. */
  async function blank() {
    const page = await browser.newPage();
    page.setDefaultTimeout(TIMEOUT_MS);
    return page;
  }
  return {
    base,
    seen,
    input,
    agent: /** @type {any} */ (server).agent,
    open,
    blank,
    command,
    control,
    choose,
    startJob,
    endJobs,
    read,
    cut,
    restart,
    close: async () => {
      await browser.close();
      await server.stop();
    },
  };
}

/** Number in a text such as "2.619 de 3.852 archivos": the first. @param {string | null} text */
export const firstNumber = (text) => Number((/\d[\d.,]*/.exec(text ?? '')?.[0] ?? 'NaN').replace(/[.,]/g, ''));
