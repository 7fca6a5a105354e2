//! Lanes: what slots do, and how their processes fare.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use lote_protocol::sandbox::Level;
use serde::Serialize;

use crate::event::Mode;

/// The state of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LaneState {
    /// Its process is being started.
    Starting,
    /// It takes tasks.
    Ready,
    /// Its process is dead.
    Lost,
    /// It takes no part any more.
    Stopped,
}

/// A slot: a process, or a thread of the one process. `T` says what it works on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane<T> {
    /// Its number, from 1.
    pub slot: u32,
    /// Its process, from 1.
    pub worker: u32,
    /// The machine of a fleet that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<Arc<str>>,
    /// Its number there, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// That process's id; 0 before it exists.
    pub pid: u32,
    /// Its state.
    pub state: LaneState,
    /// Memory of the process.
    pub memory_bytes: u64,
    /// How often the process was replaced.
    pub restarts: u32,
    /// How well the process is confined, once it takes tasks.
    pub sandbox: Option<Level>,
    /// What it works on.
    pub task: Option<TaskInHand<T>>,
    /// Outputs that it has made, as [`super::State`] counts.
    #[serde(skip)]
    pub done: usize,
    /// Tasks that it did again after a death, as [`super::State`] counts.
    #[serde(skip)]
    pub redone: usize,
}

/// A task in work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskInHand<T> {
    /// Which one.
    #[serde(flatten)]
    pub what: T,
    /// How often a slot began with it.
    pub attempt: u32,
    /// The variants that it makes, in turn.
    pub variants: Vec<u32>,
    /// When it began, ms.
    pub start_ms: f64,
    /// Which of `variants` is in work.
    pub next: usize,
    /// When that began, ms.
    pub next_start_ms: f64,
    /// Whether its image is decoded; before that none of the outputs is in work.
    pub decoded: bool,
}

/// What a lane knew about an output that it has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Advanced<T> {
    /// The lane.
    pub slot: u32,
    /// Its task.
    pub what: T,
    /// How often a slot had begun with that.
    pub attempt: u32,
    /// When the output began, ms.
    pub start_ms: f64,
    /// When it ended, ms.
    pub end_ms: f64,
    /// Whether the task is done.
    pub is_last: bool,
}

impl<T: Clone> Lane<T> {
    /// One whose process is being started.
    pub fn new(slot: u32, mode: Mode) -> Self {
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
            done: 0,
            redone: 0,
        }
    }

    /// It begins with a task at `t`.
    pub fn begin(&mut self, what: T, attempt: u32, variants: Vec<u32>, t: f64) {
        let (start_ms, next, next_start_ms, decoded) = (t, 0, t, false);
        self.task =
            Some(TaskInHand { what, attempt, variants, start_ms, next, next_start_ms, decoded });
    }

    /// It has its image decoded at `t`; returns its task and when it began with that, if it is news.
    pub fn decoded(&mut self, t: f64) -> Option<(&TaskInHand<T>, f64)> {
        let task = self.task.as_mut().filter(|task| !task.decoded)?;
        task.decoded = true;
        let since = std::mem::replace(&mut task.next_start_ms, t);
        Some((task, since))
    }

    /// It goes on with the next output of its task, or is idle. Outputs that are made together end
    /// together: what each took tells how much of the time is its own.
    pub fn advance(&mut self, own_ms: Option<f64>, t: f64) -> Option<Advanced<T>> {
        let task = self.task.as_mut()?;
        let start_ms = task.next_start_ms;
        let own_ms = own_ms.filter(|_| task.decoded);
        let end_ms = own_ms.map_or(t, |ms| t.min(start_ms + ms.max(0.0)));
        task.next += 1;
        task.decoded = true;
        task.next_start_ms = end_ms;
        let is_last = task.next >= task.variants.len();
        let (slot, what, attempt) = (self.slot, task.what.clone(), task.attempt);
        if is_last {
            self.task = None;
        }
        Some(Advanced { slot, what, attempt, start_ms, end_ms, is_last })
    }
}

/// All lanes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Lanes<T>(Vec<Lane<T>>);

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Lanes<T> {
    type Target = Vec<Lane<T>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for Lanes<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T: Clone> Lanes<T> {
    /// So many of a run that begins.
    pub fn new(mode: Mode, slots: u32) -> Self {
        Self((1..=slots).map(|slot| Lane::new(slot, mode)).collect())
    }

    /// Those of a worker.
    pub fn of(&mut self, worker: u32) -> impl Iterator<Item = &mut Lane<T>> {
        self.iter_mut().filter(move |lane| lane.worker == worker)
    }

    /// That of a worker's thread (from 0).
    pub fn at(&mut self, worker: u32, thread: u32) -> Option<&mut Lane<T>> {
        self.of(worker).nth(thread as usize)
    }

    /// A worker has another state, and another process if one is named.
    pub fn show(&mut self, worker: u32, state: LaneState, pid: Option<u32>) {
        for lane in self.of(worker) {
            lane.state = state;
            lane.pid = pid.unwrap_or(lane.pid);
            if state == LaneState::Stopped {
                lane.task = None;
            }
        }
    }

    /// A worker is dead; returns its lanes and what each was at.
    pub fn lost(&mut self, worker: u32) -> Vec<(u32, Option<TaskInHand<T>>)> {
        let lose = |lane: &mut Lane<T>| {
            lane.state = LaneState::Lost;
            lane.restarts += 1;
            lane.memory_bytes = 0;
            (lane.slot, lane.task.take())
        };
        self.of(worker).map(lose).collect()
    }
}
