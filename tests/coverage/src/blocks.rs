//! Blocks of metadata in a JPEG that is sound otherwise, through reading, what a user wants of them, and writing.

use std::sync::LazyLock;

use lote_imaging::formats::{self, Document, JPEG};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::carry::{Carry, Keep, Profile, Statements};
use lote_protocol::encoding::{Encoding};

use crate::limits;

/// Where a block stands in a JPEG: the marker's second byte, and what comes before it.
pub(crate) struct Block {
    marker: u8,
    begin: &'static [u8],
}

pub(crate) static ALL: [(&str, &Block); 4] = [
    ("exif", &Block { marker: 0xe1, begin: b"Exif\0\0" }),
    ("xmp", &Block { marker: 0xe1, begin: b"http://ns.adobe.com/xap/1.0/\0" }),
    ("iptc", &Block { marker: 0xed, begin: b"Photoshop 3.0\0" }),
    ("icc", &Block { marker: 0xe2, begin: b"ICC_PROFILE\0\x01\x01" }),
];

/// A JPEG of 8 x 8 px without metadata.
static PLAIN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let samples = Samples::U8((0..8 * 8 * 3).collect());
    let picture = Picture { width: 8, height: 8, channels: Channels::Rgb, samples };
    let mut file = Vec::new();
    let document = Document::still(&JPEG, picture);
    formats::encode(&document, &Encoding::default(), &mut Pool::new(), &mut file).expect("a picture of 8 x 8 px");
    file
});

/// The picture comes out whatever the block holds, and what is written of it is read without a new complaint.
pub(crate) fn carry(block: &Block, bytes: &[u8]) -> bool {
    let Ok(length) = u16::try_from(2 + block.begin.len() + bytes.len()) else {
        return false;
    };
    let (start, rest) = PLAIN.split_at(2);
    let file = [start, &[0xff, block.marker], &length.to_be_bytes(), block.begin, bytes, rest].concat();
    let (limits, mut pool) = (limits(), Pool::new());
    let read = |file: &[u8]| formats::decode(file, &limits, &mut Pool::new()).expect("a sound picture");
    let document = read(&file);
    for (metadata, profile) in [
        (Keep::All, Profile::Keep),
        (Keep::NoLocation, Profile::Srgb),
        (Keep::Copyright, Profile::Keep),
        (Keep::None, Profile::Keep),
    ] {
        let mut document = document.clone();
        if profile == Profile::Srgb {
            formats::to_srgb(&mut document, &mut pool);
        }
        let mut set = Statements::default();
        if metadata != Keep::All {
            set.copyright = Some("© 2026".into());
            set.keywords = vec!["one".into(), "dos".into()];
        }
        for format in ["jpeg", "png", "webp"] {
            let carry = Carry { metadata, set: set.clone(), profile, keep_dates: false };
            let format = formats::by_name(format).map(|format| format.id);
            let lossless = Some(true).filter(|_| format == Some(formats::WEBP.id));
            let encoding = Encoding { format, lossless, effort: Some(0), carry, ..Encoding::default() };
            let mut file = Vec::new();
            if formats::encode(&document, &encoding, &mut pool, &mut file).is_ok() {
                read(&file);
            }
        }
    }
    true
}
