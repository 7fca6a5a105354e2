// A newcomer with 20 photos reaches a downloaded ZIP without help, in each language.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { landscape, png } from '../../dev/pictures.js';
import { addOutputs, removeOutputs } from '../outputs.js';
import { site } from '../site.js';

const here = await site({ empty: true });
const folder = mkdtempSync(join(tmpdir(), 'lote-flow-'));
after(async () => {
  await here.close();
  rmSync(folder, { recursive: true });
});
const photos = Array.from({ length: 20 }, (_, index) => {
  const path = join(folder, `foto ${index}.png`);
  writeFileSync(path, png(landscape(40 + index, 240, 160)));
  return path;
});

const words = {
  es: {
    pick: 'Elegir fotos',
    filters: ['Escala de grises', 'Sepia'],
    start: 'Procesar 40 archivos',
    see: 'Ver resultados',
    ready: '40 de 40 archivos listos',
    zip: /Descargar ZIP/,
  },
  en: {
    pick: 'Choose photos',
    filters: ['Grayscale', 'Sepia'],
    start: 'Process 40 files',
    see: 'See results',
    ready: '40 of 40 files ready',
    zip: /Download ZIP/,
  },
};

for (const lang of /** @type {const} */ (['es', 'en'])) {
  test(`from 20 photos to a ZIP in ${lang}`, async (context) => {
    await here.command('/api/images/clear');
    const began = performance.now();
    const { page, faults, close } = await here.open({ lang });
    const say = words[lang];
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: say.pick }).click()]);
    await chooser.setFiles(photos);
    await page.locator('.images h2 + span', { hasText: '20' }).waitFor();
    // The other language's outputs are remembered by the server.
    await removeOutputs(page);
    await addOutputs(page, ...say.filters);
    await page.locator('.layer.over img').waitFor();
    await page.getByRole('button', { name: say.start }).click();
    await page.getByRole('button', { name: say.see }).click();
    await page.getByRole('heading', { name: say.ready }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: say.zip }).click()]);
    const bytes = readFileSync(await download.path());
    const took = performance.now() - began;
    assert.equal(bytes.subarray(0, 4).toString('latin1'), 'PK\x03\x04');
    assert.equal(bytes.toString('latin1').split('PK\x01\x02').length - 1, 40);
    context.diagnostic(`${(took / 1000).toFixed(1)} s`);
    assert.deepEqual(faults, []);
    await close();
  });
}

/** Drops files: those that end in .png are photos. @param {import('playwright-core').Page} page @param {string[]} names @param {string[]} types of the events */
const drop = (page, names, types = ['dragenter', 'dragover', 'drop']) =>
  page.evaluate(
    ([base64, all, events]) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      for (const name of all) transfer.items.add(new File([name.endsWith('.png') ? bytes : 'words'], name));
      for (const type of events)
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    [readFileSync(photos[0]).toString('base64'), names, types],
  );

test('dropped files and folders are uploaded, and what is no image is counted as skipped', async () => {
  await here.command('/api/images/clear');
  const { page, faults, close } = await here.open({ lang: 'en' });
  await drop(page, ['a.png', '<img src=x onerror=alert(1)>.png', 'notes.txt']);
  await page.getByRole('option', { name: '<img src=x onerror=alert(1)>.png' }).waitFor();
  assert.equal(await page.locator('.cell:visible').count(), 2);
  await page.getByRole('button', { name: '1 file skipped' }).click();
  await page.getByRole('dialog').getByText('notes.txt').waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('a drop on a folder’s photos is said to take their place, and is taken back; one without photos changes nothing', async () => {
  await here.choose('Costa');
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  const many = Number(await page.locator('.images .head .muted').textContent());
  assert.ok(many > 1);
  await page.locator('.cell').nth(1).press('Delete');
  await page.getByText('1 photo taken out').waitFor();
  await drop(page, ['notes.txt']);
  await page.getByText('notes.txt is no photo: the list stays as it is.').waitFor();
  assert.equal(Number(await page.locator('.images .head .muted').textContent()), many);
  await drop(page, ['new.png'], ['dragenter']);
  await page.getByText('Drop to show these photos in place of those listed').waitFor();
  await drop(page, ['new.png'], ['dragover', 'drop']);
  await page.getByRole('option', { name: 'new.png' }).waitFor();
  await page.locator('.toast', { hasText: 'These photos took the place of' }).getByRole('button', { name: 'Undo' }).press('Enter');
  await page.getByText('1 photo taken out').waitFor();
  assert.equal(Number(await page.locator('.images .head .muted').textContent()), many);
  // The way back stands there for as long as it leads there.
  await drop(page, ['new.png']);
  await page.locator('.toast', { hasText: 'These photos took the place of' }).waitFor();
  await page.locator('.cell', { hasText: 'new.png' }).press('Delete');
  await page.locator('.toast', { hasText: 'These photos took the place of' }).waitFor({ state: 'detached', timeout: 3000 });
  // What is dropped on an upload joins it.
  await here.command('/api/images/clear');
  await page.locator('.drop-zone').waitFor();
  await drop(page, ['one.png']);
  await page.getByRole('option', { name: 'one.png' }).waitFor();
  await drop(page, ['two.png']);
  await page.getByRole('option', { name: 'two.png' }).waitFor();
  assert.equal(await page.locator('.cell:visible').count(), 2);
  assert.deepEqual(faults, []);
  await close();
});
