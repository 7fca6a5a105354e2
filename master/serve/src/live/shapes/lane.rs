//! Lanes: what slots do, what they did, and how their processes fare.

use serde::Serialize;

use lote_engine::event::Status;
pub use lote_engine::state::LaneState;
use lote_engine::state::{self, Advanced};

/// What a lane works on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskRef {
    /// The task's number within the job.
    pub task: u32,
    /// The image.
    pub image: String,
    /// Its name.
    pub name: String,
}

/// A slot: a process, or a thread of the one process.
pub type Lane = state::Lane<TaskRef>;

/// All lanes.
pub type Lanes = state::Lanes<TaskRef>;

/// An output that a slot has made, or failed to make, or the decoding of the image before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    /// The slot.
    pub slot: u32,
    /// The task.
    pub task: u32,
    /// How often a slot had begun with it.
    pub attempt: u32,
    /// The variant; `None` for decoding.
    pub variant: Option<usize>,
    /// The image's name.
    pub name: String,
    /// When it began.
    pub start_ms: f64,
    /// When it ended.
    pub end_ms: f64,
    /// How.
    pub status: Status,
}

impl Bar {
    /// That of an output, as its lane has made it.
    pub fn of(made: &Advanced<TaskRef>, variant: usize, name: String, status: Status) -> Self {
        let Advanced { slot, what: TaskRef { task, .. }, attempt, start_ms, end_ms, .. } = *made;
        Self { slot, task, attempt, variant: Some(variant), name, start_ms, end_ms, status }
    }
}

/// The loss of a lane's process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crash {
    /// The lane.
    pub slot: u32,
    /// Its process.
    pub worker: u32,
    /// When it was lost.
    pub t_ms: f64,
    /// When what was in work began; `t_ms` if nothing was.
    pub start_ms: f64,
    /// The task in work.
    pub task: Option<u32>,
    /// How often a slot had begun with it.
    pub attempt: u32,
    /// The variant in work; `None` while the image was being decoded.
    pub variant: Option<u32>,
    /// The image's name.
    pub name: Option<String>,
    /// When the replacement took tasks.
    pub ready_ms: Option<f64>,
}
