//! How much memory a task will probably take up. Pure.
//!
//! The figures are those of workers that were measured (`bench/giants` in the repository): what is
//! decoded is there once, a filter has another picture of that size to write to, and formats differ
//! in what they need in addition.

use super::extent::Extent;

/// What a worker takes up besides pictures and files, bytes.
const BASE_BYTES: u64 = 16 << 20;

/// How many pictures of the decoded size a task has in memory at most.
const PICTURES: u64 = 3;

/// A file without a readable header is taken for one that decodes to so many times its size.
const UNKNOWN_EXPANSION: u64 = 12;

/// Pixels of a file without a readable header, by byte: a photo as JPEG has about four.
const UNKNOWN_PIXELS: u64 = 4;

/// The prediction for a task on a file of `bytes` bytes.
pub(super) fn predicted(bytes: u64, extent: Option<Extent>) -> u64 {
    let decoded = extent.map_or_else(
        || bytes.saturating_mul(UNKNOWN_EXPANSION),
        |extent| extent.pixels.saturating_mul(extent.pixel_bytes),
    );
    let pictures = decoded.saturating_mul(PICTURES);
    BASE_BYTES.saturating_add(bytes.saturating_mul(2)).saturating_add(pictures)
}

/// The pixels of a file of `bytes` bytes, by its header or else by a guess.
pub(super) fn pixels(bytes: u64, extent: Option<Extent>) -> u64 {
    extent.map_or_else(|| bytes.saturating_mul(UNKNOWN_PIXELS), |extent| extent.pixels)
}
