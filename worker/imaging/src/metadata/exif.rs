//! EXIF blocks: read the orientation, put the block in order, keep the rest as it is.
//!
//! A block is a TIFF structure (TIFF 6.0, section 2; Exif 2.32, 4.5). It is changed in place, for
//! maker notes hold offsets that nobody but the maker can move. Only the directories that are
//! known to matter are followed, each once, so that a hostile block costs no more than its length.

use std::borrow::Cow;
use std::ops::Range;

use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::metadata::exif_block::{
    Block, DIRECTORIES, EXIF_IFD, Field, GPS_IFD, INTEROP_IFD, MAKER_NOTE, little_endian,
};
use crate::metadata::exif_fields::Fields;
use crate::metadata::maker_note;
use crate::metadata::orientation::Orientation;

const ORIENTATION: u16 = 0x0112;
const IMAGE_WIDTH: u16 = 0x0100;
const IMAGE_LENGTH: u16 = 0x0101;
const COLOR_SPACE: u16 = 0xa001;
const INTEROP_INDEX: u16 = 1;
const PIXEL_X_DIMENSION: u16 = 0xa002;
const PIXEL_Y_DIMENSION: u16 = 0xa003;
const STRIP_OFFSETS: u16 = 0x0111;
const STRIP_BYTE_COUNTS: u16 = 0x0117;
const THUMBNAIL_OFFSET: u16 = 0x0201;
const THUMBNAIL_LENGTH: u16 = 0x0202;
/// Directories of further pictures: previews of what the picture no longer shows.
const SUB_IFDS: u16 = 0x014a;
/// A block that is fit to be carried.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cleaned {
    /// The block: orientation 1, without thumbnail, without entries that point outside of it.
    pub(crate) exif: Vec<u8>,
    /// The orientation that it asked for.
    pub(crate) orientation: Orientation,
    /// Whether entries had to be left out.
    pub(crate) damaged: bool,
}

/// Puts a block in order; `Err` says why it has to be dropped as a whole.
pub(crate) fn clean(exif: Vec<u8>) -> Result<Cleaned, Text> {
    let mut block = Block::open(exif).ok_or_else(|| text!("it has no TIFF header"))?;
    let first = block.u32(4).ok_or_else(|| text!("it is cut off"))? as usize;
    // The header.
    let mut kept: Vec<Range<usize>> = std::iter::once(0..8).collect();
    let mut damaged = !block.prune(first, &mut kept, &[EXIF_IFD, GPS_IFD])?;

    let mut orientation = Orientation::Upright;
    if let Some(entry) = block.find(first, ORIENTATION) {
        orientation = Orientation::from_exif(block.number(entry).unwrap_or(1));
    }
    // Where it is there twice, readers take the first or the last.
    let entries: Vec<usize> = block.entries(first).collect();
    for entry in entries {
        if block.u16(entry) == Some(ORIENTATION) {
            block.set_number(entry, 1);
        }
    }
    for (parent, pointer, inner) in [(first, EXIF_IFD, &[INTEROP_IFD][..]), (first, GPS_IFD, &[])] {
        if let Some(at) = block.pointer(parent, pointer) {
            damaged |= !block.prune(at, &mut kept, inner)?;
        }
    }
    if let Some(exif) = block.pointer(first, EXIF_IFD)
        && let Some(at) = block.pointer(exif, INTEROP_IFD)
    {
        damaged |= !block.prune(at, &mut kept, &[])?;
    }
    block.drop_thumbnail(first, kept);
    Ok(Cleaned { exif: block.bytes.into_owned(), orientation, damaged })
}

/// A [`clean`] block with the size of the picture, px, where it states one.
pub(crate) fn with_size(exif: &[u8], width: u32, height: u32) -> Vec<u8> {
    let Some(mut block) = Block::open(exif) else {
        return exif.to_vec();
    };
    let first = block.u32(4).unwrap_or(0) as usize;
    let sizes = [
        (Some(first), IMAGE_WIDTH, width),
        (Some(first), IMAGE_LENGTH, height),
        (block.pointer(first, EXIF_IFD), PIXEL_X_DIMENSION, width),
        (block.pointer(first, EXIF_IFD), PIXEL_Y_DIMENSION, height),
    ];
    for (directory, tag, side) in sizes {
        if let Some(entry) = directory.and_then(|at| block.find(at, tag)) {
            block.set_number(entry, side);
        }
    }
    block.bytes.into_owned()
}

/// A [`clean`] block with such fields in its first directory, in place of what had their tags. The
/// directory moves to the end; all else stays where it is.
pub(crate) fn with(exif: &[u8], fields: &[Field]) -> Vec<u8> {
    let exif = little_endian(exif);
    match Block::open(exif.as_ref()).and_then(|block| block.with_first_directory(fields)) {
        Some(block) => block,
        None => exif.into_owned(),
    }
}

/// A [`clean`] block without such entries of its first directory, and without the directories that
/// they point at; all else stays where it is.
pub(crate) fn without(exif: &[u8], unwanted: &dyn Fn(u16) -> bool) -> Vec<u8> {
    let Some(mut block) = Block::open(exif) else {
        return exif.to_vec();
    };
    let first = block.u32(4).unwrap_or(0) as usize;
    let mut erased: Vec<Range<usize>> = Vec::new();
    let entries: Vec<usize> = block.entries(first).collect();
    let mut count = 0;
    for entry in &entries {
        let tag = block.u16(*entry).unwrap_or(0);
        if !unwanted(tag) {
            block.bytes.to_mut().copy_within(*entry..entry + 12, first + 2 + count * 12);
            count += 1;
            continue;
        }
        erased.extend(block.value(*entry).filter(|value| value.start != entry + 8));
        if let Some(directory) = block.number(*entry).filter(|_| DIRECTORIES.contains(&tag)) {
            let inner: Vec<usize> = block.entries(directory as usize).collect();
            erased.extend(inner.iter().filter_map(|&entry| block.value(entry)));
            erased.push(directory as usize..directory as usize + 2 + inner.len() * 12);
        }
    }
    let (after, end) = (first + 2 + count * 12, first + 2 + entries.len() * 12);
    let link = block.u32(end).unwrap_or(0);
    block.put_u16(first, count as u16);
    if count < entries.len() {
        block.bytes.to_mut()[after..end].fill(0);
        block.put_u32(end, 0);
        block.put_u32(after, link);
    }
    for range in erased {
        if let Some(bytes) = block.bytes.to_mut().get_mut(range) {
            bytes.fill(0);
        }
    }
    block.bytes.into_owned()
}

/// A [`clean`] block of a picture whose samples have become sRGB.
pub(crate) fn with_srgb(exif: &[u8]) -> Vec<u8> {
    let Some(mut block) = Block::open(exif) else {
        return exif.to_vec();
    };
    let exif_ifd = block.u32(4).and_then(|first| block.pointer(first as usize, EXIF_IFD));
    if let Some(entry) = exif_ifd.and_then(|at| block.find(at, COLOR_SPACE)) {
        block.set_number(entry, 1);
    }
    let interop = exif_ifd.and_then(|at| block.pointer(at, INTEROP_IFD));
    if let Some(entry) = interop.and_then(|at| block.find(at, INTEROP_INDEX))
        && let Some(value) = block.value(entry).filter(|value| value.len() == 4)
    {
        block.bytes.to_mut()[value].copy_from_slice(b"R98\0");
    }
    block.bytes.into_owned()
}

/// A [`clean`] block of no more than `max_bytes`. The largest private tags go first, and are named in
/// the notes; `None` if it cannot be done.
pub(crate) fn within<'a>(
    exif: &'a [u8],
    max_bytes: usize,
    notes: &mut Vec<Text>,
) -> Option<Cow<'a, [u8]>> {
    if exif.len() <= max_bytes {
        return Some(Cow::Borrowed(exif));
    }
    let mut fields = Fields::parse(exif);
    let had_note = fields.maker_note().map(<[u8]>::to_vec);
    let mut left_out = Vec::new();
    let mut built = fields.build();
    while built.len() > max_bytes {
        let tag = fields.remove_largest()?;
        left_out.push(tag_name(tag));
        built = fields.build();
    }
    if !left_out.is_empty() {
        notes.push(text!(
            "EXIF is longer than {} KiB: {} left out",
            max_bytes.div_ceil(1 << 10),
            Text::list(left_out)
        ));
    }
    if had_note.is_some_and(|note| maker_note::has_far_values(&note))
        && fields.maker_note().is_some()
    {
        notes.push(text!("maker note moved: what it points at may be lost"));
    }
    Some(Cow::Owned(built))
}

/// How a tag is called that is likely to be long.
fn tag_name(tag: u16) -> Text {
    match tag {
        MAKER_NOTE => text!("maker note"),
        0x9286 => text!("user comment"),
        0xc4a5 => text!("printing data"),
        _ => text!("tag {}", tag),
    }
}

impl Block<'_> {
    /// Leaves out of a directory what points outside of the block or at a directory that was
    /// visited (they are in `kept`), and adds to `kept` what remains. Pointers to directories are
    /// kept only if listed. Returns whether all was sound.
    fn prune(
        &mut self,
        directory: usize,
        kept: &mut Vec<Range<usize>>,
        pointers: &[u16],
    ) -> Result<bool, Text> {
        let declared = self.u16(directory).ok_or_else(|| text!("it is cut off"))? as usize;
        let entries: Vec<usize> = self.entries(directory).collect();
        let end = directory + 2 + declared * 12 + 4;
        if entries.len() < declared || end > self.bytes.len() + 4 {
            return Err(text!("its directory is cut off"));
        }
        let next = self.u32(end - 4).unwrap_or(0);
        kept.push(directory..end.min(self.bytes.len()));

        let mut sound = true;
        let mut count = 0;
        for entry in entries {
            let tag = self.u16(entry).unwrap_or(0);
            let keep = match tag {
                EXIF_IFD | GPS_IFD | INTEROP_IFD => {
                    let wanted = pointers.contains(&tag) && self.points_at_new(entry, kept);
                    sound &= wanted;
                    wanted
                }
                SUB_IFDS => false,
                _ => {
                    let value = self.value(entry);
                    sound &= value.is_some();
                    kept.extend(value.clone());
                    value.is_some()
                }
            };
            if keep {
                self.bytes.to_mut().copy_within(entry..entry + 12, directory + 2 + count * 12);
                count += 1;
            }
        }
        self.put_u16(directory, count as u16);
        let after = directory + 2 + count * 12;
        let end = end.min(self.bytes.len());
        if after + 4 <= end {
            self.bytes.to_mut()[after..end].fill(0);
            self.put_u32(after, next);
        }
        Ok(sound)
    }

    /// Whether a pointer leads to a directory that has not been visited.
    fn points_at_new(&self, entry: usize, kept: &[Range<usize>]) -> bool {
        self.number(entry).is_some_and(|at| {
            let at = at as usize;
            let declared = self.u16(at).unwrap_or(u16::MAX) as usize;
            declared == self.entries(at).count() && kept.iter().all(|range| range.start != at)
        })
    }

    /// Unlinks the second directory, which describes the thumbnail, and erases both; the picture
    /// no longer looks like it.
    fn drop_thumbnail(&mut self, first: usize, mut kept: Vec<Range<usize>>) {
        let link = first + 2 + self.u16(first).unwrap_or(0) as usize * 12;
        let second = self.u32(link).unwrap_or(0) as usize;
        self.put_u32(link, 0);
        kept.sort_unstable_by_key(|range| range.start);
        if second != 0 {
            let mut erased = Vec::new();
            let entries: Vec<usize> = self.entries(second).collect();
            for (offset, len) in
                [(THUMBNAIL_OFFSET, THUMBNAIL_LENGTH), (STRIP_OFFSETS, STRIP_BYTE_COUNTS)]
            {
                if let Some(start) = self.pointer(second, offset)
                    && let Some(len) = self.pointer(second, len)
                {
                    erased.push(start..start.saturating_add(len));
                }
            }
            erased.extend(entries.iter().filter_map(|&entry| self.value(entry)));
            erased.push(second..second + 2 + entries.len() * 12);
            for range in erased {
                self.erase(range, &kept);
            }
        }
        // What is behind all that is known may be values of a maker note.
        let end = kept.iter().map(|range| range.end).max().unwrap_or(0);
        let behind = self.bytes.get(end..).unwrap_or_default();
        let used = behind.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        self.bytes.to_mut().truncate(end + used);
    }

    /// Zeroes a range except for what is kept, which is sorted by its starts.
    fn erase(&mut self, range: Range<usize>, kept: &[Range<usize>]) {
        let end = range.end.min(self.bytes.len());
        let mut at = range.start;
        for kept in kept {
            if at >= end {
                return;
            }
            if kept.end > at {
                let until = kept.start.clamp(at, end);
                self.bytes.to_mut()[at..until].fill(0);
                at = kept.end;
            }
        }
        if at < end {
            self.bytes.to_mut()[at..end].fill(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The orientation that a block asks for; 1 when it cannot be read.
    fn orientation(exif: &[u8]) -> Orientation {
        Block::open(exif)
            .and_then(|block| {
                let first = block.u32(4)? as usize;
                block.number(block.find(first, ORIENTATION)?)
            })
            .map_or(Orientation::Upright, Orientation::from_exif)
    }

    fn text(tag: u16, text: &str) -> Field {
        Field { tag, kind: 2, data: text.as_bytes().to_vec() }
    }

    fn camera_block(orientation: u16) -> Vec<u8> {
        Fields {
            image: vec![text(0x010f, "Maker\0\0"), Field::short(ORIENTATION, orientation)],
            exif: vec![
                text(0x9003, "2024:05:06 07:08:09\0"),
                Field::short(PIXEL_X_DIMENSION, 4000),
                Field::short(PIXEL_Y_DIMENSION, 3000),
            ],
            gps: vec![text(0x001d, "2024:05:06\0")],
            interop: vec![text(INTEROP_INDEX, "R03\0")],
        }
        .build()
    }

    #[test]
    fn the_orientation_is_read_and_set_to_upright() {
        for value in 0..=9 {
            let cleaned = clean(camera_block(value)).unwrap();
            assert_eq!(cleaned.orientation, Orientation::from_exif(value.into()), "value {value}");
            assert_eq!(orientation(&cleaned.exif), Orientation::Upright);
            assert!(!cleaned.damaged);
            let fields = Fields::parse(&cleaned.exif);
            assert!(fields.image.contains(&Field::short(ORIENTATION, 1)));
            assert!(fields.exif.contains(&text(0x9003, "2024:05:06 07:08:09\0")));
            assert!(fields.gps.contains(&text(0x001d, "2024:05:06\0")));
        }
    }

    #[test]
    fn an_orientation_that_is_there_twice_is_set_twice() {
        let fields = vec![Field::short(ORIENTATION, 6), Field::short(ORIENTATION, 6)];
        let cleaned = clean(Fields { image: fields, ..Fields::default() }.build()).unwrap();
        assert_eq!(cleaned.orientation, Orientation::QuarterTurn);
        let block = Block::open(cleaned.exif).unwrap();
        let values: Vec<_> = block.entries(8).map(|entry| block.number(entry)).collect();
        assert_eq!(values, [Some(1), Some(1)]);
    }

    #[test]
    fn values_behind_the_block_stay() {
        let mut block = camera_block(1);
        block.extend(b"values of a maker note");
        assert_eq!(clean(block.clone()).unwrap().exif, block);
    }

    #[test]
    fn the_largest_private_tags_go_first() {
        let mut fields = Fields::parse(&camera_block(1));
        fields.image.push(text(0x8298, "(c) me\0"));
        fields.image.push(Field { tag: 0xfe00, kind: 7, data: vec![7; 50_000] });
        fields.exif.push(Field { tag: MAKER_NOTE, kind: 7, data: vec![7; 40_000] });
        let (block, mut notes) = (fields.build(), Vec::new());
        let short = Fields::parse(&within(&block, 65_527, &mut notes).unwrap());
        assert!(short.image.contains(&text(0x8298, "(c) me\0")));
        assert_eq!(
            (short.image.len(), short.exif.len()),
            (fields.image.len() - 1, fields.exif.len())
        );
        assert!(notes[0].to_string().contains("tag 65024"), "{notes:?}");
        assert!(within(&block, 10, &mut Vec::new()).is_none());
    }

    #[test]
    fn the_size_is_set_where_it_is_stated() {
        let sized = with_size(&clean(camera_block(1)).unwrap().exif, 70_000, 500);
        let fields = Fields::parse(&sized);
        assert!(fields.exif.contains(&Field {
            tag: PIXEL_X_DIMENSION,
            kind: 4,
            data: 70_000u32.to_le_bytes().to_vec(),
        }));
        assert!(fields.exif.contains(&Field::short(PIXEL_Y_DIMENSION, 500)));
    }

    /// A block, a second directory and a thumbnail behind it.
    fn with_thumbnail() -> Vec<u8> {
        let mut block = camera_block(1);
        let second = block.len() as u32;
        let thumbnail = second + 2 + 24 + 4;
        let link = 8 + 2 + u16::from_le_bytes([block[8], block[9]]) as usize * 12;
        block[link..link + 4].copy_from_slice(&second.to_le_bytes());
        block.extend(2u16.to_le_bytes());
        for (tag, value) in [(THUMBNAIL_OFFSET, thumbnail), (THUMBNAIL_LENGTH, 9)] {
            block.extend(tag.to_le_bytes());
            block.extend(4u16.to_le_bytes());
            block.extend(1u32.to_le_bytes());
            block.extend(value.to_le_bytes());
        }
        block.extend([0; 4]);
        block.extend(b"thumbnail");
        block
    }

    #[test]
    fn the_thumbnail_is_dropped() {
        let cleaned = clean(with_thumbnail()).unwrap();
        assert!(!cleaned.exif.windows(9).any(|window| window == b"thumbnail"));
        assert_eq!(cleaned.exif, clean(camera_block(1)).unwrap().exif);
    }

    #[test]
    fn a_thumbnail_that_claims_the_rest_of_the_block_erases_nothing_else() {
        let mut block = with_thumbnail();
        let at = block.len() - 9 - 4 - 24;
        block[at + 8..at + 12].copy_from_slice(&0u32.to_le_bytes());
        block[at + 20..at + 24].copy_from_slice(&u32::MAX.to_le_bytes());
        let cleaned = clean(block).unwrap();
        assert_eq!(Fields::parse(&cleaned.exif), Fields::parse(&camera_block(1)));
    }

    #[test]
    fn entries_that_point_outside_are_left_out() {
        let mut block = camera_block(3);
        // The maker's name.
        block[18..22].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
        let cleaned = clean(block).unwrap();
        assert!(cleaned.damaged);
        assert_eq!(cleaned.orientation, Orientation::HalfTurn);
        let fields = Fields::parse(&cleaned.exif);
        assert_eq!(fields.image, [Field::short(ORIENTATION, 1)]);
        assert_eq!(fields.exif.len(), 3);
    }

    #[test]
    fn a_directory_that_points_at_itself_is_left_out() {
        let mut block = b"II*\0\x08\0\0\0\x01\0".to_vec();
        block.extend(EXIF_IFD.to_le_bytes());
        block.extend(4u16.to_le_bytes());
        block.extend(1u32.to_le_bytes());
        block.extend(8u32.to_le_bytes());
        block.extend(8u32.to_le_bytes());
        let cleaned = clean(block).unwrap();
        assert!(cleaned.damaged);
        assert!(Fields::parse(&cleaned.exif).is_empty());
    }

    #[test]
    fn a_block_that_is_cut_off_anywhere_does_no_harm() {
        let whole = with_thumbnail();
        for len in 0..whole.len() {
            if let Ok(cleaned) = clean(whole[..len].to_vec()) {
                assert!(cleaned.exif.len() <= len);
            }
        }
        assert!(clean(b"II*\0\x08\0\0\0\xff\xff".to_vec()).is_err());
        assert!(clean(b"not a block".to_vec()).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_cleaned_or_refused(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            at in 8u32..60,
        ) {
            let mut block = b"II*\0".to_vec();
            block.extend(at.to_le_bytes());
            block.extend(bytes);
            if let Ok(cleaned) = clean(block) {
                let _ = with_size(&cleaned.exif, 5, 6);
                let again = clean(cleaned.exif.clone());
                proptest::prop_assert!(again.is_ok_and(|again| !again.damaged));
            }
        }
    }
}
