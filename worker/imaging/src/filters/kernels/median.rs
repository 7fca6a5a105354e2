//! The median of the samples around each pixel, as Pillow's `MedianFilter`: beyond its edges a
//! picture goes on with its outermost pixels. Other than there, only visible pixels count.

use multiversion::multiversion;

use super::alpha;
use super::remake::{Remake, View};
use super::sample::Sample;
use crate::pool::Pool;

/// The median of squares of `2 * radius + 1` px.
pub(crate) struct Median {
    /// Columns and rows of the picture, px.
    pub(crate) size: (u32, u32),
    /// px.
    pub(crate) radius: usize,
}

impl Remake for Median {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn fill<T: Sample>(&self, from: View<'_, T>, to: &mut [T], _pool: &mut Pool) {
        let even = alpha::is_even(from.samples, from.channels);
        if self.radius == 1 && even {
            three_by_three(from, to);
        } else if T::MAX == 255 && even {
            let View { width, height, channels, samples } = from;
            let samples = bytemuck::cast_slice(samples);
            by_columns(
                View { width, height, channels, samples },
                bytemuck::cast_slice_mut(to),
                self.radius,
            );
        } else {
            slide(from, to, self.radius, even);
        }
        alpha::restore(to, from.samples, from.channels);
    }
}

fn three_by_three<T: Sample>(from: View<'_, T>, to: &mut [T]) {
    let (step, len) = (from.channels.count(), from.row_len());
    let (last_column, last_row) = (from.width - 1, from.height - 1);
    for (y, to) in to.chunks_exact_mut(len).enumerate() {
        let rows = [y.saturating_sub(1), y, (y + 1).min(last_row)].map(|y| from.row(y));
        if last_column > 1 {
            median_row(rows, &mut to[step..len - step], step);
        }
        for column in [0, last_column] {
            let columns = [column.saturating_sub(1), column, (column + 1).min(last_column)];
            for channel in 0..step {
                let around = rows.map(|row| columns.map(|column| row[column * step + channel]));
                to[column * step + channel] = median_of(around);
            }
        }
    }
}

/// The medians but for the outermost columns.
#[multiversion(targets = "simd")]
fn median_row<T: Sample>(rows: [&[T]; 3], to: &mut [T], step: usize) {
    let len = to.len();
    let [[a, b, c], [d, e, f], [g, h, i]] =
        rows.map(|row| [0, 1, 2].map(|column: usize| &row[column * step..][..len]));
    // Not mapped: a closure may become a function of its own, for processors without vectors.
    for x in 0..len {
        to[x] = median_of([[a[x], b[x], c[x]], [d[x], e[x], f[x]], [g[x], h[x], i[x]]]);
    }
}

/// The median of nine by exchanging pairs: the columns are sorted, then the largest of the lowest,
/// the middle of the middle and the lowest of the largest are.
#[inline(always)]
fn median_of<T: Sample>([above, here, below]: [[T; 3]; 3]) -> T {
    let column = |x: usize| [above[x], here[x], below[x]];
    let (first, second, third) = (sorted(column(0)), sorted(column(1)), sorted(column(2)));
    let low = first[0].max(second[0]).max(third[0]);
    let [_, middle, _] = sorted([first[1], second[1], third[1]]);
    let high = first[2].min(second[2]).min(third[2]);
    let [_, median, _] = sorted([low, middle, high]);
    median
}

#[inline(always)]
fn sorted<T: Sample>([a, b, c]: [T; 3]) -> [T; 3] {
    let (a, b) = (a.min(b), a.max(b));
    let (b, c) = (b.min(c), b.max(c));
    let (a, b) = (a.min(b), a.max(b));
    [a, b, c]
}

/// How many samples have each value, and each 256th part of the range, and which is in the middle. It
/// slides along a row (T. S. Huang et al., "A Fast Two-Dimensional Median Filtering Algorithm", 1979).
struct Counts {
    coarse: [u32; 256],
    fine: Vec<u32>,
    /// Bits below those that `coarse` looks at.
    shift: u32,
    all: u32,
    /// The value in the middle when it was last asked for, and how many are below it.
    middle: usize,
    below: u32,
}

impl Counts {
    fn new(max: u32) -> Self {
        let shift = if max == 255 { 0 } else { 8 };
        let fine = vec![0; max as usize + 1];
        Self { coarse: [0; 256], fine, shift, all: 0, middle: 0, below: 0 }
    }

    #[inline(always)]
    fn add(&mut self, value: u32) {
        self.coarse[(value >> self.shift) as usize & 255] += 1;
        self.fine[value as usize] += 1;
        self.all += 1;
        self.below += u32::from((value as usize) < self.middle);
    }

    #[inline(always)]
    fn remove(&mut self, value: u32) {
        self.coarse[(value >> self.shift) as usize & 255] -= 1;
        self.fine[value as usize] -= 1;
        self.all -= 1;
        self.below -= u32::from((value as usize) < self.middle);
    }

    /// The value in the middle; `None` if there is none. It is looked for where it was last.
    fn median(&mut self) -> Option<u32> {
        let (want, part) = (self.all / 2, 1 << self.shift);
        if self.all == 0 {
            return None;
        }
        while self.below > want {
            if self.middle.is_multiple_of(part) {
                let counts = self.coarse[(self.middle / part) - 1];
                if self.below - counts > want {
                    (self.below, self.middle) = (self.below - counts, self.middle - part);
                    continue;
                }
            }
            self.middle -= 1;
            self.below -= self.fine[self.middle];
        }
        while self.below + self.fine[self.middle] <= want {
            if self.middle.is_multiple_of(part) {
                let counts = self.coarse[self.middle / part];
                if self.below + counts <= want {
                    (self.below, self.middle) = (self.below + counts, self.middle + part);
                    continue;
                }
            }
            self.below += self.fine[self.middle];
            self.middle += 1;
        }
        Some(self.middle as u32)
    }
}

/// How many samples of 8 bits have each value, and each 16th part of the range.
#[derive(Clone, Copy)]
struct Bins {
    coarse: [u16; 16],
    fine: [u16; 256],
}

impl Bins {
    const EMPTY: Self = Self { coarse: [0; 16], fine: [0; 256] };

    fn add(&mut self, value: u8) {
        self.coarse[usize::from(value / 16)] += 1;
        self.fine[usize::from(value)] += 1;
    }

    fn remove(&mut self, value: u8) {
        self.coarse[usize::from(value / 16)] -= 1;
        self.fine[usize::from(value)] -= 1;
    }

    /// Adds all of `more` and takes all of `less` away.
    #[inline(always)]
    fn exchange(&mut self, more: &Self, less: &Self) {
        for bin in 0..16 {
            self.coarse[bin] = self.coarse[bin] + more.coarse[bin] - less.coarse[bin];
        }
        for bin in 0..256 {
            self.fine[bin] = self.fine[bin] + more.fine[bin] - less.fine[bin];
        }
    }

    /// The value that has `left` others below it.
    #[inline(always)]
    fn at(&self, mut left: u16) -> u8 {
        let mut part = 0;
        while part < 15 && left >= self.coarse[part] {
            left -= self.coarse[part];
            part += 1;
        }
        let mut value = part * 16;
        while value < 255 && left >= self.fine[value] {
            left -= self.fine[value];
            value += 1;
        }
        value as u8
    }
}

/// Columns whose counts stay in the second-level cache.
const STRIP: usize = 256;

/// In the same time for every radius: each column keeps counts of its own, which slide down, and a
/// square's are those of its columns (S. Perreault and P. Hébert, "Median Filtering in Constant
/// Time", 2007).
fn by_columns(from: View<'_, u8>, to: &mut [u8], radius: usize) {
    let (step, len) = (from.channels.count(), from.row_len());
    let colors = step - usize::from(from.channels.has_alpha());
    let (last_column, last_row) = (from.width - 1, from.height - 1);
    let mut columns = vec![Bins::EMPTY; STRIP + 2 * radius];
    for (left, channel) in (0..from.width)
        .step_by(STRIP)
        .flat_map(|left| (0..colors).map(move |channel| (left, channel)))
    {
        let width = STRIP.min(from.width - left);
        let columns = &mut columns[..width + 2 * radius];
        columns.fill(Bins::EMPTY);
        // Those beyond the edges have what the outermost have.
        let at =
            |index: usize| (left + index).saturating_sub(radius).min(last_column) * step + channel;
        let row = |y: usize| from.row(y.saturating_sub(radius).min(last_row));
        for y in 0..2 * radius {
            let row = row(y);
            columns.iter_mut().enumerate().for_each(|(index, bins)| bins.add(row[at(index)]));
        }
        for (y, to) in to.chunks_exact_mut(len).enumerate() {
            let (enter, leave) = (row(y + 2 * radius), row(y));
            columns.iter_mut().enumerate().for_each(|(index, bins)| bins.add(enter[at(index)]));
            let to = to[left * step + channel..].iter_mut().step_by(step);
            slide_columns(columns, radius, to.take(width));
            columns.iter_mut().enumerate().for_each(|(index, bins)| bins.remove(leave[at(index)]));
        }
    }
}

#[multiversion(targets = "simd")]
fn slide_columns<'a>(columns: &[Bins], radius: usize, to: impl Iterator<Item = &'a mut u8>) {
    let side = 2 * radius + 1;
    let mut bins = Bins::EMPTY;
    columns[..side - 1].iter().for_each(|column| bins.exchange(column, &Bins::EMPTY));
    let mut leave = &Bins::EMPTY;
    let middle = (side * side / 2) as u16;
    for (x, to) in to.enumerate() {
        bins.exchange(&columns[x + side - 1], leave);
        *to = bins.at(middle);
        leave = &columns[x];
    }
}

fn slide<T: Sample>(from: View<'_, T>, to: &mut [T], radius: usize, even: bool) {
    let (step, len) = (from.channels.count(), from.row_len());
    let colors = step - usize::from(from.channels.has_alpha());
    let mut counts = Counts::new(T::MAX);
    let (last_column, last_row) = (from.width - 1, from.height - 1);
    for channel in 0..colors {
        for (y, to) in to.chunks_exact_mut(len).enumerate() {
            let rows: Vec<_> = (0..=2 * radius)
                .map(|row| from.row((y + row).saturating_sub(radius).min(last_row)))
                .collect();
            // Calls `change` with the samples of a column, which may lie beyond the edges.
            let column = |x: usize, change: &mut dyn FnMut(u32)| {
                let at = x.saturating_sub(radius).min(last_column) * step;
                for row in &rows {
                    if even || row[at + step - 1].get() > 0 {
                        change(row[at + channel].get());
                    }
                }
            };
            for x in 0..2 * radius {
                column(x, &mut |value| counts.add(value));
            }
            for (x, pixel) in to.chunks_exact_mut(step).enumerate() {
                column(x + 2 * radius, &mut |value| counts.add(value));
                let own = from.row(y)[x * step + channel];
                pixel[channel] = counts.median().map_or(own, T::new);
                column(x, &mut |value| counts.remove(value));
            }
            for x in from.width..from.width + 2 * radius {
                column(x, &mut |value| counts.remove(value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Channels;

    #[test]
    fn the_quick_way_and_the_sliding_one_agree_at_both_depths() {
        fn check<T: Sample>(values: impl Fn(u32) -> u32) {
            let samples: Vec<T> = (0..3 * 23 * 17).map(|i| T::new(values(i))).collect();
            let view = View { width: 23, height: 17, channels: Channels::Rgb, samples: &samples };
            let (mut quick, mut sliding) = (samples.clone(), samples.clone());
            three_by_three(view, &mut quick);
            slide(view, &mut sliding, 1, true);
            assert_eq!(quick, sliding);
        }
        check::<u8>(|i| i.wrapping_mul(2_654_435_761) >> 24);
        check::<u16>(|i| i.wrapping_mul(2_654_435_761) >> 16);
    }

    #[test]
    fn counts_of_columns_and_of_squares_agree_beyond_a_strip() {
        let (width, height) = (2 * STRIP + 7, 5);
        let samples: Vec<u8> = (0..(3 * width * height) as u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let view = View { width, height, channels: Channels::Rgb, samples: &samples };
        for radius in [2, 3, 9] {
            let (mut columns, mut squares) = (samples.clone(), samples.clone());
            by_columns(view, &mut columns, radius);
            slide(view, &mut squares, radius, true);
            assert_eq!(columns, squares, "radius {radius}");
        }
    }

    #[test]
    fn a_lone_speck_goes() {
        let mut samples = [20_u8; 49];
        samples[24] = 255;
        let view = View { width: 7, height: 7, channels: Channels::Gray, samples: &samples };
        let mut to = [0; 49];
        Median { size: (7, 7), radius: 1 }.fill(view, &mut to, &mut Pool::new());
        assert_eq!(to, [20; 49]);
    }
}
