//! Forward DCT and quantisation of many blocks at once.

#![allow(clippy::inline_always, reason = "the callers are compiled for several processors")]

use bytemuck::cast_ref;
use multiversion::multiversion;

use super::{BLOCK, forward_dct};
use crate::formats::jpeg::standard::{compute_reciprocal, tables::ZIGZAG_ORDER};
use crate::squares::{self, Squares, transpose};

/// Blocks that are transformed together.
pub(crate) const LANES: usize = 16;
/// Samples of so many blocks are a number of 64 bits.
const HALVES: usize = LANES / BLOCK;

/// One value of each block.
type Lanes<T> = [T; LANES];

/// Blocks that lie side by side.
pub(crate) struct Strip {
    /// Quantised coefficients in zigzag order.
    pub(crate) coefficients: [Lanes<i16>; 64],
    /// Which of a block's are not 0: bit `i` stands for coefficient `i`.
    pub(crate) present: Lanes<u64>,
}

/// Division by the steps of a quantisation table, rounded, as two multiplications (libjpeg-turbo,
/// `jcdctmgr.c`): `(|value| + correction) * reciprocal * scale / 2^32`. In natural order.
#[derive(Debug)]
pub(crate) struct Quantization {
    reciprocals: [Lanes<u16>; 64],
    corrections: [Lanes<u16>; 64],
    scales: [Lanes<u16>; 64],
}

impl Quantization {
    /// For steps of 1..=255 in natural order.
    pub(crate) fn new(steps: &[u16; 64]) -> Self {
        // The DCT leaves its results eight times as large.
        let parts = steps.map(|step| compute_reciprocal(8 * step));
        Self {
            reciprocals: parts.map(|(reciprocal, ..)| [reciprocal; LANES]),
            corrections: parts.map(|(_, correction, ..)| [correction; LANES]),
            scales: parts.map(|(_, _, scale, _)| [scale; LANES]),
        }
    }
}

impl Strip {
    pub(crate) const fn new() -> Self {
        Self { coefficients: [[0; LANES]; 64], present: [0; LANES] }
    }

    /// Transforms eight rows of samples.
    pub(crate) fn transform(
        &mut self,
        rows: [&[u8; BLOCK * LANES]; BLOCK],
        quantization: &Quantization,
    ) {
        transform(rows, quantization, &mut self.coefficients, &mut self.present);
    }
}

#[multiversion(targets = "simd")]
#[allow(clippy::needless_range_loop, reason = "compilers see best what is done to all lanes")]
fn transform(
    rows: [&[u8; BLOCK * LANES]; BLOCK],
    quantization: &Quantization,
    coefficients: &mut [Lanes<i16>; 64],
    present: &mut Lanes<u64>,
) {
    let squares = turn(rows);
    let samples: &[[[Lanes<u8>; 2]; BLOCK]; BLOCK / 2] = cast_ref(&squares);

    // Of each row, by frequency.
    let mut halfway = [[[0_i16; LANES]; BLOCK]; BLOCK];
    for (y, halfway) in halfway.iter_mut().enumerate() {
        for lane in 0..LANES {
            let row = std::array::from_fn(|x| i16::from(samples[y / 2][x][y % 2][lane]));
            let frequencies = forward_dct::of_row(row);
            for i in 0..BLOCK {
                halfway[i][lane] = frequencies[i];
            }
        }
    }

    let mut marks = [[0_u16; LANES]; 4];
    for x in 0..BLOCK {
        let mut column = [[0_i16; LANES]; BLOCK];
        for lane in 0..LANES {
            let values = std::array::from_fn(|y| halfway[y][x][lane]);
            let frequencies = forward_dct::of_column(values);
            for i in 0..BLOCK {
                column[i][lane] = frequencies[i];
            }
        }
        for (y, values) in column.iter().enumerate() {
            let i = y * BLOCK + x;
            let place = PLACE[i];
            let (to, marks) = (&mut coefficients[place], &mut marks[place / 16]);
            let (reciprocal, correction, scale) = (
                &quantization.reciprocals[i],
                &quantization.corrections[i],
                &quantization.scales[i],
            );
            for lane in 0..LANES {
                let value = values[lane];
                let size = value.unsigned_abs().wrapping_add(correction[lane]);
                let size = high_half(high_half(size, reciprocal[lane]), scale[lane]) as i16;
                to[lane] = if value < 0 { -size } else { size };
                marks[lane] |= (size as u16).min(1) << (place % 16);
            }
        }
    }

    for lane in 0..LANES {
        present[lane] = (0..4).fold(0, |all, i| all | u64::from(marks[i][lane]) << (16 * i));
    }
}

/// Where a coefficient of natural order stands in zigzag order.
const PLACE: [usize; 64] = {
    let (mut place, mut i) = ([0; 64], 0);
    while i < 64 {
        place[ZIGZAG_ORDER[i]] = i;
        i += 1;
    }
    place
};

#[inline(always)]
fn high_half(a: u16, b: u16) -> u16 {
    ((u32::from(a) * u32::from(b)) >> 16) as u16
}

/// From rows of blocks to the bytes `[two rows][column][row][block]`.
#[inline(always)]
fn turn(rows: [&[u8; BLOCK * LANES]; BLOCK]) -> [Squares; BLOCK / 2] {
    let mut squares = [[[0; squares::LANES]; BLOCK]; BLOCK / 2];
    for (y, row) in rows.into_iter().enumerate() {
        let (blocks, _) = row.as_chunks::<BLOCK>();
        for (i, &block) in blocks.iter().enumerate() {
            squares[y / 2][i % BLOCK][y % 2 * HALVES + i / BLOCK] = u64::from_le_bytes(block);
        }
    }
    for squares in &mut squares {
        transpose(squares);
    }
    for number in squares.as_flattened_mut().as_flattened_mut() {
        *number = number.to_le();
    }
    squares
}
