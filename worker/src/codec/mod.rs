//! Files to pictures and back: one file per format family, each codec crate named in one only.

use lote_protocol::format::Format;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::{Encoding, Limits};

use crate::picture::Picture;
use crate::pool::Pool;

/// What goes with the pixels. Orientation has already been applied to them, and the EXIF block
/// says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// ICC profile of the samples.
    pub icc: Option<Vec<u8>>,
    /// EXIF block: a TIFF structure, without a format's own prefix.
    pub exif: Option<Vec<u8>>,
}

/// One picture of an animation, or the only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its pixels: the whole canvas.
    pub picture: Picture,
    /// How long it is shown, ms; 0 for a still picture.
    pub delay_ms: u32,
}

/// A decoded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The format it was read from.
    pub format: Format,
    /// Its pictures, at least one, all of the same size.
    pub frames: Vec<Frame>,
    /// How often an animation is played; 0 is for ever.
    pub loops: u32,
    /// ICC and EXIF.
    pub metadata: Metadata,
    /// What was left out and the user should know, one sentence each.
    pub notes: Vec<String>,
}

/// Decodes a whole file. Its header is checked against `limits` before pixels are allocated.
pub fn decode(_bytes: &[u8], _limits: &Limits, _pool: &mut Pool) -> Result<Document, Failure> {
    Err(Failure::new(FailureKind::Unsupported, "no codec yet"))
}

/// Encodes a document, appending to `out`; returns what was left out and the user should know.
pub fn encode(
    _document: &Document,
    _encoding: &Encoding,
    _pool: &mut Pool,
    _out: &mut Vec<u8>,
) -> Result<Vec<String>, Failure> {
    Err(Failure::new(FailureKind::Unsupported, "no codec yet"))
}
