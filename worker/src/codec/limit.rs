//! What is checked against the limits before a buffer is allocated.

use lote_protocol::format::Format;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

/// Checks the size of a picture: neither side 0, and neither the pixels of all frames nor the bytes
/// of their samples above the limits. `pixel_bytes` is what a pixel takes up in memory.
pub(super) fn check(
    limits: &Limits,
    format: Format,
    (width, height): (u32, u32),
    frames: u64,
    pixel_bytes: u64,
) -> Result<(), Failure> {
    if width == 0 || height == 0 {
        return Err(Failure::new(
            FailureKind::Damaged,
            format!("the {} is damaged: its width or height is 0", format.name()),
        ));
    }
    let pixels = u128::from(width) * u128::from(height) * u128::from(frames);
    let size = if frames > 1 {
        format!("{frames} frames of {width} x {height} px")
    } else {
        format!("{width} x {height} px")
    };
    if pixels > limits.max_pixels.into() {
        return Err(Failure::new(
            FailureKind::TooLarge,
            format!(
                "{size} are more than the limit of {} megapixels; raise --max-pixels to allow it",
                limits.max_pixels / 1_000_000
            ),
        ));
    }
    let bytes = pixels * u128::from(pixel_bytes);
    if bytes > limits.max_alloc_bytes.into() {
        return Err(Failure::new(
            FailureKind::TooLarge,
            format!(
                "{size} need {} MiB of memory, more than the limit of {} MiB",
                bytes >> 20,
                limits.max_alloc_bytes >> 20
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(size: (u32, u32), frames: u64, pixel_bytes: u64) -> Option<FailureKind> {
        check(&Limits::default(), Format::Png, size, frames, pixel_bytes)
            .err()
            .map(|failure| failure.kind)
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
    fn no_size_overflows() {
        let side = u32::MAX;
        assert_eq!(kind_of((side, side), u64::MAX, u64::MAX), Some(FailureKind::TooLarge));
        assert_eq!(kind_of((0, 5), 1, 4), Some(FailureKind::Damaged));
    }
}
