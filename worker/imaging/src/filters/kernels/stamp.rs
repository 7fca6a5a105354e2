//! Laying a picture over another one, as transparent as it is.

use multiversion::multiversion;

use super::canvas::{Canvas, Draw};
use super::ink::{over, over_opaque, seen};
use super::sample::Sample;
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// A picture to be laid over others, its upper left corner at `corners`, px; it may stick out.
pub(crate) struct Stamp<'a> {
    pub(crate) picture: &'a Picture,
    pub(crate) corners: &'a [(i64, i64)],
    /// 0..=1.
    pub(crate) opacity: f32,
}

impl Stamp<'_> {
    /// Red, green, blue and alpha, each 0..=1, of the pixels from `first` on.
    fn pixels(&self, first: usize, pixels: &mut [[f32; 4]]) {
        match &self.picture.samples {
            Samples::U8(samples) => self.shares(samples, first, pixels),
            Samples::U16(samples) => self.shares(samples, first, pixels),
        }
    }

    fn shares<T: Sample>(&self, samples: &[T], first: usize, pixels: &mut [[f32; 4]]) {
        let share = |value: T| value.get() as f32 / T::MAX as f32;
        let alpha = |value: Option<&T>| value.map_or(1.0, |alpha| share(*alpha)) * self.opacity;
        let (channels, count) = (self.picture.channels, self.picture.channels.count());
        let from = samples[first * count..].chunks_exact(count);
        for (to, pixel) in pixels.iter_mut().zip(from) {
            *to = if channels.is_color() {
                [share(pixel[0]), share(pixel[1]), share(pixel[2]), alpha(pixel.get(3))]
            } else {
                let gray = share(pixel[0]);
                [gray, gray, gray, alpha(pixel.get(1))]
            };
        }
    }
}

impl Draw for Stamp<'_> {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
        canvas.copy();
        let (count, len) = (canvas.channels.count(), canvas.row_len());
        let (width, height) = (self.picture.width as usize, self.picture.height as usize);
        for &(left, top) in self.corners {
            let top = top - canvas.top as i64;
            let columns = seen(left, canvas.width, width);
            if columns.is_empty() {
                continue;
            }
            let mut pixels = vec![[0.0; 4]; (columns.end - columns.start) as usize];
            for row in seen(top, canvas.samples.len() / len, height) {
                self.pixels(row as usize * width + columns.start as usize, &mut pixels);
                let start = (top + row) as usize * len;
                let start = start + (left + columns.start) as usize * count;
                let samples = &mut canvas.samples[start..][..pixels.len() * count];
                match canvas.channels {
                    Channels::Rgb => lay_over(samples, &pixels),
                    channels => {
                        for (below, &[red, green, blue, alpha]) in
                            samples.chunks_exact_mut(count).zip(&pixels)
                        {
                            let ink = [red, green, blue].map(|value| value * T::MAX as f32);
                            if alpha > 0.0 {
                                over(below, ink, alpha, channels);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A row of pixels over one that is opaque.
#[multiversion(targets = "simd")]
fn lay_over<T: Sample>(samples: &mut [T], pixels: &[[f32; 4]]) {
    for (below, &[red, green, blue, alpha]) in samples.as_chunks_mut::<3>().0.iter_mut().zip(pixels)
    {
        // What has no alpha changes nothing.
        let ink = [red, green, blue].map(|value| value * T::MAX as f32);
        over_opaque(below, ink, alpha);
    }
}
