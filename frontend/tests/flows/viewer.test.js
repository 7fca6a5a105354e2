// The photo of Prepare: crop by hand, zoom, histogram. Real pointer and keys.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { addOutputs, removeOutputs } from '../outputs.js';
import { site } from '../site.js';

const here = await site({ images: 6 });
after(() => here.close());
const params = (page) =>
  page.evaluate(() => {
    const [{ steps }] = JSON.parse(localStorage.getItem('lote.draft')).variants;
    return steps.find((step) => step.filter === 'recortar').params;
  });

test('a crop is placed with the pointer and with keys, and both write the same', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await removeOutputs(page);
  await addOutputs(page, /^Thumbnail 400/);
  await page.locator('.pill-step.plus').press('Enter');
  await page.keyboard.type('crop', { delay: 30 });
  await page.keyboard.press('Enter');
  await page.locator('.placing-surface .below').waitFor();
  const box = page.locator('.crop-box');
  const group = page.getByRole('group', { name: 'Proportions' });
  await group.getByRole('button', { name: '1:1' }).press('Enter');
  await page.waitForFunction(() =>
    JSON.parse(localStorage.getItem('lote.draft')).variants[0].steps.some((step) => step.params.aspecto === '1:1'),
  );
  const surface = await page.locator('.placing-surface').boundingBox();
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
  // Its sides change together, by whichever key.
  for (const [key, height] of /** @type {const} */ ([
    ['Alt+Shift+ArrowLeft', 85],
    ['Alt+Shift+ArrowUp', 75],
    ['Alt+Shift+ArrowDown', 85],
    ['Alt+Shift+ArrowRight', 100],
  ])) {
    await page.keyboard.press(key);
    assert.equal(Math.round(Number.parseFloat((await params(page)).alto ?? '100%')), height, key);
  }
  // 900 x 600 px squared: what comes out is a square.
  await page.keyboard.press('Escape');
  await page.locator('.placing-surface').waitFor({ state: 'detached' });
  await page.waitForFunction(() => {
    const [, width, height] = /(\d+) × (\d+)/.exec(document.querySelector('.output-facts').textContent) ?? [];
    return width && Math.abs(width - height) <= 1;
  });
  await page.keyboard.press('Control+z');
  assert.deepEqual(faults, []);
  await close();
});

test('C opens the crop, and what F marks stays inside while the box moves and changes its shape', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await removeOutputs(page);
  await addOutputs(page, /^Thumbnail 400/);
  await page.locator('#main').focus();
  await page.keyboard.press('c');
  await page.locator('.placing-surface .below').waitFor();
  const box = page.locator('.crop-box');
  await box.focus();
  await page.keyboard.press('f');
  const point = page.getByRole('application', { name: 'Focus point' });
  assert.ok(await point.evaluate((element) => element === document.activeElement));
  for (let step = 0; step < 5; step += 1) await page.keyboard.press('Shift+ArrowLeft');
  const isInside = async () => {
    const [outer, inner] = [await box.boundingBox(), await point.boundingBox()];
    const [x, y] = [inner.x + inner.width / 2, inner.y + inner.height / 2];
    assert.ok(x > outer.x - 2 && x < outer.x + outer.width + 2 && y > outer.y - 2 && y < outer.y + outer.height + 2);
    return outer;
  };
  const left = await isInside();
  const surface = await page.locator('.placing-surface').boundingBox();
  assert.ok(Math.abs(left.x - surface.x) < 3, 'the box went along');
  await page.getByRole('group', { name: 'Proportions' }).getByRole('button', { name: '1:1' }).click();
  await isInside();
  // It does not leave the point by itself, however far it is moved.
  await box.focus();
  for (let step = 0; step < 9; step += 1) await page.keyboard.press('Shift+ArrowRight');
  await isInside();
  // It is still there when the tool is opened again, on this photo and not on others.
  await page.keyboard.press('Escape');
  await page.locator('.placing-surface').waitFor({ state: 'detached' });
  // Before the photo is there keys change nothing.
  const before = await params(page);
  let release = () => {};
  const released = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  await page.route('**/api/preview', (route) => released.then(() => route.continue()).catch(() => {}));
  await page.locator('#main').focus();
  await page.keyboard.press('c');
  await point.focus();
  await page.keyboard.press('Shift+ArrowRight');
  await box.focus();
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('f');
  assert.ok(await point.isVisible());
  assert.deepEqual(await params(page), before);
  release();
  await page.locator('.placing-surface .below').waitFor();
  for (const [index, state] of /** @type {const} */ ([
    [1, 'hidden'],
    [0, 'visible'],
  ])) {
    const old = await page.locator('.placing-surface .below').getAttribute('src');
    await page.locator('.cell').nth(index).click();
    await point.waitFor({ state });
    await page.waitForFunction((was) => document.querySelector('.placing-surface .below').getAttribute('src') !== was, old);
  }
  await point.focus();
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('Shift+ArrowRight');
  // Outside of the tool it is marked on the photo, before and after the crop, at any size.
  for (let times = 0; times < 2; times += 1) await page.keyboard.press('Escape');
  await page.locator('.stage .layer.over .crop-focus').waitFor();
  await page.waitForFunction(() => {
    const both = [...document.querySelectorAll('.layer img')];
    return (
      both.length === 2 && both.every(({ naturalWidth, naturalHeight }) => naturalWidth > 0 && Math.abs(naturalWidth - naturalHeight) <= 1)
    );
  });
  const marked = (layer) =>
    page.locator(layer).evaluate((element) => {
      const [around, mark] = ['img', '.crop-focus'].map((one) => element.querySelector(one).getBoundingClientRect());
      const share = (at, from, length) => Math.round(((at - from) / length) * 100);
      return [share(mark.x + mark.width / 2, around.x, around.width), share(mark.y + mark.height / 2, around.y, around.height)];
    });
  const bothAreMarked = async () => {
    // What the crop leaves is before it what it is after it.
    for (const layer of ['.layer:not(.over)', '.layer.over']) assert.deepEqual(await marked(layer), [45, 50], layer);
  };
  await bothAreMarked();
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.waitForFunction(() => document.querySelector('.layer:not(.over) img').naturalWidth === 600);
  await bothAreMarked();
  await page.getByRole('button', { name: 'Zoom out' }).click();
  await page.locator('.cell').nth(1).click();
  await page.locator('.stage .crop-focus').first().waitFor({ state: 'detached' });
  await page.locator('.cell').nth(0).click();
  await page.locator('.stage .crop-focus').first().waitFor();
  await page.locator('#main').focus();
  await page.keyboard.press('c');
  await page.locator('.placing-surface .below').waitFor();
  await box.focus();
  await page.keyboard.press('f');
  await point.waitFor({ state: 'hidden' });
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Escape');
  await page.locator('.placing-surface').waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
  await close();
});

test('a logo is dragged to a place and sized, for all photos and then for one alone, and the job has it so', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await removeOutputs(page);
  await addOutputs(page, /^Thumbnail 400/);
  await page.locator('.pill-step.plus').press('Enter');
  await page.keyboard.type('logo', { delay: 30 });
  await page.keyboard.press('Enter');
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('.file-field').click()]);
  const svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 1'><path fill='#f00' d='M0 0h2v1h-2z'/></svg>";
  await chooser.setFiles({ name: 'mark.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(svg) });
  const box = page.locator('.logo-box');
  await page.waitForFunction(() => document.querySelector('.logo-box')?.getBoundingClientRect().width > 20);
  const draft = () => page.evaluate(() => JSON.parse(localStorage.getItem('lote.draft')));
  const logoOf = async () => (await draft()).variants[0].steps.find((step) => step.filter === 'logo').params;
  const surface = await page.locator('.placing-surface').boundingBox();
  const from = await box.boundingBox();
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(surface.x + surface.width * 0.15, surface.y + surface.height * 0.2, { steps: 5 });
  await page.mouse.up();
  assert.equal((await logoOf()).posicion, 'arriba_izquierda');
  const grip = await page.locator('.logo-box .grip.right.lower').boundingBox();
  await page.mouse.move(grip.x + 12, grip.y + 12);
  await page.mouse.down();
  await page.mouse.move(grip.x + 12 + surface.width * 0.15, grip.y + 12, { steps: 5 });
  await page.mouse.up();
  const wide = Number.parseFloat((await logoOf()).tamano);
  assert.ok(wide > 27 && wide < 31, `${wide}`);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('+');
  assert.deepEqual([(await logoOf()).posicion, Number.parseFloat((await logoOf()).tamano)], ['izquierda', wide + 1]);
  // This photo alone, with the keyboard.
  await page.getByRole('button', { name: 'Only this one' }).press('Enter');
  await box.focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  const { exceptions } = await draft();
  assert.deepEqual(
    exceptions.map(({ image, step, posicion }) => [image, step, posicion]),
    [['DSC_2400.png', 2, 'abajo_derecha']],
  );
  assert.equal((await logoOf()).posicion, 'izquierda');
  await page.getByText('1 photo is placed by itself').waitFor();
  assert.ok((await page.locator('.others li').count()) > 0, 'the rule on other photos');
  await box.press('Escape');
  await box.waitFor({ state: 'detached' });
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'See results' }).waitFor();
  // The logo is red: where it is, the outputs are.
  const redAt = (name) =>
    page.evaluate(async (wanted) => {
      const { rows } = await (await fetch('/api/jobs/j1/photos?offset=0&limit=10')).json();
      const cell = rows.find((row) => row.name === wanted).cells.find(Boolean);
      const picture = await createImageBitmap(await (await fetch(`/api/output/${cell.output}`)).blob());
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      const context = canvas.getContext('2d');
      context.drawImage(picture, 0, 0);
      const { data, width, height } = context.getImageData(0, 0, picture.width, picture.height);
      const found = { x: 0, y: 0, count: 0 };
      for (let at = 0; at < data.length; at += 4)
        if (data[at] > 230 && data[at + 1] < 40 && data[at + 2] < 40) {
          found.x += (at / 4) % width;
          found.y += Math.floor(at / 4 / width);
          found.count += 1;
        }
      return [found.x / found.count / width, found.y / found.count / height];
    }, name);
  const [alone, other] = [await redAt('DSC_2400.png'), await redAt('DSC_2401.png')];
  assert.ok(alone[0] > 0.7 && alone[1] > 0.7, `${alone}`);
  assert.ok(other[0] < 0.3 && Math.abs(other[1] - 0.5) < 0.1, `${other}`);
  assert.deepEqual(faults, []);
  await close();
});

test('the photo is zoomed by keys, wheel and double click, and its point stays', async () => {
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

test('what a photo was before steps that count pixels is shown as large as they count them', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await removeOutputs(page);
  await addOutputs(page, /^Thumbnail 400/);
  await page.locator('.pill-step.plus').press('Enter');
  await page.keyboard.type('border', { delay: 30 });
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Width' }).press('Control+a');
  await page.keyboard.type('40', { delay: 30 });
  await page.keyboard.press('Enter');
  // 400 x 267 px with 40 px around it, before and after.
  const areAlike = (within) =>
    page.waitForFunction((around) => {
      const both = [...document.querySelectorAll(`${around} .layer img`)];
      return both.length === 2 && both.every((one) => one.complete && Math.abs(one.naturalWidth / one.naturalHeight - 480 / 347) < 0.005);
    }, within);
  await areAlike('.stage');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'See results' }).press('Enter');
  await page.locator('.result-body button.row-picture').first().press('Enter');
  await areAlike('.lightbox');
  assert.deepEqual(faults, []);
  await close();
});

test('a photo that was left before it came is not the one that a crop is placed on', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await removeOutputs(page);
  await addOutputs(page, /^Thumbnail 400/);
  await page.locator('#main').focus();
  await page.keyboard.press('c');
  const below = page.locator('.placing-surface .below');
  await below.waitFor();
  const shown = () => below.getAttribute('src');
  const [first, before] = [await shown(), await params(page)];
  let hold = true;
  let release = () => {};
  const released = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  // Of what is asked for to be placed on, the first is late.
  await page.route('**/api/preview', async (route) => {
    if (hold && route.request().postDataJSON().size?.width_px === 1600) {
      hold = false;
      await released;
    }
    await route.continue().catch(() => {});
  });
  await page.locator('.cell').nth(1).click();
  while (hold) await page.waitForTimeout(20);
  // Until it is there, keys change nothing.
  await page.locator('.crop-box').focus();
  await page.keyboard.press('Shift+ArrowRight');
  assert.deepEqual(await params(page), before);
  await page.locator('.cell').nth(2).click();
  await page.waitForFunction((old) => document.querySelector('.placing-surface .below').getAttribute('src') !== old, first);
  const third = await shown();
  const late = page.waitForResponse((answer) => answer.url().endsWith('/api/preview'));
  release();
  await late;
  await page.waitForTimeout(300);
  assert.equal(await shown(), third);
  assert.deepEqual(faults, []);
  await close();
});
