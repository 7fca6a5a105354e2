//! The end of an output.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use lote_protocol::digest::Digest;
use lote_protocol::format::FormatId;
use lote_protocol::lang::Text;
use lote_protocol::message::Size;
use lote_protocol::outcome::FailureKind;
use serde::{Deserialize, Serialize, Serializer};

/// What became of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

impl Status {
    /// Whether it could not be made.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Quarantined)
    }
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
    /// The bytes of `image`, in base64, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_bytes: Option<String>,
    /// The name of the variant.
    pub variant: Arc<str>,
    /// The format that it is written in, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatId>,
    /// Which frame or page it shows, from 1, where its image has several and its format holds one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// What became of it.
    pub status: Status,
    /// Where it is, if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The bytes of `path`, in base64, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<String>,
    /// The agent of a fleet that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Arc<str>>,
    /// The worker that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<u32>,
    /// How often the image's task had been started, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Time that it took, with its share of decoding, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
    /// That share, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decode_ms: Option<f64>,
    /// Its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Sizes of its picture and of its image's, upright, where a worker has told them.
    #[serde(skip)]
    pub sizes: Option<[Size; 2]>,
    /// When it was written, as its file says, ns since 1970.
    #[serde(skip)]
    pub modified_ns: Option<i64>,
    /// Its SHA-256, where that was asked for.
    #[serde(skip)]
    pub sha256: Option<Digest>,
    /// What its store says that changes with its content (`ETag`), if it is in one.
    #[serde(skip)]
    pub tag: Option<String>,
    /// The class of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<FailureKind>,
    /// What went wrong, one line; in English for programs.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_english")]
    pub reason: Option<Text>,
    /// What was left out, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "all_in_english")]
    pub notes: Vec<Text>,
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

#[allow(clippy::ref_option, reason = "it is called so by serde")]
pub(super) fn in_english<S: Serializer>(
    text: &Option<Text>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    text.as_ref().map(Text::to_string).serialize(serializer)
}

fn all_in_english<S: Serializer>(texts: &[Text], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(Text::to_string))
}

/// The bytes of a path, in base64, where they are not UTF-8 and a text of it is not exact.
pub fn exact(path: &Path) -> Option<String> {
    path.to_str().is_none().then(|| STANDARD.encode(path.as_os_str().as_encoded_bytes()))
}

impl OutputEnded {
    /// The same, with the place where it is.
    #[must_use]
    pub fn at(self, path: &Path) -> Self {
        let path_bytes = exact(path);
        Self { path: Some(path.to_string_lossy().into_owned()), path_bytes, ..self }
    }

    /// An output about which nothing is known.
    pub fn open(place: Place, image: String, variant: Arc<str>) -> Self {
        Self {
            place,
            slot: None,
            image,
            image_bytes: None,
            variant,
            format: None,
            page: None,
            status: Status::Skipped,
            path: None,
            path_bytes: None,
            agent: None,
            worker: None,
            attempt: None,
            ms: None,
            decode_ms: None,
            bytes: None,
            sizes: None,
            modified_ns: None,
            sha256: None,
            tag: None,
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
