//! A picture seen through an affine map, by cubic interpolation, as Pillow's `Image.rotate` with
//! `BICUBIC` does it: in double precision, cut off at 8 bits; beyond the picture is a fill.

use multiversion::multiversion;

use super::color::Fill;
use super::remake::{Remake, View};
use super::sample::Sample;
use crate::pool::Pool;

/// Where on the picture a pixel of the result comes from: `x' = a x + b y + c`, `y' = d x + e y + f`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Affine {
    size: (u32, u32),
    matrix: [f64; 6],
}

impl Affine {
    /// A turn around the middle by `degrees`, counter-clockwise. The order of operations is Pillow's.
    pub(crate) fn rotation(width: u32, height: u32, degrees: f64, expand: bool) -> Self {
        let mut matrix = turn(width, height, degrees);
        let mut size = (width, height);
        if expand {
            size = rotated_size(width, height, degrees);
            let shift = |to: u32, from: u32| -(f64::from(to) - f64::from(from)) / 2.0;
            let (c, f) = map(matrix, shift(size.0, width), shift(size.1, height));
            matrix[2] = c;
            matrix[5] = f;
        }
        Self { size, matrix }
    }
}

/// Columns and rows that hold the whole picture after a turn by `degrees`, px.
pub(crate) fn rotated_size(width: u32, height: u32, degrees: f64) -> (u32, u32) {
    let matrix = turn(width, height, degrees);
    let (w, h) = (f64::from(width), f64::from(height));
    let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|(x, y)| map(matrix, x, y));
    let extent = |values: [f64; 4]| {
        let most = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let least = values.into_iter().fold(f64::INFINITY, f64::min);
        (most.ceil() - least.floor()) as u32
    };
    (extent(corners.map(|corner| corner.0)), extent(corners.map(|corner| corner.1)))
}

fn turn(width: u32, height: u32, degrees: f64) -> [f64; 6] {
    let angle = -degrees.to_radians();
    // Python's round(x, 15).
    let round = |value: f64| (value * 1e15).round_ties_even() / 1e15;
    let (cos, sin) = (round(angle.cos()), round(angle.sin()));
    let mut matrix = [cos, sin, 0.0, round(-angle.sin()), cos, 0.0];
    let center = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    let (c, f) = map(matrix, -center.0, -center.1);
    matrix[2] = c + center.0;
    matrix[5] = f + center.1;
    matrix
}

#[inline(always)]
fn map([a, b, c, d, e, f]: [f64; 6], x: f64, y: f64) -> (f64, f64) {
    (a * x + b * y + c, d * x + e * y + f)
}

/// The picture, turned.
#[derive(Debug)]
pub(crate) struct Turned {
    pub(crate) affine: Affine,
    /// What is beyond the picture.
    pub(crate) fill: Fill,
}

impl Remake for Turned {
    fn size(&self) -> (u32, u32) {
        self.affine.size
    }

    fn fill<T: Sample>(&self, from: View<'_, T>, to: &mut [T], _pool: &mut Pool) {
        let (matrix, fill) = (self.affine.matrix, self.fill.pixel::<T>(from.channels));
        let count = from.channels.count();
        for (y, row) in to.chunks_exact_mut(self.affine.size.0 as usize * count).enumerate() {
            match count {
                1 => turn_row::<T, 1>(from, row, y, matrix, fill),
                2 => turn_row::<T, 2>(from, row, y, matrix, fill),
                3 => turn_row::<T, 3>(from, row, y, matrix, fill),
                _ => turn_row::<T, 4>(from, row, y, matrix, fill),
            }
        }
    }
}

#[multiversion(targets = "simd")]
fn turn_row<T: Sample, const N: usize>(
    from: View<'_, T>,
    to: &mut [T],
    y: usize,
    matrix: [f64; 6],
    fill: [T; 4],
) {
    let (width, height) = (from.width, from.height);
    // 8-bit values are cut off as Pillow's are, others are rounded.
    let half = if T::MAX == 255 { 0.0 } else { 0.5 };
    for (x, to) in to.as_chunks_mut::<N>().0.iter_mut().enumerate() {
        let (at_x, at_y) = map(matrix, x as f64 + 0.5, y as f64 + 0.5);
        if at_x < 0.0 || at_x >= width as f64 || at_y < 0.0 || at_y >= height as f64 {
            to.copy_from_slice(&fill[..N]);
            continue;
        }
        let (at_x, at_y) = (at_x - 0.5, at_y - 0.5);
        let (left, top) = (at_x.floor(), at_y.floor());
        let (dx, dy) = (at_x - left, at_y - top);
        let (left, top) = (left as isize - 1, top as isize - 1);
        // Four pixels of four rows; of the last one, four samples are read.
        let inside = left >= 0 && top >= 0;
        let (first, last) = ((left.max(0) as usize), (top.max(0) as usize) + 3);
        // Loops, as a closure may become a function of its own, for processors without vectors.
        let mut rows = [[0.0; 4]; 4];
        if inside && (first + 3) * N + 4 <= width * N && last < height {
            let around = &from.samples[(last - 3) * from.row_len() + first * N..];
            for (row, values) in rows.iter_mut().enumerate() {
                *values = across::<T, N>(&around[row * from.row_len()..], dx);
            }
        } else {
            for (row, values) in edge::<T, N>(from, left, top).iter().zip(&mut rows) {
                *values = across::<T, N>(row, dx);
            }
        }
        for (to, value) in to.iter_mut().zip(cubic(rows, dy)) {
            *to = T::from_f64(value + half);
        }
    }
}

/// What is around a pixel near an edge, beyond which the outermost pixels go on.
#[cold]
fn edge<T: Sample, const N: usize>(from: View<'_, T>, left: isize, top: isize) -> [[T; 20]; 4] {
    let mut around = [[T::default(); 20]; 4];
    for (to, y) in around.iter_mut().zip(top..) {
        let row = from.row(y.clamp(0, from.height as isize - 1) as usize);
        for (to, x) in to.as_chunks_mut::<N>().0.iter_mut().zip(left..left + 4) {
            let x = x.clamp(0, from.width as isize - 1) as usize;
            to.copy_from_slice(&row[x * N..][..N]);
        }
    }
    around
}

/// The row's first four pixels at `at`: their `N` channels, and values of no meaning.
#[inline(always)]
fn across<T: Sample, const N: usize>(row: &[T], at: f64) -> [f64; 4] {
    let row = &row[..3 * N + 4];
    // Four samples at a time, even if a pixel has fewer: one instruction each.
    let mut pixels = [[0.0; 4]; 4];
    for (index, pixel) in pixels.iter_mut().enumerate() {
        for (lane, value) in pixel.iter_mut().enumerate() {
            *value = f64::from(row[index * N + lane].get() as i32);
        }
    }
    cubic(pixels, at)
}

/// Keys' cubic with a = -1 through four values, `at` between the second and the third; four of them
/// side by side.
#[inline(always)]
fn cubic([a, b, c, d]: [[f64; 4]; 4], at: f64) -> [f64; 4] {
    let mut value = [0.0; 4];
    for lane in 0..4 {
        let (a, b, c, d) = (a[lane], b[lane], c[lane], d[lane]);
        let p2 = -a + c;
        let p3 = 2.0 * (a - b) + c - d;
        let p4 = -a + b - c + d;
        value[lane] = b + at * (p2 + at * (p3 + at * p4));
    }
    value
}
