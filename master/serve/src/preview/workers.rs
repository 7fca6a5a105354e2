//! The workers that make previews: started when they are needed, gone when nothing was asked for a
//! while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use lote_protocol::lang::Text;
use lote_protocol::message::{Report, Written};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::{self, Task};
use tokio::time::{sleep_until, timeout_at};

use super::queue::Ticket;
use super::{Previews, Print, Refused};
use crate::redact;
use lote_engine::output::Target;
use lote_engine::plan::Assignment;
use lote_engine::scheduler::WorkerId;
use lote_engine::supervisor::{Config, Death, Killer, Mailbox, Supervisor, WorkerEvent};
use lote_protocol::text;

/// A request may take this long.
const DEADLINE: Duration = Duration::from_secs(30);
/// Workers that had nothing to do for so long are ended, as they hold memory.
const IDLE: Duration = Duration::from_secs(60);
/// Workers that are told to leave have so long.
const STOP_TIME: Duration = Duration::from_secs(5);
/// A request that cost so many workers their lives is given up.
const MAX_DEATHS: u32 = 2;

/// A worker.
#[derive(Debug, Default)]
struct Lane {
    mailbox: Option<Mailbox>,
    busy: Option<Work>,
}

/// A request in work.
#[derive(Debug)]
struct Work {
    id: u64,
    ticket: Ticket,
    deadline: Instant,
    /// What has become of its orders, by their places.
    ends: Vec<Option<(Result<Written, Failure>, f64)>>,
    /// It was interrupted because nobody waited for it, or because it took too long.
    is_killed: bool,
}

struct Workers {
    previews: Previews,
    config: Config,
    supervisor: Option<Supervisor>,
    lanes: HashMap<WorkerId, Lane>,
    next_id: u64,
}

impl Previews {
    /// Serves requests for ever, with so many workers of that kind. It must run on a thread that
    /// lives until the program ends, as workers die with the thread that started them.
    pub async fn work(self, workers: u32, config: &Config) {
        let mut config = Config { workers, slots: 1, external: false, ..config.clone() };
        config.access = self.access();
        let lanes = HashMap::new();
        let mut serving = Workers { previews: self, config, supervisor: None, lanes, next_id: 0 };
        loop {
            serving.step().await;
        }
    }
}

impl Workers {
    /// Waits for what happens next, and reacts.
    async fn step(&mut self) {
        let Some(supervisor) = &mut self.supervisor else {
            let shared = std::sync::Arc::clone(&self.previews.0);
            if self.previews.queue().is_empty() {
                shared.news.notified().await;
            }
            return self.open();
        };
        let deadlines = self.lanes.values().filter_map(|lane| lane.busy.as_ref());
        let deadline = deadlines.map(|work| work.deadline).min();
        let until = deadline.unwrap_or_else(|| Instant::now() + IDLE);
        tokio::select! {
            event = supervisor.next() => self.worker_event(event),
            () = self.previews.0.news.notified() => {
                self.interrupt_void();
                self.dispatch();
            }
            () = sleep_until(until.into()) => {
                if deadline.is_some() { self.time_is_up() } else { self.close().await }
            }
        }
    }

    /// Starts workers.
    fn open(&mut self) {
        if self.previews.queue().is_empty() {
            return;
        }
        match Supervisor::start(&self.config) {
            Ok(supervisor) => self.supervisor = Some(supervisor),
            Err(error) => self.refuse_all(error.text()),
        }
    }

    /// Ends the workers, which have nothing to do.
    async fn close(&mut self) {
        self.lanes.clear();
        let Some(mut supervisor) = self.supervisor.take() else { return };
        supervisor.stop();
        let mut left = self.config.workers;
        let patience = tokio::time::Instant::now() + STOP_TIME;
        while left > 0 {
            match timeout_at(patience, supervisor.next()).await {
                Ok(WorkerEvent::Stopped { .. } | WorkerEvent::Off { .. }) => left -= 1,
                Ok(_) => {}
                // Dropping the supervisor kills what is left.
                Err(_) => return,
            }
        }
    }

    fn refuse_all(&mut self, reason: Text) {
        let reason = reason.map(redact::text);
        let busy = self.lanes.values_mut().filter_map(|lane| lane.busy.take());
        for work in busy {
            work.ticket.answer(Err(Refused::NoWorker(reason.clone())));
        }
        while let Some(ticket) = { self.previews.queue().next() } {
            ticket.answer(Err(Refused::NoWorker(reason.clone())));
        }
    }

    fn worker_event(&mut self, event: WorkerEvent) {
        match event {
            WorkerEvent::Started { .. }
            | WorkerEvent::Retired { .. }
            | WorkerEvent::Stopped { .. } => {}
            WorkerEvent::Ready { worker, mailbox, .. } => {
                self.lanes.entry(worker).or_default().mailbox = Some(mailbox);
                self.dispatch();
            }
            WorkerEvent::Reported { worker, report } => self.report(worker, report),
            WorkerEvent::Lost { worker, death, .. } => {
                self.lost(worker, &death);
            }
            WorkerEvent::Off { worker, reason } => {
                self.lanes.remove(&worker);
                self.given_up(reason);
            }
        }
    }

    /// A worker is given up: if it was the last one, so is all that waits.
    fn given_up(&mut self, reason: Text) {
        if self.lanes.values().all(|lane| lane.mailbox.is_none() && lane.busy.is_none()) {
            self.refuse_all(reason);
            self.lanes.clear();
            // The next request tries again.
            self.supervisor = None;
        }
    }

    /// Gives each idle worker a request.
    fn dispatch(&mut self) {
        for lane in self.lanes.values_mut() {
            let (None, Some(mailbox)) = (&lane.busy, &lane.mailbox) else { continue };
            let Some(ticket) = self.previews.queue().next() else { return };
            let id = self.next_id;
            self.next_id += 1;
            let folder = &self.previews.0.folder;
            let orders = ticket.orders.iter().zip(0..).map(|(order, variant)| task::Order {
                variant,
                steps: order.steps.clone(),
                durable: false,
                encoding: order.encoding.clone(),
            });
            let target = |place| Target {
                path: folder.join(file_name(id, place)),
                replace: true,
                durable: false,
            };
            let name = ticket.input.file_stem().unwrap_or_default();
            let task = Task {
                id,
                name: name.to_string_lossy().into_owned(),
                orders: orders.collect(),
                assets: ticket.assets.iter().map(|asset| asset.asset.clone()).collect(),
                number: 1,
                page: None,
            };
            let assignment = Assignment {
                task,
                input: ticket.input.clone(),
                targets: (0..ticket.orders.len()).map(target).collect(),
                assets: ticket.assets.iter().map(|asset| asset.path.clone()).collect(),
            };
            mailbox.run(0, false, assignment);
            lane.busy = Some(Work {
                id,
                ends: ticket.orders.iter().map(|_| None).collect(),
                ticket,
                deadline: Instant::now() + DEADLINE,
                is_killed: false,
            });
        }
    }

    /// Frees workers that do what nobody waits for, if somebody waits for a preview.
    fn interrupt_void(&mut self) {
        let any_idle = self.lanes.values().any(|l| l.busy.is_none() && l.mailbox.is_some());
        if any_idle || !self.previews.queue().has_preview() {
            return;
        }
        let busy = self.lanes.iter_mut().filter_map(|(worker, l)| Some((worker, l.busy.as_mut()?)));
        for (worker, work) in busy {
            if work.ticket.is_void() && !work.is_killed {
                work.is_killed = true;
                if let Some(supervisor) = &self.supervisor {
                    supervisor.kill(*worker, Killer::User);
                }
            }
        }
    }

    fn time_is_up(&mut self) {
        let now = Instant::now();
        for (worker, lane) in &mut self.lanes {
            if lane.busy.as_ref().is_some_and(|work| work.deadline <= now)
                && let Some(work) = lane.busy.take()
            {
                let failure = Failure::new(
                    FailureKind::Timeout,
                    text!("it took longer than {} s", DEADLINE.as_secs()),
                );
                work.ticket.answer(Err(Refused::Failed(failure)));
                // Nothing is sent to it any more until its replacement is ready.
                lane.mailbox = None;
                if let Some(supervisor) = &self.supervisor {
                    supervisor.kill(*worker, Killer::Timeout { slot: 0 });
                }
            }
        }
    }

    fn report(&mut self, worker: WorkerId, report: Report) {
        let Some(lane) = self.lanes.get_mut(&worker) else { return };
        match report {
            Report::Prepared { .. }
            | Report::Alive
            | Report::Reached { .. }
            | Report::Decoded { .. } => {}
            Report::Ended { task, variant, result, micros, .. } => {
                if let Some(work) = lane.busy.as_mut().filter(|work| work.id == task)
                    && let Some(end) = work.ends.get_mut(variant as usize)
                {
                    *end = Some((result, micros as f64 / 1000.0));
                }
            }
            Report::Finished { task, .. } => {
                if let Some(work) = lane.busy.take_if(|work| work.id == task) {
                    let prints = self.prints(work.id, work.ends);
                    work.ticket.answer(prints);
                }
                self.dispatch();
            }
        }
    }

    /// The files that a request has come to, or the first failure.
    fn prints(
        &self,
        id: u64,
        ends: Vec<Option<(Result<Written, Failure>, f64)>>,
    ) -> Result<Vec<Print>, Refused> {
        let folder = &self.previews.0.folder;
        let mut failed = None;
        let mut prints = Vec::with_capacity(ends.len());
        for (place, end) in ends.into_iter().enumerate() {
            let forgotten =
                || Failure::new(FailureKind::Panic, text!("defect in Lote: it was forgotten"));
            let (result, work_ms) = end.unwrap_or_else(|| (Err(forgotten()), 0.0));
            match result {
                Ok(Written { bytes, size, source, .. }) => {
                    let file = folder.join(file_name(id, place));
                    prints.push(Print { file, bytes, size, source, work_ms });
                }
                Err(failure) => drop(failed.get_or_insert(failure)),
            }
        }
        failed.map_or(Ok(prints), |failure| Err(Refused::Failed(failure)))
    }

    fn lost(&mut self, worker: WorkerId, death: &Death) {
        let Some(lane) = self.lanes.get_mut(&worker) else { return };
        lane.mailbox = None;
        let Some(mut work) = lane.busy.take() else { return };
        for place in 0..work.ends.len() {
            // Most of them were not made yet.
            let file = self.previews.0.folder.join(file_name(work.id, place));
            let _ = std::fs::remove_file(file);
        }
        work.ticket.deaths += 1;
        if work.is_killed && work.ticket.is_void() {
            return;
        }
        if work.ticket.deaths < MAX_DEATHS {
            return self.previews.queue().put_back(work.ticket);
        }
        let died = text!("its worker process died {} times{} ({})", MAX_DEATHS, "", death.text());
        let message = match death.last_words.last() {
            Some(words) => text!("{}: {}", died, redact::text(words)),
            None => died,
        };
        work.ticket.answer(Err(Refused::Failed(Failure::new(FailureKind::Crash, message))));
    }
}

fn file_name(id: u64, place: usize) -> String {
    format!("{id}-{place}")
}
