// What photographers do with photos and results beyond the first batch: look closely, list, compare, find earlier jobs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { addOutputs, removeOutputs } from '../outputs.js';
import { site } from '../site.js';

const here = await site({ images: 6 });
after(() => here.close());
/** @param {string[]} filters */
async function finished(filters) {
  const job = await here.startJob({ filters, workers: 2 });
  for (;;) {
    const { job: now } = await here.read(`/api/jobs/${job}/report.json`);
    if (now.state === 'finished') return job;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

test('the detail shows the very file and the original at the same spot, which a click on the photo moves', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  // What pictures are made of cannot be fetched again: the page's rules allow no such address.
  await page.addInitScript(() => {
    const [make, made] = [URL.createObjectURL, new Map()];
    Object.assign(window, { made });
    URL.createObjectURL = (blob) => {
      const url = make(blob);
      made.set(url, blob);
      return url;
    };
  });
  await page.reload();
  await removeOutputs(page);
  await addOutputs(page, 'Sepia');
  await page.getByRole('button', { name: 'Detail', exact: true }).click();
  const views = page.locator('.detail-view img');
  const loaded = () =>
    page.waitForFunction(() => [...document.querySelectorAll('.detail-view img')].every((picture) => picture.naturalWidth > 0));
  await views.nth(1).waitFor();
  await loaded();
  const places = () => views.evaluateAll((all) => all.map((one) => getComputedStyle(one).objectPosition));
  assert.deepEqual(await places(), ['50% 50%', '50% 50%']);
  await page.locator('.layer.over img:visible').waitFor();
  const photo = await page.locator('.layer.over img').boundingBox();
  await page.mouse.click(photo.x + photo.width * 0.25, photo.y + photo.height * 0.75);
  const [first, second] = await places();
  assert.equal(first, second);
  const [x, y] = first.split(' ').map(parseFloat);
  assert.ok(Math.abs(x - 25) < 2 && Math.abs(y - 75) < 2, first);
  await page.locator('.detail-view').nth(1).focus();
  await page.keyboard.press('ArrowRight');
  assert.ok(Math.abs(parseFloat((await places())[0]) - x - 5) < 0.1);
  // Dragging to the left shows what is at the right.
  const view = await page.locator('.detail-view').nth(0).boundingBox();
  const before = parseFloat((await places())[0]);
  await page.mouse.move(view.x + view.width / 2, view.y + 40);
  await page.mouse.down();
  await page.mouse.move(view.x + view.width / 2 - 60, view.y + 40, { steps: 4 });
  await page.mouse.up();
  const [now, other] = await places();
  assert.ok(parseFloat(now) > before, `${before} to ${now}`);
  assert.equal(now, other);
  // The second is the batch's file, byte for byte.
  const {
    images: [image],
  } = await here.read('/api/images?limit=1');
  const shown = await views.nth(1).evaluate(async (one) => [...new Uint8Array(await window.made.get(one.src).arrayBuffer())]);
  const answer = await fetch(`${here.base}/api/preview`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: here.base },
    body: JSON.stringify({
      image: image.id,
      steps: [{ filter: 'sepia', params: {} }],
      encoding: { format: null, quality: 75 },
      size: null,
      exact: true,
    }),
  });
  assert.ok(Buffer.from(shown).equals(Buffer.from(await answer.arrayBuffer())));
  // What an output cuts off is cut off in the original beside it.
  const sizes = () => views.evaluateAll((all) => all.map((one) => `${one.naturalWidth} x ${one.naturalHeight}`));
  const whole = await sizes();
  assert.equal(whole[0], whole[1]);
  await page.locator('.pill-step.plus').click();
  await page.keyboard.type('crop');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '1:1', exact: true }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.waitForFunction(() => {
    const both = [...document.querySelectorAll('.detail-view img')].map((one) => [one.naturalWidth, one.naturalHeight]);
    return both.length === 2 && both.flat().every((px) => px > 0 && px === both[0][0]);
  });
  await page.reload();
  await page.getByRole('button', { name: 'Detail', exact: true, pressed: true }).click();
  await page.locator('.detail').waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
  await close();
});

test('steps are listed by what they are for, and the first that is found is added by Enter', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await removeOutputs(page);
  await addOutputs(page, 'Sepia');
  await page.locator('.pill-step.plus').click();
  const group = (/** @type {string} */ name) => page.getByRole('group', { name, exact: true });
  await group('Size and shape').getByRole('button', { name: 'Crop' }).waitFor();
  await group('Light and colour').getByRole('button', { name: 'Levels' }).waitFor();
  await group('On the picture').getByRole('button', { name: 'Watermark' }).waitFor();
  const listed = await page.locator('.adder-list .btn').allTextContents();
  assert.equal(new Set(listed).size, listed.length, 'each is in one of them');
  await page.keyboard.type('unsharp');
  await group('Size and shape').waitFor({ state: 'detached' });
  await page.keyboard.press('Enter');
  await page.locator('.pill-step', { hasText: 'Unsharp' }).waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('photos are listed with pixels and bytes, which is remembered, and are selected by their ticks', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await page.locator('.cell').first().waitFor();
  await page.getByRole('button', { name: 'List with pixels and sizes' }).click();
  const row = page.locator('.cell').nth(1);
  await page.waitForFunction(() => document.querySelectorAll('.cell.listed:not([hidden])').length === 6);
  assert.match((await row.locator('small').textContent()) ?? '', /\d\s?(k?B|MB)$/);
  const boxes = await page.evaluate(() => [...document.querySelectorAll('.cell')].map((one) => one.getBoundingClientRect().height));
  assert.ok(
    boxes.every((height) => Math.round(height) === 44),
    boxes.join(),
  );
  await page.reload();
  await page.locator('.cell.listed').nth(2).waitFor();
  await page.locator('.cell').nth(2).hover();
  await page.locator('.cell').nth(2).locator('.tick').click();
  await page.getByText('1 selected').waitFor();
  await page.locator('.cell').nth(3).locator('.tick').click();
  await page.getByText('2 selected').waitFor();
  // Likewise with keys alone.
  await page.locator('.cell').nth(3).focus();
  await page.keyboard.press('Control+Space');
  await page.getByText('1 selected').waitFor();
  await page.keyboard.press('Control+Space');
  await page.getByText('2 selected').waitFor();
  await page.locator('.cell').nth(2).locator('.tick').click();
  await page.getByText('1 selected').waitFor();
  await page.getByRole('button', { name: 'List with pixels and sizes' }).click();
  await page.waitForFunction(() => !document.querySelector('.cell.listed:not([hidden])'));
  assert.deepEqual(faults, []);
  await close();
});

test('large, a photo’s outputs are chosen by digits, set beside each other, enlarged, and left for the next photo', async () => {
  await finished(['grises', 'sepia']);
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en' });
  await page.locator('.row-cell:not(.photo) button.row-picture').first().click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('.layer.over img:visible').waitFor();
  const name = () => dialog.getByRole('heading').textContent();
  const first = await name();
  const chip = (text) => dialog.locator('.chip', { hasText: text });
  assert.equal(await chip('Grayscale').getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('2');
  assert.equal(await chip('Sepia').getAttribute('aria-pressed'), 'true');
  await page.waitForFunction(() => /_sepia/.test(document.querySelector('dialog h2')?.textContent ?? ''));
  await page.keyboard.press('Shift+Digit1');
  await dialog.locator('.tag.before', { hasText: 'Grayscale' }).waitFor();
  await chip('Grayscale').click({ modifiers: ['Shift'] });
  await dialog.locator('.tag.before', { hasText: 'Before' }).waitFor();
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  await dialog.getByRole('button', { name: '100%', pressed: true }).waitFor();
  await dialog.locator('.curtain.full').waitFor();
  await page.keyboard.press('0');
  await dialog.getByRole('button', { name: 'Fit', pressed: true }).waitFor();
  await dialog.getByRole('button', { name: 'Side by side' }).click();
  await dialog.locator('.curtain.side').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((old) => !document.querySelector('dialog h2')?.textContent?.startsWith(old), first.split('_grises')[0]);
  assert.match((await name()) ?? '', /_sepia/);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
  await close();
});

test('ticked photos are compared, and done again by themselves', async () => {
  await finished(['invertir']);
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en' });
  for (const at of [1, 3]) await page.locator('.result-body input[type=checkbox]').nth(at).check();
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByRole('dialog').locator('.layer.over img:visible').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.picked-bar').getByRole('button', { name: 'Run again' }).click();
  await page.getByRole('button', { name: 'Process 2 files' }).waitFor();
  assert.deepEqual(await page.locator('.output-name .name').allTextContents(), ['invertir']);
  const { images } = await here.read('/api/images');
  assert.deepEqual(
    images.map((one) => one.excluded),
    [true, false, true, false, true, true],
  );
  await here.command('/api/images/exclude', { images: null, excluded: false });
  assert.deepEqual(faults, []);
  await close();
});

test('earlier jobs are listed, also after a restart, shown again, done again and forgotten', async () => {
  await here.choose('Costa');
  await finished(['grises']);
  await here.choose('Mezcla');
  await finished(['sepia', 'invertir']);
  await here.restart();
  const { page, faults, close } = await here.open({ path: '/#/results', lang: 'en', allow: /WebSocket|ERR_/ });
  await page.getByRole('button', { name: 'Earlier jobs' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  const job = dialog.locator('li', { hasText: 'Grayscale' }).filter({ hasText: 'Costa' });
  assert.match((await job.textContent()) ?? '', /60 photos · 60 files/);
  assert.match((await dialog.locator('li', { hasText: 'Mezcla' }).textContent()) ?? '', /2 failed|4 failed/);
  await job.getByRole('button').first().click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: '60 of 60 files ready' }).waitFor();
  await page.locator('.row-cell:not(.photo) img').first().waitFor();
  // Its files are the ones of then, and its photos are the list.
  assert.equal((await here.read('/api/images')).total, 60);
  const { rows } = await here.read(`/api/jobs/${(await here.read('/api/jobs')).jobs.at(-1).id}/photos`);
  const file = await fetch(`${here.base}/api/output/${rows[0].cells[0].output}?download=1`);
  assert.equal(Number(file.headers.get('content-length')), rows[0].cells[0].bytes);
  await page.getByRole('button', { name: 'Earlier jobs' }).click();
  const other = dialog.locator('li', { hasText: 'Mezcla' });
  await other.getByRole('button', { name: /^Run again/ }).click();
  await page.locator('.output-name', { hasText: 'invertir' }).waitFor();
  await page.getByRole('button', { name: 'Process 16 files' }).waitFor();
  await page.keyboard.press('3');
  await page.getByRole('button', { name: 'Earlier jobs' }).click();
  const count = (await here.read('/api/history')).jobs.length;
  await job.getByRole('button', { name: /^Forget/ }).click();
  await page.waitForFunction((left) => document.querySelectorAll('dialog li:not(.none)').length === left, count - 1);
  assert.equal((await here.read('/api/history')).jobs.length, count - 1);
  assert.deepEqual(faults, []);
  await close();
});

test('folder and name are one field, a brace offers their parts, and it is said at once where the photo goes', async () => {
  await here.choose('Mezcla');
  const { page, faults, close } = await here.open({ lang: 'en' });
  await removeOutputs(page);
  await addOutputs(page, /^Web 1600/);
  const path = page.locator('.output .path-line');
  await page.waitForFunction(() => /^→ web\/DSC_2400_web\.avif$/.test(document.querySelector('.output .path-line')?.textContent ?? ''));
  const all = page.locator('.output');
  const field = all.getByLabel('Folder and name');
  assert.equal(await field.inputValue(), '{variant}/{dir}/{name}_{variant}');
  await field.click();
  await page.keyboard.press('End');
  await page.keyboard.type('-{');
  const offered = all.getByRole('listbox', { name: 'Parts of names' }).getByRole('option');
  assert.equal(await offered.count(), 10);
  await page.keyboard.type('n');
  assert.deepEqual(await offered.allTextContents(), ['{name} Name of the photo', '{n} Number']);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await field.inputValue(), '{variant}/{dir}/{name}_{variant}-{n}');
  assert.equal(await offered.count(), 0);
  await page.keyboard.type('x');
  // By pointer likewise; Escape only closes the list.
  await page.keyboard.press('Home');
  await all.getByRole('button', { name: 'Parts of names' }).click();
  await offered.filter({ hasText: 'Format' }).click();
  await page.keyboard.type('/{');
  await page.keyboard.press('Escape');
  await offered.first().waitFor({ state: 'detached' });
  await page.keyboard.press('Backspace');
  assert.equal(await field.inputValue(), '{format}/{variant}/{dir}/{name}_{variant}-{n}x');
  await page.waitForFunction(() =>
    /^→ \w+\/web\/DSC_2400_web-0*1x\.avif$/.test(document.querySelector('.output .path-line')?.textContent ?? ''),
  );
  // The second file of the output has a name of its own, and the photo that is looked at is the one told of.
  await page.locator('.cell').nth(1).click();
  await page.waitForFunction(() => /DSC_2401_web-0*2x/.test(document.querySelector('.output .path-line')?.textContent ?? ''));
  assert.ok(await path.isVisible());
  assert.deepEqual(faults, []);
  await close();
});

test('an output has a folder and name of its own, clashes with others’ are told, and it goes back to that of all', async () => {
  await here.choose('Mezcla');
  const { page, faults, close } = await here.open({ lang: 'en' });
  await removeOutputs(page);
  await addOutputs(page, 'Sepia', 'Blur');
  const card = (name) => page.locator('.output-card', { has: page.getByRole('button', { name, exact: true }) });
  const path = (text) => page.locator('.output-card .path-line', { hasText: text }).waitFor();
  await page.getByRole('button', { name: 'blur', exact: true }).click();
  await path('→ blur/DSC_2400_blur.png');
  const field = page.locator('.output-card').getByLabel('Folder and name');
  const retype = async (text) => {
    await field.focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type(text);
  };
  await retype('soft/{name');
  await page.keyboard.press('Enter');
  assert.equal(await field.inputValue(), 'soft/{name}');
  await path('→ soft/DSC_2400.png');
  await page.locator('.output .path-line', { hasText: '→ sepia/DSC_2400_sepia.png' }).waitFor();
  // The name of the other output's file.
  await retype('sepia/{{name}_sepia');
  await page.getByText('The name needs {name}').first().waitFor();
  await retype('sepia/');
  await page.keyboard.type('{name}_sepia');
  const told = page.getByRole('button', { name: /names? would clash/ });
  await told.click();
  await page.getByText('sepia and blur', { exact: true }).waitFor();
  assert.deepEqual(
    await page
      .locator('.output-card', { has: page.locator('.badge-clash') })
      .locator('.name')
      .allTextContents(),
    ['sepia', 'blur'],
  );
  assert.ok(await page.locator('.start .btn.primary').isDisabled());
  await page.getByRole('button', { name: 'Rename automatically' }).click();
  await path('→ sepia/DSC_2400-2_sepia.png');
  assert.ok(await page.locator('.start .btn.primary').isEnabled());
  await retype('soft/{n}-{name}');
  await page.keyboard.press('Tab');
  await path(/→ soft\/0*1-DSC_2400\.png/);
  // It is remembered, and the job makes it so.
  await page.reload();
  await page.getByRole('button', { name: 'blur', exact: true }).click();
  assert.equal(await field.inputValue(), 'soft/{n}-{name}');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'See results' }).click();
  await page.locator('[role=cell] .name', { hasText: /^0*1-DSC_2400\.png$/ }).waitFor();
  // Back to that of all, by a button and by clearing it; the focus stays where the text is.
  await page.keyboard.press('1');
  await card('blur').getByRole('button', { name: 'As for all outputs' }).press('Enter');
  assert.equal(await field.inputValue(), '{variant}/{dir}/{name}_{variant}');
  assert.ok(await field.evaluate((one) => one === document.activeElement));
  await retype('x{name}');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  assert.equal(await field.inputValue(), '');
  await page.keyboard.press('Tab');
  assert.equal(await field.inputValue(), '{variant}/{dir}/{name}_{variant}');
  await path('→ blur/DSC_2400_blur.png');
  assert.deepEqual(faults, []);
  await close();
});

test('a recipe is downloaded as a file, dropped on the page and picked, with undo; what is unknown is told', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', allow: /400/ });
  await removeOutputs(page);
  await addOutputs(page, 'Sepia', 'Blur');
  await page.getByRole('button', { name: 'Recipes' }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download these outputs' }).click();
  const path = await (await downloading).path();
  const toml = readFileSync(path, 'utf8');
  assert.match(toml, /\[\[variant\]\]/);
  await page.keyboard.press('Escape');
  await removeOutputs(page);
  const drop = async (text) => {
    const transfer = await page.evaluateHandle((content) => {
      const data = new DataTransfer();
      data.items.add(new File([content], 'mine.toml'));
      return data;
    }, text);
    await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  };
  await drop(toml);
  await page.getByText('Recipe “mine” loaded.').waitFor();
  assert.deepEqual(await page.locator('.output-name .name').allTextContents(), ['sepia', 'blur']);
  await page.locator('.toast', { hasText: 'mine' }).getByRole('button', { name: 'Undo' }).click();
  await page.waitForFunction(() => !document.querySelector('.output-card'));
  await page.getByRole('button', { name: 'Recipes' }).click();
  const picking = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Load a file…' }).click();
  await (await picking).setFiles({ name: 'other.toml', mimeType: 'application/toml', buffer: Buffer.from(`${toml}\n`) });
  await page.locator('.output-card').nth(1).waitFor();
  await drop('[job]\nnonsense = [');
  await page.locator('.toast.bad').waitFor();
  assert.equal(await page.locator('.output-card').count(), 2, 'what was there stays');
  assert.deepEqual(faults, []);
  await close();
});
