// What went wrong for people at a real keyboard. Keys are pressed and typed, never filled in.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { landscape, png } from '../../dev/pictures.js';
import { addOutputs, removeOutputs } from '../outputs.js';
import { site } from '../site.js';

const here = await site({ images: 12 });
const folder = mkdtempSync(join(tmpdir(), 'lote-faults-'));
after(async () => {
  await here.close();
  rmSync(folder, { recursive: true, force: true });
});

const focused = (page) => page.evaluate(() => document.activeElement?.id ?? '');
/** An output of that filter alone, with its parameters shown. */
const tick = async (page, name) => {
  await removeOutputs(page);
  await addOutputs(page, name);
  await page.locator('.pill-step').first().click();
};

test('a text typed into a filter with a choice stays there, letter by letter, while previews arrive', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await page.locator('.cell').first().waitFor();
  await tick(page, 'Watermark');
  const text = page.getByLabel('Text', { exact: true });
  await text.click();
  await page.keyboard.press('Control+a');
  const words = 'x marks 1 spot, P and X / ? 2345';
  await page.keyboard.type(words, { delay: 60 });
  assert.equal(await text.inputValue(), words);
  assert.match(await focused(page), /^param-.*texto$/);
  assert.match(page.url(), /#\/prepare$|\/\?[^#]*$/, 'no digit has changed the section');
  assert.equal((await here.read('/api/images?limit=500')).images.filter((image) => image.excluded).length, 0, 'no photo was taken out');
  // What is left of the text can be wiped and typed anew: the default does not come back by itself.
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.waitForTimeout(600);
  assert.equal(await text.inputValue(), '');
  await page.getByText('Type at least one letter').waitFor();
  await page.keyboard.type('© Ana');
  await page.getByText('Type at least one letter').waitFor({ state: 'hidden' });
  assert.equal(await text.inputValue(), '© Ana');
  assert.deepEqual(faults, []);
  await close();
});

test('a watermark in letters that no font here has is refused where it is written, and the photo stays', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', allow: /status of 400/ });
  await page.locator('.cell').first().waitFor();
  await tick(page, 'Watermark');
  const bytes = page.locator('.output-bytes', { hasText: 'per photo' });
  const start = page.locator('.start .btn.primary');
  await bytes.waitFor();
  await page.getByLabel('Text', { exact: true }).click();
  await page.keyboard.press('Control+a');
  // A sign of Hittite scribes.
  await page.keyboard.type('Ana \u{12000}');
  await page.locator('.output-card > .why', { hasText: 'no font here has \u{12000}' }).waitFor();
  await page.locator('#start-text', { hasText: 'install a font that has them' }).waitFor();
  assert.ok(await start.isDisabled());
  await bytes.waitFor({ state: 'detached' });
  assert.match(await page.locator('.stage-problem').innerText(), /cannot be written/);
  assert.ok(await page.locator('.layer.over img').evaluate((photo) => photo.checkVisibility() && photo.naturalWidth > 0));
  await page.keyboard.press('Backspace');
  await page.locator('.output-card > .why').waitFor({ state: 'hidden' });
  await bytes.waitFor();
  await page.locator('.stage-problem').waitFor({ state: 'detached' });
  await page.locator('.start .btn.primary:enabled').waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('a slider goes on under a held key, and Tab goes on from it', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await page.locator('.cell').first().waitFor();
  await tick(page, 'Resize');
  const slider = page.getByRole('slider', { name: /^Percent/ });
  await slider.focus();
  const before = Number(await slider.inputValue());
  for (let presses = 0; presses < 8; presses += 1) {
    await page.keyboard.press('ArrowLeft');
    await page.waitForTimeout(60);
  }
  assert.equal(Number(await slider.inputValue()), before - 8);
  await page.keyboard.press('Tab');
  assert.match(await focused(page), /^param-.*porcentaje-figure$/);
  assert.deepEqual(faults, []);
  await close();
});

test('a value that cannot be stays in its field with the reason, and the last good one counts', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await page.locator('.cell').first().waitFor();
  await tick(page, 'Resize');
  const figure = page.getByRole('textbox', { name: /^Percent/ });
  await figure.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('30');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('99999');
  await page.getByText(/^Between [0-9.]+ and/).waitFor();
  assert.equal(await figure.inputValue(), '99999');
  assert.equal(await page.getByRole('slider', { name: /^Percent/ }).inputValue(), '30');
  // Another parameter is another matter.
  await page.getByLabel('Height', { exact: true }).click();
  await page.keyboard.type('90');
  await page.keyboard.press('Enter');
  assert.equal(await figure.inputValue(), '99999');
  assert.deepEqual(faults, []);
  await close();
});

test('letters are shortcuts on the page itself and nowhere else', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await page.locator('.cell').first().waitFor();
  await page.getByRole('button', { name: 'Side by side' }).focus();
  for (const key of ['x', '3', 'p', '?']) await page.keyboard.press(key);
  assert.ok(await page.getByRole('button', { name: 'Side by side' }).isVisible());
  assert.equal(await page.getByRole('dialog').count(), 0);
  // Escape leaves the control; then they count.
  await page.keyboard.press('Escape');
  await page.keyboard.press('3');
  await page.getByRole('heading', { name: 'No results yet' }).waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('a photo is taken out by a button that says so, and comes back with Ctrl+Z', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await page.locator('.cell').first().click();
  await page.getByRole('button', { name: 'Take out' }).click();
  await page.getByText('1 photo taken out').waitFor();
  await page.keyboard.press('Control+z');
  await page.getByText('1 photo taken out').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Take out' }).waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('names that clash are told while editing, mended by one button, and never reach the run', async () => {
  await here.command('/api/images/clear');
  const picture = png(landscape(3, 90, 60));
  // One pixel.
  const other = Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64');
  const paths = ['mar.png', 'mar.gif', 'sol.png'].map((name) => join(folder, name));
  for (const path of paths) writeFileSync(path, path.endsWith('.gif') ? other : picture);
  const { page, faults, close } = await here.open({ lang: 'en' });
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose photos' }).click()]);
  await chooser.setFiles(paths);
  await page.getByRole('option', { name: 'sol.png' }).waitFor();
  await tick(page, 'Sepia');
  await page.getByLabel('Format', { exact: true }).selectOption('webp');
  // Files of their own formats do not clash, so this one has no mark.
  await addOutputs(page, 'Grayscale');
  await page.getByRole('button', { name: '1 name would clash' }).click();
  await page.getByText(/mar\.(png|gif) and mar\.(png|gif)/).waitFor();
  assert.ok(await page.locator('.start .btn.primary').isDisabled());
  await page.locator('.output-card', { hasText: 'names clash' }).waitFor();
  assert.deepEqual(await page.locator('.output-name', { hasText: 'names clash' }).locator('.name').allTextContents(), ['sepia']);
  await page.getByRole('button', { name: 'Rename automatically' }).click();
  await page.locator('.badge-clash').waitFor({ state: 'detached' });
  await page.getByText('1 name would clash').first().waitFor({ state: 'detached' });
  // The form says so, and takes it back.
  const rule = page.getByLabel('If names clash');
  assert.equal(await rule.inputValue(), 'rename');
  await rule.selectOption('Fail');
  await page.getByRole('button', { name: '1 name would clash' }).waitFor();
  await rule.selectOption('Rename automatically');
  await page.getByText('1 name would clash').first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Process 6 files' }).click();
  await page.getByRole('button', { name: 'See results' }).click();
  await page.getByRole('heading', { name: '6 of 6 files ready' }).waitFor();
  assert.deepEqual(faults, []);
  await close();
});

/** Whether any message lies over the button that starts. Runs in the page. */
const coversStart = () => {
  const start = document.querySelector('.start .btn.primary')?.getBoundingClientRect();
  return [...document.querySelectorAll('.toast')].some((toast) => {
    const box = toast.getBoundingClientRect();
    return start && box.left < start.right && box.right > start.left && box.top < start.bottom && box.bottom > start.top;
  });
};

test('a message never lies over the button that starts', async () => {
  await here.command('/api/images/source', { source: 'input' });
  for (const [width, height] of [
    [1440, 900],
    [1024, 768],
    [390, 844],
    [844, 390],
  ]) {
    const { page, faults, close } = await here.open({ lang: 'en', width, height });
    await page.locator('.cell').first().waitFor();
    await tick(page, 'Sepia');
    await page.getByRole('button', { name: 'Save as a recipe' }).click();
    await page.keyboard.type('Web');
    await page.keyboard.press('Enter');
    await page.locator('.toast', { hasText: 'saved' }).waitFor();
    assert.equal(await page.evaluate(coversStart), false, `${width} x ${height}`);
    assert.deepEqual(faults, []);
    await close();
  }
});

/** What stands still while the page scrolls, and how much of the window that leaves. Runs in the page. */
const stuck = () =>
  [...document.querySelectorAll('body *')]
    .filter((element) => {
      const style = getComputedStyle(element);
      return (
        (style.position === 'sticky' || style.position === 'fixed') &&
        element.checkVisibility() &&
        element.clientHeight > 0 &&
        !element.matches('.toasts, .veil, .skip, .upload-card')
      );
    })
    .map((element) => element.className);

for (const [name, width, height] of /** @type {const} */ ([
  ['a phone on its side', 844, 390],
  ['400 % zoom', 360, 225],
])) {
  test(`in a low window nothing sticks, nothing is covered and everything can be reached: ${name}`, async () => {
    await here.command('/api/images/source', { source: 'input' });
    for (const path of ['/#/prepare', '/#/run', '/#/results']) {
      const { page, faults, close } = await here.open({ path, lang: 'en', width, height });
      await page.locator('h1, .cell').first().waitFor({ state: 'attached' });
      await page.waitForTimeout(300);
      assert.deepEqual(await page.evaluate(stuck), [], path);
      const [scrolls, wide] = await page.evaluate(() => {
        const inner = [...document.querySelectorAll('main, main *')].filter(
          (element) => element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(element).overflowY),
        );
        return [inner.map((element) => `${element.tagName}.${element.className}`), document.documentElement.scrollWidth];
      });
      assert.deepEqual(scrolls, [], `${path}: one thing scrolls, the page`);
      assert.ok(wide <= width, `${path}: ${wide} px wide`);
      if (path === '/#/prepare') {
        const start = page.locator('.start .btn.primary');
        await start.scrollIntoViewIfNeeded();
        const box = await start.boundingBox();
        assert.ok(box && box.y >= 0 && box.y + box.height <= height, 'the button can be scrolled into view');
        const stage = await page.locator('.stage .frame').boundingBox();
        assert.ok(stage && stage.height >= 120, `${stage?.height} px are left for the photo`);
      }
      assert.deepEqual(faults, []);
      await close();
    }
  });
}

test('a broken photo is one problem, however many outputs it costs', async () => {
  await here.choose('Mezcla');
  await here.startJob({ filters: ['grises', 'sepia'] });
  const { page, faults, close } = await here.open({ path: '/#/run', lang: 'en' });
  await page.getByRole('button', { name: 'See results' }).waitFor();
  await page.locator('#failures', { hasText: '2 photos' }).waitFor();
  assert.equal(await page.locator('.failures .failure-name').count(), 2);
  assert.match((await page.locator('.failures .failure-name').first().textContent()) ?? '', / · its 2 files$/);
  assert.match((await page.locator('.figure.negative dd').textContent()) ?? '', /^4 in 2 photos/);
  assert.deepEqual(faults, []);
  await close();
});

test('what cannot succeed is not offered to be tried again', async () => {
  await here.choose('Vacías');
  await here.startJob({ filters: ['grises', 'sepia'] });
  const { page, faults, close } = await here.open({ path: '/#/run', lang: 'en' });
  await page.getByRole('button', { name: 'See results' }).waitFor();
  await page.locator('#failures', { hasText: '2 photos' }).waitFor();
  await page.getByText('the file is empty').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Retry/ }).count(), 0);
  await page.getByRole('button', { name: 'See results' }).click();
  await page.getByRole('heading', { name: '2 of 6 files ready' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Retry/ }).count(), 0);
  assert.deepEqual(faults, []);
  await close();
});

test('the title of a job stands where it is while the digits beside it grow', async () => {
  await here.command('/api/images/source', { source: 'input' });
  const { page, faults, close } = await here.open({ path: '/#/run', lang: 'en' });
  await page.evaluate(() => {
    window.seen = { digits: new Set(), places: new Set() };
    const look = () => {
      const title = document.querySelector('.hero h1');
      if (title) {
        window.seen.digits.add(document.querySelector('.share')?.textContent?.length);
        window.seen.places.add(title.getBoundingClientRect().x);
      }
      requestAnimationFrame(look);
    };
    look();
  });
  const job = await here.startJob({ filters: ['blur', 'nitidez', 'sepia', 'grises', 'invertir', 'contraste'], workers: 1 });
  // However fast it is, fewer digits are seen before.
  await here.command(`/api/jobs/${job}/pause`);
  await page.locator('.share', { hasText: /^\d{1,2}%$/ }).waitFor();
  await here.command(`/api/jobs/${job}/resume`);
  await page.getByRole('heading', { name: /^Finished/ }).waitFor();
  await page.locator('.share', { hasText: '100' }).waitFor();
  const [digits, places] = await page.evaluate(() => [[...window.seen.digits], [...window.seen.places]]);
  assert.ok(digits.length > 1, `${digits}`);
  assert.equal(places.length, 1, `${places}`);
  assert.deepEqual(faults, []);
  await close();
});

test('after its end a job stands still: its bars fill the plot, and its axis ends with it', async () => {
  await here.command('/api/images/source', { source: 'input' });
  const job = await here.startJob({ filters: ['grises', 'sepia'] });
  const { page, faults, close } = await here.open({ path: '/#/run', lang: 'en', lanes: true });
  await page.getByRole('button', { name: 'See results' }).waitFor();
  await page.locator('.axis .last', { hasText: 'end' }).waitFor();
  // The plot goes no further back than the job, and has its bars.
  const { elapsed_ms } = (await here.read(`/api/jobs/${job}/report.json`)).job.progress;
  const times = await page.locator('.axis span:not(.last)').allTextContents();
  for (const time of times) assert.ok(secondsIn(time) * 1000 <= elapsed_ms, `${time} of ${elapsed_ms} ms`);
  // The canvas belongs to the monitor; what it shows can be copied.
  const picture = () =>
    page.locator('.plot canvas').evaluate((canvas) => {
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext('2d');
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      const hex = (/** @type {number} */ at) => `#${[...data.slice(at, at + 3)].map((one) => one.toString(16).padStart(2, '0')).join('')}`;
      return Array.from({ length: data.length / 4 }, (_, at) => hex(at * 4)).join('');
    });
  const colour = await page.evaluate(() => getComputedStyle(document.body).getPropertyValue('--filter-1').trim());
  const before = await picture();
  assert.ok(before.includes(colour));
  await page.waitForTimeout(1500);
  assert.ok((await picture()) === before);
  assert.deepEqual(faults, []);
  await close();
});

/** The seconds in "0.79 s" or "13 ms". @param {string | null} text */
const secondsIn = (text) => {
  const [, figure, unit] = /([\d.]+)\s(ms|s)/.exec(text ?? '') ?? [];
  return Number(figure) / (unit === 'ms' ? 1000 : 1);
};

test('decoding has a figure of its own, and lanes and results agree about each output', async () => {
  await here.choose('Costa');
  const job = await here.startJob({ filters: ['grises', 'sepia'] });
  const { page, faults, close } = await here.open({ path: '/#/run', lang: 'en', lanes: true });
  await page.getByRole('button', { name: 'See results' }).waitFor();
  await page.getByRole('button', { name: 'View as table' }).click();
  const medians = page.locator('.timeline table').last().locator('tbody tr');
  await medians.first().waitFor();
  assert.deepEqual(await medians.locator('th').allTextContents(), ['Decoding', 'Grayscale', 'Sepia']);
  const { variants } = (await here.read(`/api/jobs/${job}/report.json`)).job.progress;
  const mean = (/** @type {'work_ms' | 'decode_ms'} */ key, /** @type {any} */ { ok, ...counts }) => counts[key] / ok / 1000;
  const expected = [mean('decode_ms', variants[0]) + mean('decode_ms', variants[1]), ...variants.map((one) => mean('work_ms', one))];
  for (const [index, row] of (await medians.all()).entries()) {
    // A median beside a mean, on a machine that has other work: of one size, not the same.
    const median = secondsIn(await row.locator('td').first().textContent());
    assert.ok(
      median > expected[index] / 5 && median < expected[index] * 5 + 0.002,
      `row ${index}: ${median} s against ${expected[index]} s`,
    );
  }
  await page.getByRole('link', { name: 'Results' }).click();
  await page.locator('.totals summary').click();
  await page.getByRole('row', { name: /^Decoding/ }).waitFor();
  assert.deepEqual(faults, []);
  await close();
});

/** Opens the picker of photos when there is a list already. */
const uploadAgain = async (page) => {
  await page.getByRole('button', { name: /Change$/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Choose photos' }).click();
};

/** Pictures on the page that show a broken frame. Runs in the page. */
const brokenFrames = () =>
  [...document.querySelectorAll('img')].filter((image) => image.checkVisibility() && image.complete && image.src && !image.naturalWidth)
    .length;

test('jobs that wait and photos that were uploaded outlive the program, or are said to be gone by name', async () => {
  await here.choose('Costa');
  const filters = ['grises', 'sepia', 'blur', 'invertir', 'brillo', 'contraste', 'nitidez', 'bordes', 'relieve', 'posterizar'];
  await here.startJob({ filters, workers: 1 });
  await here.command('/api/images/clear');
  const { page, faults, close } = await here.open({ path: '/#/prepare', lang: 'en', allow: /WebSocket|ERR_|404|Failed to load/ });
  const paths = ['uno.png', 'dos.png', 'tres.png'].map((name) => join(folder, name));
  paths.forEach((path, index) => writeFileSync(path, png(landscape(70 + index, 90, 60))));
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose photos' }).click()]);
  await chooser.setFiles(paths);
  await page.getByRole('option', { name: 'dos.png' }).waitFor();
  const later = await here.startJob({ filters: ['sepia'] });
  assert.ok(later);
  await here.restart();
  // From the button that has the focus to the page itself, whose keys these are.
  await page.keyboard.press('Escape');
  await page.keyboard.press('2');
  await page.getByText('The program was restarted. These jobs wait for your word.').waitFor();
  assert.equal(await page.locator('.queue li').count(), 1);
  const figures = (await page.locator('.figures').textContent()) ?? '';
  assert.doesNotMatch(figures, /\b0\.0\s*s|\d,\d{3}\.\d\s*files/, 'nothing is made up of what is not known');
  assert.equal(await page.evaluate(brokenFrames), 0);
  await page.keyboard.press('1');
  for (const name of ['uno.png', 'dos.png', 'tres.png']) await page.getByRole('option', { name }).waitFor();
  await page.keyboard.press('2');
  await page.locator('.queue').getByRole('button', { name: 'Start', exact: true }).press('Enter');
  await page.getByRole('button', { name: 'See results' }).click();
  await page.getByRole('heading', { name: '3 of 3 files ready' }).waitFor();
  assert.equal(await page.evaluate(brokenFrames), 0);
  // Once more, and this time the files are lost with it.
  await here.choose('Costa');
  await here.startJob({ filters, workers: 1 });
  await page.keyboard.press('1');
  await page.locator('.source', { hasText: 'Costa' }).waitFor();
  const [again] = await Promise.all([page.waitForEvent('filechooser'), uploadAgain(page)]);
  await again.setFiles(paths);
  await page.getByRole('option', { name: 'dos.png' }).waitFor();
  await here.startJob({ filters: ['sepia'] });
  await here.restart((output) => rmSync(join(output, '.lote/server/uploads'), { recursive: true }));
  await page.getByText('The uploaded photos did not survive the restart').waitFor();
  await page.getByText(/The waiting job “.+” did not survive the restart of the program: its photos are gone/).waitFor();
  assert.equal(await page.evaluate(brokenFrames), 0);
  assert.deepEqual(faults, []);
  await close();
});

test('size and time are told before the start, and are those of the job', async () => {
  await here.choose('Costa');
  const { page, faults, close } = await here.open({ path: '/#/prepare', lang: 'en' });
  await page.locator('.cell').first().waitFor();
  await removeOutputs(page);
  await addOutputs(page, 'Sharpen');
  const told = page.locator('#start-text', { hasText: 'in total' });
  await told.waitFor();
  const [, size, unit, time, timeUnit] =
    /≈ ([\d.,]+)\s(kB|MB) in total · about ([\d.]+)\s(s|min)/.exec((await told.textContent()) ?? '') ?? [];
  await page.locator('.card-facts, .output-card', { hasText: 'in total' }).first().waitFor();
  const newest = async () => {
    for (let number = 20; number > 0; number -= 1) {
      const { job } = await here.read(`/api/jobs/j${number}/report.json`);
      if (job) return job;
    }
    return null;
  };
  const before = await newest();
  await page.keyboard.press('Control+Enter');
  let job;
  do {
    job = await newest();
  } while (job?.id === before?.id || job.state !== 'finished');
  const bytes = Number(size.replaceAll(',', '')) * (unit === 'MB' ? 1e6 : 1e3);
  assert.ok(Math.abs(bytes / job.progress.written_bytes - 1) < 0.15, `${bytes} bytes told, ${job.progress.written_bytes} written`);
  const seconds = Number(time) * (timeUnit === 'min' ? 60 : 1);
  const took = Math.max(1, job.progress.elapsed_ms / 1000);
  assert.ok(seconds / took < 5 && took / seconds < 5, `${seconds} s told, ${took} s taken`);
  assert.deepEqual(faults, []);
  await close();
});

test('photos are sorted, selected with Shift and Ctrl, taken out together and put back', async () => {
  await here.choose('Costa');
  const { page, faults, close } = await here.open({ path: '/#/prepare', lang: 'en' });
  const photo = (/** @type {number} */ number) => page.getByRole('option', { name: new RegExp(`^DSC_${number}`) });
  await photo(2401).click();
  await photo(2404).click({ modifiers: ['Shift'] });
  await page.getByText('4 selected').waitFor();
  await page.keyboard.press('Shift+ArrowRight');
  await page.getByText('5 selected').waitFor();
  await photo(2402).click({ modifiers: ['Control'] });
  await page.getByText('4 selected').waitFor();
  await page.keyboard.press('Delete');
  await page.getByText('4 photos taken out').waitFor();
  const out = async () =>
    (await here.read('/api/images?limit=500')).images.filter((image) => image.excluded).map((image) => image.name.slice(4, 8));
  assert.deepEqual(await out(), ['2401', '2403', '2404', '2405']);
  await page.keyboard.press('Control+z');
  await page.getByText('4 photos taken out').waitFor({ state: 'detached' });
  assert.deepEqual(await out(), []);
  await page.getByLabel('Sort').selectOption('Size');
  const sizes = (await here.read('/api/images?limit=500&sort=size')).images;
  await page
    .getByRole('option', { name: new RegExp(`^${sizes[0].name}`) })
    .first()
    .waitFor();
  assert.ok(sizes.every((one, index) => !index || one.bytes <= sizes[index - 1].bytes));
  assert.equal(await page.locator('.cell').first().getAttribute('aria-label'), sizes[0].name);
  await page.getByLabel('Sort').selectOption('Name');
  // In a strip what is selected is where it was.
  await page.setViewportSize({ width: 1024, height: 768 });
  await photo(2401).click();
  const before = await photo(2403).boundingBox();
  await photo(2402).click({ modifiers: ['Shift'] });
  await page.getByText('2 selected').waitFor();
  assert.deepEqual(await photo(2403).boundingBox(), before);
  assert.deepEqual(faults, []);
  await close();
});

test('a message takes back what it tells of, and nothing else', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await page.locator('.cell').first().waitFor();
  await removeOutputs(page);
  await addOutputs(page, 'Sepia', 'Grayscale');
  const names = () => page.locator('.output-name .name').allTextContents();
  const told = page.locator('.toast', { hasText: '“sepia” was removed' });
  await page.getByRole('button', { name: 'Remove output' }).click();
  await told.waitFor();
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
  await page.keyboard.press('Control+z');
  await told.waitFor({ state: 'detached' });
  assert.deepEqual(await names(), ['sepia', 'grayscale']);
  await page.getByRole('button', { name: 'Remove output' }).click();
  await told.getByRole('button', { name: 'Undo' }).click();
  assert.deepEqual(await names(), ['sepia', 'grayscale']);
  // What is done after it is not for it to take back.
  await page.getByRole('button', { name: 'Remove output' }).click();
  await told.waitFor();
  await page.locator('.output-name').click();
  await page.getByRole('button', { name: 'Duplicate' }).click();
  await told.waitFor({ state: 'detached' });
  assert.deepEqual(await names(), ['grayscale', 'grayscale-2']);
  assert.deepEqual(faults, []);
  await close();
});

test('names that the page gives follow its language, and those that people type stay', async () => {
  await here.command('/api/images/source', { source: 'samples', count: 3 });
  const { page, faults, close } = await here.open({ path: '/#/prepare', lang: 'es' });
  await page.locator('.source', { hasText: 'Fotos' }).waitFor();
  await removeOutputs(page);
  await addOutputs(page, /^Escala de grises/, /^Sepia/, /^Miniatura 400/);
  const names = () => page.evaluate(() => JSON.parse(localStorage.getItem('lote.draft') ?? '{}').variants.map((one) => one.name));
  assert.deepEqual(await names(), ['grises', 'sepia', 'miniatura']);
  await page.getByRole('button', { name: 'EN, English' }).click();
  await page.locator('.source', { hasText: 'Photos' }).waitFor();
  assert.deepEqual(await names(), ['grayscale', 'sepia', 'thumbnail']);
  assert.equal(
    await page
      .locator('main')
      .getByText(/Muestras|miniatura|grises/)
      .count(),
    0,
  );
  assert.deepEqual(faults, []);
  await close();
});

test('folders say what they have, or why they cannot be used, and the photos’ picker comes first', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await page.getByRole('button', { name: /Change$/ }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.locator('.btn.primary').textContent(), 'Choose photos');
  const coast = dialog.getByRole('button', { name: /^Costa/ });
  await coast.waitFor();
  assert.match(String(await coast.textContent()), /60 photos · [\d.,]+\s*[kM]B/);
  const raws = dialog.getByRole('button', { name: /^Sin revelar/ });
  assert.match(String(await raws.textContent()), /No image it can read \(2 \.XCF\)/);
  assert.ok(await raws.isDisabled());
  assert.equal(await dialog.getByRole('button', { name: 'Use: Sin revelar' }).count(), 0);
  await dialog.getByRole('button', { name: 'Use: Costa' }).press('Enter');
  await page.locator('.source', { hasText: 'Costa' }).waitFor();
  assert.deepEqual(faults, []);
  await close();
});
