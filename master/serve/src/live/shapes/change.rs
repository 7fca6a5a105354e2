//! What is told when something changes.

use lote_protocol::sandbox;
use serde::Serialize;
use serde_json::Value;

use super::{Bar, Compare, Fleet, Isolation, Job, Lanes, OutputEnd, QueuedJob, Watch};

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
    /// A slot has its task's image decoded: that is a bar of its own.
    Decoded {
        /// The slot.
        slot: u32,
        /// The task.
        task: u32,
        /// How often a slot began with it.
        attempt: u32,
        /// The image's name.
        name: String,
        /// When it began.
        start_ms: f64,
        /// When it ended.
        end_ms: f64,
    },
    /// An output ended.
    Output(OutputEnd),
    /// A slot of another machine is said to have ended an output, of which there will be a record.
    Bar(Bar),
    /// A slot of another machine has nothing in hand.
    Idle {
        /// The slot.
        slot: u32,
    },
    /// The machines of the fleet changed.
    Fleet {
        /// All of it.
        fleet: Fleet,
    },
    /// What machines do.
    Rates {
        /// Machine by its place, how many of its workers are busy, outputs a second.
        machines: Vec<(usize, u32, f64)>,
    },
    /// A worker changed its state.
    Worker(WorkerChange),
    /// There are other lanes.
    Lanes {
        /// All of them.
        lanes: Lanes,
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
    /// Another job begins.
    Settings {
        /// What was asked for.
        settings: Value,
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
    /// Folders are watched, or what became of them changed.
    Watches {
        /// All of them.
        watches: Vec<Watch>,
    },
}

/// A worker changed its state.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct WorkerChange {
    /// The worker.
    pub worker: u32,
    /// When.
    pub t_ms: f64,
    /// What it is now: `starting` is told as `started`.
    pub state: &'static str,
    /// Its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// What ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// From the death of the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_ms: Option<f64>,
    /// For `ready`: how well it is confined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<sandbox::Level>,
}
