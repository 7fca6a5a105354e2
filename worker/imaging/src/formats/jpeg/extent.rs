//! The size of a JPEG, by its header.

use crate::formats::extent::{Declared, Header};

/// How many segments are looked at.
const MAX_SEGMENTS: usize = 256;

pub(super) fn declared(header: &mut Header<'_>) -> Declared {
    frame(header, 0).map(|(_, declared)| declared)
}

/// Goes from marker to marker of a JPEG that begins there, up to the frame header (T.81, B.2.2): its
/// marker, and columns, rows and bytes a pixel.
pub(crate) fn frame(header: &mut Header<'_>, start: u64) -> Option<(u8, (u32, u32, u64))> {
    let mut place = start.checked_add(2)?;
    for _ in 0..MAX_SEGMENTS {
        let [fill, marker, length @ ..] = header.at::<4>(place)?;
        if fill != 0xff {
            return None;
        }
        match marker {
            0xff => place += 1,
            0xc4 | 0xc8 | 0xcc => place += 2 + u64::from(u16::from_be_bytes(length)),
            0xc0..=0xcf => {
                let [_precision, h0, h1, w0, w1, components] = header.at(place + 4)?;
                let width = u16::from_be_bytes([w0, w1]).into();
                let height = u16::from_be_bytes([h0, h1]).into();
                return Some((marker, (width, height, if components == 1 { 1 } else { 3 })));
            }
            // The pictures begin, and no header has come.
            0xd9 | 0xda => return None,
            0x01 | 0xd0..=0xd8 => place += 2,
            _ => place += 2 + u64::from(u16::from_be_bytes(length)),
        }
    }
    None
}
