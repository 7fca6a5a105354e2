//! Colours whose bytes of red, green and blue are worked on apart, so that no vector holds more than
//! one of the three.

use multiversion::multiversion;

/// Pixels that are worked on together: as many numbers of 16 bits as a vector of AVX2 holds.
pub(crate) const LANES: usize = 16;
/// Pixels that are taken apart at a time. All of it stays in the first-level cache, and the loops are
/// long enough for the compiler to keep them loops, whose numbers fit into registers.
const BLOCK: usize = 16 * LANES;

/// What becomes of a colour.
pub(crate) trait Recolor: Copy {
    /// The new red, green and blue of some pixels.
    fn recolor(self, colors: [&[u8; LANES]; 3], to: [&mut [u8; LANES]; 3]);
}

type Planes = [[u8; BLOCK]; 3];

/// Recolours pixels of `N` bytes; alpha stays.
#[multiversion(targets = "simd")]
pub(crate) fn recolor<R: Recolor, const N: usize>(from: &[u8], to: &mut [u8], work: R) {
    let (from, from_rest) = from.as_chunks::<N>().0.as_chunks::<BLOCK>();
    let (to, to_rest) = to.as_chunks_mut::<N>().0.as_chunks_mut::<BLOCK>();
    let (mut planes, mut results) = ([[0; BLOCK]; 3], [[0; BLOCK]; 3]);
    for (from, to) in from.iter().zip(to) {
        recolor_block(from, to, [&mut planes, &mut results], work);
    }
    if !from_rest.is_empty() {
        // Filled up with black.
        let mut filled = [[0; N]; BLOCK];
        filled[..from_rest.len()].copy_from_slice(from_rest);
        let mut result = filled;
        recolor_block(&filled, &mut result, [&mut planes, &mut results], work);
        to_rest.copy_from_slice(&result[..to_rest.len()]);
    }
}

#[inline(always)]
fn recolor_block<R: Recolor, const N: usize>(
    from: &[[u8; N]; BLOCK],
    to: &mut [[u8; N]; BLOCK],
    [planes, results]: [&mut Planes; 2],
    work: R,
) {
    for (index, pixel) in from.iter().enumerate() {
        for channel in 0..3 {
            planes[channel][index] = pixel[channel];
        }
    }
    let [red, green, blue] = planes.each_ref().map(|plane| plane.as_chunks().0);
    let [to_red, to_green, to_blue] = results.each_mut().map(|plane| plane.as_chunks_mut().0);
    for i in 0..BLOCK / LANES {
        let to = [&mut to_red[i], &mut to_green[i], &mut to_blue[i]];
        work.recolor([&red[i], &green[i], &blue[i]], to);
    }
    for (index, pixel) in to.iter_mut().enumerate() {
        *pixel = from[index];
        for channel in 0..3 {
            pixel[channel] = results[channel][index];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    struct Turned;

    impl Recolor for Turned {
        fn recolor(self, [red, green, blue]: [&[u8; LANES]; 3], to: [&mut [u8; LANES]; 3]) {
            for (to, from) in to.into_iter().zip([green, blue, red]) {
                *to = *from;
            }
        }
    }

    #[test]
    fn every_pixel_is_recoloured_and_alpha_stays() {
        for count in [0, 1, LANES, BLOCK - 1, BLOCK, 2 * BLOCK + 5] {
            let from: Vec<u8> = (0..4 * count).map(|at| (at * 7 % 251) as u8).collect();
            let mut to = vec![0; from.len()];
            recolor::<_, 4>(&from, &mut to, Turned);
            let turned = from.as_chunks::<4>().0.iter().map(|&[r, g, b, a]| [g, b, r, a]);
            assert!(turned.eq(to.as_chunks::<4>().0.iter().copied()), "{count} pixels");
            let mut opaque = vec![0; 3 * count];
            recolor::<_, 3>(&from[..3 * count], &mut opaque, Turned);
            let turned = from[..3 * count].as_chunks::<3>().0.iter().map(|&[r, g, b]| [g, b, r]);
            assert!(turned.eq(opaque.as_chunks::<3>().0.iter().copied()), "{count} pixels");
        }
    }
}
