// Situations that only the development server can be ordered into.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { site } from '../site.js';

const here = await site({ rate: 30 }, { development: true });
after(() => here.close());

test('an image that kills its process again and again is named, and the batch goes on', async () => {
  await here.choose('Costa');
  await here.control('rate', 2000);
  await here.startJob({ filters: ['grises'] });
  const { page, faults, close } = await here.open({ path: '/#/run' });
  await page.getByRole('button', { name: 'Ver resultados' }).waitFor();
  await here.control('rate', 30);
  await page.locator('.failures').getByText('Hizo caer su proceso una y otra vez (SIGSEGV).').waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('a full disk pauses with the missing size', async () => {
  await here.choose('Archivo');
  await here.startJob();
  const { page, faults, close } = await here.open({ path: '/#/run' });
  await page.locator('.squares i').first().waitFor();
  await here.control('no_space');
  await page.locator('.banner.bad').getByText('Disco lleno: faltan 2,80').waitFor();
  assert.match(await page.locator('#alert').textContent(), /Disco lleno/);
  await here.control('space');
  await page.locator('.banner').waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
  await close();
});
