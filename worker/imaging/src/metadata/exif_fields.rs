//! EXIF blocks taken apart into fields and put together again, for TIFF, which has no block of its
//! own but keeps the fields in its directories.

use crate::metadata::exif_block::{
    Block, DIRECTORIES, EXIF_IFD, Field, GPS_IFD, INTEROP_IFD, MAKER_NOTE, swap_bytes, type_len,
};

/// Tags of the first directory that describe how a TIFF stores its pixels, or that are carried in
/// another way: they belong to the file and not to the photo.
const STRUCTURE: [std::ops::RangeInclusive<u16>; 13] = [
    0x00fe..=0x00ff, // new subfile, subfile
    0x0100..=0x010a, // size, bits, compression, colours, threshold, cells, fill order
    0x0111..=0x0111, // strip offsets
    0x0115..=0x0119, // samples per pixel, rows per strip, strip bytes, smallest and largest value
    0x011c..=0x0125, // planes, free space, gray response, fax options
    0x013d..=0x015b, // predictor, palette, tiles, sub-pictures, inks, samples, JPEG tables
    0x0200..=0x0214, // old JPEG, YCbCr
    0x02bc..=0x02bc, // XMP
    0x83bb..=0x83bb, // IPTC
    0x8649..=0x8649, // resources of Photoshop
    0x8773..=0x8773, // ICC profile
    0x935c..=0x935c, // layers of Photoshop, which show the picture before
    0xc612..=0xc7ff, // DNG
];

fn is_structure(tag: u16) -> bool {
    STRUCTURE.iter().any(|range| range.contains(&tag))
}

/// Bytes of all fields that are taken: entries of a hostile block can share their values, so that
/// together they would be far longer than the block.
const MAX_BYTES: usize = 4 << 20;

/// The fields of a block, by directory, each in ascending order of tags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fields {
    /// Of the first directory: camera, date, author, resolution.
    pub(crate) image: Vec<Field>,
    /// Of the Exif directory: exposure, lens, date of capture.
    pub(crate) exif: Vec<Field>,
    /// Of the GPS directory: where.
    pub(crate) gps: Vec<Field>,
    /// Of the interoperability directory: by which rules the file was written.
    pub(crate) interop: Vec<Field>,
}

const COPYRIGHT: u16 = 0x8298;

/// Whether a tag is in neither of the standards.
fn is_private(tag: u16) -> bool {
    let is_standard = tag < 0x8000
        || matches!(tag, 0x8298..=0x829d | 0x8822..=0x8835 | 0x9000..=0x9fff | 0xa000..=0xa5ff);
    !is_standard || tag == MAKER_NOTE
}

impl Fields {
    /// Takes a block apart; what cannot be read is left out.
    pub(crate) fn parse(exif: &[u8]) -> Self {
        let Some(block) = Block::open(exif) else {
            return Self::default();
        };
        Self::of(&block, block.u32(4).unwrap_or(0) as usize)
    }

    /// Those of a directory, and of what it points at.
    pub(crate) fn of(block: &Block<'_>, first: usize) -> Self {
        let mut room = MAX_BYTES;
        let mut directory =
            |at: Option<usize>| at.map_or_else(Vec::new, |at| fields(block, at, &mut room));
        let exif = block.pointer(first, EXIF_IFD);
        Self {
            image: directory(Some(first)),
            exif: directory(exif),
            gps: directory(block.pointer(first, GPS_IFD)),
            interop: directory(exif.and_then(|at| block.pointer(at, INTEROP_IFD))),
        }
    }

    /// The maker's note.
    pub(crate) fn maker_note(&self) -> Option<&[u8]> {
        let field = self.exif.iter().find(|field| field.tag == MAKER_NOTE)?;
        Some(&field.data)
    }

    /// Takes out the largest private field, or the largest of all if there is no private one of size;
    /// returns its tag.
    pub(crate) fn remove_largest(&mut self) -> Option<u16> {
        let largest = |fields: &Fields, wanted: &dyn Fn(u16) -> bool| {
            let all = fields.image.iter().chain(&fields.exif);
            let far = all.filter(|field| field.data.len() > 64 && wanted(field.tag));
            far.max_by_key(|field| field.data.len()).map(|field| field.tag)
        };
        let tag = largest(self, &is_private).or_else(|| largest(self, &|tag| tag != COPYRIGHT))?;
        self.image.retain(|field| field.tag != tag);
        self.exif.retain(|field| field.tag != tag);
        Some(tag)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.image.is_empty() && self.exif.is_empty() && self.gps.is_empty()
    }

    /// Puts a block together, little endian.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut block = b"II*\0\x08\0\0\0".to_vec();
        let (mut image, mut exif) = (self.image.clone(), self.exif.clone());
        if !self.interop.is_empty() {
            exif.push(Field { tag: INTEROP_IFD, kind: 4, data: vec![0; 4] });
        }
        for (tag, fields) in [(EXIF_IFD, &exif), (GPS_IFD, &self.gps)] {
            if !fields.is_empty() {
                image.push(Field { tag, kind: 4, data: vec![0; 4] });
            }
        }
        let first = write_directory(&mut block, &mut image);
        if !exif.is_empty() {
            let at = write_directory(&mut block, &mut exif);
            point(&mut block, first, &image, EXIF_IFD, at);
            if !self.interop.is_empty() {
                let interop = write_directory(&mut block, &mut self.interop.clone());
                point(&mut block, at, &exif, INTEROP_IFD, interop);
            }
        }
        if !self.gps.is_empty() {
            let at = write_directory(&mut block, &mut self.gps.clone());
            point(&mut block, first, &image, GPS_IFD, at);
        }
        block
    }
}

/// Has a field of a directory point at another one.
fn point(block: &mut [u8], directory: usize, fields: &[Field], tag: u16, at: usize) {
    if let Some(index) = fields.iter().position(|field| field.tag == tag) {
        let value = directory + 2 + index * 12 + 8;
        block[value..value + 4].copy_from_slice(&(at as u32).to_le_bytes());
    }
}

/// Appends a directory, which is put in order, and its values; the next directory is none. Returns
/// where it begins.
fn write_directory(block: &mut Vec<u8>, fields: &mut [Field]) -> usize {
    fields.sort_by_key(|field| field.tag);
    // Directories start on a word boundary.
    block.resize(block.len().next_multiple_of(2), 0);
    let start = block.len();
    let mut far = block.len() + 2 + fields.len() * 12 + 4;
    let mut values = Vec::new();
    block.extend((fields.len() as u16).to_le_bytes());
    for field in &*fields {
        let count = field.data.len() / type_len(field.kind).unwrap_or(1);
        block.extend(field.tag.to_le_bytes());
        block.extend(field.kind.to_le_bytes());
        block.extend((count as u32).to_le_bytes());
        if field.data.len() <= 4 {
            let mut inline = [0; 4];
            inline[..field.data.len()].copy_from_slice(&field.data);
            block.extend(inline);
        } else {
            block.extend((far as u32).to_le_bytes());
            values.extend_from_slice(&field.data);
            // Values start on a word boundary.
            values.resize(values.len().next_multiple_of(2), 0);
            far += field.data.len().next_multiple_of(2);
        }
    }
    block.extend([0; 4]);
    block.extend(values);
    start
}

/// The fields of a directory, without the pointers to others.
fn fields(block: &Block<'_>, directory: usize, room: &mut usize) -> Vec<Field> {
    let mut fields: Vec<Field> = block
        .entries(directory)
        .filter_map(|entry| {
            let tag = block.u16(entry)?;
            let kind = block.u16(entry + 2)?;
            if DIRECTORIES.contains(&tag) || is_structure(tag) {
                return None;
            }
            let value = block.value(entry)?;
            *room = room.checked_sub(value.len())?;
            let mut data = block.bytes(value)?.to_vec();
            if !block.is_little_endian() {
                swap_bytes(&mut data, kind);
            }
            Some(Field { tag, kind, data })
        })
        .collect();
    fields.sort_by_key(|field| field.tag);
    fields.dedup_by_key(|field| field.tag);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_parsed_again() {
        let fields = Fields {
            image: vec![
                Field { tag: 0x010f, kind: 2, data: b"a camera maker\0".to_vec() },
                Field::short(0x0112, 6),
            ],
            exif: vec![Field {
                tag: 0x829a,
                kind: 5,
                data: [1u32.to_le_bytes(), 250u32.to_le_bytes()].concat(),
            }],
            gps: vec![Field { tag: 1, kind: 2, data: b"N\0".to_vec() }],
            interop: vec![Field { tag: 1, kind: 2, data: b"R98\0".to_vec() }],
        };
        assert_eq!(Fields::parse(&fields.build()), fields);
    }

    #[test]
    fn big_endian_values_are_turned() {
        let mut block = b"MM\0*\0\0\0\x08".to_vec();
        block.extend([0, 1]);
        block.extend([0x82, 0x9a, 0, 5, 0, 0, 0, 1, 0, 0, 0, 26]);
        block.extend([0; 4]);
        block.extend([0, 0, 0, 1, 0, 0, 0, 250]);
        assert_eq!(
            Fields::parse(&block).image,
            [Field {
                tag: 0x829a,
                kind: 5,
                data: [1u32.to_le_bytes(), 250u32.to_le_bytes()].concat(),
            }]
        );
    }

    #[test]
    fn the_structure_of_a_file_is_left_out() {
        let fields = Fields {
            image: vec![Field::short(0x0100, 10), Field::short(0x0128, 2)],
            ..Fields::default()
        };
        assert_eq!(Fields::parse(&fields.build()).image, [Field::short(0x0128, 2)]);
    }

    #[test]
    fn values_that_share_their_bytes_do_not_add_up() {
        let count = 1000u16;
        let mut block = b"II*\0\x08\0\0\0".to_vec();
        block.extend(count.to_le_bytes());
        for tag in 0..count {
            block.extend((0x9000 + tag).to_le_bytes());
            block.extend(7u16.to_le_bytes());
            block.extend((1u32 << 20).to_le_bytes());
            block.extend(0u32.to_le_bytes());
        }
        block.resize(2 << 20, 0);
        assert!(Fields::parse(&block).image.len() <= 4);
    }
}
