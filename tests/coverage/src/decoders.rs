//! Whole files through one decoder.

use std::io::Cursor;

use lote_imaging::formats::{self, Format, HEAD_BYTES, SNIFF_BYTES, Sniffed};
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
    }
    if let Ok(mut document) = formats::decode(bytes, &limits, &mut Pool::new()) {
        assert!((1..=limits.max_frames).contains(&(document.frames.len() as u64)));
        let pixels: u64 = document.frames.iter().map(|frame| pixels(&frame.picture)).sum();
        assert!((1..=limits.max_pixels).contains(&pixels), "{pixels}");
        formats::to_srgb(&mut document, &mut Pool::new());
    }
    true
}

/// How many pixels there are, and as many samples as they need.
fn pixels(picture: &Picture) -> u64 {
    assert_eq!(picture.samples.len(), picture.row_len() * picture.height as usize);
    u64::from(picture.width) * u64::from(picture.height)
}
