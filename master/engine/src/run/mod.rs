//! A run: has a pool of workers carry out a plan, and says what becomes of each output.
//!
//! The loop waits for one thing at a time and does what follows from it. Who does which task is the
//! scheduler's to say, and what takes too long the pool's; what is decided here is what finds no room.
//! It touches no pixels.

mod books;
pub mod dates;
mod feed;
mod figures;
mod notes;
mod obstacle;
mod outcome;
mod sweep;
mod transfer;

use std::time::Duration;

use lote_protocol::lang::Text;
use lote_protocol::outcome::Failure;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use books::Books;
pub use feed::{Carrying, Feed};
pub use sweep::{sweep_after, sweep_orphans};
pub use transfer::Transfer;

use crate::event::{Bus, Event, Mode, OutputEnded, Summary, exact};
use crate::plan::Access;
pub use crate::pool::Timeout;
use crate::pool::{Begin, Happened, Load, Pool, Reserve};
use crate::scheduler::{Input, Priority, SlotId, TaskId, TaskSpec, WorkerId};
use crate::supervisor::{SupervisorError, WorkerConfig};
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
    /// Whether the SHA-256 of each output is told: for records that others read.
    pub sha256: bool,
    /// Where workers come from, and where they are left for the next run; without it they begin and end
    /// with this one.
    pub reserve: Option<Reserve>,
    /// The workers; `workers` and `slots` in it follow from `mode` and `slots` here.
    pub workers: WorkerConfig,
}

/// What a run can be told while it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOrder {
    /// Start nothing more, and finish what has been started.
    Cancel,
    /// Leave everything as it is, now.
    Abort,
    /// Kill a worker.
    Kill(WorkerId),
    /// Start nothing more until [`RunOrder::Resume`].
    Pause,
    /// Go on.
    Resume,
    /// Nobody wants a unit any more: it is not begun, and its outputs count as little as they like.
    Withdraw(usize),
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

/// Runs a plan to its end, or what a feed gives until it gives no more. The folders of outputs must have
/// been prepared. What happens is told on `bus`.
pub async fn run(
    mut feed: impl Feed,
    settings: &Settings,
    bus: &mut Bus,
    orders: &mut mpsc::Receiver<RunOrder>,
) -> Result<Ended, SupervisorError> {
    let mut config = settings.workers.clone();
    config.access =
        Access { gate: feed.gate(), unfetched: feed.unfetched(), ..feed.plan().access() };
    let most = if feed.is_whole() { feed.plan().units.len() as u32 } else { u32::MAX };
    let slots = settings.slots.min(most);
    (config.workers, config.slots) = match settings.mode {
        Mode::Processes => (slots, 1),
        Mode::Threads => (slots.min(1), slots.max(1)),
    };
    let pool = match &settings.reserve {
        Some(reserve) => reserve.pool(&config, config.workers).await?,
        None => Pool::start(&config, config.workers)?,
    };
    let news = feed.news();
    let mut run = Run {
        books: Books::new(feed, bus),
        settings,
        pool,
        slots,
        added: 0,
        carried: JoinSet::new(),
        news,
        no_workers: None,
        halted: None,
        full: None,
        user_paused: false,
        unwritten_in_a_row: 0,
        unpublished_in_a_row: 0,
    };
    run.announce().await;
    run.work(orders).await;
    Ok(run.close().await)
}

/// The state of a run.
struct Run<'a, F> {
    books: Books<'a, F>,
    settings: &'a Settings,
    pool: Pool,
    slots: u32,
    /// How many units have been given to the pool.
    added: usize,
    /// Outputs on their way to where they belong.
    carried: JoinSet<(OutputEnded, Result<Option<String>, Failure>)>,
    news: Option<mpsc::UnboundedReceiver<Event>>,
    no_workers: Option<Text>,
    /// Why nothing can be written any more.
    halted: Option<Text>,
    full: Option<obstacle::Full>,
    user_paused: bool,
    unwritten_in_a_row: u32,
    unpublished_in_a_row: u32,
}

impl<F: Feed> Run<'_, F> {
    async fn announce(&mut self) {
        self.books.announce(self.settings.mode, self.slots).await;
        if self.settings.workers.external {
            let socket = self.pool.socket();
            self.books.bus.publish(Event::Listening { socket }).await;
        }
        self.take_in(self.books.feed.released()).await;
        if self.books.feed.is_whole() {
            self.pool.tell(Input::NoMore);
        }
    }

    /// Takes in the units before that one: tasks are numbered as the plan's units are.
    async fn take_in(&mut self, end: usize) {
        self.books.enter().await;
        let units = &self.books.feed.plan().units;
        for unit in &units[self.added..end] {
            self.pool.add(TaskSpec {
                priority: Priority::Usual,
                cost: unit.cost,
                outputs: unit.variants.len() as u32,
                memory_bytes: unit.memory_bytes,
            });
        }
        self.added = end;
    }

    /// The loop.
    async fn work(&mut self, orders: &mut mpsc::Receiver<RunOrder>) {
        let mut listening = true;
        let mut growing = !self.books.feed.is_whole();
        while !self.pool.is_done() || !self.carried.is_empty() {
            // What is not begun any more need not come.
            if growing && self.starts_nothing() {
                growing = false;
                self.take_in(self.books.feed.plan().units.len()).await;
                self.pool.tell(Input::NoMore);
            }
            tokio::select! {
                happened = self.pool.next() => self.follow(happened).await,
                more = self.books.feed.more(), if growing => {
                    growing = more;
                    self.take_in(self.books.feed.released()).await;
                    if !growing {
                        self.pool.tell(Input::NoMore);
                    }
                }
                Some(carried) = self.carried.join_next() => {
                    // One that was given up has no more to say.
                    if let Ok((ended, published)) = carried {
                        self.published(ended, published).await;
                    }
                }
                Some(event) = heard(&mut self.news) => self.books.bus.publish(event).await,
                order = orders.recv(), if listening => match order {
                    Some(order) => self.order(order),
                    None => listening = false,
                },
            }
        }
    }

    fn starts_nothing(&self) -> bool {
        self.pool.is_cancelled() || self.halted.is_some() || self.no_workers.is_some()
    }

    fn order(&mut self, order: RunOrder) {
        match order {
            RunOrder::Cancel => self.pool.cancel(),
            RunOrder::Abort => {
                self.pool.cancel();
                self.pool.kill_all();
                self.carried.abort_all();
            }
            RunOrder::Kill(worker) => self.pool.kill(worker),
            RunOrder::Withdraw(unit) => self.pool.tell(Input::Withdraw(TaskId(unit as u32))),
            RunOrder::Pause => {
                self.user_paused = true;
                self.pool.tell(Input::Pause);
            }
            RunOrder::Resume => {
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
            Happened::Told(event) => self.books.bus.publish(*event).await,
            Happened::Begin(begin) => self.begin(&begin),
            Happened::Running { slot, task, attempt, outputs } => {
                self.tell_running(slot, task, attempt, &outputs).await;
            }
            Happened::Made(made) => self.made(made).await,
            Happened::GivenUp(given_up) => self.end_given_up(given_up).await,
            Happened::NoWorkers(reason) => self.no_workers = Some(reason),
            Happened::Late(_) | Happened::Done => {}
            Happened::Tick => {
                self.books.tell_progress().await;
                self.look_for_space().await;
            }
        }
    }

    /// Has a slot do outputs of a task.
    fn begin(&mut self, begin: &Begin) {
        let unit = begin.task.0 as usize;
        let Some(mut assignment) = self.books.feed.plan().assignment(unit) else { return };
        assignment.retain(|place| begin.outputs.contains(&place));
        for order in &mut assignment.task.orders {
            order.durable = self.settings.durable;
            order.sha256 = self.settings.sha256;
        }
        for target in &mut assignment.targets {
            target.durable = self.settings.durable;
            // An attempt before may have named it, and not got the name onto the disk.
            target.replace |= begin.attempt > 1 && target.durable;
        }
        let unit = &self.books.feed.plan().units[unit];
        let load = Load { pixels: unit.pixels, outputs: unit.patience };
        self.pool.give(begin, self.settings.timeout.of(load), assignment);
    }

    /// Tells that a slot has begun with a task, of which these outputs are yet to be made.
    async fn tell_running(&mut self, slot: SlotId, task: TaskId, attempt: u32, outputs: &[u32]) {
        let unit = &self.books.feed.plan().units[task.0 as usize];
        let variant = |output: &u32| unit.variants.get(*output as usize).copied();
        let event = Event::Task {
            agent: None,
            worker: slot.worker.0,
            slot: slot.index,
            unit: task.0 as usize,
            variants: outputs.iter().filter_map(variant).collect(),
            image: self.books.image_name(unit.image),
            image_bytes: exact(&self.books.feed.plan().images[unit.image].name),
            attempt,
        };
        self.books.bus.publish(event).await;
    }

    /// Ends the run: the books are checked, the workers leave.
    async fn close(mut self) -> Ended {
        if self.pool.is_cancelled() {
            self.books.interrupt().await;
        }
        self.books.tell_progress().await;
        self.books.check(Duration::ZERO).await;
        let mut summary = self.books.summary(self.settings.mode, self.slots);
        self.pool.complete(&mut summary);
        summary.master_peak_bytes = system::peak_memory(std::process::id());
        let cancelled = self.pool.is_cancelled();
        let Self { books, mut pool, settings, no_workers, halted, .. } = self;
        if let Some(reserve) = settings.reserve.as_ref().filter(|_| pool.can_be_left()) {
            for happened in pool.leave_to(reserve) {
                if let Happened::Told(event) = happened {
                    books.bus.publish(*event).await;
                }
            }
        } else {
            pool.stop();
            while !pool.is_done() {
                if let Happened::Told(event) = pool.next().await {
                    books.bus.publish(*event).await;
                }
            }
        }
        books.bus.publish(Event::Finished(summary.clone())).await;
        Ended { summary, cancelled, no_workers, halted }
    }
}

/// What a feed tells next; it waits for ever where it tells nothing.
async fn heard(news: &mut Option<mpsc::UnboundedReceiver<Event>>) -> Option<Event> {
    match news {
        Some(news) => news.recv().await,
        None => std::future::pending().await,
    }
}
