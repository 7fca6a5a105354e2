//! What happens to workers, as lanes show it.

use std::collections::HashMap;

use lote_protocol::lang::{Lang, Text};
use lote_protocol::sandbox;
use serde_json::json;

use super::model::Model;
use super::shapes::{Bar, Change, Crash, JobState, Lane, LaneState, Level, Task};
use lote_engine::event::{Mode, Status, WorkerState};

impl Lane {
    /// One whose process is being started.
    pub(super) fn new(slot: u32, mode: Mode) -> Self {
        Self {
            slot,
            worker: if mode == Mode::Threads { 1 } else { slot },
            machine: None,
            number: None,
            pid: 0,
            state: LaneState::Starting,
            memory_bytes: 0,
            restarts: 0,
            sandbox: None,
            task: None,
        }
    }
}

impl Model {
    /// A run begins with so many slots.
    pub(super) fn set_lanes(&mut self, mode: Mode, slots: u32) {
        self.lanes = (1..=slots).map(|slot| Lane::new(slot, mode)).collect();
        self.dead.clear();
        self.set_workers(slots);
        self.change(Change::Lanes { lanes: self.lanes.clone() });
    }

    fn lanes_of(&mut self, worker: u32) -> impl Iterator<Item = &mut Lane> {
        self.lanes.iter_mut().filter(move |lane| lane.worker == worker)
    }

    /// The number of the lane that a worker's thread (from 0) is shown in.
    pub(super) fn lane_of(&mut self, worker: u32, thread: u32) -> Option<&mut Lane> {
        self.lanes_of(worker).nth(thread as usize)
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
        for lane in &mut self.lanes {
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
                self.show(worker, LaneState::Starting, pid);
                self.tell_worker(worker, "started", pid, t);
            }
            // Told by `ready`, as there is more to it.
            WorkerState::Ready => {}
            WorkerState::Lost => self.lost(worker, &reason.unwrap_or_default(), t),
            WorkerState::Stopped => {
                self.show(worker, LaneState::Stopped, pid);
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

    pub(super) fn show(&mut self, worker: u32, state: LaneState, pid: Option<u32>) {
        for lane in self.lanes_of(worker) {
            lane.state = state;
            lane.pid = pid.unwrap_or(lane.pid);
            if state == LaneState::Stopped {
                lane.task = None;
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
        let (reason, replaced_ms, sandbox) = (None, None, None);
        self.lane_change(Change::Worker {
            worker,
            t_ms: t,
            state,
            pid,
            reason,
            replaced_ms,
            sandbox,
        });
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
        self.show(worker, LaneState::Ready, pid);
        for lane in self.lanes_of(worker) {
            lane.sandbox = sandbox;
        }
        let dead = self.dead.remove(&worker);
        let replaced_ms = dead.as_ref().map(|(since, _)| ms.unwrap_or(t - since));
        let (state, reason) = ("ready", None);
        self.lane_change(Change::Worker {
            worker,
            t_ms: t,
            state,
            pid,
            reason,
            replaced_ms,
            sandbox,
        });
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
        let mut crashes = Vec::new();
        for lane in self.lanes_of(worker) {
            let task = lane.task.take();
            lane.state = LaneState::Lost;
            lane.restarts += 1;
            lane.memory_bytes = 0;
            crashes.push(Crash {
                slot: lane.slot,
                worker,
                t_ms: t,
                start_ms: task.as_ref().map_or(t, |task| task.next_start_ms),
                task: task.as_ref().map(|task| task.task),
                attempt: task.as_ref().map_or(1, |task| task.attempt),
                variant: task
                    .as_ref()
                    .filter(|task| task.decoded)
                    .and_then(|task| task.variants.get(task.next).copied()),
                name: task.map(|task| task.name),
                ready_ms: None,
            });
        }
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
        let (pid, replaced_ms, sandbox) = (None, None, None);
        self.lane_change(Change::Worker {
            worker,
            t_ms: t,
            state,
            pid,
            reason,
            replaced_ms,
            sandbox,
        });
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
        let Some(lane) = self.lane_of(worker, thread) else { return };
        let slot = lane.slot;
        lane.task = Some(Task {
            task,
            attempt,
            image: image.id.clone(),
            name: image.name.clone(),
            variants: todo.to_vec(),
            start_ms: t,
            next: 0,
            next_start_ms: t,
            decoded: false,
        });
        let (image, name, variants) = (image.id, image.name, todo.to_vec());
        self.lane_change(Change::Task { slot, t_ms: t, task, attempt, image, name, variants });
    }

    /// A worker's thread has its image decoded.
    pub(super) fn decoded(&mut self, worker: u32, thread: u32, t: f64) {
        let Some(lane) = self.lane_of(worker, thread) else { return };
        let slot = lane.slot;
        let Some(now) = lane.task.as_mut().filter(|task| !task.decoded) else { return };
        now.decoded = true;
        let start_ms = std::mem::replace(&mut now.next_start_ms, t);
        let (task, attempt, name) = (now.task, now.attempt, now.name.clone());
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
