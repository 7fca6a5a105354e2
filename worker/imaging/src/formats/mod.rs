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
use crate::color::icc;
use crate::metadata::{exif, orientation};
use crate::picture::{Channels, Picture};
use crate::pool::Pool;
use fit::Shape;

/// What goes with the pixels. Orientation has already been applied to them, and the EXIF block
/// says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// ICC profile of the samples.
    pub icc: Option<Vec<u8>>,
    /// EXIF block: a TIFF structure, without a format's own prefix.
    pub exif: Option<Vec<u8>>,
}

/// One picture of an animation, or the only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its pixels: the whole canvas.
    pub picture: Picture,
    /// How long it is shown, ms; 0 for a still picture.
    pub delay_ms: u32,
}

/// How a file holds its samples where the picture in memory does not show it: so may be written what
/// has no more colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stored {
    /// As in memory.
    #[default]
    Full,
    /// As indices into a palette.
    Palette,
    /// Black and white, a bit a pixel.
    Bilevel,
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
    /// How the file holds its samples.
    pub stored: Stored,
    /// ICC and EXIF.
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
            stored: Stored::Full,
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
    stored: Stored,
    icc: Option<Vec<u8>>,
    exif: Option<Vec<u8>>,
    notes: Vec<String>,
}

impl Source {
    fn still(picture: Picture) -> Self {
        Self {
            frames: vec![Frame { picture, delay_ms: 0 }],
            loops: 0,
            lossless: false,
            stored: Stored::Full,
            icc: None,
            exif: None,
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
    let mut notes = source.notes;
    let mut metadata = Metadata::default();
    let mut orientation = orientation::Orientation::Upright;
    let max = limits.max_metadata_bytes;

    if let Some(block) = source.exif {
        if block.len() as u64 > max {
            notes.push(too_long("EXIF", block.len(), max));
        } else {
            match exif::clean(block) {
                Ok(cleaned) => {
                    orientation = cleaned.orientation;
                    metadata.exif = Some(cleaned.exif);
                    if cleaned.damaged {
                        notes.push("EXIF is damaged: entries left out".into());
                    }
                }
                Err(why) => notes.push(format!("EXIF left out: {why}")),
            }
        }
    }
    if let (Some(profile), Some(first)) = (source.icc, source.frames.first()) {
        if profile.len() as u64 > max {
            notes.push(too_long("ICC profile", profile.len(), max));
        } else {
            match icc::check_for(&profile, first.picture.channels) {
                Ok(()) => metadata.icc = Some(profile),
                Err(why) => notes.push(format!("ICC profile left out: {why}")),
            }
        }
    }
    let frames = source
        .frames
        .into_iter()
        .map(|frame| Frame {
            picture: orientation::upright(frame.picture, orientation, pool),
            ..frame
        })
        .collect();
    Document {
        format,
        frames,
        loops: source.loops,
        lossless: source.lossless,
        stored: source.stored,
        metadata,
        notes,
    }
}

fn too_long(what: &str, len: usize, max: u64) -> String {
    format!("{what} left out: {} KiB are more than the limit of {} KiB", len >> 10, max >> 10)
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
    let mut shape = match format {
        Format::Jpeg => jpeg::SHAPE,
        Format::Png => png::SHAPE,
        Format::Bmp => bmp::SHAPE,
        Format::Gif => gif::SHAPE,
        Format::Tiff => tiff::SHAPE,
        Format::WebP => webp::SHAPE,
    };
    let Picture { width, height, channels, .. } = first.picture;
    let metadata =
        metadata_for(document, format, (width, height), channels, &mut shape, &mut notes);
    let count = document.frames.len();
    let kept = if count > 1 && !holds_all(document.format, format) {
        let (whole, parts) = match document.format {
            Format::Tiff => ("several pages", "pages"),
            _ => ("animation", "frames"),
        };
        let name = format.name();
        notes.push(format!("{whole}: only the first of {count} {parts} is kept in {name}"));
        1
    } else {
        count
    };
    let mut shown = Vec::with_capacity(kept);
    for frame in &document.frames[..kept] {
        let mut told = Vec::new();
        let picture = fit::fit(&frame.picture, shape, encoding.background, pool, &mut told);
        // Once is enough.
        if shown.is_empty() {
            notes.append(&mut told);
        }
        shown.push(Shown { picture, delay_ms: frame.delay_ms });
    }
    let picture = &*shown[0].picture;
    let result = match format {
        Format::Jpeg => jpeg::encode(picture, &metadata, encoding.quality, out),
        Format::Bmp => bmp::encode(picture, out),
        Format::Gif => gif::encode(&shown, document.loops, &metadata, out),
        Format::Tiff => tiff::encode(&shown, &metadata, document.stored, pool, out),
        Format::WebP => {
            let keep_exact = document.format == Format::WebP && document.lossless;
            let quality = (!keep_exact).then_some(encoding.quality);
            webp::encode(picture, &metadata, quality, pool, out)
        }
        Format::Png => png::encode(picture, &metadata, pool, out),
    };
    for frame in shown {
        fit::give_back(frame.picture, pool);
    }
    notes.extend(result?);
    Ok(notes)
}

/// A picture to be written, as the format can hold it, and how long it is shown.
struct Shown<'a> {
    picture: Cow<'a, Picture>,
    delay_ms: u32,
}

/// Whether a format holds all the pictures of a file of another one. Pages are no animation.
fn holds_all(from: Format, to: Format) -> bool {
    match to {
        Format::Tiff => true,
        Format::Gif => from != Format::Tiff,
        _ => false,
    }
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
    let metadata = metadata_for(document, format, size, channels, &mut shape, &mut notes);
    if !shape.gray && !channels.is_color() {
        return None;
    }
    JpegRows::new(size, channels, encoding.quality, &metadata, notes, file).ok()
}

/// The metadata for a picture that may have changed since it was decoded: its size in EXIF, and a
/// profile that describes its channels, if need be by writing gray as colour.
fn metadata_for<'a>(
    document: &'a Document,
    format: Format,
    (width, height): (u32, u32),
    channels: Channels,
    shape: &mut Shape,
    notes: &mut Vec<String>,
) -> Cow<'a, Metadata> {
    let given = &document.metadata;
    if given.icc.is_none() && given.exif.is_none() {
        return Cow::Borrowed(given);
    }
    let mut metadata = given.clone();
    let name = format.name();
    if metadata.exif.is_some() && matches!(format, Format::Bmp | Format::Gif) {
        metadata.exif = None;
        notes.push(format!("EXIF left out: {name} holds none"));
    }
    if metadata.icc.is_some() && format == Format::Bmp {
        metadata.icc = None;
        notes.push(format!("ICC profile left out: {name} is written without"));
    }
    if let Some(profile) = &metadata.icc {
        match icc::check(profile) {
            // An RGB profile on one channel would be invalid.
            Ok(icc::ColorSpace::Rgb) => shape.gray = false,
            Ok(icc::ColorSpace::Gray) if shape.gray && !channels.is_color() => {}
            _ => {
                metadata.icc = None;
                notes.push("ICC profile left out: it describes gray, not colour".into());
            }
        }
    }
    metadata.exif = metadata.exif.map(|block| exif::with_size(&block, width, height));
    Cow::Owned(metadata)
}

#[cfg(test)]
mod tests;
