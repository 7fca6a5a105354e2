// The whole flow with the keyboard alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { addOutputs, removeOutputs } from '../outputs.js';
import { site } from '../site.js';

const here = await site({ images: 12 });
after(() => here.close());
const MOST_TABS = 120;

/** Presses Tab until what has the focus is called that. @param {import('playwright-core').Page} page @param {RegExp} name */
async function tabTo(page, name) {
  const seen = [];
  for (let presses = 0; presses < MOST_TABS; presses += 1) {
    await page.keyboard.press('Tab');
    const now = await page.evaluate(() => {
      const element = document.activeElement;
      return `${element?.getAttribute('aria-label') ?? ''} ${element?.closest('label')?.textContent ?? element?.textContent ?? ''}`.trim();
    });
    if (name.test(now)) return;
    seen.push(now.slice(0, 30));
  }
  assert.fail(`Tab does not reach ${name}, but ${seen}`);
}

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
  await tabTo(page, /Download ZIP/);
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  assert.equal(
    readFileSync(await download.path())
      .subarray(0, 4)
      .toString('latin1'),
    'PK\x03\x04',
  );
  // The link has the focus; on the page itself the letters count.
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
  await close();
});

/** What has the focus, in words. @param {import('playwright-core').Page} page */
const focused = (page) =>
  page.evaluate(() => {
    const one = document.activeElement;
    return one === document.body ? 'nothing' : `${one?.tagName} ${one?.getAttribute('aria-label') ?? one?.textContent ?? ''}`;
  });

test('whatever goes while it has the focus leaves it close by', async () => {
  const { page, faults, close } = await here.open({ lang: 'en', path: '/#/prepare' });
  await page.locator('.cell').first().waitFor();
  await removeOutputs(page);
  await addOutputs(page, /^Web 1600/, 'Sepia');
  const press = async (name) => {
    await tabTo(page, name);
    await page.keyboard.press('Enter');
  };
  const isIn = (selector) => page.waitForFunction((wanted) => document.activeElement?.closest(wanted), selector);
  await page.locator('#main').focus();
  // A format, a step, an output, a photo that is taken back.
  await press(/^Remove AVIF/);
  await isIn('.files');
  await press(/^Resize 1600/);
  await press(/^Remove Resize/);
  await isIn('.output-body');
  await press(/^Duplicate/);
  await isIn('.output-card');
  await press(/^Remove output/);
  await isIn('.output-cards');
  await page.locator('.cell').first().focus();
  await page.keyboard.press('Delete');
  await page.getByText('1 photo taken out').waitFor();
  await press(/^Undo/);
  await isIn('.images');
  // Screens that give way to others.
  const jobs = async () => (await here.read('/api/jobs')).jobs;
  const before = (await jobs()).length;
  await press(/^Process/);
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  for (let all = []; all.length <= before || all.at(-1).state !== 'finished';) all = await jobs();
  await page.getByRole('button', { name: 'See results' }).waitFor();
  await press(/^See results/);
  await page.getByRole('heading', { name: /files ready$/ }).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  await page.locator('input[data-row]').first().waitFor();
  await tabTo(page, /^Pick:/);
  await page.keyboard.press('Space');
  await press(/^Pick none/);
  await isIn('.results');
  // A menu is closed by Escape, which does not leave it.
  await press(/^Report/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('details.menu[open]').count(), 0);
  assert.match(await focused(page), /^SUMMARY/);
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
  assert.deepEqual(faults, []);
  await close();
});
