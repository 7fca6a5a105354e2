// The files of an output: formats, what decides their size, and what is said of them before and after the job. Only with the program.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { addOutputs, removeOutputs } from '../outputs.js';
import { site } from '../site.js';

const here = await site({ images: 6 });
after(() => here.close());
const bytesOf = (text) => Number(/([\d.]+)\s*kB/.exec(text.replace(',', '.'))?.[1]);

test('an output has several files, and their bytes on the card are those of the batch', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await removeOutputs(page);
  await addOutputs(page, /^Thumbnail 400/);
  const rows = page.locator('.file-row');
  assert.equal(await rows.count(), 1);
  assert.ok(await rows.getByRole('button', { name: 'Remove WebP' }).isDisabled(), 'the last format stays');
  await page.getByRole('button', { name: 'Format', exact: true }).press('Enter');
  await rows.nth(1).waitFor();
  // Real keys: three figures in the place of two, of which the last cannot be.
  const quality = rows.nth(1).getByRole('textbox', { name: 'Quality' });
  await quality.focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('300', { delay: 40 });
  await page.getByText('A whole number between 1 and 100').waitFor();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('40', { delay: 40 });
  await page.locator('.output-facts', { hasText: 'JPEG q40' }).waitFor();
  assert.ok(await quality.evaluate((field) => field === document.activeElement), 'the focus stays');
  // At most so many kB in place of a quality.
  await rows.nth(0).getByRole('button', { name: 'More options' }).press('Enter');
  await rows.nth(0).getByLabel('What decides the size').first().selectOption('tamano_max');
  const most = rows.nth(0).getByRole('textbox', { name: 'At most' });
  await most.focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('8', { delay: 40 });
  await page.locator('.output-facts', { hasText: 'WebP ≤ 8.00' }).waitFor();
  const figures = page.locator('.file-bytes');
  await page.waitForFunction(() => [...document.querySelectorAll('.file-bytes')].every((one) => /\d/.test(one.textContent)));
  await page.waitForFunction(() => Number.parseFloat(document.querySelector('.file-bytes').textContent) <= 8);
  // What is still of the settings before says so.
  await page.locator('.file-bytes[aria-busy="true"]').first().waitFor({ state: 'detached' });
  await figures.nth(1).click();
  await page.locator('.tag.after', { hasText: 'thumbnail · JPEG' }).waitFor();
  const said = (await figures.allTextContents()).map(bytesOf);
  await page.getByRole('button', { name: 'Process 12 files' }).click();
  await page.getByRole('button', { name: 'See results' }).click();
  await page.locator('.result-body .row-words').first().waitFor();
  // Two files stand in one column, each with its own figures.
  assert.equal(await page.getByRole('columnheader').count(), 2);
  const { job } = await here.read('/api/jobs/j1/photos?limit=1').then((answer) => ({ job: answer.rows[0] }));
  assert.deepEqual(
    job.cells.map((cell) => cell.name.split('.').pop()),
    ['webp', 'jpg'],
  );
  job.cells.forEach((cell, index) => assert.ok(Math.abs(cell.bytes / 1000 - said[index]) < 0.06, `${cell.bytes} is not ${said[index]} kB`));
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'ZIP: thumbnail' }).click()]);
  assert.match(download.suggestedFilename(), /thumbnail \d{4}-\d\d-\d\d\.zip$/);
  assert.deepEqual(faults, []);
  await close();
});

test('what goes with the pixels is chosen once for all outputs', async () => {
  const { page, close } = await here.open({ lang: 'es', path: '/#/prepare' });
  await page.getByLabel('Metadatos').selectOption('no-location');
  await page.locator('.more-settings summary').click();
  await page.locator('#out-profile').selectOption('srgb');
  const request = page.waitForRequest((one) => one.url().endsWith('/api/jobs') && one.method() === 'POST');
  await page.locator('.start .btn.primary').click();
  const { carry } = (await request).postDataJSON().output;
  assert.deepEqual([carry.metadata, carry.profile], ['no-location', 'srgb']);
  await close();
});
