//! A run: carries what happens to the scheduler, and what that decides to the workers.
//!
//! The loop waits for one thing at a time, hands it in, and performs the effects. Who does which task
//! is the scheduler's to say; what is decided here is what takes too long, keeps too much memory or
//! finds no room. It touches no pixels.

mod clock;
pub mod dates;
mod deadlines;
mod heartbeats;
mod memory;
mod notes;
mod obstacle;
mod outcome;
mod outputs;
mod sweep;
mod workers;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lote_protocol::lang::Text;
use lote_protocol::message::Stage;
use lote_protocol::sandbox::Sandbox;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use clock::Clock;
use deadlines::Deadlines;
pub use deadlines::Timeout;
use heartbeats::Heartbeats;
use outputs::Outputs;
pub use sweep::sweep_orphans;
use workers::Known;

use crate::event::{Bus, Event, Mode, Summary};
use crate::plan::Plan;
use crate::scheduler::{Effect, Input, Job, Scheduler, SlotId, TaskId, WorkerId};
use crate::supervisor::{Config, Death, Killer, Supervisor, SupervisorError, WorkerEvent};
use crate::system;

/// What was started may take this long to finish after a run has been cancelled.
const GRACE: Duration = Duration::from_secs(10);

/// How often progress is told, and deadlines are looked at.
const TICK: Duration = Duration::from_millis(100);

/// How a run works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How work is spread.
    pub mode: Mode,
    /// Processes (or, in mode threads, threads).
    pub slots: u32,
    /// How long a task may take.
    pub timeout: Timeout,
    /// Whether each output is forced to the disk before it counts as made.
    pub durable: bool,
    /// The workers; `workers` and `slots` in it follow from `mode` and `slots` here.
    pub workers: Config,
}

/// What a run can be told while it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Start nothing more, and finish what has been started.
    Cancel,
    /// Leave everything as it is, now.
    Abort,
    /// Kill a worker.
    Kill(WorkerId),
    /// Start nothing more until [`Order::Resume`].
    Pause,
    /// Go on.
    Resume,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// Its figures.
    pub summary: Summary,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// Why there were no workers any more, if that ended it.
    pub no_workers: Option<Text>,
    /// Why outputs could not be written any more, if that ended it.
    pub halted: Option<Text>,
}

/// Runs a plan to its end. Its folders must have been prepared. What happens is told on `bus`.
pub async fn run(
    plan: &Plan,
    settings: &Settings,
    bus: &mut Bus,
    orders: &mut mpsc::Receiver<Order>,
) -> Result<Ended, SupervisorError> {
    let mut config = settings.workers.clone();
    config.access = plan.access();
    let slots = settings.slots.min(plan.units.len() as u32);
    (config.workers, config.slots) = match settings.mode {
        Mode::Processes => (slots, 1),
        Mode::Threads => (slots.min(1), slots.max(1)),
    };
    let start = Instant::now();
    let supervisor = Supervisor::start(&config)?;
    let mut run = Run::new(plan, settings, bus, supervisor, slots, start);
    run.bound_memory(&config);
    run.announce().await;
    run.add_tasks().await;
    run.work(orders, config.external).await;
    Ok(run.close().await)
}

/// The state of a run.
struct Run<'a> {
    plan: &'a Plan,
    settings: &'a Settings,
    bus: &'a mut Bus,
    supervisor: Supervisor,
    scheduler: Scheduler,
    outputs: Outputs,
    clock: Clock,
    /// The time that this run has lived through.
    now: Duration,
    deadlines: Deadlines,
    heartbeats: Heartbeats,
    /// What a worker may keep in memory from task to task, bytes.
    ceiling_bytes: u64,
    workers: HashMap<WorkerId, Known>,
    /// Where a task that is watched closely has got to.
    stages: HashMap<TaskId, Stage>,
    /// What a task's worker last died of.
    deaths: HashMap<TaskId, Death>,
    attempts: HashMap<TaskId, u32>,
    effects: Vec<Effect>,
    slots: u32,
    start: Instant,
    cancelled: Option<Instant>,
    no_workers: Option<Text>,
    /// The weakest sandbox that a worker was in.
    sandbox: Option<Sandbox>,
    /// Why nothing can be written any more.
    halted: Option<Text>,
    full: Option<obstacle::Full>,
    user_paused: bool,
    /// Tasks that have met an obstacle and have not come to their ends.
    put_off: HashSet<TaskId>,
    unwritten_in_a_row: u32,
    told: usize,
}

impl<'a> Run<'a> {
    fn new(
        plan: &'a Plan,
        settings: &'a Settings,
        bus: &'a mut Bus,
        supervisor: Supervisor,
        slots: u32,
        start: Instant,
    ) -> Self {
        let formats = plan.variants.iter().map(|variant| variant.files.first()?.format);
        let names = plan.variants.iter().map(|variant| Arc::from(variant.name.as_str()));
        let names = names.zip(formats).collect();
        Self {
            scheduler: Scheduler::default(),
            outputs: Outputs::new(names, plan.images.len()),
            clock: Clock::new(start),
            now: Duration::ZERO,
            deadlines: Deadlines::new(settings.timeout),
            heartbeats: Heartbeats::default(),
            ceiling_bytes: u64::MAX,
            workers: HashMap::new(),
            stages: HashMap::new(),
            deaths: HashMap::new(),
            attempts: HashMap::new(),
            effects: Vec::new(),
            cancelled: None,
            no_workers: None,
            sandbox: None,
            halted: None,
            full: None,
            user_paused: false,
            put_off: HashSet::new(),
            unwritten_in_a_row: 0,
            told: usize::MAX,
            plan,
            settings,
            bus,
            supervisor,
            slots,
            start,
        }
    }

    /// Keeps what tasks take up together, and what workers keep, within what there is.
    fn bound_memory(&mut self, config: &Config) {
        let max = config.max_memory_bytes;
        let budget = memory::budget(max, config.workers, system::free_memory());
        self.scheduler.bound_memory(budget);
        // What a process with many threads has is mostly in use.
        if config.slots == 1 && !config.external {
            self.ceiling_bytes = memory::ceiling(max, config.workers, system::total_memory());
        }
    }

    /// Tells the plan, and what is known about outputs without any work.
    async fn announce(&mut self) {
        let counts = self.plan.counts();
        let event = Event::Planned {
            images: counts.images,
            outputs: counts.outputs,
            skipped: counts.skipped,
            mode: self.settings.mode,
            workers: self.slots,
            left_out: Box::new(self.plan.left_out.clone()),
        };
        self.bus.publish(event).await;
        if self.settings.workers.external {
            let socket = self.supervisor.socket();
            self.bus.publish(Event::Listening { socket }).await;
        }
        self.end_what_is_known().await;
    }

    /// Hands in all that is to be done: tasks are numbered as the plan's units are.
    async fn add_tasks(&mut self) {
        for unit in &self.plan.units {
            let job = Job {
                cost: unit.cost,
                outputs: unit.variants.len() as u32,
                memory_bytes: unit.memory_bytes,
            };
            self.handle(Input::Add(job)).await;
        }
        self.handle(Input::NoMore).await;
    }

    /// The loop.
    async fn work(&mut self, orders: &mut mpsc::Receiver<Order>, external: bool) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut listening = true;
        while !self.scheduler.is_done() {
            tokio::select! {
                event = self.supervisor.next() => self.worker_event(event, external).await,
                order = orders.recv(), if listening => match order {
                    Some(order) => self.order(order).await,
                    None => listening = false,
                },
                _ = tick.tick() => {
                    self.time_is_up();
                    self.tell_progress().await;
                    self.look_for_space().await;
                }
            }
        }
    }

    async fn order(&mut self, order: Order) {
        match order {
            Order::Cancel => {
                self.cancelled.get_or_insert_with(Instant::now);
                self.handle(Input::Cancel).await;
            }
            Order::Abort => {
                self.cancelled.get_or_insert_with(Instant::now);
                self.handle(Input::Cancel).await;
                self.kill_all();
            }
            Order::Kill(worker) => self.supervisor.kill(worker, Killer::User),
            Order::Pause => {
                self.user_paused = true;
                self.handle(Input::Pause).await;
            }
            Order::Resume => {
                self.user_paused = false;
                // Whoever says so knows of room.
                self.full = None;
                self.handle(Input::Resume).await;
            }
        }
    }

    fn kill_all(&self) {
        for worker in self.workers.keys() {
            self.supervisor.kill(*worker, Killer::User);
        }
    }

    /// Ends what takes too long, and what stands still.
    fn time_is_up(&mut self) {
        let real = Instant::now();
        self.now = self.clock.advance(real);
        for slot in self.deadlines.expire(self.now) {
            tracing::warn!(worker = slot.worker.0, "a task takes too long");
            self.supervisor.kill(slot.worker, Killer::Timeout { slot: slot.index });
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

    /// Hands in what happened, and does what follows from it.
    async fn handle(&mut self, input: Input) {
        let mut effects = std::mem::take(&mut self.effects);
        self.scheduler.handle(input, &mut effects);
        // What one worker gives back may let others begin.
        let mut begun = Vec::new();
        for effect in effects.drain(..) {
            match effect {
                Effect::Run { slot, task, attempt, suspect, outputs } => {
                    self.attempts.insert(task, attempt);
                    if begun.last() != Some(&slot.worker) {
                        begun.push(slot.worker);
                    }
                    self.start(slot, task, attempt, suspect, &outputs);
                }
                Effect::Leave { worker } => self.supervisor.retire(worker),
                Effect::GiveUp { task, why, failures, outputs } => {
                    self.end_given_up(task, why, failures, &outputs).await;
                }
            }
        }
        self.effects = effects;
        match input {
            Input::Ready { worker, .. } => self.watch(worker).await,
            Input::Finished { slot, .. } | Input::PutOff { slot, .. } => {
                self.watch(slot.worker).await;
                for worker in begun.into_iter().filter(|worker| *worker != slot.worker) {
                    self.watch(worker).await;
                }
            }
            Input::Lost { .. } | Input::Resume => {
                for worker in self.workers.keys().copied().collect::<Vec<_>>() {
                    self.watch(worker).await;
                }
            }
            _ => {}
        }
    }

    /// Has a worker do these outputs of a task.
    fn start(&self, slot: SlotId, task: TaskId, attempt: u32, suspect: bool, outputs: &[u32]) {
        let Some(mut assignment) = self.plan.assignment(task.0 as usize) else { return };
        assignment.retain(|place| outputs.contains(&place));
        for order in &mut assignment.task.orders {
            order.durable = self.settings.durable;
        }
        for target in &mut assignment.targets {
            target.durable = self.settings.durable;
            // An attempt before may have named it, and not got the name onto the disk.
            target.replace |= attempt > 1 && target.durable;
        }
        let known = self.workers.get(&slot.worker).and_then(|known| known.mailbox.as_ref());
        if let Some(mailbox) = known {
            mailbox.run(slot.index, suspect, assignment);
        }
    }

    /// Notes what a worker's threads run now, for the deadlines, and tells what is new.
    async fn watch(&mut self, worker: WorkerId) {
        let slots = self.workers.get(&worker).map_or(0, |known| known.slots);
        let mut is_idle = true;
        for index in 0..slots {
            let slot = SlotId { worker, index };
            let Some(task) = self.scheduler.running(slot) else {
                self.deadlines.rests(slot);
                continue;
            };
            is_idle = false;
            let unit = &self.plan.units[task.0 as usize];
            let work = (unit.pixels, unit.patience);
            if self.deadlines.runs(slot, task, work, self.now) {
                self.heartbeats.heard(worker, self.now);
                let image = self.image_name(unit.image);
                let attempt = self.attempts.get(&task).copied().unwrap_or(1);
                let unit_index = task.0 as usize;
                let variants = self.open_variants(task);
                let event = Event::Task {
                    worker: worker.0,
                    slot: index,
                    unit: unit_index,
                    variants,
                    image,
                    attempt,
                };
                self.bus.publish(event).await;
            }
        }
        if is_idle {
            self.heartbeats.forget(worker);
        }
    }

    /// The variants that a task has yet to make.
    fn open_variants(&self, task: TaskId) -> Vec<u32> {
        let all = &self.plan.units[task.0 as usize].variants;
        let open = self.scheduler.open_outputs(task);
        open.into_iter().filter_map(|output| all.get(output as usize).copied()).collect()
    }

    fn image_name(&self, image: usize) -> String {
        self.plan.images[image].name.display().to_string()
    }

    async fn tell_progress(&mut self) {
        let progress = self.outputs.progress(self.start.elapsed());
        if progress.done != self.told {
            self.told = progress.done;
            self.bus.publish(Event::Progress(progress)).await;
        }
    }

    /// Ends the run: the books are checked, the workers leave.
    async fn close(mut self) -> Ended {
        let elapsed = self.start.elapsed();
        self.tell_progress().await;
        self.check_books().await;
        let alive = self.workers.values().filter(|known| known.alive);
        // A process that is gone tells nothing, unless it was let go.
        let peaks: Option<Vec<_>> =
            alive.map(|known| system::peak_memory(known.pid).max(known.peak_bytes)).collect();
        let mut summary = self.outputs.summary(elapsed, self.settings.mode, self.slots);
        summary.sandbox = self.sandbox.take();
        summary.master_peak_bytes = system::peak_memory(std::process::id());
        summary.workers_peak_bytes =
            peaks.filter(|peaks| !peaks.is_empty()).map(|peaks| peaks.iter().sum());
        self.supervisor.stop();
        while self.workers.values().any(|known| known.alive) {
            match self.supervisor.next().await {
                event @ (WorkerEvent::Stopped { .. } | WorkerEvent::Off { .. }) => {
                    self.worker_event(event, true).await;
                }
                WorkerEvent::Lost { worker, pid, death } => self.lost(worker, pid, death).await,
                WorkerEvent::Ready { .. }
                | WorkerEvent::Started { .. }
                | WorkerEvent::Retired { .. }
                | WorkerEvent::Reported { .. } => {}
            }
        }
        self.bus.publish(Event::Finished(summary.clone())).await;
        Ended {
            summary,
            cancelled: self.cancelled.is_some(),
            no_workers: self.no_workers,
            halted: self.halted,
        }
    }
}
