//! Samples of 8 and 16 bits, so that a kernel is written once.

use std::fmt::Debug;
use std::ops::{Add, Mul, Sub};

use crate::picture::Samples;
use crate::pool::Pool;

/// An unsigned sample, `0..=MAX`.
pub(crate) trait Sample: Copy + Debug + Default + PartialEq + bytemuck::Pod {
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

    /// The value.
    fn get(self) -> u32;

    /// The sample with that value, which is at most `MAX`.
    fn new(value: u32) -> Self;

    /// The value, cut off towards zero and limited to `0..=MAX`.
    fn from_f32(value: f32) -> Self;

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
        value as Self
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
        value as Self
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
