//! Operations that look at one sample at a time.

use multiversion::multiversion;

use super::alpha;
use super::canvas::{Canvas, Draw};
use super::sample::Sample;
use crate::pool::Pool;

/// Samples per step: a block and its copy stay in the first-level cache.
const BLOCK: usize = 4096;

/// What becomes of a sample.
pub(crate) trait PointOp: Copy {
    /// The new value.
    fn apply<T: Sample>(self, value: T) -> T;
}

/// The operation on every sample but alpha.
pub(crate) struct Point<O>(pub(crate) O);

impl<O: PointOp> Draw for Point<O> {
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let source = canvas.source_rows();
        let Canvas { channels, samples, .. } = canvas;
        let mut original = [T::default(); BLOCK];
        for (index, block) in samples.chunks_mut(BLOCK).enumerate() {
            if let Some(source) = source {
                let start = index * BLOCK;
                block.copy_from_slice(&source[start..start + block.len()]);
            }
            if channels.has_alpha() {
                // Doing alpha too and putting it back is faster than stepping over it.
                let original = &mut original[..block.len()];
                original.copy_from_slice(block);
                apply(block, self.0);
                alpha::restore(block, original, channels);
            } else {
                apply(block, self.0);
            }
        }
    }
}

#[multiversion(targets = "simd")]
fn apply<T: Sample, O: PointOp>(block: &mut [T], op: O) {
    for sample in block {
        *sample = op.apply(*sample);
    }
}

/// Pillow's `Image.blend`: `from` at factor 0, `to` at 1, beyond them outside of that range; in
/// single precision as there, cut off towards zero.
#[inline(always)]
pub(crate) fn blend<T: Sample>(from: T, to: T, factor: f32) -> T {
    let (from, to) = (from.get() as i32, to.get() as i32);
    T::from_f32(from as f32 + factor * (to - from) as f32)
}
