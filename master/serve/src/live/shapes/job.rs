//! Jobs, what they make, and how far they are.

use std::collections::BTreeMap;
use std::time::Duration;

use lote_protocol::filter::{self, FilterCall};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::said::Trouble;
use lote_engine::event::{Mode, OutputCounts};

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
    /// The file that is made, as in `avif:calidad=55`; `None` is one as the output has it. A name
    /// stands once for each of its files.
    pub file: Option<String>,
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
    /// Time that slots spent on them, without decoding.
    pub work_ms: f64,
    /// Their share of the time that slots spent on reading and decoding.
    pub decode_ms: f64,
    /// Size of the inputs.
    pub read_bytes: u64,
    /// Size of the outputs.
    pub written_bytes: u64,
}

impl From<&OutputCounts> for VariantCounts {
    fn from(counts: &OutputCounts) -> Self {
        let ms = |time: Duration| time.as_micros() as f64 / 1000.0;
        Self {
            ok: counts.ok,
            failed: counts.failed,
            skipped: counts.skipped,
            work_ms: ms(counts.work.saturating_sub(counts.decode)),
            decode_ms: ms(counts.decode),
            read_bytes: counts.read_bytes,
            written_bytes: counts.written_bytes,
        }
    }
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
    #[serde(flatten)]
    pub error: Trouble,
    /// How work is spread.
    pub mode: Mode,
    /// Slots: processes, or threads.
    pub workers: u32,
    /// Whether the machines of a fleet do it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fleet: bool,
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
    /// Whether it was cancelled by nobody: the server ended before it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub broke_off: bool,
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

/// A job, whether it has begun or not.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AnyJob {
    /// It has begun, and may be over.
    Begun(Box<Job>),
    /// It waits for others.
    Waiting {
        /// Always `waiting`.
        state: &'static str,
        /// The job.
        #[serde(flatten)]
        job: QueuedJob,
    },
}

impl AnyJob {
    /// One that waits.
    pub const fn waiting(job: QueuedJob) -> Self {
        Self::Waiting { state: "waiting", job }
    }
}
