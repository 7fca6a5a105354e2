//! Pixels turned by a quarter: rows become columns.

use std::ops::Range;

use bytemuck::Pod;

use crate::metadata::orientation::Orientation;
use crate::picture::Channels;

/// Side of the square that is turned at once, px: what it touches stays in the first-level cache.
const BLOCK: usize = 64;
/// Side of the square of red, green and blue bytes that is turned in registers, px.
const SQUARE: usize = 4;

/// Fills `to` with the picture of `width` x `height` px turned by one of the four orientations that
/// swap the sides; a row of `to` is a column of `from`.
pub(super) fn turn<T: Pod>(
    from: &[T],
    to: &mut [T],
    (width, height): (usize, usize),
    channels: Channels,
    orientation: Orientation,
) {
    let turn = Turn {
        width,
        height,
        from_right: matches!(orientation, Orientation::Transverse | Orientation::ThreeQuarterTurn),
        upwards: matches!(orientation, Orientation::Transverse | Orientation::QuarterTurn),
    };
    let all = (0..width, 0..height);
    match channels {
        Channels::Gray => turn.pixels::<T, 1>(from, to, all),
        Channels::GrayAlpha => turn.pixels::<T, 2>(from, to, all),
        Channels::Rgb if size_of::<T>() == 1 => {
            turn.colors(bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to));
        }
        Channels::Rgb => turn.pixels::<T, 3>(from, to, all),
        Channels::Rgba => turn.pixels::<T, 4>(from, to, all),
    }
}

#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Of the picture as it is stored, px.
    width: usize,
    height: usize,
    /// Whether its last column becomes the first row.
    from_right: bool,
    /// Whether its columns are read upwards.
    upwards: bool,
}

impl Turn {
    /// These rows and columns of the result, a pixel at a time.
    fn pixels<T: Copy, const N: usize>(
        self,
        from: &[T],
        to: &mut [T],
        (rows, columns): (Range<usize>, Range<usize>),
    ) {
        let Self { width, height, .. } = self;
        let (from, _) = from.as_chunks::<N>();
        let (to, _) = to.as_chunks_mut::<N>();
        for left in columns.clone().step_by(BLOCK) {
            let right = (left + BLOCK).min(columns.end);
            for top in rows.clone().step_by(BLOCK) {
                for row in top..(top + BLOCK).min(rows.end) {
                    let column = if self.from_right { width - 1 - row } else { row };
                    let target = &mut to[row * height + left..row * height + right];
                    if self.upwards {
                        let first = (height - right) * width + column;
                        let source = from[first..].iter().step_by(width);
                        target.iter_mut().rev().zip(source).for_each(|(to, from)| *to = *from);
                    } else {
                        let source = from[left * width + column..].iter().step_by(width);
                        target.iter_mut().zip(source).for_each(|(to, from)| *to = *from);
                    }
                }
            }
        }
    }

    /// Bytes of red, green and blue: squares of four by four pixels, what is left one by one.
    fn colors(self, from: &[u8], to: &mut [u8]) {
        let (rows, columns) = (self.width / SQUARE * SQUARE, self.height / SQUARE * SQUARE);
        for left in (0..columns).step_by(BLOCK) {
            for top in (0..rows).step_by(BLOCK) {
                for column in (left..(left + BLOCK).min(columns)).step_by(SQUARE) {
                    for row in (top..(top + BLOCK).min(rows)).step_by(SQUARE) {
                        self.square(from, to, row, column);
                    }
                }
            }
        }
        self.pixels::<u8, 3>(from, to, (rows..self.width, 0..self.height));
        self.pixels::<u8, 3>(from, to, (0..rows, columns..self.height));
    }

    /// The square of the result that begins at that row and column.
    #[inline]
    fn square(self, from: &[u8], to: &mut [u8], row: usize, column: usize) {
        let Self { width, height, .. } = self;
        let x = if self.from_right { width - SQUARE - row } else { row };
        let lines: [[u32; SQUARE]; SQUARE] = std::array::from_fn(|line| {
            let y = if self.upwards { height - 1 - column - line } else { column + line };
            split(&from[(y * width + x) * 3..])
        });
        for line in 0..SQUARE {
            let at = if self.from_right { SQUARE - 1 - line } else { line };
            let to = &mut to[((row + line) * height + column) * 3..];
            join(lines.map(|pixels| pixels[at]), to);
        }
    }
}

/// The first four pixels, each a number of 24 bits.
#[inline]
fn split(bytes: &[u8]) -> [u32; SQUARE] {
    const PIXEL: u32 = 0xFF_FFFF;
    let words = &bytes[..12].as_chunks::<4>().0;
    let [a, b, c] = [0, 1, 2].map(|word: usize| u32::from_le_bytes(words[word]));
    [a & PIXEL, (a >> 24 | b << 8) & PIXEL, (b >> 16 | c << 16) & PIXEL, c >> 8]
}

/// The reverse of [`split`].
#[inline]
fn join([a, b, c, d]: [u32; SQUARE], bytes: &mut [u8]) {
    let words = bytes[..12].as_chunks_mut::<4>().0;
    let joined = [a | b << 24, b >> 8 | c << 16, c >> 16 | d << 8];
    for (word, value) in words.iter_mut().zip(joined) {
        *word = value.to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TURNS: [Orientation; 4] = [
        Orientation::Transpose,
        Orientation::QuarterTurn,
        Orientation::Transverse,
        Orientation::ThreeQuarterTurn,
    ];

    proptest! {
        #[test]
        fn squares_turn_as_single_pixels_do(
            (width, height) in (1_usize..150, 1_usize..150),
            seed in any::<u32>(),
        ) {
            let from: Vec<u8> = (0..(width * height * 3) as u32)
                .map(|at| (at.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 24) as u8)
                .collect();
            let words: Vec<u16> = from.iter().map(|&byte| byte.into()).collect();
            for orientation in TURNS {
                let mut bytes = vec![0; from.len()];
                turn(&from, &mut bytes, (width, height), Channels::Rgb, orientation);
                let mut single = vec![0; words.len()];
                turn(&words, &mut single, (width, height), Channels::Rgb, orientation);
                prop_assert!(single.into_iter().eq(bytes.into_iter().map(u16::from)));
            }
        }
    }
}
