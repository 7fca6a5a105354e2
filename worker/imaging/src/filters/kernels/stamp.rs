//! Laying a picture over another one, as transparent as it is.

use super::canvas::{Canvas, Draw};
use super::ink::{over, seen};
use super::sample::Sample;
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// A picture to be laid over others, its upper left corner at `corners`, px; it may stick out.
pub(crate) struct Stamp<'a> {
    pub(crate) picture: &'a Picture,
    pub(crate) corners: &'a [(i64, i64)],
    /// 0..=1.
    pub(crate) opacity: f32,
}

impl Stamp<'_> {
    /// Red, green, blue and alpha of a pixel, each 0..=1.
    fn pixel(&self, at: usize) -> [f32; 4] {
        let channels = self.picture.channels;
        let count = channels.count();
        let value = |channel: usize| match &self.picture.samples {
            Samples::U8(samples) => f32::from(samples[at * count + channel]) / 255.0,
            Samples::U16(samples) => f32::from(samples[at * count + channel]) / 65535.0,
        };
        let alpha = if channels.has_alpha() { value(count - 1) } else { 1.0 };
        if channels.is_color() {
            [value(0), value(1), value(2), alpha]
        } else {
            [value(0), value(0), value(0), alpha]
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
            for row in seen(top, canvas.samples.len() / len, height) {
                for column in seen(left, canvas.width, width) {
                    let [red, green, blue, alpha] =
                        self.pixel(row as usize * width + column as usize);
                    let alpha = alpha * self.opacity;
                    if alpha > 0.0 {
                        let start = (top + row) as usize * len + (left + column) as usize * count;
                        let ink = [red, green, blue].map(|value| value * T::MAX as f32);
                        over(&mut canvas.samples[start..][..count], ink, alpha, canvas.channels);
                    }
                }
            }
        }
    }
}
