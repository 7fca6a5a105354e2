//! What a file holds beside its picture: more pictures (CIPA DC-007, "MPO"), a gain map (ISO 21496-1,
//! Adobe's and Apple's), a film (motion photos of Google and Samsung). They are named, not read.

use lote_protocol::lang::Text;
use lote_protocol::text;

use super::segments;

const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const MPF_PREFIX: &[u8] = b"MPF\0";
const XMP_PREFIX: &[u8] = b"http://ns.adobe.com/";
/// The end mark of the main picture.
const END: [u8; 2] = [0xff, 0xd9];
/// Tag of the number of pictures in the index of a file with several.
const NUMBER_OF_IMAGES: u16 = 0xb001;

/// A sentence about what is left out, if there is anything. `end` is where the scan of the first
/// picture ends.
pub(super) fn note(file: &[u8], end: usize) -> Option<Text> {
    let behind = file.get(end..).unwrap_or_default();
    let behind = behind.strip_prefix(&END).unwrap_or(behind);
    if behind.is_empty() {
        // As nearly always: the rest costs time.
        return None;
    }
    let mut gain_map = false;
    let mut film = false;
    let mut others = 0;
    for (marker, segment) in segments::before_scan(file) {
        match marker {
            APP1 if segment.starts_with(XMP_PREFIX) => {
                gain_map |= contains(segment, b"hdrgm:");
                film |= [&b"MotionPhoto=\"1\""[..], b"MicroVideo=\"1\"", b"MotionPhoto>1<"]
                    .iter()
                    .any(|words| contains(segment, words));
            }
            APP2 => {
                let index = segment.strip_prefix(MPF_PREFIX);
                others = others.max(index.and_then(images).unwrap_or(1) - 1);
            }
            _ => {}
        }
    }
    // What the header promises may have been cut away.
    gain_map |= contains(behind, b"hdrgm:") || contains(behind, b"HDRGainMap");
    film = contains(behind, b"ftyp") && (film || contains(behind, b"MotionPhoto_Data"));
    others = others.min(count(behind, b"\xff\xd8\xff"));
    if gain_map {
        others = others.saturating_sub(1);
    }
    let mut left_out = Vec::new();
    if gain_map {
        left_out.push(text!("its gain map (HDR)"));
    }
    if film {
        left_out.push(text!("the film of a motion photo"));
    }
    match others {
        0 => {}
        1 => left_out.push(text!("one more picture")),
        _ => left_out.push(text!("{} more pictures", others)),
    }
    (!left_out.is_empty())
        .then(|| text!("only the main picture is read; left out: {}", Text::list(left_out)))
}

/// The number of pictures that an index names; its first one is the file's own.
fn images(index: &[u8]) -> Option<usize> {
    let big = match index.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let word = |at: usize| -> Option<u16> {
        let bytes = index.get(at..)?.first_chunk().copied()?;
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = |at: usize| -> Option<u32> {
        let bytes = index.get(at..)?.first_chunk().copied()?;
        Some(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let directory = long(4)? as usize;
    let entries = usize::from(word(directory)?);
    let mut entries = (0..entries).map(|number| directory + 2 + 12 * number);
    let entry = entries.find(|&entry| word(entry) == Some(NUMBER_OF_IMAGES))?;
    Some((long(entry + 8)? as usize).max(1))
}

fn contains(bytes: &[u8], words: &[u8]) -> bool {
    count(bytes, words) > 0
}

fn count(bytes: &[u8], words: &[u8]) -> usize {
    bytes.windows(words.len()).filter(|window| window == &words).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
        let len = (data.len() as u16 + 2).to_be_bytes();
        [&[0xff, marker], len.as_slice(), data].concat()
    }

    /// A file with such segments, and such bytes behind its picture.
    fn said(segments: &[Vec<u8>], behind: &[u8]) -> Option<String> {
        let scan = segment(0xda, &[1, 1, 0, 0, 63, 0]);
        let picture = [&[0xff, 0xd8], segments.concat().as_slice(), &scan, &[7]].concat();
        let file = [picture.as_slice(), &[0xff, 0xd9], behind].concat();
        note(&file, picture.len()).map(|note| note.to_string())
    }

    fn index(images: u8) -> Vec<u8> {
        let head =
            b"MPF\0MM\0*\0\0\0\x08\0\x02\xb0\0\0\x07\0\0\0\x040100\xb0\x01\0\x04\0\0\0\x01\0\0\0";
        segment(0xe2, &[&head[..], &[images, 0, 0, 0, 0]].concat())
    }

    #[test]
    fn pictures_of_an_index_are_counted_where_they_are_there() {
        assert_eq!(said(&[index(3)], b""), None);
        let two = b"\xff\xd8\xff\xe0..\xff\xd8\xff\xe0";
        let note = said(&[index(3)], two).unwrap();
        assert_eq!(note, "only the main picture is read; left out: 2 more pictures");
        assert_eq!(said(&[], two), None);
    }

    #[test]
    fn gain_maps_and_films_are_named() {
        let xmp = segment(
            0xe1,
            b"http://ns.adobe.com/xap/1.0/\0<a hdrgm:Version=\"1.0\" GCamera:MotionPhoto=\"1\"/>",
        );
        let note = said(&[xmp, index(2)], b"\xff\xd8\xff\xe0 hdrgm: \xff\xd9....ftypmp42").unwrap();
        assert_eq!(
            note,
            "only the main picture is read; left out: its gain map (HDR), the film of a motion photo"
        );
    }

    #[test]
    fn an_index_that_is_damaged_names_nothing() {
        for len in 0..30 {
            let whole = index(2);
            let cut = segment(0xe2, &whole[4..4 + len.min(whole.len() - 4)]);
            assert_eq!(said(&[cut], b"\xff\xd8\xff"), None);
        }
    }
}
