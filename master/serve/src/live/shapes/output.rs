//! Outputs that have ended.

use lote_protocol::outcome::FailureKind;
use serde::Serialize;

use super::Step;
use crate::said::Said;
use lote_engine::event::Status;

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
    #[serde(flatten)]
    pub message: Said,
    /// How often a slot had begun with it.
    pub attempt: u32,
    /// What the worker wrote before it died.
    pub detail: Option<String>,
    /// For an image that was given up: the command that makes the output alone, with file names in
    /// place of paths.
    pub reproduce: Option<String>,
}

/// An output that is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recent {
    /// Its id.
    pub output: String,
    /// The image.
    pub image: String,
    /// The output's file name.
    pub name: String,
    /// The variant.
    pub variant: usize,
    /// Its size.
    pub bytes: u64,
    /// The variant's steps as its image has them, where an exception is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Step>>,
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
    /// The variant's steps as its image has them, where an exception is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Step>>,
    /// The class of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<FailureKind>,
    /// What went wrong, one line.
    #[serde(flatten)]
    pub message: Option<Said>,
    /// What the worker wrote before it died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// For an image that was given up: the command that makes the output alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reproduce: Option<String>,
}
