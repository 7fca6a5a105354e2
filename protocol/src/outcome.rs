//! How an output ends.

use serde::{Deserialize, Serialize};

use crate::lang::Text;

/// Why an output could not be made. It decides what the user is advised to do, and it is part of
/// the NDJSON contract (`kind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The input is not there (any more).
    NotFound,
    /// The input may not be read.
    Permission,
    /// A folder, FIFO, socket or device, or a symbolic link to one.
    NotAFile,
    /// The content is of no known image format.
    NotAnImage,
    /// An image, but of a format or kind that Lote does not read.
    Unsupported,
    /// The image is damaged or cut off.
    Damaged,
    /// More pixels, bytes or metadata than the limits allow.
    TooLarge,
    /// A filter cannot be applied to this image.
    Filter,
    /// The result cannot be stored in the wanted format.
    Encode,
    /// The output file exists and may not be replaced.
    Exists,
    /// The output could not be written.
    Write,
    /// The disk is full.
    NoSpace,
    /// The input could not be read to its end.
    Read,
    /// A defect in Lote: the worker caught a panic.
    Panic,
    /// The worker process died, repeatedly, on this image.
    Crash,
    /// The image took longer than `--timeout`, repeatedly.
    Timeout,
    /// The run was interrupted before this output.
    Cancelled,
}

/// A failure as it is reported: one line, without the file's name, lower case, no full stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its class.
    pub kind: FailureKind,
    /// What happened.
    pub message: Text,
}

impl Failure {
    /// A failure of that class.
    pub fn new(kind: FailureKind, message: impl Into<Text>) -> Self {
        Self { kind, message: message.into() }
    }
}
