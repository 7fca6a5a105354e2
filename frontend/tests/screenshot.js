// Takes the README's pictures from the real page: `LOTE_PROGRAM=../target/release/lote npm run screenshot`.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { addOutputs } from './outputs.js';
import { isDevelopment, site } from './site.js';

if (isDevelopment) throw new Error('LOTE_PROGRAM must name the program');
const folder = fileURLToPath(new URL('../../docs/', import.meta.url));
mkdirSync(folder, { recursive: true });
const shoot = (page, name) => page.screenshot({ path: `${folder}${name}.jpg`, type: 'jpeg', quality: 82 });

const here = await site({ empty: true });
await here.command('/api/images/source', { source: 'samples', count: 12 });

const { page } = await here.open({ lang: 'en', width: 1440, height: 900 });
await page.locator('.cell').nth(5).waitFor();
await page.locator('.cell').nth(3).click();
await addOutputs(page, /^Web 1600/, /^Instagram/, 'Sepia');
await page.waitForFunction(() =>
  [...document.querySelectorAll('.grid .cell img')].filter((image) => image.checkVisibility()).every((image) => image.naturalWidth > 0),
);
await page.locator('.tag.after', { hasText: 'web' }).waitFor();
await page.waitForFunction(() =>
  [...document.querySelectorAll('.output-thumb img')].every((image) => image.checkVisibility() && image.naturalWidth > 0),
);
await page.waitForTimeout(1500);
await shoot(page, 'prepare');

await addOutputs(page, 'Grayscale', 'Blur', 'Find edges', 'Emboss');
await page.locator('.more-settings summary').click();
await page.locator('#out-workers').fill('4');
await page.keyboard.press('Control+Enter');
await page.locator('.fold').click();
await page.locator('.lane').nth(3).waitFor();
await page.waitForTimeout(1500);
for (const worker of [2, 3]) {
  await page.getByRole('button', { name: `Kill process ${worker}`, exact: true }).click();
  await page
    .locator('.toast', { hasText: `Process ${worker} crashed` })
    .first()
    .waitFor();
  await page.waitForTimeout(700);
}
await page.waitForTimeout(4000);
await page.waitForFunction(() => [...document.querySelectorAll('.recent img')].every((image) => image.naturalWidth > 0));
await shoot(page, 'run');
await here.close();
