//! Worker processes with tasks: carries what happens to the scheduler, and what that decides to the
//! workers.
//!
//! Whoever has tasks adds them, at any time, and is told what happens: runs of a plan (`run`) and the
//! small pictures of the server. Who does which task is the scheduler's to say; what is decided here is
//! what takes too long or keeps too much memory. It knows no plan, no names and no pictures.

mod clock;
mod deadlines;
mod heartbeats;
mod memory;
mod reserve;
mod workers;

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lote_protocol::lang::Text;
use lote_protocol::message::{Stage, Written};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::sandbox::Sandbox;
use lote_protocol::text;
use tokio::time::{Interval, MissedTickBehavior, interval};

use clock::Clock;
use deadlines::Deadlines;
pub use deadlines::{Load, Timeout};
use heartbeats::Heartbeats;
pub use reserve::Reserve;
use workers::Known;

use crate::event::{Event, Summary};
use crate::plan::{Access, Assignment};
use crate::scheduler::{
    Effect, GiveUp, Input, Priority, Scheduler, SlotId, TaskId, TaskSpec, WorkerId,
};
use crate::supervisor::{Death, Killer, Supervisor, SupervisorError, WorkerConfig};
use crate::system;

/// What was started may take this long to finish after all has been cancelled.
const GRACE: Duration = Duration::from_secs(10);

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(100);

/// What whoever has tasks is told, and in part has to answer.
#[derive(Debug)]
pub enum Happened {
    /// Something of workers that everybody may know.
    Told(Box<Event>),
    /// A slot is to do these outputs of a task: [`Pool::give`] it.
    Begin(Begin),
    /// A slot has begun with a task, of which these outputs are open.
    Running {
        /// The slot.
        slot: SlotId,
        /// The task.
        task: TaskId,
        /// How often it has been given to a worker, from 1.
        attempt: u32,
        /// Its outputs that have not ended.
        outputs: Vec<u32>,
    },
    /// An output has been made, or could not be. Unless it is to be made later
    /// ([`Pool::put_off`]), [`Input::Ended`] is to be told.
    Made(Made),
    /// Outputs of a task will not be made.
    GivenUp(GivenUp),
    /// A task takes too long; its worker is being killed.
    Late(TaskId),
    /// No worker is left, and why. What waits is given up.
    NoWorkers(Text),
    /// A tenth of a second has gone by.
    Tick,
    /// [`Pool::is_done`] holds.
    Done,
}

/// A slot is to do these outputs of a task, after what it already has.
#[derive(Debug)]
pub struct Begin {
    /// The slot.
    pub slot: SlotId,
    /// The task.
    pub task: TaskId,
    /// How often it has been given to a worker, from 1.
    pub attempt: u32,
    /// Whether it has cost a worker its life.
    pub suspect: bool,
    /// The outputs that have not ended, in order.
    pub outputs: Vec<u32>,
}

/// A worker has come to the end of an output of the task that it is running.
#[derive(Debug)]
pub struct Made {
    /// Where it ran.
    pub slot: SlotId,
    /// The task.
    pub task: TaskId,
    /// The output, as its order names it.
    pub variant: u32,
    /// How it has ended.
    pub result: Result<Written, Failure>,
    /// How often the task has been given to a worker.
    pub attempt: Option<u32>,
    /// The time of the worker, with the output's share of reading and decoding.
    pub work: Duration,
    /// That share.
    pub decode: Duration,
}

/// Outputs that will not be made.
#[derive(Debug)]
pub struct GivenUp {
    /// Their task.
    pub task: TaskId,
    /// Why.
    pub why: GiveUp,
    /// Those that had not ended.
    pub outputs: Vec<u32>,
    /// How often the task was running, and was not finished.
    pub failures: u32,
    /// What is known of it.
    pub record: GivenTask,
}

impl GivenUp {
    /// Why the outputs of a task are not made that workers died of, which may have so much memory.
    pub fn failure(&self, max_memory_bytes: Option<u64>) -> Failure {
        let (times, at) = (self.failures, self.record.stage.map(Stage::while_at_it));
        let at = at.unwrap_or_default();
        match &self.record.death {
            Some(death) if death.wanted_memory() => {
                let what = match max_memory_bytes {
                    Some(bytes) => {
                        text!("it needs more memory than --max-memory allows ({} MiB)", bytes >> 20)
                    }
                    None => {
                        text!("it needs more memory than there is; a smaller --jobs leaves it more")
                    }
                };
                let died =
                    text!("its worker process died {} times{} ({})", times, at, death.cause.text());
                Failure::new(FailureKind::TooLarge, text!("{}: {}", what, died))
            }
            Some(death) if matches!(death.killer, Some(Killer::Timeout { .. })) => Failure::new(
                FailureKind::Timeout,
                text!("it took too long {} times{}; --timeout gives it more time", times, at),
            ),
            Some(death) => {
                let died =
                    text!("its worker process died {} times{} ({})", times, at, death.text());
                let died = match death.last_words.last() {
                    Some(words) => text!("{}: {}", died, words),
                    None => died,
                };
                Failure::new(FailureKind::Crash, died)
            }
            None => Failure::new(
                FailureKind::Crash,
                text!("it was not finished in {} attempts{}", times, at),
            ),
        }
    }
}

/// What is known of a task that has been given to a worker.
#[derive(Debug, Default)]
pub struct GivenTask {
    /// How often that was.
    pub attempt: Option<u32>,
    /// Where it has got to, if it is watched closely.
    pub stage: Option<Stage>,
    /// What its worker last died of.
    pub death: Option<Death>,
    /// How long it may take, once it has been given.
    time: Option<Duration>,
    /// It has met what keeps all outputs from being written, and has not come to its end.
    is_put_off: bool,
}

/// Workers, and the tasks that they are given. Dropping it kills what is left of them.
#[derive(Debug)]
pub struct Pool {
    supervisor: Supervisor,
    /// What is opened and replaced for its tasks.
    access: Arc<Access>,
    scheduler: Scheduler,
    /// Whether workers that were started by hand may join.
    external: bool,
    /// Workers that were started, and tasks that were added.
    lanes: u32,
    added: u32,
    clock: Clock,
    /// The time that this pool has lived through.
    now: Duration,
    tick: Interval,
    deadlines: Deadlines,
    heartbeats: Heartbeats,
    /// What a worker may keep in memory from task to task, bytes.
    ceiling_bytes: u64,
    workers: HashMap<WorkerId, Known>,
    /// The tasks that have been given to workers and have not ended.
    records: HashMap<TaskId, GivenTask>,
    effects: Vec<Effect>,
    happened: VecDeque<Happened>,
    cancelled: Option<Instant>,
    stopping: bool,
    lost_workers: usize,
    busy: Duration,
    /// The weakest that a worker was in.
    sandbox: Option<Sandbox>,
}

impl Pool {
    /// Starts the workers, of which there will be at most `most`. It must be called on a thread that
    /// lives until the program ends: workers are told to die with the thread that started them.
    ///
    /// # Errors
    /// That there is no socket to talk to them.
    pub fn start(config: &WorkerConfig, most: u32) -> Result<Self, SupervisorError> {
        Ok(Self::new(config, most, Supervisor::start(config)?))
    }

    fn new(config: &WorkerConfig, most: u32, supervisor: Supervisor) -> Self {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let max = config.max_memory_bytes;
        let mut scheduler = Scheduler::default();
        scheduler.bound_memory(memory::budget(max, most, system::free_memory()));
        // What a process with many threads has is mostly in use.
        let ceiling_bytes = if config.slots == 1 && !config.external {
            memory::ceiling(max, most, system::total_memory())
        } else {
            u64::MAX
        };
        Self {
            supervisor,
            access: Arc::new(config.access.clone()),
            scheduler,
            external: config.external,
            lanes: config.workers,
            added: 0,
            clock: Clock::new(Instant::now()),
            now: Duration::ZERO,
            tick,
            deadlines: Deadlines::default(),
            heartbeats: Heartbeats::default(),
            ceiling_bytes,
            workers: HashMap::new(),
            records: HashMap::new(),
            effects: Vec::new(),
            happened: VecDeque::new(),
            cancelled: None,
            stopping: false,
            lost_workers: 0,
            busy: Duration::ZERO,
            sandbox: None,
        }
    }

    /// The address for workers that are started by hand.
    pub fn socket(&self) -> PathBuf {
        self.supervisor.socket()
    }

    /// Adds a task.
    pub fn add(&mut self, job: TaskSpec) -> TaskId {
        let task = TaskId(self.added);
        self.added += 1;
        self.tell(Input::Add(job));
        task
    }

    /// Lets workers have at most so many tasks of a priority at a time.
    pub fn bound(&mut self, priority: Priority, most: u32) {
        self.scheduler.bound(priority, most);
    }

    /// Starts more workers, until there are so many.
    pub fn grow_to(&mut self, workers: u32) {
        while self.lanes < workers {
            self.lanes += 1;
            self.supervisor.grow();
        }
    }

    /// Whether a task has not ended.
    pub fn is_open(&self, task: TaskId) -> bool {
        self.scheduler.is_open(task)
    }

    /// Waits for what happens next. Nothing is lost when the future is dropped before it is ready.
    pub async fn next(&mut self) -> Happened {
        loop {
            if let Some(happened) = self.happened.pop_front() {
                return happened;
            }
            tokio::select! {
                event = self.supervisor.next() => {
                    self.worker_event(event);
                    if self.is_done() {
                        return Happened::Done;
                    }
                }
                _ = self.tick.tick() => {
                    self.time_is_up();
                    return Happened::Tick;
                }
            }
        }
    }

    /// Whether there is nothing to be told any more: all tasks have ended and no others will come,
    /// or, after [`Pool::stop`], all workers have left.
    pub fn is_done(&self) -> bool {
        let is_over = if self.stopping {
            self.workers.values().all(|known| !known.alive)
        } else {
            self.scheduler.is_done()
        };
        is_over && self.happened.is_empty()
    }

    /// Hands in what happened, and does what follows from it.
    pub fn tell(&mut self, input: Input) {
        let mut effects = std::mem::take(&mut self.effects);
        self.scheduler.handle(input, &mut effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Run { slot, task, attempt, suspect, outputs } => {
                    let record = self.records.entry(task).or_default();
                    (record.attempt, record.time) = (Some(attempt), None);
                    let begin = Begin { slot, task, attempt, suspect, outputs };
                    self.happened.push_back(Happened::Begin(begin));
                }
                Effect::Leave { worker } => self.supervisor.retire(worker),
                Effect::Interrupt { worker } => self.kill(worker),
                Effect::GiveUp { task, why, failures, outputs } => {
                    let record = self.records.remove(&task).unwrap_or_default();
                    let given_up = GivenUp { task, why, outputs, failures, record };
                    self.happened.push_back(Happened::GivenUp(given_up));
                }
            }
        }
        self.effects = effects;
        if let Input::Finished { slot, .. } | Input::PutOff { slot, .. } = input {
            self.watch(slot.worker);
        }
    }

    /// Has a slot do what [`Happened::Begin`] asked for, which may take that long.
    pub fn give(&mut self, begin: &Begin, time: Duration, assignment: Assignment) {
        let Begin { slot, task, suspect, .. } = *begin;
        let known = self.workers.get(&slot.worker).and_then(|known| known.mailbox.as_ref());
        let (Some(mailbox), Some(record)) = (known, self.records.get_mut(&task)) else { return };
        record.time = Some(time);
        mailbox.run(slot.index, suspect, Arc::clone(&self.access), assignment);
        self.watch(slot.worker);
    }

    /// What is left of a task that a slot is running is to be made later, for a reason that lies with
    /// neither.
    pub fn put_off(&mut self, task: TaskId) {
        if let Some(record) = self.records.get_mut(&task) {
            record.is_put_off = true;
        }
    }

    /// Starts nothing more; what has been started may finish, but not for ever.
    pub fn cancel(&mut self) {
        self.cancelled.get_or_insert_with(Instant::now);
        self.tell(Input::Cancel);
    }

    /// Whether that has been said.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.is_some()
    }

    /// Kills a worker.
    pub fn kill(&self, worker: WorkerId) {
        self.supervisor.kill(worker, Killer::User);
    }

    /// Kills all workers.
    pub fn kill_all(&self) {
        self.workers.keys().for_each(|worker| self.kill(*worker));
    }

    /// Has all workers leave.
    pub fn stop(&mut self) {
        self.stopping = true;
        self.supervisor.stop();
    }

    /// Fills in what is known of the workers.
    pub fn complete(&self, summary: &mut Summary) {
        let capacity = summary.seconds * f64::from(summary.workers);
        let busy = self.busy.as_secs_f64() / capacity;
        summary.busy = if capacity > 0.0 { busy.min(1.0) } else { 0.0 };
        summary.lost_workers = self.lost_workers;
        summary.sandbox.clone_from(&self.sandbox);
        let alive = self.workers.values().filter(|known| known.alive);
        // A process that is gone tells nothing, unless it was let go.
        let peaks: Option<Vec<_>> = alive.map(Known::peak_bytes).collect();
        summary.workers_peak_bytes =
            peaks.filter(|peaks| !peaks.is_empty()).map(|peaks| peaks.iter().sum());
    }

    /// Ends what takes too long, and what stands still.
    fn time_is_up(&mut self) {
        if self.stopping {
            return;
        }
        let real = Instant::now();
        self.now = self.clock.advance(real);
        for slot in self.deadlines.expire(self.now) {
            tracing::warn!(worker = slot.worker.0, "a task takes too long");
            self.supervisor.kill(slot.worker, Killer::Timeout { slot: slot.index });
            let late = self.scheduler.running(slot).map(Happened::Late);
            self.happened.extend(late);
        }
        let workers = &self.workers;
        let look = |worker| system::look(workers.get(&worker)?.pid);
        for worker in self.heartbeats.frozen(self.now, look) {
            tracing::warn!(worker = worker.0, "a worker stands still");
            self.supervisor.kill(worker, Killer::Frozen);
        }
        if self.cancelled.is_some_and(|at| real >= at + GRACE) {
            // Once is enough; the dead report themselves.
            self.cancelled = Some(real + Duration::from_secs(3600));
            self.kill_all();
        }
    }

    /// Notes what a worker's threads run now, for the deadlines, and tells what is new.
    fn watch(&mut self, worker: WorkerId) {
        let slots = self.workers.get(&worker).map_or(0, |known| known.slots);
        let mut is_idle = true;
        for index in 0..slots {
            let slot = SlotId { worker, index };
            let Some(task) = self.scheduler.running(slot) else {
                self.deadlines.rests(slot);
                continue;
            };
            is_idle = false;
            // What has not been given has not begun.
            let Some(&GivenTask { attempt, time: Some(time), .. }) = self.records.get(&task) else {
                continue;
            };
            if self.deadlines.runs(slot, task, time, self.now) {
                self.heartbeats.heard(worker, self.now);
                let (attempt, outputs) = (attempt.unwrap_or(1), self.scheduler.open_outputs(task));
                self.happened.push_back(Happened::Running { slot, task, attempt, outputs });
            }
        }
        if is_idle {
            self.heartbeats.forget(worker);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use lote_protocol::message::Report;
    use lote_protocol::sandbox::{Level, Policy};
    use lote_protocol::task::Limits;
    use tokio::time::interval_at;

    use super::*;
    use crate::supervisor::{Program, WorkerEvent};

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_last_task_is_told_at_once() {
        let config = WorkerConfig {
            workers: 0,
            slots: 1,
            limits: Limits::default(),
            max_memory_bytes: None,
            access: Access::default(),
            sandbox: Policy::default(),
            program: Program::Command(vec!["false".into()]),
            external: false,
        };
        let mut pool = Pool::start(&config, 1).unwrap();
        let hour = Duration::from_secs(3600);
        pool.tick = interval_at(tokio::time::Instant::now() + hour, hour);
        let task =
            pool.add(TaskSpec { priority: Priority::Usual, cost: 1, outputs: 1, memory_bytes: 0 });
        pool.tell(Input::NoMore);

        let (worker, pid) = (WorkerId(1), std::process::id());
        let sandbox = Sandbox { level: Level::Off, enforced: Vec::new(), missing: Vec::new() };
        let (took, mailbox) = (Duration::ZERO, crate::supervisor::unread_mailbox());
        let reported = |report| WorkerEvent::Reported { worker, report };
        let failed = Err(Failure::new(FailureKind::Damaged, String::new()));
        let (slot, id, micros, decode_micros) = (0, u64::from(task.0), 1, 0);
        for event in [
            WorkerEvent::Started { worker, pid },
            WorkerEvent::Ready { worker, pid, slots: 1, took, sandbox, mailbox },
            reported(Report::Ended {
                slot,
                task: id,
                variant: 0,
                result: failed,
                micros,
                decode_micros,
            }),
            reported(Report::Finished { slot, task: id, micros }),
        ] {
            pool.supervisor.pretend(event).await;
        }
        loop {
            match pool.next().await {
                Happened::Made(Made { slot, task, variant, .. }) => {
                    pool.tell(Input::Ended { slot, task, output: variant });
                }
                Happened::Done => break,
                Happened::Tick => panic!("it waits for the clock"),
                _ => {}
            }
        }
        assert!(pool.is_done());
    }
}
