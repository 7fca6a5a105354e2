//! Alpha: putting it back, and working on premultiplied samples.

use multiversion::multiversion;

use super::sample::Sample;
use crate::picture::Channels;

/// Pixels per step of a search that can end early.
const BLOCK: usize = 4096;

/// Whether all pixels are as visible as the others, so that their colours need not be weighed.
pub(crate) fn is_even<T: Sample>(samples: &[T], channels: Channels) -> bool {
    match channels {
        Channels::Gray | Channels::Rgb => true,
        Channels::GrayAlpha => is_even_every::<T, 2>(samples),
        Channels::Rgba => is_even_every::<T, 4>(samples),
    }
}

fn is_even_every<T: Sample, const N: usize>(samples: &[T]) -> bool {
    let alpha = samples.get(N - 1).map_or(0, |alpha| alpha.get());
    samples.chunks(N * BLOCK).all(|block| block_is_even::<T, N>(block, alpha))
}

#[multiversion(targets = "simd")]
fn block_is_even<T: Sample, const N: usize>(samples: &[T], alpha: u32) -> bool {
    let (pixels, _) = samples.as_chunks::<N>();
    pixels.iter().fold(0, |differences, pixel| differences | (pixel[N - 1].get() ^ alpha)) == 0
}

/// Sets the alpha of each pixel to what it is in `original`, which starts with the same pixel.
pub(crate) fn restore<T: Sample>(samples: &mut [T], original: &[T], channels: Channels) {
    match channels {
        Channels::Gray | Channels::Rgb => {}
        Channels::GrayAlpha => restore_every::<T, 2>(samples, original),
        Channels::Rgba => restore_every::<T, 4>(samples, original),
    }
}

#[multiversion(targets = "simd")]
fn restore_every<T: Sample, const N: usize>(samples: &mut [T], original: &[T]) {
    for (index, (sample, &original)) in samples.iter_mut().zip(original).enumerate() {
        *sample = if index % N == N - 1 { original } else { *sample };
    }
}

/// Colours times alpha, and alpha, at 16 bits.
pub(crate) fn premultiply<T: Sample>(samples: &[T], channels: Channels, to: &mut [u16]) {
    if channels.is_color() {
        premultiply_pixels::<T, 4>(samples, to);
    } else {
        premultiply_pixels::<T, 2>(samples, to);
    }
}

#[multiversion(targets = "simd")]
fn premultiply_pixels<T: Sample, const N: usize>(samples: &[T], to: &mut [u16]) {
    let scale = 65535 / T::MAX;
    let (from, _) = samples.as_chunks::<N>();
    let (to, _) = to.as_chunks_mut::<N>();
    for (from, to) in from.iter().zip(to) {
        let alpha = from[N - 1].get() * scale;
        for (from, to) in from.iter().zip(to.iter_mut()) {
            *to = ((from.get() * scale * alpha + 32767) / 65535) as u16;
        }
        to[N - 1] = alpha as u16;
    }
}

/// The reverse of [`premultiply`]; where nothing is visible, the colour is black.
pub(crate) fn unpremultiply<T: Sample>(samples: &[u16], channels: Channels, to: &mut [T]) {
    if channels.is_color() {
        unpremultiply_pixels::<T, 4>(samples, to);
    } else {
        unpremultiply_pixels::<T, 2>(samples, to);
    }
}

#[multiversion(targets = "simd")]
fn unpremultiply_pixels<T: Sample, const N: usize>(samples: &[u16], to: &mut [T]) {
    let (from, _) = samples.as_chunks::<N>();
    let (to, _) = to.as_chunks_mut::<N>();
    for (from, to) in from.iter().zip(to) {
        let alpha = u32::from(from[N - 1]);
        let (divisor, half) = (alpha.max(1), alpha / 2);
        for (&from, to) in from.iter().zip(to.iter_mut()) {
            // Resampling with negative weights can leave more colour than alpha.
            let color = u32::from(from).min(alpha);
            *to = T::new((color * T::MAX + half) / divisor);
        }
        to[N - 1] = T::new((alpha * T::MAX + 32767) / 65535);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_samples_come_back_exactly() {
        let samples: Vec<u8> = (0..=255).flat_map(|v| [v, 255 - v, v / 2, 255]).collect();
        let (mut words, mut back) = (vec![0; samples.len()], vec![0; samples.len()]);
        premultiply(&samples, Channels::Rgba, &mut words);
        unpremultiply(&words, Channels::Rgba, &mut back);
        assert_eq!(back, samples);
    }

    #[test]
    fn half_transparent_samples_come_back_exactly() {
        let samples: Vec<u8> = (0..=255).flat_map(|v| [v, 128]).collect();
        let (mut words, mut back) = (vec![0; samples.len()], vec![0; samples.len()]);
        premultiply(&samples, Channels::GrayAlpha, &mut words);
        unpremultiply(&words, Channels::GrayAlpha, &mut back);
        assert_eq!(back, samples);
    }

    #[test]
    fn one_pixel_with_another_alpha_makes_a_picture_uneven() {
        let mut samples = vec![128_u16; 4 * 10_000];
        assert!(is_even(&samples, Channels::Rgba));
        samples[4 * 9_999 + 3] = 127;
        assert!(!is_even(&samples, Channels::Rgba));
    }

    #[test]
    fn restoring_touches_alpha_only() {
        let mut samples = [1_u8, 2, 3, 4, 5, 6, 7, 8];
        restore(&mut samples, &[10, 20, 30, 40, 50, 60, 70, 80], Channels::Rgba);
        assert_eq!(samples, [1, 2, 3, 40, 5, 6, 7, 80]);
    }
}
