//! Laying a colour over a picture through a mask.

use std::ops::Range;

use super::canvas::{Canvas, Draw};
use super::sample::Sample;
use crate::picture::Channels;
use crate::pool::Pool;
use crate::text::Mask;

/// A mask to be filled with a colour, its upper left corner at `corners`, px; it may stick out.
pub(crate) struct Ink<'a> {
    pub(crate) mask: &'a Mask,
    pub(crate) corners: &'a [(i64, i64)],
    /// Red, green, blue; three equal ones for a gray picture.
    pub(crate) color: [u8; 3],
    /// 0..=1.
    pub(crate) opacity: f32,
}

/// The columns, or rows, of a mark of `length` px that are on the first `on` px, if it begins at
/// `corner`.
pub(crate) fn seen(corner: i64, on: usize, length: usize) -> Range<i64> {
    let first = (-corner).max(0);
    first..(on as i64 - corner).min(length as i64).max(first)
}

impl Draw for Ink<'_> {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
        canvas.copy();
        let (count, len) = (canvas.channels.count(), canvas.row_len());
        let ink = self.color.map(|value| f32::from(value) * (T::MAX / 255) as f32);
        for &(left, top) in self.corners {
            let columns = seen(left, canvas.width, self.mask.width);
            if columns.is_empty() {
                continue;
            }
            let top = top - canvas.top as i64;
            for row in seen(top, canvas.samples.len() / len, self.mask.height) {
                let mask = &self.mask.coverage[row as usize * self.mask.width..];
                let mask = &mask[columns.start as usize..columns.end as usize];
                let start = (top + row) as usize * len;
                let start = start + (left + columns.start) as usize * count;
                let pixels = canvas.samples[start..][..mask.len() * count].chunks_exact_mut(count);
                for (pixel, &coverage) in pixels.zip(mask).filter(|(_, coverage)| **coverage > 0) {
                    let alpha = f32::from(coverage) / 255.0 * self.opacity;
                    over(pixel, ink, alpha, canvas.channels);
                }
            }
        }
    }
}

/// Porter and Duff's "over" on a pixel.
pub(crate) fn over<T: Sample>(pixel: &mut [T], ink: [f32; 3], alpha: f32, channels: Channels) {
    if channels.has_alpha() {
        over_translucent(pixel, ink, alpha);
    } else {
        over_opaque(pixel, ink, alpha);
    }
}

/// Porter and Duff's "over" on an opaque pixel.
#[inline(always)]
pub(crate) fn over_opaque<T: Sample>(pixel: &mut [T], ink: [f32; 3], alpha: f32) {
    for (sample, ink) in pixel.iter_mut().zip(ink) {
        let below = sample.get() as f32;
        *sample = T::from_f32(below + (ink - below) * alpha + 0.5);
    }
}

/// Porter and Duff's "over" on a pixel whose last sample is its alpha, not premultiplied.
fn over_translucent<T: Sample>(pixel: &mut [T], ink: [f32; 3], alpha: f32) {
    let Some((below, colors)) = pixel.split_last_mut() else {
        return;
    };
    let max = T::MAX as f32;
    let kept = below.get() as f32 / max * (1.0 - alpha);
    let sum = alpha + kept;
    if sum > 0.0 {
        // How much of what is seen is ink; all of it over nothing.
        over_opaque(colors, ink, alpha / sum);
        *below = T::from_f32(sum * max + 0.5);
    }
}

/// What is `share` of the pixel and for the rest `other`, each colour as much as it is visible.
pub(crate) fn mix<T: Sample>(pixel: &mut [T], other: &[T], share: f32, channels: Channels) {
    if share >= 1.0 {
        return;
    }
    let alpha_of = |pixel: &[T]| match pixel.last() {
        Some(alpha) if channels.has_alpha() => alpha.get() as f32,
        _ => T::MAX as f32,
    };
    let (kept, added) = (alpha_of(pixel) * share, alpha_of(other) * (1.0 - share));
    let alpha = kept + added;
    let colors = pixel.len() - usize::from(channels.has_alpha());
    if alpha > 0.0 {
        for (sample, &other) in pixel[..colors].iter_mut().zip(other) {
            let sum = sample.get() as f32 * kept + other.get() as f32 * added;
            *sample = T::from_f32(sum / alpha + 0.5);
        }
    }
    if channels.has_alpha() {
        pixel[colors] = T::from_f32(alpha + 0.5);
    }
}
