// What Prepare can take back: photos taken out, and changes of the outputs.
import { signal } from './signal.js';

const MOST_UNDONE = 100;

/** @type {(() => void)[]} */
const past = [];
let lastKind = '';
/** How much can be taken back. */
export const undoable = signal(0);

/** Remembers how to take back what is about to be done. Changes of the same kind in a row (a slider that moves) count as one. @param {string} kind @param {() => void} back */
export function rememberUndo(kind, back) {
  if (kind && kind === lastKind) return;
  lastKind = kind;
  past.push(back);
  if (past.length > MOST_UNDONE) past.shift();
  undoable.value = past.length;
}

/** Takes back what was done last. @returns {boolean} whether there was something */
export function undo() {
  lastKind = '';
  const back = past.pop();
  undoable.value = past.length;
  back?.();
  return back !== undefined;
}
