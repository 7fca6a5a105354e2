// Results: every figure as in the JSON report, the gallery, the large view, reports, the list of failures.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { firstNumber, site } from '../site.js';

const here = await site({ rate: 200 });
after(() => here.close());
await here.choose('Mezcla');
const job = await here.startJob({ filters: ['grises', 'sepia'] });
const report = async () => here.read(`/api/jobs/${job}/report.json`);
while ((await report()).job.state !== 'finished')
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });

test('the table and the title say what the report says', async () => {
  const {
    job: { progress },
  } = await report();
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en' });
  await page.getByRole('heading', { name: `${progress.ok} of ${progress.done} files ready` }).waitFor();
  const rows = await page.locator('.card table').first().locator('tbody tr').all();
  assert.equal(rows.length, 2);
  for (const [index, row] of rows.entries()) {
    const cells = await row.locator('td').allTextContents();
    assert.deepEqual(cells.slice(0, 2).map(Number), [progress.variants[index].ok, progress.variants[index].failed]);
  }
  const total = await page.locator('tfoot td').allTextContents();
  assert.deepEqual(total.slice(0, 2).map(Number), [progress.ok, progress.failed]);
  assert.ok(progress.ok > 0 && progress.failed > 0);
  assert.equal(firstNumber(await page.locator('.chip').last().textContent()), progress.failed);
  assert.deepEqual(faults, []);
  await close();
});

test('the gallery shows the outputs, of all filters or of one, and opens them large beside their originals', async () => {
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en' });
  const {
    job: { progress },
  } = await report();
  const cells = page.locator('.gallery .cell:visible');
  await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('.gallery .cell img')].filter((image) => image.checkVisibility() && image.naturalWidth > 0).length ===
      wanted,
    progress.ok,
  );
  await page.locator('.chip', { hasText: 'Sepia' }).click();
  await page.waitForFunction(
    (wanted) => [...document.querySelectorAll('.gallery .cell')].filter((cell) => cell.checkVisibility()).length === wanted,
    progress.variants[1].ok,
  );
  await cells.first().click();
  const title = page.getByRole('dialog').getByRole('heading');
  const first = await title.textContent();
  await page.locator('.lightbox .layer.over img:visible').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((old) => document.querySelector('dialog h2')?.textContent !== old, first);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
  await close();
});

test('the report is downloaded as HTML, CSV and JSON', async () => {
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en' });
  for (const [kind, begin] of [
    ['HTML', /^<!doctype html>/i],
    ['CSV', /filter|variant/],
    ['JSON', /^\{/],
  ]) {
    await page.locator('summary', { hasText: 'Report' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.menu-items a', { hasText: kind }).click()]);
    assert.match(readFileSync(await download.path(), 'utf8').replace(/^\ufeff/, ''), begin);
  }
  assert.deepEqual(faults, []);
  await close();
});

test('what failed is listed with its reason', async () => {
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en' });
  await page.locator('.chip', { hasText: 'Failed' }).click();
  const {
    job: { progress },
  } = await report();
  await page
    .locator('.failures li')
    .nth(progress.failed - 1)
    .waitFor();
  assert.match(await page.locator('.failures li').first().textContent(), /damaged|incomplete|limits/i);
  assert.deepEqual(faults, []);
  await close();
});
