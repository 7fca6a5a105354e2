//! PNG. The only folder that names the crates `png` and `oxipng`.

mod animation;
mod chunks;
mod mend;
mod optimize;
mod reduce;

use std::borrow::Cow;
use std::io::Cursor;

use ::png::{
    BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, DeflateCompression, Encoder,
    EncodingError, Filter, Info, Limits as PngLimits, Reader, Transformations,
};
use lote_protocol::encoding::Colours;
use lote_protocol::filter::EncodingOption;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::formats::Source;
use crate::formats::Stored;
use crate::formats::extent::{Declared, HeaderReader};
use crate::formats::limit;
use crate::formats::table::{Content, Format, Gives, id};
use crate::holds::{Holds, Texts};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// PNG holds every picture, still and animated.
pub static FORMAT: Format = Format {
    id: id("png"),
    name: "PNG",
    endings: &["png"],
    mime: "image/png",
    in_browsers: true,
    options: &[EncodingOption::Effort, EncodingOption::Colours],
    gives: Gives::Itself,
    holds: Holds {
        gray: true,
        alpha: true,
        deep: true,
        frames: true,
        pages: false,
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
    together: Some(animation::together),
    decode,
    encode: Some(encode),
    patience,
};

/// The last presets of `oxipng` try everything.
fn patience(effort: Option<u8>) -> u32 {
    match effort {
        None | Some(0) => 1,
        Some(1..=4) => 4,
        Some(5..=7) => 12,
        Some(8..) => 60,
    }
}

/// The IHDR chunk is the first one.
fn declared(header: &mut HeaderReader<'_>) -> Declared {
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

/// The chunk before the header of a PNG whose pixels are packed and ordered in another way.
const APPLE: &[u8] = b"CgBI";

/// The part of a picture that may be missing: one of so many.
const TOLERATED: u32 = 100;

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    if bytes.get(12..16) == Some(APPLE) {
        let what = text!(
            "a kind of {} that is not read: {}",
            "PNG",
            text!("as Apple packs them into programs (CgBI)")
        );
        return Err(Failure::new(FailureKind::Unsupported, what));
    }
    let strict = attempt(bytes, limits, false, pool);
    let Err(failure) = strict else { return strict };
    if failure.kind != FailureKind::Damaged {
        return Err(failure);
    }
    let Some(mended) = mend::mended(bytes) else { return Err(failure) };
    let Ok(mut source) = attempt(&mended, limits, true, pool) else { return Err(failure) };
    source.notes.insert(0, failure.message.clone());
    Ok(source)
}

/// Decodes a file. With `lenient`, the last rows of a picture may be missing, but the checksum of its
/// compression has to be right if it is there.
fn attempt(
    bytes: &[u8],
    limits: &Limits,
    lenient: bool,
    pool: &mut Pool,
) -> Result<Source, Failure> {
    let mut reader = open(bytes, limits, lenient)?;
    let mut notes = Vec::new();
    let info = reader.info();
    let (width, height) = info.size();
    let stored = match (info.color_type, info.bit_depth) {
        (ColorType::Indexed, _) => Stored::Palette,
        (ColorType::Grayscale, BitDepth::One) => Stored::Bilevel,
        _ => Stored::Full,
    };
    let animation = info.animation_control.filter(|control| control.num_frames > 1);
    let metadata = chunks::read(bytes, limits.max_metadata_bytes, &mut notes);
    if let Some(animation) = animation {
        let count = animation.num_frames;
        limit::check(limits, &FORMAT, (width, height), count.into(), 4)?;
        let frames = animation::frames(&mut reader, count, &mut notes, pool);
        let frames = frames.map_err(|e| failure(&e))?;
        let loops = animation.num_plays;
        return Ok(Source {
            chroma: None,
            left_out: Vec::new(),
            pages: Vec::new(),
            frames,
            loops,
            lossless: false,
            stored,
            metadata,
            notes,
        });
    }

    let (color, depth) = reader.output_color_type();
    let channels = match color {
        ColorType::Grayscale => Channels::Gray,
        ColorType::GrayscaleAlpha => Channels::GrayAlpha,
        ColorType::Rgb => Channels::Rgb,
        ColorType::Rgba => Channels::Rgba,
        ColorType::Indexed => return Err(damaged(text!("it has no palette"))),
    };
    let sample_len = if depth == BitDepth::Sixteen { 2 } else { 1 };
    let pixel_len = channels.count() * sample_len;
    limit::check(limits, &FORMAT, (width, height), 1, pixel_len as u64)?;

    let len = width as usize * height as usize * pixel_len;
    if reader.output_buffer_size() != Some(len) {
        return Err(damaged(text!("its size does not match its colours")));
    }
    let mut samples = pool.bytes(len);
    let read = if lenient && !reader.info().interlaced {
        rows(&mut reader, width as usize * pixel_len, height, &mut samples)
    } else {
        reader.next_frame(&mut samples).map(drop).map_err(|e| failure(&e))
    };
    if let Err(failure) = read {
        pool.give_bytes(samples);
        return Err(failure);
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
    let picture = Picture { width, height, channels, samples };
    Ok(Source { stored, metadata, notes, ..Source::still(picture) })
}

/// Reads row by row; the last ones may be missing.
fn rows(
    reader: &mut Reader<Cursor<&[u8]>>,
    row_len: usize,
    height: u32,
    samples: &mut [u8],
) -> Result<(), Failure> {
    samples.fill(0);
    for (target, left) in samples.chunks_exact_mut(row_len).zip((1..=height).rev()) {
        match reader.next_row() {
            Ok(Some(row)) => target.copy_from_slice(row.data()),
            Ok(None) => break,
            Err(error) if left > height / TOLERATED => return Err(failure(&error)),
            // A few are missing.
            Err(_) => return Ok(()),
        }
    }
    match reader.finish() {
        Err(DecodingError::Format(error)) if error.to_string().contains("hecksum") => {
            Err(damaged(text!("a checksum is wrong")))
        }
        _ => Ok(()),
    }
}

/// Reads everything before the pixels, in the layout that filters work on.
fn open<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    lenient: bool,
) -> Result<Reader<Cursor<&'a [u8]>>, Failure> {
    let mut options = DecodeOptions::default();
    options.set_ignore_adler32(!lenient);
    let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
    decoder.set_limits(png_limits(limits, bytes.len()));
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
            damaged(text!("it is cut off"))
        }
        DecodingError::LimitsExceeded => Failure::new(
            FailureKind::TooLarge,
            text!("the {} needs more memory than the limits allow", "PNG"),
        ),
        other => {
            let text = other.to_string().replace('\n', " ");
            if text.starts_with("CRC error") {
                damaged(text!("a checksum is wrong"))
            } else if text.contains("before IHDR") {
                damaged(text!("something else stands before its header"))
            } else {
                damaged(without_debug_output(&text).trim_end_matches('.'))
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

fn damaged(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "PNG", what))
}

/// Encodes a picture of any layout and depth, or several as an animation. A picture of few colours or
/// levels takes few bits.
pub(crate) fn encode(
    content: &Content<'_>,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    let mut encoded = pool.file();
    let mut notes = Vec::new();
    let result = if content.frames.len() > 1 {
        if let Some(Colours::AtMost(_)) = content.encoding.colours {
            notes.push(text!("colours are not reduced: a PNG has one palette for all frames"));
        }
        write_animation(content, &mut encoded).map_err(|error| error.to_string())
    } else {
        write_still(content, &mut notes, &mut encoded)
    };
    if result.is_ok() {
        chunks::with_metadata(&encoded, &content.metadata, out);
    }
    pool.give_file(encoded);
    result.map(|()| notes).map_err(|error| {
        Failure::new(FailureKind::Encode, text!("the {} could not be written: {}", "PNG", error))
    })
}

fn write_still(
    content: &Content<'_>,
    notes: &mut Vec<Text>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let picture = content.first();
    let few_colours = match content.encoding.colours {
        Some(Colours::AtMost(count)) => reduce::to_colours(picture, count.into(), notes),
        Some(Colours::Auto) | None => None,
    };
    let is_asked_for = few_colours.is_some();
    let form = few_colours.unwrap_or_else(|| reduce::reduced(picture));
    if let Some(preset) = optimize::preset(content.encoding.effort, &form, picture) {
        // It finds more forms than a palette, if it is given all that there is.
        let form = if is_asked_for { form } else { reduce::whole(picture) };
        // A profile of colour says nothing of gray.
        let may_be_gray = content.metadata.icc.is_none();
        optimize::write(picture, form, preset, may_be_gray, out)
    } else {
        let mut info = Info::with_size(picture.width, picture.height);
        info.color_type = form.color;
        info.bit_depth = form.depth;
        info.palette = (!form.colors.is_empty()).then(|| form.colors.into());
        info.trns = (!form.alphas.is_empty()).then(|| form.alphas.into());
        write(info, &form.rows, out).map_err(|error| error.to_string())
    }
}

fn write_animation(content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), EncodingError> {
    let Picture { width, height, channels, ref samples } = *content.first();
    let sample_len = if matches!(samples, Samples::U16(_)) { 2 } else { 1 };
    let mut info = Info::with_size(width, height);
    info.color_type = color_type(channels);
    info.bit_depth = if sample_len == 2 { BitDepth::Sixteen } else { BitDepth::Eight };
    let rows: Vec<_> = content.frames.iter().map(|frame| as_bytes(&frame.picture)).collect();
    let frames: Vec<(u32, &[u8])> =
        content.frames.iter().zip(&rows).map(|(frame, rows)| (frame.delay_ms, &**rows)).collect();
    let pixel_len = channels.count() * sample_len;
    let mut encoder = Encoder::with_info(out, info)?;
    let level = content.encoding.effort.map_or(QUICK, |effort| effort.clamp(1, 9));
    encoder.set_deflate_compression(DeflateCompression::Level(level));
    encoder.set_filter(Filter::Adaptive);
    animation::write(encoder, (width, pixel_len), &frames, content.loops)
}

/// The level of compression of what has many colours, where nobody asks for more.
const QUICK: u8 = 2;

fn color_type(channels: Channels) -> ColorType {
    match channels {
        Channels::Gray => ColorType::Grayscale,
        Channels::GrayAlpha => ColorType::GrayscaleAlpha,
        Channels::Rgb => ColorType::Rgb,
        Channels::Rgba => ColorType::Rgba,
    }
}

/// Samples as the file has them: the highest byte first.
fn as_bytes(picture: &Picture) -> Cow<'_, [u8]> {
    match &picture.samples {
        Samples::U8(samples) => samples.into(),
        Samples::U16(samples) => samples.iter().flat_map(|word| word.to_be_bytes()).collect(),
    }
}

fn write(info: Info<'_>, rows: &[u8], out: &mut Vec<u8>) -> Result<(), EncodingError> {
    // Indices and few bits have no slopes that a filter could follow, and are quickly compressed well.
    let few_bits = info.color_type == ColorType::Indexed || (info.bit_depth as u8) < 8;
    let mut encoder = Encoder::with_info(out, info)?;
    let (level, filter) = if few_bits { (9, Filter::NoFilter) } else { (QUICK, Filter::Adaptive) };
    encoder.set_deflate_compression(DeflateCompression::Level(level));
    encoder.set_filter(filter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rows)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use lote_protocol::encoding::Encoding;

    use super::*;
    use crate::formats::table::Shown;
    use crate::formats::{self, Document, Metadata};

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
            frames: vec![Shown { picture: Cow::Borrowed(&picture), delay_ms: 0, own: None }],
            loops: 0,
            stored: crate::formats::Stored::Full,
            chroma: None,
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
    fn few_colours_of_sixteen_bits_are_made_small_and_keep_their_bits() {
        // Larger than an icon: letters of five colours, none of which eight bits hold.
        let (width, height) = (300, 260);
        let samples = (0..width * height).flat_map(|at| {
            let (x, y) = (at % width, at / width);
            let letter = (x / 9 * 7 + y / 16 * 13) % 26;
            let ink = (x % 9 * 3 + y % 16 * 5) * letter % 11;
            [1, 2, 3].map(|band| (ink.min(4) * 16_001 + band * 77) as u16)
        });
        let samples = Samples::U16(samples.collect());
        let picture = Picture { width, height, channels: Channels::Rgb, samples };
        let document = Document::still(&FORMAT, picture);
        let written = |effort| {
            let encoding = Encoding { effort, ..Encoding::default() };
            let (mut pool, mut file) = (Pool::new(), Vec::new());
            formats::encode(&document, &encoding, &mut pool, &mut file).unwrap();
            let back = decode(&file, &Limits::default(), &mut pool).unwrap();
            assert_eq!(back.frames[0].picture, document.frames[0].picture, "{effort:?}");
            file.len()
        };
        let (quick, tried, unsaid) = (written(Some(0)), written(Some(4)), written(None));
        assert!(tried * 10 < quick * 9, "{tried} {quick}");
        assert!(unsaid <= tried, "{unsaid} {tried}");
    }

    #[test]
    fn what_does_not_begin_with_its_header_is_told_without_showing_it() {
        let said = |first: &[u8; 4]| {
            let file = [b"\x89PNG\r\n\x1a\n\0\0\0\x04", &first[..], &[0; 16]].concat();
            decode(&file, &Limits::default(), &mut Pool::new()).err().map(|failure| failure.message)
        };
        let apple = "a kind of PNG that is not read: as Apple packs them into programs (CgBI)";
        assert_eq!(said(b"CgBI").unwrap(), apple);
        for first in [b"sPLT", b"\xff}\n{"] {
            let message = said(first).unwrap();
            assert_eq!(message, "the PNG is damaged: something else stands before its header");
        }
    }

    #[test]
    fn messages_name_chunks_by_their_names_only() {
        assert_eq!(
            without_debug_output("ChunkType { type: IDAT, critical: true } chunk is missing"),
            "IDAT chunk is missing"
        );
    }
}
