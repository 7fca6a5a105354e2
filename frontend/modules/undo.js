// What Prepare can take back: photos taken out, and changes of the outputs.
import { signal, until } from './signal.js';

const MOST_UNDONE = 100;

/** @type {(() => void)[]} */
const past = [];
let lastKind = '';
/** What takes back the last of them. */
const last = signal(/** @type {(() => void) | undefined} */ (undefined));

/** Remembers how to take back what is about to be done. Changes of the same kind in a row (a slider that moves) count as one. @param {string} kind @param {() => void} back */
export function rememberUndo(kind, back) {
  if (kind && kind === lastKind) return;
  lastKind = kind;
  past.push(back);
  if (past.length > MOST_UNDONE) past.shift();
  last.value = past.at(-1);
}

/** Takes back what was done last. @returns {boolean} whether there was something */
export function undo() {
  lastKind = '';
  const back = past.pop();
  last.value = past.at(-1);
  back?.();
  return back !== undefined;
}

/** Once something else is the last that was done. @param {() => void} then */
export function onceOther(then) {
  const own = last.peek();
  until(() => last.value !== own).then(then);
}
