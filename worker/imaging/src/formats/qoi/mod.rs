//! QOI, the Quite OK Image format.

use std::io::Cursor;

use image::codecs::qoi::{QoiDecoder, QoiEncoder};
use lote_protocol::outcome::Failure;
use lote_protocol::task::Limits;

use crate::formats::Source;
use crate::formats::by_image;
use crate::formats::extent::{Declared, Header};
use crate::formats::table::{Content, Format, Gives, Holds, QUICK, id};
use crate::pool::Pool;

/// QOI. What its header says of colour is for information, by its specification.
pub(super) static FORMAT: Format = Format {
    id: id("qoi"),
    name: "QOI",
    endings: &["qoi"],
    mime: "image/qoi",
    in_browsers: false,
    options: &[],
    gives: Gives::Png,
    holds: Holds { alpha: true, ..Holds::NOTHING },
    magic: |head| head.starts_with(b"qoif"),
    header: declared,
    together: None,
    decode,
    encode: Some(encode),
    patience: QUICK,
};

fn declared(header: &mut Header<'_>) -> Declared {
    let [channels] = header.at(12)?;
    Some((header.be32(4)?, header.be32(8)?, if channels == 3 { 3 } else { 4 }))
}

fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let picture = by_image::read(&FORMAT, QoiDecoder::new(Cursor::new(bytes)), limits, pool)?;
    Ok(Source::still(picture))
}

fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<String>, Failure> {
    by_image::write(&FORMAT, content, QoiEncoder::new(out))
}
