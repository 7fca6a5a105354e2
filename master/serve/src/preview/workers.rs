//! Has a pool of workers make what is asked for. It begins with the first request, grows with what is
//! asked for, and ends when nothing was for a while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lote_engine::lang::Text;
use lote_engine::output::Target;
use lote_engine::plan::Assignment;
use lote_engine::pool::{Begin, Happened, Made, Pool};
use lote_engine::scheduler::{Input, Priority, TaskId, TaskSpec};
use lote_engine::supervisor::WorkerConfig;
use lote_protocol::message::Written;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::{self, Task};
use lote_protocol::text;
use tokio::time::{Instant, timeout};

use super::{Previews, Print, Refused, Request, SharedPreviews, Ticket};
use crate::redact;

/// Workers that had nothing to do for so long are ended, as they hold memory.
const IDLE: Duration = Duration::from_secs(60);
/// Workers that are told to leave have so long.
const STOP_TIME: Duration = Duration::from_secs(5);
/// Workers for pages, beside those for programs.
const PAGE_WORKERS: u32 = 1;
/// So many previews, or images of programs, may wait.
const MAX_WAITING: usize = 64;
const MAX_THUMBNAILS: usize = 1024;

/// A request that a task was made of.
#[derive(Debug)]
struct Making {
    ticket: Ticket,
    /// Whether a worker has it.
    is_begun: bool,
    /// What has become of its orders, by their places.
    ends: Vec<Option<Result<Print, Failure>>>,
}

struct Workers {
    shared: Arc<SharedPreviews>,
    config: WorkerConfig,
    /// How many images of programs are made at a time.
    slots: u32,
    pool: Option<Pool>,
    work: BTreeMap<TaskId, Making>,
    /// When a request was last in work.
    busy: Instant,
}

impl Previews {
    /// Serves requests for ever: so many of programs at a time, and those of pages beside them. It
    /// must run on a thread that lives until the program ends, as workers die with the thread that
    /// started them.
    pub async fn work(self, slots: u32, config: &WorkerConfig) {
        let mut workers = Workers::new(&self, slots, config);
        let mut inbox = self.0.inbox.lock().await;
        loop {
            let happened = async {
                match &mut workers.pool {
                    Some(pool) => pool.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                happened = happened => workers.follow(happened).await,
                Some(request) = inbox.recv() => workers.take(request),
            }
        }
    }
}

impl Workers {
    fn new(previews: &Previews, slots: u32, config: &WorkerConfig) -> Self {
        let access = previews.access();
        let config =
            WorkerConfig { workers: 0, slots: 1, external: false, access, ..config.clone() };
        let (shared, work, busy) = (Arc::clone(&previews.0), BTreeMap::new(), Instant::now());
        Self { shared, config, slots, pool: None, work, busy }
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Make(mut ticket) => match self.prepare(ticket.priority) {
                Ok(()) => self.add(ticket),
                Err(refused) => ticket.answer(Err(refused)),
            },
            Request::Forget(number) => {
                let mut all = self.work.iter();
                let asked = all.find(|(_, work)| work.ticket.number == number);
                if let (Some((task, _)), Some(pool)) = (asked, &mut self.pool) {
                    pool.tell(Input::Withdraw(*task));
                    self.sweep();
                }
            }
        }
    }

    /// Makes sure that there is room for a request, and a pool.
    fn prepare(&mut self, priority: Priority) -> Result<(), Refused> {
        let alike = |work: &&Making| work.ticket.priority == priority && !work.is_begun;
        let most = if priority == Priority::Spare { MAX_THUMBNAILS } else { MAX_WAITING };
        if self.work.values().filter(alike).count() >= most {
            return Err(Refused::Busy);
        }
        if self.pool.is_none() {
            let most = self.slots + PAGE_WORKERS;
            let pool = Pool::start(&self.config, most);
            let mut pool =
                pool.map_err(|error| Refused::NoWorker(error.text().map(redact::text)))?;
            pool.bound(Priority::Usual, self.slots);
            pool.bound(Priority::Spare, PAGE_WORKERS);
            self.pool = Some(pool);
        }
        Ok(())
    }

    /// Makes a task of a request.
    fn add(&mut self, ticket: Ticket) {
        let Some(pool) = &mut self.pool else { return };
        // What is given ahead to one worker cannot be made by another that is free sooner.
        let outputs = ticket.orders.len() as u32;
        let priority = ticket.priority;
        let task = pool.add(TaskSpec { priority, cost: 1 << 40, outputs, memory_bytes: 0 });
        let ends = ticket.orders.iter().map(|_| None).collect();
        self.work.insert(task, Making { ticket, is_begun: false, ends });
        self.busy = Instant::now();
        let of_programs = |work: &&Making| work.ticket.priority == Priority::Usual;
        let programs = self.work.values().filter(of_programs).count();
        let pages = self.work.len() - programs;
        let wanted = (programs as u32).min(self.slots) + (pages as u32).min(PAGE_WORKERS);
        pool.grow_to(wanted);
    }

    async fn follow(&mut self, happened: Happened) {
        match happened {
            Happened::Begin(begin) => self.begin(&begin),
            Happened::Made(made) => self.made(made),
            Happened::Late(task) => {
                if let Some(work) = self.work.get_mut(&task) {
                    let seconds = work.ticket.time.as_secs_f64().to_string();
                    let message = text!("it took longer than {} s", seconds);
                    let failure = Failure::new(FailureKind::Timeout, message);
                    work.ticket.answer(Err(Refused::Failed(failure)));
                }
                if let Some(pool) = &mut self.pool {
                    pool.tell(Input::Withdraw(task));
                }
            }
            Happened::GivenUp(given_up) => {
                let Failure { kind, message } = given_up.failure(self.config.max_memory_bytes);
                let failure = Failure::new(kind, message.map(redact::text));
                self.conclude(given_up.task, Err(Refused::Failed(failure)));
            }
            Happened::NoWorkers(reason) => self.refuse_all(reason),
            Happened::Tick => {
                self.sweep();
                if self.work.is_empty() && self.busy.elapsed() >= IDLE {
                    self.close().await;
                }
            }
            Happened::Told(_) | Happened::Running { .. } | Happened::Done => {}
        }
    }

    /// Forgets what nobody waits for and no worker makes any more.
    fn sweep(&mut self) {
        let Some(pool) = &self.pool else { return };
        self.work.retain(|task, work| !work.ticket.is_void() || pool.is_open(*task));
        if !self.work.is_empty() {
            self.busy = Instant::now();
        }
    }

    /// Nobody is left to make anything. The next request tries again.
    fn refuse_all(&mut self, reason: Text) {
        let reason = reason.map(redact::text);
        for (_, mut work) in std::mem::take(&mut self.work) {
            work.ticket.answer(Err(Refused::NoWorker(reason.clone())));
        }
        self.pool = None;
    }

    /// Ends the workers, which have nothing to do.
    async fn close(&mut self) {
        let Some(mut pool) = self.pool.take() else { return };
        pool.stop();
        let left = async {
            while !pool.is_done() {
                pool.next().await;
            }
        };
        // Dropping the pool kills what is left.
        let _ = timeout(STOP_TIME, left).await;
    }

    fn begin(&mut self, begin: &Begin) {
        let (Some(work), Some(pool)) = (self.work.get_mut(&begin.task), &mut self.pool) else {
            return;
        };
        work.is_begun = true;
        let mut assignment = work.ticket.assignment(begin.task, &self.shared);
        assignment.retain(|place| begin.outputs.contains(&place));
        pool.give(begin, work.ticket.time, assignment);
    }

    fn made(&mut self, Made { slot, task, variant, result, work: spent, .. }: Made) {
        if let Some(pool) = &mut self.pool {
            pool.tell(Input::Ended { slot, task, output: variant });
        }
        let Some(work) = self.work.get_mut(&task) else { return };
        let file = self.shared.file(work.ticket.number, variant);
        let print = result.map(|Written { bytes, size, source, .. }| {
            let work_ms = spent.as_secs_f64() * 1000.0;
            Print { file, bytes, size, source, work_ms }
        });
        if let Some(end) = work.ends.get_mut(variant as usize) {
            *end = Some(print);
        }
        if work.ends.iter().all(Option::is_some) {
            let prints: Result<Vec<_>, _> = work.ends.drain(..).flatten().collect();
            self.conclude(task, prints.map_err(Refused::Failed));
        }
    }

    fn conclude(&mut self, task: TaskId, result: Result<Vec<Print>, Refused>) {
        if let Some(mut work) = self.work.remove(&task) {
            work.ticket.answer(result);
        }
    }
}

impl Ticket {
    /// What a worker does for it.
    fn assignment(&self, task: TaskId, shared: &SharedPreviews) -> Assignment {
        let orders = self.orders.iter().zip(0..).map(|(order, variant)| task::Order {
            variant,
            steps: order.steps.clone(),
            durable: false,
            sha256: false,
            encoding: order.encoding.clone(),
        });
        let target =
            |place| Target { path: shared.file(self.number, place), replace: true, durable: false };
        let name = self.input.file_stem().unwrap_or_default();
        Assignment {
            task: Task {
                id: u64::from(task.0),
                name: name.to_string_lossy().into_owned(),
                orders: orders.collect(),
                assets: self.assets.iter().map(|asset| asset.asset.clone()).collect(),
                number: 1,
                page: self.page,
            },
            input: self.input.clone(),
            targets: (0..self.orders.len() as u32).map(target).collect(),
            assets: self.assets.iter().map(|asset| asset.path.clone()).collect(),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use lote_engine::plan::Access;
    use lote_engine::supervisor::Program;
    use lote_protocol::encoding::Encoding;
    use lote_protocol::sandbox::Policy;
    use lote_protocol::task::Limits;
    use tokio::sync::oneshot;
    use tokio::sync::oneshot::error::TryRecvError;

    use super::super::PrintOrder;
    use super::*;

    type Answer = oneshot::Receiver<Result<Vec<Print>, Refused>>;

    fn ask(workers: &mut Workers, number: u64) -> Answer {
        let (reply, answer) = oneshot::channel();
        let orders = vec![PrintOrder { steps: Vec::new(), encoding: Encoding::default() }];
        workers.take(Request::Make(Ticket {
            number,
            priority: Priority::Urgent,
            time: Duration::from_secs(1),
            input: "image".into(),
            page: None,
            orders,
            assets: Vec::new(),
            reply: Some(reply),
        }));
        answer
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_forgotten_and_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let previews = Previews::new(folder.path().into(), Vec::new(), at("assets")).unwrap();
        // It never says that it is there.
        let words = ["sh", "-c", "exec sleep 1000"].map(Into::into).into();
        let config = WorkerConfig {
            workers: 1,
            slots: 1,
            limits: Limits::default(),
            max_memory_bytes: None,
            access: Access::default(),
            sandbox: Policy::default(),
            program: Program::Command(words),
            external: false,
        };
        let mut workers = Workers::new(&previews, 2, &config);
        let most = MAX_WAITING as u64;
        let mut answers: Vec<_> = (0..most).map(|number| ask(&mut workers, number)).collect();
        assert!(answers.iter_mut().all(|it| matches!(it.try_recv(), Err(TryRecvError::Empty))));
        assert!(matches!(ask(&mut workers, most).try_recv(), Ok(Err(Refused::Busy))));
        answers.pop();
        workers.take(Request::Forget(most - 1));
        let mut kept = ask(&mut workers, most + 1);
        assert!(matches!(kept.try_recv(), Err(TryRecvError::Empty)));
        assert_eq!(workers.work.len(), MAX_WAITING);
    }
}
