// Takes the pictures in `docs` from the real page, every screen in both themes: `LOTE_PROGRAM=../target/release/lote npm run screenshot`.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { addOutputs, removeOutputs } from './outputs.js';
import { site } from './site.js';

const folder = fileURLToPath(new URL('../../docs/', import.meta.url));
mkdirSync(`${folder}page`, { recursive: true });
const shoot = (page, name) => page.screenshot({ path: `${folder}${name}.jpg`, type: 'jpeg', quality: 78 });
/** All pictures in view are there. */
const pictures = (page) =>
  page.waitForFunction(() =>
    [...document.querySelectorAll('main img, dialog img')].every((image) => {
      const { left, top } = image.getBoundingClientRect();
      const isSeen = image.src && image.checkVisibility() && left < innerWidth && top < innerHeight;
      return !isSeen || (image.complete && image.naturalWidth > 0);
    }),
  );

const here = await site({ empty: true });
for (const theme of ['light', 'dark']) {
  await here.command('/api/images/clear');
  const { page } = await here.open({ lang: 'en', theme });
  const take = async (name) => {
    await pictures(page);
    await page.waitForTimeout(400);
    await shoot(page, `page/${name}-${theme}`);
  };
  await page.locator('.drop-zone').waitFor();
  await take('empty');

  await here.command('/api/images/source', { source: 'samples', count: 12 });
  await page.locator('.cell').nth(5).waitFor();
  await page.locator('.cell').nth(3).click();
  await removeOutputs(page);
  await addOutputs(page, /^Web 1600/, /^Instagram/, 'Sepia');
  await page.locator('.tag.after', { hasText: 'web' }).waitFor();
  await page.locator('.start', { hasText: 'in total' }).waitFor();
  await page.locator('.toast').first().waitFor({ state: 'detached' });
  await take('prepare');
  if (theme === 'light') await shoot(page, 'prepare');

  await page.locator('.settings .pane-head .btn').last().click();
  await page.waitForFunction(() => ![...document.querySelectorAll('.offer-picture img')].some((image) => image.hidden));
  await take('add-outputs');
  await page.keyboard.press('Escape');

  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  await page.locator('.crop-box').waitFor();
  await page.getByRole('button', { name: '4:5', exact: true }).click();
  await page.keyboard.press('f');
  await take('crop');
  await page.getByRole('button', { name: 'Done' }).click();
  await removeOutputs(page);

  await addOutputs(page, /^Web 1600/, /^Instagram/, 'Grayscale', 'Find edges');
  await page.locator('.more-settings summary').click();
  await page.locator('#out-workers').fill('4');
  await page.keyboard.press('Control+Enter');
  await page.locator('.squares i').nth(3).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.recent img').length > 9);
  await take('run');
  await page.locator('.fold').click();
  for (const worker of [2, 3]) {
    await page.getByRole('button', { name: `Kill process ${worker}`, exact: true }).click();
    await page
      .locator('.toast', { hasText: `Process ${worker} crashed` })
      .first()
      .waitFor();
    await page.waitForTimeout(700);
  }
  await page.waitForTimeout(2500);
  await take('lanes');
  if (theme === 'light') await shoot(page, 'run');

  await page.getByRole('button', { name: 'See results' }).click();
  await page.locator('.row-picture img').nth(9).waitFor();
  await page.locator('.toast').first().waitFor({ state: 'detached' });
  await take('results');
  await page.locator('button.row-picture').first().click();
  await page.locator('.lightbox .layer.over img:visible').waitFor();
  await take('large');
  // The first leaves what is large, the second the row.
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.locator('.drawer').waitFor();
  await take('drawer');
}
await here.close();
