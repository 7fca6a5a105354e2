//! The quality of a file that is to stay within a size: found by encoding the picture again and
//! again in memory.

use std::borrow::Cow;

use lote_protocol::filter::EncodingOption;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Encoding;

use super::table::{Content, Format, Shown};
use crate::pool::Pool;

/// Encodes that are needed at most: a hundred qualities are halved.
pub(super) const MOST: usize = 7;

/// Whether the quality has to be searched for.
pub(super) fn is_asked_for(encoding: &Encoding, format: &Format) -> bool {
    format.options.contains(&EncodingOption::MaxSize) && encoding.max_size_bytes.is_some()
}

/// A file that was tried.
struct Tried {
    quality: u8,
    file: Vec<u8>,
    notes: Vec<String>,
}

/// Writes at the end of `out`, at the best quality that stays within the largest size. A quality in
/// the encoding is the highest that is tried. Qualities are halved, so that seven encodes are enough.
///
/// # Errors
/// `Encode` if no quality does, with the smallest size reached.
pub(super) fn write(
    format: &Format,
    content: &Content<'_>,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<String>, Failure> {
    let max = content.encoding.max_size_bytes.unwrap_or(u64::MAX);
    let mut high = content.encoding.quality.unwrap_or(100).clamp(1, 100);
    // Where nothing is lost there is one file only.
    let mut low = if content.encoding.lossless == Some(true) { high } else { 1 };
    let (mut best, mut smallest, mut encodes) = (None, u64::MAX, 0);
    while low <= high {
        let quality = low + (high - low) / 2;
        let tried = encoded(format, content, quality, pool)?;
        encodes += 1;
        let bytes = tried.file.len() as u64;
        smallest = smallest.min(bytes);
        if bytes <= max {
            low = quality + 1;
            best = Some(tried);
        } else {
            high = quality - 1;
        }
    }
    let Some(Tried { quality, file, mut notes }) = best else {
        let name = format.name;
        return Err(Failure::new(
            FailureKind::Encode,
            format!(
                "no {name} within {max} bytes: the smallest size reached is {smallest} bytes; \
                 allow more, or make the picture smaller"
            ),
        ));
    };
    notes.push(format!("quality {quality}: {} bytes, {encodes} encodes", file.len()));
    out.extend_from_slice(&file);
    Ok(notes)
}

/// The file at some quality.
fn encoded(
    format: &Format,
    content: &Content<'_>,
    quality: u8,
    pool: &mut Pool,
) -> Result<Tried, Failure> {
    let Some(write) = format.encode else {
        return Err(Failure::new(FailureKind::Encode, format!("{} is only read", format.name)));
    };
    let encoding =
        Encoding { quality: Some(quality), max_size_bytes: None, ..content.encoding.clone() };
    let frames = content
        .frames
        .iter()
        .map(|shown| Shown { picture: Cow::Borrowed(&*shown.picture), delay_ms: shown.delay_ms });
    let content = Content {
        frames: frames.collect(),
        metadata: Cow::Borrowed(&*content.metadata),
        encoding: &encoding,
        stays_exact: false,
        ..*content
    };
    let mut file = Vec::new();
    let notes = write(&content, pool, &mut file)?;
    Ok(Tried { quality, file, notes })
}
