// The shapes of a fake job: as pages see it, while it waits, its lanes, and its counts.

/** @typedef {{ id: string, name: string, request: any, images: any[] }} Plan */

/** A job that begins at `t` (ms). @param {Plan} plan @param {number} t */
export const newJob = ({ id, name, request, images }, t) => ({
  id,
  name,
  state: 'running',
  pause: null,
  error: null,
  mode: request.mode,
  workers: request.workers,
  images: images.length,
  outputs: images.length * request.variants.length,
  variants: request.variants.map((variant) => ({ ...variant, planned: images.length })),
  output_label: `output_images${request.output.folder ? `/${request.output.folder}` : ''}`,
  started_ms: t,
  ended_ms: null,
  progress: {
    done: 0,
    ok: 0,
    failed: 0,
    skipped: 0,
    redone: 0,
    elapsed_ms: 0,
    read_bytes: 0,
    written_bytes: 0,
    variants: request.variants.map(() => ({ ok: 0, failed: 0, skipped: 0, work_ms: 0, decode_ms: 0, read_bytes: 0, written_bytes: 0 })),
  },
});

/** A job that waits. @param {Plan} plan */
export const queuedJob = ({ id, name, images, request }) => ({
  id,
  name,
  images: images.length,
  outputs: images.length * request.variants.length,
});

/** @param {{ mode: string, workers: number }} request @param {number} firstPid */
export const newLanes = ({ mode, workers }, firstPid) =>
  Array.from({ length: workers }, (_, i) => ({
    slot: i + 1,
    worker: mode === 'threads' ? 1 : i + 1,
    pid: firstPid + i,
    state: 'ready',
    memory_bytes: 0,
    restarts: 0,
    sandbox: 'off',
    task: null,
  }));

/** An output that has ended, as the server keeps it. */
export function newOutput(job, task, variant, status, problem) {
  const { image } = task.work;
  const { name, steps } = job.variants[variant];
  return {
    output: `${job.id}-${task.task}-${variant}`,
    image: image.id,
    name: `${image.name.replace(/\.\w+$/, '')}_${name}.png`,
    variant,
    status,
    attempt: task.attempt,
    bytes: Math.round(image.bytes * (0.2 + ((task.task * 13 + variant * 7) % 10) / 100)),
    kind: problem?.kind ?? null,
    message: problem?.message ?? null,
    order: task.task * 1000 + variant,
    source: image,
    steps,
    job: job.id,
  };
}

/** Counts an output that took so long; `isFirst` of its image. */
export function count(progress, output, ms, isFirst) {
  const counts = progress.variants[output.variant];
  counts.work_ms += ms;
  counts.read_bytes += output.source.bytes;
  if (isFirst) progress.read_bytes += output.source.bytes;
  progress.done += 1;
  if (output.status === 'ok') {
    counts.ok += 1;
    progress.ok += 1;
    counts.written_bytes += output.bytes;
    progress.written_bytes += output.bytes;
  } else {
    counts.failed += 1;
    progress.failed += 1;
  }
}
