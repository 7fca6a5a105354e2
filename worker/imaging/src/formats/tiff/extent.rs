//! The size of a TIFF, by its header.

use std::collections::HashSet;

use crate::formats::extent::{Declared, HeaderReader, MOST_FRAMES, Together};
use crate::formats::tiff::{MASK, REDUCED};

/// How many entries of a directory are looked at.
const MAX_ENTRIES: u64 = 256;

/// The first directory, of a TIFF or a `BigTIFF`, in either byte order.
pub(super) fn declared(header: &mut HeaderReader<'_>) -> Declared {
    let layout = Layout::of(header)?;
    let first = layout.offset(header, layout.header_len() / 2)?;
    layout.directory(header, first)?.size
}

/// The pages: all directories but those of smaller copies and masks, as they are decoded.
pub(super) fn together(header: &mut HeaderReader<'_>) -> Together {
    let layout = Layout::of(header)?;
    let mut next = layout.offset(header, layout.header_len() / 2)?;
    let (mut pages, mut pixels, mut seen) = (0, 0_u64, HashSet::new());
    while next != 0 && (seen.len() as u64) < MOST_FRAMES && seen.insert(next) {
        let Some(directory) = layout.directory(header, next) else { break };
        if pages == 0 || directory.kind & (REDUCED | MASK) as u32 == 0 {
            let (width, height, _) = directory.size.unwrap_or_default();
            pages += 1;
            pixels = pixels.saturating_add(u64::from(width) * u64::from(height));
        }
        next = directory.next;
    }
    Some((pages, pixels))
}

/// How numbers are written.
struct Layout {
    is_little: bool,
    is_big_tiff: bool,
}

/// What a directory says.
struct Found {
    size: Declared,
    /// What its picture is for.
    kind: u32,
    /// The place of the next one; 0 if there is none.
    next: u64,
}

impl Layout {
    fn of(header: &mut HeaderReader<'_>) -> Option<Self> {
        let [order, _, b2, b3] = header.at::<4>(0)?;
        Some(Self { is_little: order == b'I', is_big_tiff: b2 == 43 || b3 == 43 })
    }

    /// Bytes before the first thing that is pointed to.
    fn header_len(&self) -> u64 {
        if self.is_big_tiff { 16 } else { 8 }
    }

    fn short(&self, header: &mut HeaderReader<'_>, place: u64) -> Option<u16> {
        let bytes = header.at(place)?;
        Some(if self.is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn long(&self, header: &mut HeaderReader<'_>, place: u64) -> Option<u32> {
        let bytes = header.at(place)?;
        Some(if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn offset(&self, header: &mut HeaderReader<'_>, place: u64) -> Option<u64> {
        if !self.is_big_tiff {
            return self.long(header, place).map(u64::from);
        }
        let bytes = header.at(place)?;
        Some(if self.is_little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
    }

    fn directory(&self, header: &mut HeaderReader<'_>, place: u64) -> Option<Found> {
        let (count, first, entry_len) = if self.is_big_tiff {
            (self.offset(header, place)?, place.checked_add(8)?, 20)
        } else {
            (u64::from(self.short(header, place)?), place.checked_add(2)?, 12)
        };
        let (mut width, mut height, mut bits, mut samples, mut kind) = (None, None, 8, 1, 0);
        for index in 0..count.min(MAX_ENTRIES) {
            let entry = first.checked_add(index * entry_len)?;
            let tag = self.short(header, entry)?;
            let of = self.short(header, entry.checked_add(2)?)?;
            // A number that fits stands in the place of its offset.
            let place = entry.checked_add(entry_len - self.header_len() / 2)?;
            let value = match of {
                3 => self.short(header, place)?.into(),
                _ => self.long(header, place)?,
            };
            match tag {
                254 => kind = value,
                256 => width = Some(value),
                257 => height = Some(value),
                // Up to two depths stand in place; the offset of more says that it is colour.
                258 if of == 3 && value <= 64 => bits = value,
                277 => samples = value,
                _ => {}
            }
        }
        // Three or more depths lie elsewhere: the worst is assumed.
        let sample_bytes = if bits > 8 || samples > 2 { 2 } else { 1 };
        let pixel_bytes = u64::from(samples.clamp(1, 4)) * sample_bytes;
        let size = width.zip(height).map(|(width, height)| (width, height, pixel_bytes));
        let end = count.checked_mul(entry_len).and_then(|len| first.checked_add(len));
        let next = end.and_then(|end| self.offset(header, end)).unwrap_or(0);
        Some(Found { size, kind, next })
    }
}
