//! What workers do, as the pool is told: they come, report, die and leave.

use std::time::{Duration, Instant};

use lote_protocol::lang::Text;
use lote_protocol::message::Report;
use lote_protocol::sandbox::Sandbox;
use lote_protocol::text;

use super::{Happened, Made, Pool};
use crate::event::{Event, WorkerState};
use crate::scheduler::{Input, SlotId, TaskId, WorkerId};
use crate::supervisor::{Death, Mailbox, WorkerEvent};
use crate::system;

/// A worker as the pool knows it.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) pid: u32,
    pub(super) slots: u32,
    pub(super) mailbox: Option<Mailbox>,
    died: Option<Instant>,
    /// The most memory that processes of this lane had that were let go, bytes.
    peak_bytes: Option<u64>,
    /// What it kept in memory, bytes, if it has to go for that.
    held_bytes: Option<u64>,
    /// When that was last measured.
    measured: Duration,
    /// Whether it may still come back.
    pub(super) alive: bool,
    /// The sandbox that it is in.
    sandbox: Option<Sandbox>,
    /// Whether another pool had it before: its peak is not of this one.
    had_other_work: bool,
}

impl Known {
    fn new(pid: u32, alive: bool) -> Self {
        Self { pid, mailbox: None, alive, ..Self::default() }
    }

    /// The most memory that it had in this pool, bytes, if that is known.
    pub(super) fn peak_bytes(&self) -> Option<u64> {
        let own = system::peak_memory(self.pid).filter(|_| !self.had_other_work);
        own.max(self.peak_bytes)
    }

    /// Whether it takes tasks, and is to go on doing so.
    pub(super) fn is_ready(&self) -> bool {
        self.alive && self.mailbox.is_some() && self.held_bytes.is_none()
    }
}

impl Pool {
    pub(super) fn worker_event(&mut self, event: WorkerEvent) {
        match event {
            WorkerEvent::Lost { worker, pid, death } => self.lost(worker, pid, &death),
            WorkerEvent::Off { worker, reason } => {
                let pid = self.gone(worker);
                self.tell_worker(worker, pid, WorkerState::Stopped, Some(reason.clone()));
                // Some may have been asked for and not begun yet.
                let gone = self.workers.values().filter(|known| !known.alive).count();
                if !self.stopping && !self.external && gone >= self.lanes as usize {
                    self.happened.push_back(Happened::NoWorkers(reason));
                    self.tell(Input::NoWorkers);
                }
            }
            WorkerEvent::Stopped { worker, pid } => {
                self.gone(worker);
                self.tell_worker(worker, pid, WorkerState::Stopped, None);
            }
            _ if self.stopping => {}
            WorkerEvent::Started { worker, pid } => {
                let known = self.workers.contains_key(&worker);
                let state = if known { WorkerState::Restarted } else { WorkerState::Started };
                let before = self.workers.remove(&worker).unwrap_or_default();
                let Known { died, peak_bytes, .. } = before;
                let known = Known { died, peak_bytes, ..Known::new(pid, true) };
                self.workers.insert(worker, known);
                let reason =
                    before.held_bytes.map(|bytes| text!("recycled: held {} MiB", bytes >> 20));
                self.tell_worker(worker, pid, state, reason);
            }
            WorkerEvent::Ready { worker, pid, slots, took, sandbox, mailbox } => {
                let took = self.workers.get_mut(&worker).map_or(took, |known| {
                    known.mailbox = Some(mailbox);
                    // What was started may be a program around it.
                    known.pid = pid;
                    known.slots = slots;
                    known.sandbox = Some(sandbox.clone());
                    known.died.map_or(took, |died| died.elapsed())
                });
                self.tell_ready(worker, pid, sandbox, took);
                self.tell(Input::Ready { worker, slots });
            }
            WorkerEvent::Reported { worker, report } => self.report(worker, report),
            // It had left the scheduler before, and its replacement tells why it went.
            WorkerEvent::Retired { worker } => self.deadlines.forget(worker),
        }
    }

    /// Takes in a worker that another pool had.
    pub(super) fn take_over(&mut self, worker: WorkerId, known: Known) {
        let Known { pid, slots, mailbox, sandbox, .. } = known;
        let known = Known { slots, mailbox, had_other_work: true, ..Known::new(pid, true) };
        self.workers.insert(worker, Known { sandbox: sandbox.clone(), ..known });
        self.tell_worker(worker, pid, WorkerState::Started, None);
        if let Some(sandbox) = sandbox {
            self.tell_ready(worker, pid, sandbox, Duration::ZERO);
        }
        self.tell(Input::Ready { worker, slots });
    }

    /// Notes that a worker will not come back; returns its last process.
    fn gone(&mut self, worker: WorkerId) -> u32 {
        let known = self.workers.entry(worker).or_insert(Known::new(0, false));
        known.alive = false;
        known.pid
    }

    fn report(&mut self, worker: WorkerId, report: Report) {
        if self.scheduler.is_at_work(worker) {
            self.heartbeats.heard(worker, self.now);
        }
        let Some((slot, task)) = self.about(worker, &report) else { return };
        let Some(record) = self.records.get_mut(&task) else { return };
        match report {
            Report::Prepared { .. } | Report::Alive => {}
            Report::Reached { stage, .. } => record.stage = Some(stage),
            Report::Decoded { .. } => {
                let (worker, slot) = (slot.worker.0, slot.index);
                self.happened.push_back(Happened::Told(Box::new(Event::Decoded {
                    agent: None,
                    worker,
                    slot,
                })));
            }
            Report::Ended { variant, result, micros, decode_micros, .. } => {
                let [work, decode] = [micros, decode_micros].map(Duration::from_micros);
                let attempt = record.attempt;
                let made = Made { slot, task, variant, result, attempt, work, decode };
                self.happened.push_back(Happened::Made(made));
            }
            Report::Finished { micros, .. } => {
                self.busy += Duration::from_micros(micros);
                record.stage = None;
                let input = if std::mem::take(&mut record.is_put_off) {
                    Input::PutOff { slot, task }
                } else {
                    Input::Finished { slot, task }
                };
                self.weigh(worker);
                self.tell(input);
                if !self.scheduler.is_open(task) {
                    self.records.remove(&task);
                }
            }
        }
    }

    /// Has a worker replaced that keeps too much memory from task to task.
    fn weigh(&mut self, worker: WorkerId) {
        let now = self.now;
        let Some(known) = self.workers.get_mut(&worker) else { return };
        // Ten times a second is enough, however small the tasks.
        if self.ceiling_bytes == u64::MAX || known.measured == now {
            return;
        }
        known.measured = now;
        let held = system::resident_memory(known.pid).filter(|bytes| *bytes > self.ceiling_bytes);
        if held.is_some() {
            known.held_bytes = held;
            known.peak_bytes = known.peak_bytes.max(system::peak_memory(known.pid));
            self.tell(Input::Retire { worker });
        }
    }

    /// The slot and the task that a report is about.
    fn about(&self, worker: WorkerId, report: &Report) -> Option<(SlotId, TaskId)> {
        let (Report::Reached { slot, task, .. }
        | Report::Decoded { slot, task }
        | Report::Ended { slot, task, .. }
        | Report::Finished { slot, task, .. }) = report
        else {
            return None;
        };
        let slot = SlotId { worker, index: *slot };
        let running = self.scheduler.running(slot)?;
        (u64::from(running.0) == *task).then_some((slot, running))
    }

    fn lost(&mut self, worker: WorkerId, pid: u32, death: &Death) {
        self.lost_workers += 1;
        let slots = self.workers.get_mut(&worker).map_or(0, |known| {
            known.died = Some(Instant::now());
            known.held_bytes = None;
            known.mailbox = None;
            known.slots
        });
        let running: Vec<_> = (0..slots)
            .filter_map(|index| self.scheduler.running(SlotId { worker, index }))
            .collect();
        for task in running {
            if let Some(record) = self.records.get_mut(&task) {
                record.death = Some(death.clone());
                record.is_put_off = false;
            }
        }
        self.deadlines.forget(worker);
        self.heartbeats.forget(worker);
        self.tell_worker(worker, pid, WorkerState::Lost, Some(death.text()));
        self.tell(Input::Lost { worker, blame: death.blame() });
        let scheduler = &self.scheduler;
        self.records.retain(|task, _| scheduler.is_open(*task));
    }

    fn tell_ready(&mut self, worker: WorkerId, pid: u32, sandbox: Sandbox, took: Duration) {
        if self.sandbox.as_ref().is_none_or(|weakest| sandbox.level < weakest.level) {
            self.sandbox = Some(sandbox.clone());
        }
        self.happened.push_back(Happened::Told(Box::new(Event::Worker {
            agent: None,
            worker: worker.0,
            pid,
            slots: self.workers.get(&worker).map_or(0, |known| known.slots),
            state: WorkerState::Ready,
            reason: None,
            ms: Some(took.as_secs_f64() * 1000.0),
            sandbox: Some(sandbox),
        })));
    }

    pub(super) fn tell_worker(
        &mut self,
        worker: WorkerId,
        pid: u32,
        state: WorkerState,
        reason: Option<Text>,
    ) {
        let slots = self.workers.get(&worker).map_or(0, |known| known.slots);
        let (ms, sandbox) = (None, None);
        let event =
            Event::Worker { agent: None, worker: worker.0, pid, slots, state, reason, ms, sandbox };
        self.happened.push_back(Happened::Told(Box::new(event)));
    }
}
