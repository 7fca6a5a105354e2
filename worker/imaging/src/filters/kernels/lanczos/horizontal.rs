//! The horizontal pass: bands of rows on their side.

use super::turn::{self, ROWS};
use super::weigh::{self, Weighted};
use super::windows::Windows;
use crate::pool::Pool;

/// Samples that the columns of a piece have together, more or less, so that they stay in the
/// second-level cache.
const PIECE: usize = 128 << 10;
/// Pairs of columns that a piece of the result has at least: neighbouring pieces read some columns
/// twice.
const LEAST_PAIRS: usize = 8;

/// Gives rows another width, a band of up to [`ROWS`] rows at a time and a piece of it at a time.
pub(super) struct HorizontalPass<'a, T: Weighted> {
    windows: &'a Windows<T::Weight>,
    channels: usize,
    /// Pairs of columns in a piece of the result.
    pairs: usize,
    /// A piece of the original, turned.
    columns: Vec<T>,
    /// A piece of the result, turned.
    results: Vec<T>,
    /// Where the rows of a band that is not full go.
    unused: Vec<T>,
}

impl<'a, T: Weighted> HorizontalPass<'a, T> {
    /// The pass with its buffers. A pixel has `channels` samples.
    pub(super) fn new(windows: &'a Windows<T::Weight>, channels: usize, pool: &mut Pool) -> Self {
        let all = windows.pairs();
        let columns = windows.hull(0..all).len() * channels * ROWS;
        let pairs = (PIECE * all / columns).clamp(LEAST_PAIRS, all.max(LEAST_PAIRS));
        let pieces = (0..all).step_by(pairs).map(|first| first..(first + pairs).min(all));
        let widest = pieces.map(|piece| windows.hull(piece).len()).max().unwrap_or(0);
        Self {
            windows,
            channels,
            pairs,
            columns: T::take(pool, widest * channels * ROWS),
            results: T::take(pool, 2 * pairs * channels * ROWS),
            unused: Vec::new(),
        }
    }

    /// Gives the buffers back.
    pub(super) fn recycle(self, pool: &mut Pool) {
        T::give(pool, self.columns);
        T::give(pool, self.results);
    }

    /// Resamples up to [`ROWS`] rows, which have `len` samples before and `to_len` after.
    pub(super) fn run(&mut self, from: &[T], len: usize, to: &mut [T], to_len: usize) {
        let Self { windows, channels, pairs, .. } = *self;
        let last = from.len() / len - 1;
        for first in (0..windows.pairs()).step_by(pairs) {
            let end = (first + pairs).min(windows.pairs());
            let hull = windows.hull(first..end);

            let columns = self.columns[..hull.len() * channels * ROWS].as_chunks_mut().0;
            let mut rows = [&from[..0]; ROWS];
            for (y, row) in rows.iter_mut().enumerate() {
                // A band that is not full goes on with its last row.
                *row = &from[y.min(last) * len..][hull.start * channels..hull.end * channels];
            }
            turn::into_columns(rows, columns);

            let results = self.results[..2 * (end - first) * channels * ROWS].as_chunks_mut().0;
            weigh::weigh_columns(columns, hull.start, channels, windows, first, results);

            let left = 2 * first * channels;
            let width = (2 * (end - first) * channels).min(to_len - left);
            self.unused.resize((ROWS - 1 - last) * width, T::default());
            let mut unused = self.unused.chunks_exact_mut(width);
            let mut used = to.chunks_exact_mut(to_len).map(|row| &mut row[left..][..width]);
            let mut next = || used.next().or_else(|| unused.next()).unwrap_or_default();
            turn::into_rows(&results[..width], std::array::from_fn(|_| next()));
        }
    }
}
