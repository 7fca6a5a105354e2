//! What happens in a run, as it is told to whoever listens.
//!
//! Serialised, an event is a line of `--ndjson`: a contract with scripts, so fields are added but
//! never renamed.

use std::path::PathBuf;
use std::sync::Arc;

use lote_protocol::outcome::FailureKind;
use lote_protocol::sandbox::Sandbox;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// How work is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Many processes with one thread each.
    #[default]
    Processes,
    /// One process with many threads.
    Threads,
}

/// What became of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is there.
    Ok,
    /// It could not be made.
    Failed,
    /// Its image cost two workers their lives.
    Quarantined,
    /// It was there before, or the run ended without it.
    Skipped,
}

/// The state of a worker process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkerState {
    /// The first process of its lane exists.
    Started,
    /// It takes tasks.
    Ready,
    /// It is dead.
    Lost,
    /// A process exists in its place.
    Restarted,
    /// It is gone and will not be replaced.
    Stopped,
}

/// Where an output stands in a plan, as indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Place {
    /// The image, in `Plan::images`.
    pub image: usize,
    /// The variant, in `Plan::variants`.
    pub variant: usize,
}

/// The end of an output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutputEnded {
    /// Where it stands in the plan.
    #[serde(skip)]
    pub place: Place,
    /// The thread of the worker that made it, from 0.
    #[serde(skip)]
    pub slot: Option<u32>,
    /// The image, relative to the input that was named.
    pub image: String,
    /// The name of the variant.
    pub variant: Arc<str>,
    /// What became of it.
    pub status: Status,
    /// Where it is, if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<u32>,
    /// How often the image's task had been started, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Time that it took, with its share of decoding, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
    /// Its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// When it was written, as its file says, ns since 1970.
    #[serde(skip)]
    pub modified_ns: Option<i64>,
    /// The class of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<FailureKind>,
    /// What went wrong, one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was left out, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Nobody tried it to its end: another run can make it.
    #[serde(skip)]
    pub untried: bool,
    /// What its worker wrote to standard error before it died.
    #[serde(rename = "stderr", skip_serializing_if = "Vec::is_empty")]
    pub last_words: Vec<String>,
    /// For an image that was given up: the command that makes this output alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reproduce: Option<String>,
    /// The same without the folders.
    #[serde(skip)]
    pub reproduce_redacted: Option<String>,
}

/// An output that was given up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quarantined {
    /// The image, relative to the input that was named.
    pub image: String,
    /// The name of the variant.
    pub variant: Arc<str>,
    /// What went wrong, one line.
    pub reason: String,
    /// What the worker wrote to standard error before it died.
    pub stderr: Vec<String>,
    /// The command that makes this output alone.
    pub reproduce: String,
}

impl OutputEnded {
    /// An output about which nothing is known.
    pub fn open(place: Place, image: String, variant: Arc<str>) -> Self {
        Self {
            place,
            slot: None,
            image,
            variant,
            status: Status::Skipped,
            path: None,
            worker: None,
            attempt: None,
            ms: None,
            bytes: None,
            modified_ns: None,
            kind: None,
            reason: None,
            notes: Vec::new(),
            untried: false,
            last_words: Vec::new(),
            reproduce: None,
            reproduce_redacted: None,
        }
    }
}

/// How far a run is, in outputs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Progress {
    /// Ended, in whatever way.
    pub done: usize,
    /// Planned in all.
    pub total: usize,
    /// `100 * done / total`.
    pub percent: f64,
    /// Since the start of the run.
    pub elapsed_s: f64,
    /// Outputs a second over the last ten seconds.
    pub images_per_s: f64,
    /// Estimated time to go; `None` while nothing can be said.
    pub eta_s: Option<f64>,
}

/// The figures of a variant at the end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantSummary {
    /// Its name.
    pub variant: Arc<str>,
    /// Outputs that are there.
    pub ok: usize,
    /// Outputs that failed, or were quarantined.
    pub failed: usize,
    /// Time that workers spent on it, with its share of decoding.
    pub seconds: f64,
    /// That time by image, failed ones included; `None` if there was none.
    pub ms_per_image: Option<f64>,
    /// Workers times threads that could work at the same time.
    pub cores: u32,
}

/// The figures of a run at its end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Outputs that are there.
    pub ok: usize,
    /// Outputs that failed, quarantined ones included.
    pub failed: usize,
    /// Outputs that existed before or were not started.
    pub skipped: usize,
    /// Those of `failed` whose image cost two workers their lives.
    pub quarantined: usize,
    /// Those of `skipped` that were not started because the run was interrupted.
    pub cancelled: usize,
    /// Wall time from the start of the workers to the end of the last output.
    pub seconds: f64,
    /// How work was spread.
    pub mode: Mode,
    /// Processes (or, in mode threads, threads).
    pub workers: u32,
    /// Outputs a second.
    pub images_per_s: f64,
    /// Workers that died.
    pub lost_workers: usize,
    /// Share of the workers' wall time in which they worked on a task, 0..=1.
    pub busy: f64,
    /// Bytes written.
    pub bytes: u64,
    /// Most memory that this program itself has used, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_peak_bytes: Option<u64>,
    /// Most memory that the workers have used, added up, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers_peak_bytes: Option<u64>,
    /// The weakest sandbox that a worker was in, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Sandbox>,
    /// By variant.
    pub variants: Vec<VariantSummary>,
    /// The first hundred outputs that were given up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quarantine: Vec<Quarantined>,
}

/// An event of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// What will be done.
    Planned {
        /// Images found.
        images: usize,
        /// Outputs in all.
        outputs: usize,
        /// Outputs that are there already.
        skipped: usize,
        /// How work is spread.
        mode: Mode,
        /// Processes (or, in mode threads, threads).
        workers: u32,
    },
    /// Workers that are started by hand may join.
    Listening {
        /// What to give to `lote worker connect`.
        socket: PathBuf,
    },
    /// A worker changed its state.
    Worker {
        /// Its lane, from 1.
        worker: u32,
        /// Its process.
        pid: u32,
        /// Its threads, once it is ready; else 0.
        #[serde(skip)]
        slots: u32,
        /// What it is now.
        state: WorkerState,
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// For `ready`: from the start of the process; for `ready` after a loss: from the death of
        /// the one before.
        #[serde(skip_serializing_if = "Option::is_none")]
        ms: Option<f64>,
        /// For `ready`: the sandbox that it is in.
        #[serde(skip_serializing_if = "Option::is_none")]
        sandbox: Option<Sandbox>,
    },
    /// A thread of a worker began with a task.
    Task {
        /// The worker.
        worker: u32,
        /// Its thread, from 0.
        slot: u32,
        /// The unit of the plan.
        #[serde(skip)]
        unit: usize,
        /// The variants that it will make, in turn.
        #[serde(skip)]
        variants: Vec<u32>,
        /// The image.
        image: String,
        /// How often the task has been started, from 1.
        attempt: u32,
    },
    /// An output could not be written for a reason that all share; it is still to be made.
    PutOff {
        /// The worker.
        worker: u32,
        /// Its thread, from 0.
        slot: u32,
        /// The image.
        image: String,
        /// The name of the variant.
        variant: Arc<str>,
    },
    /// The disk is full: nothing is started until there is room.
    Paused {
        /// About what is left to be written.
        needed_bytes: u64,
        /// What there is.
        free_bytes: u64,
    },
    /// There is room again.
    Resumed,
    /// An output came to its end.
    Output(OutputEnded),
    /// How far the run is; at most ten a second.
    Progress(Progress),
    /// The run is over.
    Finished(Summary),
}

/// Where events go. Every listener gets every event in order; one that is slow slows the run, so
/// that none is lost. Whoever may miss events keeps a state of its own to look at.
#[derive(Debug, Default)]
pub struct Bus {
    listeners: Vec<mpsc::Sender<Arc<Event>>>,
}

/// How many events a listener may be behind.
const LISTENER_QUEUE: usize = 4096;

impl Bus {
    /// Without listeners.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a listener, which gets what happens from now on.
    pub fn listen(&mut self) -> mpsc::Receiver<Arc<Event>> {
        let (sender, receiver) = mpsc::channel(LISTENER_QUEUE);
        self.listeners.push(sender);
        receiver
    }

    /// Tells all listeners. One that has left is forgotten.
    pub async fn publish(&mut self, event: Event) {
        let event = Arc::new(event);
        let mut left = false;
        for listener in &self.listeners {
            left |= listener.send(Arc::clone(&event)).await.is_err();
        }
        if left {
            self.listeners.retain(|listener| !listener.is_closed());
        }
    }
}
