// Every state in both themes, both languages and three widths: axe-core without violations, nothing wider than the window,
// no text under 12 px, no target under 24 px, no cropped photo.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { site } from '../site.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const here = await site({ rate: 20, images: 120 }, { development: true });
after(() => here.close());
const WIDTHS = [
  [1440, 900],
  [1024, 768],
  [390, 844],
];

/** What lies outside the page, is too small, or crops a photo. Runs in the page. */
function defects() {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push(`page is ${document.documentElement.scrollWidth} px wide`);
  const visible = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && element.checkVisibility();
  };
  for (const element of document.querySelectorAll('body *')) {
    if (!visible(element) || element.closest('.hidden, .skip')) continue;
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (own && parseFloat(getComputedStyle(element).fontSize) < 12)
      found.push(`text of ${getComputedStyle(element).fontSize}: ${element.textContent}`);
    if (element.matches('button, summary, select, input:not([type=range]), a.btn, .tabs a, .menu-items a')) {
      const box = (element.matches('input[type=checkbox]') ? (element.closest('label') ?? element) : element).getBoundingClientRect();
      if (box.width < 24 || box.height < 24)
        found.push(`target of ${box.width.toFixed(1)} x ${box.height.toFixed(1)}: ${element.outerHTML.slice(0, 120)}`);
    }
    if (element.matches('img') && element.naturalWidth && getComputedStyle(element).objectFit === 'cover')
      found.push(`cropped: ${element.outerHTML.slice(0, 80)}`);
  }
  return found;
}

/** Ends when nothing moves any more. Runs in the page. */
async function settled() {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame();
  await frame();
  const moving = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(moving.map((one) => one.finished));
}

/** @param {import('playwright-core').Page} page @param {string} where */
async function check(page, where) {
  await page.evaluate(settled);
  assert.deepEqual(await page.evaluate(defects), [], where);
  const violations = await page.evaluate(() =>
    window.axe.run(document, { resultTypes: ['violations'] }).then((result) =>
      result.violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map((node) => `${node.html.slice(0, 160)} ${node.any.map((one) => one.message).join()}`)
            .join(' | ')}`,
      ),
    ),
  );
  assert.deepEqual(violations, [], where);
}

/** Pages by what they were opened with: another state in one that is there costs a third of a new one. @type {Map<string, Awaited<ReturnType<typeof here.open>>>} */
const opened = new Map();
/** Nothing is remembered from one state to the next. Runs in the page. */
const forget = () => location.protocol !== 'about:' && localStorage.clear();

/** @param {string} path @param {(page: import('playwright-core').Page) => Promise<unknown>} reach @param {RegExp} [allow] */
async function everywhere(path, reach, allow = /^$/) {
  for (const lang of ['es', 'en']) {
    for (const theme of ['light', 'dark']) {
      const key = `${lang} ${theme} ${allow}`;
      let one = opened.get(key);
      if (one) {
        await one.page.setViewportSize({ width: WIDTHS[0][0], height: WIDTHS[0][1] });
        await one.visit(path);
      } else {
        one = await here.open({ path, lang, theme, allow, bypassCSP: true });
        await one.page.addInitScript(forget);
        opened.set(key, one);
      }
      const { page, faults } = one;
      await page.evaluate(AXE);
      await reach(page);
      for (const [width, height] of WIDTHS) {
        await page.setViewportSize({ width, height });
        await check(page, `${path} ${lang} ${theme} ${width}`);
      }
      // A page that nobody looks at has nothing to follow.
      await page.goto('about:blank');
      assert.deepEqual(faults.splice(0), []);
    }
  }
}

const tick = async (page) => {
  await page.locator('.settings .pane-head .btn').last().click();
  for (const box of [1, 6]) await page.locator('.single input').nth(box).check();
  await page.locator('.purpose input').first().check();
  await page.locator('.offers .primary').click();
  await page.locator('.facts').filter({ hasText: '→' }).waitFor();
};
const stop = async () => {
  const { job } = await here.read('/api/jobs/j1/report.json').catch(() => ({ job: null }));
  if (job && ['running', 'paused'].includes(job.state)) await here.command(`/api/jobs/${job.id}/cancel`);
};

test('empty', async () => {
  await here.command('/api/images/clear');
  await everywhere('/#/prepare', (page) => page.locator('.drop-zone').waitFor());
});
test('nothing to run, no results, nothing compared', async () => {
  for (const path of ['/#/run', '/#/results', '/#/compare']) await everywhere(path, (page) => page.locator('h1').first().waitFor());
});
test('prepare, outputs with an open step', async () => {
  await here.command('/api/images/source', { source: 'input' });
  await everywhere('/#/prepare', async (page) => {
    await tick(page);
    await page.locator('.output-name').last().click();
    await page.locator('.pills .pill-step').first().click();
    await page.locator('.step-box input').first().waitFor();
  });
});
test('prepare, the list of steps, side by side', () =>
  everywhere('/#/prepare', async (page) => {
    await tick(page);
    await page.locator('.pill-step.plus').click();
    await page.locator('.adder .btn').first().waitFor();
    await page.locator('.stage .segmented button').nth(1).click();
  }));
test('the dialog that adds outputs', () =>
  everywhere('/#/prepare', async (page) => {
    await page.locator('.settings .pane-head .btn').last().click();
    await page.locator('.single input').first().check();
  }));
test('prepare at 100 %', () =>
  everywhere('/#/prepare', async (page) => {
    await page.locator('.zoom select').selectOption('1');
    await page.locator('.curtain.full').waitFor();
  }));
test('drawer and dialogs: keys, folders, recipes, skipped files', async () => {
  await everywhere('/#/prepare', async (page) => {
    await page.locator('.tools .btn').last().click();
    await page.locator('.drawer').waitFor();
  });
  await everywhere('/#/prepare', async (page) => {
    await page.locator('.source').click();
    await page.locator('.folder').first().waitFor();
  });
  await everywhere('/#/prepare', async (page) => {
    await page.locator('.settings .head .btn').first().click();
    await page.locator('dialog').waitFor();
  });
});
test('running with a crash, as lanes and as a table', async () => {
  await here.startJob({ workers: 6 });
  await here.command('/api/workers/2/kill');
  const unfold = async (page) => {
    await page.locator('.squares i').nth(5).waitFor();
    await page.locator('.fold').click();
    await page.locator('.lane').nth(5).waitFor();
  };
  await everywhere('/#/run', unfold);
  await everywhere('/#/run', async (page) => {
    await unfold(page);
    await page.locator('.timeline .btn[aria-pressed]').click();
    await page.locator('td').first().waitFor();
  });
});
test('paused, then the question before cancelling, then cancelled', async () => {
  const job = await here.startJob({ workers: 6 });
  const { job: running } = await here.read('/api/jobs/j1/report.json');
  await here.command(`/api/jobs/${running.id}/pause`);
  await everywhere('/#/run', (page) => page.locator('.banner.warn').waitFor());
  await everywhere('/#/run', async (page) => {
    await page.locator('.hero .btn').nth(1).click();
    await page.locator('dialog.confirm').waitFor();
  });
  await here.command(`/api/jobs/${job}/cancel`);
  await here.command(`/api/jobs/${running.id}/cancel`);
  await everywhere('/#/run', (page) => page.locator('.hero .btn.primary').waitFor());
});
test('results, failed list, lightbox', async () => {
  await everywhere('/#/results', (page) => page.locator('.result-body .row-picture img').first().waitFor());
  await everywhere('/#/results', async (page) => {
    await page.locator('.chip').nth(1).click();
    await page.locator('.row-cell.bad, .none').first().waitFor();
  });
  await everywhere('/#/results', async (page) => {
    await page.locator('.result-body button.row-picture').first().click();
    await page.locator('.lightbox .layer.over img:visible').waitFor();
  });
});
test('compared', async () => {
  await stop();
  await here.command('/api/compare', { steps: [{ filter: 'blur', params: {} }], images: 200, repeats: 3 });
  await everywhere('/#/compare', (page) => page.locator('.verdict').waitFor());
});
test('disconnected', async () => {
  await everywhere(
    '/#/run',
    async (page) => {
      await here.cut(2000);
      await page.locator('.banner.bad').first().waitFor();
    },
    /WebSocket/,
  );
});
test('at 400 % zoom nothing is wider than the window and everything can be reached', async () => {
  await here.command('/api/images/source', { source: 'samples', count: 12 });
  for (const path of ['/#/prepare', '/#/run', '/#/results', '/#/compare']) {
    const { page, faults, close } = await here.open({ path, width: 360, height: 225 });
    await page.waitForTimeout(300);
    assert.deepEqual(await page.evaluate(defects), [], path);
    const scrolls = await page.evaluate(() =>
      [...document.querySelectorAll('.page, .prepare')].every(
        (element) => element.scrollHeight <= element.clientHeight || getComputedStyle(element).overflowY === 'auto',
      ),
    );
    assert.ok(scrolls, path);
    await page
      .locator(path === '/#/prepare' ? '.more-settings' : 'h1')
      .first()
      .scrollIntoViewIfNeeded();
    assert.deepEqual(faults, []);
    await close();
  }
});
