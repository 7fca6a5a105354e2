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
use crate::formats::canvas::{Canvas, Part, over};
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
    let mut notes = Vec::new();
    if riff::is_cut(bytes) {
        notes.push(text!("the WebP is damaged: it is cut off behind what could be read"));
    }
    let metadata = riff::read(bytes, limits.max_metadata_bytes, &mut notes);
    let lossless = !decoder.is_lossy();
    if !decoder.is_animated() {
        let picture = picture(&mut decoder, pool).map_err(|e| failure(&e))?;
        return Ok(Source { lossless, metadata, notes, ..Source::still(picture) });
    }
    let count = decoder.num_frames();
    limit::check(limits, &FORMAT, (width, height), count.into(), 4)?;
    let frames =
        frames(bytes, (width, height), count, &mut notes, pool).map_err(|e| failure(&e))?;
    let loops = match decoder.loop_count() {
        LoopCount::Forever => 0,
        LoopCount::Times(times) => u32::from(times.get()),
    };
    Ok(Source {
        chroma: None,
        left_out: Vec::new(),
        pages: Vec::new(),
        frames,
        loops,
        lossless,
        stored: Stored::Full,
        metadata,
        notes,
    })
}

/// Decodes a still picture.
fn picture(
    decoder: &mut WebPDecoder<Cursor<&[u8]>>,
    pool: &mut Pool,
) -> Result<Picture, DecodingError> {
    let (width, height) = decoder.dimensions();
    let channels = if decoder.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    let mut samples = pool.bytes(width as usize * height as usize * channels.count());
    if let Err(error) = decoder.read_image(&mut samples) {
        pool.give_bytes(samples);
        return Err(error);
    }
    Ok(Picture { width, height, channels, samples: Samples::U8(samples) })
}

/// Decodes the frames of an animation, up to one that is damaged; it and what is behind it is told.
/// They are decoded one by one and drawn here: `image_webp` leaves out that a place is cleared, and
/// is a level off where frames are blended.
fn frames(
    bytes: &[u8],
    size: (u32, u32),
    count: u32,
    notes: &mut Vec<Text>,
    pool: &mut Pool,
) -> Result<Vec<Frame>, DecodingError> {
    let mut canvas = Canvas::new(size, pool);
    let mut frames: Vec<Frame> = Vec::new();
    let mut parts = riff::frames(bytes);
    for number in 1..=count {
        let cut = || DecodingError::IoError(std::io::ErrorKind::UnexpectedEof.into());
        let read = parts.next().ok_or_else(cut).and_then(|drawn| {
            let Part { left, top, width, height, .. } = drawn.part;
            if left + width > size.0 || top + height > size.1 {
                return Err(DecodingError::FrameOutsideImage);
            }
            let picture = picture(&mut WebPDecoder::new(Cursor::new(&drawn.file()[..]))?, pool)?;
            Ok((drawn, picture))
        });
        let (drawn, picture) = match read {
            Ok(read) => read,
            Err(error) if frames.is_empty() => return Err(error),
            Err(_) => {
                notes.push(text!(
                    "the WebP is damaged: frame {} of {} and those behind it are left out",
                    number,
                    count
                ));
                break;
            }
        };
        let above = |at: usize| match &picture.samples {
            Samples::U8(samples) if picture.channels == Channels::Rgba => {
                samples.as_chunks::<4>().0.get(at).copied()
            }
            Samples::U8(samples) => {
                samples.as_chunks::<3>().0.get(at).map(|&[r, g, b]| [r, g, b, 255])
            }
            Samples::U16(_) => None,
        };
        let seen = canvas.show(drawn.part, pool, |below, at| match above(at) {
            Some(above) if drawn.blends => over(below, above),
            Some(above) => *below = above,
            None => {}
        });
        frames.push(Frame { picture: seen, delay_ms: drawn.delay_ms });
        pool.give(picture);
    }
    canvas.finish(&mut frames, pool);
    Ok(frames)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Metadata;

    /// A lossless animation of so many columns and one row; its frames begin at a column, are of
    /// pixels, and have flags: 1 clears their place behind them, 2 does not blend them.
    fn animation(width: u32, frames: &[(usize, &[[u8; 4]], u8)]) -> Vec<u8> {
        let mut parts = riff::Animation::new(0);
        for &(left, pixels, flags) in frames {
            let mut encoded = Vec::new();
            let how = How { quality: 75, exact: Some(100), effort: None };
            let size = (pixels.len() as u32, 1);
            assert!(encoder::encode(pixels.as_flattened(), size, true, how, &mut encoded));
            parts.push(&encoded, Area { left, top: 0, width: pixels.len(), height: 1 }, 70);
            parts.set_last_flags(flags);
        }
        let mut file = Vec::new();
        parts.with_metadata((width, 1), true, &Metadata::default(), &mut file);
        file
    }

    fn seen(file: &[u8]) -> Vec<Vec<[u8; 4]>> {
        let source = decode(file, &Limits::default(), &mut Pool::new()).unwrap();
        let pixels = |frame: &Frame| match &frame.picture.samples {
            Samples::U8(samples) => samples.as_chunks::<4>().0.to_vec(),
            Samples::U16(_) => unreachable!(),
        };
        source.frames.iter().map(pixels).collect()
    }

    const CLEAR: [u8; 4] = [0; 4];
    const RED: [u8; 4] = [255, 0, 0, 255];
    const BLUE: [u8; 4] = [0, 0, 255, 255];
    const ODD: [u8; 4] = [101, 77, 3, 255];

    /// As Pillow 12 and libvips 8 show such a file.
    #[test]
    fn a_frame_that_is_cleared_leaves_its_place_transparent() {
        let file = animation(
            4,
            &[
                (0, &[RED; 4], 2),
                (0, &[BLUE; 2], 3),
                (2, &[BLUE], 1),
                (0, &[ODD, CLEAR], 0),
                (0, &[ODD], 2),
            ],
        );
        let wanted = [
            [RED, RED, RED, RED],
            [BLUE, BLUE, RED, RED],
            [CLEAR, CLEAR, BLUE, RED],
            [ODD, CLEAR, CLEAR, RED],
            [ODD, CLEAR, CLEAR, RED],
        ];
        assert_eq!(seen(&file), wanted);
    }

    /// As Pillow 12 and libvips 8 show such a file.
    #[test]
    fn opaque_pixels_that_are_blended_are_copied() {
        let file =
            animation(2, &[(0, &[RED, BLUE], 0), (0, &[ODD, CLEAR], 0), (0, &[BLUE, ODD], 0)]);
        let Source { frames, .. } = decode(&file, &Limits::default(), &mut Pool::new()).unwrap();
        let wanted: [&[u8]; 3] =
            [&[255, 0, 0, 0, 0, 255], &[101, 77, 3, 0, 0, 255], &[0, 0, 255, 101, 77, 3]];
        for (frame, wanted) in frames.iter().zip(wanted) {
            assert_eq!(frame.picture.samples, Samples::U8(wanted.to_vec()));
            assert_eq!((frame.picture.channels, frame.delay_ms), (Channels::Rgb, 70));
        }
    }

    #[test]
    fn what_is_blended_is_half_of_either_and_what_is_not_takes_its_place() {
        let half = [255, 255, 255, 128];
        let file =
            animation(2, &[(0, &[BLUE, BLUE], 0), (0, &[half, CLEAR], 0), (0, &[half, CLEAR], 2)]);
        let wanted = [[BLUE, BLUE], [[128, 128, 255, 255], BLUE], [half, CLEAR]];
        assert_eq!(seen(&file), wanted);
    }
}
