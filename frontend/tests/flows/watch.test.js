// A folder that is watched: begun on the Prepare screen, followed and stopped on the Run screen, in both languages.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { landscape, png } from '../../dev/pictures.js';
import { focused, press, tabTo } from '../keys.js';
import { addOutputs } from '../outputs.js';
import { site } from '../site.js';

const ASKED = {
  mode: 'processes',
  workers: 1,
  variants: [{ name: 'grises', steps: [{ filter: 'grises', params: {} }] }],
  output: { folder: null, format: null, quality: 75, pattern: '{name}_{variant}', if_exists: 'overwrite' },
};
const here = await site({ images: 6 });
after(() => here.close());

test('a watched folder is made, goes on with what comes, and is stopped', async () => {
  const { page, faults, close } = await here.open({ path: '/#/prepare' });
  await addOutputs(page, 'Escala de grises');
  await page.locator('#main').focus();
  await press(page, /^Vigilar esta carpeta/);
  const watched = page.getByRole('region', { name: 'Carpetas vigiladas' });
  await watched.getByText('6 hechas, 0 fallidas').waitFor();
  // Another page, in another language, sees the same.
  const other = await here.open({ path: '/#/run', lang: 'en' });
  await other.page.getByRole('region', { name: 'Watched folders' }).getByText('6 made, 0 failed').waitFor();
  // Whoever is about to stop it is not sent away by what comes.
  await tabTo(page, /^Parar: /);
  writeFileSync(join(here.input, 'llega.png'), png(landscape(99, 300, 200)));
  writeFileSync(join(here.input, 'rota.png'), 'no picture');
  await watched.getByText('7 hechas, 1 fallidas').waitFor();
  await watched.getByText('Espera fotos').waitFor();
  assert.equal(await focused(page), 'BUTTON Parar: Boda Clara y Tomás');
  // A job goes on beside it.
  const job = await here.startJob({ filters: ['sepia'], workers: 1 });
  await page.getByRole('button', { name: 'Ver resultados' }).waitFor();
  const { job: done } = await here.read(`/api/jobs/${job}/report.json`);
  assert.equal(done.progress.done, done.outputs);
  const again = await here.command('/api/watches', ASKED);
  assert.deepEqual([again.status, again.body.error.code], [409, 'watched']);
  await press(page, /^Parar: /);
  await watched.waitFor({ state: 'detached' });
  assert.notEqual(await focused(page), 'nothing');
  await other.page.getByRole('region', { name: 'Watched folders' }).waitFor({ state: 'detached' });
  assert.deepEqual((await here.read('/api/watches')).watches, []);
  assert.deepEqual([...faults, ...other.faults], []);
  await other.close();
  await close();
});
