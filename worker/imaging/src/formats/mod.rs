//! Files to pictures and back: one file per format family, each codec crate named in one only.
//!
//! The format is decided by content. What a file says about itself is checked against the limits
//! before anything of that size is allocated. Pixels come out upright, in one of four channel
//! layouts; ICC and EXIF come with them, and whatever has to be left out is noted.

mod bmp;
pub(crate) mod fit;
mod gif;
mod jpeg;
pub(crate) mod limit;
pub(crate) mod palette;
mod png;
pub(crate) mod probe;
mod tiff;
mod webp;

use std::borrow::Cow;

use lote_protocol::format::{Format, Sniffed, sniff};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::{Encoding, Limits};

pub use self::jpeg::rows::JpegRows;
pub use self::probe::{Probe, probe};
use crate::color::{self, Signal, ToSrgb, icc};
use crate::metadata::Holds;
pub use crate::metadata::Metadata;
use crate::metadata::orientation;
use crate::picture::{Channels, Picture};
use crate::pool::Pool;
use fit::Shape;

/// One picture of an animation, or the only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its pixels: the whole canvas.
    pub picture: Picture,
    /// How long it is shown, ms; 0 for a still picture.
    pub delay_ms: u32,
}

/// A decoded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The format it was read from.
    pub format: Format,
    /// Its pictures, at least one, all of the same size.
    pub frames: Vec<Frame>,
    /// How often an animation is played; 0 is for ever.
    pub loops: u32,
    /// Whether the file holds its samples exactly although its format need not: a lossless WebP.
    pub lossless: bool,
    /// What goes with them.
    pub metadata: Metadata,
    /// What was left out and the user should know, one sentence each.
    pub notes: Vec<String>,
}

impl Document {
    /// A document of one picture, without metadata.
    pub fn still(format: Format, picture: Picture) -> Self {
        Self {
            format,
            frames: vec![Frame { picture, delay_ms: 0 }],
            loops: 0,
            lossless: false,
            metadata: Metadata::default(),
            notes: Vec::new(),
        }
    }
}

/// What a codec reads from a file: pixels as they are stored, metadata as they are.
struct Source {
    frames: Vec<Frame>,
    loops: u32,
    lossless: bool,
    metadata: Metadata,
    notes: Vec<String>,
}

impl Source {
    fn still(picture: Picture) -> Self {
        Self {
            frames: vec![Frame { picture, delay_ms: 0 }],
            loops: 0,
            lossless: false,
            metadata: Metadata::default(),
            notes: Vec::new(),
        }
    }
}

/// Decodes a whole file. Its header is checked against `limits` before pixels are allocated.
///
/// # Errors
/// `NotAnImage` and `Unsupported` by the first bytes, `TooLarge` by the limits, `Damaged` when not
/// all pixels can be read.
pub fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Document, Failure> {
    if bytes.len() as u64 > limits.max_file_bytes {
        return Err(Failure::new(
            FailureKind::TooLarge,
            format!(
                "the file has {} MiB, more than the limit of {} MiB",
                bytes.len() >> 20,
                limits.max_file_bytes >> 20
            ),
        ));
    }
    let format = recognise(bytes)?;
    let source = match format {
        Format::Jpeg => jpeg::decode(bytes, limits, pool),
        Format::Png => png::decode(bytes, limits, pool),
        Format::Bmp => bmp::decode(bytes, limits, pool),
        Format::Gif => gif::decode(bytes, limits, pool),
        Format::Tiff => tiff::decode(bytes, limits, pool),
        Format::WebP => webp::decode(bytes, limits, pool),
    }?;
    Ok(finish(format, source, limits, pool))
}

/// Turns the pixels of a document into sRGB, if they are something else.
pub fn to_srgb(document: &mut Document, pool: &mut Pool) {
    let metadata = &mut document.metadata;
    let is_color = document.frames.iter().any(|frame| frame.picture.channels.is_color());
    let profile = match (&metadata.icc, metadata.signal.is_srgb()) {
        (Some(profile), _) => Ok(profile.clone()),
        (None, true) => return,
        (None, false) => metadata.signal.to_icc(is_color),
    };
    let to_srgb = profile.and_then(|profile| ToSrgb::new(&profile).ok_or("its profile is damaged"));
    match to_srgb {
        Ok(to_srgb) if to_srgb.is_identity() => {}
        Ok(to_srgb) => {
            for frame in &mut document.frames {
                let converted = to_srgb.convert(&frame.picture, pool);
                pool.give(std::mem::replace(&mut frame.picture, converted));
            }
            // Gray in sRGB is what gray is when nothing is said.
            metadata.icc = if is_color { color::srgb() } else { None };
            metadata.signal = Signal::default();
            metadata.states_srgb();
        }
        Err(why) => document.notes.push(format!("colours not converted to sRGB: {why}")),
    }
}

fn recognise(bytes: &[u8]) -> Result<Format, Failure> {
    match sniff(bytes) {
        Sniffed::Known(format) => Ok(format),
        Sniffed::Unsupported(name) => Err(Failure::new(
            FailureKind::Unsupported,
            format!("{name} is not read; convert it to JPEG, PNG, TIFF or WebP first"),
        )),
        Sniffed::Unknown if bytes.is_empty() => {
            Err(Failure::new(FailureKind::NotAnImage, "the file is empty"))
        }
        Sniffed::Unknown => Err(Failure::new(
            FailureKind::NotAnImage,
            "not an image: its first bytes are of no format that is read",
        )),
    }
}

/// Turns the pictures upright and keeps the metadata that are sound.
fn finish(format: Format, source: Source, limits: &Limits, pool: &mut Pool) -> Document {
    let Source { frames, loops, lossless, mut metadata, mut notes } = source;
    let orientation = metadata.put_in_order(limits.max_metadata_bytes, &mut notes);
    if let (Some(profile), Some(first)) = (&metadata.icc, frames.first())
        && let Err(why) = icc::check_for(profile, first.picture.channels)
    {
        notes.push(format!("ICC profile left out: {why}"));
        metadata.icc = None;
    }
    let frames = frames
        .into_iter()
        .map(|frame| Frame {
            picture: orientation::upright(frame.picture, orientation, pool),
            ..frame
        })
        .collect();
    Document { format, frames, loops, lossless, metadata, notes }
}

/// Encodes a document, appending to `out`; returns what was left out and the user should know.
///
/// # Errors
/// `Encode` when the format cannot hold the result, for example a side of 70,000 px in a JPEG.
pub fn encode(
    document: &Document,
    encoding: &Encoding,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<String>, Failure> {
    let format = encoding.format.unwrap_or(document.format);
    let mut notes = Vec::new();
    let Some(first) = document.frames.first() else {
        return Err(Failure::new(FailureKind::Encode, "there is no picture to write"));
    };
    let (mut shape, holds) = match format {
        Format::Jpeg => (jpeg::SHAPE, jpeg::HOLDS),
        Format::Png => (png::SHAPE, png::HOLDS),
        Format::Bmp => (bmp::SHAPE, bmp::HOLDS),
        Format::Gif => (gif::SHAPE, gif::HOLDS),
        Format::Tiff => (tiff::SHAPE, tiff::HOLDS),
        Format::WebP => (webp::SHAPE, webp::HOLDS),
    };
    let Picture { width, height, channels, .. } = first.picture;
    let Prepared { metadata, to_srgb } =
        prepare(document, encoding, holds, (width, height), channels, &mut shape, &mut notes);
    let in_srgb = |frame: &'_ Frame, pool: &mut Pool| {
        to_srgb.as_ref().map(|to_srgb| to_srgb.convert(&frame.picture, pool))
    };
    let background = encoding.background;
    if format == Format::Gif {
        let mut shown = Vec::with_capacity(document.frames.len());
        for frame in &document.frames {
            // Told once is enough.
            let mut notes_of_frame = Vec::new();
            let picture = match in_srgb(frame, pool) {
                None => fit::fit(&frame.picture, shape, background, pool, &mut notes_of_frame),
                Some(converted) => {
                    let fitted = fit::fit(&converted, shape, background, pool, &mut notes_of_frame);
                    Cow::Owned(fitted.into_owned())
                }
            };
            if shown.is_empty() {
                notes.append(&mut notes_of_frame);
            }
            shown.push(gif::Shown { picture, delay_ms: frame.delay_ms });
        }
        notes.extend(gif::encode(&shown, document.loops, &metadata, out)?);
        for frame in shown {
            fit::give_back(frame.picture, pool);
        }
        return Ok(notes);
    }
    if document.frames.len() > 1 {
        notes.push(format!(
            "animation: only the first of {} frames is kept in {}",
            document.frames.len(),
            format.name()
        ));
    }
    let converted = in_srgb(first, pool);
    let picture = converted.as_ref().unwrap_or(&first.picture);
    let picture = fit::fit(picture, shape, background, pool, &mut notes);
    let result = match format {
        Format::Jpeg => jpeg::encode(&picture, &metadata, encoding.quality, out),
        Format::Bmp => bmp::encode(&picture, &metadata, out),
        Format::Tiff => tiff::encode(&picture, &metadata, pool, out),
        Format::WebP => {
            let keep_exact = document.format == Format::WebP && document.lossless;
            let quality = (!keep_exact).then_some(encoding.quality);
            webp::encode(&picture, &metadata, quality, pool, out)
        }
        Format::Png | Format::Gif => png::encode(&picture, &metadata, pool, out),
    };
    fit::give_back(picture, pool);
    if let Some(converted) = converted {
        pool.give(converted);
    }
    notes.extend(result?);
    Ok(notes)
}

/// Begins a file that is encoded a few rows at a time: a still picture of the document's size with
/// such pixels, appended to `file`. `None` where that cannot be done or fails; [`encode`] says why.
pub fn encode_by_rows(
    document: &Document,
    channels: Channels,
    encoding: &Encoding,
    file: Vec<u8>,
) -> Option<JpegRows> {
    let format = encoding.format.unwrap_or(document.format);
    let [Frame { picture: Picture { width, height, .. }, .. }] = document.frames[..] else {
        return None;
    };
    if format != Format::Jpeg || channels.has_alpha() {
        return None;
    }
    let (mut notes, mut shape, size) = (Vec::new(), jpeg::SHAPE, (width, height));
    let prepared = prepare(document, encoding, jpeg::HOLDS, size, channels, &mut shape, &mut notes);
    if (!shape.gray && !channels.is_color()) || prepared.to_srgb.is_some() {
        return None;
    }
    JpegRows::new(size, channels, encoding.quality, &prepared.metadata, notes, file).ok()
}

/// What goes with a picture into a file.
struct Prepared {
    metadata: Metadata,
    /// What makes its samples what the file says that they are.
    to_srgb: Option<ToSrgb>,
}

/// The metadata for a picture that may have changed since it was decoded, as far as the format holds
/// them: with its size, and with a profile that describes its channels, if need be by writing gray
/// as colour or by converting.
fn prepare(
    document: &Document,
    encoding: &Encoding,
    holds: Holds,
    (width, height): (u32, u32),
    channels: Channels,
    shape: &mut Shape,
    notes: &mut Vec<String>,
) -> Prepared {
    let mut metadata = document.metadata.clone();
    if metadata.is_empty() && encoding.carry.set.is_empty() {
        return Prepared { metadata, to_srgb: None };
    }
    metadata.apply(&encoding.carry, holds, notes);
    metadata.fit(holds, shape.name, notes);
    let to_srgb = describe(&mut metadata, holds, channels, shape, notes);
    metadata.set_size(width, height);
    Prepared { metadata, to_srgb }
}

/// Decides what says in a file which colours samples are. A profile that the format does not hold,
/// or of gray for what has become colour, is used to convert; it is never left out without that.
fn describe(
    metadata: &mut Metadata,
    holds: Holds,
    channels: Channels,
    shape: &mut Shape,
    notes: &mut Vec<String>,
) -> Option<ToSrgb> {
    let is_color = channels.is_color() || !shape.gray;
    if !holds.signal {
        let signal = std::mem::take(&mut metadata.signal);
        if metadata.icc.is_none() && !signal.is_srgb() {
            match signal.to_icc(is_color) {
                Ok(icc) => metadata.icc = Some(icc),
                Err(why) => notes.push(format!("colours are taken for sRGB: {why}")),
            }
        }
    }
    let profile = metadata.icc.as_deref()?;
    let why = match icc::check(profile) {
        // An RGB profile on one channel would be invalid.
        Ok(icc::ColorSpace::Rgb) if holds.icc => {
            shape.gray = false;
            return None;
        }
        Ok(icc::ColorSpace::Gray) if holds.icc && !is_color => return None,
        Ok(icc::ColorSpace::Gray) if holds.icc => "their profile describes gray only".to_owned(),
        _ => format!("{} is written without a profile", shape.name),
    };
    metadata.signal = Signal::default();
    let to_srgb = ToSrgb::new(profile);
    metadata.icc = if holds.icc && is_color && to_srgb.is_some() { color::srgb() } else { None };
    let Some(to_srgb) = to_srgb else {
        notes.push("ICC profile left out: it cannot be used to convert".into());
        return None;
    };
    if to_srgb.is_identity() {
        return None;
    }
    notes.push(format!("colours converted to sRGB: {why}"));
    metadata.states_srgb();
    Some(to_srgb)
}

#[cfg(test)]
mod tests;
