// Fake work: slots that take tasks, end outputs, fail, die and are replaced, at an ordered rate. No picture is touched here.
import { createHash } from 'node:crypto';

const KEEP_MS = 120_000;
const REPLACE_MS = 350;

export class Batch {
  constructor({ now, emit, rate, cores }) {
    Object.assign(this, { now, emit, rate, cores });
    this.job = null;
    this.queue = [];
    this.lanes = [];
    this.bars = [];
    this.crashes = [];
    this.failures = [];
    this.recent = [];
    this.notices = [];
    this.outputs = new Map();
    this.pending = [];
    this.timers = new Map();
    this.noticeId = 0;
    this.jobId = 0;
    this.changed = false;
    this.isolation = { state: 'none', worker: 0, reason: '', replaced_ms: 0, redone: 0, lost: 0, proof: null };
  }

  progress() {
    if (this.job) this.job.progress.elapsed_ms = this.elapsed();
    return this.job?.progress ?? null;
  }
  elapsed() {
    return this.base + (this.job.state === 'running' ? this.now() - this.runSince : 0);
  }
  live() {
    return this.job && ['running', 'paused', 'starting', 'cancelling'].includes(this.job.state);
  }

  start(request, images, name) {
    const id = `j${(this.jobId += 1)}`;
    const plan = { id, name, request, images };
    if (this.live()) {
      this.queue.push(plan);
      this.tellJob();
      return { job: id, queued: true };
    }
    this.run(plan);
    return { job: id, queued: false };
  }

  run({ id, name, request, images }) {
    const workers = request.workers;
    this.images = images;
    this.request = request;
    this.bars = [];
    this.crashes = [];
    this.failures = [];
    this.recent = [];
    // Outputs of the job before stay readable: a page may still be asking for them.
    for (const [output, entry] of this.outputs) if (Number(entry.job.slice(1)) < Number(id.slice(1)) - 1) this.outputs.delete(output);
    this.job = {
      id,
      name,
      state: 'running',
      pause: null,
      error: null,
      mode: request.mode,
      workers,
      images: images.length,
      outputs: images.length * request.variants.length,
      variants: request.variants.map((variant) => ({ ...variant, planned: images.length })),
      output_label: `output_images${request.output.folder ? `/${request.output.folder}` : ''}`,
      started_ms: this.now(),
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
        variants: request.variants.map(() => ({ ok: 0, failed: 0, skipped: 0, work_ms: 0, read_bytes: 0, written_bytes: 0 })),
      },
    };
    this.base = 0;
    this.runSince = this.now();
    this.lanes = Array.from({ length: workers }, (_, i) => ({
      slot: i + 1,
      worker: request.mode === 'threads' ? 1 : i + 1,
      pid: 48000 + this.jobId * 100 + i,
      state: 'ready',
      memory_bytes: 0,
      restarts: 0,
      sandbox: 'off',
      task: null,
    }));
    this.taskId = 0;
    this.pending = images.map((image) => ({ task: (this.taskId += 1), attempt: 1, image, variants: request.variants.map((_, i) => i) }));
    this.tellJob();
    this.emit({ event: 'lanes', lanes: this.lanes });
    for (const lane of this.lanes) this.next(lane);
  }

  tellJob() {
    this.progress();
    this.emit({
      event: 'job',
      job: this.job,
      queue: this.queue.map(({ id, name, images, request }) => ({
        id,
        name,
        images: images.length,
        outputs: images.length * request.variants.length,
      })),
    });
  }
  setState(state, pause = null) {
    if (this.job.state === 'running' && state !== 'running') this.base = this.elapsed();
    if (this.job.state !== 'running' && state === 'running') this.runSince = this.now();
    this.job.state = state;
    this.job.pause = pause;
    if (!this.live()) this.job.ended_ms = this.now();
    this.tellJob();
  }

  next(lane) {
    if (lane.state !== 'ready' || lane.task || this.job.state !== 'running') return;
    const work = this.pending.shift();
    if (!work) {
      this.finishIfDone();
      return;
    }
    const t_ms = this.now();
    lane.task = {
      task: work.task,
      attempt: work.attempt,
      image: work.image.id,
      name: work.image.name,
      variants: work.variants,
      start_ms: t_ms,
      next: 0,
      next_start_ms: t_ms,
      work,
    };
    lane.memory_bytes = 120e6 + ((work.task * 37) % 90) * 1e6;
    this.emit({
      event: 'task',
      slot: lane.slot,
      t_ms,
      task: work.task,
      attempt: work.attempt,
      image: work.image.id,
      name: work.image.name,
      variants: work.variants,
    });
    this.work(lane);
  }

  work(lane) {
    const { work, variants, next } = lane.task;
    const mean = (this.job.workers / this.rate) * 1000;
    const ms = mean * (0.55 + ((work.task * 31 + variants[next] * 17) % 90) / 100) * (0.7 + (variants[next] % 3) * 0.3);
    this.timers.set(
      lane.slot,
      setTimeout(() => {
        if (work.image.poison && next === 0) {
          this.die(lane.worker, 'SIGSEGV', true);
          return;
        }
        this.end(lane);
      }, ms),
    );
  }

  end(lane) {
    const { task } = lane;
    const variant = task.variants[task.next];
    const end_ms = this.now();
    const image = task.work.image;
    const status = image.problem ? 'failed' : 'ok';
    this.result(lane, task, variant, status, end_ms, image.problem ?? { kind: 'write', message: 'the output folder is read-only' });
    task.next += 1;
    task.next_start_ms = end_ms;
    if (task.next < task.variants.length) {
      this.work(lane);
      return;
    }
    if (task.attempt > 1) {
      const crash = this.crashes.findLast((one) => one.task === task.task);
      this.job.progress.redone += 1;
      if (crash)
        this.notice(
          'info',
          'task_redone',
          { worker: crash.worker, to_worker: lane.worker, reason: crash.reason, name: image.name, image: image.id },
          `worker ${crash.worker} died; its image was redone in worker ${lane.worker}`,
        );
      if (this.isolation.state === 'running' && crash?.worker === this.isolation.worker) {
        const sha256 = createHash('sha256').update(`${image.name} ${task.variants}`).digest('hex');
        const proof = { outputs: task.variants.length, sha256, undisturbed: sha256 };
        this.isolation = { ...this.isolation, state: 'finished', redone: this.isolation.redone + 1, proof };
        this.emit({ event: 'isolation', isolation: this.isolation });
      }
    }
    lane.task = null;
    this.next(lane);
  }

  result(lane, task, variant, status, end_ms, problem, detail) {
    const image = task.work.image;
    const { progress } = this.job;
    const counts = progress.variants[variant];
    const name = this.job.variants[variant].name;
    const output = `${this.job.id}-${task.task}-${variant}`;
    const output_name = `${image.name.replace(/\.\w+$/, '')}_${name}.png`;
    const bytes = Math.round(image.bytes * (0.2 + ((task.task * 13 + variant * 7) % 10) / 100));
    const bar = {
      slot: lane.slot,
      task: task.task,
      attempt: task.attempt,
      variant,
      name: image.name,
      start_ms: task.next_start_ms,
      end_ms,
      status,
    };
    this.bars.push(bar);
    while (this.bars.length && this.bars[0].end_ms < end_ms - KEEP_MS) this.bars.shift();
    counts.work_ms += end_ms - task.next_start_ms;
    counts.read_bytes += image.bytes;
    progress.read_bytes += variant === task.variants[0] ? image.bytes : 0;
    progress.done += 1;
    const entry = {
      output,
      image: image.id,
      name: output_name,
      variant,
      status,
      bytes,
      kind: null,
      message: null,
      order: task.task * 1000 + variant,
      source: image,
      steps: this.job.variants[variant].steps,
      job: this.job.id,
    };
    if (status === 'ok') {
      counts.ok += 1;
      progress.ok += 1;
      counts.written_bytes += bytes;
      progress.written_bytes += bytes;
      this.recent = [{ output, image: image.id, name: output_name, variant }, ...this.recent].slice(0, 12);
    } else {
      counts.failed += 1;
      progress.failed += 1;
      Object.assign(entry, { kind: problem.kind, message: problem.message });
      this.failures = [
        {
          output,
          image: image.id,
          name: image.name,
          variant,
          kind: problem.kind,
          message: problem.message,
          attempt: task.attempt,
          detail: detail ?? null,
        },
        ...this.failures,
      ].slice(0, 1000);
    }
    this.outputs.set(output, entry);
    this.changed = true;
    this.emit({
      event: 'output',
      slot: lane.slot,
      task: task.task,
      attempt: task.attempt,
      variant,
      image: image.id,
      name: image.name,
      start_ms: task.next_start_ms,
      end_ms,
      status,
      output,
      output_name,
      bytes,
      ...(status === 'ok' ? {} : { kind: problem.kind, message: problem.message, detail: detail ?? null }),
    });
  }

  die(worker, reason, poison = false) {
    const lanes = this.lanes.filter((lane) => lane.worker === worker);
    if (!lanes.length || lanes[0].state !== 'ready' || !this.live()) return false;
    const t_ms = this.now();
    for (const lane of lanes) {
      clearTimeout(this.timers.get(lane.slot));
      const { task } = lane;
      this.crashes.push({
        slot: lane.slot,
        worker,
        t_ms,
        start_ms: task?.next_start_ms ?? t_ms,
        task: task?.task ?? null,
        attempt: task?.attempt ?? 1,
        variant: task ? task.variants[task.next] : null,
        name: task?.name ?? null,
        ready_ms: null,
        reason,
      });
      lane.state = 'lost';
      lane.restarts += 1;
      lane.memory_bytes = 0;
    }
    this.emit({ event: 'worker', worker, t_ms, state: 'lost', reason });
    for (const lane of lanes) {
      const { task } = lane;
      lane.task = null;
      if (!task) continue;
      if (poison && task.attempt >= 2) {
        for (; task.next < task.variants.length; task.next += 1, task.next_start_ms = t_ms)
          this.result(
            lane,
            task,
            task.variants[task.next],
            'quarantined',
            t_ms,
            { kind: 'crash', message: reason },
            'thread main received signal SIGSEGV\n  at decode\n  at worker::task',
          );
        this.notice('warn', 'quarantined', { name: task.name, reason }, `${task.name} kept crashing its worker`);
      } else this.pending.unshift({ ...task.work, attempt: task.attempt + 1, variants: task.variants.slice(task.next) });
    }
    setTimeout(() => {
      for (const lane of lanes) {
        lane.state = 'starting';
        lane.pid += 1000;
      }
      this.emit({ event: 'worker', worker, t_ms: this.now(), state: 'started', pid: lanes[0].pid });
    }, REPLACE_MS / 3);
    setTimeout(() => {
      const ready_ms = this.now();
      for (const lane of lanes) lane.state = 'ready';
      for (const crash of this.crashes) if (crash.worker === worker && crash.ready_ms === null) crash.ready_ms = ready_ms;
      this.emit({ event: 'worker', worker, t_ms: ready_ms, state: 'ready', pid: lanes[0].pid, replaced_ms: ready_ms - t_ms });
      this.notice(
        'info',
        'worker_replaced',
        { worker, reason, replaced_ms: ready_ms - t_ms, pid: lanes[0].pid },
        `worker ${worker} was replaced`,
      );
      if (this.isolation.state === 'running' && this.isolation.worker === worker) {
        this.isolation = { ...this.isolation, replaced_ms: ready_ms - t_ms };
        this.emit({ event: 'isolation', isolation: this.isolation });
      }
      for (const lane of this.lanes) this.next(lane);
    }, REPLACE_MS);
    for (const lane of this.lanes) this.next(lane);
    return true;
  }

  isolate() {
    // An image that kills its workers would not be whole again.
    const busy = this.lanes.filter((lane) => lane.task && !lane.task.work.image.poison && lane.state === 'ready');
    if (!busy.length || this.job.state !== 'running') return false;
    const { worker } = busy[Math.floor(Math.random() * busy.length)];
    this.isolation = { state: 'running', worker, reason: 'SIGKILL', replaced_ms: 0, redone: 0, lost: 0, proof: null };
    this.emit({ event: 'isolation', isolation: this.isolation });
    return this.die(worker, 'SIGKILL');
  }

  notice(level, code, args, message) {
    const notice = { id: (this.noticeId += 1), t_ms: this.now(), level, code, args, message };
    this.notices = [notice, ...this.notices].slice(0, 50);
    this.emit({ event: 'notice', notice });
  }

  finishIfDone() {
    if (this.job.state !== 'running' || this.pending.length || this.lanes.some((lane) => lane.task)) return;
    this.setState('finished');
    const next = this.queue.shift();
    if (next) setTimeout(() => this.run(next), 400);
  }

  pause(reason = 'user', extra = {}) {
    if (this.job?.state === 'running') this.setState('paused', { reason, ...extra });
  }
  resume() {
    if (this.job?.state === 'paused') {
      this.setState('running');
      for (const lane of this.lanes) this.next(lane);
      this.finishIfDone();
    }
  }
  cancel(id) {
    if (this.job?.id !== id) {
      this.queue = this.queue.filter((one) => one.id !== id);
      this.tellJob();
      return;
    }
    if (!this.live()) return;
    this.setState('cancelling');
    for (const lane of this.lanes) {
      clearTimeout(this.timers.get(lane.slot));
      if (lane.task) this.pending.unshift({ ...lane.task.work, variants: lane.task.variants.slice(lane.task.next) });
      lane.task = null;
    }
    this.emit({ event: 'lanes', lanes: this.lanes });
    setTimeout(() => this.setState('cancelled'), 250);
  }
  resumeCancelled() {
    this.setState('running');
    for (const lane of this.lanes) {
      lane.state = 'ready';
      this.next(lane);
    }
  }
  retry(ids) {
    const entries = [...this.outputs.values()].filter(
      (entry) => entry.job === this.job.id && entry.status !== 'ok' && (!ids || ids.includes(entry.output)),
    );
    if (!entries.length) return;
    this.failures = ids ? this.failures.filter((failure) => !ids.includes(failure.output)) : [];
    this.emit({ event: 'retried', outputs: ids });
    for (const entry of entries) {
      this.outputs.delete(entry.output);
      this.job.progress.failed -= 1;
      this.job.progress.done -= 1;
      this.job.progress.variants[entry.variant].failed -= 1;
      this.job.progress.variants[entry.variant].read_bytes -= entry.source.bytes;
      this.pending.push({ task: Math.floor(entry.order / 1000), attempt: 1, image: entry.source, variants: [entry.variant] });
    }
    this.changed = true;
    if (this.job.state !== 'running') this.setState('running');
    for (const lane of this.lanes) this.next(lane);
  }

  memory() {
    const seen = new Map();
    for (const lane of this.lanes)
      if (lane.state === 'ready' && lane.memory_bytes) seen.set(lane.worker, (seen.get(lane.worker) ?? 0) + lane.memory_bytes);
    return [...seen];
  }
  snapshot() {
    const clean = this.lanes.map((lane) => ({ ...lane, task: lane.task ? { ...lane.task, work: undefined } : null }));
    this.progress();
    return {
      job: this.job,
      queue: this.queue.map(({ id, name, images, request }) => ({
        id,
        name,
        images: images.length,
        outputs: images.length * request.variants.length,
      })),
      lanes: clean,
      bars: this.bars.slice(-4000),
      crashes: this.crashes.filter((crash) => crash.t_ms > this.now() - KEEP_MS),
      failures: this.failures,
      recent: this.recent,
      notices: this.notices,
      settings: this.request ?? null,
      isolation: this.isolation,
    };
  }
}
