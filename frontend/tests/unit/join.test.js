import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import ts from 'typescript';
import { IMPORT, joinModules, joinStyles, order, slim } from '../../dev/join.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ENTRIES = ['app.js', 'workers/monitor.js'];

/** The tokens of a script, without white space and comments. */
function tokens(source) {
  const scanner = ts.createSourceFile('x.js', source, ts.ScriptTarget.ES2022, false, ts.ScriptKind.JS);
  const list = [];
  const visit = (node) => {
    if (node.getChildCount(scanner) === 0) {
      const text = node.getText(scanner);
      if (text) list.push(text);
    } else
      node.getChildren(scanner).forEach((child) => {
        if (child.kind < ts.SyntaxKind.FirstJSDocNode || child.kind > ts.SyntaxKind.LastJSDocNode) visit(child);
      });
  };
  visit(scanner);
  return list;
}

test('joining takes only imports, exports and comments out of a file', () => {
  for (const file of new Set(ENTRIES.flatMap((entry) => order(ROOT + entry)))) {
    const source = readFileSync(file, 'utf8');
    const kept = source.replace(IMPORT, '').replace(/^export /gm, '');
    assert.ok(!/^(import|export)\b/m.test(kept), `${file}: an import or export of another form`);
    assert.deepEqual(tokens(slim(source)), tokens(kept), file);
  }
});

test('shortening changes names consistently, and nothing that is a property, a key or a text', () => {
  for (const entry of ENTRIES) {
    const plain = order(ROOT + entry)
      .map((file) => slim(readFileSync(file, 'utf8')))
      .join('');
    // Semicolons may go before `}`.
    const [before, after] = [plain, joinModules(ROOT + entry)].map((text) =>
      tokens(text.replaceAll(';}', '}')).filter((token) => token !== ''),
    );
    assert.equal(after.length, before.length);
    const renamed = new Map();
    before.forEach((token, index) => {
      const now = after[index];
      if (token === 'const') assert.equal(now, 'let');
      else if (now !== token) {
        assert.match(token, /^[A-Za-z_$][\w$]*$/);
        assert.ok(!['.', '?.'].includes(before[index - 1]) && before[index + 1] !== ':', token);
        assert.equal(renamed.get(token) ?? now, now);
        renamed.set(token, now);
      } else assert.ok(!renamed.has(token), `${token} is renamed here and not there`);
    });
    assert.equal(new Set(renamed.values()).size, renamed.size);
    assert.ok([...renamed.values()].every((name) => !before.includes(name)));
  }
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
