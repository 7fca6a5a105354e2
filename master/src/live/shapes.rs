//! What pages are told, as it is serialised: the shapes of `frontend/CONTRACT.md`.
//!
//! Times (`t_ms`, `start_ms`, …) are milliseconds of the server's monotonic clock since it started.

use std::collections::BTreeMap;

use lote_protocol::filter::{self, FilterCall};
use lote_protocol::outcome::FailureKind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::event::{Mode, Status};

/// A filter with its parameters, by id, as plain JSON values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Id of the filter.
    pub filter: String,
    /// Its parameters; what is missing has its default.
    #[serde(default)]
    pub params: BTreeMap<String, Value>,
}

impl From<&FilterCall> for Step {
    fn from(call: &FilterCall) -> Self {
        let plain = |value: &filter::Value| match value {
            filter::Value::Float(number) => json!(number),
            filter::Value::Integer(number) => json!(number),
            filter::Value::Text(text) => json!(text),
            filter::Value::Bool(flag) => json!(flag),
        };
        let params = call.params.iter().map(|(id, value)| (id.clone(), plain(value)));
        Self { filter: call.filter.clone(), params: params.collect() }
    }
}

/// What a job makes of every image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    /// Its name, which is also its folder's.
    pub name: String,
    /// Its filters, in turn.
    pub steps: Vec<Step>,
    /// Outputs in all.
    pub planned: usize,
}

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Its workers are being started.
    Starting,
    /// It works.
    Running,
    /// It starts nothing new.
    Paused,
    /// It finishes what is in hand and ends.
    Cancelling,
    /// All outputs have ended.
    Finished,
    /// It was ended by the user.
    Cancelled,
    /// It could not go on.
    Failed,
}

impl JobState {
    /// Whether it has not come to its end.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Paused | Self::Cancelling)
    }

    /// Whether its time runs.
    pub const fn takes_time(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Cancelling)
    }
}

/// Why a job is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Pause {
    /// The user wanted it.
    User,
    /// The disk is full.
    NoSpace {
        /// About what is left to be written.
        needed_bytes: u64,
        /// What there is.
        free_bytes: u64,
    },
}

/// The figures of a variant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct VariantCounts {
    /// Outputs that are there.
    pub ok: usize,
    /// Outputs that failed, quarantined ones included.
    pub failed: usize,
    /// Outputs that were there before.
    pub skipped: usize,
    /// Time that slots spent on them.
    pub work_ms: f64,
    /// Size of the inputs.
    pub read_bytes: u64,
    /// Size of the outputs.
    pub written_bytes: u64,
}

/// How far a job is, in outputs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Progress {
    /// The sum of the next three.
    pub done: usize,
    /// Outputs that are there.
    pub ok: usize,
    /// Outputs that failed, quarantined ones included.
    pub failed: usize,
    /// Outputs that were there before.
    pub skipped: usize,
    /// Tasks that were done again after their worker had died.
    pub redone: usize,
    /// Wall time without pauses.
    pub elapsed_ms: f64,
    /// Size of the inputs that were read.
    pub read_bytes: u64,
    /// Size of the outputs.
    pub written_bytes: u64,
    /// By variant.
    pub variants: Vec<VariantCounts>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// Where it is.
    pub state: JobState,
    /// Why it is paused.
    pub pause: Option<Pause>,
    /// Why it could not go on.
    pub error: Option<String>,
    /// How work is spread.
    pub mode: Mode,
    /// Slots: processes, or threads.
    pub workers: u32,
    /// Images.
    pub images: usize,
    /// Outputs: images times variants.
    pub outputs: usize,
    /// What is made of every image.
    pub variants: Vec<Variant>,
    /// The output folder, for people.
    pub output_label: String,
    /// When it started.
    pub started_ms: f64,
    /// When it ended.
    pub ended_ms: Option<f64>,
    /// How far it is.
    pub progress: Progress,
}

/// A job that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueuedJob {
    /// Its id.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// Images.
    pub images: usize,
    /// Outputs.
    pub outputs: usize,
}

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
    /// That process's id; 0 before it exists.
    pub pid: u32,
    /// Its state.
    pub state: LaneState,
    /// Memory of the process.
    pub memory_bytes: u64,
    /// How often the process was replaced.
    pub restarts: u32,
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
}

/// An output that a slot has made, or failed to make.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    /// The slot.
    pub slot: u32,
    /// The task.
    pub task: u32,
    /// How often a slot had begun with it.
    pub attempt: u32,
    /// The variant.
    pub variant: usize,
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
    /// The variant in work.
    pub variant: Option<u32>,
    /// The image's name.
    pub name: Option<String>,
    /// When the replacement took tasks.
    pub ready_ms: Option<f64>,
}

/// An output that failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// Its id.
    pub output: String,
    /// The image.
    pub image: String,
    /// The image's name.
    pub name: String,
    /// The variant.
    pub variant: usize,
    /// The class of the failure.
    pub kind: FailureKind,
    /// What went wrong, one line.
    pub message: String,
    /// How often a slot had begun with it.
    pub attempt: u32,
    /// What the worker wrote before it died.
    pub detail: Option<String>,
}

/// An output that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recent {
    /// Its id.
    pub output: String,
    /// The image.
    pub image: String,
    /// The output's file name.
    pub name: String,
    /// The variant.
    pub variant: usize,
}

/// How serious a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something has to be done.
    Error,
}

/// Something that people should know.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    /// Its number.
    pub id: u64,
    /// When it was given.
    pub t_ms: f64,
    /// How serious it is.
    pub level: Level,
    /// What it is, for the page's own words.
    pub code: &'static str,
    /// The figures in it.
    pub args: Value,
    /// One line in English.
    pub message: String,
}

/// How far a trial is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialState {
    /// There was none.
    #[default]
    None,
    /// It works.
    Running,
    /// It is done.
    Finished,
    /// It was ended by the user.
    Cancelled,
    /// It could not go on.
    Failed,
}

/// What was measured with one mode and number of workers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CompareRun {
    /// How work was spread.
    pub mode: Mode,
    /// Slots.
    pub workers: u32,
    /// Wall time of each repetition, s.
    pub seconds: Vec<f64>,
    /// Images a second, by the median time.
    pub images_per_s: f64,
    /// Most memory of master and workers together; 0 where the system does not tell.
    pub peak_memory_bytes: u64,
}

/// What a crash cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CrashCost {
    /// Images that were in work and had to be repeated.
    pub interrupted: usize,
    /// Outputs that were missing or different in the end.
    pub lost: usize,
    /// From the death to a worker that takes tasks.
    pub replaced_ms: f64,
}

/// What a crash cost in each mode.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CrashCosts {
    /// With many processes.
    pub processes: CrashCost,
    /// With many threads.
    pub threads: CrashCost,
}

/// Processes against threads.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Compare {
    /// How far it is.
    pub state: TrialState,
    /// Why it could not go on.
    pub error: Option<String>,
    /// Images.
    pub images: usize,
    /// What is made of each.
    pub steps: Vec<Step>,
    /// How often each is measured.
    pub repeats: u32,
    /// Runs that are done.
    pub done: usize,
    /// Runs in all.
    pub total: usize,
    /// What was measured.
    pub runs: Vec<CompareRun>,
    /// What a crash cost.
    pub crash: Option<CrashCosts>,
}

/// The killing of a busy worker, and what came of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Isolation {
    /// How far it is.
    pub state: TrialState,
    /// The worker.
    pub worker: u32,
    /// What ended it.
    pub reason: String,
    /// From its death to a worker that takes tasks.
    pub replaced_ms: f64,
    /// Images that were done again.
    pub redone: usize,
    /// Outputs that were lost by it.
    pub lost: usize,
}

/// An output's end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutputEnd {
    /// The slot that made it; 0 if none did.
    pub slot: u32,
    /// The task; 0 if none made it.
    pub task: u32,
    /// How often a slot had begun with it.
    pub attempt: u32,
    /// The variant.
    pub variant: usize,
    /// The image.
    pub image: String,
    /// The image's name.
    pub name: String,
    /// When it began.
    pub start_ms: f64,
    /// When it ended.
    pub end_ms: f64,
    /// How.
    pub status: Status,
    /// Its id.
    pub output: String,
    /// Its file name.
    pub output_name: String,
    /// Its size.
    pub bytes: u64,
    /// The class of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<FailureKind>,
    /// What went wrong, one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the worker wrote before it died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Change {
    /// A slot began with a task.
    Task {
        /// The slot.
        slot: u32,
        /// When.
        t_ms: f64,
        /// The task.
        task: u32,
        /// How often a slot began with it.
        attempt: u32,
        /// The image.
        image: String,
        /// The image's name.
        name: String,
        /// The variants that it makes, in turn.
        variants: Vec<u32>,
    },
    /// An output ended.
    Output(OutputEnd),
    /// A worker changed its state.
    Worker {
        /// The worker.
        worker: u32,
        /// When.
        t_ms: f64,
        /// What it is now: `starting` is told as `started`.
        state: &'static str,
        /// Its process.
        #[serde(skip_serializing_if = "Option::is_none")]
        pid: Option<u32>,
        /// What ended it.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// From the death of the one before.
        #[serde(skip_serializing_if = "Option::is_none")]
        replaced_ms: Option<f64>,
    },
    /// There are other lanes.
    Lanes {
        /// All of them.
        lanes: Vec<Lane>,
    },
    /// How much memory workers have.
    Memory {
        /// Worker and bytes.
        workers: Vec<(u32, u64)>,
    },
    /// The job or the queue changed.
    Job {
        /// The job.
        job: Option<Box<Job>>,
        /// What waits.
        queue: Vec<QueuedJob>,
    },
    /// Failed outputs are tried again.
    Retried {
        /// Which; `None` means all.
        outputs: Option<Vec<String>>,
    },
    /// The list of images changed.
    Images {
        /// Its summary.
        images: Value,
    },
    /// Somebody should know something.
    Notice {
        /// What.
        notice: Notice,
    },
    /// The comparison went on.
    Compare {
        /// All of it.
        compare: Compare,
    },
    /// The isolation test went on.
    Isolation {
        /// All of it.
        isolation: Isolation,
    },
    /// The list of recipes changed.
    Recipes,
}
