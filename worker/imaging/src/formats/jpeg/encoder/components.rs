//! From RGB to luminance and chroma (JFIF; ITU-R BT.601), chroma at half the size both ways.

use std::ops::Range;

use multiversion::multiversion;

use super::blocks::LANES;
use super::{BLOCK, UNIT};

/// Px of a row that are converted at a time: a strip of luminance, and one of both chroma components.
pub(crate) const WIDTH: usize = BLOCK * LANES;

type Pixels = [[u8; 3]; WIDTH];
type Luma = [u8; WIDTH];
/// Blue in the first half, red in the second.
type Chroma = [u8; WIDTH];

/// The three components of so many px in the rows of a unit.
pub(crate) struct Components {
    y: [Luma; UNIT],
    chroma: [Chroma; BLOCK],
}

impl Components {
    pub(crate) fn new() -> Self {
        Self { y: [[0; WIDTH]; UNIT], chroma: [[0; WIDTH]; BLOCK] }
    }

    /// Converts some columns, at most [`WIDTH`], of all `rows`, at most as many as a unit has and of
    /// `width` px each. What is beyond the picture is filled up with its last column and row, as libjpeg does, of
    /// each component. Returns the number of rows.
    pub(crate) fn fill(&mut self, rows: &[[u8; 3]], width: usize, columns: Range<usize>) -> usize {
        let height = rows.len() / width;
        let mut padded = [[[0; 3]; WIDTH]; 2];
        for pair in 0..height.div_ceil(2) {
            let (top, bottom) = (2 * pair, (2 * pair + 1).min(height - 1));
            let [upper, lower] = &mut padded;
            let upper = whole(&rows[top * width..][columns.clone()], upper);
            let lower = whole(&rows[bottom * width..][columns.clone()], lower);
            let [y_upper, y_lower, ..] = &mut self.y[top..] else { break };
            convert([upper, lower], [y_upper, y_lower], &mut self.chroma[pair]);
        }
        repeat(&mut self.y, height - 1);
        repeat(&mut self.chroma, (height - 1) / 2);
        height
    }

    /// A strip of luminance, from the upper or the lower rows.
    pub(crate) fn luma(&self, down: usize) -> [&Luma; BLOCK] {
        std::array::from_fn(|y| &self.y[down * BLOCK + y])
    }

    /// A strip of chroma: of the two components, side by side.
    pub(crate) fn chroma(&self) -> [&Chroma; BLOCK] {
        self.chroma.each_ref()
    }
}

/// Repeats that row to the end.
fn repeat<T: Copy>(rows: &mut [T], last: usize) {
    let row = rows[last];
    rows[last + 1..].fill(row);
}

/// The pixels, with the last one repeated if there are too few of them.
fn whole<'a>(pixels: &'a [[u8; 3]], padded: &'a mut Pixels) -> &'a Pixels {
    if let Ok(pixels) = pixels.try_into() {
        return pixels;
    }
    padded[..pixels.len()].copy_from_slice(pixels);
    if let Some(&last) = pixels.last() {
        padded[pixels.len()..].fill(last);
    }
    padded
}

/// Two rows: luminance of each pixel, chroma of each two by two, as libjpeg's `jccolor.c` and
/// `jcsample.c`. The weights there are 16-bit fractions: here their halves of 8 bits are summed up
/// apart, so that sixteen bits are enough and the results are the same.
#[multiversion(targets = "simd")]
#[allow(clippy::needless_range_loop, reason = "compilers see best what is done to all columns")]
fn convert(rows: [&Pixels; 2], luma: [&mut Luma; 2], chroma: &mut Chroma) {
    let mut sums = [[0_u16; WIDTH]; 2];
    for (row, luma) in rows.into_iter().zip(luma) {
        let [cb, cr] = &mut sums;
        for x in 0..WIDTH {
            // Not as an array: compilers load it as one number then.
            let &[r, g, b] = &row[x];
            let (r, g, b) = (u16::from(r), u16::from(g), u16::from(b));
            // 19595, 38470 and 7471.
            let low = 139 * r + 70 * g + 47 * b;
            luma[x] = ((76 * r + 150 * g + 29 * b + 128 + (low >> 8)) >> 8) as u8;
            // 128 stands for no chroma; 127 in the lower half, for 255.5 must not become 256.
            let center = (128 << 8) + 127;
            // 32768 less 11059 and 21709, or less 27439 and 5329.
            let low = 51 * r + 205 * g;
            cb[x] += ((128 * b + center) - (43 * r + 84 * g) - (low >> 8)) >> 8;
            let low = 47 * g + 209 * b;
            cr[x] += ((128 * r + center) - (107 * g + 20 * b) - (low >> 8)) >> 8;
        }
    }
    for (sums, half) in sums.iter().zip(chroma.as_chunks_mut::<{ WIDTH / 2 }>().0) {
        let (pairs, _) = sums.as_chunks::<2>();
        for x in 0..WIDTH / 2 {
            // Halves are rounded down and up in turn.
            half[x] = ((pairs[x][0] + pairs[x][1] + 1 + x as u16 % 2) >> 2) as u8;
        }
    }
}
