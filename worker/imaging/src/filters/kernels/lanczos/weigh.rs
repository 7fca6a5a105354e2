//! Weighted sums of lines of samples: the inner loops of resampling.

use multiversion::multiversion;

use super::turn::ROWS;
use super::windows::{Weights, Windows};
use crate::filters::kernels::sample::Sample;

/// Binary places of the weights of 8-bit samples. With 8 for the sample and 2 for what sticks out
/// of `0..=1`, sums of weighted samples fill 32 bits.
const PRECISION_BITS: u32 = 22;
/// Samples of a row whose sums are in registers at a time.
const BLOCK: usize = 32;

/// Samples of which weighted sums can be made.
pub(crate) trait Weighted: Sample {
    /// A weight, and a sum of weighted samples.
    type Weight: Copy;

    /// The sum to begin with, so that cutting off rounds.
    const HALF: Self::Weight;

    /// The weight that is that share of a sum; shares are about -0.3..=1.3.
    fn weight(share: f64) -> Self::Weight;

    /// `sum` and a weighted sample.
    fn add(sum: Self::Weight, weight: Self::Weight, sample: Self) -> Self::Weight;

    /// The sum as a sample, limited to `0..=MAX`.
    fn limit(sum: Self::Weight) -> Self;
}

/// In fixed point, as Pillow does it.
impl Weighted for u8 {
    type Weight = i32;
    const HALF: i32 = 1 << (PRECISION_BITS - 1);

    fn weight(share: f64) -> i32 {
        let scaled = share * f64::from(1 << PRECISION_BITS);
        (scaled + 0.5_f64.copysign(scaled)) as i32
    }

    #[inline(always)]
    fn add(sum: i32, weight: i32, sample: Self) -> i32 {
        sum.wrapping_add(weight.wrapping_mul(i32::from(sample)))
    }

    #[inline(always)]
    fn limit(sum: i32) -> Self {
        (sum >> PRECISION_BITS).clamp(0, 255) as Self
    }
}

/// In single precision.
impl Weighted for u16 {
    type Weight = f32;
    const HALF: f32 = 0.5;

    fn weight(share: f64) -> f32 {
        share as f32
    }

    #[inline(always)]
    fn add(sum: f32, weight: f32, sample: Self) -> f32 {
        sum + weight * f32::from(sample)
    }

    #[inline(always)]
    fn limit(sum: f32) -> Self {
        Self::from_f32(sum)
    }
}

/// Pairs of columns of the result, beginning with pair `first`, from columns of the original,
/// beginning with the pixel at `origin`. A pixel's `channels` samples are columns side by side.
pub(super) fn weigh_columns<T: Weighted>(
    columns: &[[T; ROWS]],
    origin: usize,
    channels: usize,
    windows: &Windows<T::Weight>,
    first: usize,
    to: &mut [[T; ROWS]],
) {
    // The compiler makes vectors of sixteen sums of whole numbers, but of eight in floating point.
    if T::MAX == u8::MAX.into() {
        weigh_parts::<T, ROWS>(columns, origin, channels, windows, first, to);
    } else {
        weigh_parts::<T, { ROWS / 2 }>(columns, origin, channels, windows, first, to);
    }
}

/// The same, with the sums of `PART` rows in registers at a time.
#[multiversion(targets = "simd")]
fn weigh_parts<T: Weighted, const PART: usize>(
    columns: &[[T; ROWS]],
    origin: usize,
    channels: usize,
    windows: &Windows<T::Weight>,
    first: usize,
    to: &mut [[T; ROWS]],
) {
    for (index, to) in to.chunks_exact_mut(2 * channels).enumerate() {
        let (range, weights) = windows.pair(first + index);
        let columns = &columns[(range.start - origin) * channels..(range.end - origin) * channels];
        let (to, next) = to.split_at_mut(channels);
        for (channel, (to, next)) in to.iter_mut().zip(next).enumerate() {
            let (to, next) = (to.as_chunks_mut::<PART>().0, next.as_chunks_mut().0);
            for (part, to) in to.iter_mut().zip(next).enumerate() {
                let pixels = columns.chunks_exact(channels);
                let lines = pixels.map(|pixel| &pixel[channel].as_chunks().0[part]);
                weigh(lines, weights, to);
            }
        }
    }
}

/// A pair of rows of the result from rows that are as long, which begin at `starts` of `samples`.
#[multiversion(targets = "simd")]
pub(super) fn weigh_rows<T: Weighted>(
    samples: &[T],
    starts: &[usize],
    weights: Weights<'_, T::Weight>,
    [to, next]: [&mut [T]; 2],
) {
    if to.len() < BLOCK {
        let to = to.as_chunks_mut::<1>().0.iter_mut().zip(next.as_chunks_mut().0);
        for (x, to) in to.enumerate() {
            let lines = starts.iter().filter_map(|start| samples[start + x..].first_chunk());
            weigh(lines, weights, to);
        }
        return;
    }
    let last = to.len() - BLOCK;
    for x in (0..to.len()).step_by(BLOCK) {
        // The last block begins in the one before.
        let x = x.min(last);
        let to = (to[x..].first_chunk_mut::<BLOCK>(), next[x..].first_chunk_mut());
        if let (Some(to), Some(next)) = to {
            let lines = starts.iter().filter_map(|start| samples[start + x..].first_chunk());
            weigh(lines, weights, (to, next));
        }
    }
}

/// Two weighted sums of the same lines; those that are in both are read and widened only once.
#[inline(always)]
fn weigh<'a, T: Weighted, const LANES: usize>(
    mut lines: impl Iterator<Item = &'a [T; LANES]>,
    weights: Weights<'_, T::Weight>,
    (to, next): (&mut [T; LANES], &mut [T; LANES]),
) {
    let (mut sums, mut next_sums) = ([T::HALF; LANES], [T::HALF; LANES]);
    for (&weight, line) in weights.first.iter().zip(&mut lines) {
        for lane in 0..LANES {
            sums[lane] = T::add(sums[lane], weight, line[lane]);
        }
    }
    let [both, both_next] = weights.both;
    for ((&weight, &next_weight), line) in both.iter().zip(both_next).zip(&mut lines) {
        for lane in 0..LANES {
            sums[lane] = T::add(sums[lane], weight, line[lane]);
            next_sums[lane] = T::add(next_sums[lane], next_weight, line[lane]);
        }
    }
    for (&weight, line) in weights.second.iter().zip(&mut lines) {
        for lane in 0..LANES {
            next_sums[lane] = T::add(next_sums[lane], weight, line[lane]);
        }
    }
    for lane in 0..LANES {
        to[lane] = T::limit(sums[lane]);
        next[lane] = T::limit(next_sums[lane]);
    }
}
