// What is served for the page's files is what its sources give when they are joined as CONTRACT.md, section 4, says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';
import ts from 'typescript';
import { joinModules, joinStyles } from '../../dev/join.js';
import { site } from '../site.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const here = await site();
after(() => here.close());
const served = async (path) => (await fetch(`${here.base}/${path}`)).text();
const source = (path) => readFileSync(ROOT + path, 'utf8');

/**
 * A script as its meaning goes: the shape of it with all keys, values and signs, and for each name which of the names before it, or which
 * global one, it stands for. Two scripts of the same meaning have the same, whatever their names are.
 */
function meaning(text) {
  const file = ts.createSourceFile('/x.js', text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
  const host = { ...ts.createCompilerHost({}), getSourceFile: (name) => (name === '/x.js' ? file : undefined) };
  const options = { allowJs: true, noResolve: true, noLib: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 };
  const program = ts.createProgram(['/x.js'], options, host);
  assert.deepEqual(
    program.getSyntacticDiagnostics(file).map((one) => ts.flattenDiagnosticMessageText(one.messageText, ' ')),
    [],
  );
  const checker = program.getTypeChecker();
  /** @type {(string | number)[]} */
  const list = [];
  /** Where names stand, and their numbers. */
  const numbers = new Map();
  /** For names whose declarations come later. */
  const open = [];
  const name = (node, symbol) => {
    const declaration = symbol?.valueDeclaration ?? symbol?.declarations?.[0];
    const target = declaration?.name ?? declaration;
    numbers.set(node.getStart(), numbers.size);
    if (target) open.push([list.length, target.getStart()]);
    list.push(target ? 0 : `global ${node.text}`);
  };
  const visit = (node) => {
    const { parent } = node;
    if (ts.isIdentifier(node)) {
      const isShort =
        ts.isBindingElement(parent) && !parent.propertyName && !parent.dotDotDotToken && ts.isObjectBindingPattern(parent.parent);
      const isKey =
        ((ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) && parent.name === node) ||
        (ts.isBindingElement(parent) && parent.propertyName === node) ||
        ts.isMethodDeclaration(parent) ||
        ts.isAccessor(parent) ||
        ts.isPropertyDeclaration(parent) ||
        ts.isMetaProperty(parent);
      if (isKey || ts.isShorthandPropertyAssignment(parent) || (isShort && parent.name === node)) list.push(`key ${node.text}`);
      if (ts.isShorthandPropertyAssignment(parent)) name(node, checker.getShorthandAssignmentValueSymbol(parent));
      else if (!isKey) name(node, checker.getSymbolAtLocation(node));
      return;
    }
    // `{ a }` and `{ a: a }` are the same.
    const kind = ts.isShorthandPropertyAssignment(node) ? ts.SyntaxKind.PropertyAssignment : node.kind;
    if (kind === ts.SyntaxKind.EmptyStatement) return;
    list.push(ts.SyntaxKind[kind]);
    if (ts.isLiteralExpression(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) list.push(node.text);
    if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) list.push(ts.SyntaxKind[node.operator]);
    ts.forEachChild(node, visit);
    list.push('end');
  };
  visit(file);
  for (const [place, target] of open) list[place] = /** @type {number} */ (numbers.get(target));
  return list;
}

test('styles are served joined, everything else as it is stored', async () => {
  const bare = (text) => text.replace(/\/\*.*?\*\//gs, '').replace(/\s/g, '');
  assert.equal(bare(await served('styles/lote.css')), bare(joinStyles(`${ROOT}styles/lote.css`)));
  for (const path of ['index.html', 'icon.svg']) assert.equal(await served(path), source(path), path);
});

test('scripts are served joined and shortened, and mean what their sources mean', async () => {
  const scripts = ['app.js', 'workers/monitor.js'];
  const texts = ['modules/texts-es.js', 'modules/texts-en.js'];
  // All at once: comparing takes longer than a connection is kept.
  const sent = await Promise.all([...scripts, ...texts].map(served));
  const sources = [...scripts.map((path) => joinModules(ROOT + path)), ...texts.map(source)];
  for (const [index, path] of [...scripts, ...texts].entries()) {
    const [before, after] = [sources[index], sent[index]].map(meaning);
    assert.ok(before.length > 1000);
    const place = before.findIndex((one, at) => one !== after[at]);
    assert.equal(place, -1, `${path}: ${before.slice(place - 5, place + 5)} became ${after.slice(place - 5, place + 5)}`);
    assert.equal(after.length, before.length);
  }
});
