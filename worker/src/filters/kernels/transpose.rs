//! Rows to columns and back, so that work along a row can be done on many rows at once.
//!
//! `columns[x * rows.len() + y] == rows[y][x]`; all rows have the same length.

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

/// Rows to columns, for bytes.
pub(crate) fn bytes_into_columns(rows: &[&[u8]], columns: &mut [u8]) {
    into_columns(rows, columns);
}

/// Columns to rows, for bytes.
pub(crate) fn bytes_into_rows(columns: &[u8], rows: &mut [&mut [u8]]) {
    into_rows(columns, rows);
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
