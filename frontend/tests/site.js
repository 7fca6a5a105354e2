// A site to test and a Chromium to test it with. LOTE_URL names a running server; without it a development server is started.
// LOTE_CHROMIUM names the browser.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const FILTERS = ['grises', 'sepia', 'marca_agua'];

/** Whether the site is the development server, which can be ordered into situations that a real server cannot. */
export const isDevelopment = !process.env.LOTE_URL;

/** @param {string[]} options of dev/server.js @returns {Promise<{ base: string, stop: () => void }>} */
async function serve(options) {
  if (process.env.LOTE_URL) return { base: process.env.LOTE_URL, stop() {} };
  const child = spawn(process.execPath, [fileURLToPath(new URL('../dev/server.js', import.meta.url)), '--port', '0', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const base = await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => { const found = /http:\S+/.exec(String(text)); if (found) resolve(found[0]); });
    child.on('exit', () => reject(new Error('the development server ended')));
  });
  return { base, stop: () => child.kill() };
}

/** @param {string[]} options */
export async function site(...options) {
  const { base, stop } = await serve(options);
  const browser = await chromium.launch({ executablePath: process.env.LOTE_CHROMIUM ?? '/usr/bin/chromium', args: ARGS });

  /**
   * A page. `faults` collects script errors, console errors (CSP reports among them) and requests off the host; `allow` names console errors that belong to the test.
   */
  async function open({ path = '/', width = 1440, height = 900, theme = 'light', lang = 'es', allow = /^$/, throttle = 1, ...context } = {}) {
    const around = await browser.newContext({ viewport: { width, height }, locale: lang === 'es' ? 'es-ES' : 'en-GB', acceptDownloads: true, ...context });
    const page = await around.newPage();
    /** @type {string[]} */
    const faults = [];
    page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
    // An image that cannot be read answers 422 to its thumbnail and its preview; the browser reports that by itself.
    const unreadable = (/** @type {import('playwright-core').ConsoleMessage} */ message) => message.text().includes('status of 422') && /\/api\/(thumb|preview)/.test(message.location().url);
    page.on('console', (message) => { if (message.type() === 'error' && !allow.test(message.text()) && !unreadable(message)) faults.push(`console: ${message.text()} ${message.location().url}`); });
    page.on('request', (request) => { if (!request.url().startsWith(base) && !/^(blob|data):/.test(request.url())) faults.push(`off the host: ${request.url()}`); });
    if (throttle > 1) await (await around.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: throttle });
    const [route, hash = ''] = path.split('#');
    await page.goto(`${base}${route}?lang=${lang}&theme=${theme}${hash && `#${hash}`}`);
    await page.waitForSelector('main > :not(.skeleton)');
    return { page, faults, close: () => around.close() };
  }

  /** A command of the contract, as the page sends it. @param {string} path @param {unknown} body */
  async function command(path, body = {}) {
    const answer = await fetch(`${base}${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json', Origin: base }, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  }
  /** Orders a situation of the development server. @param {string} action @param {number} [ms] */
  const control = (action, ms) => command('/dev/control', { action, ms });
  /** Starts a job with a few filters on the current list. @param {Record<string, unknown>} [change] */
  async function startJob({ filters = FILTERS, workers = 4, ...change } = {}) {
    const variants = filters.map((filter) => ({ name: filter, steps: [{ filter, params: {} }] }));
    const { body } = await command('/api/jobs', { mode: 'processes', workers, variants, output: { folder: null, format: null, quality: 75, pattern: '{name}_{variant}', if_exists: 'overwrite' }, ...change });
    return body.job;
  }
  const read = async (/** @type {string} */ path) => (await fetch(`${base}${path}`)).json();
  return { base, open, command, control, startJob, read, close: async () => { await browser.close(); stop(); } };
}

/** Number in a text such as "2.619 de 3.852 archivos": the first. @param {string | null} text */
export const firstNumber = (text) => Number((/\d[\d.,]*/.exec(text ?? '')?.[0] ?? 'NaN').replace(/[.,]/g, ''));
