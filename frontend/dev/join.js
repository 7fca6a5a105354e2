// Joins modules into the one file that is served (CONTRACT.md, section 4). The sources need no build: a browser runs them as they are;
// joining only spares requests and bytes. It relies on rules that tests/unit/join.test.js checks: imports are whole lines of the form
// `import { a, b } from './x.js';`, nothing is renamed or default, and no two joined modules declare the same top-level name.
import { readFileSync } from 'node:fs';
import { dirname, join as at } from 'node:path';

export const IMPORT = /^import \{[^}]*\} from '([^']+)';\n/gm;

/** The files that `file` needs, each after those that it imports; `file` is last. @param {string} file @returns {string[]} */
export function order(file, seen = new Set(), list = []) {
  if (seen.has(file)) return list;
  seen.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(IMPORT)) order(at(dirname(file), path), seen, list);
  list.push(file);
  return list;
}

/** Ends of lines that mean nothing: after what opens or separates, and before what closes. */
const NEEDLESS = /(?<=[([{,;])\n|\n(?=[)\]}])/g;

/** Beside these, outside of quotes, a space means nothing. */
const SEPARATORS = '=?:,{}()[];<>&|*!';

/** A line without spaces that mean nothing. One with templates in templates stays as it is. @param {string} line */
export function squeezed(line) {
  if (![0, 2].includes(line.split('`').length - 1)) return line;
  let result = '';
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const now = line[at];
    const isNeedless = SEPARATORS.includes(result.at(-1) ?? ';') || SEPARATORS.includes(line[at + 1] ?? ';');
    if (!quote && now === ' ' && isNeedless) continue;
    result += now;
    if (quote && now === '\\') result += line[(at += 1)] ?? '';
    else if (now === quote) quote = '';
    else if (!quote && '\'"`'.includes(now)) quote = now;
  }
  return result;
}

/** Removes import lines, `export`, comments that begin a line or are JSDoc, blank lines, indentation, and ends of lines and spaces that mean nothing. @param {string} source */
export const slim = (source) =>
  source
    .replace(IMPORT, '')
    .replace(/^export /gm, '')
    .replace(/\/\*\*.*?\*\/ ?/gs, '')
    .replace(/^\s*\/\/.*\n/gm, '')
    .replace(/^\s+/gm, '')
    .split('\n')
    .map(squeezed)
    .join('\n')
    .replace(NEEDLESS, '');

/** @param {string} file */
export const joinModules = (file) =>
  order(file)
    .map((path) => slim(readFileSync(path, 'utf8')))
    .join('');

/** A style sheet with its `@import "x.css";` lines replaced by those files; comments, indentation and needless spaces go. @param {string} file */
export const joinStyles = (file) =>
  readFileSync(file, 'utf8')
    .replace(/^@import "([^"]+)";\n/gm, (_, path) => joinStyles(at(dirname(file), path)))
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/^\s+/gm, '')
    .replace(NEEDLESS, '')
    .replaceAll(' {', '{')
    .replaceAll(': ', ':')
    .replaceAll(', ', ',');
