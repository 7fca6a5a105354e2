//! Bytes through the decoder that `LOTE_FORMAT` names, guided by what they reach: one target a decoder, by
//! one program, so that a new format is a target by itself.

#![no_main]

use std::io::Cursor;
use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use lote_imaging::formats::{self, Format, HEAD_BYTES, Sniffed, decode, sniff};
use lote_imaging::pool::Pool;
use lote_protocol::task::Limits;

static FORMAT: LazyLock<&'static Format> = LazyLock::new(|| {
    let name = std::env::var("LOTE_FORMAT").expect("LOTE_FORMAT names the format");
    formats::by_name(&name).expect("LOTE_FORMAT names a format that is read")
});

fuzz_target!(|file: &[u8]| -> Corpus {
    if sniff(file) != Sniffed::Known(*FORMAT) {
        return Corpus::Reject;
    }
    let limits = Limits {
        max_pixels: 1 << 17,
        max_frames: 50,
        max_alloc_bytes: 2 << 20,
        ..Limits::default()
    };
    let declared = FORMAT.extent(&file[..file.len().min(HEAD_BYTES)], &mut Cursor::new(file));
    assert!(declared.is_none_or(|declared| declared.pixels > 0 && declared.frames > 0));
    if let Ok(document) = decode(file, &limits, &mut Pool::new()) {
        assert!(!document.frames.is_empty() && document.frames.len() as u64 <= limits.max_frames);
        let pixels = |picture: &lote_imaging::picture::Picture| {
            assert_eq!(picture.samples.len(), picture.row_len() * picture.height as usize);
            u64::from(picture.width) * u64::from(picture.height)
        };
        let all: u64 = document.frames.iter().map(|frame| pixels(&frame.picture)).sum();
        assert!(all > 0 && all <= limits.max_pixels);
    }
    Corpus::Keep
});
