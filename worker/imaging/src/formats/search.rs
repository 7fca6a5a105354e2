//! The quality of a file that is to stay within a size or to keep a score: found by encoding the
//! picture again and again in memory.

use std::borrow::Cow;

use lote_protocol::encoding::Encoding;
use lote_protocol::filter::EncodingOption;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use super::score::Reference;
use super::table::{Content, Encode, Format, Shown};
use crate::pool::Pool;

/// A file that was tried.
struct Tried {
    quality: u8,
    file: Vec<u8>,
    /// Its score, if that is asked for.
    score: Option<f64>,
    notes: Vec<Text>,
}

/// Writes at the end of `out`: the smallest file that keeps the least score, if there is one, or else
/// at the best quality that stays within the largest size. A quality in the encoding is the highest
/// that is tried.
///
/// # Errors
/// `Encode` if no quality does, with what was reached.
pub(super) fn write(
    format: &Format,
    content: &Content<'_>,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    let refuse = |why: Text| Failure::new(FailureKind::Encode, why);
    let name = format.name;
    let Some(encode) = format.encode else {
        return Err(refuse(text!("{} is only read", name)));
    };
    let encoding = content.encoding;
    let max = encoding.max_size_bytes.unwrap_or(u64::MAX);
    let min_score =
        encoding.min_score.filter(|_| format.options.contains(&EncodingOption::MinScore));
    let reference = match min_score {
        Some(_) => Some(Reference::new(&content.frames, encoding.background)?),
        None => None,
    };
    let mut high = encoding.quality.unwrap_or(100).clamp(1, 100);
    // Without a quality there is one file only.
    let has_none = encoding.lossless == Some(true) || encoding.near_lossless.is_some();
    let mut low = if has_none { high } else { 1 };
    let (mut best, mut encodes) = (None, 0);
    let (mut smallest, mut highest_score) = (u64::MAX, f64::MIN);
    while low <= high {
        let quality = low + (high - low) / 2;
        let mut tried = encoded(encode, content, quality, pool)?;
        encodes += 1;
        let bytes = tried.file.len() as u64;
        smallest = smallest.min(bytes);
        if let (Some(reference), Some(least)) = (&reference, min_score) {
            let source = (format.decode)(&tried.file, &UNLIMITED, pool)?;
            let score = reference.score(&source.frames)?;
            for frame in source.frames {
                pool.give(frame.picture);
            }
            tried.score = Some(score);
            highest_score = highest_score.max(score);
            if score >= least {
                high = quality - 1;
                best = Some(tried);
            } else {
                low = quality + 1;
            }
        } else if bytes <= max {
            low = quality + 1;
            best = Some(tried);
        } else {
            high = quality - 1;
        }
    }
    let Some(Tried { quality, file, score, mut notes }) = best else {
        return Err(refuse(if let Some(least) = min_score {
            text!(
                "no {} with a score of {}: the highest reached is {}; ask for less, or choose a lossless format",
                name,
                least.to_string(),
                format!("{highest_score:.1}")
            )
        } else {
            text!(
                "no {} within {} bytes: the smallest size reached is {} bytes; allow more, or make the picture smaller",
                name,
                max,
                smallest
            )
        }));
    };
    if let Some(least) = min_score
        && file.len() as u64 > max
    {
        return Err(refuse(text!(
            "no {} within {} bytes with a score of {}: that takes {} bytes; allow more, ask for less, or make the picture smaller",
            name,
            max,
            least,
            file.len()
        )));
    }
    let (bytes, score) = (file.len(), score.map(|score| format!("{score:.1}")));
    notes.push(if let Some(score) = score {
        text!("quality {}: {} bytes, score {}, {} encodes", quality, bytes, score, encodes)
    } else {
        text!("quality {}: {} bytes, {} encodes", quality, bytes, encodes)
    });
    out.extend_from_slice(&file);
    Ok(notes)
}

/// What was just written is no stranger's file.
const UNLIMITED: Limits = Limits {
    max_pixels: u64::MAX,
    max_alloc_bytes: u64::MAX,
    max_frames: u64::MAX,
    max_file_bytes: u64::MAX,
    max_metadata_bytes: u64::MAX,
};

/// The file at some quality.
fn encoded(
    encode: Encode,
    content: &Content<'_>,
    quality: u8,
    pool: &mut Pool,
) -> Result<Tried, Failure> {
    let encoding = Encoding {
        quality: Some(quality),
        max_size_bytes: None,
        min_score: None,
        ..content.encoding.clone()
    };
    let frames = content.frames.iter().map(|shown| Shown {
        picture: Cow::Borrowed(&*shown.picture),
        own: None,
        ..*shown
    });
    let content = Content {
        frames: frames.collect(),
        metadata: Cow::Borrowed(&*content.metadata),
        encoding: &encoding,
        stays_exact: false,
        ..*content
    };
    let mut file = Vec::new();
    let notes = encode(&content, pool, &mut file)?;
    Ok(Tried { quality, file, score: None, notes })
}
