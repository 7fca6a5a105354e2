// The whole flow with the keyboard alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { focused, press, tabTo } from '../keys.js';
import { addOutputs, removeOutputs } from '../outputs.js';
import { site } from '../site.js';

const here = await site({ images: 12 });
after(() => here.close());

test('from the list to a downloaded ZIP without a mouse', async () => {
  const { page, faults, close } = await here.open({ lang: 'en' });
  await page.locator('.cell').first().waitFor();
  await tabTo(page, /^Output$/);
  await page.keyboard.press('Enter');
  for (const name of [/^Grayscale/, /^Sepia/]) {
    await tabTo(page, name);
    await page.keyboard.press('Space');
  }
  await tabTo(page, /^Add 2 outputs/);
  await page.keyboard.press('Enter');
  await page.getByText('Process 24 files').waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'See results' }).waitFor();
  await page.keyboard.press('3');
  await page.getByRole('heading', { name: /files ready$/ }).waitFor();
  /** Presses what has the focus. Returns how many files the archive has that comes. */
  const archive = async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    const zip = readFileSync(await download.path());
    assert.equal(zip.subarray(0, 4).toString('latin1'), 'PK\x03\x04');
    return zip.readUInt16LE(zip.length - 22 + 10);
  };
  await tabTo(page, /Download ZIP/);
  assert.equal(await archive(), 24);
  await tabTo(page, /^ZIP: Sepia/);
  assert.equal(await archive(), 12);
  // Four photos of the middle; what can be done with them is not behind all the others.
  await press(page, /^Pick: DSC_2404/, 'Space');
  await press(page, /^Pick: DSC_2407/, 'Shift+Space');
  await page.getByText('4 photos · 8 files').waitFor();
  await page.keyboard.press('Escape');
  await tabTo(page, /^ZIP · /, 20);
  assert.equal(await archive(), 8);
  // The link has the focus; on the page itself the letters count.
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
  await close();
});

test('whatever goes while it has the focus leaves it close by', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await page.locator('.cell').first().waitFor();
  await removeOutputs(page);
  await addOutputs(page, /^Web 1600/, 'Sepia');
  const isIn = (selector) => page.waitForFunction((wanted) => document.activeElement?.closest(wanted), selector);
  await page.locator('#main').focus();
  // A format, a step, an output, a photo that is taken back.
  await press(page, /^Remove AVIF/);
  await isIn('.files');
  await press(page, /^Resize 1600/);
  await press(page, /^Remove Resize/);
  await isIn('.output-body');
  await press(page, /^Duplicate/);
  await isIn('.output-card');
  await press(page, /^Remove output/);
  await isIn('.output-cards');
  await page.locator('.cell').first().focus();
  await page.keyboard.press('Delete');
  await page.getByText('1 photo taken out').waitFor();
  await press(page, /^Undo/);
  await isIn('.images');
  // A button that can go no further.
  for (let presses = 0; presses < 4 && !(await page.getByRole('button', { name: 'Zoom in' }).isDisabled()); presses += 1)
    await press(page, /^Zoom in/);
  await isIn('.zoom');
  // Screens that give way to others.
  const jobs = async () => (await here.read('/api/jobs')).jobs;
  const before = (await jobs()).length;
  await press(page, /^Process/);
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  for (let all = []; all.length <= before || all.at(-1).state !== 'finished';) all = await jobs();
  await page.getByRole('button', { name: 'See results' }).waitFor();
  await press(page, /^See results/);
  await page.getByRole('heading', { name: /files ready$/ }).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  await page.locator('input[data-row]').first().waitFor();
  await tabTo(page, /^Pick:/);
  await page.keyboard.press('Space');
  await press(page, /^Pick none/);
  await isIn('.results');
  // A menu is closed by Escape, which does not leave it.
  await press(page, /^Report/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('details.menu[open]').count(), 0);
  assert.match(await focused(page), /^SUMMARY/);
  assert.deepEqual(faults, []);
  await close();
});

test('outputs are kept as a recipe, loaded again and deleted', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await page.locator('.cell').first().waitFor();
  await removeOutputs(page);
  await addOutputs(page, /^Web 1600/, 'Sepia');
  const names = () => page.locator('.output-name .name').allTextContents();
  const kept = await names();
  await page.locator('#main').focus();
  await press(page, /^Save as a recipe/);
  await page.keyboard.type('Mine');
  await page.keyboard.press('Enter');
  await page.getByText('Recipe “Mine” saved.').waitFor();
  assert.equal(await focused(page), 'BUTTON Save as a recipe');
  await press(page, /^Remove output/);
  await page.waitForFunction(() => document.querySelectorAll('.output-card').length === 1);
  await press(page, /^Recipes/);
  await press(page, /^Mine/);
  await page.getByText('Recipe “Mine” loaded.').waitFor();
  assert.deepEqual(await names(), kept);
  assert.equal(await focused(page), 'BUTTON Recipes');
  await page.keyboard.press('Enter');
  await press(page, /^Remove Mine/);
  await page.getByRole('button', { name: /^Mine/ }).waitFor({ state: 'detached' });
  assert.ok(await page.evaluate(() => !!document.activeElement?.closest('dialog')));
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'BUTTON Recipes');
  assert.deepEqual((await here.read('/api/recipes')).recipes, []);
  assert.deepEqual(faults, []);
  await close();
});

test('a job of before is opened, done again and forgotten', async () => {
  await here.startJob({ filters: ['posterizar'] });
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/results' });
  await page.getByRole('heading', { name: '12 of 12 files ready' }).waitFor();
  const [{ outputs, ok }] = (await here.read('/api/history')).jobs;
  await page.locator('#main').focus();
  await press(page, /^Earlier jobs/);
  await page.locator('.history .folder').first().waitFor();
  await press(page, /^Boda /);
  await page.getByRole('heading', { name: `${ok} of ${ok} files ready` }).waitFor();
  assert.equal(await focused(page), 'BUTTON Earlier jobs');
  await page.keyboard.press('Enter');
  await page.locator('.history .folder').first().waitFor();
  await press(page, /^Forget: /);
  await page.getByText(/is forgotten; its files stay/).waitFor();
  assert.ok(await page.evaluate(() => !!document.activeElement?.closest('dialog')));
  await page.keyboard.press('Escape');
  await press(page, /^Run again/);
  await page.locator('.output-card').first().waitFor();
  assert.equal(await page.locator('.output-card').count(), outputs.length);
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  await page.keyboard.press('3');
  await press(page, /^Earlier jobs/);
  await page.locator('.history .folder').first().waitFor();
  await press(page, /^Run again: /);
  await page.locator('.output-card').first().waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  assert.deepEqual(faults, []);
  await close();
});

test('on a telephone what has the focus is never below the bars', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare', width: 390, height: 844 });
  await page.locator('.cell').first().waitFor();
  await removeOutputs(page);
  await addOutputs(page, 'Sepia');
  const tour = async (bar) => {
    await page.locator('#main').focus();
    const covered = [];
    for (let presses = 0; presses < 80; presses += 1) {
      await page.keyboard.press('Tab');
      if ((await focused(page)) === 'nothing') break;
      const under = await page.evaluate((selector) => {
        const [one, over] = [document.activeElement, document.querySelector(selector)];
        if (!one || !over?.checkVisibility() || over.contains(one) || !one.closest('main')) return false;
        const [box, bound] = [one.getBoundingClientRect(), over.getBoundingClientRect()];
        return box.top + box.height / 2 > bound.top && box.top < bound.bottom;
      }, bar);
      if (under) covered.push(await focused(page));
    }
    assert.deepEqual(covered, []);
  };
  await tour('.start');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'See results' }).press('Enter');
  await page.locator('input[data-row]').first().press('Space');
  await tour('.picked-bar');
  const ends = await page.locator('.picked-bar .btn').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().right));
  assert.ok(Math.max(...ends) <= 390, ends.join());
  assert.deepEqual(faults, []);
  await close();
});

test('a message gives way to what has the focus', async () => {
  await here.choose('Costa');
  // A paused job goes on for as long as the test takes, whatever the machine.
  const job = await here.startJob({ filters: ['blur', 'nitidez', 'bordes', 'relieve', 'sepia', 'posterizar'], workers: 4 });
  await here.command(`/api/jobs/${job}/pause`);
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/run', lanes: true });
  /** What lies over what has the focus. Runs in the page. */
  const over = () => {
    const one = document.activeElement;
    const { left, top, width, height } = one.getBoundingClientRect();
    const points = [0.1, 0.5, 0.9].map((part) => document.elementFromPoint(left + width * part, top + height / 2));
    return points.find((found) => found && !one.contains(found) && found.closest('.toast'))?.textContent ?? '';
  };
  // In a window that ends below the third lane, where messages come.
  const { y, height } = await page.locator('.lane').nth(2).boundingBox();
  await page.setViewportSize({ width: 1440, height: Math.round(y + height + 30) });
  await tabTo(page, /^Kill process 3/);
  // The button of a process that is replaced keeps the focus.
  await page.keyboard.press('Enter');
  await page.locator('.lane').nth(2).locator('.restarted').waitFor();
  assert.equal(await focused(page), 'BUTTON Kill process 3');
  // What has the focus already, and what gets it while the message is there.
  await here.command('/api/workers/1/kill');
  await page.locator('.toast').first().waitFor();
  for (const key of ['', 'Tab', 'Shift+Tab', 'Shift+Tab']) {
    if (key) await page.keyboard.press(key);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    assert.equal(await page.evaluate(over), '', key);
  }
  assert.deepEqual(faults, []);
  await here.endJobs();
  await close();
});

// Last, as the others' history is that of their folder.
for (const how of ['click', 'Enter'])
  test(`what goes away when it is pressed leaves the focus close by: ${how}`, async () => {
    await here.command('/api/images/source', { source: 'samples', count: 12 });
    const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
    await page.locator('.cell').nth(3).waitFor();
    await removeOutputs(page);
    await page.locator('#out-clash').selectOption('fail');
    /** Presses the button; then the focus is within. @param {import('playwright-core').Locator} button @param {string} within */
    const does = async (button, within) => {
      // A key that is pressed at a button that cannot be pressed yet goes to what has the focus.
      await button.and(page.locator(':enabled')).waitFor();
      if (how === 'click') await button.click();
      else await button.press(how);
      const isClose = page.waitForFunction((wanted) => document.activeElement?.closest(wanted), within, { timeout: 5000 });
      await isClose.catch(async () => assert.fail(`${button}: ${await focused(page)}`));
    };
    const named = (name) => page.getByRole('button', { name, exact: true });
    await does(page.locator('.no-outputs .btn'), 'dialog');
    await page.getByRole('checkbox', { name: 'Sepia', exact: true }).press('Space');
    await does(named('Add 1 output'), '.settings');
    await does(named('Duplicate'), '.output-cards');
    await does(named('Remove output'), '.output-cards');
    const name = page.locator('#out-name');
    await name.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('x/{date}');
    await does(named('Rename automatically'), '.start');
    await page.locator('.cell').nth(1).click();
    await page
      .locator('.cell')
      .nth(2)
      .click({ modifiers: ['Shift'] });
    await does(page.locator('.foot').getByRole('button', { name: 'Take out' }), '.images');
    await does(page.locator('.foot').getByRole('button', { name: 'Undo' }), '.images');
    if (!(await named('Add step').count())) await page.locator('.output-name').first().click();
    await named('Add step').click();
    await page.keyboard.type('crop');
    await page.keyboard.press('Enter');
    await does(page.locator('.other').first(), '.stage');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.waitForFunction(() => document.activeElement?.matches('.pill-step'));
    // A job that goes on for as long as the test takes.
    const job = await here.startJob({ filters: ['blur', 'sepia'] });
    await here.command(`/api/jobs/${job}/pause`);
    await does(page.locator('.start .btn.primary'), '.start');
    await page.keyboard.press('Escape');
    await page.keyboard.press('2');
    await does(named('Cancel'), 'dialog');
    await does(page.locator('dialog .btn.danger'), '.page');
    await here.endJobs();
    assert.deepEqual(faults, []);
    await close();
  });
