//! The size of a WebP, by its header.

use crate::formats::extent::{Declared, Header};

/// The canvas of the extended format, or the size that the one bitstream begins with.
pub(super) fn declared(header: &mut Header<'_>) -> Declared {
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
