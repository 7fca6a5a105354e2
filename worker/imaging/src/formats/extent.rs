//! How large the picture of a file is, by what its header declares.
//!
//! This is for predictions only. A few bytes at known places are read, of a number that is bounded
//! whatever the file holds; nothing is decoded and nothing is believed: decoders check for
//! themselves before they set memory aside.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// How many bytes of a file should be at hand: most headers are within them.
pub const HEAD_BYTES: usize = 4096;

/// The picture that a header declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Columns times rows, of all frames or pages together.
    pub pixels: u64,
    /// How many frames or pages there are, at least 1.
    pub frames: u64,
    /// What a pixel takes up once it is decoded, bytes: 1..=8.
    pub pixel_bytes: u64,
    /// What a decoder takes up for a pixel until it is done, bytes, if that is known to be more than usual; else 0.
    pub decoder_bytes: u64,
}

impl Extent {
    /// Whether there may be alpha: a pixel of so many bytes has two or four samples, of 8 bits or
    /// of 16 (or it is gray of 16 bits, which is rare).
    pub fn may_have_alpha(self) -> bool {
        matches!(self.pixel_bytes, 2 | 4 | 8)
    }
}

/// Columns, rows, bytes a pixel.
pub(crate) type Declared = Option<(u32, u32, u64)>;

/// How many frames or pages there are, and the pixels of all of them.
pub(crate) type Together = Option<(u64, u64)>;

/// So many frames are counted; all that has more is refused.
pub(crate) const MOST_FRAMES: u64 = 1 << 16;

/// How much of a file is read at once where it is not at hand, bytes.
const WINDOW_BYTES: u64 = 4096;

pub(crate) trait File: Read + Seek {}
impl<F: Read + Seek> File for F {}

/// The bytes of a file, those at hand and those behind them.
pub(crate) struct HeaderReader<'a> {
    head: &'a [u8],
    file: &'a mut dyn File,
    /// What was read last, and where it stands.
    window: Vec<u8>,
    window_at: u64,
    /// Whether all of the file may be gone through, however long it is.
    pub(crate) thorough: bool,
    /// See [`Extent`].
    pub(crate) decoder_bytes: u64,
}

impl<'a> HeaderReader<'a> {
    pub(crate) fn new(head: &'a [u8], file: &'a mut dyn File) -> Self {
        Self { head, file, window: Vec::new(), window_at: 0, thorough: false, decoder_bytes: 0 }
    }

    /// How long the file is, bytes.
    pub(crate) fn len(&mut self) -> Option<u64> {
        self.file.seek(SeekFrom::End(0)).ok()
    }

    /// The bytes at that place, if there are so many.
    pub(crate) fn at<const N: usize>(&mut self, place: u64) -> Option<[u8; N]> {
        fn within<const N: usize>(bytes: &[u8], place: u64) -> Option<[u8; N]> {
            bytes.get(usize::try_from(place).ok()?..)?.first_chunk().copied()
        }
        if let Some(bytes) = within(self.head, place) {
            return Some(bytes);
        }
        let in_window =
            place.checked_sub(self.window_at).and_then(|offset| within(&self.window, offset));
        if in_window.is_some() {
            return in_window;
        }
        self.window.clear();
        self.window_at = place;
        self.file.seek(SeekFrom::Start(place)).ok()?;
        let _ = self.file.take(WINDOW_BYTES).read_to_end(&mut self.window);
        within(&self.window, 0)
    }

    pub(crate) fn le16(&mut self, place: u64) -> Option<u32> {
        self.at(place).map(|bytes| u16::from_le_bytes(bytes).into())
    }

    pub(crate) fn le32(&mut self, place: u64) -> Option<u32> {
        self.at(place).map(u32::from_le_bytes)
    }

    pub(crate) fn be32(&mut self, place: u64) -> Option<u32> {
        self.at(place).map(u32::from_be_bytes)
    }

    /// An id of 16 bits, or of 32; the place is then behind it.
    pub(crate) fn id(&mut self, place: &mut u64, long: bool) -> Option<u32> {
        let at = *place;
        *place += if long { 4 } else { 2 };
        if long { self.be32(at) } else { self.at(at).map(|id| u16::from_be_bytes(id).into()) }
    }
}

/// The bytes of a file as they are read from one place on.
pub(crate) struct Bytes<'h, 'a> {
    pub(crate) header: &'h mut HeaderReader<'a>,
    pub(crate) place: u64,
}

impl Read for Bytes<'_, '_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut read = 0;
        for byte in to {
            let Some([next]) = self.header.at(self.place) else { break };
            *byte = next;
            self.place += 1;
            read += 1;
        }
        Ok(read)
    }
}

impl Seek for Bytes<'_, '_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.place.checked_add_signed(by),
            SeekFrom::End(by) => self.header.len().and_then(|len| len.checked_add_signed(by)),
        };
        self.place = place.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use lote_protocol::encoding::Encoding;
    use proptest::prelude::*;

    use super::super::{
        ALL, BMP, Document, Format, GIF, Gives, JPEG, PNG, Sniffed, TIFF, WEBP, encode, sniff,
    };
    use super::*;
    use crate::picture::{Channels, Picture, Samples};
    use crate::pool::Pool;

    /// What is found with that many bytes at hand.
    fn found(bytes: &[u8], at_hand: usize) -> Option<Extent> {
        let Sniffed::Known(format) = sniff(bytes) else { return None };
        let head = &bytes[..at_hand.min(bytes.len())];
        format.extent(head, &mut Cursor::new(bytes))
    }

    fn extent(pixels: u64, pixel_bytes: u64) -> Extent {
        Extent { pixels, frames: 1, pixel_bytes, decoder_bytes: 0 }
    }

    fn written(
        samples: Samples,
        channels: Channels,
        width: u32,
        format: &'static Format,
    ) -> Vec<u8> {
        let height = (samples.len() / channels.count()) as u32 / width;
        let document = Document::still(format, Picture { width, height, channels, samples });
        let mut bytes = Vec::new();
        let encoding = Encoding { format: Some(format.id), ..Encoding::default() };
        encode(&document, &encoding, &mut Pool::new(), &mut bytes).unwrap();
        bytes
    }

    fn colour(width: u32, height: u32, format: &'static Format) -> Vec<u8> {
        let samples = Samples::U8(vec![90; (width * height * 3) as usize]);
        written(samples, Channels::Rgb, width, format)
    }

    #[test]
    fn the_size_is_that_of_the_picture_in_every_format() {
        for format in ALL.iter().copied().filter(|format| format.is_written()) {
            let bytes = colour(70, 30, format);
            let found = [found(&bytes, HEAD_BYTES), found(&bytes, 0)];
            let [Some(one), Some(other)] = found else { panic!("{format:?}") };
            assert_eq!((one.pixels, one), (2100, other), "{format:?}");
        }
        for (format, pixel_bytes) in [
            (&JPEG, 3),
            // Of one colour, so it has a palette, and that may have alpha.
            (&PNG, 4),
            (&BMP, 3),
            (&GIF, 4),
            (&WEBP, 3),
            // Where the depths are is not looked up, so they are taken for 16 bits.
            (&TIFF, 6),
        ] {
            let found = found(&colour(70, 30, format), HEAD_BYTES);
            assert_eq!(found, Some(extent(2100, pixel_bytes)), "{format:?}");
        }
        let several = (0..180).map(|i| i * 300).collect();
        let deep = written(Samples::U16(several), Channels::Rgba, 9, &PNG);
        assert_eq!(found(&deep, HEAD_BYTES), Some(extent(45, 8)));
    }

    #[test]
    fn the_header_of_a_jpeg_is_found_behind_long_segments() {
        let plain = colour(40, 50, &JPEG);
        let mut bytes = plain[..2].to_vec();
        for _ in 0..5 {
            bytes.extend_from_slice(&[0xff, 0xe1, 0xff, 0xff]);
            bytes.resize(bytes.len() + 0xfffd, 0);
        }
        bytes.extend_from_slice(&plain[2..]);
        assert_eq!(found(&bytes, HEAD_BYTES), Some(extent(2000, 3)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail_or_go_on_for_ever(
            format in prop::sample::select(ALL),
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            at_hand in 0..300_usize,
        ) {
            let head = &bytes[..at_hand.min(bytes.len())];
            let found = format.extent(head, &mut Cursor::new(&bytes));
            prop_assert!(found.is_none_or(|f| f.pixels > 0 && (1..=8).contains(&f.pixel_bytes)));
        }

        #[test]
        fn damage_to_a_header_never_makes_it_fail(
            format in prop::sample::select(ALL),
            damage in prop::collection::vec((0..64_usize, any::<u8>()), 1..6),
        ) {
            if format.gives != Gives::Itself {
                return Ok(());
            }
            let mut bytes = colour(8, 8, format);
            for (place, byte) in damage {
                let place = place % bytes.len();
                bytes[place] = byte;
            }
            found(&bytes, HEAD_BYTES);
        }
    }
}
