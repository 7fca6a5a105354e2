//! Jobs.

use std::path::PathBuf;

use lote_protocol::outcome::FailureKind;

use crate::event::Status;

/// The jobs.
#[derive(Debug, Clone, Default)]
pub struct Jobs;

/// An output.
#[derive(Debug, Clone)]
pub struct OutputRecord {
    /// Id.
    pub id: String,
    /// Image.
    pub image: String,
    /// Name.
    pub name: String,
    /// Variant.
    pub variant: usize,
    /// Status.
    pub status: Status,
    /// Bytes.
    pub bytes: u64,
    /// Path.
    pub path: PathBuf,
    /// Kind.
    pub kind: Option<FailureKind>,
    /// Message.
    pub message: Option<String>,
}

impl Jobs {
    /// Outputs.
    pub fn outputs(&self, _job: &str) -> Option<Vec<OutputRecord>> {
        None
    }
    /// Report.
    pub fn report(&self, _job: &str) -> Option<serde_json::Value> {
        None
    }
    /// Name.
    pub fn job_name(&self, _job: &str) -> Option<String> {
        None
    }
    /// Folder.
    pub fn output_folder(&self, _job: &str) -> Option<PathBuf> {
        None
    }
}
