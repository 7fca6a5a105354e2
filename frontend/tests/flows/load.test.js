// Load: 10,000 images in the list, 200 events a second. Figures are reported, what is asserted does not depend on the machine's speed.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { site } from '../site.js';

const here = await site({ rate: 200, images: 24 }, { development: true });
after(() => here.close());
const SECONDS = Number(process.env.LOTE_LOAD_SECONDS ?? 10);

/** Collects long tasks from now on. Runs in the page. */
function watch() {
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries())).observe({ type: 'longtask' });
}

/** Those that `watch` has collected, ms, but for what a test has the page do. @param {import('playwright-core').Page} page @param {[number, number][]} [own] */
const longTasks = (page, own = []) =>
  page.evaluate(
    (own) =>
      window.longTasks
        .filter(({ startTime, duration }) => !own.some(([from, to]) => startTime < to && startTime + duration > from))
        .map(({ duration }) => Math.round(duration)),
    own,
  );

/** Bytes of the heap after a collection, and from when to when that took by the page's clock, ms. @param {import('playwright-core').Page} page @returns {Promise<[number, [number, number]]>} */
async function heap(page) {
  const session = await page.context().newCDPSession(page);
  const from = await page.evaluate(() => performance.now());
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return [usedSize, [from, await page.evaluate(() => performance.now())]];
}

// What is sent is shorter than what the development server joins: the program counts its own bytes.
test('the page is painted', async (context) => {
  const { page, close } = await here.open({ throttle: 4 });
  await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
  context.diagnostic(`first paint ${Math.round(paint)} ms at 4x`);
  await close();
});

test('10,000 images: few elements, and the heap is flat after three full scrolls', async (context) => {
  await here.choose('Archivo');
  const { page, close } = await here.open({ throttle: 4 });
  await page.locator('.cell.loaded').first().waitFor();
  await page.evaluate(watch);
  const sweep = () =>
    page.evaluate(async () => {
      const grid = document.querySelector('.images .grid');
      let most = 0;
      for (let step = 0; step <= 60; step += 1) {
        grid.scrollTop = (grid.scrollHeight * step) / 60;
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        most = Math.max(most, grid.querySelectorAll('*').length);
      }
      return most;
    });
  let most = await sweep();
  const [first, whenFirst] = await heap(page);
  for (let round = 0; round < 2; round += 1) most = Math.max(most, await sweep());
  const [last, whenLast] = await heap(page);
  const long = await longTasks(page, [whenFirst, whenLast]);
  context.diagnostic(
    `${most} elements; heap ${(first / 1e6).toFixed(1)} -> ${(last / 1e6).toFixed(1)} MB; long tasks at 4x: ${JSON.stringify(long)}`,
  );
  assert.ok(most <= 400);
  assert.ok(last < first * 1.25 + 1e6);
  await close();
});

test('200 events a second: counts follow and nothing piles up', async (context) => {
  await here.choose('Archivo');
  const { page, close } = await here.open({ throttle: 4, path: '/#/run', lanes: true });
  const job = await here.startJob({ workers: 8 });
  await page.locator('.lane').nth(7).waitFor();
  await page.waitForTimeout(2000);
  await page.evaluate(watch);
  const lags = [];
  for (let second = 0; second < SECONDS; second += 1) {
    await page.waitForTimeout(1000);
    const began = performance.now();
    const { job: now } = await here.read(`/api/jobs/${job}/report.json`);
    await page.waitForFunction(
      (wanted) => Number((/\d[\d.]*/.exec(document.querySelector('.hero p').textContent)?.[0] ?? '0').replace(/\./g, '')) >= wanted,
      now.progress.done,
    );
    lags.push(Math.round(performance.now() - began));
  }
  const long = await longTasks(page);
  const rate = await page.locator('.figure').nth(1).locator('dd').textContent();
  context.diagnostic(
    `rate shown ${rate}; lag to screen incl. this measurement ${JSON.stringify(lags)} ms; long tasks at 4x in ${SECONDS} s: ${JSON.stringify(long)}`,
  );
  assert.ok((await page.locator('.recent-cell').count()) <= 10);
  await here.command(`/api/jobs/${job}/cancel`);
  await close();
});
