//! AVIF: still pictures coded as AV1.

mod decoder;
mod encoder;

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
    holds: Holds { alpha: true, deep: true, exif: true, ..Holds::NOTHING },
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
    use std::path::Path;

    use lote_protocol::outcome::FailureKind;

    use super::*;

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
}
