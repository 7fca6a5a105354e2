//! PNG. The only file that names the crate `png`.

mod chunks;

use std::io::Cursor;

use ::png::{
    BitDepth, ColorType, Decoder, DecodingError, DeflateCompression, Encoder, EncodingError,
    Filter, Info, Limits as PngLimits, Reader, Transformations,
};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

use crate::formats::Source;
use crate::formats::extent::{Declared, Header};
use crate::formats::limit;
use crate::formats::table::{Content, Format, Gives, Holds, Texts, id};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// PNG holds every still picture.
pub static FORMAT: Format = Format {
    id: id("png"),
    name: "PNG",
    endings: &["png"],
    mime: "image/png",
    in_browsers: true,
    has_quality: false,
    gives: Gives::Itself,
    holds: Holds {
        gray: true,
        alpha: true,
        deep: true,
        frames: false,
        icc: true,
        signal: true,
        exif: true,
        xmp: true,
        iptc: true,
        texts: Texts::All,
        resolution: true,
    },
    magic: |head| head.starts_with(b"\x89PNG\r\n\x1a\n"),
    header: declared,
    decode,
    encode: Some(encode),
};

/// The IHDR chunk is the first one.
fn declared(header: &mut Header<'_>) -> Declared {
    let (width, height) = (header.be32(16)?, header.be32(20)?);
    let [depth, colour] = header.at(24)?;
    let channels = match colour {
        0 => 1,
        4 => 2,
        2 => 3,
        _ => 4,
    };
    Some((width, height, if depth == 16 { 2 * channels } else { channels }))
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let mut reader = open(bytes, limits)?;
    let mut notes = Vec::new();
    let info = reader.info();
    let (width, height) = info.size();
    let frames = info.animation_control().map_or(1, |control| control.num_frames);
    if frames > 1 {
        notes.push(format!("animation: only the first of {frames} frames is kept"));
    }
    let metadata = chunks::read(bytes, limits.max_metadata_bytes, &mut notes);

    let (color, depth) = reader.output_color_type();
    let channels = match color {
        ColorType::Grayscale => Channels::Gray,
        ColorType::GrayscaleAlpha => Channels::GrayAlpha,
        ColorType::Rgb => Channels::Rgb,
        ColorType::Rgba => Channels::Rgba,
        ColorType::Indexed => return Err(damaged("it has no palette")),
    };
    let sample_len = if depth == BitDepth::Sixteen { 2 } else { 1 };
    let pixel_len = channels.count() * sample_len;
    limit::check(limits, &FORMAT, (width, height), 1, pixel_len as u64)?;

    let len = width as usize * height as usize * pixel_len;
    if reader.output_buffer_size() != Some(len) {
        return Err(damaged("its size does not match its colours"));
    }
    let mut samples = pool.bytes(len);
    if let Err(error) = reader.next_frame(&mut samples) {
        pool.give_bytes(samples);
        return Err(failure(&error));
    }
    let samples = if sample_len == 2 {
        let mut words = pool.words(len / 2);
        for (word, bytes) in words.iter_mut().zip(samples.as_chunks::<2>().0) {
            *word = u16::from_be_bytes(*bytes);
        }
        pool.give_bytes(samples);
        Samples::U16(words)
    } else {
        Samples::U8(samples)
    };
    Ok(Source { metadata, notes, ..Source::still(Picture { width, height, channels, samples }) })
}

/// Reads everything before the pixels, in the layout that filters work on.
fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Reader<Cursor<&'a [u8]>>, Failure> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), png_limits(limits, bytes.len()));
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let size = decoder.read_header_info().map_err(|e| failure(&e))?.size();
    // Before a row is allocated.
    limit::check(limits, &FORMAT, size, 1, 1)?;
    decoder.read_info().map_err(|e| failure(&e))
}

/// Chunks are no longer than the file that they are in; what they inflate to is limited.
fn png_limits(limits: &Limits, file_len: usize) -> PngLimits {
    let metadata = usize::try_from(limits.max_metadata_bytes).unwrap_or(usize::MAX);
    PngLimits { bytes: metadata.saturating_mul(2).saturating_add(2 * file_len) }
}

fn failure(error: &DecodingError) -> Failure {
    match error {
        DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            damaged("it is cut off")
        }
        DecodingError::LimitsExceeded => {
            Failure::new(FailureKind::TooLarge, "the PNG needs more memory than the limits allow")
        }
        other => {
            let text = other.to_string().replace('\n', " ");
            if text.starts_with("CRC error") {
                damaged("a checksum is wrong")
            } else {
                damaged(&without_debug_output(&text))
            }
        }
    }
}

/// The crate's messages name a chunk by all that is known of it: `ChunkType { type: IDAT, ... }`.
fn without_debug_output(text: &str) -> String {
    let Some((before, rest)) = text.split_once("ChunkType { type: ") else {
        return text.into();
    };
    let name = rest.split(',').next().unwrap_or_default();
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    format!("{before}{name}{after}")
}

fn damaged(what: &str) -> Failure {
    let what = what.trim_end_matches('.');
    Failure::new(FailureKind::Damaged, format!("the PNG is damaged: {what}"))
}

/// Encodes a picture of any layout and depth.
pub(crate) fn encode(
    content: &Content<'_>,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<String>, Failure> {
    let (picture, metadata) = (content.first(), &content.metadata);
    let mut info = Info::with_size(picture.width, picture.height);
    info.color_type = match picture.channels {
        Channels::Gray => ColorType::Grayscale,
        Channels::GrayAlpha => ColorType::GrayscaleAlpha,
        Channels::Rgb => ColorType::Rgb,
        Channels::Rgba => ColorType::Rgba,
    };
    let mut encoded = pool.file();
    let result = match &picture.samples {
        Samples::U8(samples) => {
            info.bit_depth = BitDepth::Eight;
            write(info, samples, &mut encoded)
        }
        Samples::U16(samples) => {
            info.bit_depth = BitDepth::Sixteen;
            let mut bytes = pool.bytes(samples.len() * 2);
            for (bytes, word) in bytes.as_chunks_mut::<2>().0.iter_mut().zip(samples) {
                *bytes = word.to_be_bytes();
            }
            let result = write(info, &bytes, &mut encoded);
            pool.give_bytes(bytes);
            result
        }
    };
    if result.is_ok() {
        chunks::with_metadata(&encoded, metadata, out);
    }
    pool.give_file(encoded);
    result.map(|()| Vec::new()).map_err(|error| {
        Failure::new(FailureKind::Encode, format!("the PNG could not be written: {error}"))
    })
}

fn write(info: Info<'_>, samples: &[u8], out: &mut Vec<u8>) -> Result<(), EncodingError> {
    let mut encoder = Encoder::with_info(out, info)?;
    encoder.set_deflate_compression(DeflateCompression::Level(2));
    encoder.set_filter(Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(samples)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use lote_protocol::task::Encoding;

    use super::*;
    use crate::formats::Metadata;
    use crate::formats::table::Shown;

    #[test]
    fn a_profile_that_inflates_above_the_limit_is_left_out() {
        let picture = Picture {
            width: 1,
            height: 1,
            channels: Channels::Gray,
            samples: Samples::U8(vec![7]),
        };
        let metadata = Metadata { icc: Some(vec![0; 32 << 20]), ..Metadata::default() };
        let encoding = Encoding::default();
        let content = Content {
            frames: vec![Shown { picture: Cow::Borrowed(&picture), delay_ms: 0 }],
            loops: 0,
            stored: crate::formats::Stored::Full,
            metadata: Cow::Owned(metadata),
            encoding: &encoding,
            stays_exact: false,
        };
        let (mut pool, mut file) = (Pool::new(), Vec::new());
        encode(&content, &mut pool, &mut file).unwrap();
        assert!(file.len() < 1 << 20);
        let limits = Limits { max_metadata_bytes: 1 << 20, ..Limits::default() };
        let source = decode(&file, &limits, &mut pool).unwrap();
        assert_eq!(source.metadata.icc, None);
        assert_eq!(source.notes.len(), 1);
        assert_eq!(source.frames[0].picture, picture);
    }

    #[test]
    fn messages_name_chunks_by_their_names_only() {
        assert_eq!(
            without_debug_output("ChunkType { type: IDAT, critical: true } chunk is missing"),
            "IDAT chunk is missing"
        );
    }
}
