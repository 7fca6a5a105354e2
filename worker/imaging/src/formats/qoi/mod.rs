//! QOI, the Quite OK Image format.

mod chunks;

use image::codecs::qoi::QoiEncoder;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::formats::extent::{Declared, HeaderReader};
use crate::formats::table::{Content, Format, Gives, QUICK, id};
use crate::formats::{Source, by_image, limit};
use crate::holds::Holds;
use crate::picture::{Channels, Picture, Samples};
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

fn declared(header: &mut HeaderReader<'_>) -> Declared {
    let [channels] = header.at(12)?;
    Some((header.be32(4)?, header.be32(8)?, if channels == 3 { 3 } else { 4 }))
}

const HEADER: usize = 14;

/// Stands behind the last pixel.
const END: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 1];

/// The part of a picture that may be missing: one of so many.
const TOLERATED: usize = 100;

fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let damaged = |why: lote_protocol::lang::Text| {
        Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "QOI", why))
    };
    let header = bytes.first_chunk::<HEADER>().ok_or_else(|| damaged(text!("it is cut off")))?;
    let &[_, _, _, _, w0, w1, w2, w3, h0, h1, h2, h3, channels, _] = header;
    let (width, height) =
        (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
    let channels = match channels {
        3 => Channels::Rgb,
        4 => Channels::Rgba,
        other => return Err(damaged(text!("its pixels have {} channels", other))),
    };
    limit::check(limits, &FORMAT, (width, height), 1, channels.count() as u64)?;
    let pixels = width as usize * height as usize;
    let mut samples = pool.bytes(pixels * channels.count());
    samples.fill(0);
    let data = &bytes[HEADER..];
    let (found, rest) = chunks::read(data, channels, &mut samples);
    let wrong = if (pixels - found) > pixels / TOLERATED {
        Some(text!("only {} % of the picture can be read", found * 100 / pixels))
    } else if found == pixels && !(rest.starts_with(&END) || END.starts_with(rest)) {
        // There is no checksum: that both end at the same place is all that says that pixels are right.
        Some(text!("it goes on behind its last pixel, so that not all of them can be right"))
    } else {
        None
    };
    if let Some(why) = wrong {
        pool.give_bytes(samples);
        return Err(damaged(why));
    }
    let mut source =
        Source::still(Picture { width, height, channels, samples: Samples::U8(samples) });
    if found < pixels {
        source.notes.push(text!("the QOI is damaged: less than 1 % of the picture is missing"));
    } else if !rest.starts_with(&END) {
        source.notes.push(text!("the QOI is damaged: its end is missing; all of it could be read"));
    }
    Ok(source)
}

fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    by_image::write(&FORMAT, content, QoiEncoder::new(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of 10 x 20 px that begins with black, as the specification's encoder writes it.
    fn file(chunks: &[u8]) -> Vec<u8> {
        let mut file = b"qoif\0\0\0\x0a\0\0\0\x14\x03\0".to_vec();
        file.extend(chunks);
        file
    }

    fn read(chunks: &[u8]) -> Result<Source, Failure> {
        decode(&file(chunks), &Limits::default(), &mut Pool::new())
    }

    /// 62 pixels three times, and 14.
    const BLACK: [u8; 4] = [0xfd, 0xfd, 0xfd, 0xcd];

    #[test]
    fn a_file_whose_end_is_cut_is_read_with_a_note() {
        for kept in 0..END.len() {
            let source = read(&[&BLACK[..], &END[..kept]].concat()).unwrap();
            assert_eq!(source.frames[0].picture.samples, Samples::U8(vec![0; 600]));
            assert_eq!(source.notes.len(), 1);
        }
        assert!(read(&[&BLACK[..], &END, b"more"].concat()).unwrap().notes.is_empty());
    }

    #[test]
    fn missing_pixels_are_counted_and_the_end_is_not_taken_for_some() {
        let said = |chunks: &[u8]| {
            read(chunks)
                .map(|source| source.notes.iter().map(ToString::to_string).collect::<String>())
        };
        let less = [&[0xfd, 0xfd, 0xfd, 0xcb][..], &END].concat();
        assert_eq!(
            said(&less).unwrap(),
            "the QOI is damaged: less than 1 % of the picture is missing"
        );
        let half = [&[0xfd, 0xe5][..], &END].concat();
        let why = said(&half).unwrap_err().message;
        assert_eq!(why, "the QOI is damaged: only 50 % of the picture can be read");
    }

    #[test]
    fn chunks_behind_the_last_pixel_are_damage() {
        let why = read(&[&BLACK[..], &[0xc0], &END].concat()).err().unwrap().message;
        assert!(why.to_string().contains("goes on behind its last pixel"), "{why}");
    }
}
