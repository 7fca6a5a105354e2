import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import ts from 'typescript';
import { joinModules, order, plain } from '../../dev/join.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ENTRIES = ['app.js', 'workers/monitor.js'];

test('joined files have no import or export of another form', () => {
  for (const file of new Set(ENTRIES.flatMap((entry) => order(ROOT + entry))))
    assert.ok(!/^(import|export)\b/m.test(plain(readFileSync(file, 'utf8'))), file);
});

test('no two joined modules declare the same top-level name', () => {
  for (const entry of ENTRIES) {
    const seen = new Map();
    for (const file of order(ROOT + entry)) {
      for (const statement of ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022).statements) {
        const names = ts.isVariableStatement(statement)
          ? statement.declarationList.declarations.map((one) => one.name.text)
          : statement.name
            ? [statement.name.text]
            : [];
        for (const name of names) {
          assert.ok(!seen.has(name), `${name}: in ${seen.get(name)} and ${file}`);
          seen.set(name, file);
        }
      }
    }
  }
});

test('a joined script has no syntax error and needs no other file', () => {
  for (const entry of ENTRIES) {
    const joined = joinModules(ROOT + entry);
    const program = ts.transpileModule(joined, {
      reportDiagnostics: true,
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
    });
    assert.deepEqual(
      program.diagnostics?.map((one) => one.messageText),
      [],
    );
    assert.ok(!/^(import|export) /m.test(joined));
  }
});

test('every module is used, and every style is named in lote.css', () => {
  const used = new Set(ENTRIES.flatMap((entry) => order(ROOT + entry)).map((file) => file.slice(ROOT.length)));
  assert.deepEqual(
    readdirSync(`${ROOT}modules`).filter((name) => !used.has(`modules/${name}`)),
    ['texts-en.js', 'texts-es.js'],
  );
  const named = readFileSync(`${ROOT}styles/lote.css`, 'utf8');
  assert.deepEqual(
    readdirSync(`${ROOT}styles`).filter((name) => name !== 'lote.css' && !named.includes(`"${name}"`)),
    [],
  );
});

test('no source writes markup, inline styles or handlers as text', () => {
  const sources = new Set(ENTRIES.flatMap((entry) => order(ROOT + entry)));
  for (const file of sources)
    assert.ok(
      !/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|cssText|setAttribute\('style'/.test(
        readFileSync(file, 'utf8'),
      ),
      file,
    );
  assert.ok(!/\sstyle=|\son\w+=|<style|<script(?! type="module" src=)/.test(readFileSync(`${ROOT}index.html`, 'utf8')));
});
