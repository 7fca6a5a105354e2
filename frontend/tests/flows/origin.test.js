// A page of the origin's kind, from another local port that --allow-origin names: connect, filters, images, both modes, progress,
// results per filter, cancel. The same page from a port that is not named does not get in.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { site } from '../site.js';

const FILES = {
  '/': ['index.html', 'text/html'],
  '/client.js': ['client.js', 'text/javascript'],
  '/workers/monitor.js': ['monitor.js', 'text/javascript'],
};
const FILTERS = [
  'invertir',
  'grises',
  'blur',
  'nitidez',
  'brillo',
  'contraste',
  'sepia',
  'bordes',
  'relieve',
  'posterizar',
  'redimensionar',
  'marca_agua',
];

/** Serves the client from a port of its own. */
async function serve() {
  const server = createServer(({ url }, response) => {
    const file = FILES[new URL(url ?? '/', 'http://client').pathname];
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    response
      .writeHead(200, { 'Content-Type': `${file[1]}; charset=utf-8` })
      .end(readFileSync(fileURLToPath(new URL(`../origin/${file[0]}`, import.meta.url))));
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  return { server, origin: `http://localhost:${server.address().port}` };
}

const [named, unnamed] = [await serve(), await serve()];
const here = await site({ images: 20, allowOrigin: named.origin });
after(async () => {
  await here.close();
  named.server.close();
  unnamed.server.close();
});
const server = here.base.replace('http://127.0.0.1', 'ws://localhost');
const open = async (origin) => {
  const page = await here.blank();
  await page.goto(`${origin}/?server=${encodeURIComponent(server)}`);
  return page;
};
const finished = (page) => page.waitForFunction(() => window.received.some((message) => message.tipo === 'finalizado'));

for (const mode of ['procesos', 'threads']) {
  test(`two filters are run with ${mode}`, async () => {
    const page = await open(named.origin);
    await page.locator('#images li').nth(19).waitFor();
    const listed = await page.locator('#filters li').allTextContents();
    assert.deepEqual(listed.slice(0, FILTERS.length), FILTERS);
    for (const filter of ['grises', 'sepia']) await page.getByLabel(filter, { exact: true }).check();
    await page.locator('#mode').selectOption(mode);
    await page.locator('#start').click();
    await finished(page);
    const received = await page.evaluate(() => window.received);
    assert.deepEqual(received[0], { tipo: 'conexion', mensaje: 'Conectado al servidor de procesamiento', estado: 'conectado' });
    const kinds = [...new Set(received.map((message) => message.tipo))];
    for (const kind of ['filtros', 'imagenes', 'aceptado', 'inicio_procesamiento', 'progreso', 'finalizado'])
      assert.ok(kinds.includes(kind), kind);
    assert.deepEqual(received.find((message) => message.tipo === 'inicio_procesamiento').datos, {
      imagenes: 20,
      filtros: ['grises', 'sepia'],
      modo: mode,
    });
    const progress = received.filter((message) => message.tipo === 'progreso').map((message) => message.datos);
    assert.equal(progress.filter((one) => one.estado === 'completado').length, 40);
    assert.equal(progress.at(-1).porcentaje, 100);
    for (const key of ['imagen', 'estado', 'mensaje', 'procesadas', 'total', 'porcentaje', 'tiempo_transcurrido', 'nucleos'])
      assert.ok(key in progress[0], key);
    const rows = await page.locator('#results tr').allTextContents();
    assert.match(rows[0], /^GRISES \d+\.\d\ds 20 0 \d+$/);
    assert.match(rows[1], /^SEPIA \d+\.\d\ds 20 0 \d+$/);
    assert.equal(await page.locator('#progress').evaluate((bar) => bar.value), 100);
    await page.waitForFunction(() => Number(document.getElementById('rate').textContent) > 0);
    await page.close();
  });
}

test('a job is cancelled, and the client is told that it has ended', async () => {
  const page = await open(named.origin);
  await page.locator('#images li').first().waitFor();
  for (const filter of FILTERS) await page.getByLabel(filter, { exact: true }).check();
  await page.locator('#start').click();
  await page.locator('#log li').first().waitFor();
  await page.locator('#cancel').click();
  await page.getByText(/^error: Procesamiento cancelado: \d+ de 240 listas$/).waitFor();
  const received = await page.evaluate(() => window.received);
  assert.ok(received.filter((message) => message.datos?.estado === 'completado').length < 240);
  assert.ok(received.some((message) => message.tipo === 'info'));
  await page.close();
});

test('a page from a port that is not named is not let in', async () => {
  const page = await open(unnamed.origin);
  await page.waitForFunction(() => document.getElementById('state').textContent === 'cerrado');
  assert.deepEqual(await page.evaluate(() => window.received), []);
  await page.close();
});
