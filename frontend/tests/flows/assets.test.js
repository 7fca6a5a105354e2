// What is served for the page's files is what its sources give when they are joined as CONTRACT.md, section 4, says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';
import { joinModules, joinStyles, joinTexts } from '../../dev/join.js';
import { site } from '../site.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const here = await site();
after(() => here.close());

test('scripts and styles are served joined, everything else as it is stored', async () => {
  const served = async (path) => (await fetch(`${here.base}/${path}`)).text();
  for (const path of ['app.js', 'workers/monitor.js']) assert.equal(await served(path), joinModules(ROOT + path), path);
  assert.equal(await served('styles/lote.css'), joinStyles(`${ROOT}styles/lote.css`));
  for (const path of ['modules/texts-es.js', 'modules/texts-en.js']) assert.equal(await served(path), joinTexts(ROOT + path), path);
  for (const path of ['index.html', 'icon.svg']) assert.equal(await served(path), readFileSync(ROOT + path, 'utf8'), path);
});
