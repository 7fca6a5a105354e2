// A fleet on the page: real machines, of which one is killed, one is told to leave, and one loses a process.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { focused, press, tabTo } from '../keys.js';
import { site } from '../site.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const here = await site({ images: 240, fleet: true });
after(() => here.close());

const machine = (page, name) => page.locator('.machine', { has: page.getByRole('button', { name, exact: true }) });
const finished = (page) => page.getByRole('button', { name: 'Ver resultados' }).waitFor({ timeout: 180_000 });

test('a job waits for machines, shows the lanes of each, and what a lost one had is outlined where it is redone', async (context) => {
  const { page, faults, close } = await here.open({ path: '/#/run', lanes: true });
  await page.getByText('A la espera de un equipo').waitFor();
  // There is work in hand until a machine is lost: with one filter each the job would be over before.
  const variants = ['grises', 'blur', 'bordes'].map((filter) => ({ name: filter, steps: Array(8).fill({ filter, params: {} }) }));
  await here.startJob({ variants });
  await page.locator('.banner', { hasText: 'A la espera de un equipo' }).waitFor();
  const [one, two] = [here.agent('uno'), here.agent('dos')];
  for (const name of ['uno', 'dos']) {
    await machine(page, name).waitFor();
    await page.waitForFunction(
      (wanted) =>
        [...document.querySelectorAll('.machine')].some(
          (element) => element.textContent.includes(wanted) && /DSC_/.test(element.querySelector('.gutter')?.textContent ?? ''),
        ),
      name,
    );
    assert.equal(await machine(page, name).locator('.lane').count(), 2);
  }
  await page.locator('.banner').waitFor({ state: 'detached' });

  // A process of another machine is killed, and replaced there.
  await press(page, /^Terminar el proceso dos P1/);
  await machine(page, 'dos').locator('.lane').first().locator('.restarted').waitFor();

  one.kill('SIGKILL');
  await page.locator('.machine.lost', { hasText: 'uno' }).waitFor();
  assert.match(await machine(page, 'uno').textContent(), /perdido/);
  await page.locator('.toast', { hasText: 'Se ha perdido uno' }).waitFor();

  // Lanes are closed and opened by keys.
  await press(page, /^dos$/);
  await machine(page, 'dos').locator('.lane').first().waitFor({ state: 'detached' });
  await page.keyboard.press('Enter');
  await machine(page, 'dos').locator('.lane').first().waitFor();
  await finished(page);

  // What it had was outlined where it was redone: the keyboard's cursor finds it.
  await press(page, /^Todo$/);
  const isThere = () => machine(page, 'dos').locator('canvas:focus').count();
  for (let presses = 0; presses < 60 && !(await isThere()); presses += 1) await page.keyboard.press('Tab');
  const spoken = machine(page, 'dos').locator('.plot [aria-live]');
  let redone = '';
  for (const row of [0, 1]) {
    if (row) {
      await page.keyboard.press('ArrowDown');
      for (let step = 0; step < 60; step += 1) await page.keyboard.press('ArrowRight');
    }
    for (let step = 0; step < 60 && !redone; step += 1) {
      await page.keyboard.press('ArrowLeft');
      const words = (await spoken.textContent()) ?? '';
      if (/rehecha|repetida/i.test(words)) redone = words;
    }
  }
  context.diagnostic(redone);
  const report = await here.read('/api/jobs/j1/report.json');
  assert.equal(report.job.progress.ok, 720);
  assert.ok(report.job.progress.redone >= 1, JSON.stringify(report.job.progress));
  if (process.env.LOTE_SHOTS) await page.screenshot({ path: `${process.env.LOTE_SHOTS}/fleet.png`, fullPage: true });

  // The other one is told to leave, by keys.
  await tabTo(page, /^Retirar: dos/);
  const left = new Promise((resolve) => two.once('exit', resolve));
  await page.keyboard.press('Enter');
  assert.equal(await left, 0);
  await machine(page, 'dos').waitFor({ state: 'detached' });
  assert.notEqual(await focused(page), 'nothing');
  assert.deepEqual(faults, []);
  await close();
});

test('machines fit every window, in both themes and languages, and axe finds nothing', async () => {
  const agents = [here.agent('tres'), here.agent('cuatro', 1)];
  await here.startJob({ filters: ['grises', 'blur'] });
  for (const [lang, theme] of [
    ['es', 'light'],
    ['en', 'dark'],
  ]) {
    const { page, faults, close } = await here.open({ path: '/#/run', lang, theme, lanes: true, bypassCSP: true });
    await page.evaluate(AXE);
    await machine(page, 'cuatro').locator('.lane').first().waitFor();
    for (const [width, height] of [
      [1440, 900],
      [1024, 768],
      [844, 390],
      [390, 844],
      [360, 225],
    ]) {
      await page.setViewportSize({ width, height });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${width}: ${wide} px too wide`);
      const small = await page.evaluate(
        () =>
          [...document.querySelectorAll('.machine button')].filter((button) => {
            const { width: across, height: high } = button.getBoundingClientRect();
            return across && (across < 24 || high < 24);
          }).length,
      );
      assert.equal(small, 0, `targets at ${width}`);
      const violations = await page.evaluate(() =>
        window.axe
          .run(document, { resultTypes: ['violations'] })
          .then((result) => result.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)),
      );
      assert.deepEqual(violations, [], `${lang} ${theme} ${width}`);
      if (process.env.LOTE_SHOTS) await page.screenshot({ path: `${process.env.LOTE_SHOTS}/fleet-${lang}-${theme}-${width}.png` });
    }
    assert.deepEqual(faults, []);
    await close();
  }
  // The next job is not theirs.
  for (const agent of agents) agent.kill();
});

test('more workers than can be shown are one bar a machine, which opens on a click and asks for its lanes', async () => {
  here.agent('muchos', 70);
  const { page, faults, close } = await here.open({ path: '/#/run', lanes: true });
  await machine(page, 'muchos').waitFor();
  // Long enough for seventy processes to begin, and to be asked for what they do.
  await here.startJob({ filters: ['grises', 'blur', 'bordes', 'sepia', 'brillo', 'contraste'] });
  assert.equal(await page.locator('.machine .lane').count(), 0);
  await machine(page, 'muchos').getByRole('button', { name: 'muchos', exact: true }).click();
  // Seventy processes take their time to begin where others are at work.
  await page.waitForFunction(() => document.querySelectorAll('.machine .lane').length === 70, undefined, { timeout: 180_000 });
  await page.waitForFunction(() => [...document.querySelectorAll('.machine .gutter')].some((gutter) => /DSC_/.test(gutter.textContent)));
  assert.deepEqual(faults, []);
  await close();
});
