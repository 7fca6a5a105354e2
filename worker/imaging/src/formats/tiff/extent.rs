//! The size of a TIFF, by its header.

use crate::formats::extent::{Declared, Header};

/// How many entries of the directory are looked at.
const MAX_ENTRIES: u64 = 256;

/// The first directory, of a TIFF or a `BigTIFF`, in either byte order.
pub(super) fn declared(header: &mut Header<'_>) -> Declared {
    let [order, _, b2, b3] = header.at::<4>(0)?;
    let is_little = order == b'I';
    let is_big_tiff = b2 == 43 || b3 == 43;
    let short = |b: [u8; 2]| if is_little { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) };
    let long = |b: [u8; 4]| if is_little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) };
    let huge = |b: [u8; 8]| if is_little { u64::from_le_bytes(b) } else { u64::from_be_bytes(b) };
    let (count, first, size) = if is_big_tiff {
        let directory = huge(header.at(8)?);
        (huge(header.at(directory)?), directory.checked_add(8)?, 20)
    } else {
        let directory = u64::from(long(header.at(4)?));
        (u64::from(short(header.at(directory)?)), directory + 2, 12)
    };
    let (mut width, mut height, mut bits, mut samples) = (None, None, 8, 1);
    for index in 0..count.min(MAX_ENTRIES) {
        let entry = first.checked_add(index * size)?;
        let tag = short(header.at(entry)?);
        let kind = short(header.at(entry.checked_add(2)?)?);
        // A number that fits stands in the place of its offset.
        let place = entry.checked_add(if is_big_tiff { 12 } else { 8 })?;
        let value = match kind {
            3 => short(header.at(place)?).into(),
            _ => long(header.at(place)?),
        };
        match tag {
            256 => width = Some(value),
            257 => height = Some(value),
            // Up to two depths stand in place; the offset of more says that it is colour.
            258 if kind == 3 && value <= 64 => bits = value,
            277 => samples = value,
            _ => {}
        }
    }
    // Three or more depths lie elsewhere: the worst is assumed.
    let sample_bytes = if bits > 8 || samples > 2 { 2 } else { 1 };
    Some((width?, height?, u64::from(samples.clamp(1, 4)) * sample_bytes))
}
