// The whole flow with the keyboard alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { site } from '../site.js';

const here = await site({ images: 12 });
after(() => here.close());
const MOST_TABS = 120;

/** Presses Tab until what has the focus is called that. @param {import('playwright-core').Page} page @param {RegExp} name */
async function tabTo(page, name) {
  for (let presses = 0; presses < MOST_TABS; presses += 1) {
    await page.keyboard.press('Tab');
    const now = await page.evaluate(() => {
      const element = document.activeElement;
      return `${element?.getAttribute('aria-label') ?? ''} ${element?.closest('label')?.textContent ?? element?.textContent ?? ''}`.trim();
    });
    if (name.test(now)) return;
  }
  assert.fail(`Tab does not reach ${name}`);
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
