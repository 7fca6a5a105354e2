//! What becomes of each value of a channel, looked up in a table.

use multiversion::multiversion;

use super::canvas::{Canvas, Draw};
use super::sample::Sample;
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Tables of red, green and blue, or three times that of gray, for one depth.
#[derive(Debug, Clone)]
pub(crate) struct Curves([Vec<u16>; 3]);

impl Curves {
    /// The tables for values of `0..=max`; `at` gives the new value, at most `max`, of a value of
    /// the first, second or third channel.
    pub(crate) fn new(max: u32, mut at: impl FnMut(usize, u32) -> u32) -> Self {
        Self([0, 1, 2].map(|channel| (0..=max).map(|value| at(channel, value) as u16).collect()))
    }

    /// The tables for the depth of a picture; `at` takes and gives a share of the largest value.
    pub(crate) fn of(picture: &Picture, at: impl Fn(usize, f64) -> f64) -> Self {
        let max: u32 = if matches!(picture.samples, Samples::U8(_)) { 255 } else { 65535 };
        let limit = f64::from(max);
        Self::new(max, |channel, value| {
            (at(channel, f64::from(value) / limit).clamp(0.0, 1.0) * limit).round() as u32
        })
    }
}

impl Draw for Curves {
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let tables = self.0.each_ref().map(Vec::as_slice);
        let channels = canvas.channels;
        canvas.in_pieces(|from, to| match channels {
            Channels::Gray => look_up::<T, 1, 1>(from, to, tables),
            Channels::GrayAlpha => look_up::<T, 2, 1>(from, to, tables),
            Channels::Rgb => look_up::<T, 3, 3>(from, to, tables),
            Channels::Rgba => look_up::<T, 4, 3>(from, to, tables),
        });
    }
}

/// `N` samples a pixel, of which `C` have a table; the others stay.
fn look_up<T: Sample, const N: usize, const C: usize>(
    from: &[T],
    to: &mut [T],
    tables: [&[u16]; 3],
) {
    // With this length no value of 8 bits has to be checked.
    let tables = tables.map(|table| &table[..=T::MAX as usize]);
    for (from, to) in from.as_chunks::<N>().0.iter().zip(to.as_chunks_mut::<N>().0) {
        *to = *from;
        for channel in 0..C {
            to[channel] = T::new(u32::from(tables[channel][from[channel].get() as usize]));
        }
    }
}

/// How many visible pixels have each value, for each channel but alpha.
#[derive(Debug)]
pub(crate) struct Histogram {
    /// 255 or 65535.
    pub(crate) max: u32,
    /// Of red, green and blue, or of gray alone.
    pub(crate) counts: Vec<Vec<u64>>,
}

impl Histogram {
    /// Of pictures with the same channels and depth, taken together.
    pub(crate) fn of(pictures: &[&Picture]) -> Self {
        let first = pictures.first();
        let wide = first.is_some_and(|picture| matches!(picture.samples, Samples::U16(_)));
        let max: u32 = if wide { 65535 } else { 255 };
        let colors = first.map_or(1, |picture| if picture.channels.is_color() { 3 } else { 1 });
        let mut counts = vec![vec![0; max as usize + 1]; colors];
        for picture in pictures {
            match &picture.samples {
                Samples::U8(samples) => count(samples, picture.channels, &mut counts),
                Samples::U16(samples) => count(samples, picture.channels, &mut counts),
            }
        }
        Self { max, counts }
    }

    /// Tables made of each channel's counts.
    pub(crate) fn curves(&self, table: impl Fn(&[u64]) -> Vec<u16>) -> Curves {
        let mut tables: Vec<_> = self.counts.iter().map(|counts| table(counts)).collect();
        let gray = tables.first().cloned().unwrap_or_default();
        tables.resize(3, gray);
        Curves(tables.try_into().unwrap_or_default())
    }
}

fn count<T: Sample>(samples: &[T], channels: Channels, counts: &mut [Vec<u64>]) {
    match channels {
        Channels::Gray => count_every::<T, 1, 1>(samples, counts),
        Channels::GrayAlpha => count_every::<T, 2, 1>(samples, counts),
        Channels::Rgb => count_every::<T, 3, 3>(samples, counts),
        Channels::Rgba => count_every::<T, 4, 3>(samples, counts),
    }
}

/// `N` samples a pixel, of which the first `C` are counted.
fn count_every<T: Sample, const N: usize, const C: usize>(samples: &[T], counts: &mut [Vec<u64>]) {
    let size = T::MAX as usize + 1;
    // Two tables a channel, turn by turn: a value that follows itself need not wait for its count.
    let mut tables = vec![0_u32; 2 * C * size];
    let tables = &mut tables[..2 * C * size];
    for block in samples.as_chunks::<N>().0.chunks(u32::MAX as usize) {
        for (index, pixel) in block.iter().enumerate() {
            if C < N && pixel[C].get() == 0 {
                continue;
            }
            let first = index % 2 * C;
            for channel in 0..C {
                tables[(first + channel) * size + pixel[channel].get() as usize] += 1;
            }
        }
        for (table, counted) in tables.chunks_exact_mut(size).enumerate() {
            for (count, counted) in counts[table % C].iter_mut().zip(counted) {
                *count += u64::from(std::mem::take(counted));
            }
        }
    }
}

/// What becomes of a pixel's red, green and blue, in single precision, 0..=1.
pub(crate) trait ColorOp: Copy {
    /// The new colour; it is limited and rounded afterwards.
    fn apply(self, color: [f32; 3]) -> [f32; 3];
}

/// The operation on every pixel of a picture with colours.
pub(crate) struct Colors<O>(pub(crate) O);

impl<O: ColorOp> Draw for Colors<O> {
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let channels = canvas.channels;
        canvas.in_pieces(|from, to| {
            to.copy_from_slice(from);
            match channels {
                Channels::Rgb => change::<T, O, 3>(to, self.0),
                Channels::Rgba => change::<T, O, 4>(to, self.0),
                Channels::Gray | Channels::GrayAlpha => {}
            }
        });
    }
}

#[multiversion(targets = "simd")]
fn change<T: Sample, O: ColorOp, const N: usize>(samples: &mut [T], op: O) {
    let max = T::MAX as f32;
    for pixel in samples.as_chunks_mut::<N>().0 {
        let color = [0, 1, 2].map(|channel| pixel[channel].get() as i32 as f32 / max);
        for (sample, value) in pixel.iter_mut().zip(op.apply(color)) {
            *sample = T::from_f32(value * max + 0.5);
        }
    }
}
