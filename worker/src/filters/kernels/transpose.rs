//! Rows to columns and back, so that work along a row can be done on many rows at once.
//!
//! `columns[x * rows.len() + y] == rows[y][x]`; all rows have the same length.

use multiversion::multiversion;

/// Side of the tiles that are done at a time, so that both sides stay in the first-level cache.
const TILE: usize = 16;

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

/// Side of the squares of bytes that are turned in registers.
const SQUARE: usize = 8;

/// Rows to columns, for bytes.
pub(crate) fn bytes_into_columns(rows: &[&[u8]], columns: &mut [u8]) {
    let (height, width) = (rows.len(), rows.first().map_or(0, |row| row.len()));
    let whole = width / SQUARE * SQUARE;
    for (group, rows) in rows.chunks(SQUARE).enumerate() {
        let top = group * SQUARE;
        let Ok(rows) = <[&[u8]; SQUARE]>::try_from(rows) else {
            scatter(rows, 0, columns, height, top);
            continue;
        };
        squares_into_columns(rows, columns, height, top);
        scatter(&rows, whole, columns, height, top);
    }
}

/// Rows to columns one by one, from column `first` on; the rows begin at row `top` of `height`.
fn scatter(rows: &[&[u8]], first: usize, columns: &mut [u8], height: usize, top: usize) {
    for (y, row) in rows.iter().enumerate() {
        for (x, &sample) in row.iter().enumerate().skip(first) {
            columns[x * height + top + y] = sample;
        }
    }
}

#[multiversion(targets = "simd")]
fn squares_into_columns(rows: [&[u8]; SQUARE], columns: &mut [u8], height: usize, top: usize) {
    let rows = rows.map(|row| row.as_chunks::<SQUARE>().0);
    for (square, columns) in columns.chunks_exact_mut(SQUARE * height).enumerate() {
        let turned = transpose(rows.map(|row| u64::from_le_bytes(row[square])));
        for (column, turned) in columns.chunks_exact_mut(height).zip(turned) {
            column[top..top + SQUARE].copy_from_slice(&turned.to_le_bytes());
        }
    }
}

/// Columns to rows, for bytes.
pub(crate) fn bytes_into_rows(columns: &[u8], rows: &mut [&mut [u8]]) {
    let (height, width) = (rows.len(), rows.first().map_or(0, |row| row.len()));
    let whole = width / SQUARE * SQUARE;
    for (group, rows) in rows.chunks_mut(SQUARE).enumerate() {
        let top = group * SQUARE;
        let mut first = 0;
        if let Ok(rows) = <&mut [&mut [u8]; SQUARE]>::try_from(&mut *rows) {
            squares_into_rows(columns, rows, height, top);
            first = whole;
        }
        for (y, row) in rows.iter_mut().enumerate() {
            for (x, sample) in row.iter_mut().enumerate().skip(first) {
                *sample = columns[x * height + top + y];
            }
        }
    }
}

#[multiversion(targets = "simd")]
fn squares_into_rows(columns: &[u8], rows: &mut [&mut [u8]; SQUARE], height: usize, top: usize) {
    let mut rows = rows.each_mut().map(|row| row.as_chunks_mut::<SQUARE>().0);
    for (square, columns) in columns.chunks_exact(SQUARE * height).enumerate() {
        let mut lines = [0; SQUARE];
        for (line, column) in lines.iter_mut().zip(columns.chunks_exact(height)) {
            let mut bytes = [0; SQUARE];
            bytes.copy_from_slice(&column[top..top + SQUARE]);
            *line = u64::from_le_bytes(bytes);
        }
        for (row, turned) in rows.iter_mut().zip(transpose(lines)) {
            row[square] = turned.to_le_bytes();
        }
    }
}

/// Turns a square of bytes: byte `x` of number `y` goes to byte `y` of number `x`. First its
/// quarters change places, then the quarters of those, then their bytes.
#[inline(always)]
fn transpose(mut lines: [u64; SQUARE]) -> [u64; SQUARE] {
    for (distance, mask) in
        [(4, 0x0000_0000_FFFF_FFFF), (2, 0x0000_FFFF_0000_FFFF), (1, 0x00FF_00FF_00FF_00FF)]
    {
        let shift = 8 * distance;
        for upper in (0..SQUARE).filter(|line| line & distance == 0) {
            let (a, b) = (lines[upper], lines[upper + distance]);
            lines[upper] = (a & mask) | ((b & mask) << shift);
            lines[upper + distance] = ((a >> shift) & mask) | (b & !mask);
        }
    }
    lines
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
