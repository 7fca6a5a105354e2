//! What is checked against the limits before a buffer is allocated.

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use super::table::Format;

/// Checks the size of a picture: neither side 0, and neither the number of frames, nor their pixels
/// together, nor the bytes of their samples above the limits. `pixel_bytes` is what a pixel takes up in memory.
pub(crate) fn check(
    limits: &Limits,
    format: &Format,
    (width, height): (u32, u32),
    frames: u64,
    pixel_bytes: u64,
) -> Result<(), Failure> {
    if width == 0 || height == 0 {
        return Err(Failure::new(
            FailureKind::Damaged,
            text!("the {} is damaged: {}", format.name, text!("its width or height is 0")),
        ));
    }
    count(limits, frames, text!("frames"))?;
    let pixels = u128::from(width) * u128::from(height) * u128::from(frames);
    let size = if frames > 1 {
        text!("{} frames of {} x {} px", frames, width, height)
    } else {
        text!("{} x {} px", width, height)
    };
    if pixels > limits.max_pixels.into() {
        return Err(Failure::new(
            FailureKind::TooLarge,
            text!(
                "{} are more than the limit of {} megapixels; raise --max-pixels to allow it",
                size,
                megapixels(limits.max_pixels)
            ),
        ));
    }
    let bytes = pixels * u128::from(pixel_bytes);
    if bytes > limits.max_alloc_bytes.into() {
        return Err(Failure::new(
            FailureKind::TooLarge,
            text!(
                "{} need {} MiB of memory, more than the limit of {} MiB; {}",
                size,
                (bytes >> 20).to_string(),
                limits.max_alloc_bytes >> 20,
                remedy(limits, bytes)
            ),
        ));
    }
    Ok(())
}

/// A number of pixels in millions, with as many decimals as it has.
pub(crate) fn megapixels(pixels: u64) -> f64 {
    pixels as f64 / 1e6
}

/// Checks how many frames or pages (the `parts`) there are.
pub(crate) fn count(limits: &Limits, count: u64, parts: Text) -> Result<(), Failure> {
    if count <= limits.max_frames {
        return Ok(());
    }
    let most = limits.max_frames;
    let what = text!(
        "{} {} are more than the limit of {}; raise --max-frames to allow it",
        count,
        parts,
        most
    );
    Err(Failure::new(FailureKind::TooLarge, what))
}

/// Checks the pixels of all parts that are drawn on a canvas, which may be larger than that.
pub(crate) fn parts(limits: &Limits, pixels: u64) -> Result<(), Failure> {
    if pixels <= limits.max_pixels {
        return Ok(());
    }
    let what = text!(
        "its frames together are more than the limit of {} megapixels; raise --max-pixels to allow it",
        megapixels(limits.max_pixels)
    );
    Err(Failure::new(FailureKind::TooLarge, what))
}

/// The option that allows a picture of so many bytes, and what to set it to. A limit below the
/// usual one comes from `--max-memory`, of which a picture may take up half; the filters need as
/// much again.
fn remedy(limits: &Limits, bytes: u128) -> Text {
    let memory = (bytes * 4).div_ceil(1 << 20);
    if limits.max_alloc_bytes < Limits::default().max_alloc_bytes {
        return text!("--max-memory {}M allows it", memory.to_string());
    }
    // The pixels of that option are taken for the widest: eight bytes.
    let megapixels = bytes.div_ceil(8_000_000);
    text!(
        "--max-pixels {}M allows it, without --max-memory or with {}M",
        megapixels.to_string(),
        memory.to_string()
    )
}

#[cfg(test)]
mod tests {
    use super::super::PNG;
    use super::*;

    fn kind_of(size: (u32, u32), frames: u64, pixel_bytes: u64) -> Option<FailureKind> {
        check(&Limits::default(), &PNG, size, frames, pixel_bytes).err().map(|failure| failure.kind)
    }

    #[test]
    fn area_counts_and_not_the_sides() {
        assert_eq!(kind_of((100_000_000, 1), 1, 4), None);
        assert_eq!(kind_of((16_384, 16_384), 1, 4), Some(FailureKind::TooLarge));
    }

    #[test]
    fn frames_and_sample_sizes_count() {
        assert_eq!(kind_of((3000, 3000), 20, 4), None);
        assert_eq!(kind_of((3000, 3000), 200, 4), Some(FailureKind::TooLarge));
        assert_eq!(kind_of((15_000, 15_000), 1, 4), None);
        assert_eq!(kind_of((15_000, 15_000), 1, 8), Some(FailureKind::TooLarge));
    }

    #[test]
    fn the_option_that_would_allow_it_is_named() {
        let said = |limits: Limits, pixel_bytes| {
            check(&limits, &PNG, (15_000, 15_000), 1, pixel_bytes).unwrap_err().message
        };
        let usual = Limits::default();
        assert_eq!(
            said(usual, 8),
            "15000 x 15000 px need 1716 MiB of memory, more than the limit of 1024 MiB; \
             --max-pixels 225M allows it, without --max-memory or with 6867M"
        );
        let lowered = Limits { max_alloc_bytes: 400 << 20, ..usual };
        assert!(
            said(lowered, 3)
                .to_string()
                .ends_with("limit of 400 MiB; --max-memory 2575M allows it")
        );
    }

    #[test]
    fn no_size_overflows() {
        let side = u32::MAX;
        assert_eq!(kind_of((side, side), u64::MAX, u64::MAX), Some(FailureKind::TooLarge));
        assert_eq!(kind_of((0, 5), 1, 4), Some(FailureKind::Damaged));
    }
}
