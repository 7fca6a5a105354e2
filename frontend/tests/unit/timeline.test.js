// The lanes as they are drawn, on a canvas that notes what is drawn on it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BarRing } from '../../modules/ring.js';
import { drawTimeline } from '../../modules/timeline-draw.js';

const ROW = 34;
const NAMES = ['lane', 'line', 'bad', 'ink', 'accent', 'surface'];
/** Each colour is called like itself. */
const paint = /** @type {any} */ ({ ...Object.fromEntries(NAMES.map((name) => [name, name])), colours: Array(7).fill('colour') });

/** A canvas, and what was drawn on it: method, arguments, colour of lines. */
function noting() {
  const drawn = /** @type {{ name: string, given: any[], colour: string }[]} */ ([]);
  const context = new Proxy(/** @type {Record<string, any>} */ ({ strokeStyle: '' }), {
    get: (own, name) =>
      name in own
        ? own[String(name)]
        : (/** @type {any[]} */ ...given) => drawn.push({ name: String(name), given, colour: own.strokeStyle }),
  });
  const canvas = /** @type {any} */ ({ width: 0, height: 0, getContext: () => context });
  return { canvas, drawn };
}

/** @param {number} slot of the lane in which the crashed one's photo is redone */
function crashIn(slot) {
  const bar = { task: 7, variant: 0, name: 'a.jpg', status: /** @type {const} */ ('ok') };
  const lanes = /** @type {any[]} */ ([0, 1, 2].map((number) => ({ slot: number, task: null })));
  const rings = new Map(lanes.map((lane) => [lane.slot, new BarRing(8)]));
  rings.get(slot)?.push({ ...bar, slot, start_ms: 5200, end_ms: 6000, attempt: 2 });
  const { canvas, drawn } = noting();
  drawTimeline(canvas, {
    lanes,
    all: lanes,
    name: (one) => `P${one + 1}`,
    places: [0],
    rings,
    crashes: [{ slot: 1, worker: 2, t_ms: 5000, start_ms: 4000, task: 7, attempt: 1, variant: 0, name: 'a.jpg', ready_ms: 5100 }],
    now: 8000,
    window: 8000,
    width: 800,
    scale: 1,
    paint,
    cursor: null,
  });
  const arc = drawn.filter(({ name, colour }) => colour === 'ink' && ['moveTo', 'lineTo', 'bezierCurveTo'].includes(name));
  return { arc: arc.flatMap(({ given }) => given), named: drawn.filter(({ name }) => name === 'fillText').map(({ given }) => given[0]) };
}

for (const [where, slot, named] of /** @type {const} */ ([
  ['the same lane', 1, []],
  ['a lane below', 2, ['P3']],
  ['a lane above', 0, ['P1']],
])) {
  test(`the way from a crash to where its photo is redone stays within its own lane: ${where}`, () => {
    const { arc, named: found } = crashIn(slot);
    const [across, down] = [0, 1].map((odd) => arc.filter((_, at) => at % 2 === odd));
    assert.ok(arc.length > 0);
    assert.ok(
      down.every((y) => y >= ROW && y <= 2 * ROW),
      `${down}`,
    );
    assert.ok(
      across.every((x) => x >= 0 && x <= 800),
      `${across}`,
    );
    // A lane is named only if it is another one.
    assert.deepEqual(found, named);
  });
}
