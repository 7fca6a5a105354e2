//! Comparisons and the isolation test.

use serde::Serialize;

use super::Step;
use crate::said::Trouble;
use lote_engine::event::Mode;

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
    #[serde(flatten)]
    pub error: Trouble,
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
    /// The same in Spanish, where that is otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_es: Option<String>,
    /// From its death to a worker that takes tasks.
    pub replaced_ms: f64,
    /// Images that were done again.
    pub redone: usize,
    /// Outputs that were lost by it.
    pub lost: usize,
    /// What the outputs are that came of it all, once they have been made another time.
    pub proof: Option<Proof>,
}

/// The outputs of the images that a death interrupted, against the same made undisturbed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// How many.
    pub outputs: usize,
    /// SHA-256 of the files, as [`lote_engine::showcase::digest`] forms it.
    pub sha256: String,
    /// The same of what another process has made of the same images, undisturbed.
    pub undisturbed: String,
}
