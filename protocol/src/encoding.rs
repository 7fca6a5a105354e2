//! How the files of outputs are encoded.

use serde::{Deserialize, Serialize};

use crate::carry::Carry;
use crate::format::FormatId;

/// How an output is encoded. What is `None` is as the format has it by itself; what a format does
/// not know does not concern it. On the command line the options are those of [`crate::filter::EncodingOption`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Encoding {
    /// Format to write; `None` is what the input's format gives by itself.
    pub format: Option<FormatId>,
    /// Quality of lossy formats, 1..=100.
    pub quality: Option<u8>,
    /// Whether every sample stays as it is, where the format could do otherwise.
    #[serde(default)]
    pub lossless: Option<bool>,
    /// How near samples stay to what they are where the file is otherwise without loss, 0..=100: the less,
    /// the smaller.
    #[serde(default)]
    pub near_lossless: Option<u8>,
    /// How coarse colour is.
    #[serde(default)]
    pub subsampling: Option<Subsampling>,
    /// Whether a picture that is still loading is seen as a whole.
    #[serde(default)]
    pub progressive: Option<bool>,
    /// How much time is spent on a small file, 0..=10.
    #[serde(default)]
    pub effort: Option<u8>,
    /// How many colours a palette has.
    #[serde(default)]
    pub colours: Option<Colours>,
    /// The best quality that stays within so many bytes.
    #[serde(default)]
    pub max_size_bytes: Option<u64>,
    /// The smallest file with at least this SSIMULACRA2, up to 100.
    #[serde(default)]
    pub min_score: Option<f64>,
    /// What shows through where a picture with alpha becomes one without, as sRGB.
    pub background: [u8; 3],
    /// Whether the input itself is the output where nothing has changed it and the result would be
    /// larger.
    #[serde(default)]
    pub keep_original: bool,
    /// What goes with the pixels.
    #[serde(default)]
    pub carry: Carry,
}

/// How coarse colour is beside luminance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subsampling {
    /// By quality.
    Auto,
    /// As the input has it, if it is a JPEG.
    Input,
    /// Half as many columns and rows.
    #[serde(rename = "420")]
    S420,
    /// Half as many columns.
    #[serde(rename = "422")]
    S422,
    /// As fine as luminance.
    #[serde(rename = "444")]
    S444,
}

/// How many colours a palette has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colours {
    /// As few as lose nothing.
    Auto,
    /// At most so many, 2..=256.
    AtMost(u16),
}

impl Default for Encoding {
    fn default() -> Self {
        Self {
            format: None,
            quality: None,
            lossless: None,
            near_lossless: None,
            subsampling: None,
            progressive: None,
            effort: None,
            colours: None,
            max_size_bytes: None,
            min_score: None,
            background: [255; 3],
            keep_original: false,
            carry: Carry::default(),
        }
    }
}

impl Encoding {
    /// What a file is asked for by itself, and the rest as a job has it for all of its files.
    #[must_use]
    pub fn with_defaults(&self, job: &Self) -> Self {
        Self {
            format: self.format.or(job.format),
            quality: self.quality.or(job.quality),
            lossless: self.lossless.or(job.lossless),
            near_lossless: self.near_lossless.or(job.near_lossless),
            subsampling: self.subsampling.or(job.subsampling),
            progressive: self.progressive.or(job.progressive),
            effort: self.effort.or(job.effort),
            colours: self.colours.or(job.colours),
            max_size_bytes: self.max_size_bytes.or(job.max_size_bytes),
            min_score: self.min_score.or(job.min_score),
            background: job.background,
            keep_original: job.keep_original,
            carry: job.carry.clone(),
        }
    }
}
