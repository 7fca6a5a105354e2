//! Raw files of cameras: not what the sensor saw, but the largest picture that the camera has put
//! beside it as a JPEG.

use std::io::Cursor;

use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

use crate::formats::extent::{Declared, Header};
use crate::formats::table::{Format, Gives, Holds, id};
use crate::formats::tiff::directory::{Directory, Tagged};
use crate::formats::{JPEG, Source};
use crate::metadata::exif_fields::Fields;
use crate::pool::Pool;

/// Raw files.
pub(super) static FORMAT: Format = Format {
    id: id("raw"),
    name: "raw",
    endings: &["dng", "nef", "cr2", "cr3", "arw", "orf", "rw2", "raf"],
    mime: "image/x-dcraw",
    in_browsers: false,
    options: &[],
    gives: Gives::Photo,
    holds: Holds::NOTHING,
    magic: is_raw,
    header: declared,
    together: None,
    decode,
    encode: None,
};

/// Smallest longer side of a picture that is more than a thumbnail, px.
const MIN_SIDE: u32 = 640;

mod tag {
    pub(super) const PURPOSE: u16 = 0x00fe;
    pub(super) const COMPRESSION: u16 = 0x0103;
    pub(super) const MODEL: u16 = 0x0106;
    pub(super) const STRIPS: u16 = 0x0111;
    pub(super) const TILES: u16 = 0x0144;
    pub(super) const BELOW: u16 = 0x014a;
    pub(super) const DNG: u16 = 0xc612;
}

/// Whether a file is a raw file: by its own magic, or as a TIFF that says so of itself or whose
/// first picture is a reduced one of what stands below it.
fn is_raw(head: &[u8]) -> bool {
    match head {
        [
            b'F',
            b'U',
            b'J',
            b'I',
            b'F',
            b'I',
            b'L',
            b'M',
            b'C',
            b'C',
            b'D',
            b'-',
            b'R',
            b'A',
            b'W',
            ..,
        ]
        | [_, _, _, _, b'f', b't', b'y', b'p', b'c', b'r', b'x', b' ', ..]
        | [b'I', b'I', b'R', b'O' | b'S', ..]
        | [b'I', b'I', b'U', 0, ..]
        | [b'I', b'I', b'*', 0, _, _, _, _, b'C', b'R', ..] => true,
        _ => is_raw_tiff(head).unwrap_or(false),
    }
}

fn is_raw_tiff(head: &[u8]) -> Option<bool> {
    let mut file = Tagged::open(Cursor::new(head)).ok()?;
    let first = file.directory(file.first).ok()?;
    let is_reduced = file.number(&first, tag::PURPOSE).ok()? == Some(1);
    Some(first.has(tag::DNG) || is_reduced && first.has(tag::BELOW))
}

/// Sizes stand in pictures that have to be looked for.
fn declared(_: &mut Header<'_>) -> Declared {
    None
}

fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let kept_apart = sensor_data(bytes);
    let mut found: Vec<_> = pictures(bytes)
        .filter(|picture| kept_apart.binary_search(&(picture.start as u64)).is_err())
        .collect();
    found.sort_by_key(|picture| {
        std::cmp::Reverse((u64::from(picture.width) * u64::from(picture.height), picture.start))
    });
    let mut refused = None;
    for picture in found {
        let Picture { start, end, width, height } = picture;
        if width.max(height) < MIN_SIDE {
            break;
        }
        match (JPEG.decode)(&bytes[start..end], limits, pool) {
            Ok(source) => return Ok(described(source, bytes, (width, height))),
            Err(failure) if failure.kind == FailureKind::TooLarge => return Err(failure),
            Err(failure) => refused = Some(failure),
        }
    }
    Err(refused.unwrap_or_else(|| {
        Failure::new(
            FailureKind::Unsupported,
            "raw files are read by the picture that a camera puts into them, and there is none in \
             it but thumbnails; develop it to JPEG or TIFF first",
        )
    }))
}

/// The picture with what the raw file says of it, where it does not say it itself.
fn described(mut source: Source, bytes: &[u8], (width, height): (u32, u32)) -> Source {
    if source.metadata.exif.is_none() {
        let fields = Fields::parse(&directories_of(bytes));
        source.metadata.exif = (!fields.is_empty()).then(|| fields.build());
    }
    source.notes.insert(
        0,
        format!("raw: what is read is the camera's own JPEG in it, {width} x {height} px"),
    );
    source
}

/// The file as a TIFF; of one in the container of video, what describes its picture.
fn directories_of(bytes: &[u8]) -> Vec<u8> {
    const CMT1: &[u8] = b"CMT1";
    /// What stands before the pictures.
    const HEAD: usize = 1 << 16;
    if bytes.get(4..8) == Some(b"ftyp") {
        let head = &bytes[..bytes.len().min(HEAD)];
        let start = head.windows(CMT1.len()).position(|word| word == CMT1);
        return start.map_or_else(Vec::new, |start| head[start + CMT1.len()..].to_vec());
    }
    let mut file = bytes.to_vec();
    if let [b'I', b'I', magic_0, magic_1, ..] = &mut file[..] {
        // Some makers have magics of their own for the same thing.
        (*magic_0, *magic_1) = (b'*', 0);
    }
    file
}

/// Where parts of what the sensor saw begin that are coded like pictures: tiles of lossy DNG.
fn sensor_data(bytes: &[u8]) -> Vec<u64> {
    /// More directories than a file has.
    const MOST: usize = 100;
    let Ok(mut file) = Tagged::open(Cursor::new(bytes)) else { return Vec::new() };
    let mut starts = Vec::new();
    let mut open = vec![file.first];
    let mut seen = 0;
    while let Some(at) = open.pop() {
        seen += 1;
        let Ok(directory) = file.directory(at) else { continue };
        if seen > MOST {
            break;
        }
        let mut numbers = |directory: &Directory, tag| {
            file.numbers(directory, tag, bytes.len() as u64).unwrap_or_default()
        };
        open.extend(numbers(&directory, tag::BELOW));
        open.extend(Some(directory.next).filter(|next| *next > 0));
        let first = |numbers: Vec<u64>| numbers.first().copied().unwrap_or(0);
        // A filter of colours, or light as it is.
        let is_sensor = matches!(first(numbers(&directory, tag::MODEL)), 32_803 | 34_892)
            || first(numbers(&directory, tag::COMPRESSION)) == 34_892;
        if is_sensor {
            starts.extend(numbers(&directory, tag::STRIPS));
            starts.extend(numbers(&directory, tag::TILES));
        }
    }
    starts.sort_unstable();
    starts
}

/// A JPEG in a file.
#[derive(Debug, PartialEq, Eq)]
struct Picture {
    start: usize,
    end: usize,
    width: u32,
    height: u32,
}

/// Finds whole JPEGs; those within others (thumbnails) are not looked for.
fn pictures(bytes: &[u8]) -> impl Iterator<Item = Picture> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let next = bytes.get(at..)?.windows(3).position(|word| word == b"\xff\xd8\xff")?;
            let start = at + next;
            if let Some(picture) = picture(bytes, start) {
                at = picture.end;
                return Some(picture);
            }
            at = start + 2;
        }
    })
}

/// The JPEG that begins there: from marker to marker until its end (ITU-T T.81, B.1).
fn picture(bytes: &[u8], start: usize) -> Option<Picture> {
    let (mut at, mut size) = (start + 2, None);
    loop {
        let &[0xff, marker, ..] = bytes.get(at..)? else { return None };
        match marker {
            0xd9 => {
                let (width, height) = size?;
                return Some(Picture { start, end: at + 2, width, height });
            }
            // Fill bytes.
            0xff => {
                at += 1;
                continue;
            }
            0..=0xbf | 0xd0..=0xd8 => return None,
            _ => {}
        }
        let &[_, _, len_0, len_1, ref segment @ ..] = bytes.get(at..)? else { return None };
        let len = usize::from(u16::from_be_bytes([len_0, len_1]));
        match marker {
            0xc0..=0xc2 => {
                let &[_, height_0, height_1, width_0, width_1, ..] = segment else { return None };
                let side = |bytes| u32::from(u16::from_be_bytes(bytes));
                size = Some((side([width_0, width_1]), side([height_0, height_1])));
            }
            // Lossless, hierarchical, arithmetic: no camera's picture.
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return None,
            _ => {}
        }
        at += 2 + len.max(2);
        if marker == 0xda {
            // Coded rows, up to the next marker that is none of theirs.
            loop {
                at += bytes.get(at..)?.iter().position(|&byte| byte == 0xff)?;
                match bytes.get(at + 1)? {
                    0 | 0xd0..=0xd7 => at += 2,
                    0xff => at += 1,
                    _ => break,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG of nothing but markers.
    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08".to_vec();
        jpeg.extend(height.to_be_bytes());
        jpeg.extend(width.to_be_bytes());
        jpeg.extend(b"\x01\x01\x11\0\xff\xda\0\x04cdrows\xff\0rows\xff\xd9");
        jpeg
    }

    #[test]
    fn whole_jpegs_are_found_with_their_ends() {
        let mut file = b"raw \xff\xd8\xff\xe0 no picture ".to_vec();
        let first = file.len();
        file.extend(jpeg(640, 480));
        let end = file.len();
        file.extend(b"between");
        file.extend(jpeg(160, 120));
        file.extend(&jpeg(9000, 9000)[..30]);
        let found: Vec<_> = pictures(&file).collect();
        assert_eq!(found[0], Picture { start: first, end, width: 640, height: 480 });
        assert_eq!((found.len(), found[1].width), (2, 160));
    }

    #[test]
    fn a_tiff_is_raw_if_it_says_so_or_shows_a_reduced_picture_of_what_is_below() {
        let tiff = |tags: &[(u16, u32)]| {
            let mut file = b"II*\0\x08\0\0\0".to_vec();
            file.extend((tags.len() as u16).to_le_bytes());
            for (tag, value) in tags {
                file.extend(tag.to_le_bytes());
                file.extend([4, 0, 1, 0, 0, 0]);
                file.extend(value.to_le_bytes());
            }
            file
        };
        assert!(is_raw(&tiff(&[(tag::PURPOSE, 1), (tag::BELOW, 99)])));
        assert!(is_raw(&tiff(&[(tag::PURPOSE, 0), (tag::DNG, 0x0401)])));
        assert!(!is_raw(&tiff(&[(tag::PURPOSE, 0), (tag::BELOW, 99)])));
        assert!(!is_raw(&tiff(&[(tag::PURPOSE, 1)])));
        assert!(is_raw(b"FUJIFILMCCD-RAW 0201"));
        assert!(!is_raw(b"II*\0"));
    }
}
