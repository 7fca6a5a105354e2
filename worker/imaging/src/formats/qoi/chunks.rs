//! The chunks of a QOI file, as the specification (qoiformat.org, 1.0) and its reference decoder take them.

use super::END;
use crate::picture::Channels;

/// Reads pixels into three or four samples each. Returns how many there were, and what stands behind
/// them; the mark of the end is taken for no pixels.
pub(super) fn read<'a>(
    data: &'a [u8],
    channels: Channels,
    samples: &mut [u8],
) -> (usize, &'a [u8]) {
    let len = channels.count();
    let mut pixels = samples.chunks_exact_mut(len);
    let mut seen = [[0; 4]; 64];
    let mut pixel = [0, 0, 0, 255];
    let (mut rest, mut found) = (data, 0);
    while pixels.len() > 0 && rest != END {
        let Some((next, run, behind)) = chunk(rest, pixel, &seen) else { break };
        (pixel, rest) = (next, behind);
        seen[place(pixel)] = pixel;
        for target in pixels.by_ref().take(run) {
            target.copy_from_slice(&pixel[..len]);
            found += 1;
        }
    }
    (found, rest)
}

/// Where a pixel is kept.
fn place([r, g, b, a]: [u8; 4]) -> usize {
    (usize::from(r) * 3 + usize::from(g) * 5 + usize::from(b) * 7 + usize::from(a) * 11) % 64
}

/// The pixel of the next chunk, how often it stands there, and what is behind the chunk.
fn chunk<'a>(
    data: &'a [u8],
    [r, g, b, a]: [u8; 4],
    seen: &[[u8; 4]; 64],
) -> Option<([u8; 4], usize, &'a [u8])> {
    match *data {
        [0xfe, r, g, b, ref rest @ ..] => Some(([r, g, b, a], 1, rest)),
        [0xff, r, g, b, a, ref rest @ ..] => Some(([r, g, b, a], 1, rest)),
        [tag @ 0xc0..=0xfd, ref rest @ ..] => Some(([r, g, b, a], usize::from(tag & 63) + 1, rest)),
        [tag @ 0x80..=0xbf, by, ref rest @ ..] => {
            let green = (tag & 63).wrapping_sub(32);
            let red = green.wrapping_sub(8).wrapping_add(by >> 4);
            let blue = green.wrapping_sub(8).wrapping_add(by & 15);
            Some(([r.wrapping_add(red), g.wrapping_add(green), b.wrapping_add(blue), a], 1, rest))
        }
        [tag @ 0x40..=0x7f, ref rest @ ..] => {
            let by = |sample: u8, shift: u8| sample.wrapping_add(tag >> shift & 3).wrapping_sub(2);
            Some(([by(r, 4), by(g, 2), by(b, 0), a], 1, rest))
        }
        [tag @ 0..=0x3f, ref rest @ ..] => Some((seen[usize::from(tag)], 1, rest)),
        // Cut off.
        _ => None,
    }
}
