//! Raw files of Canon of the third kind: boxes (ISO/IEC 14496-12), with TIFF structures for EXIF and a
//! film of one frame for every picture.

use lote_protocol::lang::Text;
use lote_protocol::task::Limits;
use lote_protocol::text;

use super::Preview;
use crate::formats::extent::HeaderReader;
use crate::formats::heif::boxes::boxes;
use crate::metadata::Metadata;
use crate::metadata::exif_fields::Fields;

/// Names of boxes of Canon: what describes the photo, and the preview.
pub(super) const DESCRIPTION: [u8; 16] =
    *b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
const PREVIEW: [u8; 16] = *b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";
/// The name of the box of XMP.
const XMP: [u8; 16] = *b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";

/// Boxes that are looked at in one, at most.
const MAX_BOXES: usize = 64;

/// A box: its type, and where its content begins and ends.
type Place = ([u8; 4], u64, u64);

/// The boxes between two places.
fn within(header: &mut HeaderReader<'_>, (mut at, end): (u64, u64)) -> Vec<Place> {
    let mut found = Vec::new();
    while found.len() < MAX_BOXES && at < end {
        let Some((content, len, kind)) = header.be32(at).and_then(|len| {
            let kind = header.at(at.checked_add(4)?)?;
            Some(match len {
                0 => (8, end - at, kind),
                1 => (16, u64::from_be_bytes(header.at(at + 8)?), kind),
                len => (8, len.into(), kind),
            })
        }) else {
            break;
        };
        let Some(next) = at.checked_add(len).filter(|_| len >= content) else { break };
        found.push((kind, at + content, next.min(end)));
        at = next;
    }
    found
}

/// The box of that type.
fn find(header: &mut HeaderReader<'_>, range: (u64, u64), wanted: [u8; 4]) -> Option<(u64, u64)> {
    let found = within(header, range).into_iter().find(|(kind, ..)| *kind == wanted)?;
    Some((found.1, found.2))
}

/// The JPEGs: that of the box of the preview, and the first frames of films that are JPEGs.
pub(super) fn previews(header: &mut HeaderReader<'_>) -> Vec<Preview> {
    let mut places = Vec::new();
    for (kind, start, end) in within(header, (0, u64::MAX)) {
        if &kind == b"uuid" && header.at(start) == Some(PREVIEW) {
            // A number and another box, which states a size, its length and then the JPEG.
            let Some((start, _)) = find(header, (start + 24, end), *b"PRVW") else { continue };
            let len = header.be32(start + 12);
            places.extend(len.map(|len| (start + 16, len.into())));
        }
        if &kind == b"moov" {
            for (kind, start, end) in within(header, (start, end)) {
                if &kind == b"trak" {
                    places.extend(first_frame(header, (start, end)));
                }
            }
        }
    }
    places.into_iter().filter_map(|place| Preview::at(header, place)).collect()
}

/// Where the first frame of a film stands, and how long it is.
fn first_frame(header: &mut HeaderReader<'_>, track: (u64, u64)) -> Option<(u64, u64)> {
    let mut range = track;
    for kind in [*b"mdia", *b"minf", *b"stbl"] {
        range = find(header, range, kind)?;
    }
    let (sizes, _) = find(header, range, *b"stsz")?;
    let len = match header.be32(sizes + 4)? {
        0 => header.be32(sizes + 12)?,
        all => all,
    };
    let start = if let Some((places, _)) = find(header, range, *b"co64") {
        u64::from_be_bytes(header.at(places + 8)?)
    } else {
        let (places, _) = find(header, range, *b"stco")?;
        header.be32(places + 8)?.into()
    };
    Some((start, len.into()))
}

/// What a file says of the photo: a TIFF structure for each directory that EXIF has.
pub(super) fn metadata(bytes: &[u8], limits: &Limits, notes: &mut Vec<Text>) -> (Fields, Metadata) {
    let (mut fields, mut metadata) = (Fields::default(), Metadata::default());
    for (kind, content) in boxes(bytes).take(MAX_BOXES) {
        if &kind == b"uuid" && content.starts_with(&XMP) {
            let packet = content[XMP.len()..].trim_ascii_end();
            if packet.len() as u64 <= limits.max_metadata_bytes {
                metadata.xmp = Some(packet.to_vec());
            }
        }
        if &kind != b"moov" {
            continue;
        }
        for (_, content) in boxes(content).take(MAX_BOXES).filter(|(kind, _)| kind == b"uuid") {
            let Some(content) = content.strip_prefix(&DESCRIPTION) else { continue };
            for (kind, block) in boxes(content).take(MAX_BOXES) {
                match &kind {
                    b"CMT1" => fields.image = Fields::parse(block).image,
                    b"CMT2" => fields.exif = Fields::parse(block).image,
                    b"CMT3" => notes.push(text!("maker note left out: it has no place in EXIF")),
                    b"CMT4" => fields.gps = Fields::parse(block).image,
                    _ => {}
                }
            }
        }
    }
    (fields, metadata)
}
