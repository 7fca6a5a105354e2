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

/** Removes import lines and `export`. @param {string} source */
export const plain = (source) => source.replace(IMPORT, '').replace(/^export /gm, '');

/** What the program serves it has made shorter. @param {string} file */
export const joinModules = (file) =>
  order(file)
    .map((path) => plain(readFileSync(path, 'utf8')))
    .join('');

/** A style sheet with its `@import "x.css";` lines replaced by those files. @param {string} file @returns {string} */
export const joinStyles = (file) =>
  readFileSync(file, 'utf8').replace(/^@import "([^"]+)";\n/gm, (_, path) => joinStyles(at(dirname(file), path)));
