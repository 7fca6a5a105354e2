//! What happens to workers, as lanes show it.

use std::collections::HashMap;

use lote_protocol::lang::{Lang, Text};
use lote_protocol::sandbox;
use serde_json::json;

use super::book::ImageRef;
use super::model::Model;
use super::shapes::{Bar, Change, Crash, JobState, LaneState, Lanes, Level, TaskRef, WorkerChange};
use lote_engine::event::{Mode, Status, WorkerState};
use lote_engine::state::TaskInHand;

impl Model {
    /// A run begins with so many slots.
    pub(super) fn set_lanes(&mut self, mode: Mode, slots: u32) {
        self.lanes = Lanes::new(mode, slots);
        self.dead.clear();
        self.set_workers(slots);
        self.change(Change::Lanes { lanes: self.lanes.clone() });
    }

    /// Processes that are alive: worker and process id.
    pub fn processes(&self) -> Vec<(u32, u32)> {
        let mut processes: Vec<_> = self
            .lanes
            .iter()
            .filter(|lane| lane.state == LaneState::Ready && lane.pid != 0)
            .filter(|lane| lane.machine.is_none())
            .map(|lane| (lane.worker, lane.pid))
            .collect();
        processes.dedup();
        processes
    }

    /// The state of a worker; `None` if there is none of that number.
    pub fn worker_state(&self, worker: u32) -> Option<LaneState> {
        self.lanes.iter().find(|lane| lane.worker == worker).map(|lane| lane.state)
    }

    /// Workers that have something to do.
    pub fn busy_workers(&self) -> Vec<u32> {
        let busy = self.lanes.iter().filter(|lane| lane.task.is_some());
        let mut workers: Vec<_> = busy.map(|lane| lane.worker).collect();
        workers.dedup();
        workers
    }

    /// How much memory workers have.
    pub fn set_memory(&mut self, workers: Vec<(u32, u64)>) {
        let bytes: HashMap<_, _> = workers.iter().copied().collect();
        for lane in &mut *self.lanes {
            if let Some(bytes) = bytes.get(&lane.worker) {
                lane.memory_bytes = *bytes;
            }
        }
        self.change(Change::Memory { workers });
    }

    /// A worker changed its state.
    pub(super) fn worker(
        &mut self,
        worker: u32,
        pid: u32,
        state: WorkerState,
        reason: Option<Text>,
        t: f64,
    ) {
        let pid = Some(pid).filter(|pid| *pid != 0);
        match state {
            WorkerState::Started | WorkerState::Restarted => {
                self.lanes.show(worker, LaneState::Starting, pid);
                self.tell_worker(worker, "started", pid, t);
            }
            // Told by `ready`, as there is more to it.
            WorkerState::Ready => {}
            WorkerState::Lost => self.lost(worker, &reason.unwrap_or_default(), t),
            WorkerState::Stopped => {
                self.lanes.show(worker, LaneState::Stopped, pid);
                self.tell_worker(worker, "stopped", pid, t);
                // A worker that leaves because all is done gives no reason.
                if let Some(reason) = reason {
                    let message = format!("worker {worker} is not replaced any more: {reason}");
                    let args = json!({ "worker": self.worker_name(worker) });
                    self.notice(Level::Warn, "slot_off", args, message, t);
                }
            }
        }
    }

    pub(super) fn tell_worker(
        &mut self,
        worker: u32,
        state: &'static str,
        pid: Option<u32>,
        t: f64,
    ) {
        let change = WorkerChange { worker, t_ms: t, state, pid, ..WorkerChange::default() };
        self.lane_change(Change::Worker(change));
    }

    /// A worker takes tasks, `ms` after it was started or the one before it died.
    pub(super) fn worker_ready(
        &mut self,
        worker: u32,
        pid: u32,
        ms: Option<f64>,
        sandbox: Option<sandbox::Level>,
        t: f64,
    ) {
        let pid = Some(pid).filter(|pid| *pid != 0);
        self.lanes.show(worker, LaneState::Ready, pid);
        for lane in self.lanes.of(worker) {
            lane.sandbox = sandbox;
        }
        let dead = self.dead.remove(&worker);
        let replaced_ms = dead.as_ref().map(|(since, _)| ms.unwrap_or(t - since));
        let (t_ms, state, reason) = (t, "ready", None);
        let change = WorkerChange { worker, t_ms, state, pid, reason, replaced_ms, sandbox };
        self.lane_change(Change::Worker(change));
        if let Some((_, reason)) = dead
            && let Some(replaced_ms) = replaced_ms
        {
            self.history.replaced(worker, t);
            let name = self.worker_name(worker);
            let message = format!("worker {worker} ended ({reason}) and was replaced");
            let args = json!({
                "worker": name, "reason": short(&reason), "reason_es": reason.say(Lang::Es),
                "replaced_ms": replaced_ms, "pid": pid,
            });
            self.notice(Level::Info, "worker_replaced", args, message, t);
            self.isolation_replaced(worker, replaced_ms);
        }
        self.begin_running(t);
    }

    /// Somebody takes tasks.
    pub(super) fn begin_running(&mut self, t: f64) {
        if self.job().is_some_and(|job| job.state == JobState::Starting) {
            self.set_state(JobState::Running, None, t);
        }
    }

    pub(super) fn lost(&mut self, worker: u32, text: &Text, t: f64) {
        let reason = short(text);
        let crash = |(slot, task): (u32, Option<TaskInHand<TaskRef>>)| Crash {
            slot,
            worker,
            t_ms: t,
            start_ms: task.as_ref().map_or(t, |task| task.next_start_ms),
            task: task.as_ref().map(|task| task.what.task),
            attempt: task.as_ref().map_or(1, |task| task.attempt),
            variant: task
                .as_ref()
                .filter(|task| task.decoded)
                .and_then(|task| task.variants.get(task.next).copied()),
            name: task.map(|task| task.what.name),
            ready_ms: None,
        };
        let crashes: Vec<_> = self.lanes.lost(worker).into_iter().map(crash).collect();
        let tasks: Vec<u32> = crashes.iter().filter_map(|crash| crash.task).collect();
        for task in &tasks {
            self.lost_with.entry(*task).or_default().push((worker, text.clone()));
            self.expect_again(*task);
        }
        for crash in crashes {
            self.history.add_crash(crash);
        }
        self.dead.insert(worker, (t, text.clone()));
        self.isolation_lost(worker, text, &tasks);
        let (reason, state) = (Some(reason), "lost");
        let change = WorkerChange { worker, t_ms: t, state, reason, ..WorkerChange::default() };
        self.lane_change(Change::Worker(change));
    }

    /// A worker's thread began with a unit of the run's plan.
    pub(super) fn task(&mut self, worker: u32, thread: u32, unit: usize, todo: &[u32], t: f64) {
        let Some(run) = &self.run else { return };
        let task = run.first_task + unit as u32;
        let Some(place) = run.plan.units.get(unit).map(|unit| unit.image) else { return };
        let Some(image) = self.books.back().and_then(|book| book.images.get(place)).cloned() else {
            return;
        };
        // What was only waiting in a worker that died was not begun there.
        let attempt = 1 + self.lost_with.get(&task).map_or(0, |losses| losses.len() as u32);
        let Some(lane) = self.lanes.at(worker, thread) else { return };
        let (slot, variants) = (lane.slot, todo.to_vec());
        let ImageRef { id: image, name, .. } = image;
        let what = TaskRef { task, image: image.clone(), name: name.clone() };
        lane.begin(what, attempt, variants.clone(), t);
        self.lane_change(Change::Task { slot, t_ms: t, task, attempt, image, name, variants });
    }

    /// A worker's thread has its image decoded.
    pub(super) fn decoded(&mut self, worker: u32, thread: u32, t: f64) {
        let Some(lane) = self.lanes.at(worker, thread) else { return };
        let slot = lane.slot;
        let Some((now, start_ms)) = lane.decoded(t) else { return };
        let (task, attempt, name) = (now.what.task, now.attempt, now.what.name.clone());
        let (variant, status) = (None, Status::Ok);
        let bar = Bar { slot, task, attempt, variant, name, start_ms, end_ms: t, status };
        let name = bar.name.clone();
        self.history.add_bar(bar);
        self.lane_change(Change::Decoded { slot, task, attempt, name, start_ms, end_ms: t });
    }
}

/// What ended a process, as pages expect it.
pub(super) fn short(reason: &Text) -> String {
    match reason.to_string().as_str() {
        "out of memory" => "memory".to_owned(),
        reason => reason.replace("exit code", "exit"),
    }
}
