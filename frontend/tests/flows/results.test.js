// Results: every figure as in the JSON report, the gallery, the large view, reports, the list of failures.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { addOutputs, removeOutputs } from '../outputs.js';
import { site } from '../site.js';

const here = await site();
after(() => here.close());
await here.choose('Mezcla');
const early = await here.open({ path: '/#/results', lang: 'en' });
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
  // The first one is decoding, which belongs to no output.
  assert.equal(rows.length, 3);
  for (const [index, row] of rows.slice(1).entries()) {
    const cells = await row.locator('td').allTextContents();
    assert.deepEqual(cells.slice(0, 2).map(Number), [progress.variants[index].ok, progress.variants[index].failed]);
  }
  const total = await page.locator('tfoot td').allTextContents();
  assert.deepEqual(total.slice(0, 2).map(Number), [progress.ok, progress.failed]);
  assert.ok(progress.ok > 0 && progress.failed > 0);
  // Each file against its photo: both of a photo together would always be larger.
  const { rows: photos } = await here.read(`/api/jobs/${job}/photos`);
  const good = photos.flatMap(({ bytes, cells }) => cells.flatMap((cell) => (cell.status === 'ok' ? [[cell.bytes, bytes]] : [])));
  const [after, before] = good.reduce(([all, whole], [bytes, photo]) => [all + bytes, whole + photo], [0, 0]);
  const change = Math.round((after / before - 1) * 100);
  const said = `${change > 0 ? '+' : change < 0 ? '−' : '±'}${Math.abs(change)}% per file`;
  assert.ok((await page.locator('.title .muted').textContent())?.includes(`(${said})`));
  await page.keyboard.press('2');
  const written = (await page.locator('.figure').last().locator('dd').textContent()) ?? '';
  assert.ok(written.endsWith(said), written);
  assert.deepEqual(faults, []);
  await close();
});

test('photos are rows and outputs are columns; a file opens large beside its original', async () => {
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en' });
  const { counts, rows } = await here.read(`/api/jobs/${job}/photos`);
  await page
    .locator('.result-body .result-row')
    .nth(rows.length - 1)
    .waitFor();
  // Photos with problems first, and each cell's bytes are those of its file.
  const first = rows.find((row) => row.cells.every((cell) => cell.status === 'ok'));
  assert.equal(
    rows.slice(0, counts[1]).every((row) => row.cells.some((cell) => cell.status !== 'ok')),
    true,
  );
  const row = page.locator('.result-body .result-row', { hasText: first.name.replace(/\.\w+$/, '') }).first();
  for (const [index, cell] of first.cells.entries()) {
    const { headers } = await fetch(`${here.base}/api/output/${cell.output}?download=1`);
    assert.equal(Number(headers.get('content-length')), cell.bytes);
    await row.getByRole('button', { name: cell.name }).nth(0).waitFor();
    assert.ok(await row.locator('[role=cell]').nth(index).textContent());
  }
  await row.getByRole('button', { name: first.cells[0].name }).first().click();
  const title = page.getByRole('dialog').getByRole('heading');
  const shown = await title.textContent();
  await page.locator('.lightbox .layer.over img:visible').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((old) => document.querySelector('dialog h2')?.textContent !== old, shown);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
  await close();
});

test('rows are searched, sorted and limited to those with problems', async () => {
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en' });
  const { counts, rows } = await here.read(`/api/jobs/${job}/photos?sort=name`);
  const visible = page.locator('.result-body .result-row');
  await page.getByRole('combobox', { name: 'Sort' }).selectOption('name');
  await page.waitForFunction((name) => document.querySelector('.result-body .photo .name')?.textContent === name, rows[0].name);
  await page.getByRole('searchbox').focus();
  await page.keyboard.type(rows[1].name.slice(0, -4));
  await page.waitForFunction(() => document.querySelectorAll('.result-body .result-row').length === 1);
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  // The title's line leads to the problems.
  await page.locator('.title .link.negative').press('Enter');
  await page.locator('.chip[aria-pressed=true]', { hasText: `With problems ${counts[1]}` }).waitFor();
  await page.waitForFunction((wanted) => document.querySelectorAll('.result-body .result-row').length === wanted, counts[1]);
  assert.match((await visible.first().textContent()) ?? '', /damaged|incomplete|limits/i);
  assert.deepEqual(faults, []);
  await close();
});

test('on a telephone the reason for a failure is read from its beginning to its end', async () => {
  const { page, faults, close } = await here.open({ path: '/#/results', width: 360, height: 740 });
  await page.locator('.whole .btn').first().waitFor();
  const cut = await page.locator('.whole').evaluateAll((cells) =>
    cells.flatMap((cell) => {
      const [box, words] = [cell.getBoundingClientRect(), cell.firstElementChild?.getBoundingClientRect()];
      return words && words.top >= box.top && words.bottom <= box.bottom ? [] : [cell.textContent];
    }),
  );
  assert.deepEqual(cut, []);
  assert.deepEqual(faults, []);
  await close();
});

test('an output has a ZIP of its own, named after the photos, the output and the day', async () => {
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en' });
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'ZIP: Sepia' }).click()]);
  assert.match(download.suggestedFilename(), /^Mezcla Sepia \d{4}-\d\d-\d\d\.zip$/);
  assert.equal(
    readFileSync(await download.path())
      .subarray(0, 2)
      .toString('latin1'),
    'PK',
  );
  assert.deepEqual(faults, []);
  await close();
});

test('the report is downloaded as HTML, CSV and JSON', async () => {
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en' });
  for (const [kind, ...parts] of [
    // With its date, settings, totals and pictures.
    [
      'HTML',
      /^<!doctype html>/i,
      /20\d\d-\d\d-\d\d \d\d:\d\d UTC/,
      /<th>Output<\/th>/,
      /grises/,
      /<tfoot>/,
      /<img alt="" src="data:image\/jpeg;base64,/,
    ],
    ['CSV', /^"image","filter",/],
    ['JSON', /^\{/, /"written_bytes"/],
  ]) {
    await page.locator('summary', { hasText: 'Report' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.menu-items a', { hasText: kind }).click()]);
    const text = readFileSync(await download.path(), 'utf8').replace(/^\ufeff/, '');
    for (const part of parts) assert.match(text, part);
  }
  assert.deepEqual(faults, []);
  await close();
});

test('a job is run again from its results, also by a page that was open when another began it', async () => {
  const { page, faults, close } = early;
  for (const filters of [['grises', 'sepia'], ['nitidez']]) {
    if (filters.length === 1) await here.startJob({ filters });
    await page.getByRole('link', { name: 'Results' }).click();
    await page.getByRole('heading', { name: `${6 * filters.length} of ${8 * filters.length} files ready` }).waitFor();
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForFunction((count) => document.querySelectorAll('.output-card').length === count, filters.length);
    assert.deepEqual(await page.locator('.output-name .name').allTextContents(), filters);
  }
  assert.deepEqual(faults, []);
  await close();
});

test('photos are ticked, with Shift all between two, and have a ZIP of their own', async () => {
  await here.command('/api/images/source', { source: 'samples', count: 12 });
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await removeOutputs(page);
  await addOutputs(page, /^Thumbnail 400/);
  // What the screen shows first is the job that was started, not the one before, whose results are others.
  const first = page.evaluate(
    () =>
      new Promise((resolve) => {
        const look = () => resolve(document.querySelector('.hero p')?.textContent);
        addEventListener('hashchange', () => requestAnimationFrame(look), { once: true });
      }),
  );
  await page.getByRole('button', { name: 'Process 12 files' }).click();
  assert.match(await first, /of 12 files/);
  await page.getByRole('button', { name: 'See results' }).click();
  const ticks = page.locator('input[data-row]');
  await ticks.nth(4).waitFor();
  await ticks.nth(1).focus();
  await page.keyboard.press('Space');
  await ticks.nth(4).click({ modifiers: ['Shift'] });
  await page.getByText('4 photos · 4 files').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.picked-bar .primary').click()]);
  const zip = readFileSync(await download.path());
  assert.equal(zip.readUInt16LE(zip.length - 22 + 10), 4, 'files in the archive');
  await page.getByRole('button', { name: 'Pick none' }).press('Enter');
  await page.locator('.picked-bar').waitFor({ state: 'hidden' });
  assert.equal(await ticks.nth(1).isChecked(), false);
  // What was ticked in another order is not where Shift begins.
  await ticks.nth(1).click();
  await page.getByLabel('Sort', { exact: true }).focus();
  await page.keyboard.type('By size');
  await page
    .locator('input[data-row]:not(:checked)')
    .nth(6)
    .click({ modifiers: ['Shift'] });
  await page.getByText('2 photos · 2 files').waitFor();
  // All of them, and none; one that is taken off is missing from all.
  const all = page.getByLabel('Tick all');
  await all.focus();
  await page.keyboard.press('Space');
  await page.getByText('12 photos · 12 files').waitFor();
  await ticks.nth(1).click();
  await page.getByText('11 photos · 11 files').waitFor();
  assert.equal(await all.isChecked(), false);
  await all.click();
  await page.getByText('12 photos · 12 files').waitFor();
  await all.click();
  await page.locator('.picked-bar').waitFor({ state: 'hidden' });
  // Pixels of a photo and of its file.
  const [row] = (await here.read(`/api/jobs/${(await here.read('/api/jobs')).jobs.at(-1).id}/photos?sort=size`)).rows;
  const [{ width_px, height_px }] = row.cells;
  assert.equal(Math.max(width_px, height_px), 400);
  assert.ok(row.width_px > 400 && Math.abs(row.width_px / row.height_px - width_px / height_px) < 0.01);
  const pixels = (wide, high) => `${wide.toLocaleString('en-GB')} × ${high.toLocaleString('en-GB')}\u00a0px`;
  const words = (await page.locator('.result-body .result-row').first().textContent()) ?? '';
  assert.ok(words.includes(pixels(row.width_px, row.height_px)) && words.includes(pixels(width_px, height_px)), words);
  assert.deepEqual(faults, []);
  await close();
});

test('each page of an image is a row that shows it, and is compared with it', async () => {
  // Two frames of one pixel: black, then white.
  const frame = (index) => [0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, index ? 0x4c : 0x44, 1, 0];
  const head = [...Buffer.from('GIF89a'), 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
  await here.command('/api/images/clear');
  const { page, faults, close } = await here.open({ lang: 'en' });
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose photos' }).click()]);
  await chooser.setFiles({ name: 'two.gif', mimeType: 'image/gif', buffer: Buffer.from([...head, ...frame(0), ...frame(1), 0x3b]) });
  await page.getByRole('option', { name: 'two.gif' }).waitFor();
  await removeOutputs(page);
  await addOutputs(page, /^Archive/);
  await page.locator('.output-card').getByLabel('Folder and name').focus();
  await page.keyboard.press('End');
  await page.keyboard.type('-{page}');
  await page.getByRole('button', { name: 'Process 2 files' }).click();
  await page.getByRole('button', { name: 'See results' }).click();
  const tone = (image) =>
    image.evaluate(async (one) => {
      await one.decode();
      const context = new OffscreenCanvas(1, 1).getContext('2d');
      context?.drawImage(one, 0, 0, 1, 1);
      return context?.getImageData(0, 0, 1, 1).data[0];
    });
  const rows = page.locator('.result-body .result-row');
  await rows.nth(1).locator('.row-picture img').nth(1).waitFor();
  for (const index of [0, 1]) assert.equal(await tone(rows.nth(index).locator('.photo img')), index * 255);
  await rows.nth(1).locator('button.row-picture').click();
  const before = page.locator('dialog .layer:not(.over) img');
  await before.waitFor();
  assert.equal(await tone(before), 255);
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => /^two.*-1\./.test(document.querySelector('dialog h2')?.textContent ?? ''));
  await before.waitFor();
  assert.equal(await tone(before), 0);
  assert.deepEqual(faults, []);
  await close();
});
