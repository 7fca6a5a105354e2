//! Sixteen rows on their side and back, so that work along a row is done on all of them at once.
//!
//! Lines are zipped four at a time, and what that gives four at a time again: long runs of equal
//! steps, which become vector code, and no sample is stored by itself.

use bytemuck::{cast_slice, cast_slice_mut};
use multiversion::multiversion;

use crate::filters::kernels::sample::Sample;

/// Rows that are turned at a time.
pub(super) const ROWS: usize = 16;
/// Lines that are zipped at a time.
const STEP: usize = 4;
/// Columns that are done at a time, so that what is between the two steps stays in the first-level
/// cache.
const TILE: usize = 256;

/// Rows to columns: `columns[x][y] = rows[y][x]`. The rows are as long as there are columns.
#[multiversion(targets = "simd")]
pub(super) fn into_columns<T: Sample>(rows: [&[T]; ROWS], columns: &mut [[T; ROWS]]) {
    let mut between = [[T::Quad::default(); TILE]; STEP];
    for (tile, columns) in columns.chunks_mut(TILE).enumerate() {
        let (left, len) = (tile * TILE, columns.len());
        for (rows, quads) in rows.as_chunks::<STEP>().0.iter().zip(&mut between) {
            zip(rows.map(|row| &row[left..][..len]), cast_slice_mut(&mut quads[..len]));
        }
        zip(between.each_ref().map(|quads| &quads[..len]), cast_slice_mut(columns));
    }
}

/// Columns to rows, the reverse of [`into_columns`].
#[multiversion(targets = "simd")]
pub(super) fn into_rows<T: Sample>(columns: &[[T; ROWS]], mut rows: [&mut [T]; ROWS]) {
    let mut between = [[T::Quad::default(); TILE]; STEP];
    for (tile, columns) in columns.chunks(TILE).enumerate() {
        let (left, len) = (tile * TILE, columns.len());
        unzip(cast_slice(columns), between.each_mut().map(|quads| &mut quads[..len]));
        for (quads, rows) in between.iter().zip(rows.as_chunks_mut::<STEP>().0) {
            let rows = rows.each_mut().map(|row| &mut row[left..][..len]);
            unzip(cast_slice(&quads[..len]), rows);
        }
    }
}

#[inline(always)]
fn zip<T: Copy>([a, b, c, d]: [&[T]; STEP], to: &mut [[T; STEP]]) {
    let len = to.len();
    let (a, b, c, d) = (&a[..len], &b[..len], &c[..len], &d[..len]);
    for x in 0..len {
        to[x] = [a[x], b[x], c[x], d[x]];
    }
}

#[inline(always)]
fn unzip<T: Copy>(from: &[[T; STEP]], [a, b, c, d]: [&mut [T]; STEP]) {
    let len = from.len();
    let (a, b, c, d) = (&mut a[..len], &mut b[..len], &mut c[..len], &mut d[..len]);
    for x in 0..len {
        [a[x], b[x], c[x], d[x]] = from[x];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back<T: Sample>(width: usize) {
        let samples: Vec<T> =
            (0..ROWS * width).map(|i| T::new((i * 7 % 251) as u32 * (T::MAX / 255))).collect();
        let mut rows = [&samples[..0]; ROWS];
        rows.iter_mut().zip(samples.chunks(width)).for_each(|(row, samples)| *row = samples);
        let mut columns = vec![[T::default(); ROWS]; width];
        into_columns(rows, &mut columns);
        for (x, column) in columns.iter().enumerate() {
            assert_eq!(*column, rows.map(|row| row[x]), "column {x} of {width}");
        }
        let mut back = vec![T::default(); samples.len()];
        let mut parts = back.chunks_mut(width);
        into_rows(&columns, std::array::from_fn(|_| parts.next().unwrap()));
        assert_eq!(back, samples, "{width}");
    }

    #[test]
    fn every_sample_lands_in_its_place_and_returns() {
        for width in [1, 2, 31, 64, TILE - 1, TILE, TILE + 1, 3 * TILE + 17] {
            there_and_back::<u8>(width);
            there_and_back::<u16>(width);
        }
    }
}
