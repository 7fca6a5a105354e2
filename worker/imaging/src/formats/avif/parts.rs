//! XMP in a file that the encoder has written, which takes none: an item of its own that describes the
//! picture (ISO/IEC 23008-12, A.3).

use crate::formats::heif::boxes::{Reader, boxes};

/// The item of the picture, and one that the encoder leaves free; between them are alpha and EXIF.
const PICTURE: u16 = 1;
const XMP: u16 = 4;

/// The file with a packet at its end, and what says where bytes stand made to fit; `None` if it is no
/// such file as the encoder writes.
pub(super) fn with_xmp(file: &[u8], packet: &[u8]) -> Option<Vec<u8>> {
    let mut parts = boxes(file);
    let mut next = |kind: &[u8; 4]| Some(parts.next().filter(|(known, _)| known == kind)?.1);
    let (brands, list, data) = (next(b"ftyp")?, next(b"meta")?, next(b"mdat")?);
    let len = u32::try_from(packet.len()).ok()?;
    // How much longer the list becomes is the same whatever is written into it.
    let longer = longer_list(list, 0, (0, 0))?.len() - list.len();
    let longer = u32::try_from(longer).ok()?;
    let start = u32::try_from(file.len()).ok()?.checked_add(longer)?;
    start.checked_add(len)?;
    let list = longer_list(list, longer, (start, len))?;
    let mut with = Vec::with_capacity(start as usize + packet.len());
    push(&mut with, *b"ftyp", &[brands]);
    push(&mut with, *b"meta", &[&list]);
    push(&mut with, *b"mdat", &[data, packet]);
    Some(with)
}

/// The list of items with one more that has `len` bytes from `start` on, and with those of the others
/// `by` bytes further on.
fn longer_list(list: &[u8], by: u32, (start, len): (u32, u32)) -> Option<Vec<u8>> {
    let number = XMP.to_be_bytes();
    let mut reference = Vec::new();
    push(&mut reference, *b"cdsc", &[&number, &1u16.to_be_bytes(), &PICTURE.to_be_bytes()]);
    let (version, parts) = list.split_at_checked(4)?;
    let mut longer = version.to_vec();
    let mut has_references = false;
    for (kind, content) in boxes(parts) {
        match &kind {
            b"iloc" => {
                let (fixed, rest) = content.split_at_checked(6)?;
                // Of the first version, places and lengths of 4 bytes.
                (fixed == [0, 0, 0, 0, 0x44, 0]).then_some(())?;
                let mut reader = Reader(rest);
                let count = reader.u16()?;
                let mut places = count.checked_add(1)?.to_be_bytes().to_vec();
                for _ in 0..count {
                    places.extend(reader.take(4)?);
                    let extents = reader.u16()?;
                    places.extend(extents.to_be_bytes());
                    for _ in 0..extents {
                        places.extend(reader.u32()?.checked_add(by)?.to_be_bytes());
                        places.extend(reader.take(4)?);
                    }
                }
                places.extend(number);
                places.extend([0, 0, 0, 1]);
                places.extend([start.to_be_bytes(), len.to_be_bytes()].as_flattened());
                push(&mut longer, kind, &[fixed, &places]);
            }
            b"iinf" => {
                let (version, rest) = content.split_at_checked(4)?;
                let (count, items) = rest.split_first_chunk()?;
                let count = u16::from_be_bytes(*count).checked_add(1)?.to_be_bytes();
                let mut item = Vec::new();
                let about = b"\0\0mimeXMP\0application/rdf+xml\0";
                push(&mut item, *b"infe", &[&[2, 0, 0, 0], &number, about]);
                push(&mut longer, kind, &[version, &count, items, &item]);
            }
            b"iref" => {
                has_references = true;
                push(&mut longer, kind, &[content, &reference]);
            }
            _ => push(&mut longer, kind, &[content]),
        }
    }
    if !has_references {
        push(&mut longer, *b"iref", &[&[0; 4], &reference]);
    }
    Some(longer)
}

/// Appends a box.
fn push(out: &mut Vec<u8>, kind: [u8; 4], parts: &[&[u8]]) {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    // The whole file is shorter than 4 GiB.
    out.extend(((len + 8) as u32).to_be_bytes());
    out.extend(kind);
    for part in parts {
        out.extend(*part);
    }
}
