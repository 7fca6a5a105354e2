//! WebP. The only file that names `image_webp`, which decodes.

mod encoder;
mod extent;
mod riff;

use std::io::Cursor;

use image_webp::{DecodingError, LoopCount, WebPDecoder};
use lote_protocol::filter::EncodingOption;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::formats::Frame;
use crate::formats::Source;
use crate::formats::Stored;
use crate::formats::gif::delta::{Area, changed};
use crate::formats::limit;
use crate::formats::table::{Content, Format, Gives, QUALITY, id};
use crate::holds::Holds;
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;
use encoder::How;

/// WebP.
pub static FORMAT: Format = Format {
    id: id("webp"),
    name: "WebP",
    endings: &["webp"],
    mime: "image/webp",
    in_browsers: true,
    options: &[
        EncodingOption::Quality,
        EncodingOption::Lossless,
        EncodingOption::NearLossless,
        EncodingOption::Effort,
        EncodingOption::MaxSize,
        EncodingOption::MinScore,
    ],
    gives: Gives::Itself,
    holds: Holds { alpha: true, frames: true, icc: true, exif: true, xmp: true, ..Holds::NOTHING },
    magic: |head| head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
    header: extent::declared,
    together: Some(extent::together),
    decode,
    encode: Some(encode),
    patience,
};

/// Without loss, the last levels take long.
fn patience(effort: Option<u8>) -> u32 {
    match effort {
        None | Some(..=5) => 1,
        Some(6..) => 8,
    }
}

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
        return Err(damaged(text!("its picture is cut off")));
    }
    let mut decoder = open(bytes, limits)?;
    let (width, height) = decoder.dimensions();
    let (channels, len) =
        if decoder.has_alpha() { (Channels::Rgba, 4) } else { (Channels::Rgb, 3) };
    let mut notes = Vec::new();
    if riff::is_cut(bytes) {
        notes.push(text!("the WebP is damaged: it is cut off behind what could be read"));
    }
    let metadata = riff::read(bytes, limits.max_metadata_bytes, &mut notes);
    let lossless = !decoder.is_lossy();
    let picture = |samples| Picture { width, height, channels, samples: Samples::U8(samples) };
    let len = width as usize * height as usize * len;
    let count = if decoder.is_animated() { decoder.num_frames() } else { 1 };
    if count <= 1 {
        let mut samples = pool.bytes(len);
        if let Err(error) = decoder.read_image(&mut samples) {
            pool.give_bytes(samples);
            return Err(failure(&error));
        }
        return Ok(Source { lossless, metadata, notes, ..Source::still(picture(samples)) });
    }
    limit::check(limits, &FORMAT, (width, height), count.into(), 4)?;
    let mut frames: Vec<Frame> = Vec::new();
    for number in 1..=count {
        let mut samples = pool.bytes(len);
        match decoder.read_frame(&mut samples) {
            Ok(delay_ms) => frames.push(Frame { picture: picture(samples), delay_ms }),
            Err(error) if frames.is_empty() => return Err(failure(&error)),
            Err(_) => {
                notes.push(text!(
                    "the WebP is damaged: frame {} of {} and those behind it are left out",
                    number,
                    count
                ));
                break;
            }
        }
    }
    let loops = match decoder.loop_count() {
        LoopCount::Forever => 0,
        LoopCount::Times(times) => u32::from(times.get()),
    };
    Ok(Source {
        chroma: None,
        left_out: Vec::new(),
        frames,
        loops,
        lossless,
        stored: Stored::Full,
        metadata,
        notes,
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
            text!("it is cut off")
        }
        DecodingError::MemoryLimitExceeded | DecodingError::ImageTooLarge => {
            return Failure::new(
                FailureKind::TooLarge,
                text!("the {} needs more memory than the limits allow", "WebP"),
            );
        }
        other => other.to_string().replace('\n', " ").into(),
    };
    damaged(what)
}

fn damaged(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "WebP", what))
}

/// Encodes 8-bit RGB or RGBA, several pictures as an animation.
pub(crate) fn encode(
    content: &Content<'_>,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    let metadata = &content.metadata;
    let how = How {
        quality: content.encoding.quality.unwrap_or(QUALITY).clamp(1, 100),
        exact: match content.encoding.near_lossless {
            None => content.encoding.lossless.unwrap_or(content.stays_exact).then_some(100),
            near => near,
        },
        effort: content.encoding.effort,
    };
    let Picture { width, height, channels, .. } = *content.first();
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(Failure::new(
            FailureKind::Encode,
            text!("WebP holds at most {} px a side; choose another format or resize", MAX_SIDE),
        ));
    }
    let mut encoded = pool.file();
    let result = if let [still] = &content.frames[..] {
        write(samples(&still.picture)?, (width, height), channels, how, &mut encoded)
            .map(|()| riff::with_metadata(&encoded, (width, height), metadata, out))
    } else {
        let mut parts = riff::Animation::new(content.loops);
        let mut before: Option<&[u8]> = None;
        let mut written = Ok(());
        for frame in &content.frames {
            let rows = samples(&frame.picture)?;
            let area = before.map_or_else(
                || Area { left: 0, top: 0, width: width as usize, height: height as usize },
                |before| changed_pixels(before, rows, width as usize, channels.count()),
            );
            let row_len = width as usize * channels.count();
            let bytes = Area {
                left: area.left * channels.count(),
                width: area.width * channels.count(),
                ..area
            };
            let part = bytes.pixels(rows, row_len);
            encoded.clear();
            let size = (area.width as u32, area.height as u32);
            written = write(&part, size, channels, how, &mut encoded);
            if written.is_err() {
                break;
            }
            parts.push(&encoded, area, frame.delay_ms);
            before = Some(rows);
        }
        written.map(|()| parts.with_metadata((width, height), channels.has_alpha(), metadata, out))
    };
    pool.give_file(encoded);
    result.map(|()| Vec::new())
}

/// What has changed; parts begin at even places only.
fn changed_pixels(before: &[u8], after: &[u8], width: usize, count: usize) -> Area {
    let bytes = changed(before, after, width * count);
    let (left, top) = ((bytes.left / count) & !1, bytes.top & !1);
    let right = (bytes.left + bytes.width).div_ceil(count);
    Area { left, top, width: right - left, height: bytes.top + bytes.height - top }
}

fn samples(picture: &Picture) -> Result<&[u8], Failure> {
    match &picture.samples {
        Samples::U8(samples) => Ok(samples),
        Samples::U16(_) => Err(refused()),
    }
}

/// Appends a file without metadata.
fn write(
    samples: &[u8],
    size: (u32, u32),
    channels: Channels,
    how: How,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let can_be_held = matches!(channels, Channels::Rgb | Channels::Rgba);
    let written = can_be_held && encoder::encode(samples, size, channels.has_alpha(), how, out);
    if written { Ok(()) } else { Err(refused()) }
}

fn refused() -> Failure {
    Failure::new(
        FailureKind::Encode,
        text!("the {} could not be written: {}", "WebP", text!("the encoder refused it")),
    )
}
