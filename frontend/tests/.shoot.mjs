import { launch, open, command, BASE } from './browser.js';
const names = process.argv.slice(2);
const browser = await launch();
const W = { 1440: 900, 1024: 768, 390: 844 };
const steps3 = [{filter:'grises',params:{}},{filter:'sepia',params:{}},{filter:'marca_agua',params:{texto:'CLARA & TOMÁS',opacidad:.3}}];
async function shot(name, o, act) {
  if (names.length && !names.some(n => name.startsWith(n))) return;
  const { page, faults, close } = await open(browser, { height: W[o.width ?? 1440], ...o });
  await page.evaluate((draft) => localStorage.setItem('lote.draft', JSON.stringify(draft)), { mode:'processes', workers: 8, variants: o.chain ? [{name:'x', steps: steps3}] : steps3.map(s=>({name:s.filter, steps:[s]})), output:{folder:null,format:null,quality:75,pattern:'{name}_{variant}',if_exists:'overwrite'} });
  await page.reload(); await page.waitForSelector('main > :not(.skeleton)');
  if (act) await act(page);
  await page.waitForTimeout(o.wait ?? 2500);
  await page.screenshot({ path: `/tmp/pageshots/${name}.png` });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  console.log(name, 'overflow', over, faults.join(' | '));
  await close();
}
for (const [k, w] of Object.entries({1440:1440,1024:1024,390:390})) for (const theme of ['light','dark']) {
  const lang = theme === 'light' ? 'es' : 'en';
  await shot(`prep-${k}-${theme}`, { path:'/#/prepare', width: w, theme, lang });
  await shot(`chain-${k}-${theme}`, { path:'/#/prepare', width: w, theme, lang, chain: true });
  await shot(`run-${k}-${theme}`, { path:'/#/run', width: w, theme, lang });
  await shot(`res-${k}-${theme}`, { path:'/#/results', width: w, theme, lang });
  await shot(`cmp-${k}-${theme}`, { path:'/#/compare', width: w, theme, lang });
}
await browser.close();
