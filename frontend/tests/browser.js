// A Chromium for the flows: LOTE_URL names the server, LOTE_CHROMIUM the browser.
import { chromium } from 'playwright-core';

export const BASE = process.env.LOTE_URL ?? 'http://127.0.0.1:8770';
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const launch = () => chromium.launch({ executablePath: process.env.LOTE_CHROMIUM ?? '/usr/bin/chromium', args: ARGS });

/**
 * A page that fails its test on any script error, console error, CSP report or request off the host.
 * @param {import('playwright-core').Browser} browser
 */
export async function open(browser, { path = '/', width = 1440, height = 900, theme = 'light', lang = 'es', allow = /^$/, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: lang === 'es' ? 'es-ES' : 'en-GB', acceptDownloads: true, ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error' && !allow.test(message.text())) faults.push(`console: ${message.text()}`); });
  page.on('request', (request) => { if (!request.url().startsWith(BASE) && !/^(blob|data):/.test(request.url())) faults.push(`off the host: ${request.url()}`); });
  const [route, hash = ''] = path.split('#');
  await page.goto(`${BASE}${route}?lang=${lang}&theme=${theme}${hash && `#${hash}`}`);
  await page.waitForSelector('main > :not(.skeleton)');
  return { page, context, faults, close: () => context.close() };
}

/** @param {string} path @param {unknown} body a command of the contract, as the page sends it */
export async function command(path, body = {}) {
  const answer = await fetch(`${BASE}${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json', Origin: BASE }, body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

/** Orders a situation of the development server. */
export const control = (action, ms) => command('/dev/control', { action, ms });
