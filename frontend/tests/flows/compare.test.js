// Compare: processes against threads, measured; the isolation test on a running job.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { site } from '../site.js';

const here = await site({ images: 400 });
after(() => here.close());

test('a process is killed at random in mid-job, nothing is lost, and the hashes prove it', async () => {
  await here.startJob();
  const { page, faults, close } = await here.open({ path: '/#/compare', lang: 'en' });
  await page.getByRole('button', { name: 'Kill a random process' }).click();
  await page.locator('.isolation .hashes').waitFor();
  const facts = await page.locator('.isolation dl').first().textContent();
  assert.match(facts, /SIGKILL/);
  assert.match(facts, /Images lost0$/);
  const [after, undisturbed] = await page.locator('.isolation .hashes code').allTextContents();
  assert.match(after, /^[0-9a-f]{64}$/);
  assert.equal(after, undisturbed);
  assert.match(await page.locator('.isolation .hashes p').textContent(), /^The \d outputs? (is|are) identical/);
  // The drawer lies over the page, and makes room for it.
  await page.keyboard.press('Escape');
  await page.locator('.drawer').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await page.getByRole('button', { name: 'See results' }).waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test('without a job the isolation test starts a small one of its own, and proves what it shows', async () => {
  await here.choose('Costa');
  const { page, faults, close } = await here.open({ path: '/#/prepare', lang: 'en' });
  await page.locator('#main').focus();
  await page.keyboard.press('?');
  const kill = page.getByRole('button', { name: 'Kill a random process' });
  await page.getByText('it starts a small one').waitFor();
  await kill.focus();
  const of = async () => (await here.read('/api/jobs')).jobs;
  const before = await of();
  // What the test before has shown.
  const [shown = ''] = await page.locator('.isolation .hashes code').allTextContents();
  await page.keyboard.press('Enter');
  let jobs = before;
  while (jobs.length === before.length) jobs = await of();
  assert.equal(jobs.at(-1).images, 24);
  await page.waitForFunction((old) => {
    const [hash] = document.querySelectorAll('.isolation .hashes code');
    return hash && hash.textContent !== old;
  }, shown);
  const [after, undisturbed] = await page.locator('.isolation .hashes code').allTextContents();
  assert.equal(after, undisturbed);
  assert.match(jobs.at(-1).output_label, /\/lote-isolation$/);
  for (let state = ''; state !== 'finished';) ({ state } = await here.read(`/api/jobs/${jobs.at(-1).id}`));
  assert.deepEqual(faults, []);
  await close();
});

test('processes and threads are measured on the same images, and the sentence follows from the figures', async () => {
  await here.choose('Mezcla');
  const { page, faults, close } = await here.open({ path: '/#/compare', lang: 'en' });
  await page.locator('#compare-filter').selectOption('grises');
  await page.getByRole('button', { name: 'Run the comparison' }).click();
  await page.locator('.verdict').waitFor();
  assert.match(await page.locator('.verdict').textContent(), /^On this machine .*One crash interrupts \d+ images? with processes/);
  assert.equal(await page.locator('table.data tbody tr').count(), 7);
  assert.doesNotMatch(await page.locator('.drawer').innerText(), /NaN|Infinity|undefined|null/);
  await page.locator('.chart-place svg').waitFor();
  assert.deepEqual(faults, []);
  await close();
});
