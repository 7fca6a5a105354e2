//! Whole files through one decoder.

use std::io::Cursor;

use lote_imaging::formats::{self, Format, HEAD_BYTES, SNIFF_BYTES, Sniffed, TIFF};
use lote_imaging::picture::Picture;
use lote_imaging::pool::Pool;

use crate::limits;

/// Reads what the header declares, and all of the file, which must be within the limits.
pub(crate) fn decode(format: &'static Format, bytes: &[u8]) -> bool {
    if formats::sniff(&bytes[..bytes.len().min(SNIFF_BYTES)]) != Sniffed::Known(format) {
        return false;
    }
    let limits = limits();
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    if let Some(declared) = format.extent(head, &mut Cursor::new(bytes)) {
        assert!(declared.pixels > 0 && declared.frames > 0, "{declared:?}");
        assert!((1..=8).contains(&declared.pixel_bytes), "{declared:?}");
        assert!(declared.decoder_bytes <= 18, "{declared:?}");
    }
    if let Ok(mut document) = formats::decode(bytes, &limits, &mut Pool::new()) {
        assert!((1..=limits.max_frames).contains(&(document.frames.len() as u64)));
        let pixels: u64 = document.frames.iter().map(|frame| pixels(&frame.picture)).sum();
        assert!((1..=limits.max_pixels).contains(&pixels), "{pixels}");
        formats::to_srgb(&mut document, &mut Pool::new());
    }
    true
}

/// The side of a picture whose only strip is packed, px.
const SIDE: u16 = 64;

/// A strip that is packed with Zstandard, of a TIFF that is sound otherwise.
pub(crate) fn zstandard(bytes: &[u8]) -> bool {
    let directory = [
        (256, SIDE.into()),
        (257, SIDE.into()),
        (258, 8),
        (259, 50_000),
        (262, 2),
        (273, 8 + 2 + 9 * 12 + 4),
        (277, 3),
        (278, SIDE.into()),
        (279, bytes.len() as u32),
    ];
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((directory.len() as u16).to_le_bytes());
    for (tag, value) in directory {
        file.extend([u16::to_le_bytes(tag), 4_u16.to_le_bytes()].concat());
        file.extend([1, value].map(u32::to_le_bytes).concat());
    }
    file.extend([0; 4]);
    file.extend(bytes);
    decode(&TIFF, &file)
}

/// How many pixels there are, and as many samples as they need.
fn pixels(picture: &Picture) -> u64 {
    assert_eq!(picture.samples.len(), picture.row_len() * picture.height as usize);
    u64::from(picture.width) * u64::from(picture.height)
}
