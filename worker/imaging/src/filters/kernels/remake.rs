//! Filters whose result has another size or other channels than their source.

use super::sample::Sample;
use crate::filters::Source;
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// A picture whose samples have a known type.
#[derive(Clone, Copy)]
pub(crate) struct View<'a, T> {
    /// Columns, px.
    pub(crate) width: usize,
    /// Rows, px.
    pub(crate) height: usize,
    /// What a pixel consists of.
    pub(crate) channels: Channels,
    /// The pixels.
    pub(crate) samples: &'a [T],
}

impl<'a, T: Sample> View<'a, T> {
    /// Samples in one row.
    pub(crate) fn row_len(&self) -> usize {
        self.width * self.channels.count()
    }

    /// The samples of a row.
    pub(crate) fn row(&self, y: usize) -> &'a [T] {
        &self.samples[y * self.row_len()..][..self.row_len()]
    }
}

/// What such a filter does, for 8 and 16 bits.
pub(crate) trait Remake {
    /// Columns and rows of the result, px.
    fn size(&self) -> (u32, u32);

    /// Fills `to`, which has the size of the result, the channels of the source and unspecified
    /// content.
    fn fill<T: Sample>(&self, from: View<'_, T>, to: &mut [T], pool: &mut Pool);
}

/// Makes the result.
pub(crate) fn remake(source: Source<'_>, pool: &mut Pool, work: &impl Remake) -> Picture {
    let picture = source.picture();
    let samples = match &picture.samples {
        Samples::U8(samples) => fill(picture, samples, pool, work),
        Samples::U16(samples) => fill(picture, samples, pool, work),
    };
    let (width, height) = work.size();
    let remade = Picture { width, height, channels: picture.channels, samples };
    source.recycle(pool);
    remade
}

fn fill<T: Sample>(
    picture: &Picture,
    samples: &[T],
    pool: &mut Pool,
    work: &impl Remake,
) -> Samples {
    let (width, height) = work.size();
    let channels = picture.channels;
    let mut to = T::take(pool, width as usize * height as usize * channels.count());
    let (from_width, from_height) = (picture.width as usize, picture.height as usize);
    work.fill(View { width: from_width, height: from_height, channels, samples }, &mut to, pool);
    T::wrap(to)
}

/// A rectangle of a picture in its place on a larger or smaller one, around it a colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Columns and rows of the result, px.
    pub(crate) size: (u32, u32),
    /// Where the picture's upper left corner is on the result, px; it may lie outside.
    pub(crate) corner: (i64, i64),
    /// What is where the picture is not.
    pub(crate) fill: super::color::Fill,
}

impl Remake for Place {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn fill<T: Sample>(&self, from: View<'_, T>, to: &mut [T], _pool: &mut Pool) {
        let count = from.channels.count();
        let pixel = self.fill.pixel::<T>(from.channels);
        let around = pixel[..count].repeat(self.size.0 as usize);
        let fill = |to: &mut [T]| to.copy_from_slice(&around[..to.len()]);
        let seen = |corner: i64, length: usize, of: u32| {
            let (first, last) = (corner.max(0), (corner + length as i64).min(i64::from(of)));
            first.min(last) as usize..last.max(0) as usize
        };
        let columns = seen(self.corner.0, from.width, self.size.0);
        let rows = seen(self.corner.1, from.height, self.size.1);
        for (y, to) in to.chunks_exact_mut(self.size.0 as usize * count).enumerate() {
            if !rows.contains(&y) || columns.is_empty() {
                fill(to);
                continue;
            }
            let (left, rest) = to.split_at_mut(columns.start * count);
            let (middle, right) = rest.split_at_mut(columns.len() * count);
            let row = from.row((y as i64 - self.corner.1) as usize);
            let start = (columns.start as i64 - self.corner.0) as usize * count;
            middle.copy_from_slice(&row[start..][..middle.len()]);
            fill(left);
            fill(right);
        }
    }
}
