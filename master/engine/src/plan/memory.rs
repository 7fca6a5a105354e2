//! How much memory a task will probably take up. Pure.
//!
//! The figures are above what workers were seen to take up for pictures of 24 to 500 megapixels:
//! `cargo test -p lote-tests --test whole -- --ignored giants --nocapture` measures some again.

use lote_imaging::filters::result_size;
use lote_imaging::formats::{Extent, SCORE_PIXEL_BYTES};
use lote_protocol::filter::FilterCall;
use lote_protocol::message::Size;
use lote_protocol::task::Limits;

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
    let decoder = extent.map_or(0, |extent| extent.pixels.saturating_mul(extent.decoder_bytes));
    decoded
        .saturating_mul(pictures + weighed)
        .max(decoder)
        .saturating_add(bytes.saturating_mul(2))
        .saturating_add(BASE_BYTES)
}

/// What it takes more, bytes, if filters make a picture larger on the way to an output: the largest
/// result of any of the chains, beyond the decoded size. The picture is taken for a square, as a
/// header's proportions are not kept; what it comes to is checked again where it is made.
pub(super) fn enlarged<'a>(
    extent: Option<Extent>,
    chains: impl Iterator<Item = &'a [FilterCall]>,
) -> u64 {
    let Some(extent) = extent else { return 0 };
    let largest = |chain: &'a [FilterCall]| {
        let so_far = (1..=chain.len()).filter_map(|steps| result_pixels(extent, &chain[..steps]));
        so_far.max().unwrap_or(0)
    };
    let pixels = chains.map(largest).max().unwrap_or(0).saturating_sub(extent.pixels);
    // The result and what it is encoded to; with alpha also what it is made of, in 16 bits.
    let pictures = if extent.may_have_alpha() { 4 } else { 2 };
    pixels.saturating_mul(extent.pixel_bytes).saturating_mul(pictures)
}

/// The most pixels that a chain makes of a picture.
fn result_pixels(extent: Extent, chain: &[FilterCall]) -> Option<u64> {
    let side = (extent.pixels as f64 / extent.frames as f64).sqrt() as u32;
    let start = Size { width: side.max(1), height: side.max(1) };
    let all = Limits { max_pixels: u64::MAX, ..Limits::default() };
    let Size { width, height } = result_size(chain, start, &all).ok()?.largest();
    Some((u64::from(width) * u64::from(height)).saturating_mul(extent.frames))
}

/// What it takes more, bytes, if the results of these chains are scored, one at a time.
pub(super) fn scored<'a>(
    extent: Option<Extent>,
    chains: impl Iterator<Item = &'a [FilterCall]>,
) -> u64 {
    let Some(extent) = extent else { return 0 };
    let pixels = chains.map(|chain| result_pixels(extent, chain).unwrap_or(extent.pixels));
    pixels.max().unwrap_or(0).saturating_mul(SCORE_PIXEL_BYTES)
}

/// The pixels of a file of `bytes` bytes, by its header or else by a guess.
pub(super) fn pixels(bytes: u64, extent: Option<Extent>) -> u64 {
    extent.map_or_else(|| bytes.saturating_mul(UNKNOWN_PIXELS), |extent| extent.pixels)
}

#[cfg(test)]
mod tests {
    use lote_protocol::filter::VariantSpec;

    use super::*;

    const MIB: u64 = 1 << 20;

    const ONE: Extent = Extent { pixels: 1, frames: 1, pixel_bytes: 3, decoder_bytes: 0 };

    /// What was measured of a picture of 100 megapixels: bytes a pixel, MiB of the file, outputs,
    /// MiB of the worker.
    const MEASURED: [(u64, u64, usize, u64); 5] =
        [(3, 17, 1, 454), (3, 17, 3, 673), (3, 130, 1, 615), (3, 130, 3, 1015), (4, 111, 1, 1671)];

    #[test]
    fn predictions_are_above_what_was_measured_and_not_far() {
        for (pixel_bytes, file, outputs, peak) in MEASURED {
            let extent = Some(Extent { pixels: 100_000_000, pixel_bytes, ..ONE });
            let predicted = predicted(file * MIB, extent, outputs) / MIB;
            assert!(predicted >= peak && predicted < peak * 3 / 2, "{predicted} for {peak}");
        }
    }

    #[test]
    fn decoders_that_take_up_more_are_predicted() {
        // What was measured of 16 megapixels, made a quarter as wide: bytes a pixel as decoded and while decoding, MiB
        // of the worker and of the file. HEIC of 4:2:0, 4:2:2 and 4:4:4; AVIF of 4:2:2, 4:4:4 and 4:4:4 of 10 bits;
        // JPEG: progressive, or baseline in several scans, of 4:2:0, 4:2:2 and 4:4:4; progressive gray; of inks.
        let measured = [
            (3, 9, 137, 0),
            (3, 14, 200, 0),
            (3, 18, 277, 0),
            (3, 7, 118, 1),
            (3, 10, 158, 1),
            (6, 13, 207, 1),
            (3, 7, 118, 3),
            (3, 8, 134, 3),
            (3, 10, 164, 4),
            (1, 4, 71, 2),
            (3, 13, 218, 10),
        ];
        for (pixel_bytes, decoder_bytes, peak, file) in measured {
            let extent = Some(Extent { pixels: 4928 * 3264, pixel_bytes, decoder_bytes, ..ONE });
            let predicted = predicted(file * MIB, extent, 1) / MIB;
            assert!(predicted >= peak && predicted < peak * 5 / 4, "{predicted} for {peak}");
        }
    }

    #[test]
    fn what_filters_enlarge_counts_and_what_they_reduce_does_not() {
        let one = Extent { pixels: 1_000_000, ..ONE };
        let chain = |text: &str| VariantSpec::parse(text, &crate::catalogue::all()).unwrap().steps;
        let of = |extent, text: &str| {
            enlarged(Some(extent), std::iter::once(chain(text).leak() as &[_]))
        };
        let more = |text: &str| of(one, text);
        assert_eq!(more("blur+redimensionar:porcentaje=50"), 0);
        assert_eq!(more("redimensionar:porcentaje=300+redimensionar:porcentaje=10"), 8_000_000 * 6);
        assert_eq!(more("marco:ancho=100+grises"), 440_000 * 6);
        let ten = Extent { pixels: 10_000_000, frames: 10, ..one };
        assert_eq!(of(ten, "marco:ancho=100"), 4_400_000 * 6);
    }

    #[test]
    fn a_file_without_a_header_is_judged_by_its_size() {
        assert!(predicted(5 * MIB, None, 1) > 100 * MIB);
        assert_eq!(predicted(u64::MAX, None, 9), u64::MAX);
        assert_eq!(pixels(MIB, None), 4 * MIB);
    }
}
