//! A run: has a pool of workers carry out a plan, and says what becomes of each output.
//!
//! The loop waits for one thing at a time and does what follows from it. Who does which task is the
//! scheduler's to say, and what takes too long the pool's; what is decided here is what finds no room.
//! It touches no pixels.

pub mod dates;
mod notes;
mod obstacle;
mod outcome;
mod outputs;
mod sweep;

use std::sync::Arc;
use std::time::Instant;

use lote_protocol::lang::Text;
use tokio::sync::mpsc;

use outputs::Outputs;
pub use sweep::sweep_orphans;

use crate::event::{Bus, Event, Mode, Summary, exact};
use crate::plan::Plan;
pub use crate::pool::Timeout;
use crate::pool::{Begin, Happened, Load, Pool};
use crate::scheduler::{Input, Job, Priority, SlotId, TaskId, WorkerId};
use crate::supervisor::{Config, SupervisorError};
use crate::system;

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
    let pool = Pool::start(&config, config.workers)?;
    let mut run = Run::new(plan, settings, bus, pool, slots, start);
    run.announce().await;
    run.add_tasks();
    run.work(orders).await;
    Ok(run.close().await)
}

/// The state of a run.
struct Run<'a> {
    plan: &'a Plan,
    settings: &'a Settings,
    bus: &'a mut Bus,
    pool: Pool,
    outputs: Outputs,
    slots: u32,
    start: Instant,
    no_workers: Option<Text>,
    /// Why nothing can be written any more.
    halted: Option<Text>,
    full: Option<obstacle::Full>,
    user_paused: bool,
    unwritten_in_a_row: u32,
    told: usize,
}

impl<'a> Run<'a> {
    fn new(
        plan: &'a Plan,
        settings: &'a Settings,
        bus: &'a mut Bus,
        pool: Pool,
        slots: u32,
        start: Instant,
    ) -> Self {
        let formats = plan.variants.iter().map(|variant| variant.files.first()?.format);
        let names = plan.variants.iter().map(|variant| Arc::from(variant.name.as_str()));
        let names = names.zip(formats).collect();
        Self {
            outputs: Outputs::new(names, plan.images.len()),
            no_workers: None,
            halted: None,
            full: None,
            user_paused: false,
            unwritten_in_a_row: 0,
            told: usize::MAX,
            plan,
            settings,
            bus,
            pool,
            slots,
            start,
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
            let socket = self.pool.socket();
            self.bus.publish(Event::Listening { socket }).await;
        }
        self.end_what_is_known().await;
    }

    /// Adds all that is to be done: tasks are numbered as the plan's units are.
    fn add_tasks(&mut self) {
        for unit in &self.plan.units {
            self.pool.add(Job {
                priority: Priority::Usual,
                cost: unit.cost,
                outputs: unit.variants.len() as u32,
                memory_bytes: unit.memory_bytes,
            });
        }
        self.pool.tell(Input::NoMore);
    }

    /// The loop.
    async fn work(&mut self, orders: &mut mpsc::Receiver<Order>) {
        let mut listening = true;
        while !self.pool.is_done() {
            tokio::select! {
                happened = self.pool.next() => self.follow(happened).await,
                order = orders.recv(), if listening => match order {
                    Some(order) => self.order(order),
                    None => listening = false,
                },
            }
        }
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Cancel => self.pool.cancel(),
            Order::Abort => {
                self.pool.cancel();
                self.pool.kill_all();
            }
            Order::Kill(worker) => self.pool.kill(worker),
            Order::Pause => {
                self.user_paused = true;
                self.pool.tell(Input::Pause);
            }
            Order::Resume => {
                self.user_paused = false;
                // Whoever says so knows of room.
                self.full = None;
                self.pool.tell(Input::Resume);
            }
        }
    }

    /// Does what follows from what happened.
    async fn follow(&mut self, happened: Happened) {
        match happened {
            Happened::Told(event) => self.bus.publish(*event).await,
            Happened::Begin(begin) => self.begin(&begin),
            Happened::Running { slot, task, attempt, outputs } => {
                self.tell_running(slot, task, attempt, &outputs).await;
            }
            Happened::Made(made) => self.made(made).await,
            Happened::GivenUp(given_up) => self.end_given_up(given_up).await,
            Happened::NoWorkers(reason) => self.no_workers = Some(reason),
            Happened::Late(_) => {}
            Happened::Tick => {
                self.tell_progress().await;
                self.look_for_space();
            }
        }
    }

    /// Has a slot do outputs of a task.
    fn begin(&mut self, begin: &Begin) {
        let unit = begin.task.0 as usize;
        let Some(mut assignment) = self.plan.assignment(unit) else { return };
        assignment.retain(|place| begin.outputs.contains(&place));
        for order in &mut assignment.task.orders {
            order.durable = self.settings.durable;
        }
        for target in &mut assignment.targets {
            target.durable = self.settings.durable;
            // An attempt before may have named it, and not got the name onto the disk.
            target.replace |= begin.attempt > 1 && target.durable;
        }
        let unit = &self.plan.units[unit];
        let load = Load { pixels: unit.pixels, outputs: unit.patience };
        self.pool.give(begin, self.settings.timeout.of(load), assignment);
    }

    /// Tells that a slot has begun with a task, of which these outputs are yet to be made.
    async fn tell_running(&mut self, slot: SlotId, task: TaskId, attempt: u32, outputs: &[u32]) {
        let unit = &self.plan.units[task.0 as usize];
        let variant = |output: &u32| unit.variants.get(*output as usize).copied();
        let event = Event::Task {
            worker: slot.worker.0,
            slot: slot.index,
            unit: task.0 as usize,
            variants: outputs.iter().filter_map(variant).collect(),
            image: self.image_name(unit.image),
            image_bytes: exact(&self.plan.images[unit.image].name),
            attempt,
        };
        self.bus.publish(event).await;
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
        let mut summary = self.outputs.summary(elapsed, self.settings.mode, self.slots);
        self.pool.complete(&mut summary);
        summary.master_peak_bytes = system::peak_memory(std::process::id());
        self.pool.stop();
        while !self.pool.is_done() {
            if let Happened::Told(event) = self.pool.next().await {
                self.bus.publish(*event).await;
            }
        }
        self.bus.publish(Event::Finished(summary.clone())).await;
        Ended {
            summary,
            cancelled: self.pool.is_cancelled(),
            no_workers: self.no_workers,
            halted: self.halted,
        }
    }
}
