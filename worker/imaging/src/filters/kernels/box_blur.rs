//! Gaussian blur as three passes of an extended box blur, as Pillow does it.
//!
//! An extended box averages `2 * radius + 1` samples with full weight and the two beyond them
//! with a fraction of it (P. Gwosdek et al., "Theoretical Foundations of Gaussian Convolution by
//! Extended Box Filtering", 2011). Beyond its edges a picture goes on with its outermost samples,
//! and each pass rounds to whole samples.
//!
//! All three passes run in one sweep over lines of samples: where the second pass is at line `i`,
//! the first is `radius + 1` lines ahead. Between them a ring keeps just the lines that are still
//! looked at, so that they stay in the cache. For the vertical direction a line is a piece of a
//! row; for the horizontal one a band of rows is turned on its side, and a line is a column of it.

use multiversion::multiversion;

use super::canvas::{Canvas, Draw};
use super::sample::Sample;
use crate::pool::Pool;

/// Number of box passes.
const PASSES: f32 = 3.0;
/// Samples that the rings of a strip may take, so that they stay in the second-level cache.
const RING_SAMPLES: usize = 128 << 10;
/// Widest and narrowest strip, in samples.
const STRIP: (usize, usize) = (64, 1024);
/// Rows that are turned on their side at a time.
const BAND: usize = 64;

/// A box with fractional ends. The weights are in units of 2^-24.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExtendedBox {
    radius: usize,
    weight: u32,
    far_weight: u32,
}

impl ExtendedBox {
    /// The box that, applied three times, is closest to a Gaussian of that standard deviation, px.
    /// Single precision and its order of operations are Pillow's, so that the weights are equal.
    pub(crate) fn for_gaussian(sigma: f32) -> Self {
        let variance = sigma * sigma / PASSES;
        // Equations 7, 11 and 14 of the paper.
        let length = (12.0 * f64::from(variance) + 1.0).sqrt() as f32;
        let whole = ((f64::from(length) - 1.0) / 2.0).floor() as f32;
        let part = (2.0 * whole + 1.0) * (whole * (whole + 1.0) - 3.0 * variance)
            / (6.0 * (variance - (whole + 1.0) * (whole + 1.0)));
        let radius = whole + part;

        let full = radius as u32;
        let weight = (16_777_216.0 / (radius * 2.0 + 1.0)) as u32;
        let far_weight = ((1 << 24) - (full * 2 + 1) * weight) / 2;
        Self { radius: full as usize, weight, far_weight }
    }
}

/// Blurs every channel, alpha included.
pub(crate) struct BoxBlur(pub(crate) ExtendedBox);

impl Draw for BoxBlur {
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, pool: &mut Pool) {
        let (len, step, height) = (canvas.row_len(), canvas.channels.count(), canvas.height);
        let Canvas { samples, source, .. } = canvas;
        blur_rows(samples, source, len, step, self.0, pool);
        blur_columns(samples, len, height, self.0, pool);
    }
}

/// Horizontally, from `source` or in place. `len` samples a row, `step` samples a pixel.
fn blur_rows<T: Sample>(
    samples: &mut [T],
    source: Option<&[T]>,
    len: usize,
    step: usize,
    shape: ExtendedBox,
    pool: &mut Pool,
) {
    let band_len = BAND.min(samples.len() / len) * len;
    let mut columns = T::take(pool, band_len);
    let mut sweep = Sweep::new(shape, len / step, step * BAND, pool);
    for (index, band) in samples.chunks_mut(band_len).enumerate() {
        let columns = &mut columns[..band.len()];
        let original = source.map_or(&*band, |source| &source[index * band_len..][..band.len()]);
        let rows: Vec<&[T]> = original.chunks_exact(len).collect();
        T::transpose_into(&rows, columns);
        let width = step * rows.len();
        sweep.run(columns, Lines { start: 0, width, stride: width });
        let mut rows: Vec<&mut [T]> = band.chunks_exact_mut(len).collect();
        T::transpose_back(columns, &mut rows);
    }
    sweep.recycle(pool);
    T::give(pool, columns);
}

/// Vertically, in place.
fn blur_columns<T: Sample>(
    samples: &mut [T],
    len: usize,
    height: usize,
    shape: ExtendedBox,
    pool: &mut Pool,
) {
    let ring_lines = 2 * ring_lines(shape, height);
    let strip = (RING_SAMPLES / ring_lines / 64 * 64).clamp(STRIP.0, STRIP.1).min(len);
    let mut sweep = Sweep::new(shape, height, strip, pool);
    for start in (0..len).step_by(strip) {
        let width = strip.min(len - start);
        sweep.run(samples, Lines { start, width, stride: len });
    }
    sweep.recycle(pool);
}

/// Lines that a pass looks at: from `radius + 1` before to `radius + 1` after.
fn ring_lines(shape: ExtendedBox, count: usize) -> usize {
    (2 * shape.radius + 3).min(count)
}

/// Where the lines of a sweep are: line `i` is the `width` samples from `start + i * stride`.
#[derive(Clone, Copy)]
struct Lines {
    start: usize,
    width: usize,
    stride: usize,
}

impl Lines {
    fn of<T>(self, samples: &[T], index: usize) -> &[T] {
        &samples[self.start + index * self.stride..][..self.width]
    }

    fn of_mut<T>(self, samples: &mut [T], index: usize) -> &mut [T] {
        &mut samples[self.start + index * self.stride..][..self.width]
    }
}

/// Three passes over `count` lines, in place.
struct Sweep<T> {
    shape: ExtendedBox,
    count: usize,
    /// Lines that a ring holds.
    kept: usize,
    /// Results of the first and of the second pass.
    rings: [Vec<T>; 2],
    /// The box sums of each pass.
    sums: [Vec<u32>; 3],
}

impl<T: Sample> Sweep<T> {
    fn new(shape: ExtendedBox, count: usize, widest: usize, pool: &mut Pool) -> Self {
        let kept = ring_lines(shape, count);
        Self {
            shape,
            count,
            kept,
            rings: [T::take(pool, kept * widest), T::take(pool, kept * widest)],
            sums: std::array::from_fn(|_| vec![0; widest]),
        }
    }

    fn recycle(self, pool: &mut Pool) {
        for ring in self.rings {
            T::give(pool, ring);
        }
    }

    fn run(&mut self, samples: &mut [T], lines: Lines) {
        let Self { shape, count, kept, .. } = *self;
        let [first_ring, second_ring] = &mut self.rings;
        let [first_sums, second_sums, third_sums] =
            self.sums.each_mut().map(|sums| &mut sums[..lines.width]);
        let in_ring = |index: usize| (index % kept) * lines.width;
        // In place: the third pass writes lines that the first will not read again.
        let lag = shape.radius + 1;
        for step in 0..count + 2 * lag {
            if step < count {
                let line = |index: usize| lines.of(&*samples, index);
                let to = &mut first_ring[in_ring(step)..][..lines.width];
                pass(shape, count, step, first_sums, line, to);
            }
            if let Some(step) = step.checked_sub(lag).filter(|&step| step < count) {
                let line = |index: usize| &first_ring[in_ring(index)..][..lines.width];
                let to = &mut second_ring[in_ring(step)..][..lines.width];
                pass(shape, count, step, second_sums, line, to);
            }
            if let Some(step) = step.checked_sub(2 * lag) {
                let line = |index: usize| &second_ring[in_ring(index)..][..lines.width];
                let to = lines.of_mut(samples, step);
                pass(shape, count, step, third_sums, line, to);
            }
        }
    }
}

/// One pass at one line. `sums` holds the box around the line before; `line` are the `count` lines
/// that the pass reads.
fn pass<'a, T: Sample>(
    shape: ExtendedBox,
    count: usize,
    index: usize,
    sums: &mut [u32],
    line: impl Fn(usize) -> &'a [T],
    to: &mut [T],
) {
    let (radius, last) = (shape.radius, count - 1);
    if index == 0 {
        // The box around line -1: line 0 is in it `radius + 1` times, then come those after it.
        let times = radius as u32 + 1;
        for (sum, sample) in sums.iter_mut().zip(line(0)) {
            *sum = sample.get() * times;
        }
        for ahead in 0..radius {
            for (sum, sample) in sums.iter_mut().zip(line(ahead.min(last))) {
                *sum += sample.get();
            }
        }
    }
    let leave = line(index.saturating_sub(radius + 1));
    let enter = line((index + radius).min(last));
    let ahead = line((index + radius + 1).min(last));
    advance(shape, sums, leave, enter, ahead, to);
}

/// Moves the box on by one line and weighs it.
#[multiversion(targets = "simd")]
fn advance<T: Sample>(
    shape: ExtendedBox,
    sums: &mut [u32],
    leave: &[T],
    enter: &[T],
    ahead: &[T],
    to: &mut [T],
) {
    let len = to.len();
    let (sums, leave, enter, ahead) =
        (&mut sums[..len], &leave[..len], &enter[..len], &ahead[..len]);
    for x in 0..len {
        let left = leave[x].get();
        let sum = sums[x].wrapping_add(enter[x].get()).wrapping_sub(left);
        sums[x] = sum;
        to[x] = T::weigh(sum, shape.weight, left + ahead[x].get(), shape.far_weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filters::Source;
    use crate::filters::kernels::canvas;
    use crate::picture::{Channels, Picture};

    /// Three passes along lines of `count` samples that are `stride` apart, as the definition says.
    fn by_definition(samples: &mut [u64], stride: usize, count: usize, shape: ExtendedBox) {
        for _ in 0..3 {
            let line: Vec<u64> = (0..count).map(|i| samples[i * stride]).collect();
            let at = |i: i64| line[i.clamp(0, count as i64 - 1) as usize];
            for i in 0..count {
                let (center, radius) = (i as i64, shape.radius as i64);
                let sum: u64 = (center - radius..=center + radius).map(at).sum();
                let far = at(center - radius - 1) + at(center + radius + 1);
                let weighted = sum * u64::from(shape.weight) + far * u64::from(shape.far_weight);
                samples[i * stride] = (weighted + (1 << 23)) >> 24;
            }
        }
    }

    fn check<T: Sample>(width: u32, height: u32, channels: Channels, sigma: f32) {
        let shape = ExtendedBox::for_gaussian(sigma);
        let (w, h, step) = (width as usize, height as usize, channels.count());
        let mut state = 7_u32;
        let samples: Vec<T> = (0..w * h * step)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                T::new((state >> 16) & T::MAX)
            })
            .collect();

        let mut expected: Vec<u64> = samples.iter().map(|sample| sample.get().into()).collect();
        for y in 0..h {
            for channel in 0..step {
                by_definition(&mut expected[y * w * step + channel..], step, w, shape);
            }
        }
        for x in 0..w * step {
            by_definition(&mut expected[x..], w * step, h, shape);
        }
        let expected: Vec<T> = expected.iter().map(|&value| T::new(value as u32)).collect();

        let picture = Picture { width, height, channels, samples: T::wrap(samples) };
        let blurred = canvas::draw(Source::Shared(&picture), &mut Pool::new(), &BoxBlur(shape));
        assert!(blurred.samples == T::wrap(expected), "{width}x{height} {channels:?} {sigma}");
    }

    #[test]
    fn several_bands_and_strips_give_what_the_definition_says() {
        for sigma in [0.3, 5.0, 60.0] {
            check::<u8>(411, 150, Channels::Rgb, sigma);
            check::<u16>(300, 70, Channels::Rgba, sigma);
        }
        check::<u8>(2100, 65, Channels::Gray, 2.0);
    }

    #[test]
    fn a_box_larger_than_the_picture_gives_what_the_definition_says() {
        check::<u8>(5, 90, Channels::Rgb, 300.0);
        check::<u16>(90, 3, Channels::Gray, 1000.0);
    }

    #[test]
    fn weights_add_up_to_one_at_most() {
        for sigma in (1..4000).map(|sigma| sigma as f32 / 4.0) {
            let shape = ExtendedBox::for_gaussian(sigma);
            let full = (2 * shape.radius as u64 + 1) * u64::from(shape.weight);
            let sum = full + 2 * u64::from(shape.far_weight);
            assert!(((1 << 24) - 1..=1 << 24).contains(&sum), "{sigma}: {sum}");
        }
    }
}
