// A person without a pointer: Tab, arrows, Enter, Space and letters.
import assert from 'node:assert/strict';

const MOST_TABS = 120;

/** What has the focus, in words. @param {import('playwright-core').Page} page */
export const focused = (page) =>
  page.evaluate(() => {
    const one = document.activeElement;
    return one === document.body ? 'nothing' : `${one?.tagName} ${one?.getAttribute('aria-label') ?? one?.textContent ?? ''}`;
  });

/** What lies over the middle of what has the focus; what covers it gives way in the next frame. @param {import('playwright-core').Page} page */
export const whatCovers = (page) =>
  page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    const one = document.activeElement;
    if (!one || one === document.body) return '';
    const { left, top, width, height } = one.getBoundingClientRect();
    const found = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!found) return `it is outside of the window: ${[left, top, width, height]}`;
    const isOwn = one.contains(found) || found.contains(one) || one.labels?.[0]?.contains(found);
    return isOwn ? '' : found.outerHTML.slice(0, 200);
  });

/** Presses Tab until what has the focus is called that; nothing lies over it then. @param {import('playwright-core').Page} page @param {RegExp} name @param {number} [most] presses */
export async function tabTo(page, name, most = MOST_TABS) {
  const seen = [];
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press('Tab');
    const now = await page.evaluate(() => {
      const element = document.activeElement;
      const words = element?.labels?.[0]?.textContent ?? element?.textContent ?? '';
      return `${element?.getAttribute('aria-label') ?? ''} ${words}`.trim();
    });
    if (name.test(now)) {
      assert.equal(await whatCovers(page), '', `over ${now}`);
      return;
    }
    seen.push(now.slice(0, 30));
  }
  assert.fail(`Tab does not reach ${name}, but ${seen}`);
}

/** Goes to what is called that, and presses it once it can be pressed. @param {import('playwright-core').Page} page @param {RegExp} name @param {string} [key] */
export async function press(page, name, key = 'Enter') {
  await tabTo(page, name);
  await page.waitForFunction(() => !document.activeElement?.matches('[aria-disabled="true"]'));
  await page.keyboard.press(key);
}
