//! Raw files of cameras, only read: by the largest JPEG that the camera has put into them. The samples of
//! the sensor are left alone.

mod canon;
mod tagged;

use std::io::Cursor;

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::color::{self, Space};
use crate::formats::extent::{Declared, HeaderReader};
use crate::formats::heif::has_brand;
use crate::formats::jpeg::extent::{Frame, decoder_bytes, frame};
use crate::formats::table::{Format, Gives, QUICK, id};
use crate::formats::{Source, jpeg};
use crate::holds::Holds;
use crate::metadata::exif_block::Field;
use crate::metadata::exif_fields::Fields;
use crate::metadata::{Metadata, maker_note};
use crate::pool::Pool;

pub(super) use tagged::is_raw_directory;

/// Raw files: DNG, those of Nikon, Sony, Olympus and Panasonic (TIFF structures), Canon and Fujifilm.
pub static FORMAT: Format = Format {
    id: id("raw"),
    name: "raw",
    endings: &["dng", "nef", "cr2", "cr3", "arw", "orf", "rw2", "raf"],
    mime: "image/x-raw",
    in_browsers: false,
    options: &[],
    gives: Gives::Photo,
    holds: Holds::NOTHING,
    magic: is_raw,
    header: declared,
    together: None,
    decode,
    encode: None,
    patience: QUICK,
};

/// The longer side of a JPEG that is worth being taken for the photo, px: more than any thumbnail of
/// 160 or 320, no more than the previews of the first cameras.
const SMALLEST: u32 = 640;

/// How a raw file of Fujifilm begins, and where it says where its JPEG is.
const FUJIFILM: &[u8] = b"FUJIFILMCCD-RAW ";
const FUJIFILM_JPEG: u64 = 84;

/// Tags of EXIF.
const MAKE: u16 = 0x010f;
const ORIENTATION: u16 = 0x0112;

/// What raw files are that hold a picture in a way of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RawKind {
    /// A TIFF structure.
    Tagged,
    /// A TIFF structure whose JPEG has all EXIF, which the file itself has not.
    Panasonic,
    /// Boxes.
    Canon3,
    Fujifilm,
}

/// A JPEG in a raw file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Preview {
    /// Where it begins, and how long it is said to be, bytes.
    start: u64,
    len: u64,
    /// Columns and rows, px.
    size: (u32, u32),
    /// Bytes a pixel, once it is decoded.
    pixel_bytes: u64,
    /// What its samples are, if that is said beside it.
    space: Option<Space>,
}

impl Preview {
    /// A JPEG of the kinds that cameras use for pictures. The lossless one holds samples of the sensor.
    fn at(header: &mut HeaderReader<'_>, (start, len): (u64, u64)) -> Option<Self> {
        if header.at(start)? != [0xff, 0xd8, 0xff] {
            return None;
        }
        let Frame { marker, declared: (width, height, pixel_bytes), .. } = frame(header, start)?;
        let is_picture = matches!(marker, 0xc0..=0xc2) && width > 0 && height > 0;
        is_picture.then_some(Self { start, len, size: (width, height), pixel_bytes, space: None })
    }
}

/// The kind of a raw file that begins so.
fn kind(head: &[u8]) -> Option<RawKind> {
    match head {
        _ if head.starts_with(FUJIFILM) => Some(RawKind::Fujifilm),
        _ if has_brand(head, &[b"crx "]) => Some(RawKind::Canon3),
        [b'I', b'I', b'U', 0, ..] => Some(RawKind::Panasonic),
        [b'I', b'I', b'R', b'O' | b'S', ..]
        | [b'M', b'M', b'O', b'R', ..]
        | [b'I', b'I', b'*', 0, _, _, _, _, b'C', b'R', 2, ..] => Some(RawKind::Tagged),
        _ => tagged::is_raw(head).then_some(RawKind::Tagged),
    }
}

pub(super) fn is_raw(head: &[u8]) -> bool {
    kind(head).is_some()
}

/// The largest JPEG of a file, if one is large enough.
fn largest(kind: RawKind, header: &mut HeaderReader<'_>) -> Option<Preview> {
    let found = match kind {
        RawKind::Tagged | RawKind::Panasonic => tagged::previews(header),
        RawKind::Canon3 => canon::previews(header),
        RawKind::Fujifilm => {
            let start = header.be32(FUJIFILM_JPEG)?;
            let len = header.be32(FUJIFILM_JPEG + 4)?;
            Preview::at(header, (start.into(), len.into())).into_iter().collect()
        }
    };
    let large = found.into_iter().filter(|one| one.size.0.max(one.size.1) >= SMALLEST);
    large.max_by_key(|one| u64::from(one.size.0) * u64::from(one.size.1))
}

/// The size of the picture that is read, not of that of the sensor.
fn declared(header: &mut HeaderReader<'_>) -> Declared {
    let head: [u8; 16] = header.at(0)?;
    let kind = kind(&head).unwrap_or(RawKind::Tagged);
    let Preview { start, size: (width, height), pixel_bytes, .. } = largest(kind, header)?;
    let frame = frame(header, start)?;
    header.decoder_bytes = decoder_bytes(header, &frame);
    Some((width, height, pixel_bytes))
}

fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let kind = kind(bytes).unwrap_or(RawKind::Tagged);
    let largest = largest(kind, &mut HeaderReader::new(bytes, &mut Cursor::new(bytes)));
    let Some(Preview { start, len, size: (width, height), space, .. }) = largest else {
        let why =
            text!("it holds no JPEG of {} px or more, and its samples are not read", SMALLEST);
        return Err(unsupported(why));
    };
    let rest = usize::try_from(start).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
    let jpeg = &rest[..rest.len().min(usize::try_from(len).unwrap_or(usize::MAX))];
    let mut source = jpeg::decode(jpeg, limits, pool)?;
    source.notes.insert(
        0,
        text!(
            "raw: the picture is the JPEG of {} x {} px that the camera put into it",
            width,
            height
        ),
    );
    let own = match kind {
        RawKind::Fujifilm => None,
        RawKind::Panasonic if names_a_camera(source.metadata.exif.as_deref()) => None,
        RawKind::Canon3 => Some(canon::metadata(bytes, limits, &mut source.notes)),
        RawKind::Tagged | RawKind::Panasonic => Some(tagged::metadata(bytes)),
    };
    if let Some((fields, own)) = own {
        join(&mut source, fields, own);
    }
    if source.metadata.icc.is_none() {
        source.metadata.icc = space.and_then(color::profile);
    }
    Ok(source)
}

fn names_a_camera(exif: Option<&[u8]>) -> bool {
    exif.is_some_and(|exif| Fields::parse(exif).image.iter().any(|field| field.tag == MAKE))
}

/// Puts what the file says of the photo in the place of what its JPEG says.
fn join(source: &mut Source, mut fields: Fields, own: Metadata) {
    let metadata = &mut source.metadata;
    let of_jpeg = metadata.exif.as_deref().map(Fields::parse).unwrap_or_default();
    if fields.is_empty() {
        return;
    }
    // Both speak of the same pixels; they are turned once.
    let is_turned = |field: &&Field| field.tag == ORIENTATION;
    if !fields.image.iter().any(|field| is_turned(&field)) {
        fields.image.extend(of_jpeg.image.iter().find(is_turned).cloned());
    }
    if fields.maker_note().is_some_and(maker_note::has_far_values) {
        source.notes.push(text!("maker note moved: what it points at may be lost"));
    }
    metadata.exif = Some(fields.build());
    if own.xmp.is_some() {
        metadata.xmp = own.xmp;
    }
    if own.iptc.is_some() {
        metadata.iptc = own.iptc;
    }
}

fn unsupported(why: Text) -> Failure {
    let why = text!("{} files of this kind are not supported: {}", "raw", why);
    Failure::new(FailureKind::Unsupported, why)
}

#[cfg(test)]
mod tests;
