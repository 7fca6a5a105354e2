//! Luminance, as Pillow's `convert("L")`: ITU-R 601 weights in units of 2^-16, rounded.

use multiversion::multiversion;

use super::sample::Sample;
use crate::picture::Channels;

/// Pixels per step whose sum still fits into 32 bits at 16 bits a sample.
const BLOCK: usize = 1 << 16;

/// The luminance of a colour.
#[inline(always)]
pub(crate) fn luma<T: Sample>(red: T, green: T, blue: T) -> u32 {
    // At 16 bits the sum is below 2^32 by a hair: 65535 * 65536 + 32768.
    (red.get() * 19595 + green.get() * 38470 + blue.get() * 7471 + 32768) >> 16
}

/// The same for bytes, in 16 bits: the upper and the lower bytes of the weights apart.
#[inline(always)]
pub(crate) fn luma_of_bytes(red: u16, green: u16, blue: u16) -> u16 {
    // At most 255 * 255 and 255 * 256.
    let upper = red
        .wrapping_mul(76)
        .wrapping_add(green.wrapping_mul(150))
        .wrapping_add(blue.wrapping_mul(29));
    let lower = red
        .wrapping_mul(139)
        .wrapping_add(green.wrapping_mul(70))
        .wrapping_add(blue.wrapping_mul(47));
    upper.wrapping_add(lower >> 8).wrapping_add(128) >> 8
}

/// RGB to gray, RGBA to gray and alpha.
pub(crate) fn to_gray<T: Sample>(samples: &[T], channels: Channels, to: &mut [T]) {
    match channels {
        Channels::Rgb => rgb_to_gray(samples, to),
        Channels::Rgba => rgba_to_gray_alpha(samples, to),
        Channels::Gray | Channels::GrayAlpha => to.copy_from_slice(samples),
    }
}

#[multiversion(targets = "simd")]
fn rgb_to_gray<T: Sample>(samples: &[T], to: &mut [T]) {
    let (from, _) = samples.as_chunks::<3>();
    for (&[r, g, b], to) in from.iter().zip(to) {
        *to = T::new(luma(r, g, b));
    }
}

#[multiversion(targets = "simd")]
fn rgba_to_gray_alpha<T: Sample>(samples: &[T], to: &mut [T]) {
    let (from, _) = samples.as_chunks::<4>();
    let (to, _) = to.as_chunks_mut::<2>();
    for (&[r, g, b, a], to) in from.iter().zip(to) {
        *to = [T::new(luma(r, g, b)), a];
    }
}

/// Mean luminance of the pixels, rounded; each counts as much as it is visible.
pub(crate) fn mean<T: Sample>(samples: &[T], channels: Channels) -> T {
    let (mut sum, mut weight) = (0_u64, 0_u64);
    for block in samples.chunks(BLOCK * channels.count()) {
        let (block_sum, block_weight) = match channels {
            Channels::Gray => (sum_gray(block), block.len() as u64),
            Channels::Rgb => (sum_rgb(block), block.len() as u64 / 3),
            Channels::GrayAlpha => sum_gray_alpha(block),
            Channels::Rgba => sum_rgba(block),
        };
        sum += block_sum;
        weight += block_weight;
    }
    // Pillow divides in double precision, too, and adds one half before it cuts off.
    T::new((sum as f64 / weight.max(1) as f64 + 0.5) as u32)
}

#[multiversion(targets = "simd")]
fn sum_gray<T: Sample>(samples: &[T]) -> u64 {
    u64::from(samples.iter().map(|sample| sample.get()).sum::<u32>())
}

#[multiversion(targets = "simd")]
fn sum_rgb<T: Sample>(samples: &[T]) -> u64 {
    let (pixels, _) = samples.as_chunks::<3>();
    u64::from(pixels.iter().map(|&[r, g, b]| luma(r, g, b)).sum::<u32>())
}

#[multiversion(targets = "simd")]
fn sum_gray_alpha<T: Sample>(samples: &[T]) -> (u64, u64) {
    let (pixels, _) = samples.as_chunks::<2>();
    pixels.iter().fold((0, 0), |(sum, weight), &[v, a]| {
        (sum + u64::from(v.get() * a.get()), weight + u64::from(a.get()))
    })
}

#[multiversion(targets = "simd")]
fn sum_rgba<T: Sample>(samples: &[T]) -> (u64, u64) {
    let (pixels, _) = samples.as_chunks::<4>();
    pixels.iter().fold((0, 0), |(sum, weight), &[r, g, b, a]| {
        (sum + u64::from(luma(r, g, b) * a.get()), weight + u64::from(a.get()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_stays_white_at_both_depths() {
        assert_eq!(luma(255_u8, 255, 255), 255);
        assert_eq!(luma(65535_u16, 65535, 65535), 65535);
    }

    #[test]
    fn bytes_have_the_same_luminance_in_16_bits() {
        for red in 0..=255_u8 {
            for green in 0..=255_u8 {
                for blue in 0..=255_u8 {
                    let narrow = luma_of_bytes(red.into(), green.into(), blue.into());
                    assert_eq!(u32::from(narrow), luma(red, green, blue), "{red} {green} {blue}");
                }
            }
        }
    }

    #[test]
    fn the_mean_does_not_overflow_on_white() {
        assert_eq!(mean(&vec![65535_u16; 3 * 200_000], Channels::Rgb), 65535);
        assert_eq!(mean(&vec![65535_u16; 200_000], Channels::Gray), 65535);
        assert_eq!(mean(&vec![65535_u16; 4 * 200_000], Channels::Rgba), 65535);
    }

    #[test]
    fn invisible_pixels_do_not_count_in_the_mean() {
        assert_eq!(mean(&[100_u8, 255, 250, 0], Channels::GrayAlpha), 100);
        assert_eq!(mean(&[100_u8, 0], Channels::GrayAlpha), 0);
    }
}
