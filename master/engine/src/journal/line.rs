//! The lines of a journal. Fields are added in later versions, never renamed.

use lote_protocol::digest::Digest;
use lote_protocol::filter::FilterCall;
use lote_protocol::lang::Text;
use lote_protocol::outcome::FailureKind;
use serde::{Deserialize, Serialize};

use super::header::{FleetJob, Header};
use super::name::Name;

/// A line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase")]
pub enum Line {
    /// The first one: what the job was asked for.
    Job(Box<Header>),
    /// The second one: that the first one is this user's, see `seal`; not in journals of earlier
    /// versions.
    Seal {
        /// The authentication code of the first line, in base64.
        seal: String,
    },
    /// The job was given to a fleet, as that job: the last such line counts.
    Fleet(FleetJob),
    /// An output has come to its end.
    Output(Box<Entry>),
    /// The job has come to its end; lines after it are of its continuation.
    End {
        /// In what way.
        how: How,
    },
}

/// How a job came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// Every output was tried.
    Finished,
    /// The user did not want the rest.
    Cancelled,
    /// It was to go on another time.
    Interrupted,
}

/// What became of an output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The image, absolute.
    pub image: Name,
    /// The image's size when the job was planned, bytes.
    pub image_bytes: u64,
    /// When the image had last been changed then, ns since 1970.
    pub image_modified_ns: Option<i64>,
    /// What changed with the image's content (`ETag`) then, where it is in a store that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_tag: Option<String>,
    /// The frame or page of the image, from 1, where each is an output of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// The number of the image in names, as `{n}` writes it, where the pattern asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// The variant, as its place in the header, where one of several files stands there so often.
    pub variant: usize,
    /// The filters that made it, where they were others than the variant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<FilterCall>>,
    /// The files that the variant's filters needed, by their content; `None` if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assets: Option<String>,
    /// Whether it is there.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Whether an output is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome {
    /// It is.
    Ok {
        /// The file, below the output folder.
        output: Name,
        /// Its number, if above 1, among files of that name.
        number: u32,
        /// Its size, bytes.
        bytes: u64,
        /// When it was written, as the file says, ns since 1970.
        modified_ns: Option<i64>,
        /// Its SHA-256, if another machine may have made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<Digest>,
        /// What changes with its content (`ETag`), where it is in a store that says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<String>,
    },
    /// It could not be made.
    Failed {
        /// Whether its image cost workers their lives.
        #[serde(default)]
        quarantined: bool,
        /// The class of the failure.
        kind: Option<FailureKind>,
        /// What went wrong, one line, in English.
        reason: Option<String>,
        /// The same as data, for readers of other languages; not in journals of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Text>,
    },
}
