//! Samples of 8 and 16 bits, so that a kernel is written once.

use std::fmt::Debug;
use std::ops::{Add, Mul, Sub};

use crate::picture::Samples;
use crate::pool::Pool;

/// An unsigned sample, `0..=MAX`.
pub(crate) trait Sample: Copy + Debug + Default + Ord + bytemuck::Pod {
    /// The largest value: white, opaque.
    const MAX: u32;

    /// Medium gray.
    const MIDDLE: Self::Wide;

    /// A signed integer that holds the weighted sums of a 3x3 kernel (weights up to 16 in sum).
    type Wide: Copy
        + PartialOrd
        + From<i8>
        + Add<Output = Self::Wide>
        + Sub<Output = Self::Wide>
        + Mul<Output = Self::Wide>;

    /// Four samples in one.
    type Quad: bytemuck::Pod + Default;

    /// The value.
    fn get(self) -> u32;

    /// The sample with that value, which is at most `MAX`.
    fn new(value: u32) -> Self;

    /// The value, cut off towards zero and limited to `0..=MAX`.
    fn from_f32(value: f32) -> Self;

    /// The value, cut off towards zero and limited to `0..=MAX`.
    fn from_f64(value: f64) -> Self;

    /// The value in the type of sums.
    fn widen(self) -> Self::Wide;

    /// A sum, limited to `0..=MAX`.
    fn saturate(sum: Self::Wide) -> Self;

    /// A sum that is not negative, divided by 13 and rounded.
    fn thirteenth(sum: Self::Wide) -> Self;

    /// `(sum * weight + far * far_weight) / 2^24`, rounded: a step of a box blur, whose weights
    /// are in units of 2^-24 and add up to 1 at most.
    fn weigh(sum: u32, weight: u32, far: u32, far_weight: u32) -> Self;

    /// Columns to rows: `to[x * rows + y] = from[y][x]`. See [`super::transpose`].
    fn transpose_into(from: &[&[Self]], to: &mut [Self]);

    /// Rows to columns, the reverse of `transpose_into`.
    fn transpose_back(from: &[Self], to: &mut [&mut [Self]]);

    /// A buffer of the pool with unspecified content.
    fn take(pool: &mut Pool, len: usize) -> Vec<Self>;

    /// Gives a buffer back to the pool.
    fn give(pool: &mut Pool, buffer: Vec<Self>);

    /// The buffer as a picture's samples.
    fn wrap(buffer: Vec<Self>) -> Samples;
}

impl Sample for u8 {
    const MAX: u32 = 255;
    const MIDDLE: i16 = 128;
    type Wide = i16;
    type Quad = u32;

    #[inline(always)]
    fn get(self) -> u32 {
        u32::from(self)
    }

    #[inline(always)]
    fn new(value: u32) -> Self {
        value as Self
    }

    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        floor_f32::<8>(value) as Self
    }

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        floor_f64::<8>(value) as Self
    }

    #[inline(always)]
    fn widen(self) -> i16 {
        i16::from(self)
    }

    #[inline(always)]
    fn saturate(sum: i16) -> Self {
        sum.clamp(0, 255) as Self
    }

    #[inline(always)]
    fn thirteenth(sum: i16) -> Self {
        ((sum as u16 + 6) / 13) as Self
    }

    #[inline(always)]
    fn weigh(sum: u32, weight: u32, far: u32, far_weight: u32) -> Self {
        let weighted = sum.wrapping_mul(weight).wrapping_add(far.wrapping_mul(far_weight));
        (weighted.wrapping_add(1 << 23) >> 24) as Self
    }

    fn transpose_into(from: &[&[Self]], to: &mut [Self]) {
        super::transpose::bytes_into_columns(from, to);
    }

    fn transpose_back(from: &[Self], to: &mut [&mut [Self]]) {
        super::transpose::bytes_into_rows(from, to);
    }

    fn take(pool: &mut Pool, len: usize) -> Vec<Self> {
        pool.bytes(len)
    }

    fn give(pool: &mut Pool, buffer: Vec<Self>) {
        pool.give_bytes(buffer);
    }

    fn wrap(buffer: Vec<Self>) -> Samples {
        Samples::U8(buffer)
    }
}

impl Sample for u16 {
    const MAX: u32 = 65535;
    const MIDDLE: i32 = 128 * 257;
    type Wide = i32;
    type Quad = u64;

    #[inline(always)]
    fn get(self) -> u32 {
        u32::from(self)
    }

    #[inline(always)]
    fn new(value: u32) -> Self {
        value as Self
    }

    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        floor_f32::<16>(value) as Self
    }

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        floor_f64::<16>(value) as Self
    }

    #[inline(always)]
    fn widen(self) -> i32 {
        i32::from(self)
    }

    #[inline(always)]
    fn saturate(sum: i32) -> Self {
        sum.clamp(0, 65535) as Self
    }

    #[inline(always)]
    fn thirteenth(sum: i32) -> Self {
        ((sum as u32 + 6) / 13) as Self
    }

    #[inline(always)]
    fn weigh(sum: u32, weight: u32, far: u32, far_weight: u32) -> Self {
        let weighted = u64::from(sum) * u64::from(weight) + u64::from(far) * u64::from(far_weight);
        ((weighted + (1 << 23)) >> 24) as Self
    }

    fn transpose_into(from: &[&[Self]], to: &mut [Self]) {
        super::transpose::into_columns(from, to);
    }

    fn transpose_back(from: &[Self], to: &mut [&mut [Self]]) {
        super::transpose::into_rows(from, to);
    }

    fn take(pool: &mut Pool, len: usize) -> Vec<Self> {
        pool.words(len)
    }

    fn give(pool: &mut Pool, buffer: Vec<Self>) {
        pool.give_words(buffer);
    }

    fn wrap(buffer: Vec<Self>) -> Samples {
        Samples::U16(buffer)
    }
}

/// The whole part of a number limited to `0..2^BITS`, in the low bits of the result.
///
/// Rust's own `as` is a dozen instructions for one number at a time. This is five for a whole
/// vector, on every processor: the number is scaled so that its whole part will end up in the top
/// bits of a mantissa, and adding 2^23 less one half rounds down what is below that mantissa: to
/// the nearest of the number less one half, which is below, and a tie between two goes to the even
/// one, which for a whole number is the number itself.
#[inline(always)]
fn floor_f32<const BITS: u32>(value: f32) -> u32 {
    let shift = 23 - BITS;
    let scale = (1_u32 << shift) as f32;
    let (least, most) = (1.0 / scale, ((1_u32 << BITS) - 1) as f32);
    let value = if value > least { value } else { least };
    let value = if value < most { value } else { most };
    (value * scale + 8_388_607.5).to_bits() >> shift
}

/// The same in double precision, whose mantissa has 52 bits.
#[inline(always)]
fn floor_f64<const BITS: u32>(value: f64) -> u64 {
    let shift = 52 - BITS;
    let scale = (1_u64 << shift) as f64;
    let (least, most) = (1.0 / scale, ((1_u64 << BITS) - 1) as f64);
    let value = if value > least { value } else { least };
    let value = if value < most { value } else { most };
    (value * scale + 4_503_599_627_370_495.5).to_bits() >> shift
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_f32(value: f32) {
        assert_eq!(u8::from_f32(value), value as u8, "{value}");
        assert_eq!(u16::from_f32(value), value as u16, "{value}");
    }

    fn check_f64(value: f64) {
        assert_eq!(u8::from_f64(value), value as u8, "{value}");
        assert_eq!(u16::from_f64(value), value as u16, "{value}");
    }

    #[test]
    fn numbers_are_cut_off_and_limited_as_by_a_cast() {
        for whole in 0..=65536 {
            let (single, double) = (whole as f32, f64::from(whole));
            for value in [single.next_down(), single, single.next_up(), single + 0.5] {
                check_f32(value);
            }
            for value in [double.next_down(), double, double.next_up(), double + 0.5] {
                check_f64(value);
            }
        }
        for value in [-1e30, -1.0, -1e-30, -0.0, 1e-30, 1e-6, 70_000.0, 1e30, f32::INFINITY] {
            check_f32(value);
            check_f64(f64::from(value));
        }
        check_f32(f32::NAN);
        // Every 97th number between 2^-24 and 65536.
        for bits in (0x3380_0000_u32..0x4780_0000).step_by(97) {
            check_f32(f32::from_bits(bits));
        }
    }
}
