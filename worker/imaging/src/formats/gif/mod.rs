//! GIF, still and animated. The only file that names the crate `gif`.

mod blocks;
mod canvas;
mod delta;

use std::borrow::Cow;

use ::gif::{
    DecodeOptions, Decoder, DecodingError, DisposalMethod, Encoder, EncodingError,
    Frame as GifFrame, MemoryLimit, Repeat,
};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

use crate::formats::Frame;
use crate::formats::Source;
use crate::formats::Stored;
use crate::formats::extent::{Declared, Header};
use crate::formats::gif::canvas::{Canvas, Leave, Part, hides_something, without_alpha};
use crate::formats::gif::delta::{Area, changed, only_adds};
use crate::formats::limit;
use crate::formats::palette::{Color, Indexed, exact, reduced};
use crate::formats::table::{Content, Format, Gives, Holds, Shown, Texts, id};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Of alpha, a GIF holds only all or nothing.
pub static FORMAT: Format = Format {
    id: id("gif"),
    name: "GIF",
    endings: &["gif"],
    mime: "image/gif",
    in_browsers: true,
    has_quality: false,
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
    decode,
    encode: Some(encode),
};

fn declared(header: &mut Header<'_>) -> Declared {
    Some((header.le16(6)?, header.le16(8)?, 4))
}

/// Alpha from which a pixel is drawn.
const VISIBLE: u8 = 128;

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let (size, count) = count_frames(bytes)?;
    limit::check(limits, &FORMAT, size, count, 4)?;

    let mut decoder = open(bytes, false)?;
    let mut canvas = Canvas::new(decoder.width(), decoder.height(), pool);
    let mut frames = Vec::new();
    for number in 1..=count {
        let what = |error: &DecodingError| failure(error, number, count);
        let Some(frame) = decoder.next_frame_info().map_err(|e| what(&e))? else {
            break;
        };
        let part = Part {
            left: frame.left,
            top: frame.top,
            width: frame.width,
            height: frame.height,
            transparent: frame.transparent,
            leave: match frame.dispose {
                DisposalMethod::Any | DisposalMethod::Keep => Leave::Drawn,
                DisposalMethod::Background => Leave::Cleared,
                DisposalMethod::Previous => Leave::Restored,
            },
        };
        let delay_ms = u32::from(frame.delay) * 10;
        // A part may be larger than the canvas, and nearly nothing in the file.
        let part_size = (part.width.max(1).into(), part.height.max(1).into());
        limit::check(limits, &FORMAT, part_size, 1, 1)?;
        let mut indices = pool.bytes(usize::from(part.width) * usize::from(part.height));
        if !indices.is_empty() {
            decoder.read_into_buffer(&mut indices).map_err(|e| what(&e))?;
        }
        let palette = decoder.palette().map_err(|e| what(&e))?;
        let picture = canvas.show(part, palette, &indices, pool);
        pool.give_bytes(indices);
        frames.push(Frame { picture, delay_ms });
    }
    canvas.finish(pool);
    if !frames.iter().any(|frame| hides_something(&frame.picture)) {
        for frame in &mut frames {
            without_alpha(&mut frame.picture);
        }
    }
    let loops = match decoder.repeat() {
        Repeat::Infinite => 0,
        Repeat::Finite(repetitions) => u32::from(repetitions) + 1,
    };
    Ok(Source {
        metadata: blocks::read(bytes),
        lossless: false,
        stored: Stored::Palette,
        notes: Vec::new(),
        frames,
        loops,
    })
}

/// The canvas and how many frames there are, without decoding one. A file that ends between two
/// frames has those before; many writers leave out the end mark.
fn count_frames(bytes: &[u8]) -> Result<((u32, u32), u64), Failure> {
    let mut decoder = open(bytes, true)?;
    let mut count = 0;
    loop {
        match decoder.next_frame_info() {
            Ok(Some(_)) => count += 1,
            Ok(None) => break,
            Err(_) if count > 0 => break,
            Err(error) => return Err(failure(&error, 1, 1)),
        }
    }
    if count == 0 {
        return Err(damaged("it has no picture"));
    }
    Ok(((decoder.width().into(), decoder.height().into()), count))
}

fn open(bytes: &[u8], skip_pixels: bool) -> Result<Decoder<&[u8]>, Failure> {
    let mut options = DecodeOptions::new();
    options.skip_frame_decoding(skip_pixels);
    options.allow_unknown_blocks(true);
    // Sizes are checked here before anything is allocated; extensions are no longer than the file.
    options.set_memory_limit(MemoryLimit::Unlimited);
    options.read_info(bytes).map_err(|e| failure(&e, 1, 1))
}

fn failure(error: &DecodingError, frame: u64, count: u64) -> Failure {
    let what = match error {
        DecodingError::UnexpectedEof => "it is cut off".into(),
        DecodingError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it is cut off".into()
        }
        other => other.to_string(),
    };
    if count > 1 { damaged(&format!("{what} in frame {frame} of {count}")) } else { damaged(&what) }
}

fn damaged(what: &str) -> Failure {
    Failure::new(FailureKind::Damaged, format!("the GIF is damaged: {what}"))
}

/// Encodes pictures as a GIF; several are an animation.
pub(crate) fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<String>, Failure> {
    let Content { frames, loops, metadata, .. } = content;
    let mut notes = Vec::new();
    let Some(first) = frames.first() else {
        return Err(unwritable("there is no picture"));
    };
    let (Ok(width), Ok(height)) =
        (u16::try_from(first.picture.width), u16::try_from(first.picture.height))
    else {
        return Err(Failure::new(
            FailureKind::Encode,
            "GIF holds at most 65535 px a side; choose another format or resize",
        ));
    };
    if frames.iter().any(|frame| has_partial_alpha(&frame.picture)) {
        notes.push("partial transparency became all or nothing: GIF has no other".into());
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
    for part in parts(frames)? {
        reduction |= part.reduced;
        encoder.write_frame(&part.frame).map_err(|e| write_failure(&e))?;
    }
    if reduction {
        notes.push("reduced to 256 colours: GIF holds no more".into());
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
/// what changed; else each is drawn as a whole on a cleared canvas.
fn parts<'a>(frames: &'a [Shown<'_>]) -> Result<impl Iterator<Item = Drawn> + use<'a>, Failure> {
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
            indexed = exact(new.iter().copied());
            if indexed.is_none() {
                indexed = exact(pixels.iter().copied());
                pixels = new;
            }
        }
        let indexed = indexed.or_else(|| exact(pixels.iter().copied()));
        let was_reduced = indexed.is_none();
        // Diffused errors would flicker from picture to picture.
        let indexed = indexed.unwrap_or_else(|| reduced(&pixels, area.width, !animated));
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
        _ => Err(unwritable("GIF holds 8-bit colour only")),
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
    unwritable(&error.to_string())
}

fn unwritable(what: &str) -> Failure {
    Failure::new(FailureKind::Encode, format!("the GIF could not be written: {what}"))
}
