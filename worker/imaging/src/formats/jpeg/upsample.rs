//! Chroma in the size of luminance, row by row, as libjpeg's "fancy" upsampling does it: each
//! sample is mixed 3 to 1 with the neighbour that is nearer to the pixel (jdsample). Roundings
//! alternate, so that no tendency comes in.

use multiversion::multiversion;

/// A row from its own chroma row and the one above it, or below it, without a change of the width
/// (jdsample, `h1v2_fancy_upsample`). `rounding` is 1 for the one above, 2 for the one below.
#[multiversion(targets = "simd")]
pub(crate) fn between_rows(row: &[u8], neighbour: &[u8], rounding: u16, to: &mut [u8]) {
    for ((&near, &far), to) in row.iter().zip(neighbour).zip(to) {
        *to = ((3 * u16::from(near) + u16::from(far) + rounding) >> 2) as u8;
    }
}

/// A row of twice the width from its own chroma row and the one above it, or below it (jdsample,
/// `h2v2_fancy_upsample`). There are at least two samples in `row`; `to` has twice its length, and
/// `sums` the same.
#[multiversion(targets = "simd")]
pub(crate) fn between_rows_and_columns(
    row: &[u8],
    neighbour: &[u8],
    sums: &mut [u16],
    to: &mut [u8],
) {
    for ((&near, &far), sum) in row.iter().zip(neighbour).zip(&mut *sums) {
        *sum = 3 * u16::from(near) + u16::from(far);
    }
    let ([first, second, ..], [.., before_last, last]) = (&*sums, &*sums) else { return };
    let (pairs, _) = to.as_chunks_mut::<2>();
    let [left, inner @ .., right] = pairs else { return };
    *left = [((4 * first + 8) >> 4) as u8, ((3 * first + second + 7) >> 4) as u8];
    *right = [((3 * last + before_last + 8) >> 4) as u8, ((4 * last + 7) >> 4) as u8];
    let neighbours = sums.iter().zip(&sums[1..]).zip(&sums[2..]);
    for (pair, ((&before, &sum), &after)) in inner.iter_mut().zip(neighbours) {
        *pair = [((3 * sum + before + 8) >> 4) as u8, ((3 * sum + after + 7) >> 4) as u8];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_area_stays_as_it_is() {
        for value in [0, 1, 128, 255] {
            let row = [value; 40];
            let (mut same, mut wide) = ([7; 40], [7; 80]);
            between_rows(&row, &row, 1, &mut same);
            assert_eq!(same, row);
            between_rows_and_columns(&row, &row, &mut [0; 40], &mut wide);
            assert_eq!(wide, [value; 80]);
        }
    }

    #[test]
    fn a_step_is_spread_over_its_neighbours() {
        let mut to = [0; 6];
        between_rows_and_columns(&[0, 0, 160], &[0, 0, 160], &mut [0; 3], &mut to);
        assert_eq!(to, [0, 0, 0, 40, 120, 160]);
        between_rows_and_columns(&[160; 3], &[0; 3], &mut [0; 3], &mut to);
        assert_eq!(to, [120; 6]);
        between_rows(&[160; 6], &[0; 6], 2, &mut to);
        assert_eq!(to, [120; 6]);
    }
}
