//! The figures of a run.

use std::sync::Arc;

use lote_protocol::format::FormatId;
use lote_protocol::lang::Text;
use lote_protocol::sandbox::Sandbox;
use serde::{Serialize, Serializer};

use super::{Mode, OutputCounts};

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

/// The figures of a variant at the end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantSummary {
    /// Its name.
    pub variant: Arc<str>,
    /// The format that it asks for, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatId>,
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

impl VariantSummary {
    /// What people are shown of it: `web`, or `web@avif` where it asks for a format.
    pub fn label(&self) -> String {
        self.format
            .map_or_else(|| self.variant.to_string(), |format| format!("{}@{format}", self.variant))
    }
}

fn said<S: Serializer>(text: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(text)
}

/// Something that was left out of outputs, or that is to be known of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteCount {
    /// What: one sentence, with … for numbers that differ.
    #[serde(serialize_with = "said")]
    pub note: Text,
    /// Of how many outputs.
    pub outputs: usize,
}

/// The figures of a run at its end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// How outputs have ended.
    #[serde(flatten)]
    pub counts: OutputCounts,
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
    /// What was noted of outputs, each kind once, the most frequent first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteCount>,
    /// The first hundred outputs that were given up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quarantine: Vec<Quarantined>,
}

impl Summary {
    /// Most memory that this program and its workers have used, added up, where the system tells.
    pub fn peak_bytes(&self) -> Option<u64> {
        Some(self.master_peak_bytes? + self.workers_peak_bytes?)
    }
}
