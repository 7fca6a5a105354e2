//! A unit of work: one image, and the outputs to make of it.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use crate::carry::Carry;
use crate::filter::FilterCall;
use crate::format::FormatId;

/// How an output is encoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Encoding {
    /// Format to write; `None` keeps the input's.
    pub format: Option<FormatId>,
    /// JPEG and lossy WebP quality, 1..=100.
    pub quality: u8,
    /// What shows through where a picture with alpha becomes one without, as sRGB.
    pub background: [u8; 3],
    /// What goes with the pixels.
    #[serde(default)]
    pub carry: Carry,
}

impl Default for Encoding {
    fn default() -> Self {
        Self { format: None, quality: 75, background: [255; 3], carry: Carry::default() }
    }
}

/// What a worker refuses to load. Checked against the file's header before anything is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest picture, in pixels (width x height x frames).
    pub max_pixels: u64,
    /// Largest allocation for one decoded picture, in bytes.
    pub max_alloc_bytes: u64,
    /// Largest input file, in bytes.
    pub max_file_bytes: u64,
    /// Largest ICC profile or EXIF block, in bytes; what is larger is dropped with a note.
    pub max_metadata_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: 250_000_000,
            max_alloc_bytes: 1 << 30,
            max_file_bytes: 1 << 30,
            max_metadata_bytes: 4 << 20,
        }
    }
}

/// One output of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Which of the job's variants this is.
    pub variant: u32,
    /// Filters, applied in turn.
    pub steps: Vec<FilterCall>,
    /// Where the output goes; its folder exists.
    pub output: OsString,
    /// Whether a file that is already there may be replaced.
    pub replace: bool,
    /// Whether it must be on the disk, beyond a power cut, before its end is reported.
    pub durable: bool,
    /// How it is encoded.
    pub encoding: Encoding,
}

/// A file that filters need beside the image: a logo, a colour table, a font.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// The name that parameters have for it; empty for a font that is there for what others cannot
    /// write.
    pub name: String,
    /// Where it is, absolute.
    pub path: OsString,
    /// Which of several fonts in it.
    pub index: u32,
    /// SHA-256 of its content: what has changed since is refused.
    pub sha256: [u8; 32],
}

/// One image and the outputs to make of it; it is decoded once.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Task {
    /// Unique within a run.
    pub id: u64,
    /// The image; raw bytes of the path survive.
    pub input: OsString,
    /// What to make of it, at least one.
    pub orders: Vec<Order>,
    /// What its filters need beside it.
    pub assets: Vec<Asset>,
    /// The image's place among those of the job, from 1 on.
    pub number: u64,
}
