//! How large the picture of a file is, by what its header declares.
//!
//! This is for predictions only. A few bytes at known places are read, of a number that is bounded
//! whatever the file holds; nothing is decoded and nothing is believed: workers check for
//! themselves before they set memory aside.

use std::io::{Read, Seek, SeekFrom};

use lote_protocol::format::Format;

/// The picture that a header declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Columns times rows, times frames where their number is known.
    pub pixels: u64,
    /// What a pixel takes up once it is decoded, bytes: 1..=8.
    pub pixel_bytes: u64,
}

impl Extent {
    /// Whether there may be alpha: a pixel of so many bytes has two or four samples, of 8 bits or
    /// of 16 (or it is gray of 16 bits, which is rare).
    pub fn may_have_alpha(self) -> bool {
        matches!(self.pixel_bytes, 2 | 4 | 8)
    }
}

/// How many bytes of a file should be at hand: most headers are within them.
pub(super) const HEAD_BYTES: usize = 4096;

/// How many segments of a JPEG, and entries of a TIFF's directory, are looked at.
const MAX_STEPS: usize = 256;

/// What the header of a file of that format declares; `head` is how it begins. `None` if it is
/// unreadable, damaged, or of a kind whose size is elsewhere.
pub(super) fn extent(format: Format, head: &[u8], file: &mut (impl Read + Seek)) -> Option<Extent> {
    let (width, height, pixel_bytes) = declared(format, head, file)?;
    let pixels = u64::from(width) * u64::from(height);
    (pixels > 0).then_some(Extent { pixels, pixel_bytes })
}

/// The columns and rows that the header of such a file declares, px.
pub(super) fn size(
    format: Format,
    head: &[u8],
    file: &mut (impl Read + Seek),
) -> Option<(u32, u32)> {
    let (width, height, _) = declared(format, head, file)?;
    (width > 0 && height > 0).then_some((width, height))
}

fn declared(format: Format, head: &[u8], file: &mut (impl Read + Seek)) -> Declared {
    let mut bytes = Bytes { head, file };
    match format {
        Format::Jpeg => jpeg(&mut bytes),
        Format::Png => png(&mut bytes),
        Format::Bmp => bmp(&mut bytes),
        Format::Gif => gif(&mut bytes),
        Format::Tiff => tiff(&mut bytes),
        Format::WebP => webp(&mut bytes),
    }
}

/// Columns, rows, bytes a pixel.
type Declared = Option<(u32, u32, u64)>;

/// The bytes of a file, those at hand and those behind them.
struct Bytes<'a, F> {
    head: &'a [u8],
    file: &'a mut F,
}

impl<F: Read + Seek> Bytes<'_, F> {
    fn at<const N: usize>(&mut self, place: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        let start = usize::try_from(place).ok()?;
        if let Some(at_hand) = start.checked_add(N).and_then(|end| self.head.get(start..end)) {
            bytes.copy_from_slice(at_hand);
        } else {
            self.file.seek(SeekFrom::Start(place)).ok()?;
            self.file.read_exact(&mut bytes).ok()?;
        }
        Some(bytes)
    }

    fn le16(&mut self, place: u64) -> Option<u32> {
        self.at(place).map(|bytes| u16::from_le_bytes(bytes).into())
    }

    fn le32(&mut self, place: u64) -> Option<u32> {
        self.at(place).map(u32::from_le_bytes)
    }
}

/// Goes from marker to marker, up to the frame header (T.81, B.2.2).
fn jpeg<F: Read + Seek>(bytes: &mut Bytes<'_, F>) -> Declared {
    let mut place = 2;
    for _ in 0..MAX_STEPS {
        let [fill, marker, length @ ..] = bytes.at::<4>(place)?;
        if fill != 0xff {
            return None;
        }
        match marker {
            0xff => place += 1,
            0xc4 | 0xc8 | 0xcc => place += 2 + u64::from(u16::from_be_bytes(length)),
            0xc0..=0xcf => {
                let [_precision, h0, h1, w0, w1, components] = bytes.at(place + 4)?;
                let width = u16::from_be_bytes([w0, w1]).into();
                let height = u16::from_be_bytes([h0, h1]).into();
                return Some((width, height, if components == 1 { 1 } else { 3 }));
            }
            // The pictures begin, and no header has come.
            0xd9 | 0xda => return None,
            0x01 | 0xd0..=0xd8 => place += 2,
            _ => place += 2 + u64::from(u16::from_be_bytes(length)),
        }
    }
    None
}

/// The IHDR chunk is the first one.
fn png<F: Read + Seek>(bytes: &mut Bytes<'_, F>) -> Declared {
    let width = u32::from_be_bytes(bytes.at(16)?);
    let height = u32::from_be_bytes(bytes.at(20)?);
    let [depth, colour] = bytes.at(24)?;
    let channels = match colour {
        0 => 1,
        4 => 2,
        2 => 3,
        _ => 4,
    };
    Some((width, height, if depth == 16 { 2 * channels } else { channels }))
}

fn bmp<F: Read + Seek>(bytes: &mut Bytes<'_, F>) -> Declared {
    if bytes.le32(14)? == 12 {
        return Some((bytes.le16(18)?, bytes.le16(20)?, 3));
    }
    // A negative height says that the rows go down.
    let height = bytes.at(22).map(i32::from_le_bytes)?.unsigned_abs();
    Some((bytes.le32(18)?, height, if bytes.le16(28)? == 32 { 4 } else { 3 }))
}

fn gif<F: Read + Seek>(bytes: &mut Bytes<'_, F>) -> Declared {
    Some((bytes.le16(6)?, bytes.le16(8)?, 4))
}

/// The canvas of the extended format, or the size that the one bitstream begins with.
fn webp<F: Read + Seek>(bytes: &mut Bytes<'_, F>) -> Declared {
    match &bytes.at::<4>(12)? {
        b"VP8X" => {
            let [w0, w1, w2, h0, h1, h2] = bytes.at(24)?;
            let side = |bytes| 1 + u32::from_le_bytes(bytes);
            Some((side([w0, w1, w2, 0]), side([h0, h1, h2, 0]), 4))
        }
        b"VP8L" => {
            let bits = bytes.le32(21)?;
            Some((1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff), 4))
        }
        b"VP8 " => Some((bytes.le16(26)? & 0x3fff, bytes.le16(28)? & 0x3fff, 3)),
        _ => None,
    }
}

/// The first directory, of a TIFF or a `BigTIFF`, in either byte order.
fn tiff<F: Read + Seek>(bytes: &mut Bytes<'_, F>) -> Declared {
    let [order, _, b2, b3] = bytes.at::<4>(0)?;
    let is_little = order == b'I';
    let is_big_tiff = b2 == 43 || b3 == 43;
    let short = |b: [u8; 2]| if is_little { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) };
    let long = |b: [u8; 4]| if is_little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) };
    let huge = |b: [u8; 8]| if is_little { u64::from_le_bytes(b) } else { u64::from_be_bytes(b) };
    let (count, first, size) = if is_big_tiff {
        let directory = huge(bytes.at(8)?);
        (huge(bytes.at(directory)?), directory.checked_add(8)?, 20)
    } else {
        let directory = u64::from(long(bytes.at(4)?));
        (u64::from(short(bytes.at(directory)?)), directory + 2, 12)
    };
    let (mut width, mut height, mut bits, mut samples) = (None, None, 8, 1);
    for index in 0..count.min(MAX_STEPS as u64) {
        let entry = first.checked_add(index * size)?;
        let tag = short(bytes.at(entry)?);
        let kind = short(bytes.at(entry + 2)?);
        // A number that fits stands in the place of its offset.
        let place = entry + if is_big_tiff { 12 } else { 8 };
        let value = match kind {
            3 => short(bytes.at(place)?).into(),
            _ => long(bytes.at(place)?),
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use lote_imaging::formats::{Document, encode};
    use lote_imaging::picture::{Channels, Picture, Samples};
    use lote_imaging::pool::Pool;
    use lote_protocol::format::{Sniffed, sniff};
    use lote_protocol::task::Encoding;
    use proptest::prelude::*;

    use super::*;

    /// What is found with that many bytes at hand.
    fn found(bytes: &[u8], at_hand: usize) -> Option<Extent> {
        let Sniffed::Known(format) = sniff(bytes) else { return None };
        let head = &bytes[..at_hand.min(bytes.len())];
        extent(format, head, &mut Cursor::new(bytes))
    }

    fn written(samples: Samples, channels: Channels, width: u32, format: Format) -> Vec<u8> {
        let height = (samples.len() / channels.count()) as u32 / width;
        let document = Document::still(format, Picture { width, height, channels, samples });
        let mut bytes = Vec::new();
        encode(&document, &Encoding::default(), &mut Pool::new(), &mut bytes).unwrap();
        bytes
    }

    fn colour(width: u32, height: u32, format: Format) -> Vec<u8> {
        let samples = Samples::U8(vec![90; (width * height * 3) as usize]);
        written(samples, Channels::Rgb, width, format)
    }

    #[test]
    fn the_size_is_that_of_the_picture_in_every_format() {
        for (format, pixel_bytes) in [
            (Format::Jpeg, 3),
            (Format::Png, 3),
            (Format::Bmp, 3),
            (Format::Gif, 4),
            (Format::WebP, 3),
            // Where the depths are is not looked up, so they are taken for 16 bits.
            (Format::Tiff, 6),
        ] {
            let bytes = colour(70, 30, format);
            let expected = Some(Extent { pixels: 2100, pixel_bytes });
            assert_eq!(found(&bytes, HEAD_BYTES), expected, "{format:?}");
            assert_eq!(found(&bytes, 0), expected, "{format:?}");
        }
        let deep = written(Samples::U16(vec![7; 180]), Channels::Rgba, 9, Format::Png);
        assert_eq!(found(&deep, HEAD_BYTES), Some(Extent { pixels: 45, pixel_bytes: 8 }));
    }

    #[test]
    fn the_header_of_a_jpeg_is_found_behind_long_segments() {
        let plain = colour(40, 50, Format::Jpeg);
        let mut bytes = plain[..2].to_vec();
        for _ in 0..5 {
            bytes.extend_from_slice(&[0xff, 0xe1, 0xff, 0xff]);
            bytes.resize(bytes.len() + 0xfffd, 0);
        }
        bytes.extend_from_slice(&plain[2..]);
        assert_eq!(found(&bytes, HEAD_BYTES), Some(Extent { pixels: 2000, pixel_bytes: 3 }));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail_or_go_on_for_ever(
            format in prop::sample::select(&Format::ALL[..]),
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            at_hand in 0..300_usize,
        ) {
            let head = &bytes[..at_hand.min(bytes.len())];
            let found = extent(format, head, &mut Cursor::new(&bytes));
            prop_assert!(found.is_none_or(|f| f.pixels > 0 && (1..=8).contains(&f.pixel_bytes)));
        }

        #[test]
        fn damage_to_a_header_never_makes_it_fail(
            format in prop::sample::select(&Format::ALL[..]),
            damage in prop::collection::vec((0..64_usize, any::<u8>()), 1..6),
        ) {
            let mut bytes = colour(8, 8, format);
            for (place, byte) in damage {
                let place = place % bytes.len();
                bytes[place] = byte;
            }
            found(&bytes, HEAD_BYTES);
        }
    }
}
