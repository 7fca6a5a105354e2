//! Resampling, by Lanczos' kernel or a cubic one. On 8-bit samples the result is Pillow 13's, to the last bit: each of the two
//! passes computes in fixed point, and between them the samples are rounded and limited, so that
//! their order, too, is Pillow's. 16-bit samples go the same way in single precision.
//!
//! Both passes are one operation, a weighted sum of lines of samples. For the heights a line is a
//! row; for the widths a band of rows is turned on its side, and a line is a column of it. Bands
//! go from the one pass to the other through a ring of rows, so that what is between them stays in
//! the cache and never is a whole picture.

use std::ops::Range;

use super::size::Plan;
use crate::picture::Channels;
use crate::pool::Pool;
use horizontal::HorizontalPass;
use turn::ROWS;
pub(crate) use weigh::Weighted;
pub(crate) use windows::Kernel;
use windows::Windows;

mod horizontal;
mod turn;
mod weigh;
mod windows;

/// Resamples each channel by itself: `from`, which is `width` x `height` px, to `to`, which has
/// the size of `plan`.
pub(crate) fn resample<T: Weighted>(
    from: &[T],
    (width, height): (u32, u32),
    channels: Channels,
    (plan, kernel): (&Plan, Kernel),
    to: &mut [T],
    pool: &mut Pool,
) {
    let crop = plan.crop;
    let columns = windows::<T>(width, crop.left, crop.width, plan.width, kernel);
    let rows = windows::<T>(height, crop.top, crop.height, plan.height, kernel);
    let len = width as usize * channels.count();
    let to_len = plan.width as usize * channels.count();
    match (&columns, &rows) {
        (None, None) => to.copy_from_slice(from),
        (None, Some(rows)) => weigh_rows(rows, 0..rows.pairs(), from, |y| y * len, to, to_len),
        (Some(columns), None) => {
            let mut pass = HorizontalPass::new(columns, channels.count(), pool);
            for (from, to) in from.chunks(ROWS * len).zip(to.chunks_mut(ROWS * to_len)) {
                pass.run(from, len, to, to_len);
            }
            pass.recycle(pool);
        }
        (Some(columns), Some(rows)) => {
            let mut pass = HorizontalPass::new(columns, channels.count(), pool);
            if vertical_first((width, height), (plan.width, plan.height)) {
                heights_then_widths(from, len, rows, &mut pass, to, to_len, pool);
            } else {
                widths_then_heights(from, len, rows, &mut pass, to, to_len, pool);
            }
            pass.recycle(pool);
        }
    }
}

/// Whether the heights come first: if more than twice as many rows are lost as columns.
fn vertical_first((width, height): (u32, u32), (to_width, to_height): (u32, u32)) -> bool {
    let rows = i64::from(height) - i64::from(to_height);
    let columns = i64::from(width) - i64::from(to_width);
    rows > 0 && rows > 2 * columns
}

/// Both passes; the rows have `len` samples before and `to_len` after.
fn widths_then_heights<T: Weighted>(
    from: &[T],
    len: usize,
    rows: &Windows<T::Weight>,
    pass: &mut HorizontalPass<'_, T>,
    to: &mut [T],
    to_len: usize,
    pool: &mut Pool,
) {
    let used = rows.hull(0..rows.pairs());
    // What the next pair still needs, and a band.
    let kept = rows.widest().next_multiple_of(ROWS) + ROWS;
    let mut ring = T::take(pool, kept * to_len);
    let in_ring = |y: usize| (y - used.start) % kept * to_len;
    let mut done = 0;
    for start in used.clone().step_by(ROWS) {
        let end = (start + ROWS).min(used.end);
        let band = &mut ring[in_ring(start)..][..(end - start) * to_len];
        pass.run(&from[start * len..end * len], len, band, to_len);
        let ready = (done..rows.pairs()).take_while(|&pair| rows.pair(pair).0.end <= end);
        let next = done + ready.count();
        weigh_rows(rows, done..next, &ring, in_ring, &mut to[2 * done * to_len..], to_len);
        done = next;
    }
    T::give(pool, ring);
}

/// The same the other way round.
fn heights_then_widths<T: Weighted>(
    from: &[T],
    len: usize,
    rows: &Windows<T::Weight>,
    pass: &mut HorizontalPass<'_, T>,
    to: &mut [T],
    to_len: usize,
    pool: &mut Pool,
) {
    let mut band = T::take(pool, ROWS * len);
    let pairs = (0..rows.pairs()).step_by(ROWS / 2);
    for (first, to) in pairs.zip(to.chunks_mut(ROWS * to_len)) {
        let band = &mut band[..to.len() / to_len * len];
        let pairs = first..(first + ROWS / 2).min(rows.pairs());
        weigh_rows(rows, pairs, from, |y| y * len, band, len);
        pass.run(band, len, to, to_len);
    }
    T::give(pool, band);
}

/// The windows along one axis, or nothing if all of it is shown at its own size. The ends of what
/// is shown are in single precision because Pillow's are.
fn windows<T: Weighted>(
    from: u32,
    start: f64,
    length: f64,
    to: u32,
    kernel: Kernel,
) -> Option<Windows<T::Weight>> {
    let (start, end) = (start as f32, (start + length) as f32);
    let is_whole = [start, end].map(f32::to_bits) == [0.0, from as f32].map(f32::to_bits);
    (from != to || !is_whole)
        .then(|| Windows::new(from as usize, (start, end), to as usize, kernel, T::weight))
}

/// The vertical pass, for some pairs of rows, which go to the beginning of `to`. Row `y` of the
/// original begins at `start_of(y)` of `samples`; all rows have `len` samples.
fn weigh_rows<T: Weighted>(
    windows: &Windows<T::Weight>,
    pairs: Range<usize>,
    samples: &[T],
    start_of: impl Fn(usize) -> usize,
    to: &mut [T],
    len: usize,
) {
    let (mut starts, mut unused) = (Vec::new(), Vec::new());
    for (pair, rows) in pairs.zip(to.chunks_mut(2 * len)) {
        let (range, weights) = windows.pair(pair);
        starts.clear();
        starts.extend(range.map(&start_of));
        let (row, mut next) = rows.split_at_mut(len);
        if next.is_empty() {
            unused.resize(len, T::default());
            next = &mut unused;
        }
        weigh::weigh_rows(samples, &starts, weights, [row, next]);
    }
}

#[cfg(test)]
mod tests;
