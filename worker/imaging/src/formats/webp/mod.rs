//! WebP: decoding, and lossless encoding. The only file that names `image_webp`.

mod extent;
mod lossy;
mod riff;

use std::io::Cursor;

use image_webp::{ColorType, DecodingError, WebPDecoder, WebPEncoder};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

use crate::formats::Source;
use crate::formats::limit;
use crate::formats::table::{Content, Format, Gives, Holds, id};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// WebP.
pub static FORMAT: Format = Format {
    id: id("webp"),
    name: "WebP",
    endings: &["webp"],
    mime: "image/webp",
    in_browsers: true,
    has_quality: true,
    gives: Gives::Itself,
    holds: Holds { alpha: true, icc: true, exif: true, xmp: true, ..Holds::NOTHING },
    magic: |head| head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
    header: extent::declared,
    decode,
    encode: Some(encode),
};

/// Largest side that the format can state, px.
const MAX_SIDE: u32 = 16_383;

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let mut whole = false;
    for (name, content) in riff::chunks(bytes) {
        if let Some(size) = riff::bitstream_size(name, content) {
            limit::check(limits, &FORMAT, size, 1, 4)?;
            whole = true;
        }
    }
    if !whole {
        return Err(damaged("its picture is cut off"));
    }
    let mut decoder = open(bytes, limits)?;
    let (width, height) = decoder.dimensions();
    let (channels, len) =
        if decoder.has_alpha() { (Channels::Rgba, 4) } else { (Channels::Rgb, 3) };
    let mut notes = Vec::new();
    if decoder.is_animated() && decoder.num_frames() > 1 {
        notes.push(format!("animation: only the first of {} frames is kept", decoder.num_frames()));
    }
    let metadata = riff::read(bytes, limits.max_metadata_bytes, &mut notes);

    let mut samples = pool.bytes(width as usize * height as usize * len);
    if let Err(error) = decoder.read_image(&mut samples) {
        pool.give_bytes(samples);
        return Err(failure(&error));
    }
    Ok(Source {
        metadata,
        notes,
        lossless: !decoder.is_lossy(),
        ..Source::still(Picture { width, height, channels, samples: Samples::U8(samples) })
    })
}

fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<WebPDecoder<Cursor<&'a [u8]>>, Failure> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|e| failure(&e))?;
    limit::check(limits, &FORMAT, decoder.dimensions(), 1, 4)?;
    decoder.set_memory_limit(usize::try_from(limits.max_metadata_bytes).unwrap_or(usize::MAX));
    Ok(decoder)
}

fn failure(error: &DecodingError) -> Failure {
    let what = match error {
        DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it is cut off".to_owned()
        }
        DecodingError::MemoryLimitExceeded | DecodingError::ImageTooLarge => {
            return Failure::new(
                FailureKind::TooLarge,
                "the WebP needs more memory than the limits allow",
            );
        }
        other => other.to_string().replace('\n', " "),
    };
    damaged(&what)
}

fn damaged(what: &str) -> Failure {
    Failure::new(FailureKind::Damaged, format!("the WebP is damaged: {what}"))
}

/// Encodes 8-bit RGB or RGBA.
pub(crate) fn encode(
    content: &Content<'_>,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<String>, Failure> {
    let (picture, metadata) = (content.first(), &content.metadata);
    let quality = (!content.stays_exact).then_some(content.encoding.quality);
    let Samples::U8(samples) = &picture.samples else {
        return Err(refused());
    };
    let (width, height) = (picture.width, picture.height);
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(Failure::new(
            FailureKind::Encode,
            format!("WebP holds at most {MAX_SIDE} px a side; choose another format or resize"),
        ));
    }
    let (color, has_alpha) = match picture.channels {
        Channels::Rgb => (ColorType::Rgb8, false),
        Channels::Rgba => (ColorType::Rgba8, true),
        Channels::Gray | Channels::GrayAlpha => return Err(refused()),
    };
    let mut encoded = pool.file();
    let written = match quality {
        None => WebPEncoder::new(&mut encoded).encode(samples, width, height, color).is_ok(),
        Some(quality) => {
            let quality = quality.clamp(1, 100);
            lossy::encode(samples, width, height, has_alpha, quality, &mut encoded)
        }
    };
    if written {
        riff::with_metadata(&encoded, (width, height), metadata, out);
    }
    pool.give_file(encoded);
    if written { Ok(Vec::new()) } else { Err(refused()) }
}

fn refused() -> Failure {
    Failure::new(FailureKind::Encode, "the WebP could not be written: the encoder refused it")
}
