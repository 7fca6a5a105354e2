//! Truevision TGA.

use std::io::Cursor;

use image::codecs::tga::{TgaDecoder, TgaEncoder};
use lote_protocol::lang::Text;
use lote_protocol::outcome::Failure;
use lote_protocol::task::Limits;

use crate::formats::Source;
use crate::formats::by_image;
use crate::formats::extent::{Declared, HeaderReader};
use crate::formats::table::{Content, Format, Gives, QUICK, id};
use crate::holds::Holds;
use crate::pool::Pool;

/// TGA.
pub(super) static FORMAT: Format = Format {
    id: id("tga"),
    name: "TGA",
    endings: &["tga"],
    mime: "image/x-tga",
    in_browsers: false,
    options: &[],
    gives: Gives::Png,
    holds: Holds { gray: true, alpha: true, ..Holds::NOTHING },
    magic: is_tga,
    header: declared,
    together: None,
    decode,
    encode: Some(encode),
    patience: QUICK,
};

/// A file begins with no word of its own, so every field of its header has to make sense.
fn is_tga(head: &[u8]) -> bool {
    let &[
        _,
        has_map,
        kind,
        map_0,
        map_1,
        len_0,
        len_1,
        map_bits,
        _,
        _,
        _,
        _,
        width_0,
        width_1,
        height_0,
        height_1,
        bits,
        flags,
        ..,
    ] = head
    else {
        return false;
    };
    let map = [map_0, map_1, len_0, len_1, map_bits];
    let map_fits = match has_map {
        0 => map == [0; 5] && !matches!(kind, 1 | 9),
        1 => matches!(map_bits, 15 | 16 | 24 | 32) && [len_0, len_1] != [0; 2],
        _ => false,
    };
    let bits_fit = match kind {
        1 | 9 => matches!(bits, 8 | 16),
        2 | 10 => matches!(bits, 15 | 16 | 24 | 32),
        3 | 11 => matches!(bits, 8 | 16),
        _ => false,
    };
    let size_fits = [width_0, width_1] != [0; 2] && [height_0, height_1] != [0; 2];
    map_fits && bits_fit && size_fits && flags & 0xc0 == 0 && flags & 0x0f <= 8
}

fn declared(header: &mut HeaderReader<'_>) -> Declared {
    let (width, height) = (header.le16(12)?, header.le16(14)?);
    let [kind] = header.at(2)?;
    let [map_bits] = header.at(7)?;
    let [bits] = header.at(16)?;
    let pixel_bytes = match (kind, bits) {
        (1 | 9, _) if map_bits == 32 => 4,
        (3 | 11, _) => u64::from(bits).div_ceil(8),
        (_, 32) => 4,
        _ => 3,
    };
    Some((width, height, pixel_bytes.clamp(1, 4)))
}

fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let picture = by_image::read(&FORMAT, TgaDecoder::new(Cursor::new(bytes)), limits, pool)?;
    Ok(Source::still(picture))
}

fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    by_image::write(&FORMAT, content, TgaEncoder::new(out))
}
