//! Rows to columns and back, so that work along a row can be done on many rows at once.
//!
//! `columns[x * rows.len() + y] == rows[y][x]`; all rows have the same length.

use multiversion::multiversion;

use crate::squares::{LANES, SQUARE, transpose};

/// Columns that are done at a time, so that both sides stay in the first-level cache.
const TILE: usize = 16;
/// The same for bytes.
const BYTE_TILE: usize = 256;

/// Rows to columns.
pub(crate) fn into_columns<T: Copy>(rows: &[&[T]], columns: &mut [T]) {
    let height = rows.len();
    for (tile, columns) in columns.chunks_mut(TILE * height).enumerate() {
        for (y, row) in rows.iter().enumerate() {
            let row = &row[tile * TILE..];
            for (column, &sample) in columns.chunks_exact_mut(height).zip(row) {
                column[y] = sample;
            }
        }
    }
}

/// Columns to rows.
pub(crate) fn into_rows<T: Copy>(columns: &[T], rows: &mut [&mut [T]]) {
    let height = rows.len();
    for (tile, columns) in columns.chunks(TILE * height).enumerate() {
        for (y, row) in rows.iter_mut().enumerate() {
            let row = &mut row[tile * TILE..];
            for (column, sample) in columns.chunks_exact(height).zip(row) {
                *sample = column[y];
            }
        }
    }
}

/// Width of the squares that are turned side by side.
const RUN: usize = SQUARE * LANES;

/// Rows to columns, for bytes.
pub(crate) fn bytes_into_columns(rows: &[&[u8]], columns: &mut [u8]) {
    let height = rows.len();
    for (tile, columns) in columns.chunks_mut(BYTE_TILE * height).enumerate() {
        let width = columns.len() / height;
        let whole = width / RUN * RUN;
        for (group, rows) in rows.chunks(SQUARE).enumerate() {
            let top = group * SQUARE;
            let mut done = 0;
            if let Ok(rows) = <[&[u8]; SQUARE]>::try_from(rows) {
                let rows = rows.map(|row| &row[tile * BYTE_TILE..][..whole]);
                squares_into_columns(rows, columns, height, top);
                done = whole;
            }
            for (y, row) in rows.iter().enumerate() {
                let row = &row[tile * BYTE_TILE..][..width];
                for (x, &sample) in row.iter().enumerate().skip(done) {
                    columns[x * height + top + y] = sample;
                }
            }
        }
    }
}

#[multiversion(targets = "simd")]
fn squares_into_columns(rows: [&[u8]; SQUARE], columns: &mut [u8], height: usize, top: usize) {
    let rows = rows.map(|row| row.as_chunks::<RUN>().0);
    for (run, columns) in columns.chunks_exact_mut(RUN * height).enumerate() {
        let mut squares = [[0; LANES]; SQUARE];
        for (line, row) in squares.iter_mut().zip(rows) {
            let bytes = row[run].as_chunks::<SQUARE>().0;
            for lane in 0..LANES {
                line[lane] = u64::from_le_bytes(bytes[lane]);
            }
        }
        transpose(&mut squares);
        for (lane, columns) in columns.chunks_exact_mut(SQUARE * height).enumerate() {
            for (line, column) in squares.iter().zip(columns.chunks_exact_mut(height)) {
                column[top..top + SQUARE].copy_from_slice(&line[lane].to_le_bytes());
            }
        }
    }
}

/// Columns to rows, for bytes.
pub(crate) fn bytes_into_rows(columns: &[u8], rows: &mut [&mut [u8]]) {
    let height = rows.len();
    for (tile, columns) in columns.chunks(BYTE_TILE * height).enumerate() {
        let width = columns.len() / height;
        let whole = width / RUN * RUN;
        for (group, rows) in rows.chunks_mut(SQUARE).enumerate() {
            let top = group * SQUARE;
            let mut done = 0;
            if let Ok(rows) = <&mut [&mut [u8]; SQUARE]>::try_from(&mut *rows) {
                let rows = rows.each_mut().map(|row| &mut row[tile * BYTE_TILE..][..whole]);
                squares_into_rows(columns, rows, height, top);
                done = whole;
            }
            for (y, row) in rows.iter_mut().enumerate() {
                let row = &mut row[tile * BYTE_TILE..][..width];
                for (x, sample) in row.iter_mut().enumerate().skip(done) {
                    *sample = columns[x * height + top + y];
                }
            }
        }
    }
}

#[multiversion(targets = "simd")]
fn squares_into_rows(columns: &[u8], rows: [&mut [u8]; SQUARE], height: usize, top: usize) {
    let mut rows = rows.map(|row| row.as_chunks_mut::<RUN>().0);
    for (run, columns) in columns.chunks_exact(RUN * height).enumerate() {
        let mut squares = [[0; LANES]; SQUARE];
        for (lane, columns) in columns.chunks_exact(SQUARE * height).enumerate() {
            for (line, column) in squares.iter_mut().zip(columns.chunks_exact(height)) {
                let mut bytes = [0; SQUARE];
                bytes.copy_from_slice(&column[top..top + SQUARE]);
                line[lane] = u64::from_le_bytes(bytes);
            }
        }
        transpose(&mut squares);
        for (line, row) in squares.iter().zip(&mut rows) {
            let bytes = row[run].as_chunks_mut::<SQUARE>().0;
            for lane in 0..LANES {
                bytes[lane] = line[lane].to_le_bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(width: usize, height: usize) {
        let samples: Vec<u8> = (0..width * height).map(|i| (i * 7 % 251) as u8).collect();
        let rows: Vec<&[u8]> = samples.chunks(width).collect();
        let mut columns = vec![0; samples.len()];
        bytes_into_columns(&rows, &mut columns);
        for (y, row) in rows.iter().enumerate() {
            for (x, &sample) in row.iter().enumerate() {
                assert_eq!(columns[x * height + y], sample, "{width}x{height} at {x},{y}");
            }
        }
        let mut back = vec![0; samples.len()];
        let mut rows: Vec<&mut [u8]> = back.chunks_mut(width).collect();
        bytes_into_rows(&columns, &mut rows);
        assert_eq!(back, samples, "{width}x{height}");
    }

    #[test]
    fn every_sample_lands_in_its_place_and_returns() {
        for width in [1, 7, 8, 9, 16, 31, 64, 100] {
            for height in [1, 5, 8, 13, 16, 24, 32, 64] {
                there_and_back(width, height);
            }
        }
    }
}
