// The Prepare screen: preview, parameters, chain, list, recipes, keys, languages.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { addOutputs, removeOutputs } from '../outputs.js';
import { site } from '../site.js';

const here = await site({ images: 30 });
after(() => here.close());
const digest = (bytes) => createHash('sha256').update(Buffer.from(bytes)).digest('hex');
const preview = async (body) =>
  (
    await fetch(`${here.base}/api/preview`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: here.base },
      body: JSON.stringify(body),
    })
  ).arrayBuffer();
test('the preview at 100 % is the very file of the batch, for all filters and two chains', async () => {
  await here.command('/api/images/source', { source: 'samples', count: 2 });
  const {
    images: [image],
  } = await here.read('/api/images?limit=1');
  const { page, close } = await here.open({ lang: 'en' });
  const specs = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const socket = new WebSocket('/ws', 'lote.v1');
        socket.onmessage = ({ data }) => {
          resolve(JSON.parse(data).filters.map((one) => one.id));
          socket.close();
        };
      }),
  );
  await close();
  const chains = [
    ['redimensionar', 'marca_agua'],
    ['grises', 'contraste', 'nitidez'],
  ];
  // A page names no files, which these need.
  const callable = specs.filter((id) => !['lut', 'logo'].includes(id));
  const variants = [...callable.map((id) => [id]), ...chains].map((ids) => ({
    name: ids.join('+'),
    steps: ids.map((filter) => ({ filter, params: {} })),
  }));
  const output = { folder: null, format: null, quality: 75, pattern: '{name}_{variant}', if_exists: 'overwrite' };
  const {
    body: { job },
  } = await here.command('/api/jobs', { mode: 'processes', workers: 2, variants, output });
  let outputs = [];
  while (outputs.length < variants.length * 2) ({ outputs } = await here.read(`/api/jobs/${job}/outputs?limit=500`));
  for (const one of outputs.filter((entry) => entry.image === image.id)) {
    const file = await (await fetch(`${here.base}/api/output/${one.output}`)).arrayBuffer();
    const seen = await preview({
      image: image.id,
      steps: variants[one.variant].steps,
      encoding: { format: null, quality: 75 },
      size: null,
      exact: true,
    });
    assert.equal(digest(seen), digest(file), variants[one.variant].name);
  }
});

test('an output is shown on the photo with its colour, steps and real bytes', async () => {
  await here.command('/api/images/source', { source: 'samples', count: 12 });
  const { page, faults, close } = await here.open({ lang: 'en' });
  await removeOutputs(page);
  await addOutputs(page, 'Sepia', 'Blur', 'Grayscale');
  assert.deepEqual(await page.locator('.output-name .name').allTextContents(), ['sepia', 'blur', 'grayscale']);
  assert.ok(await page.locator('.output-card', { hasText: 'sepia' }).locator('.colour-1').isVisible());
  assert.ok(await page.locator('.output-card', { hasText: 'grayscale' }).locator('.colour-3').isVisible());
  await page.waitForFunction(
    () => [...document.querySelectorAll('.output-thumb img')].filter((image) => image.naturalWidth > 0).length === 3,
  );
  await page.locator('.tag.after', { hasText: 'sepia' }).waitFor();
  const picture = page.locator('.layer.over img');
  const before = await picture.getAttribute('src');
  await page.getByRole('button', { name: 'blur', exact: true }).click();
  await page.waitForFunction((old) => document.querySelector('.layer.over img').getAttribute('src') !== old, before);
  const blurred = await picture.getAttribute('src');
  await page.getByRole('button', { name: /^Blur 5/ }).click();
  await page.getByRole('slider', { name: 'Radius' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((old) => document.querySelector('.layer.over img').getAttribute('src') !== old, blurred);
  assert.equal(await page.getByRole('textbox', { name: 'Radius' }).inputValue(), '5.5');
  await page.getByText('Process 36 files').waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('an output’s steps are put in order with the keyboard, by dragging, and taken back', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await removeOutputs(page);
  await page.locator('.settings .pane-head .btn').last().click();
  await page.getByRole('button', { name: 'Empty output' }).click();
  for (const name of ['sepia', 'grays', 'invert']) {
    if (name !== 'sepia') await page.getByRole('button', { name: 'Add step' }).click();
    await page.getByRole('searchbox', { name: 'Search steps' }).focus();
    await page.keyboard.type(name);
    await page.keyboard.press('Enter');
  }
  const order = () => page.locator('.pills .pill-step').allTextContents();
  assert.deepEqual(await order(), ['Sepia', 'Grayscale', 'Invert colours']);
  await page.locator('.pill-step', { hasText: 'Grayscale' }).focus();
  await page.keyboard.press('Alt+ArrowLeft');
  assert.deepEqual(await order(), ['Grayscale', 'Sepia', 'Invert colours']);
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /^Grayscale/);
  // The whole pill drags, and lands where it is let go: in the second half of the last, after it.
  const last = page.locator('.pills li').nth(2);
  const { width, height } = await last.boundingBox();
  await page
    .locator('.pills li')
    .nth(0)
    .dragTo(last, { targetPosition: { x: width - 12, y: height / 2 } });
  assert.deepEqual(await order(), ['Sepia', 'Invert colours', 'Grayscale']);
  await page
    .locator('.pills li')
    .nth(2)
    .dragTo(page.locator('.pills li').nth(1), { targetPosition: { x: 4, y: height / 2 } });
  assert.deepEqual(await order(), ['Sepia', 'Grayscale', 'Invert colours']);
  await page.keyboard.press('Escape');
  for (let times = 0; times < 2; times += 1) await page.keyboard.press('Control+z');
  assert.deepEqual(await order(), ['Grayscale', 'Sepia', 'Invert colours']);
  await page.getByText('Process 12 files').waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('a logo is chosen from this computer, seen at once, and lies on every output', async () => {
  await here.command('/api/images/source', { source: 'samples', count: 2 });
  const { page, faults, close } = await here.open({ lang: 'en' });
  await removeOutputs(page);
  await page.locator('.settings .pane-head .btn').last().click();
  await page.getByRole('button', { name: 'Empty output' }).click();
  await page.getByRole('searchbox', { name: 'Search steps' }).focus();
  await page.keyboard.type('logo');
  await page.keyboard.press('Enter');
  // Without its file it does nothing, and the job says what it waits for.
  await page.getByText('Choose the file of Logo first').waitFor();
  const choose = page.getByRole('button', { name: /^File: / });
  const pick = async (name, content) => {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), choose.click()]);
    await chooser.setFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });
  };
  const picture = page.locator('.layer.over img');
  const src = () => picture.getAttribute('src').catch(() => null);
  const before = await src();
  await pick('mi marca.svg', "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 4'><path fill='#f00' d='M0 0h4v4h-4z'/></svg>");
  await page.getByRole('button', { name: 'File: mi_marca.svg' }).waitFor();
  await page.waitForFunction((old) => document.querySelector('.layer.over img')?.getAttribute('src') !== old, before);
  const steps = [
    { filter: 'logo', params: await page.evaluate(() => JSON.parse(localStorage.getItem('lote.draft')).variants[0].steps[0].params) },
  ];
  assert.match(steps[0].params.archivo, /^mi_marca-[0-9a-f]{16}\.svg$/);
  const name = await page.locator('.output-name .name').textContent();
  await page.getByRole('button', { name: 'Process 2 files' }).click();
  await page.getByRole('button', { name: 'See results' }).click();
  await page.getByRole('heading', { name: '2 of 2 files ready' }).waitFor();
  const { images } = await here.read('/api/images?limit=1');
  const seen = await preview({ image: images[0].id, steps, encoding: { format: null, quality: 75 }, size: null, exact: true });
  assert.ok(name && seen.byteLength > 0);
  assert.deepEqual(faults, []);
  await close();
});

test('a file that no filter takes is refused with what it takes', async () => {
  const { page, close } = await here.open({ lang: 'es', allow: /422/ });
  await removeOutputs(page);
  await page.locator('.settings .pane-head .btn').last().click();
  await page.getByRole('button', { name: 'Salida vacía' }).click();
  await page.getByRole('searchbox').last().focus();
  await page.keyboard.type('logo');
  await page.keyboard.press('Enter');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: /^Archivo: Elegir archivo/ }).click(),
  ]);
  await chooser.setFiles({ name: 'notas.txt', mimeType: 'text/plain', buffer: Buffer.from('notas') });
  await page.locator('.param .why[role=alert]', { hasText: /./ }).waitFor();
  await close();
});

test('what outputs are for is shown whole, and names keep their ends', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await page.locator('.cell').first().waitFor();
  await page.locator('.settings .pane-head .btn').last().click();
  await page.locator('.purpose img:visible').nth(5).waitFor();
  const shapes = await page.locator('.purpose .offer-picture').evaluateAll((frames) =>
    frames.map((frame) => {
      const [box, picture] = [frame.getBoundingClientRect(), frame.firstElementChild?.getBoundingClientRect()];
      const isWhole = picture && picture.height <= box.height + 0.5 && picture.width <= box.width + 0.5;
      return isWhole ? (picture.width / picture.height).toFixed(1) : 'cut';
    }),
  );
  assert.deepEqual(shapes, ['1.5', '0.8', '1.0', '1.5', '1.5', '1.5']);
  await page.keyboard.press('Escape');
  const ends = await page.locator('.cell .split').evaluateAll((names) =>
    names.map((name) => {
      const [whole, end] = [name.getBoundingClientRect(), name.lastElementChild?.getBoundingClientRect()];
      return [
        name.textContent?.endsWith(name.lastElementChild?.textContent ?? '?'),
        !!end && end.right <= whole.right + 0.5 && end.width > 20,
      ];
    }),
  );
  assert.ok(ends.length > 1 && ends.every(([isEnd, isSeen]) => isEnd && isSeen), JSON.stringify(ends));
  assert.deepEqual(faults, []);
  await close();
});

test('search, exclude and include again; the curtain and the original by keys', async () => {
  await here.choose('Costa');
  const { page, faults, close } = await here.open({ lang: 'es' });
  await page.getByRole('option', { name: /^DSC_2400/ }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('dsc_2407');
  await page.getByRole('option', { name: /^DSC_2407/ }).waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll('.cell')].filter((cell) => cell.checkVisibility()).length === 1);
  await page.getByRole('option', { name: /^DSC_2407/ }).click();
  await page.keyboard.press('x');
  await page.getByRole('option', { name: /^DSC_2407.*, excluida$/ }).waitFor();
  await page.getByText('1 foto quitada').waitFor();
  await page.getByRole('button', { name: 'Incluir todas' }).click();
  await page.getByRole('option', { name: /^DSC_2407\.\w+$/ }).waitFor();
  await page.getByRole('searchbox').fill('');
  await page.getByRole('option', { name: /^DSC_2400/ }).click();
  await page.keyboard.press('End');
  assert.match(await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? ''), /^DSC_2459/);
  const cut = () => page.locator('.stage .curtain').evaluate((element) => element.style.getPropertyValue('--cut'));
  await page.getByRole('slider', { name: 'Comparar antes y después' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  assert.equal(await cut(), '61%');
  await page.keyboard.down(' ');
  assert.equal(await cut(), '100%');
  await page.keyboard.up(' ');
  assert.equal(await cut(), '61%');
  assert.deepEqual(faults, []);
  await close();
});

test('a recipe is saved and loaded with its parameters', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await removeOutputs(page);
  await addOutputs(page, 'Watermark');
  await page.getByRole('button', { name: /^Watermark/ }).click();
  await page.getByLabel('Text', { exact: true }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('CLARA & <TOMÁS>');
  await page.getByRole('button', { name: 'Save as a recipe' }).click();
  await page.getByLabel('Name of the recipe').fill('Boda');
  await page.keyboard.press('Enter');
  await page.getByText('Recipe “Boda” saved.').waitFor();
  await removeOutputs(page);
  await page.getByRole('button', { name: 'Recipes' }).click();
  await page.getByRole('dialog').getByRole('button', { name: /Boda/ }).first().click();
  await page.getByRole('button', { name: 'watermark', exact: true }).click();
  await page.getByRole('button', { name: 'Watermark CLARA & <TOMÁS>' }).click();
  assert.equal(await page.getByLabel('Text', { exact: true }).inputValue(), 'CLARA & <TOMÁS>');
  // Its outputs can also be added to those that are there.
  await page.getByRole('button', { name: 'Output', exact: true }).click();
  await page.getByRole('button', { name: 'From a recipe…' }).click();
  await page.getByRole('dialog', { name: 'Recipes' }).getByRole('button', { name: /Boda/ }).first().click();
  await page.getByRole('dialog').first().waitFor({ state: 'detached' });
  assert.deepEqual(await page.locator('.output-name .name').allTextContents(), ['watermark', 'watermark-2']);
  await page.locator('.toast', { hasText: 'Boda' }).getByRole('button', { name: 'Undo' }).last().click();
  await page.waitForFunction(() => document.querySelectorAll('.output-card').length === 1);
  assert.deepEqual(faults, []);
  await close();
});

test('the start button says why it cannot start', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await removeOutputs(page);
  await page.getByText('Add an output.').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Process', exact: true }).isDisabled());
  await addOutputs(page, 'Sepia');
  await page.locator('.output').getByLabel('Folder and name').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('x');
  // Beside the field, and at the button.
  await page.getByText('The name needs {name}, {n} or {date}, and its braces closed.').nth(1).waitFor();
  assert.ok(await page.locator('.start .btn.primary').isDisabled());
  assert.deepEqual(faults, []);
  await close();
});

test('a folder is chosen from the server’s list, and language and theme are remembered', async () => {
  await here.command('/api/images/source', { source: 'input' });
  const { page, faults, close } = await here.open({ lang: 'es' });
  await page.getByRole('button', { name: /Cambiar$/ }).click();
  await page.getByRole('button', { name: /^Costa/ }).click();
  await page.getByRole('button', { name: 'Usar esta carpeta (60 imágenes)' }).click();
  await page.locator('.source', { hasText: 'Costa' }).waitFor();
  await page.getByRole('button', { name: 'EN, English' }).click();
  await page.getByRole('heading', { name: 'Images' }).waitFor();
  await page.getByRole('button', { name: 'Switch between light and dark' }).click();
  await page.goto(`${here.seen}/`);
  await page.getByRole('heading', { name: 'Images' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  assert.deepEqual(faults, []);
  await close();
});

test('hostile names are text everywhere', async () => {
  await here.choose('Hostil');
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  let dialogs = 0;
  page.on('dialog', (dialog) => {
    dialogs += 1;
    dialog.dismiss();
  });
  await page.getByRole('option', { name: '<img src=x onerror=alert(1)>.jpg' }).click();
  await page.getByRole('heading', { name: '<img src=x onerror=alert(1)>.jpg' }).waitFor();
  await removeOutputs(page);
  await addOutputs(page, 'Sepia');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'See results' }).click();
  await page.locator('[role=row] [role=cell] button').first().click();
  await page.getByRole('dialog').waitFor();
  assert.equal(dialogs, 0);
  assert.equal(await page.locator('main script, main img[onerror], dialog script').count(), 0);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(faults, []);
  await close();
});
