//! Files to pictures and back: one folder a format, each codec crate named in one only, and a table.
//!
//! The format is decided by content. What a file says about itself is checked against the limits
//! before anything of that size is allocated. Pixels come out upright, in one of four channel
//! layouts; ICC and EXIF come with them, and whatever has to be left out is noted.
//!
//! To add a format: its folder, with a `pub static FORMAT` of type [`Format`], and its row in
//! [`ALL`].

mod avif;
mod bmp;
mod by_image;
mod canvas;
mod extent;
pub(crate) mod fit;
mod gif;
#[cfg(feature = "heic")]
mod heic;
mod heif;
mod ico;
mod jpeg;
mod jxl;
pub(crate) mod limit;
pub(crate) mod palette;
mod png;
mod pnm;
mod qoi;
mod raw;
mod score;
mod search;
mod table;
mod tga;
mod tiff;
mod webp;

use std::borrow::Cow;

use lote_protocol::encoding::Encoding;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

pub use self::bmp::FORMAT as BMP;
pub use self::extent::{Extent, HEAD_BYTES};
pub use self::gif::FORMAT as GIF;
pub use self::jpeg::FORMAT as JPEG;
pub use self::jpeg::rows::JpegRows;
use self::jpeg::writing::Writing;
pub use self::png::FORMAT as PNG;
pub use self::raw::FORMAT as RAW;
pub use self::score::SCORE_PIXEL_BYTES;
pub use self::table::{
    Format, Gives, SNIFF_BYTES, Sniffed, by_ending, by_name, find, is_image_ending, recognise,
    sniff,
};
pub use self::tiff::FORMAT as TIFF;
pub use self::webp::FORMAT as WEBP;
use crate::color::{self, Signal, ToSrgb, icc};
pub use crate::holds::{Holds, Texts};
pub use crate::metadata::Metadata;
use crate::metadata::orientation;
use crate::picture::{Channels, Picture};
use crate::pool::Pool;
use table::{Content, Foreign, Shown};

/// The table: every format, in the order in which they are listed and looked for.
pub static ALL: &[&Format] = &[
    &JPEG,
    &PNG,
    &BMP,
    &GIF,
    &TIFF,
    &WEBP,
    &avif::FORMAT,
    #[cfg(feature = "heic")]
    &heic::FORMAT,
    &jxl::FORMAT,
    &RAW,
    &pnm::FORMAT,
    &qoi::FORMAT,
    &ico::FORMAT,
    // It has no magic, so it comes last.
    &tga::FORMAT,
];

impl Format {
    /// The format of the files that are made of its files where nobody says it.
    pub fn gives(&'static self, has_alpha: bool) -> &'static Self {
        match self.gives {
            Gives::Itself => self,
            Gives::Photo if !has_alpha => &JPEG,
            Gives::Photo | Gives::Png => &PNG,
        }
    }
}

/// What is recognised and not read.
static FOREIGN: &[Foreign] = &[
    #[cfg(not(feature = "heic"))]
    Foreign {
        name: "HEIC",
        endings: &["heic", "heif", "hif"],
        magic: |head| {
            let brands = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];
            heif::has_brand(head, &brands)
        },
    },
    Foreign { name: "PSD", endings: &[], magic: |head| head.starts_with(b"8BPS") },
];

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

/// What a page behind the first has for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// What goes with it.
    pub metadata: Metadata,
    /// How the file holds its samples.
    pub stored: Stored,
}

/// A decoded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The format it was read from.
    pub format: &'static Format,
    /// Its pictures, at least one: of an animation all of the same size, or pages.
    pub frames: Vec<Frame>,
    /// How often an animation is played; 0 is for ever.
    pub loops: u32,
    /// Whether its pictures are stored as they are here, not to be turned.
    pub is_as_stored: bool,
    /// Whether the file holds its samples exactly although its format need not: a lossless WebP.
    pub lossless: bool,
    /// How the file holds its samples.
    pub stored: Stored,
    /// How many columns and rows of luminance share a sample of chroma, if it is a JPEG in colour.
    pub chroma: Option<(u8, u8)>,
    /// The pages between the others that could not be read, from 1; `frames` has none for them.
    pub left_out: Vec<u32>,
    /// What goes with them, or with the first page.
    pub metadata: Metadata,
    /// What the pages behind the first have for themselves, in their order; none of an animation.
    pub pages: Vec<Own>,
    /// What was left out and the user should know, one sentence each.
    pub notes: Vec<Text>,
}

impl Document {
    /// A document of one picture, without metadata.
    pub fn still(format: &'static Format, picture: Picture) -> Self {
        Self {
            format,
            frames: vec![Frame { picture, delay_ms: 0 }],
            loops: 0,
            is_as_stored: true,
            lossless: false,
            stored: Stored::Full,
            chroma: None,
            left_out: Vec::new(),
            metadata: Metadata::default(),
            pages: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// What one of its frames has for itself.
    fn own(&self, index: usize) -> Option<&Own> {
        self.pages.get(index.checked_sub(1)?)
    }

    /// Whether it, or a page of it, has other resolutions across and down.
    pub fn is_uneven(&self) -> bool {
        self.metadata.is_uneven() || self.pages.iter().any(|own| own.metadata.is_uneven())
    }

    /// Has its resolutions across and down change places: its pictures were turned by a quarter.
    pub fn turn_resolution(&mut self) {
        self.metadata.turn_resolution();
        self.pages.iter_mut().for_each(|own| own.metadata.turn_resolution());
    }

    /// Only that one of its frames or pages; `of` is how many there should be.
    ///
    /// # Errors
    /// `Damaged` where it could not be read, or where there are more than that, so that nobody knows
    /// which is which.
    pub fn page(&self, number: u32, of: u32) -> Result<Self, Failure> {
        let damaged = |what| Err(Failure::new(FailureKind::Damaged, what));
        let there = self.frames.len() + self.left_out.len();
        if there > of as usize {
            return damaged(text!("it has {} frames or pages and declares {}", there, of));
        }
        let before = self.left_out.iter().filter(|left_out| **left_out < number).count();
        let place = (number as usize).checked_sub(1 + before);
        let place = place.filter(|_| !self.left_out.contains(&number));
        let Some((place, frame)) = place.and_then(|place| Some((place, self.frames.get(place)?)))
        else {
            return damaged(text!("frame or page {} of {} could not be read", number, of));
        };
        let own = self.own(place);
        Ok(Self {
            frames: vec![Frame { delay_ms: 0, ..frame.clone() }],
            loops: 0,
            is_as_stored: self.is_as_stored,
            left_out: Vec::new(),
            metadata: own.map_or(&self.metadata, |own| &own.metadata).clone(),
            pages: Vec::new(),
            notes: self.notes.clone(),
            format: self.format,
            lossless: self.lossless,
            stored: own.map_or(self.stored, |own| own.stored),
            chroma: self.chroma,
        })
    }
}

/// What a codec reads from a file: pixels as they are stored, metadata as they are.
pub(crate) struct Source {
    frames: Vec<Frame>,
    loops: u32,
    lossless: bool,
    stored: Stored,
    chroma: Option<(u8, u8)>,
    left_out: Vec<u32>,
    metadata: Metadata,
    pages: Vec<Own>,
    notes: Vec<Text>,
}

impl Source {
    fn still(picture: Picture) -> Self {
        Self {
            frames: vec![Frame { picture, delay_ms: 0 }],
            loops: 0,
            lossless: false,
            stored: Stored::Full,
            chroma: None,
            left_out: Vec::new(),
            metadata: Metadata::default(),
            pages: Vec::new(),
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
            text!(
                "the file has {} MiB, more than the limit of {} MiB",
                bytes.len() >> 20,
                limits.max_file_bytes >> 20
            ),
        ));
    }
    let format = recognise(bytes)?;
    let source = (format.decode)(bytes, limits, pool)?;
    Ok(finish(format, source, limits, pool))
}

/// Turns the pictures upright and keeps the metadata that are sound.
fn finish(format: &'static Format, source: Source, limits: &Limits, pool: &mut Pool) -> Document {
    let Source { frames, loops, lossless, stored, chroma, left_out, .. } = source;
    let Source { mut metadata, mut pages, mut notes, .. } = source;
    let mut orientation = orientation::Orientation::Upright;
    let all = std::iter::once(&mut metadata).chain(pages.iter_mut().map(|own| &mut own.metadata));
    for (index, (metadata, frame)) in all.zip(&frames).enumerate() {
        let mut told = Vec::new();
        let turned = metadata.put_in_order(limits.max_metadata_bytes, &mut told);
        if index == 0 {
            orientation = turned;
        }
        if let Some(profile) = &metadata.icc
            && let Err(why) = icc::check_for(profile, frame.picture.channels)
        {
            told.push(text!("ICC profile left out: {}", why));
            metadata.icc = None;
        }
        tell(&mut notes, told, index, &left_out);
    }
    let frames = frames
        .into_iter()
        .map(|frame| Frame {
            picture: orientation::upright(frame.picture, orientation, pool),
            ..frame
        })
        .collect();
    let is_as_stored = orientation == orientation::Orientation::Upright;
    Document {
        format,
        frames,
        loops,
        is_as_stored,
        lossless,
        stored,
        chroma,
        left_out,
        metadata,
        pages,
        notes,
    }
}

/// Adds what is to be said of a frame: of a page behind the first with its number, if it is not said
/// of the first one.
fn tell(notes: &mut Vec<Text>, told: Vec<Text>, index: usize, left_out: &[u32]) {
    let number = (1..).filter(|number| !left_out.contains(number)).nth(index).unwrap_or(u32::MAX);
    for note in told {
        if index == 0 {
            notes.push(note);
        } else if !notes.contains(&note) {
            notes.push(text!("page {}: {}", number, note));
        }
    }
}

/// Turns the pixels of a document into sRGB, if they are something else.
pub fn to_srgb(document: &mut Document, pool: &mut Pool) {
    let Document { frames, pages, metadata, notes, left_out, .. } = document;
    let together = frames.len().saturating_sub(pages.len());
    let (shared, own) = frames.split_at_mut(together);
    tell(notes, frames_to_srgb(shared, metadata, pool), 0, left_out);
    for (index, (frame, Own { metadata, .. })) in (1..).zip(own.iter_mut().zip(pages)) {
        let told = frames_to_srgb(std::slice::from_mut(frame), metadata, pool);
        tell(notes, told, index, left_out);
    }
}

/// Turns frames that share their metadata into sRGB; returns why that could not be.
fn frames_to_srgb(frames: &mut [Frame], metadata: &mut Metadata, pool: &mut Pool) -> Vec<Text> {
    let is_color = frames.iter().any(|frame| frame.picture.channels.is_color());
    let profile = match (&metadata.icc, metadata.signal.is_srgb()) {
        (Some(profile), _) => Ok(profile.clone()),
        (None, true) => return Vec::new(),
        (None, false) => metadata.signal.to_icc(is_color),
    };
    let to_srgb = profile
        .and_then(|profile| ToSrgb::new(&profile).ok_or_else(|| text!("its profile is damaged")));
    match to_srgb {
        Ok(to_srgb) if to_srgb.is_identity() => {}
        Ok(to_srgb) => {
            for frame in frames {
                let converted = to_srgb.convert(&frame.picture, pool);
                pool.give(std::mem::replace(&mut frame.picture, converted));
            }
            // Gray in sRGB is what gray is when nothing is said.
            metadata.icc = if is_color { color::srgb() } else { None };
            metadata.signal = Signal::default();
            metadata.states_srgb();
        }
        Err(why) => return vec![text!("colours not converted to sRGB: {}", why)],
    }
    Vec::new()
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
) -> Result<Vec<Text>, Failure> {
    let refuse = |why: Text| Failure::new(FailureKind::Encode, why);
    let Some(first) = document.frames.first() else {
        return Err(refuse(text!("there is no picture to write")));
    };
    let Picture { width, height, channels, .. } = first.picture;
    let format = format_for(document, encoding, channels)?;
    let Some(write) = format.encode else {
        return Err(refuse(text!("{} is only read; choose another format", format.name)));
    };
    let mut notes = Vec::new();
    let mut holds = format.holds;
    let size = (width, height);
    let Prepared { metadata, to_srgb } =
        prepare(&document.metadata, encoding, format, size, channels, &mut holds, &mut notes);
    let mut count = document.frames.len();
    if count > 1 && !format.holds_all_of(document.format) {
        let (whole, parts) = if document.format.holds.pages {
            (text!("several pages"), text!("pages"))
        } else {
            (text!("animation"), text!("frames"))
        };
        let name = format.name;
        notes.push(text!("{}: only the first of {} {} is kept in {}", whole, count, parts, name));
        count = 1;
    } else if count > 1 && format.holds.pages && !document.format.holds.pages {
        notes.push(text!("animation: its frames become pages, without delays and loops"));
    }
    let mut frames = Vec::with_capacity(count);
    for (index, frame) in document.frames[..count].iter().enumerate() {
        let mut told = Vec::new();
        let own = document.own(index).map(|own| {
            let Picture { width, height, channels, .. } = frame.picture;
            let (metadata, size, mut holds) = (&own.metadata, (width, height), format.holds);
            let prepared =
                prepare(metadata, encoding, format, size, channels, &mut holds, &mut told);
            (prepared, holds, own.stored)
        });
        let (to_srgb, holds) = match &own {
            Some((prepared, holds, _)) => (&prepared.to_srgb, *holds),
            None => (&to_srgb, holds),
        };
        let background = encoding.background;
        let picture = match to_srgb {
            None => fit::fit(&frame.picture, holds, format.name, background, pool, &mut told),
            Some(to_srgb) => {
                let converted = to_srgb.convert(&frame.picture, pool);
                match fit::fit(&converted, holds, format.name, background, pool, &mut told) {
                    Cow::Borrowed(_) => Cow::Owned(converted),
                    Cow::Owned(fitted) => {
                        pool.give(converted);
                        Cow::Owned(fitted)
                    }
                }
            }
        };
        // What is true of every frame of an animation is told once.
        if index == 0 || own.is_some() {
            tell(&mut notes, told, index, &document.left_out);
        }
        let own = own.map(|(prepared, _, stored)| Own { metadata: prepared.metadata, stored });
        frames.push(Shown { picture, delay_ms: frame.delay_ms, own });
    }
    let stays_exact = document.lossless && format == document.format;
    let Document { loops, stored, chroma, .. } = *document;
    let metadata = Cow::Owned(metadata);
    let content = Content { frames, loops, stored, chroma, metadata, encoding, stays_exact };
    let result = if format.is_searched_for(encoding) {
        search::write(format, &content, pool, out)
    } else {
        write(&content, pool, out)
    };
    for frame in content.frames {
        fit::give_back(frame.picture, pool);
    }
    notes.extend(result?);
    Ok(notes)
}

/// The format to write, for a picture with such pixels.
fn format_for(
    document: &Document,
    encoding: &Encoding,
    channels: Channels,
) -> Result<&'static Format, Failure> {
    let Some(wanted) = encoding.format else {
        return Ok(document.format.gives(channels.has_alpha()));
    };
    find(wanted).ok_or_else(|| {
        Failure::new(FailureKind::Encode, text!("there is no format called {}", wanted.to_string()))
    })
}

/// Begins a file that is encoded a few rows at a time: a still picture of the document's size with
/// such pixels, appended to `file`. `None` where that cannot be done or fails; [`encode`] says why.
pub fn encode_by_rows(
    document: &Document,
    channels: Channels,
    encoding: &Encoding,
    file: Vec<u8>,
) -> Option<JpegRows> {
    let format = format_for(document, encoding, channels).ok()?;
    let [Frame { picture: Picture { width, height, .. }, .. }] = document.frames[..] else {
        return None;
    };
    let writing = Writing::new(encoding, document.chroma);
    let is_searched_for = format.is_searched_for(encoding);
    if *format != JPEG || channels.has_alpha() || !writing.is_common(channels) || is_searched_for {
        return None;
    }
    let (mut notes, mut holds, size) = (Vec::new(), format.holds, (width, height));
    let metadata = &document.metadata;
    let prepared = prepare(metadata, encoding, format, size, channels, &mut holds, &mut notes);
    if (!holds.gray && !channels.is_color()) || prepared.to_srgb.is_some() {
        return None;
    }
    JpegRows::new(size, channels, writing.quality, &prepared.metadata, notes, file).ok()
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
    metadata: &Metadata,
    encoding: &Encoding,
    format: &Format,
    (width, height): (u32, u32),
    channels: Channels,
    holds: &mut Holds,
    notes: &mut Vec<Text>,
) -> Prepared {
    let mut metadata = metadata.clone();
    if metadata.is_empty() && encoding.carry.set.is_empty() {
        return Prepared { metadata, to_srgb: None };
    }
    metadata.apply(&encoding.carry, *holds, notes);
    metadata.fit(*holds, format.name, notes);
    let to_srgb = describe(&mut metadata, format, channels, holds, notes);
    metadata.set_size(width, height);
    Prepared { metadata, to_srgb }
}

/// Decides what says in a file which colours samples are. A profile that the format does not hold,
/// or of gray for what has become colour, is used to convert; it is never left out without that.
fn describe(
    metadata: &mut Metadata,
    format: &Format,
    channels: Channels,
    holds: &mut Holds,
    notes: &mut Vec<Text>,
) -> Option<ToSrgb> {
    let is_color = channels.is_color() || !holds.gray;
    if !holds.signal {
        let signal = std::mem::take(&mut metadata.signal);
        if metadata.icc.is_none() && !signal.is_srgb() {
            match signal.to_icc(is_color) {
                Ok(icc) => metadata.icc = Some(icc),
                Err(why) => notes.push(text!("colours are taken for sRGB: {}", why)),
            }
        }
    }
    let profile = metadata.icc.as_deref()?;
    let why = match icc::check(profile) {
        // An RGB profile on one channel would be invalid.
        Ok(icc::ColorSpace::Rgb) if holds.icc => {
            holds.gray = false;
            return None;
        }
        Ok(icc::ColorSpace::Gray) if holds.icc && !is_color => return None,
        Ok(icc::ColorSpace::Gray) if holds.icc => text!("their profile describes gray only"),
        _ => text!("{} is written without a profile", format.name),
    };
    metadata.signal = Signal::default();
    let to_srgb = ToSrgb::new(profile);
    metadata.icc = if holds.icc && is_color && to_srgb.is_some() { color::srgb() } else { None };
    let Some(to_srgb) = to_srgb else {
        notes.push(text!("ICC profile left out: it cannot be used to convert"));
        return None;
    };
    if to_srgb.is_identity() {
        return None;
    }
    notes.push(text!("colours converted to sRGB: {}", why));
    metadata.states_srgb();
    Some(to_srgb)
}

#[cfg(test)]
mod tests;
