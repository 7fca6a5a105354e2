// Compare: processes against threads, measured; the isolation test on a running job.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { focused, press, tabTo, whatCovers } from '../keys.js';
import { site } from '../site.js';

const here = await site({ images: 400 });
after(() => here.close());

test('a process is killed at random in mid-job, nothing is lost, and the hashes prove it', async () => {
  await here.startJob();
  const { page, faults, close } = await here.open({ path: '/#/compare', lang: 'en' });
  await press(page, /^Kill a random process/);
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
  await page.getByText('it starts a small one').waitFor();
  await tabTo(page, /^Kill a random process/);
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
  await tabTo(page, /^Output$/);
  await page.keyboard.type('Gray');
  await press(page, /^Run the comparison/);
  await page.locator('.verdict').waitFor();
  assert.match(await page.locator('.verdict').textContent(), /One crash interrupts \d+ images? with processes/);
  assert.equal(await page.locator('table.data tbody tr').count(), 7);
  assert.doesNotMatch(await page.locator('.drawer').innerText(), /NaN|Infinity|undefined|null/);
  await page.locator('.chart-place svg').waitFor();
  assert.match((await page.locator('.comparison .muted').first().textContent()) ?? '', /Grayscale/);
  // What had the focus came and went with the state; the drawer has it still, and gives it back.
  assert.ok(await page.evaluate(() => !!document.activeElement?.closest('.drawer')));
  await page.keyboard.press('Escape');
  await page.locator('.drawer').waitFor({ state: 'detached' });
  await press(page, /^How it works/);
  await page.getByRole('dialog').waitFor();
  // Past its end the focus goes to the page, of which it covers a part.
  for (let presses = 0; presses < 40 && (await page.locator('.drawer').count()); presses += 1) {
    await page.keyboard.press('Tab');
    assert.equal(await whatCovers(page), '', await focused(page));
  }
  await page.locator('.drawer').waitFor({ state: 'detached' });
  await press(page, /^How it works/);
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.match(await focused(page), /^BUTTON How it works/);
  assert.deepEqual(faults, []);
  await close();
});
