//! GIF, still and animated. The only file that names the crate `gif`.

mod blocks;
pub(crate) mod delta;

use std::borrow::Cow;

use ::gif::{
    DecodeOptions, Decoder, DecodingError, DisposalMethod, Encoder, EncodingError,
    Frame as GifFrame, MemoryLimit, Repeat,
};
use lote_protocol::encoding::Colours;
use lote_protocol::filter::EncodingOption;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;
use weezl::decode::Decoder as LzwDecoder;
use weezl::{BitOrder, LzwStatus};

use crate::formats::Frame;
use crate::formats::Source;
use crate::formats::Stored;
use crate::formats::canvas::{Canvas, Leave, Part};
use crate::formats::extent::{Declared, HeaderReader};
use crate::formats::gif::delta::{Area, changed, only_adds};
use crate::formats::limit;
use crate::formats::palette::{Color, Indexed, exact, reduced};
use crate::formats::table::{Content, Format, Gives, QUICK, Shown, id};
use crate::holds::{Holds, Texts};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Of alpha, a GIF holds only all or nothing.
pub static FORMAT: Format = Format {
    id: id("gif"),
    name: "GIF",
    endings: &["gif"],
    mime: "image/gif",
    in_browsers: true,
    options: &[EncodingOption::Colours],
    gives: Gives::Itself,
    holds: Holds {
        alpha: true,
        frames: true,
        icc: true,
        xmp: true,
        texts: Texts::Comments,
        ..Holds::NOTHING
    },
    magic: |head| head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a"),
    header: declared,
    together: Some(blocks::together),
    decode,
    encode: Some(encode),
    patience: QUICK,
};

fn declared(header: &mut HeaderReader<'_>) -> Declared {
    Some((header.le16(6)?, header.le16(8)?, 4))
}

/// Alpha from which a pixel is drawn.
const VISIBLE: u8 = 128;

/// The part of a frame that may be missing: one of so many.
const TOLERATED: usize = 100;

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let mended = blocks::without_strays(bytes);
    let strays = mended.as_ref().map(|(_, strays)| *strays);
    let bytes = mended.as_ref().map_or(bytes, |(whole, _)| whole);
    let Outline { size, count, part_pixels, behind } = look_through(bytes, limits)?;
    limit::check(limits, &FORMAT, (size.0.into(), size.1.into()), count, 4)?;
    limit::parts(limits, part_pixels)?;

    let mut decoder = open(bytes)?;
    let mut canvas = Canvas::new((size.0.into(), size.1.into()), pool);
    let (mut frames, mut notes, mut has_pixels) = (Vec::new(), Vec::new(), false);
    notes.extend(strays.map(|strays| {
        text!("the GIF is damaged: {} bytes between its blocks are passed over", strays)
    }));
    notes.extend(behind.map(|why| {
        text!("the GIF is damaged behind frame {}, and what is there left out: {}", count, why)
    }));
    for number in 1..=count {
        let read = decoder.read_next_frame().map(|frame| frame.is_some());
        if matches!(read, Ok(false)) {
            break;
        }
        let cut = read.err().map(|error| what(&error));
        // Of a frame that is cut off, what is there.
        let global = decoder.global_palette().map(<[u8]>::to_vec);
        let Some(frame) = decoder.current_frame_info() else { break };
        let mut indices = pool.bytes(usize::from(frame.width) * usize::from(frame.height));
        indices.fill(frame.transparent.unwrap_or(0));
        has_pixels |= !indices.is_empty();
        let found = unpack(&frame.buffer, &mut indices);
        let missing = indices.len() - found;
        if frame.interlaced {
            indices = in_order(&indices, frame.width.into(), pool);
        }
        let bad = missing > indices.len() / TOLERATED || cut.is_some() && !frames.is_empty();
        if bad && frames.is_empty() {
            let percent = found * 100 / indices.len().max(1);
            return Err(damaged(match cut {
                Some(why) if found == 0 => why,
                _ => text!("only {} % of its first frame can be read", percent),
            }));
        }
        if bad {
            notes.push(text!("the GIF is damaged: frame {} of {} is left out", number, count));
        } else {
            if missing > 0 {
                notes.push(text!(
                    "the GIF is damaged: less than 1 % of frame {} is missing",
                    number
                ));
            }
            let palette = frame.palette.as_ref().or(global.as_ref()).map_or(&[][..], |p| p);
            let picture = canvas.show(part(frame), pool, |pixel, at| {
                draw(pixel, indices[at], palette, frame.transparent);
            });
            frames.push(Frame { picture, delay_ms: u32::from(frame.delay) * 10 });
        }
        pool.give_bytes(indices);
        if cut.is_some() {
            break;
        }
    }
    canvas.finish(&mut frames, pool);
    if !has_pixels {
        return Err(damaged(text!("its frames have no pixels")));
    }
    let loops = match decoder.repeat() {
        Repeat::Infinite => 0,
        Repeat::Finite(repetitions) => u32::from(repetitions) + 1,
    };
    Ok(Source {
        metadata: blocks::read(bytes),
        lossless: false,
        stored: Stored::Palette,
        chroma: None,
        left_out: Vec::new(),
        pages: Vec::new(),
        notes,
        frames,
        loops,
    })
}

fn part(frame: &GifFrame<'_>) -> Part {
    Part {
        left: frame.left.into(),
        top: frame.top.into(),
        width: frame.width.into(),
        height: frame.height.into(),
        leave: match frame.dispose {
            DisposalMethod::Any | DisposalMethod::Keep => Leave::Drawn,
            DisposalMethod::Background => Leave::Cleared,
            DisposalMethod::Previous => Leave::Restored,
        },
    }
}

/// Draws a pixel by its index, if it is not the one that is not drawn and there is a palette.
fn draw(pixel: &mut [u8; 4], index: u8, palette: &[u8], transparent: Option<u8>) {
    let colors = palette.as_chunks::<3>().0;
    if transparent != Some(index) && !colors.is_empty() {
        // What the palette does not have is black to all who show it.
        let [r, g, b] = colors.get(usize::from(index)).copied().unwrap_or_default();
        *pixel = [r, g, b, 255];
    }
}

/// Unpacks a frame: the bits of its shortest code, and the codes (`GIF89a`, appendix F). Returns how
/// many pixels there were.
fn unpack(packed: &[u8], indices: &mut [u8]) -> usize {
    let Some((&bits @ 1..=11, mut packed)) = packed.split_first() else { return 0 };
    let mut decoder = LzwDecoder::new(BitOrder::Lsb, bits);
    let mut found = 0;
    while found < indices.len() {
        let result = decoder.decode_bytes(packed, &mut indices[found..]);
        packed = &packed[result.consumed_in..];
        found += result.consumed_out;
        if !matches!(result.status, Ok(LzwStatus::Ok))
            || result.consumed_in == 0 && result.consumed_out == 0
        {
            break;
        }
    }
    found
}

/// The rows of an interlaced frame from top to bottom (`GIF89a`, appendix E).
fn in_order(indices: &[u8], width: usize, pool: &mut Pool) -> Vec<u8> {
    let mut ordered = pool.bytes(indices.len());
    let height = indices.len() / width.max(1);
    let places = [(0, 8), (4, 8), (2, 4), (1, 2)]
        .into_iter()
        .flat_map(|(first, step)| (first..height).step_by(step));
    for (row, y) in indices.chunks_exact(width.max(1)).zip(places) {
        ordered[y * width..(y + 1) * width].copy_from_slice(row);
    }
    ordered
}

/// What a file consists of.
struct Outline {
    /// The canvas, px.
    size: (u16, u16),
    /// How many frames there are.
    count: u64,
    /// The pixels of what they draw, which may be more than is on the canvas.
    part_pixels: u64,
    /// Why what is behind them cannot be read.
    behind: Option<Text>,
}

/// The canvas and how many frames there are, without decoding one. A file that ends between two
/// frames has those before; many writers leave out the end mark. As in browsers, the canvas grows to
/// the first frame.
fn look_through(bytes: &[u8], limits: &Limits) -> Result<Outline, Failure> {
    let mut decoder = open(bytes)?;
    let mut size = (decoder.width(), decoder.height());
    let mut count = 0;
    let mut part_pixels = 0;
    let mut behind = None;
    loop {
        match decoder.next_frame_info() {
            Ok(Some(frame)) => {
                // A part may be larger than the canvas, and nearly nothing in the file.
                let part_size = (frame.width.max(1).into(), frame.height.max(1).into());
                limit::check(limits, &FORMAT, part_size, 1, 1)?;
                part_pixels += u64::from(part_size.0) * u64::from(part_size.1);
                if count == 0 {
                    size.0 = size.0.max(frame.left.saturating_add(frame.width));
                    size.1 = size.1.max(frame.top.saturating_add(frame.height));
                }
                count += 1;
            }
            Ok(None) => break,
            Err(error) if count > 0 => {
                behind = Some(what(&error)).filter(|why| *why != cut());
                break;
            }
            Err(error) => return Err(damaged(what(&error))),
        }
    }
    if count == 0 {
        return Err(damaged(text!("it has no picture")));
    }
    Ok(Outline { size, count, part_pixels, behind })
}

/// Frames come packed as they are, so that one that is damaged does not stop the next.
fn open(bytes: &[u8]) -> Result<Decoder<&[u8]>, Failure> {
    let mut options = DecodeOptions::new();
    options.skip_frame_decoding(true);
    options.allow_unknown_blocks(true);
    // Sizes are checked here before anything is allocated; extensions are no longer than the file.
    options.set_memory_limit(MemoryLimit::Unlimited);
    options.read_info(bytes).map_err(|e| damaged(what(&e)))
}

/// What is wrong with a file that ends early.
fn cut() -> Text {
    text!("it is cut off")
}

fn what(error: &DecodingError) -> Text {
    match error {
        DecodingError::UnexpectedEof => cut(),
        DecodingError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => cut(),
        other => other.to_string().into(),
    }
}

fn damaged(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "GIF", what))
}

/// Encodes pictures as a GIF; several are an animation.
pub(crate) fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    let Content { frames, loops, metadata, .. } = content;
    let mut notes = Vec::new();
    let Some(first) = frames.first() else {
        return Err(unwritable(text!("there is no picture")));
    };
    let (Ok(width), Ok(height)) =
        (u16::try_from(first.picture.width), u16::try_from(first.picture.height))
    else {
        return Err(Failure::new(
            FailureKind::Encode,
            text!("GIF holds at most 65535 px a side; choose another format or resize"),
        ));
    };
    if frames.iter().any(|frame| has_partial_alpha(&frame.picture)) {
        notes.push(text!("partial transparency became all or nothing: GIF has no other"));
    }
    let mut encoded = Vec::new();
    let mut encoder =
        Encoder::new(&mut encoded, width, height, &[]).map_err(|e| write_failure(&e))?;
    if frames.len() > 1 {
        let repeat = match loops {
            0 => Repeat::Infinite,
            &plays => Repeat::Finite(u16::try_from(plays - 1).unwrap_or(u16::MAX)),
        };
        encoder.set_repeat(repeat).map_err(|e| write_failure(&e))?;
    }
    let mut reduction = false;
    let max_colors = match content.encoding.colours {
        Some(Colours::AtMost(count)) => usize::from(count),
        Some(Colours::Auto) | None => 256,
    };
    for part in parts(frames, max_colors)? {
        reduction |= part.reduced;
        encoder.write_frame(&part.frame).map_err(|e| write_failure(&e))?;
    }
    if reduction {
        notes.push(if max_colors < 256 {
            text!("reduced to {} colours, as asked for", max_colors)
        } else {
            text!("reduced to {} colours: GIF holds no more", max_colors)
        });
    }
    encoder.into_inner().map_err(|e| write_failure(&e))?;
    blocks::with_metadata(&encoded, metadata, out);
    Ok(notes)
}

struct Drawn {
    frame: GifFrame<'static>,
    reduced: bool,
}

/// The parts to draw, one a picture. Where every picture only adds to the one before, a part is
/// what changed; else each is drawn as a whole on a cleared canvas. Each has a palette of its own.
fn parts<'a>(
    frames: &'a [Shown<'_>],
    max_colors: usize,
) -> Result<impl Iterator<Item = Drawn> + use<'a>, Failure> {
    let exact = move |pixels: &[Color]| {
        exact(pixels.iter().copied()).filter(|indexed| indexed.colors.len() <= max_colors)
    };
    let mut before: Vec<Color> = Vec::new();
    let mut adds = true;
    for frame in frames {
        let after = colors(&frame.picture)?;
        adds &= before.is_empty() || only_adds(&before, &after);
        before = after;
    }
    let animated = frames.len() > 1;
    let mut before = Vec::new();
    Ok(frames.iter().filter_map(move |frame| {
        let after = colors(&frame.picture).ok()?;
        let width = frame.picture.width as usize;
        let area = if before.is_empty() || !adds {
            Area { left: 0, top: 0, width, height: frame.picture.height as usize }
        } else {
            changed(&before, &after, width)
        };
        let mut pixels = area.pixels(&after, width);
        let mut indexed = None;
        if adds && !before.is_empty() {
            // What did not change is left as it is: smaller, and fewer colours are needed.
            let old = area.pixels(&before, width);
            let new: Vec<Color> = pixels
                .iter()
                .zip(&old)
                .map(|(new, old)| if new == old { None } else { *new })
                .collect();
            indexed = exact(&new);
            if indexed.is_none() {
                indexed = exact(&pixels);
                pixels = new;
            }
        }
        let indexed = indexed.or_else(|| exact(&pixels));
        let was_reduced = indexed.is_none();
        // Diffused errors would flicker from picture to picture.
        let indexed =
            indexed.unwrap_or_else(|| reduced(&pixels, area.width, !animated, max_colors));
        before = after;
        Some(Drawn { frame: gif_frame(area, indexed, frame.delay_ms, adds), reduced: was_reduced })
    }))
}

fn gif_frame(area: Area, indexed: Indexed, delay_ms: u32, keep: bool) -> GifFrame<'static> {
    GifFrame {
        delay: u16::try_from(delay_ms.saturating_add(5) / 10).unwrap_or(u16::MAX),
        dispose: if keep { DisposalMethod::Keep } else { DisposalMethod::Background },
        transparent: indexed.transparent,
        // An area is inside of a canvas whose sides fit 16 bits.
        left: area.left as u16,
        top: area.top as u16,
        width: area.width as u16,
        height: area.height as u16,
        palette: Some(indexed.colors.concat()),
        buffer: Cow::Owned(indexed.indices),
        ..GifFrame::default()
    }
}

fn colors(picture: &Picture) -> Result<Vec<Color>, Failure> {
    match (&picture.samples, picture.channels) {
        (Samples::U8(samples), Channels::Rgb) => {
            Ok(samples.as_chunks::<3>().0.iter().copied().map(Some).collect())
        }
        (Samples::U8(samples), Channels::Rgba) => Ok(samples
            .as_chunks::<4>()
            .0
            .iter()
            .map(|&[r, g, b, alpha]| (alpha >= VISIBLE).then_some([r, g, b]))
            .collect()),
        _ => Err(unwritable(text!("GIF holds 8-bit colour only"))),
    }
}

fn has_partial_alpha(picture: &Picture) -> bool {
    match &picture.samples {
        Samples::U8(samples) if picture.channels == Channels::Rgba => {
            samples.as_chunks::<4>().0.iter().any(|pixel| !matches!(pixel[3], 0 | 255))
        }
        _ => false,
    }
}

fn write_failure(error: &EncodingError) -> Failure {
    unwritable(error.to_string())
}

fn unwritable(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Encode, text!("the {} could not be written: {}", "GIF", what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparent_indices_draw_nothing_and_those_beyond_the_palette_are_black() {
        let drawn = |index, palette: &[u8], transparent| {
            let mut pixel = [7; 4];
            draw(&mut pixel, index, palette, transparent);
            pixel
        };
        let palette = [255, 0, 0, 0, 0, 255];
        assert_eq!(drawn(1, &palette, None), [0, 0, 255, 255]);
        assert_eq!(drawn(1, &palette, Some(1)), [7; 4]);
        assert_eq!(drawn(9, &palette, Some(1)), [0, 0, 0, 255]);
        assert_eq!(drawn(8, &palette, Some(8)), [7; 4]);
        assert_eq!(drawn(0, &[], None), [7; 4], "without a palette nothing is drawn");
    }
}
