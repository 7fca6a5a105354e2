// A running job: kills, reloads, lost connections, pause, cancel, retry. Nothing is counted twice and nothing goes back.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { addOutputs } from '../outputs.js';
import { firstNumber, site } from '../site.js';

const here = await site({ images: 240 });
after(() => here.close());
/** Enough that a quick machine is not done before a test has looked. */
const LONG = ['grises', 'blur', 'nitidez', 'bordes', 'relieve', 'sepia'];
// Each test starts from an idle server.
beforeEach(() => here.endJobs());
const done = async (page) => firstNumber(await page.locator('.hero p').textContent());
const untilDone = (page, count) =>
  page.waitForFunction(
    (wanted) => Number((/\d[\d.]*/.exec(document.querySelector('.hero p')?.textContent ?? '')?.[0] ?? '0').replace(/\./g, '')) >= wanted,
    count,
  );

test('killing each worker in turn loses nothing, shows each replacement, and never empties the page', async (context) => {
  const job = await here.startJob({ filters: LONG });
  const { page, faults, close } = await here.open({ path: '/#/run', lanes: true });
  const seen = [];
  for (const worker of [1, 2, 3, 4]) {
    await page.getByRole('button', { name: `Terminar el proceso ${worker}`, exact: true }).click();
    await page
      .locator('.toast', { hasText: `El proceso ${worker} cayó` })
      .first()
      .waitFor();
    await page
      .locator('.lane')
      .nth(worker - 1)
      .locator('.restarted')
      .waitFor();
    seen.push(
      await page
        .locator('.toast', { hasText: `El proceso ${worker} cayó` })
        .first()
        .textContent(),
    );
    assert.ok(await page.locator('.hero').isVisible());
  }
  assert.match(seen.join(' '), /El proceso \d cayó y ya hay otro en su lugar \(\d+(,\d)?\s(m?s)\)/);
  await page.getByRole('button', { name: 'Ver resultados' }).waitFor({ timeout: 180_000 });
  const total = firstNumber(await page.locator('.hero p').textContent());
  const report = await here.read(`/api/jobs/${job}/report.json`);
  assert.equal(report.job.progress.done, report.job.outputs);
  assert.equal(total, report.job.outputs);
  // A process may have had nothing in hand when it was ended.
  assert.ok(report.job.progress.redone >= 1);
  // Another process is named only where it was another.
  const notices = (await page.locator('.failures .said').allTextContents()).join('\n');
  for (const [text, from, to] of notices.matchAll(/Proceso (\d+) caído.*en el proceso (\d+) y/g)) assert.notEqual(from, to, text);
  assert.match(notices, /se repitió en el proceso \d|se rehízo y terminó/);
  context.diagnostic(`${report.job.progress.redone} redone, ${report.job.outputs} outputs`);
  const { rows } = await here.read(`/api/jobs/${job}/photos?offset=0&limit=500`);
  const again = rows.find((row) => row.cells.some((cell) => cell.status === 'ok' && cell.attempt > 1));
  await page.getByRole('button', { name: 'Ver resultados' }).click();
  // More outputs than fit scroll sideways; all of a column stand below its head.
  await page.locator('.result-table.wide button.row-picture').first().waitFor();
  // At one moment: what a locator lists may be gone when it is looked at.
  const places = await page.evaluate(() =>
    [...document.querySelectorAll('.result-row:has(*)')].map((row) =>
      [...row.children].map((cell) => cell.getBoundingClientRect().left).join(),
    ),
  );
  assert.equal(new Set(places).size, 1, places.join(' / '));
  // With Shift all between two ticks, also of rows that were never seen.
  await page.locator('input[data-row="0"]').click();
  await page.mouse.move(700, 600);
  await page.mouse.wheel(0, 1_000_000);
  await page.locator('input[data-row="239"]').click({ modifiers: ['Shift'] });
  await page.getByText(/^240 fotos · 1\.?440 archivos$/).waitFor();
  // Rows that come from above stand above those that are there, for Tab and for who listens.
  await page.mouse.wheel(0, -900);
  await page.waitForFunction(() => {
    const first = document.querySelector('.result-body input[data-row]');
    return first instanceof HTMLInputElement && Number(first.dataset.row) < 225;
  });
  const tops = await page.evaluate(() =>
    [...document.querySelectorAll('.result-body > .result-row')].map((row) => new DOMMatrix(getComputedStyle(row).transform).f),
  );
  assert.deepEqual(
    tops,
    tops.toSorted((one, other) => one - other),
  );
  // The head stays above them, and goes sideways with them.
  await page.mouse.wheel(700, 0);
  await page.waitForFunction(() => {
    const [head, row] = ['.result-head .result-row', '.result-body .result-row:has(*)'].map((one) => document.querySelector(one)?.children);
    const [above, below] = [head, row].map((cells) => cells && Math.round(cells[2].getBoundingClientRect().left));
    const isSeen = head && document.elementFromPoint(700, head[2].getBoundingClientRect().bottom - 4)?.closest('.result-head');
    return above === below && document.querySelector('.result-body').scrollLeft > 0 && isSeen;
  });
  await page.getByPlaceholder('Buscar').click();
  await page.keyboard.type(again.name);
  await page.getByText('bien en el intento 2').first().waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('a reload in mid-run shows the right state at once, and counts do not go back', async (context) => {
  await here.startJob({ filters: LONG });
  const { page, faults, close } = await here.open({ path: '/#/run' });
  await untilDone(page, 20);
  // Folded, each process is a square; unfolded, a lane, also after the reload.
  await page.waitForFunction(() => document.querySelectorAll('.squares i:not(.idle)').length > 0);
  assert.equal(await page.locator('.squares i').count(), 4);
  assert.equal(await page.locator('.lane').count(), 0);
  await page.getByRole('button', { name: 'Procesos en directo' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('.lane').nth(3).waitFor();
  const before = await done(page);
  const began = performance.now();
  await page.reload();
  await page.locator('.hero').waitFor();
  const took = performance.now() - began;
  assert.ok((await done(page)) >= before);
  assert.equal(await page.locator('.lane').count(), 4);
  context.diagnostic(`${Math.round(took)} ms`);
  assert.deepEqual(faults, []);
  await close();
});

test('a lost connection shows a banner with stale figures, clears itself, and counts nothing twice', async () => {
  const job = await here.startJob();
  const { page, close } = await here.open({ path: '/#/run', allow: /WebSocket/ });
  await untilDone(page, 10);
  const counts = [];
  await page.exposeFunction('seen', (text) => counts.push(firstNumber(text)));
  await page.evaluate(() => {
    const element = document.querySelector('.hero p');
    new MutationObserver(() => window.seen(element.textContent)).observe(element, { childList: true, characterData: true, subtree: true });
  });
  await here.cut(1500);
  await page.locator('.banner.bad').getByText('continúa sin esta página').waitFor();
  assert.ok(await page.locator('.figures.stale').isVisible());
  assert.match(await page.locator('#alert').textContent(), /Sin conexión/);
  await page.locator('.banner.bad').waitFor({ state: 'detached' });
  await untilDone(page, Math.min(720, counts.at(-1) + 20));
  await here.endJobs();
  await page.getByRole('button', { name: 'Ver resultados' }).waitFor();
  assert.deepEqual(
    counts,
    [...counts].sort((a, b) => a - b),
  );
  const { job: end } = await here.read(`/api/jobs/${job}/report.json`);
  assert.equal(counts.at(-1), end.progress.done);
  await close();
});

test('a server that was started anew is noticed, and images are listed again', async () => {
  const { page, faults, close } = await here.open({ path: '/#/prepare', allow: /WebSocket|Failed to load resource/ });
  await page.locator('.cell').first().waitFor();
  const listing = page.waitForResponse((response) => response.url().includes('/api/images?'));
  await here.restart();
  await listing;
  await page.locator('.cell').first().waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('pause, resume, cancel and continue; a second page sees the same', async () => {
  await here.startJob({ filters: LONG });
  const first = await here.open({ path: '/#/run' });
  const second = await here.open({ path: '/#/run', lang: 'en', theme: 'dark' });
  await untilDone(first.page, 5);
  await first.page.keyboard.press('p');
  await second.page.getByText('Paused. Processes stay alive and take no new work.').waitFor();
  await second.page.getByRole('button', { name: 'Resume' }).first().click();
  await first.page.locator('.banner').waitFor({ state: 'detached' });
  await first.page.getByRole('button', { name: 'Cancelar', exact: true }).click();
  assert.equal(await first.page.evaluate(() => document.activeElement?.textContent), 'Seguir procesando');
  await first.page.keyboard.press('Escape');
  await first.page.getByRole('button', { name: 'Cancelar', exact: true }).click();
  await first.page.getByRole('button', { name: 'Cancelar el trabajo' }).click();
  const kept = firstNumber(await second.page.locator('.banner', { hasText: 'Cancelled.' }).textContent());
  assert.ok(kept > 0);
  await second.page.getByRole('button', { name: 'Continue' }).first().click();
  await first.page.getByRole('button', { name: 'Pausar' }).waitFor();
  assert.deepEqual([...first.faults, ...second.faults], []);
  await first.close();
  await second.close();
});

test('a second job is queued behind the running one and can be taken out', async () => {
  await here.startJob({ workers: 1 });
  const { page, faults, close } = await here.open({ path: '/#/prepare' });
  await addOutputs(page, 'Sepia');
  await page.keyboard.press('Control+Enter');
  await page.getByText('En cola: empezará cuando acabe el trabajo actual.').waitFor();
  // The button that opened the dialog has the focus again.
  await page.keyboard.press('Escape');
  await page.keyboard.press('2');
  await page.locator('.queue').getByRole('button').click();
  await page.locator('.queue').waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
  await close();
});

test('failures are sentences, and can be tried again', async () => {
  await here.choose('Mezcla');
  await here.startJob({ filters: ['grises'] });
  const { page, faults, close } = await here.open({ path: '/#/run' });
  await page.getByRole('button', { name: 'Ver resultados' }).waitFor();
  const figure = page.locator('.figure.negative dd');
  assert.equal(firstNumber(await figure.textContent()), 2);
  await page
    .locator('.failures')
    .getByText(/Imagen dañada o incompleta|Supera los límites/)
    .first()
    .waitFor();
  // The newest pictures tell how large they are.
  const { bytes } = (await here.read(`/api/jobs/${(await here.read('/api/jobs')).jobs.at(-1).id}/photos`)).rows.at(-1).cells[0];
  const kb = (bytes / 1000).toLocaleString('es-ES', { maximumFractionDigits: 0 });
  await page
    .locator('.recent-cell', { hasText: new RegExp(`^\\S+${kb}([.,]\\d+)?\u00a0kB`) })
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Reintentar los 2' }).click();
  await page.getByRole('button', { name: 'Ver resultados' }).waitFor();
  assert.equal(firstNumber(await figure.textContent()), 2);
  assert.deepEqual(faults, []);
  await close();
});

test('when all fail there is no ZIP, and no figure divides by zero', async () => {
  await here.choose('Rotas');
  await here.startJob({ filters: ['sepia'] });
  const { page, faults, close } = await here.open({ path: '/#/run' });
  await page.getByRole('button', { name: 'Ver resultados' }).click();
  await page.getByText('No hay archivos que descargar.').waitFor();
  assert.equal(await page.locator('button:enabled', { hasText: 'ZIP' }).count(), 0);
  const cells = await page.locator('tbody td').allTextContents();
  assert.deepEqual([cells[0], cells[3]], ['0', '–']);
  assert.doesNotMatch(await page.locator('main').innerText(), /NaN|Infinity|undefined|null/);
  assert.deepEqual(faults, []);
  await close();
});
