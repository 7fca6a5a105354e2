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

/** The names that a source declares at its top. @param {string} source */
const declared = (source) =>
  [...source.matchAll(/^(?:export )?(?:async )?(?:const|let|function|class) ([\w$]+)/gm)].map(([, name]) => name);

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const RESERVED = ['do', 'if', 'in'];
const WORD = /[\w$]+/g;

/**
 * Shortens those of the names that stand nowhere but where they are declared, or before what follows a value (so that none is a
 * property, a key or a part of a text); says `let` for `const`; and drops semicolons before `}`.
 * @param {string} script @param {string[]} names of at least three letters, others stay
 */
export function shortened(script, names) {
  /** How often each word occurs; NaN if it stands where it may be something else. @type {Map<string, number>} */
  const counts = new Map();
  for (const { 0: word, index } of script.matchAll(WORD)) {
    const isDeclared = /(?:const|let|class) $/.test(script.slice(Math.max(0, index - 6), index));
    const isUsed = !'.\'"`-'.includes(script[index - 1] ?? ' ') && '(.[);'.includes(script[index + word.length] ?? ' ');
    counts.set(word, isDeclared || isUsed ? (counts.get(word) ?? 0) + 1 : NaN);
  }
  const count = (/** @type {string} */ name) => counts.get(name) ?? 0;
  const chosen = [...new Set(names)].filter((name) => name.length > 2 && count(name) > 0);
  chosen.sort((one, other) => count(other) - count(one) || (one < other ? -1 : 1));
  const free = [...LETTERS].flatMap((first) => [...LETTERS].map((second) => first + second));
  const short = free.filter((name) => !counts.has(name) && !RESERVED.includes(name));
  const changed = new Map([
    ['const', 'let'],
    ...chosen.slice(0, short.length).map((name, index) => /** @type {const} */ ([name, short[index]])),
  ]);
  return script.replace(WORD, (word) => changed.get(word) ?? word).replaceAll(';}', '}');
}

/** @param {string} file */
export function joinModules(file) {
  const sources = order(file).map((path) => readFileSync(path, 'utf8'));
  return shortened(sources.map(slim).join(''), sources.flatMap(declared));
}

/** The texts of a language, which the page fetches as a module. @param {string} file */
export const joinTexts = (file) => `export ${slim(readFileSync(file, 'utf8'))}`;

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
