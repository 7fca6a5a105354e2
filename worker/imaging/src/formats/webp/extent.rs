//! The size of a WebP, by its header.

use crate::formats::extent::{Declared, HeaderReader, MOST_FRAMES, Together};
use crate::formats::webp::riff::FLAG_ANIMATION;

/// The canvas of the extended format, or the size that the one bitstream begins with.
pub(super) fn declared(header: &mut HeaderReader<'_>) -> Declared {
    match &header.at::<4>(12)? {
        b"VP8X" => {
            let [w0, w1, w2, h0, h1, h2] = header.at(24)?;
            let side = |bytes| 1 + u32::from_le_bytes(bytes);
            Some((side([w0, w1, w2, 0]), side([h0, h1, h2, 0]), 4))
        }
        b"VP8L" => {
            let bits = header.le32(21)?;
            Some((1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff), 4))
        }
        b"VP8 " => Some((header.le16(26)? & 0x3fff, header.le16(28)? & 0x3fff, 3)),
        _ => None,
    }
}

/// The frames of an animation, each a chunk of its own (RFC 9649, section 2.7.1.2).
pub(super) fn together(header: &mut HeaderReader<'_>) -> Together {
    let [b'V', b'P', b'8', b'X', _, _, _, _, flags] = header.at(12)? else { return None };
    if flags & FLAG_ANIMATION == 0 {
        return None;
    }
    let (width, height, _) = declared(header)?;
    let (mut frames, mut place) = (0, 12);
    for _ in 0..2 * MOST_FRAMES {
        let Some([a, b, c, d, len @ ..]) = header.at::<8>(place) else { break };
        frames += u64::from([a, b, c, d] == *b"ANMF");
        place += 8 + u64::from(u32::from_le_bytes(len)).next_multiple_of(2);
    }
    Some((frames, u64::from(width) * u64::from(height) * frames))
}
