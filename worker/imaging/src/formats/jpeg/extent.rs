//! The size of a JPEG, by its header, and what decoding it takes up.

use crate::formats::extent::{Declared, HeaderReader};

/// How many segments are looked at.
const MAX_SEGMENTS: usize = 256;
const END: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

pub(super) fn declared(header: &mut HeaderReader<'_>) -> Declared {
    let frame = frame(header, 0)?;
    header.decoder_bytes = decoder_bytes(header, &frame);
    Some(frame.declared)
}

/// What decoding takes up for a pixel, bytes, where all coefficients are kept until the picture is made of them. Else 0.
pub(crate) fn decoder_bytes(header: &mut HeaderReader<'_>, frame: &Frame) -> u64 {
    bytes_of_coefficients(header, frame).unwrap_or(0)
}

fn bytes_of_coefficients(header: &mut HeaderReader<'_>, frame: &Frame) -> Option<u64> {
    let place = frame.place;
    let [precision, _, _, _, _, count @ 1..=4] = header.at::<6>(place + 4)? else { return None };
    let mut blocks = Vec::new();
    for component in 0..u64::from(count) {
        let [_, factors, _] = header.at::<3>(place + 10 + 3 * component)?;
        blocks.push((u64::from(factors >> 4), u64::from(factors & 15)));
    }
    let is_in_bands = matches!(blocks[..], [_] | [(1 | 2, 1 | 2), (1, 1), (1, 1)])
        && matches!(frame.marker, 0xc0 | 0xc1)
        && precision == 8;
    // All components have one scan.
    let is_one_scan = |header: &mut HeaderReader<'_>| {
        let (scan, _) = segment(header, place, |marker| marker == START_OF_SCAN)?;
        Some(header.at::<1>(scan + 4)? == [count])
    };
    if is_in_bands && is_one_scan(header) != Some(false) {
        return Some(0);
    }
    let samples: u64 = blocks.iter().map(|(columns, rows)| columns * rows).sum();
    let columns = blocks.iter().map(|(columns, _)| *columns).max()?;
    let rows = blocks.iter().map(|(_, rows)| *rows).max()?;
    // Coefficients of 16 bits, the picture, and the samples of a few rows.
    Some((2 * samples).div_ceil((columns * rows).max(1)) + u64::from(count) + 1)
}

/// A frame header (T.81, B.2.2).
pub(crate) struct Frame {
    /// Where its marker is.
    place: u64,
    /// What kind of coding it is, the second byte of its marker.
    pub(crate) marker: u8,
    /// The picture.
    pub(crate) declared: (u32, u32, u64),
}

/// The frame header of a JPEG that begins there.
pub(crate) fn frame(header: &mut HeaderReader<'_>, start: u64) -> Option<Frame> {
    let is_frame = |marker| matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
    let (place, marker) = segment(header, start.checked_add(2)?, is_frame)?;
    let [_precision, h0, h1, w0, w1, components] = header.at(place + 4)?;
    let width = u16::from_be_bytes([w0, w1]).into();
    let height = u16::from_be_bytes([h0, h1]).into();
    Some(Frame { place, marker, declared: (width, height, if components == 1 { 1 } else { 3 }) })
}

/// Goes from marker to marker, from one that is there to one that is looked for: where that is, and its second byte. It
/// does not go beyond the beginning of the samples.
fn segment(
    header: &mut HeaderReader<'_>,
    mut place: u64,
    is_wanted: impl Fn(u8) -> bool,
) -> Option<(u64, u8)> {
    for _ in 0..MAX_SEGMENTS {
        let [fill, marker, length @ ..] = header.at::<4>(place)?;
        if fill != 0xff {
            return None;
        }
        if is_wanted(marker) {
            return Some((place, marker));
        }
        match marker {
            0xff => place += 1,
            END | START_OF_SCAN => return None,
            0x01 | 0xd0..=0xd8 => place += 2,
            _ => place += 2 + u64::from(u16::from_be_bytes(length)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Cursor;
    use std::path::Path;

    use crate::formats::jpeg::FORMAT;

    #[test]
    fn a_header_tells_what_decoding_takes_up() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/jpeg");
        let known = [
            ("progressive-gray", 4),
            // 4:2:0.
            ("progressive", 7),
            ("arithmetic", 7),
            ("cmyk", 13),
            ("cmyk-420", 9),
            ("rgb", 0),
            ("gray-2x2", 0),
            ("sampling-4x1", 7),
            // Baseline, in several scans.
            ("two-scans", 7),
            ("three-scans-restarts", 7),
        ];
        let bytes_of = |name: &str| fs::read(folder.join(format!("{name}.jpg"))).unwrap();
        let found = known.map(|(name, _)| {
            let bytes = bytes_of(name);
            let extent = FORMAT.extent(&bytes[..100], &mut Cursor::new(&bytes)).unwrap();
            (name, extent.decoder_bytes)
        });
        assert_eq!(found, known);
    }
}
