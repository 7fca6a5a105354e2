// Regions of the page that follow signals, by the module that makes them.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { site } from '../site.js';

const here = await site({}, { development: true });
after(() => here.close());

test('a region that goes takes along what came later to a region within it', async () => {
  const { page, faults, close } = await here.open();
  const shown = await page.evaluate(async () => {
    const { add } = await import('/modules/element.js');
    const { signal } = await import('/modules/signal.js');
    const [isOpen, count] = [signal(true), signal(0)];
    const parent = document.createElement('p');
    add(parent, ['(', () => isOpen.value && [() => count.value > 0 && `${count.value}`, 'b'], ')']);
    const texts = [parent.textContent];
    for (const change of [() => (count.value = 1), () => (count.value = 2), () => (isOpen.value = false), () => (isOpen.value = true)]) {
      change();
      texts.push(parent.textContent);
    }
    return texts;
  });
  assert.deepEqual(shown, ['(b)', '(1b)', '(2b)', '()', '(2b)']);
  assert.deepEqual(faults, []);
  await close();
});
