//! What is known of a format, and how a file's format is found.
//!
//! All that Lote does by format it asks these rows: what files are taken for images, how large
//! they are, how they are read and written, what a result may hold, how it is called and shown.

use std::borrow::Cow;
use std::fmt;
use std::io::{Read, Seek};

use lote_protocol::encoding::Encoding;
use lote_protocol::filter::EncodingOption;
use lote_protocol::format::FormatId;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use super::extent::{Declared, Extent, HeaderReader, Together};
use super::{ALL, FOREIGN, Metadata, Own, Source, Stored};
use crate::holds::Holds;
use crate::picture::Picture;
use crate::pool::Pool;

/// How many bytes of a file [`sniff`] looks at, at most: so far a raw file that is a TIFF can be told
/// from other TIFFs.
pub const SNIFF_BYTES: usize = 4096;

/// A format: one row of the table.
pub struct Format {
    /// What messages, journals and the command line call it.
    pub id: FormatId,
    /// What people are shown.
    pub name: &'static str,
    /// File name endings, lower case; the first is the one that Lote writes.
    pub endings: &'static [&'static str],
    /// Its media type.
    pub mime: &'static str,
    /// Whether every browser shows it.
    pub in_browsers: bool,
    /// The options that its files can be asked for with: those that are honoured, no others.
    pub options: &'static [EncodingOption],
    /// What is made of its files where nobody says it.
    pub gives: Gives,
    /// What it can hold.
    pub holds: Holds,
    /// Whether a file that begins so is one.
    pub(crate) magic: fn(&[u8]) -> bool,
    /// Reads the size that a file declares.
    pub(crate) header: fn(&mut HeaderReader<'_>) -> Declared,
    /// Counts the frames or pages that a file declares; `None` where a file holds one picture.
    pub(crate) together: Option<fn(&mut HeaderReader<'_>) -> Together>,
    /// Reads a file.
    pub(crate) decode: fn(&[u8], &Limits, &mut Pool) -> Result<Source, Failure>,
    /// Writes a file at the end of a buffer; returns what was left out. `None`: it is only read.
    pub(crate) encode: Option<Encode>,
    /// How many times as long as the slowest filter a picture may take to write with such an effort
    /// (0..=10).
    pub(crate) patience: fn(Option<u8>) -> u32,
}

/// The most encodes that the search for a quality takes: of a hundred qualities half are left out each
/// time.
const SEARCH_ENCODES: u32 = 7;

/// The patience with what is written quickly, whatever the effort.
pub(crate) const QUICK: fn(Option<u8>) -> u32 = |_| 1;

pub(crate) type Encode = fn(&Content<'_>, &mut Pool, &mut Vec<u8>) -> Result<Vec<Text>, Failure>;

/// What is made of a format's files where nobody says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Files of the same format.
    Itself,
    /// PNG.
    Png,
    /// JPEG, or PNG where there is alpha.
    Photo,
}

/// What is written to a file: pictures and metadata such as the format [`Holds`].
pub(crate) struct Content<'a> {
    /// At least one: of an animation all of the same size, or pages; one where the format holds no more.
    pub(crate) frames: Vec<Shown<'a>>,
    /// How often an animation is played; 0 is for ever.
    pub(crate) loops: u32,
    /// How the file that it comes from holds its samples.
    pub(crate) stored: Stored,
    /// How coarse its colour is, if it is a JPEG: see `Document::chroma`.
    pub(crate) chroma: Option<(u8, u8)>,
    pub(crate) metadata: Cow<'a, Metadata>,
    pub(crate) encoding: &'a Encoding,
    /// Whether the input was of the same format, and held its samples exactly although it need not.
    pub(crate) stays_exact: bool,
}

/// Quality of lossy files where nobody says it.
pub(crate) const QUALITY: u8 = 75;

impl Content<'_> {
    /// The first picture, or the only one.
    pub(crate) fn first(&self) -> &Picture {
        &self.frames[0].picture
    }
}

/// A picture to be written, and how long it is shown.
pub(crate) struct Shown<'a> {
    pub(crate) picture: Cow<'a, Picture>,
    pub(crate) delay_ms: u32,
    /// What it has for itself as a page behind the first.
    pub(crate) own: Option<Own>,
}

/// The id in a row of the table.
pub(crate) const fn id(name: &str) -> FormatId {
    match FormatId::new(name) {
        Some(id) => id,
        None => panic!("not the name of a format"),
    }
}

impl Format {
    /// Whether files of it are written.
    pub fn is_written(&self) -> bool {
        self.encode.is_some()
    }

    /// How many times as long as the slowest filter such a file may take to write, the encodes of a
    /// search for its quality counted.
    pub fn patience(&self, encoding: &Encoding) -> u32 {
        let encodes = if self.is_searched_for(encoding) { SEARCH_ENCODES + 1 } else { 1 };
        (self.patience)(encoding.effort) * encodes
    }

    /// Whether the quality of such a file has to be searched for.
    pub(crate) fn is_searched_for(&self, encoding: &Encoding) -> bool {
        let asked = [EncodingOption::MaxSize, EncodingOption::MinScore];
        asked.iter().any(|option| self.options.contains(option) && option.is_set(encoding))
    }

    /// Whether its files hold all pictures of one of `source`: frames, or pages, which are no animation.
    pub fn holds_all_of(&self, source: &Self) -> bool {
        self.holds.frames && (!source.holds.pages || self.holds.pages)
    }

    /// What the header of a file of this format declares; `head` is how it begins. `None` if it is
    /// unreadable, damaged, or of a kind whose size is elsewhere.
    pub fn extent(&self, head: &[u8], file: &mut (impl Read + Seek)) -> Option<Extent> {
        let mut header = HeaderReader::new(head, file);
        let (width, height, pixel_bytes) = (self.header)(&mut header)?;
        let one = u64::from(width) * u64::from(height);
        let together = self.together.and_then(|together| together(&mut header));
        let several = together.filter(|&(frames, pixels)| frames > 1 && pixels > one);
        let (frames, pixels) = several.unwrap_or((1, one));
        // Frames are drawn on a canvas with alpha.
        let pixel_bytes = if frames > 1 { pixel_bytes.max(4) } else { pixel_bytes };
        let decoder_bytes = header.decoder_bytes;
        (pixels > 0).then_some(Extent { pixels, frames, pixel_bytes, decoder_bytes })
    }

    /// How many frames or pages a file of this format declares, at least 1. They are counted to the last
    /// one, for which much of the file may be read; of a format in which they cannot be counted there is one.
    pub fn count(&self, head: &[u8], file: &mut (impl Read + Seek)) -> u64 {
        let mut header = HeaderReader::new(head, file);
        header.thorough = true;
        let together = self.together.and_then(|together| together(&mut header));
        together.map_or(1, |(frames, _)| frames.max(1))
    }

    /// The columns and rows that the header of a file of this format declares, px.
    pub fn size(&self, head: &[u8], file: &mut (impl Read + Seek)) -> Option<(u32, u32)> {
        let (width, height, _) = (self.header)(&mut HeaderReader::new(head, file))?;
        (width > 0 && height > 0).then_some((width, height))
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Format {}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

/// The format of that id.
pub fn find(id: FormatId) -> Option<&'static Format> {
    ALL.iter().copied().find(|format| format.id == id)
}

/// The format that a file name ending stands for; case does not matter.
pub fn by_ending(ending: &str) -> Option<&'static Format> {
    ALL.iter().copied().find(|format| has(format.endings, ending))
}

/// The format that is called so, by its id or an ending; case does not matter.
pub fn by_name(name: &str) -> Option<&'static Format> {
    let by_id = ALL.iter().copied().find(|format| format.id.name().eq_ignore_ascii_case(name));
    by_id.or_else(|| by_ending(name))
}

/// Whether files of that ending are taken for images: those that can be read, and those that
/// deserve to be told why not.
pub fn is_image_ending(ending: &str) -> bool {
    by_ending(ending).is_some() || FOREIGN.iter().any(|foreign| has(foreign.endings, ending))
}

fn has(endings: &[&str], ending: &str) -> bool {
    endings.iter().any(|known| known.eq_ignore_ascii_case(ending))
}

/// A format that is recognised, so that it can be named, but not read.
pub(crate) struct Foreign {
    pub(crate) name: &'static str,
    pub(crate) endings: &'static [&'static str],
    pub(crate) magic: fn(&[u8]) -> bool,
}

/// What the first bytes of a file show it to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// A format that Lote reads.
    Known(&'static Format),
    /// An image, but of a format (named here) that Lote does not read.
    Unsupported(&'static str),
    /// Not recognisably an image.
    Unknown,
}

/// Recognises the format from the first [`SNIFF_BYTES`] bytes of a file (fewer if it is shorter); what
/// follows does not count, so that all who ask are told the same.
pub fn sniff(head: &[u8]) -> Sniffed {
    let head = &head[..head.len().min(SNIFF_BYTES)];
    if let Some(format) = ALL.iter().copied().find(|format| (format.magic)(head)) {
        return Sniffed::Known(format);
    }
    let foreign = FOREIGN.iter().find(|foreign| (foreign.magic)(head));
    foreign.map_or(Sniffed::Unknown, |foreign| Sniffed::Unsupported(foreign.name))
}

/// The format of a file that begins so.
///
/// # Errors
/// `NotAnImage` and `Unsupported`, where it is of none that is read.
pub fn recognise(head: &[u8]) -> Result<&'static Format, Failure> {
    match sniff(head) {
        Sniffed::Known(format) => Ok(format),
        Sniffed::Unsupported(name) => Err(Failure::new(
            FailureKind::Unsupported,
            text!("{} files are not supported; convert it to JPEG, PNG or TIFF first", name),
        )),
        Sniffed::Unknown if head.is_empty() => {
            Err(Failure::new(FailureKind::NotAnImage, text!("the file is empty")))
        }
        Sniffed::Unknown => Err(Failure::new(
            FailureKind::NotAnImage,
            text!("the content is no image of a known format"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::{JPEG, WEBP};
    use super::*;

    #[test]
    fn formats_are_recognised_by_content() {
        assert_eq!(sniff(b"\xff\xd8\xff\xe0"), Sniffed::Known(&JPEG));
        assert_eq!(sniff(b"RIFF\x10\0\0\0WEBPVP8 "), Sniffed::Known(&WEBP));
        assert_eq!(sniff(b"RIFF\x10\0\0\0WAVEfmt "), Sniffed::Unknown);
        assert_eq!(sniff(b"8BPS\0\x01"), Sniffed::Unsupported("PSD"));
        assert_eq!(sniff(b"BM, said the letter"), Sniffed::Unknown);
        assert_eq!(sniff(b""), Sniffed::Unknown);
    }

    #[test]
    fn a_format_is_found_by_its_id_and_its_endings_in_any_case() {
        assert_eq!(by_ending("JPEG"), Some(&JPEG));
        assert_eq!(by_name("Jpg"), Some(&JPEG));
        assert_eq!(by_name("txt"), None);
        for format in ALL {
            assert_eq!(find(format.id), Some(*format));
            assert_eq!(by_name(format.id.name()), Some(*format));
        }
    }

    #[test]
    fn no_ending_and_no_name_stands_for_two_formats() {
        let endings: Vec<_> = ALL.iter().flat_map(|format| format.endings).collect();
        assert_eq!(endings.iter().collect::<HashSet<_>>().len(), endings.len());
        let ids: HashSet<_> = ALL.iter().map(|format| format.id).collect();
        assert_eq!(ids.len(), ALL.len());
    }
}
