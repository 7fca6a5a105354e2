//! Operations that look at one sample at a time.

use multiversion::multiversion;

use super::alpha;
use super::canvas::{Canvas, Draw};
use super::sample::Sample;
use crate::pool::Pool;

/// What becomes of a sample.
pub(crate) trait PointOp: Copy {
    /// The new value.
    fn apply<T: Sample>(self, value: T) -> T;
}

/// The operation on every sample but alpha.
pub(crate) struct Point<O>(pub(crate) O);

impl<O: PointOp> Draw for Point<O> {
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let channels = canvas.channels;
        canvas.in_pieces(|from, to| {
            apply(from, to, self.0);
            // Doing alpha too and putting it back is faster than stepping over it.
            alpha::restore(to, from, channels);
        });
    }
}

#[multiversion(targets = "simd")]
fn apply<T: Sample, O: PointOp>(from: &[T], to: &mut [T], op: O) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = op.apply(*from);
    }
}

/// A factor for differences of bytes, in 16 bits: what a product is, cut off downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Steps {
    whole: i16,
    /// In units of 2^-16.
    part: u16,
    /// Makes up for the 256 that are added to a difference, in units of 2^-7.
    offset: u16,
    /// 0.
    nothing: u16,
}

impl Steps {
    /// The factor, if with all differences it gives what [`blend`] gives.
    pub(crate) fn of(factor: f32) -> Option<Self> {
        let steps = Self::near(factor);
        let is_exact = |difference: i16| {
            let product = f32::from(difference) * factor;
            // Whatever is added to it, single precision will not round it up to a whole number.
            product - product.floor() < 0.9999 && product.floor() as i16 == steps.times(difference)
        };
        ((0.0..100.0).contains(&factor) && (-255..=255).all(is_exact)).then_some(steps)
    }

    /// That many per cent, if all differences from 0 on give what a division of whole numbers gives.
    pub(crate) fn of_percent(amount: i32) -> Option<Self> {
        let steps = Self::near(amount as f32 / 100.0);
        let is_exact = |difference: i16| {
            i32::from(difference) * amount / 100 == steps.times(difference).into()
        };
        ((0..10_000).contains(&amount) && (0..=255).all(is_exact)).then_some(steps)
    }

    fn near(factor: f32) -> Self {
        let whole = factor.floor();
        let part = f64::from(factor - whole);
        Self {
            whole: whole as i16,
            part: (part * 65536.0).round().min(65535.0) as u16,
            // A little more than it has to be, as products are cut off.
            offset: ((1.5 - part * 32768.0).round() as i32) as u16,
            nothing: 0,
        }
    }

    /// A difference of `-255..=255` times the factor.
    #[inline(always)]
    pub(crate) fn times(self, difference: i16) -> i16 {
        let shifted = ((difference + 256) as u16) << 7;
        // Of a factor that never changes the compiler makes numbers of 32 bits once and for all, and then
        // multiplies in 32 bits. This one may change, as far as it knows.
        let factor = self.part ^ (difference as u16 & self.nothing);
        let product = ((u32::from(shifted) * u32::from(factor)) >> 16) as u16;
        let part = product.wrapping_add(self.offset) as i16 >> 7;
        difference.wrapping_mul(self.whole) + part
    }
}

/// Pillow's `Image.blend`: `from` at factor 0, `to` at 1, beyond them outside of that range; in
/// single precision as there, cut off towards zero.
#[inline(always)]
pub(crate) fn blend<T: Sample>(from: T, to: T, factor: f32) -> T {
    let (from, to) = (from.get() as i32, to.get() as i32);
    T::from_f32(from as f32 + factor * (to - from) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_give_what_a_blend_in_single_precision_gives() {
        let mut exact = 0;
        for factor in (0..200).map(|step| step as f32 * 0.05) {
            let Some(steps) = Steps::of(factor) else { continue };
            exact += 1;
            for from in 0..=255_u8 {
                for to in 0..=255_u8 {
                    let [wide_from, wide_to] = [from, to].map(i16::from);
                    let sum = wide_from + steps.times(wide_to - wide_from);
                    assert_eq!(
                        sum.clamp(0, 255) as u8,
                        blend(from, to, factor),
                        "{from} {to} {factor}"
                    );
                }
            }
        }
        assert!(exact > 100, "{exact} factors");
    }
}
