//! AVIF: still pictures coded as AV1.

mod decoder;
mod encoder;
mod parts;

use lote_protocol::filter::EncodingOption;
use lote_protocol::outcome::Failure;
use lote_protocol::task::Limits;

use crate::formats::Source;
use crate::formats::heif::{self, Codec, has_brand};
use crate::formats::table::{Format, Gives, id};
use crate::holds::Holds;
use crate::pool::Pool;

/// AVIF. Files that are written have no profile: their colours are sRGB.
pub(super) static FORMAT: Format = Format {
    id: id("avif"),
    name: "AVIF",
    endings: &["avif"],
    mime: "image/avif",
    in_browsers: true,
    options: &[
        EncodingOption::Quality,
        EncodingOption::Effort,
        EncodingOption::MaxSize,
        EncodingOption::MinScore,
    ],
    gives: Gives::Itself,
    holds: Holds { alpha: true, deep: true, exif: true, xmp: true, ..Holds::NOTHING },
    magic: |head| has_brand(head, &[b"avif", b"avis"]),
    header: heif::declared,
    together: None,
    decode,
    encode: Some(encoder::encode),
    patience,
};

const AV1: Codec = Codec { item: *b"av01", decode: decoder::decode, is_whole: |_| true };

/// How many times as long as the slowest filter one of this effort may take: some ten times what a
/// slow core takes, which doubles with every second effort.
fn patience(effort: Option<u8>) -> u32 {
    8 << (effort.unwrap_or(encoder::EFFORT).min(10) / 2)
}

fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    heif::decode(&FORMAT, &AV1, bytes, limits, pool)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Cursor;
    use std::path::Path;

    use lote_protocol::encoding::Encoding;
    use lote_protocol::outcome::FailureKind;

    use super::*;
    use crate::formats::{self, Document};
    use crate::metadata::exif_fields::Fields;
    use crate::picture::{Channels, Picture, Samples};

    #[test]
    fn colours_of_an_unknown_kind_are_refused_by_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/decoded");
        let mut file = fs::read(folder.join("bt709~2.avif")).unwrap();
        assert!(decode(&file, &Limits::default(), &mut Pool::new()).is_ok());
        // Its sequence header names other colours, of a number that is reserved.
        file[291] = 136;
        let refused = decode(&file, &Limits::default(), &mut Pool::new()).err().unwrap();
        assert_eq!(refused.kind, FailureKind::Unsupported);
    }

    #[test]
    fn a_header_tells_what_decoding_takes_up() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/decoded");
        let known = [("420~3", 0), ("422~3", 7), ("444~2", 10), ("gray~1", 0), ("grid-alpha~3", 0)];
        for (name, decoder_bytes) in known {
            let bytes = fs::read(folder.join(format!("{name}.avif"))).unwrap();
            let extent = FORMAT.extent(&bytes[..100], &mut Cursor::new(&bytes)).unwrap();
            assert_eq!(extent.decoder_bytes, decoder_bytes, "{name}");
        }
    }

    #[test]
    fn tiles_with_alpha_of_their_own_are_refused_by_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/decoded");
        let mut file = fs::read(folder.join("grid-alpha~3.avif")).unwrap();
        assert!(decode(&file, &Limits::default(), &mut Pool::new()).is_ok());
        // The alpha belongs to the first tile in place of the whole.
        let reference = file.windows(4).position(|kind| kind == b"auxl").unwrap();
        assert_eq!(file[reference + 4..reference + 10], [0, 6, 0, 1, 0, 1]);
        file[reference + 9] = 2;
        let refused = decode(&file, &Limits::default(), &mut Pool::new()).err().unwrap();
        assert_eq!(refused.kind, FailureKind::Unsupported);
        assert!(refused.message.to_string().contains("tiles have alpha"), "{}", refused.message);
    }

    #[test]
    fn xmp_changes_nothing_else_of_a_file() {
        let packet = b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>".to_vec();
        let encoding = Encoding { format: Some(FORMAT.id), ..Encoding::default() };
        let bands = |n: usize| (0..24 * 16 * n).map(|at| (at * 7 % 251) as u8).collect();
        for channels in [Channels::Rgb, Channels::Rgba] {
            for exif in [None, Some(Fields::default().build())] {
                let samples = Samples::U8(bands(channels.count()));
                let picture = Picture { width: 24, height: 16, channels, samples };
                let mut document = Document::still(&FORMAT, picture);
                document.metadata.exif = exif;
                let read = |document: &Document| {
                    let (mut pool, mut file) = (Pool::new(), Vec::new());
                    formats::encode(document, &encoding, &mut pool, &mut file).unwrap();
                    let described = b"cdsc\0\x04\0\x01\0\x01";
                    let is_described = file.windows(described.len()).any(|it| it == described);
                    assert_eq!(is_described, document.metadata.xmp.is_some());
                    formats::decode(&file, &Limits::default(), &mut pool).unwrap()
                };
                let without = read(&document);
                document.metadata.xmp = Some(packet.clone());
                let mut with = read(&document);
                assert_eq!(with.metadata.xmp.take(), Some(packet.clone()));
                assert_eq!(with, without, "{channels:?}");
            }
        }
    }

    #[test]
    fn xmp_of_another_program_is_read_and_compressed_xmp_left_out_with_a_note() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/decoded");
        let mut file = fs::read(folder.join("xmp~2.avif")).unwrap();
        let read = |file: &[u8]| decode(file, &Limits::default(), &mut Pool::new()).unwrap();
        let source = read(&file);
        let packet = source.metadata.xmp.unwrap();
        assert!(packet.starts_with(b"<?xpacket") && packet.ends_with(b"<?xpacket end='w'?>"));
        assert!(source.metadata.exif.is_some() && source.notes.is_empty());
        // No name, and an encoding behind the type.
        let named = b"XMP\0application/rdf+xml\0";
        let at = file.windows(named.len()).position(|bytes| bytes == named).unwrap();
        file[at..at + named.len()].copy_from_slice(b"\0application/rdf+xml\0br\0");
        let source = read(&file);
        assert_eq!(source.metadata.xmp, None);
        assert_eq!(
            source.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["XMP left out: it is compressed"]
        );
    }
}
