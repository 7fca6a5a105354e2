//! Pixels turned by a quarter: rows become columns.

use bytemuck::Pod;
use multiversion::multiversion;

use crate::picture::Channels;
use crate::squares::{LANES, SQUARE, transpose};

/// Side of the square that is turned at once, px: what it touches stays in the first-level cache.
const BLOCK: usize = 64;

/// How a quarter turn reads a picture as it is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quarter {
    /// Whether its last column becomes the first row.
    pub(super) from_right: bool,
    /// Whether its columns are read upwards.
    pub(super) upwards: bool,
}

/// Fills `to` with the picture of `width` x `height` px, turned; a row of `to` is a column of `from`.
pub(super) fn turn<T: Pod>(
    from: &[T],
    to: &mut [T],
    (width, height): (usize, usize),
    channels: Channels,
    Quarter { from_right, upwards }: Quarter,
) {
    let turn = Turn { width, height, from_right, upwards };
    match channels {
        Channels::Gray => turn.pixels::<T, 1>(from, to),
        Channels::GrayAlpha => turn.pixels::<T, 2>(from, to),
        Channels::Rgb if size_of::<T>() == 1 && width.min(height) >= BLOCK => {
            turn.colors(bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to));
        }
        Channels::Rgb => turn.pixels::<T, 3>(from, to),
        Channels::Rgba => turn.pixels::<T, 4>(from, to),
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
    /// A pixel at a time.
    fn pixels<T: Copy, const N: usize>(self, from: &[T], to: &mut [T]) {
        let Self { width, height, .. } = self;
        let (from, _) = from.as_chunks::<N>();
        let (to, _) = to.as_chunks_mut::<N>();
        for left in (0..height).step_by(BLOCK) {
            let right = (left + BLOCK).min(height);
            for top in (0..width).step_by(BLOCK) {
                for row in top..(top + BLOCK).min(width) {
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

    /// Bytes of red, green and blue, each turned by themselves. The last squares along a side reach
    /// back into those before them; the sides are at least as long as a square's.
    fn colors(self, from: &[u8], to: &mut [u8]) {
        let Self { width, height, .. } = self;
        let (mut planes, mut turned) = ([[[0; BLOCK]; BLOCK]; 3], [[[0; BLOCK]; BLOCK]; 3]);
        for left in (0..height).step_by(BLOCK).map(|left| left.min(height - BLOCK)) {
            for top in (0..width).step_by(BLOCK).map(|top| top.min(width - BLOCK)) {
                let x = if self.from_right { width - BLOCK - top } else { top };
                for line in 0..BLOCK {
                    let y = if self.upwards { height - 1 - left - line } else { left + line };
                    take_apart(&from[(y * width + x) * 3..], line, &mut planes);
                }
                for (plane, turned) in planes.iter().zip(&mut turned) {
                    turn_plane(plane, turned);
                }
                for line in 0..BLOCK {
                    let at = if self.from_right { BLOCK - 1 - line } else { line };
                    put_together(&turned, at, &mut to[((top + line) * height + left) * 3..]);
                }
            }
        }
    }
}

/// The red, green or blue of a square.
type Plane = [[u8; BLOCK]; BLOCK];

/// The first pixels become a line of the planes.
#[multiversion(targets = "simd")]
fn take_apart(pixels: &[u8], line: usize, planes: &mut [Plane; 3]) {
    let [red, green, blue] = planes.each_mut().map(|plane| &mut plane[line]);
    if let Some(pixels) = pixels.as_chunks().0.first_chunk::<BLOCK>() {
        for x in 0..BLOCK {
            [red[x], green[x], blue[x]] = pixels[x];
        }
    }
}

/// The reverse of [`take_apart`].
#[multiversion(targets = "simd")]
fn put_together(planes: &[Plane; 3], line: usize, pixels: &mut [u8]) {
    let [red, green, blue] = planes.each_ref().map(|plane| &plane[line]);
    if let Some(pixels) = pixels.as_chunks_mut().0.first_chunk_mut::<BLOCK>() {
        for x in 0..BLOCK {
            pixels[x] = [red[x], green[x], blue[x]];
        }
    }
}

/// Byte `x` of line `y` becomes byte `y` of line `x`.
#[multiversion(targets = "simd")]
fn turn_plane(from: &Plane, to: &mut Plane) {
    for y in (0..BLOCK).step_by(SQUARE) {
        for x in (0..BLOCK).step_by(SQUARE * LANES) {
            let mut squares = [[0; LANES]; SQUARE];
            for (line, row) in squares.iter_mut().zip(&from[y..y + SQUARE]) {
                let bytes = &row.as_chunks().0[x / SQUARE..][..LANES];
                for lane in 0..LANES {
                    line[lane] = u64::from_le_bytes(bytes[lane]);
                }
            }
            transpose(&mut squares);
            for lane in 0..LANES {
                for (line, row) in squares.iter().zip(&mut to[x + lane * SQUARE..]) {
                    row.as_chunks_mut().0[y / SQUARE] = line[lane].to_le_bytes();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn squares_turn_as_single_pixels_do(
            (width, height) in (1_usize..150, 1_usize..150),
            seed in any::<u32>(),
            (from_right, upwards) in any::<(bool, bool)>(),
        ) {
            let quarter = Quarter { from_right, upwards };
            let from: Vec<u8> = (0..(width * height * 3) as u32)
                .map(|at| (at.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 24) as u8)
                .collect();
            let words: Vec<u16> = from.iter().map(|&byte| byte.into()).collect();
            let mut bytes = vec![0; from.len()];
            turn(&from, &mut bytes, (width, height), Channels::Rgb, quarter);
            let mut single = vec![0; words.len()];
            turn(&words, &mut single, (width, height), Channels::Rgb, quarter);
            prop_assert!(single.into_iter().eq(bytes.into_iter().map(u16::from)));
        }
    }
}
