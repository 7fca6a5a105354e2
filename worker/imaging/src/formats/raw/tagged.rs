//! Raw files that are TIFF structures (TIFF 6.0, section 2; DNG 1.7; TIFF/EP): where JPEGs are in them.

use std::collections::HashSet;
use std::io::{Cursor, Read, Seek};

use super::Preview;
use crate::color::Space;
use crate::formats::extent::{Bytes, HeaderReader};
use crate::formats::tiff::blocks;
use crate::formats::tiff::directory::{Directory, Tagged};
use crate::metadata::Metadata;
use crate::metadata::exif_block::{EXIF_IFD, MAKER_NOTE};
use crate::metadata::exif_fields::Fields;

const SUBFILE: u16 = 254;
const COMPRESSION: u16 = 259;
const MODEL: u16 = 262;
const STRIP_OFFSETS: u16 = 273;
const STRIP_LENS: u16 = 279;
/// Directories of further pictures.
const SUB_DIRECTORIES: u16 = 330;
const JPEG_START: u16 = 513;
const JPEG_LEN: u16 = 514;
/// Every DNG has it in its first directory (DNG 1.7, chapter 4).
const DNG_VERSION: u16 = 50_706;
const PREVIEW_COLOR_SPACE: u16 = 50_970;
/// A JPEG as the value of a tag, in files of Panasonic.
const PANASONIC_JPEG: u16 = 0x2e;

/// Tags of notes of Olympus: a directory, and in it where a JPEG is and how long it is.
const OLYMPUS_SETTINGS: u16 = 0x2020;
const OLYMPUS_START: u16 = 0x0101;
const OLYMPUS_LEN: u16 = 0x0102;

/// Directories that are looked at, at most.
const MAX_DIRECTORIES: usize = 32;

/// Whether a TIFF that begins so is a raw file: a DNG, or one whose first picture is a reduced copy of
/// one in a directory below it, as TIFF/EP has it (ISO 12234-2, 5.4). Its first directory has to be in the head.
pub(super) fn is_raw(head: &[u8]) -> bool {
    let Ok(mut file) = Tagged::open(Cursor::new(head)) else { return false };
    let Ok(first) = file.directory(file.first) else { return false };
    is_raw_directory(&mut file, &first)
}

/// Whether the first directory of a TIFF is that of a raw file.
pub(in crate::formats) fn is_raw_directory<R: Read + Seek>(
    file: &mut Tagged<R>,
    first: &Directory,
) -> bool {
    let is_reduced = file.number(first, SUBFILE).is_ok_and(|kind| kind.unwrap_or(0) & 1 == 1);
    first.has(DNG_VERSION) || is_reduced && first.has(SUB_DIRECTORIES)
}

/// The JPEGs of all directories.
pub(super) fn previews(header: &mut HeaderReader<'_>) -> Vec<Preview> {
    let mut places = Vec::new();
    if let Ok(mut file) = Tagged::open(Bytes { header, place: 0 }) {
        let (mut waiting, mut seen) = (vec![file.first], HashSet::new());
        while let Some(at) = waiting.pop() {
            if at == 0 || seen.len() == MAX_DIRECTORIES || !seen.insert(at) {
                continue;
            }
            let Ok(directory) = file.directory(at) else { continue };
            waiting.push(directory.next);
            let below = file.numbers(&directory, SUB_DIRECTORIES, MAX_DIRECTORIES as u64);
            waiting.extend(below.unwrap_or_default());
            places.extend(jpeg_of(&mut file, &directory));
            places.extend(file.place(&directory, PANASONIC_JPEG).map(|place| (place, None)));
            places.extend(of_olympus(&mut file, &directory).map(|place| (place, None)));
        }
    }
    let found = |(place, space)| Some(Preview { space, ..Preview::at(header, place)? });
    places.into_iter().filter_map(found).collect()
}

/// Where bytes stand and how long they are, and what the samples of that picture are.
type Place = ((u64, u64), Option<Space>);

/// The JPEG that a directory describes: a picture, of one piece.
fn jpeg_of<R: Read + Seek>(file: &mut Tagged<R>, directory: &Directory) -> Option<Place> {
    let mut number = |tag| file.number(directory, tag).ok().flatten();
    // Others are samples of a sensor, masks or depths, which may be JPEGs, too.
    if !matches!(number(MODEL), None | Some(1 | 6)) {
        return None;
    }
    let space = match number(PREVIEW_COLOR_SPACE) {
        Some(3) => Some(Space::AdobeRgb),
        Some(4) => Some(Space::ProPhotoRgb),
        _ => None,
    };
    if let Some(place) = number(JPEG_START).zip(number(JPEG_LEN)) {
        return Some((place, space));
    }
    if !matches!(number(COMPRESSION), Some(6 | 7)) {
        return None;
    }
    let starts = file.numbers(directory, STRIP_OFFSETS, 1).ok()?;
    let lens = file.numbers(directory, STRIP_LENS, 1).ok()?;
    Some(((*starts.first()?, *lens.first()?), space))
}

/// The JPEG that Olympus has put into the note of the maker. Places in it count from where it begins, in
/// old ones from where the file does.
fn of_olympus<R: Read + Seek>(file: &mut Tagged<R>, first: &Directory) -> Option<(u64, u64)> {
    let exif = file.number(first, EXIF_IFD).ok()??;
    let exif = file.directory(exif).ok()?;
    let (note, len) = file.place(&exif, MAKER_NOTE)?;
    let name = file.bytes(&exif, MAKER_NOTE, len).ok()??;
    let (header_len, base) = match &name {
        _ if name.starts_with(b"OLYMPUS\0") => (12, note),
        _ if name.starts_with(b"OM SYSTEM\0") => (16, note),
        _ if name.starts_with(b"OLYMP\0") => (8, 0),
        _ => return None,
    };
    let directory = file.directory(note.checked_add(header_len)?).ok()?;
    let settings = match file.place(&directory, OLYMPUS_SETTINGS) {
        Some((settings, _)) => settings,
        None => file.number(&directory, OLYMPUS_SETTINGS).ok()??,
    };
    let settings = file.directory(base.checked_add(settings)?).ok()?;
    let start = file.number(&settings, OLYMPUS_START).ok()??;
    let len = file.number(&settings, OLYMPUS_LEN).ok()??;
    Some((base.checked_add(start)?, len))
}

/// What a file says of the photo.
pub(super) fn metadata(bytes: &[u8]) -> (Fields, Metadata) {
    let is_tiff = matches!(bytes, [_, _, b'*', 0, ..] | [_, _, 0, b'*', ..]);
    let mut fields = if is_tiff {
        Fields::parse(bytes)
    } else {
        // It is one but for its mark.
        let mut tiff = bytes.to_vec();
        tiff[..4].copy_from_slice(if bytes.starts_with(b"II") { b"II*\0" } else { b"MM\0*" });
        Fields::parse(&tiff)
    };
    // Those of Panasonic describe the sensor.
    fields.image.retain(|field| field.tag > 0xff);
    (fields, blocks::of_first(bytes))
}
