//! How much memory a task will probably take up. Pure.
//!
//! The figures are above what workers were seen to take up for pictures of 24 to 500 megapixels:
//! `cargo test -p lote-tests --test whole -- --ignored giants --nocapture` measures some again.

use lote_imaging::formats::Extent;

/// What a worker takes up besides pictures and files, bytes.
const BASE_BYTES: u64 = 16 << 20;

/// A file without a readable header is taken for one that decodes to so many times its size.
const UNKNOWN_EXPANSION: u64 = 12;

/// Pixels of a file without a readable header, by byte: a photo as JPEG has about four.
const UNKNOWN_PIXELS: u64 = 4;

/// The prediction for so many outputs of a file of `bytes` bytes: the file and an output, and at
/// most so many pictures of the decoded size.
pub(super) fn predicted(bytes: u64, extent: Option<Extent>, outputs: usize) -> u64 {
    let decoded = extent.map_or_else(
        || bytes.saturating_mul(UNKNOWN_EXPANSION),
        |extent| extent.pixels.saturating_mul(extent.pixel_bytes),
    );
    // One output is made in place as far as it goes; for several the decoded picture is kept.
    let pictures = if outputs == 1 { 2 } else { 3 };
    // Filters that mix pixels weigh them by their alpha, in 16 bits.
    let weighed = if extent.is_some_and(Extent::may_have_alpha) { 2 } else { 0 };
    decoded
        .saturating_mul(pictures + weighed)
        .saturating_add(bytes.saturating_mul(2))
        .saturating_add(BASE_BYTES)
}

/// The pixels of a file of `bytes` bytes, by its header or else by a guess.
pub(super) fn pixels(bytes: u64, extent: Option<Extent>) -> u64 {
    extent.map_or_else(|| bytes.saturating_mul(UNKNOWN_PIXELS), |extent| extent.pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// What was measured of a picture of 100 megapixels: bytes a pixel, MiB of the file, outputs,
    /// MiB of the worker.
    const MEASURED: [(u64, u64, usize, u64); 5] =
        [(3, 17, 1, 454), (3, 17, 3, 673), (3, 130, 1, 615), (3, 130, 3, 1015), (4, 111, 1, 1671)];

    #[test]
    fn predictions_are_above_what_was_measured_and_not_far() {
        for (pixel_bytes, file, outputs, peak) in MEASURED {
            let extent = Some(Extent { pixels: 100_000_000, pixel_bytes });
            let predicted = predicted(file * MIB, extent, outputs) / MIB;
            assert!(predicted >= peak && predicted < peak * 3 / 2, "{predicted} for {peak}");
        }
    }

    #[test]
    fn a_file_without_a_header_is_judged_by_its_size() {
        assert!(predicted(5 * MIB, None, 1) > 100 * MIB);
        assert_eq!(predicted(u64::MAX, None, 9), u64::MAX);
        assert_eq!(pixels(MIB, None), 4 * MIB);
    }
}
