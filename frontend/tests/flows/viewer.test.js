// The photo of Prepare: crop by hand, zoom, histogram. Real pointer and keys.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { addOutputs, removeOutputs } from '../outputs.js';
import { isDevelopment, site } from '../site.js';

const here = isDevelopment ? null : await site({ images: 6 });
after(() => here?.close());
const params = (page) =>
  page.evaluate(() => {
    const [{ steps }] = JSON.parse(localStorage.getItem('lote.draft')).variants;
    return steps.find((step) => step.filter === 'recortar').params;
  });

test('a crop is placed with the pointer and with keys, and both write the same', { skip: isDevelopment }, async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await removeOutputs(page);
  await addOutputs(page, /^Thumbnail 400/);
  await page.locator('.pill-step.plus').press('Enter');
  await page.keyboard.type('crop', { delay: 30 });
  await page.keyboard.press('Enter');
  await page.locator('.crop-surface img').waitFor();
  const box = page.locator('.crop-box');
  const group = page.getByRole('group', { name: 'Proportions' });
  await group.getByRole('button', { name: '1:1' }).press('Enter');
  await page.waitForFunction(() => JSON.parse(localStorage.getItem('lote.draft')).variants[0].steps.some((step) => step.params.x));
  const surface = await page.locator('.crop-surface').boundingBox();
  const from = await box.boundingBox();
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x + from.width / 2 + surface.width * 0.1, from.y + from.height / 2, { steps: 4 });
  await page.mouse.up();
  const dragged = await params(page);
  assert.ok(await box.evaluate((element) => element === document.activeElement), 'keys go on where the pointer was');
  for (let step = 0; step < 10; step += 1) await page.keyboard.press('ArrowLeft');
  for (let step = 0; step < 1; step += 1) await page.keyboard.press('Shift+ArrowRight');
  const moved = await params(page);
  assert.ok(Math.abs(Number.parseFloat(dragged.x) - Number.parseFloat(moved.x)) < 0.5, `${dragged.x} ${moved.x}`);
  assert.equal(dragged.ancho, moved.ancho);
  // 900 x 600 px squared: what comes out is a square.
  await page.keyboard.press('Escape');
  await page.locator('.crop-surface').waitFor({ state: 'detached' });
  await page.waitForFunction(() => {
    const [, width, height] = /(\d+) × (\d+)/.exec(document.querySelector('.output-facts').textContent) ?? [];
    return width && Math.abs(width - height) <= 1;
  });
  await page.keyboard.press('Control+z');
  assert.deepEqual(faults, []);
  await close();
});

test('the photo is zoomed by keys, wheel and double click, and its point stays', { skip: isDevelopment }, async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  const scale = page.getByRole('combobox', { name: 'Scale' });
  const shown = () => scale.inputValue();
  await page.locator('.layer.over img').waitFor();
  await page.locator('#main').focus();
  for (const [key, value] of [
    ['+', '0.5'],
    ['+', '1'],
    ['+', '2'],
    ['-', '1'],
    ['0', '0'],
  ]) {
    await page.keyboard.press(key);
    assert.equal(await shown(), value);
  }
  const frame = await page.locator('.frame').boundingBox();
  const [x, y] = [frame.x + frame.width * 0.8, frame.y + frame.height * 0.8];
  await page.mouse.dblclick(x, y);
  assert.equal(await shown(), '1');
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -100);
  await page.keyboard.up('Control');
  assert.equal(await shown(), '2');
  const at = () => page.locator('.layer.over').evaluate(({ scrollLeft, scrollTop }) => [scrollLeft, scrollTop]);
  const [left, top] = await at();
  assert.ok(left > 0 && top > 0, 'the lower right part is shown');
  await page.getByRole('button', { name: 'Histogram' }).click();
  await page.getByText(/\d% clipped/).waitFor();
  assert.deepEqual(faults, []);
  await close();
});
