// The lanes as the monitor keeps them: the bars of each, and the plots that the page has given away with their canvases, so that drawing
// costs its own thread nothing. Runs in the monitor worker.
import { BarRing, DECODING, FAILED, REDONE } from './ring.js';
import { drawTimeline, gridTimes } from './timeline-draw.js';

const BARS_PER_LANE = 4096;
const LONGEST_MS = 30_000;
/** Windows of their own choice: steps, so that bars do not shrink with every frame. */
const AUTO_MS = [4000, 8000, 15_000, LONGEST_MS];
/** The median bar is at least this wide, on a plot of some 900 px. */
const BAR_PX = 16,
  PLOT_PX = 900;
/** Between two frames of the lanes: a pixel of the shortest window lasts about half as long. */
const REDRAW_MS = 66,
  STILL_MS = 1000;

/**
 * What plots show. `now`: the right edge, which is the end of a job that has ended; `isMoving`: whether it goes on; `medians`: of the outputs, ms.
 * @typedef {{ job: Job | null, lanes: Lane[], crashes: Crash[], now: number, isMoving: boolean, medians: number[] }} Scene
 */

/** Bars of each lane, by slot. @type {Map<number, BarRing>} */
const rings = new Map();
/** Grows with each bar: tells the plots that there is something new. */
let received = 0;

/** @param {Bar[]} bars in the order of their ends */
export function addBars(bars) {
  for (const bar of bars) {
    let ring = rings.get(bar.slot);
    if (!ring) rings.set(bar.slot, (ring = new BarRing(BARS_PER_LANE)));
    ring.push(bar);
  }
  received += bars.length;
}

export function clearBars() {
  rings.clear();
  received += 1;
}

/** Length of what is shown, ms. @param {PlotLook['span']} span @param {Scene} scene */
function windowLength(span, { job, now, medians }) {
  const whole = Math.max(1000, now - (job?.started_ms ?? 0));
  if (span === '30') return LONGEST_MS;
  // A job that has ended shows all of it, unless its bars would be too thin to be told apart.
  if (span === 'all' || (job?.ended_ms != null && whole <= LONGEST_MS)) return whole;
  const median = medians.sort((one, other) => one - other)[medians.length >> 1];
  const wanted = Math.min(median ? (median * PLOT_PX) / BAR_PX : LONGEST_MS, whole);
  return AUTO_MS.find((one) => one >= wanted) ?? LONGEST_MS;
}

/** What a lane did at a time. @param {Lane} lane @param {number} time @param {Crash[]} crashes @returns {LaneMoment | null} */
export function momentOf(lane, time, crashes) {
  const crash = crashes.findLast((one) => one.slot === lane.slot && one.start_ms <= time && time <= (one.ready_ms ?? Infinity));
  if (crash) {
    const { name, variant, ready_ms, t_ms } = crash;
    return { what: 'lost', name, variant, isWork: time <= t_ms && !!name, ms: ready_ms === null ? null : ready_ms - t_ms };
  }
  if (lane.task && lane.task.next_start_ms <= time) {
    const { name, decoded, variants, next } = lane.task;
    return { what: 'work', name, variant: decoded ? variants[next] : null, ms: null };
  }
  const ring = rings.get(lane.slot);
  const age = ring?.at(time) ?? -1;
  if (!ring || age < 0) return null;
  const at = ring.index(age);
  const variant = ring.variant[at];
  return {
    what: ring.status[at] === FAILED ? 'failed' : ring.status[at] === REDONE ? 'redone' : 'ok',
    name: ring.name[at],
    variant: variant === DECODING ? null : variant,
    ms: ring.end[at] - ring.start[at],
  };
}

/** What a lane has done, for the table. @param {Lane} lane @returns {LaneSum} */
function sumOf({ slot }) {
  const ring = rings.get(slot);
  const sum = /** @type {LaneSum} */ ({ done: 0, failed: 0, last: null });
  for (let age = (ring?.length ?? 0) - 1; ring && age >= 0; age -= 1) {
    const at = ring.index(age);
    if (ring.variant[at] !== DECODING) sum[ring.status[at] === FAILED ? 'failed' : 'done'] += 1;
    if (!age) sum.last = { name: ring.name[at], ms: ring.end[at] - ring.start[at] };
  }
  return sum;
}

/**
 * Serves what a view of the page asks for at `port`, and draws on its canvas if it has one, until it ends.
 * @param {PlotOrder} order @param {() => Scene} scene
 */
export function servePlot({ canvas, machine, port }, scene) {
  const look = /** @type {PlotLook} */ ({ width: 0 });
  /** Lanes that pages are not told of, as they were asked for. @type {{ lanes: Lane[], crashes: Crash[] } | null} */
  let asked = null;
  let looks = 0,
    drawn = '',
    drawnAt = 0,
    length = 0,
    told = -1,
    frame = 0;
  /** @type {unknown[]} */ let from = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;

  /** @param {Scene} now @returns {{ lanes: Lane[], crashes: Crash[] }} */
  const shown = ({ lanes, crashes }) =>
    lanes.length || !asked ? { lanes: machine ? lanes.filter((one) => one.machine === machine) : lanes, crashes } : asked;

  function tick() {
    timer = setTimeout(() => {
      frame = requestAnimationFrame(tick);
    }, REDRAW_MS - 8);
    const now = scene();
    const { width, cursor } = look;
    if (!width) return;
    length = windowLength(look.span, now);
    // A redraw is due when the picture moved by a pixel or something new came; never more than the eye needs.
    const pause = look.isStill ? STILL_MS : Math.max(REDRAW_MS, Math.min(500, length / width));
    const key = `${received}/${looks}/${now.isMoving}/${length}`;
    const since = performance.now() - drawnAt;
    const isSame = key === drawn && from[0] === now.lanes && from[1] === asked;
    if (since < (now.isMoving ? pause : isSame ? Infinity : 0) - 12) return;
    drawn = key;
    drawnAt = performance.now();
    from = [now.lanes, asked];
    const { lanes, crashes } = shown(now);
    const all = now.lanes.length ? now.lanes : lanes;
    drawTimeline(/** @type {OffscreenCanvas} */ (canvas), {
      ...look,
      lanes,
      all,
      name: (slot) => {
        const lane = all.find((one) => one.slot === slot);
        return `${lane?.machine ? `${lane.machine} ` : ''}${look.letter}${lane?.number ?? slot}`;
      },
      rings,
      crashes,
      now: now.now,
      window: length,
      cursor: cursor && lanes[cursor.row] ? { slot: lanes[cursor.row].slot, time: now.now - cursor.ago * length } : null,
    });
    // The page writes the times below: what would not move them by a pixel or two is not told.
    const place = Math.round(Math.log(length) * 200);
    if (place !== told) port.postMessage({ length, times: gridTimes(length) });
    told = place;
  }

  port.onmessage = ({ data }) => {
    const now = scene();
    const { lanes, crashes } = shown(now);
    if (data === 'end') {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      port.close();
    } else if (data === 'sums') port.postMessage({ sums: lanes.map(sumOf) });
    else if (data.asked) {
      addBars(data.asked.bars);
      asked = data.asked;
    } else if (data.look) {
      Object.assign(look, data.look);
      looks += 1;
    } else {
      const lane = lanes[data.at.row];
      port.postMessage({ ...data, moment: lane ? momentOf(lane, now.now - data.at.ago * length, crashes) : null });
    }
  };
  if (canvas) tick();
}
