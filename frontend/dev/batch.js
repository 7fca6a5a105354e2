// Fake work: slots that take tasks, end outputs, fail, die and are replaced, at an ordered rate. No picture is touched here.
import { History } from './history.js';
import { count, newJob, newLanes, newOutput, queuedJob } from './job.js';

/** From a death to a worker that takes tasks. */
const REPLACE_MS = 350;

export class Batch {
  constructor({ now, emit, rate, cores }) {
    Object.assign(this, { now, emit, rate, cores });
    this.job = null;
    this.queue = [];
    this.lanes = [];
    this.history = new History();
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

  /** Begins a job. @param {import('./job.js').Plan} plan */
  run(plan) {
    const { id, request, images } = plan;
    this.request = request;
    this.history = new History();
    // Outputs of the job before stay readable: a page may still be asking for them.
    for (const [output, entry] of this.outputs) if (Number(entry.job.slice(1)) < Number(id.slice(1)) - 1) this.outputs.delete(output);
    this.job = newJob(plan, this.now());
    this.base = 0;
    this.runSince = this.now();
    this.lanes = newLanes(request, 48000 + this.jobId * 100);
    const variants = request.variants.map((_, i) => i);
    this.pending = images.map((image, i) => ({ task: i + 1, attempt: 1, image, variants }));
    this.emit({ event: 'settings', settings: request });
    this.tellJob();
    this.emit({ event: 'lanes', lanes: this.lanes });
    for (const lane of this.lanes) this.next(lane);
  }

  tellJob() {
    this.progress();
    this.emit({ event: 'job', job: this.job, queue: this.queue.map(queuedJob) });
  }
  setState(state, pause = null) {
    if (this.job.state === 'running' && state !== 'running') this.base = this.elapsed();
    if (this.job.state !== 'running' && state === 'running') this.runSince = this.now();
    this.job.state = state;
    this.job.pause = pause;
    this.job.ended_ms = this.live() ? null : this.now();
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
      decoded: false,
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
      setTimeout(
        () => {
          if (!lane.task.decoded) {
            this.decoded(lane);
            return;
          }
          if (work.image.poison && next === 0) {
            this.die(lane.worker, 'SIGSEGV', true);
            return;
          }
          this.end(lane);
        },
        lane.task.decoded ? ms : ms / 4,
      ),
    );
  }

  decoded(lane) {
    const { task, attempt, name, start_ms } = lane.task;
    const end_ms = this.now();
    Object.assign(lane.task, { decoded: true, next_start_ms: end_ms });
    for (const variant of lane.task.variants)
      this.job.progress.variants[variant].decode_ms += (end_ms - start_ms) / lane.task.variants.length;
    const bar = { slot: lane.slot, task, attempt, variant: null, name, start_ms, end_ms, status: 'ok' };
    this.history.addBar(bar);
    this.emit({ event: 'decoded', ...bar });
    this.work(lane);
  }

  end(lane) {
    const { task } = lane;
    const variant = task.variants[task.next];
    const end_ms = this.now();
    const image = task.work.image;
    this.result(lane, variant, image.problem ? 'failed' : 'ok', end_ms, image.problem);
    task.next += 1;
    task.next_start_ms = end_ms;
    if (task.next < task.variants.length) {
      this.work(lane);
      return;
    }
    if (task.attempt > 1) this.redone(lane);
    lane.task = null;
    this.next(lane);
  }

  /** A task is done that had been lost with a worker. */
  redone({ worker: to_worker, task: { task, image, name } }) {
    this.job.progress.redone += 1;
    const crash = this.history.crashOf(task);
    if (!crash) return;
    const { worker, reason } = crash;
    const message = `worker ${worker} died; its image was redone in worker ${to_worker}`;
    this.notice('info', 'task_redone', { worker, to_worker, reason, name, image }, message);
  }

  /** An output of a lane's task has ended. */
  result({ slot, task }, variant, status, end_ms, problem, detail = null) {
    const { image } = task.work;
    const entry = newOutput(this.job, task, variant, status, problem);
    const { output, bytes, kind, message } = entry;
    const start_ms = task.next_start_ms;
    const bar = { slot, task: task.task, attempt: task.attempt, variant, name: image.name, start_ms, end_ms, status };
    this.history.addBar(bar);
    count(this.job.progress, entry, end_ms - start_ms, variant === task.variants[0]);
    const isOk = status === 'ok';
    if (isOk) this.history.addRecent({ output, image: image.id, name: entry.name, variant, bytes: entry.bytes });
    else this.history.addFailure({ output, image: image.id, name: image.name, variant, kind, message, attempt: task.attempt, detail });
    this.outputs.set(output, entry);
    this.changed = true;
    const failure = isOk ? {} : { kind, message, detail };
    this.emit({ event: 'output', ...bar, image: image.id, output, output_name: entry.name, bytes, ...failure });
  }

  /** A worker dies; `poison`: of its image. Tells whether there was one. */
  die(worker, reason, poison = false) {
    const lanes = this.lanes.filter((lane) => lane.worker === worker);
    if (!lanes.length || lanes[0].state !== 'ready' || !this.live()) return false;
    const t_ms = this.now();
    for (const lane of lanes) this.crash(lane, reason, t_ms);
    this.emit({ event: 'worker', worker, t_ms, state: 'lost', reason });
    for (const lane of lanes) this.putBack(lane, reason, poison, t_ms);
    this.replace(worker, lanes, reason, t_ms);
    for (const lane of this.lanes) this.next(lane);
    return true;
  }

  crash(lane, reason, t_ms) {
    clearTimeout(this.timers.get(lane.slot));
    const { slot, worker, task } = lane;
    this.history.addCrash({
      slot,
      worker,
      t_ms,
      start_ms: task?.next_start_ms ?? t_ms,
      task: task?.task ?? null,
      attempt: task?.attempt ?? 1,
      variant: task?.decoded ? task.variants[task.next] : null,
      name: task?.name ?? null,
      ready_ms: null,
      reason,
    });
    lane.state = 'lost';
    lane.restarts += 1;
    lane.memory_bytes = 0;
  }

  /** What a dead lane was at is done again, unless it was the cause twice. */
  putBack(lane, reason, poison, t_ms) {
    const { task } = lane;
    if (task && poison && task.attempt >= 2) {
      const problem = { kind: 'crash', message: reason };
      const detail = 'thread main received signal SIGSEGV\n  at decode\n  at worker::task';
      for (; task.next < task.variants.length; task.next += 1, task.next_start_ms = t_ms)
        this.result(lane, task.variants[task.next], 'quarantined', t_ms, problem, detail);
      this.notice('warn', 'quarantined', { name: task.name, reason }, `${task.name} kept crashing its worker`);
    } else if (task) this.pending.unshift({ ...task.work, attempt: task.attempt + 1, variants: task.variants.slice(task.next) });
    lane.task = null;
  }

  /** Another process takes the place of a worker that died at `t_ms`. */
  replace(worker, lanes, reason, t_ms) {
    setTimeout(() => {
      for (const lane of lanes) {
        lane.state = 'starting';
        lane.pid += 1000;
      }
      this.emit({ event: 'worker', worker, t_ms: this.now(), state: 'started', pid: lanes[0].pid });
    }, REPLACE_MS / 3);
    setTimeout(() => {
      const ready_ms = this.now();
      const replaced_ms = ready_ms - t_ms;
      const { pid } = lanes[0];
      for (const lane of lanes) lane.state = 'ready';
      this.history.replaced(worker, ready_ms);
      this.emit({ event: 'worker', worker, t_ms: ready_ms, state: 'ready', pid, replaced_ms });
      this.notice('info', 'worker_replaced', { worker, reason, replaced_ms, pid }, `worker ${worker} was replaced`);
      for (const lane of this.lanes) this.next(lane);
    }, REPLACE_MS);
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
  memory() {
    const seen = new Map();
    for (const lane of this.lanes)
      if (lane.state === 'ready' && lane.memory_bytes) seen.set(lane.worker, (seen.get(lane.worker) ?? 0) + lane.memory_bytes);
    return [...seen];
  }
  /** What a page gets of it. */
  snapshot() {
    const clean = this.lanes.map((lane) => ({ ...lane, task: lane.task ? { ...lane.task, work: undefined } : null }));
    this.progress();
    return {
      job: this.job,
      queue: this.queue.map(queuedJob),
      lanes: clean,
      notices: this.notices,
      settings: this.request ?? null,
      isolation: this.isolation,
      watches: [],
      ...this.history.shown(this.now()),
    };
  }
}
