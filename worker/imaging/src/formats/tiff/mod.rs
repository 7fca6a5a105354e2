//! TIFF (TIFF 6.0 and its supplements, `BigTIFF`): decoded here, written by the crate `tiff`.

pub(super) mod blocks;
mod chunks;
pub(super) mod directory;
mod embedded;
mod extent;
mod fax;
mod numbers;
mod page;
mod samples;
mod unpack;
mod write;

use std::io::{Cursor, ErrorKind, Read, Seek};

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::color;
use crate::formats::Frame;
use crate::formats::Own;
use crate::formats::Source;
use crate::formats::Stored;
use crate::formats::limit;
use crate::formats::raw;
use crate::formats::table::{Format, Gives, QUICK, id};
use crate::formats::tiff::directory::{Directory, Tagged};
use crate::formats::tiff::numbers::{Model, SampleKind};
use crate::formats::tiff::page::Page;
use crate::formats::tiff::samples::to_picture;
use crate::holds::Holds;
use crate::metadata::Metadata;
use crate::metadata::exif_block::{Block, Field};
use crate::metadata::exif_fields::Fields;
use crate::metadata::orientation::{Orientation, upright};
use crate::picture::Picture;
use crate::pool::Pool;

/// The tags that say how a picture is stored (TIFF 6.0, section 8 and later ones; its supplements).
mod tag {
    pub(crate) const SUBFILE: u16 = 254;
    pub(crate) const WIDTH: u16 = 256;
    pub(crate) const HEIGHT: u16 = 257;
    pub(crate) const BITS: u16 = 258;
    pub(crate) const COMPRESSION: u16 = 259;
    pub(crate) const MODEL: u16 = 262;
    pub(crate) const FILL_ORDER: u16 = 266;
    pub(crate) const STRIP_OFFSETS: u16 = 273;
    pub(crate) const ORIENTATION: u16 = 274;
    pub(crate) const SAMPLES: u16 = 277;
    pub(crate) const ROWS: u16 = 278;
    pub(crate) const STRIP_LENS: u16 = 279;
    pub(crate) const PLANES: u16 = 284;
    pub(crate) const T4_OPTIONS: u16 = 292;
    pub(crate) const T6_OPTIONS: u16 = 293;
    pub(crate) const PREDICTOR: u16 = 317;
    pub(crate) const COLOR_MAP: u16 = 320;
    pub(crate) const TILE_WIDTH: u16 = 322;
    pub(crate) const TILE_HEIGHT: u16 = 323;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_LENS: u16 = 325;
    pub(crate) const INK_SET: u16 = 332;
    pub(crate) const EXTRA_SAMPLES: u16 = 338;
    pub(crate) const SAMPLE_FORMAT: u16 = 339;
    pub(crate) const JPEG_TABLES: u16 = 347;
    pub(crate) const OLD_JPEG: u16 = 513;
    pub(crate) const OLD_JPEG_LENGTH: u16 = 514;
    pub(crate) const COEFFICIENTS: u16 = 529;
    pub(crate) const SUBSAMPLING: u16 = 530;
    pub(crate) const BLACK_AND_WHITE: u16 = 532;
    pub(crate) const XMP: u16 = 700;
    pub(crate) const IPTC: u16 = 33_723;
    pub(crate) const PHOTOSHOP: u16 = 34_377;
    pub(crate) const ICC: u16 = 34_675;
}

/// TIFF holds every still picture, and several as pages.
pub static FORMAT: Format = Format {
    id: id("tiff"),
    name: "TIFF",
    endings: &["tif", "tiff"],
    mime: "image/tiff",
    in_browsers: false,
    options: &[],
    gives: Gives::Itself,
    holds: Holds {
        gray: true,
        alpha: true,
        deep: true,
        frames: true,
        pages: true,
        icc: true,
        exif: true,
        xmp: true,
        iptc: true,
        resolution: true,
        ..Holds::NOTHING
    },
    magic: |head| MAGICS.iter().any(|magic| head.starts_with(*magic)) && !raw::is_raw(head),
    header: extent::declared,
    together: Some(extent::together),
    decode,
    encode: Some(write::encode),
    patience: QUICK,
};

/// TIFF and `BigTIFF`, in both byte orders.
const MAGICS: [&[u8; 4]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];

/// The tags of the resolution: columns, rows, unit.
const RESOLUTION: [u16; 3] = [0x011a, 0x011b, 0x0128];

/// Directories that are looked at, at most.
const MAX_PAGES: usize = 1 << 16;

/// Bits of the tag that says what a picture is for: a smaller copy of another one, and a mask for one.
const REDUCED: u64 = 1;
const MASK: u64 = 4;

/// Why a page cannot be read.
enum Refused {
    Unsupported(Text),
    Damaged(Text),
    Limit(Failure),
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Self {
        Self::Damaged(match error.kind() {
            ErrorKind::UnexpectedEof => text!("it is cut off"),
            ErrorKind::InvalidData => {
                let said = error.to_string();
                said.trim_start_matches("format error: ").trim_end_matches('.').into()
            }
            _ => text!("it could not be read: {}", error.to_string()),
        })
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unsupported(what) => unsupported(what),
            Refused::Damaged(what) => damaged(what),
            Refused::Limit(failure) => failure,
        }
    }
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let mut file = Tagged::open(Cursor::new(bytes)).map_err(Refused::from)?;
    let directories = pages(&mut file)?;
    if directories.first().is_some_and(|first| raw::is_raw_directory(&mut file, first)) {
        return Err(unsupported(text!(
            "a raw file of a camera whose first directory is far behind"
        )));
    }
    limit::count(limits, directories.len() as u64, text!("pages"))?;
    let mut budget = Budget { limits, pixels: 0, bytes: 0, pages: 0 };
    let mut source: Option<Source> = None;
    for (number, directory) in (1..).zip(&directories) {
        match (one_page(&mut file, directory, bytes, &mut budget, pool), &mut source) {
            (Ok(page), None) => {
                let Own { metadata, stored } = page.own;
                source = Some(Source {
                    metadata,
                    notes: page.notes,
                    stored,
                    ..Source::still(page.picture)
                });
            }
            (Ok(page), Some(source)) => {
                source.frames.push(Frame { picture: page.picture, delay_ms: 0 });
                source.pages.push(page.own);
                let notes = page.notes.into_iter();
                source.notes.extend(notes.map(|note| text!("page {}: {}", number, note)));
            }
            (Err(refused @ Refused::Limit(_)), _) | (Err(refused), None) => {
                return Err(refused.into());
            }
            (Err(refused), Some(source)) => {
                let why = Failure::from(refused).message;
                source.left_out.push(number);
                source.notes.push(text!("page {} left out: {}", number, why));
            }
        }
    }
    source.ok_or_else(|| damaged(text!("it has no picture")))
}

/// What is left of the limits while the pages are read.
struct Budget<'a> {
    limits: &'a Limits,
    pixels: u64,
    bytes: u64,
    pages: u64,
}

impl Budget<'_> {
    /// Takes a page of so many bytes a pixel from it.
    fn take(&mut self, size: (u32, u32), pixel_bytes: u64) -> Result<(), Refused> {
        limit::check(self.limits, &FORMAT, size, 1, pixel_bytes).map_err(Refused::Limit)?;
        let pixels = u64::from(size.0) * u64::from(size.1);
        self.pages += 1;
        self.pixels += pixels;
        self.add(pixels * pixel_bytes)
    }

    /// Takes bytes of the page from it.
    fn add(&mut self, bytes: u64) -> Result<(), Refused> {
        self.bytes += bytes;
        if self.pixels > self.limits.max_pixels || self.bytes > self.limits.max_alloc_bytes {
            let failure = Failure::new(
                FailureKind::TooLarge,
                text!(
                    "the first {} pages have {} megapixels and need {} MiB of memory, more than the limits of {} megapixels and {} MiB; raise --max-pixels to allow it",
                    self.pages,
                    limit::megapixels(self.pixels),
                    self.bytes >> 20,
                    limit::megapixels(self.limits.max_pixels),
                    self.limits.max_alloc_bytes >> 20
                ),
            );
            return Err(Refused::Limit(failure));
        }
        Ok(())
    }
}

/// A page that was read.
struct Decoded {
    picture: Picture,
    own: Own,
    notes: Vec<Text>,
}

fn one_page(
    file: &mut Tagged<Cursor<&[u8]>>,
    directory: &Directory,
    bytes: &[u8],
    budget: &mut Budget<'_>,
    pool: &mut Pool,
) -> Result<Decoded, Refused> {
    let size = page::size(file, directory)?
        .ok_or_else(|| Refused::Damaged(text!("a page of it states no size")))?;
    limit::check(budget.limits, &FORMAT, size.0, 1, 1).map_err(Refused::Limit)?;
    let page = Page::read(file, directory, size)?;
    // What it is in the file, and what it becomes.
    budget.take(size.0, page.count as u64 * u64::from(page.kind.bits()).max(16) / 8)?;
    let icc = file.bytes(directory, tag::ICC, budget.limits.max_metadata_bytes).ok().flatten();
    let stored = match (&page.model, page.kind) {
        (Model::Gray | Model::WhiteIsZero, SampleKind::Unsigned(1)) if page.count == 1 => {
            Stored::Bilevel
        }
        (Model::Palette(_), _) if page.count == 1 => Stored::Palette,
        _ => Stored::Full,
    };
    let orientation = Orientation::from_exif(page.orientation.into());
    let (raw, note) = chunks::read(page, bytes, file.little_endian, budget.limits, pool)?;
    let is_cmyk = raw.model == Model::Cmyk;
    let is_lab = matches!(raw.model, Model::Lab | Model::IccLab);
    let mut metadata = metadata(bytes, directory);
    // A profile of inks or of L*a*b* no longer describes the samples.
    metadata.icc = if is_cmyk || is_lab {
        color::srgb()
    } else {
        file.bytes(directory, tag::ICC, bytes.len() as u64).ok().flatten()
    };
    // Pages may have all of it in common, and be many.
    budget.add(metadata.len() as u64)?;
    let (picture, more) = to_picture(raw, icc.as_deref(), pool).map_err(Refused::Unsupported)?;
    Ok(Decoded {
        picture: upright(picture, orientation, pool),
        own: Own { metadata, stored },
        notes: note.into_iter().chain(more).collect(),
    })
}

/// What goes with a page, but for its profile.
fn metadata(bytes: &[u8], directory: &Directory) -> Metadata {
    let Some(block) = Block::open(bytes) else { return Metadata::default() };
    let mut fields = Fields::of(&block, directory.at as usize);
    // Every page is turned upright here.
    let stated = fields.image.iter().find(|field| field.tag == tag::ORIENTATION);
    let orientation = stated.and_then(|field| field.data.first()).copied().unwrap_or(1);
    for field in fields.image.iter_mut().filter(|field| field.tag == tag::ORIENTATION) {
        *field = Field::short(tag::ORIENTATION, 1);
    }
    if fields.image.contains(&Field::short(RESOLUTION[2], 1)) {
        // A resolution in no unit says nothing.
        fields.image.retain(|field| !RESOLUTION.contains(&field.tag));
    }
    let mut metadata = Metadata {
        exif: (!fields.is_empty()).then(|| fields.build()),
        ..blocks::of(&block, directory.at as usize)
    };
    if Orientation::from_exif(orientation.into()).swaps_sides() {
        metadata.turn_resolution();
    }
    metadata
}

/// The directories of pages: without the reduced pictures and masks that belong to others.
fn pages<R: Read + Seek>(file: &mut Tagged<R>) -> Result<Vec<Directory>, Failure> {
    let mut pages: Vec<Directory> = Vec::new();
    let (mut next, mut seen) = (file.first, std::collections::HashSet::new());
    while next != 0 && seen.len() < MAX_PAGES && seen.insert(next) {
        let directory = match file.directory(next).map_err(Refused::from) {
            Ok(directory) => directory,
            Err(error) if pages.is_empty() => return Err(error.into()),
            Err(_) => break,
        };
        next = directory.next;
        let kind = file.number(&directory, tag::SUBFILE).ok().flatten().unwrap_or(0);
        if pages.is_empty() || kind & (REDUCED | MASK) == 0 {
            pages.push(directory);
        }
    }
    Ok(pages)
}

fn unsupported(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Unsupported, text!("a kind of {} that is not read: {}", "TIFF", what))
}

fn damaged(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "TIFF", what))
}
