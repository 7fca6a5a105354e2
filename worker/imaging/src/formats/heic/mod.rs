//! HEIC: still pictures coded as HEVC, as telephones write them. They are only read.

mod decoder;
mod intra;

use lote_protocol::outcome::Failure;
use lote_protocol::task::Limits;

use crate::formats::Source;
use crate::formats::heif::{self, Codec, has_brand};
use crate::formats::table::{Format, Gives, QUICK, id};
use crate::holds::Holds;
use crate::pool::Pool;

/// HEIC. AVIF has some of its brands, and comes before it.
pub(super) static FORMAT: Format = Format {
    id: id("heic"),
    name: "HEIC",
    endings: &["heic", "heif", "hif"],
    mime: "image/heic",
    in_browsers: false,
    options: &[],
    gives: Gives::Photo,
    holds: Holds::NOTHING,
    magic: |head| {
        let brands = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];
        has_brand(head, &brands)
    },
    header: heif::declared,
    together: None,
    decode,
    encode: None,
    patience: QUICK,
};

const HEVC: Codec = Codec { item: *b"hvc1", decode: decoder::decode, is_whole: decoder::is_whole };

fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    heif::decode(&FORMAT, &HEVC, bytes, limits, pool)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Cursor;
    use std::path::Path;

    use lote_protocol::outcome::FailureKind;

    use super::*;

    fn file(name: &str) -> Vec<u8> {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/decoded").join(name)).unwrap()
    }

    fn refused(bytes: &[u8]) -> Failure {
        decode(bytes, &Limits::default(), &mut Pool::new()).err().unwrap()
    }

    /// Where the last unit of a file whose picture stands at its end begins: its length, 4 bytes.
    fn last_unit(bytes: &[u8]) -> usize {
        let len_at = |at: &usize| u32::from_be_bytes(bytes[*at..at + 4].try_into().unwrap());
        (0..bytes.len() - 4).rfind(|at| at + 4 + len_at(at) as usize == bytes.len()).unwrap()
    }

    #[test]
    fn a_picture_of_which_a_slice_is_missing_or_cut_is_damaged() {
        let whole = file("slices~7.heic");
        assert!(decode(&whole, &Limits::default(), &mut Pool::new()).is_ok());
        let at = last_unit(&whole);
        // What stands in its place is of a kind that decoders pass over.
        let mut without = whole.clone();
        without[at + 4] = 63 << 1;
        let failure = refused(&without);
        assert_eq!(failure.kind, FailureKind::Damaged);
        assert!(failure.message.to_string().contains("part of its picture"), "{}", failure.message);
        assert_eq!(refused(&whole[..whole.len() - 40]).kind, FailureKind::Damaged);
    }

    #[test]
    fn a_header_tells_what_decoding_takes_up() {
        let known = [
            // It is made of tiles.
            ("420~7.heic", 7),
            ("bt709~7.heic", 9),
            ("ten~5.heic", 9),
            ("gray.heic", 10),
            ("420-twelve~7.heic", 14),
            ("422~7.heic", 14),
            ("444-ten~1.heic", 18),
        ];
        for (name, decoder_bytes) in known {
            let bytes = file(name);
            let extent = FORMAT.extent(&bytes[..100], &mut Cursor::new(&bytes)).unwrap();
            assert_eq!(extent.decoder_bytes, decoder_bytes, "{name}");
        }
    }

    #[test]
    fn what_is_not_proven_is_refused_by_name() {
        // Filters that reach from one slice into the next, beside colours in 4:4:4.
        let failure = refused(&file("slices-444.heic"));
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert!(
            failure.message.to_string().contains("its HEVC is of a kind"),
            "{}",
            failure.message
        );
    }

    #[test]
    fn a_picture_of_the_range_extensions_that_ends_early_is_damaged() {
        let mut whole = file("444~1.heic");
        let at = last_unit(&whole);
        let len = u32::from_be_bytes(whole[at..at + 4].try_into().unwrap());
        // A unit that is passed over takes the place of its second half.
        let kept = len / 2;
        whole[at..at + 4].copy_from_slice(&kept.to_be_bytes());
        let rest = at + 4 + kept as usize;
        whole[rest..rest + 4].copy_from_slice(&(len - kept - 4).to_be_bytes());
        whole[rest + 4] = 63 << 1;
        assert_eq!(refused(&whole).kind, FailureKind::Damaged);
    }
}
