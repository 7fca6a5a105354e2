//! Lanes: what slots do, and how their processes fare.

use std::sync::Arc;

use lote_protocol::sandbox::Level;
use serde::Serialize;

use lote_engine::event::Status;

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

/// A slot: a process, or a thread of the one process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane {
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
    pub task: Option<Task>,
}

/// A task in work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Task {
    /// Its number within the job.
    pub task: u32,
    /// How often a slot began with it.
    pub attempt: u32,
    /// The image.
    pub image: String,
    /// Its name.
    pub name: String,
    /// The variants that it makes, in turn.
    pub variants: Vec<u32>,
    /// When it began.
    pub start_ms: f64,
    /// Which of `variants` is in work.
    pub next: usize,
    /// When that began.
    pub next_start_ms: f64,
    /// Whether its image is decoded; before that none of the outputs is in work.
    pub decoded: bool,
}

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
