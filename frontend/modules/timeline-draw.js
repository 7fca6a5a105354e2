// Draws the lanes on one canvas. One colour per variant; failures and crashes are always drawn, with shapes of their own.
import { DECODING, FAILED, LEVELS, OK, REDONE, cover, runs } from './ring.js';

const ROW = 34;
const BAR = 18;
/** Bars below it are drawn without rounded corners, px. */
const SHORT = 24;
const DENSE = 1500;
const COLOURS = 6;

/**
 * @typedef {{ lanes: Lane[], all: Lane[], name: (slot: number) => string, places: number[], rings: Map<number, import('./ring.js').BarRing>, crashes: Crash[], now: number, window: number, cursor: { slot: number, time: number } | null, width: number, scale: number, paint: Palette }} View
 * `places`: of the variants' outputs, which decide their colours; `width`: of the canvas, CSS px; `scale`: its pixels in one of CSS; `now`, `window`: server time of the right edge and length of what is shown, ms.
 */

/** @type {number[]} */ let places = [];
/** @param {number} variant */
const colourOf = (variant) => places[variant] ?? variant;
/** Which of the palette's colours: the last one is that of decoding. @param {number | null} variant */
const paintOf = (variant) => (variant === null || variant === DECODING ? COLOURS : colourOf(variant) % COLOURS);

/** @param {OffscreenCanvas} canvas @param {View} view */
export function drawTimeline(canvas, view) {
  const { width, scale, paint } = view;
  const height = Math.max(1, view.lanes.length) * ROW;
  const [pxWidth, pxHeight] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== pxWidth || canvas.height !== pxHeight) {
    canvas.width = pxWidth;
    canvas.height = pxHeight;
  }
  const context = canvas.getContext('2d');
  if (!context) return;
  ({ places } = view);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const from = view.now - view.window;
  const x = (/** @type {number} */ time) => ((time - from) / view.window) * width;
  const top = (/** @type {number} */ row) => row * ROW + (ROW - BAR) / 2;

  const row = new Map(view.lanes.map((lane, index) => [lane.slot, index]));
  const counts = view.lanes.map((lane) => view.rings.get(lane.slot)?.since(from) ?? 0);
  const hasPast = view.lanes.some((lane) => view.rings.get(lane.slot)?.hasPastAfter(from));
  const dense = hasPast || counts.reduce((sum, count) => sum + count, 0) > DENSE;

  context.fillStyle = paint.lane;
  for (let index = 0; index < view.lanes.length; index += 1) roundBox(context, 0, top(index), width, BAR, 4);
  context.fillStyle = paint.line;
  for (const time of gridTimes(view.window)) context.fillRect(Math.round(width - (time / view.window) * width), 0, 1, height);

  const special = /** @type {[number, import('./ring.js').BarRing, number][]} */ ([]);
  view.lanes.forEach((lane, index) => {
    const ring = view.rings.get(lane.slot);
    if (ring && dense) drawDense(context, ring, counts[index], x, top(index), width, paint, (at) => special.push([index, ring, at]));
    else if (ring) {
      for (let age = counts[index] - 1; age >= 0; age -= 1) {
        const at = ring.index(age);
        if (ring.status[at] === OK) drawBar(context, paint, ring.variant[at], x(ring.start[at]), x(ring.end[at]), top(index), 1);
        else special.push([index, ring, at]);
      }
    }
    if (lane.task)
      drawBar(
        context,
        paint,
        lane.task.decoded ? lane.task.variants[lane.task.next] : DECODING,
        x(lane.task.next_start_ms),
        width,
        top(index),
        0.5,
        lane.task.attempt > 1 ? paint.ink : '',
      );
  });
  for (const [index, ring, at] of special) {
    const [start, end] = [x(ring.start[at]), x(ring.end[at])];
    if (ring.status[at] === FAILED) drawFailed(context, paint, start, end, top(index));
    else if (ring.status[at] === REDONE) drawBar(context, paint, ring.variant[at], start, end, top(index), 1, paint.ink);
  }
  for (const crash of view.crashes) {
    const index = row.get(crash.slot);
    if (index !== undefined && (crash.ready_ms ?? view.now) > from) drawCrash(context, paint, crash, x, top, index, width);
  }
  for (const crash of view.crashes) {
    const index = row.get(crash.slot);
    const redone = index !== undefined && crash.task !== null && crash.t_ms > from ? findRedone(view, crash) : null;
    const target = redone && row.get(redone.slot);
    if (redone && index !== undefined)
      drawArc(
        context,
        paint,
        x(crash.t_ms),
        top(index),
        Math.min(width - 6, x(redone.start)),
        target === index ? '' : view.name(redone.slot),
      );
  }
  if (view.cursor) {
    const index = row.get(view.cursor.slot);
    context.strokeStyle = paint.ink;
    context.lineWidth = 2;
    if (index !== undefined) context.strokeRect(Math.round(x(view.cursor.time)) - 1, top(index) - 4, 2, BAR + 8);
  }
  context.fillStyle = paint.accent;
  context.fillRect(width - 2, 0, 2, height);
}

/** Times before now at which a line is drawn, ms. @param {number} window */
export function gridTimes(window) {
  const step = [5_000, 20_000, 60_000, 300_000, 900_000, 3_600_000].find((one) => window / one <= 7) ?? 14_400_000;
  const times = [];
  for (let time = step; time < window * 0.985; time += step) times.push(time);
  return times;
}

/** The bar that made good for a crash: the same task, a later attempt. @param {View} view @param {Crash} crash @returns {{ slot: number, start: number } | null} */
function findRedone(view, crash) {
  for (const lane of view.all) {
    if (lane.task?.task === crash.task && lane.task.attempt > crash.attempt) return { slot: lane.slot, start: lane.task.start_ms };
    const ring = view.rings.get(lane.slot);
    if (!ring) continue;
    for (let age = ring.since(crash.t_ms) - 1; age >= 0; age -= 1) {
      const at = ring.index(age);
      if (ring.task[at] === crash.task && ring.attempt[at] > crash.attempt) return { slot: lane.slot, start: ring.start[at] };
    }
  }
  return null;
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} width @param {number} height @param {number} radius */
function roundBox(context, x, y, width, height, radius) {
  // Hundreds of short bars a frame: without curves they cost a fifth.
  if (width < SHORT) {
    context.fillRect(x, y, width, height);
    return;
  }
  context.beginPath();
  context.roundRect(x, y, width, height, Math.min(radius, width / 2));
  context.fill();
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {Palette} paint @param {number} variant @param {number} start @param {number} end px @param {number} y @param {number} alpha @param {string} outline */
function drawBar(context, paint, variant, start, end, y, alpha, outline = '') {
  const left = Math.max(-4, start);
  const width = Math.max(1.5, end - left - 1);
  context.globalAlpha = alpha;
  context.fillStyle = paint.colours[paintOf(variant)];
  roundBox(context, left, y, width, BAR, 3);
  context.globalAlpha = 1;
  if (variant !== DECODING && colourOf(variant) >= COLOURS && width > 4) hatch(context, left, y, width, paint.surface, 1.2, 7, -1);
  if (outline) {
    context.strokeStyle = outline;
    context.lineWidth = 2;
    context.beginPath();
    context.roundRect(left + 0.5, y - 1.5, Math.max(3, width - 1), BAR + 3, 4);
    context.stroke();
  }
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} width @param {string} colour @param {number} line @param {number} gap @param {1 | -1} slope */
function hatch(context, x, y, width, colour, line, gap, slope) {
  context.save();
  context.beginPath();
  context.roundRect(x, y, width, BAR, 3);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.beginPath();
  for (let at = -BAR; at < width + BAR; at += gap) {
    context.moveTo(x + at, slope > 0 ? y + BAR : y);
    context.lineTo(x + at + BAR, slope > 0 ? y : y + BAR);
  }
  context.stroke();
  context.restore();
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} arm @param {string} colour */
function cross(context, x, y, arm, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1.8;
  context.beginPath();
  context.moveTo(x - arm, y - arm);
  context.lineTo(x + arm, y + arm);
  context.moveTo(x + arm, y - arm);
  context.lineTo(x - arm, y + arm);
  context.stroke();
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {Palette} paint @param {number} start @param {number} end @param {number} y */
function drawFailed(context, paint, start, end, y) {
  const width = Math.max(3, end - start - 1);
  context.fillStyle = paint.bad;
  roundBox(context, start, y, width, BAR, 3);
  if (width > 9) cross(context, start + width / 2, y + BAR / 2, 3.5, paint.surface);
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {Palette} paint @param {Crash} crash @param {(time: number) => number} x @param {(row: number) => number} top @param {number} row @param {number} right */
function drawCrash(context, paint, crash, x, top, row, right) {
  const [start, end, ready] = [x(crash.start_ms), x(crash.t_ms), crash.ready_ms === null ? right : x(crash.ready_ms)];
  const y = top(row);
  const width = Math.max(0, end - start);
  if (width > 1 && crash.task !== null) {
    context.globalAlpha = 0.28;
    context.fillStyle = paint.colours[paintOf(crash.variant)];
    roundBox(context, start, y, width, BAR, 3);
    context.globalAlpha = 1;
    hatch(context, start, y, width, paint.bad, 2, 6, 1);
    context.strokeStyle = paint.bad;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(start + 0.5, y + 0.5, Math.max(1, width - 1), BAR - 1, 3);
    context.stroke();
  }
  const middle = y + BAR / 2;
  if (ready - end > 12) {
    context.strokeStyle = paint.bad;
    context.lineWidth = 1.5;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(end + 9, middle);
    context.lineTo(ready - 2, middle);
    context.stroke();
    context.setLineDash([]);
  }
  context.fillStyle = paint.bad;
  context.beginPath();
  context.arc(end, middle, 8, 0, 7);
  context.fill();
  cross(context, end, middle, 3, paint.surface);
}

/**
 * The way from a crash to where its task was done again, within the crashed lane's own row: over its bars to the redone one, or to its
 * upper edge, where the other lane is named.
 * @param {OffscreenCanvasRenderingContext2D} context @param {Palette} paint @param {number} x of the crash @param {number} y top of the lane's bar
 * @param {number} toX of the redone bar @param {string} other name of its lane, or '' if it is the same
 */
function drawArc(context, paint, x, y, toX, other) {
  const top = y - (ROW - BAR) / 2 + 2;
  const tip = other ? x + 26 : Math.max(toX + 3, x + 12);
  context.strokeStyle = paint.ink;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, y);
  context.bezierCurveTo(x, top, x + 4, top, x + 10, top);
  context.lineTo(tip - 6, top);
  if (other) context.lineTo(tip, top);
  else context.bezierCurveTo(tip, top, tip, top, tip, y - 2);
  context.stroke();
  context.beginPath();
  if (other) {
    context.moveTo(tip - 3, top - 2);
    context.lineTo(tip, top);
    context.lineTo(tip - 3, top + 2);
    context.stroke();
    context.fillStyle = paint.ink;
    // Its capitals are as high as there is room above the bars.
    context.font = '600 9px sans-serif';
    context.textBaseline = 'alphabetic';
    context.fillText(other, tip + 3, y - 1);
    return;
  }
  context.moveTo(tip - 3, y - 5);
  context.lineTo(tip, y - 1);
  context.lineTo(tip + 3, y - 5);
  context.stroke();
}

/** @type {Float32Array} */ let columns = new Float32Array(0);
/** @type {Uint8Array} */ let columnColours = new Uint8Array(0);

/** @param {OffscreenCanvasRenderingContext2D} context @param {import('./ring.js').BarRing} ring @param {number} count @param {(time: number) => number} x @param {number} y @param {number} width @param {Palette} paint @param {(at: number) => void} special */
function drawDense(context, ring, count, x, y, width, paint, special) {
  const size = Math.ceil(width);
  if (columns.length !== size) {
    columns = new Float32Array(size);
    columnColours = new Uint8Array(size);
  }
  columns.fill(0);
  ring.past.cover(columns, columnColours, x, paintOf);
  for (let age = count - 1; age >= 0; age -= 1) {
    const at = ring.index(age);
    if (ring.status[at] !== OK) special(at);
    const [start, end] = [x(ring.start[at]), x(ring.end[at])];
    cover(columns, start, end);
    const column = Math.floor((start + end) / 2);
    if (column >= 0 && column < size)
      columnColours.fill(paintOf(ring.variant[at]), Math.max(0, Math.floor(start)), Math.min(size, Math.ceil(end)));
  }
  runs(columns, columnColours, (from, to, level, colour) => {
    context.globalAlpha = level / LEVELS;
    context.fillStyle = paint.colours[colour];
    context.fillRect(from, y, to - from, BAR);
  });
  context.globalAlpha = 1;
}
