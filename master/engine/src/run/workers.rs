//! What workers do, as the loop is told: they come, report, die and leave.

use std::time::{Duration, Instant};

use lote_protocol::lang::Text;
use lote_protocol::message::Report;
use lote_protocol::sandbox::Sandbox;
use lote_protocol::text;

use super::Run;
use super::outcome::Spent;
use crate::event::{Event, WorkerState};
use crate::scheduler::{Input, SlotId, TaskId, WorkerId};
use crate::supervisor::{Death, Mailbox, WorkerEvent};
use crate::system;

/// A worker as the loop knows it.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) pid: u32,
    pub(super) slots: u32,
    pub(super) mailbox: Option<Mailbox>,
    died: Option<Instant>,
    /// The most memory that processes of this lane had that were let go, bytes.
    pub(super) peak_bytes: Option<u64>,
    /// What it kept in memory, bytes, if it has to go for that.
    held_bytes: Option<u64>,
    /// When that was last measured.
    measured: Duration,
    /// Whether it may still come back.
    pub(super) alive: bool,
}

impl Known {
    fn new(pid: u32, alive: bool) -> Self {
        Self { pid, mailbox: None, alive, ..Self::default() }
    }
}

impl Run<'_> {
    pub(super) async fn worker_event(&mut self, event: WorkerEvent, external: bool) {
        match event {
            WorkerEvent::Started { worker, pid } => {
                let known = self.workers.contains_key(&worker);
                let state = if known { WorkerState::Restarted } else { WorkerState::Started };
                let before = self.workers.remove(&worker).unwrap_or_default();
                let Known { died, peak_bytes, .. } = before;
                let known = Known { died, peak_bytes, ..Known::new(pid, true) };
                self.workers.insert(worker, known);
                let reason =
                    before.held_bytes.map(|bytes| text!("recycled: held {} MiB", bytes >> 20));
                self.tell_worker(worker, pid, state, reason).await;
            }
            WorkerEvent::Ready { worker, pid, slots, took, sandbox, mailbox } => {
                let took = self.workers.get_mut(&worker).map_or(took, |known| {
                    known.mailbox = Some(mailbox);
                    // What was started may be a program around it.
                    known.pid = pid;
                    known.slots = slots;
                    known.died.map_or(took, |died| died.elapsed())
                });
                self.tell_ready(worker, pid, sandbox, took).await;
                self.handle(Input::Ready { worker, slots }).await;
            }
            WorkerEvent::Reported { worker, report } => self.report(worker, report).await,
            WorkerEvent::Lost { worker, pid, death } => self.lost(worker, pid, death).await,
            // It had left the scheduler before, and its replacement tells why it went.
            WorkerEvent::Retired { worker } => self.deadlines.forget(worker),
            WorkerEvent::Off { worker, reason } => {
                let pid = self.gone(worker);
                let told = Some(reason.clone());
                self.tell_worker(worker, pid, WorkerState::Stopped, told).await;
                if !external && self.workers.values().all(|known| !known.alive) {
                    self.no_workers = Some(reason);
                    self.handle(Input::NoWorkers).await;
                }
            }
            WorkerEvent::Stopped { worker, pid } => {
                self.gone(worker);
                self.tell_worker(worker, pid, WorkerState::Stopped, None).await;
            }
        }
    }

    /// Notes that a worker will not come back; returns its last process.
    fn gone(&mut self, worker: WorkerId) -> u32 {
        let known = self.workers.entry(worker).or_insert(Known::new(0, false));
        known.alive = false;
        known.pid
    }

    async fn report(&mut self, worker: WorkerId, report: Report) {
        if self.scheduler.is_at_work(worker) {
            self.heartbeats.heard(worker, self.now);
        }
        if report == Report::Alive {
            return;
        }
        let Some((slot, task)) = self.about(worker, &report) else { return };
        match report {
            Report::Prepared { .. } | Report::Alive => {}
            Report::Reached { stage, .. } => {
                self.stages.insert(task, stage);
            }
            Report::Decoded { .. } => {
                let (worker, slot) = (slot.worker.0, slot.index);
                self.bus.publish(Event::Decoded { worker, slot }).await;
            }
            Report::Ended { variant, result, micros, decode_micros, .. } => {
                let Some(output) = self.output_of(task, variant) else { return };
                if let Err(failure) = &result {
                    let image = self.plan.units[task.0 as usize].image;
                    let path = self.plan.output(image, variant as usize);
                    if let Some(obstacle) = self.obstacle(failure, &path) {
                        self.tell_put_off(slot, image, variant).await;
                        self.meet(obstacle, task).await;
                        return;
                    }
                } else {
                    self.has_written().await;
                }
                let spent = Spent {
                    work: Duration::from_micros(micros),
                    decode: Duration::from_micros(decode_micros),
                };
                self.end_made(slot, task, variant, result, spent).await;
                self.handle(Input::Ended { slot, task, output }).await;
            }
            Report::Finished { micros, .. } => {
                self.outputs.busy += Duration::from_micros(micros);
                self.stages.remove(&task);
                let input = if self.put_off.remove(&task) {
                    Input::PutOff { slot, task }
                } else {
                    Input::Finished { slot, task }
                };
                self.weigh(worker).await;
                self.handle(input).await;
            }
        }
    }

    /// Has a worker replaced that keeps too much memory from task to task.
    async fn weigh(&mut self, worker: WorkerId) {
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
            self.handle(Input::Retire { worker }).await;
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

    /// The place of a variant among the outputs of a task.
    fn output_of(&self, task: TaskId, variant: u32) -> Option<u32> {
        let unit = self.plan.units.get(task.0 as usize)?;
        unit.variants.iter().position(|v| *v == variant).map(|place| place as u32)
    }

    pub(super) async fn lost(&mut self, worker: WorkerId, pid: u32, death: Death) {
        self.outputs.lost_workers += 1;
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
            self.deaths.insert(task, death.clone());
            self.put_off.remove(&task);
        }
        self.deadlines.forget(worker);
        self.heartbeats.forget(worker);
        let reason = Some(death.text());
        let blame = death.blame();
        self.tell_worker(worker, pid, WorkerState::Lost, reason).await;
        self.handle(Input::Lost { worker, blame }).await;
    }

    async fn tell_ready(&mut self, worker: WorkerId, pid: u32, sandbox: Sandbox, took: Duration) {
        if self.sandbox.as_ref().is_none_or(|weakest| sandbox.level < weakest.level) {
            self.sandbox = Some(sandbox.clone());
        }
        let event = Event::Worker {
            worker: worker.0,
            pid,
            slots: self.workers.get(&worker).map_or(0, |known| known.slots),
            state: WorkerState::Ready,
            reason: None,
            ms: Some(milliseconds(took)),
            sandbox: Some(sandbox),
        };
        self.bus.publish(event).await;
    }

    async fn tell_put_off(&mut self, slot: SlotId, image: usize, variant: u32) {
        let event = Event::PutOff {
            worker: slot.worker.0,
            slot: slot.index,
            image: self.image_name(image),
            variant: self.outputs.name(variant as usize),
        };
        self.bus.publish(event).await;
    }

    async fn tell_worker(
        &mut self,
        worker: WorkerId,
        pid: u32,
        state: WorkerState,
        reason: Option<Text>,
    ) {
        let slots = self.workers.get(&worker).map_or(0, |known| known.slots);
        let (ms, sandbox) = (None, None);
        let event = Event::Worker { worker: worker.0, pid, slots, state, reason, ms, sandbox };
        self.bus.publish(event).await;
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
