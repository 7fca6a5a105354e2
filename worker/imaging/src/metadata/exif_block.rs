//! A TIFF structure in memory (TIFF 6.0, section 2): directories of entries, read and changed in
//! place, never beyond its end.

use std::borrow::Cow;
use std::ops::Range;

/// The Exif directory, in the first one.
pub(crate) const EXIF_IFD: u16 = 0x8769;
/// The GPS directory, in the first one.
pub(crate) const GPS_IFD: u16 = 0x8825;
/// The interoperability directory, in the Exif directory.
pub(crate) const INTEROP_IFD: u16 = 0xa005;

/// Tags that point to other directories.
pub(crate) const DIRECTORIES: [u16; 3] = [EXIF_IFD, GPS_IFD, INTEROP_IFD];

/// The note of a camera's maker, in the Exif directory.
pub(crate) const MAKER_NOTE: u16 = 0x927c;

const TYPE_SHORT: u16 = 3;
const TYPE_LONG: u16 = 4;

/// Bytes of one value of a type (TIFF 6.0, section 2, and the IFD type of its supplement).
pub(crate) const fn type_len(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}

/// One field of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// What it means.
    pub(crate) tag: u16,
    /// Type of its values (TIFF 6.0, section 2).
    pub(crate) kind: u16,
    /// Its values, little endian.
    pub(crate) data: Vec<u8>,
}

impl Field {
    /// A field of one 16-bit number.
    pub(crate) fn short(tag: u16, value: u16) -> Self {
        Self { tag, kind: 3, data: value.to_le_bytes().to_vec() }
    }

    /// Its values in the byte order of the machine.
    pub(crate) fn native_data(&self) -> Vec<u8> {
        let mut data = self.data.clone();
        if cfg!(target_endian = "big") {
            swap_bytes(&mut data, self.kind);
        }
        data
    }
}

/// A TIFF structure in memory. Directories and entries are named by where they start.
pub(crate) struct Block<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    little_endian: bool,
}

impl<'a> Block<'a> {
    pub(crate) fn open(bytes: impl Into<Cow<'a, [u8]>>) -> Option<Self> {
        let bytes = bytes.into();
        let little_endian = match bytes.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        Some(Self { bytes, little_endian })
    }

    pub(crate) fn is_little_endian(&self) -> bool {
        self.little_endian
    }

    pub(crate) fn bytes(&self, range: Range<usize>) -> Option<&[u8]> {
        self.bytes.get(range)
    }

    pub(crate) fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    pub(crate) fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    pub(crate) fn put_u16(&mut self, at: usize, value: u16) {
        let bytes = if self.little_endian { value.to_le_bytes() } else { value.to_be_bytes() };
        if let Some(target) = self.bytes.to_mut().get_mut(at..at + 2) {
            target.copy_from_slice(&bytes);
        }
    }

    pub(crate) fn put_u32(&mut self, at: usize, value: u32) {
        let bytes = if self.little_endian { value.to_le_bytes() } else { value.to_be_bytes() };
        if let Some(target) = self.bytes.to_mut().get_mut(at..at + 4) {
            target.copy_from_slice(&bytes);
        }
    }

    /// The entries of a directory that are inside of the block.
    pub(crate) fn entries(&self, directory: usize) -> impl Iterator<Item = usize> + use<'a> {
        let count = self.u16(directory).unwrap_or(0) as usize;
        let fit = self.bytes.len().saturating_sub(directory + 2) / 12;
        (0..count.min(fit)).map(move |i| directory + 2 + i * 12)
    }

    pub(crate) fn find(&self, directory: usize, tag: u16) -> Option<usize> {
        self.entries(directory).find(|&entry| self.u16(entry) == Some(tag))
    }

    /// Where an entry's value is, if it is inside of the block.
    pub(crate) fn value(&self, entry: usize) -> Option<Range<usize>> {
        let count = self.u32(entry + 4)? as usize;
        let len = type_len(self.u16(entry + 2)?)?.checked_mul(count)?;
        let start = if len <= 4 { entry + 8 } else { self.u32(entry + 8)? as usize };
        let end = start.checked_add(len)?;
        (end <= self.bytes.len()).then_some(start..end)
    }

    /// The first value of an entry of whole numbers.
    pub(crate) fn number(&self, entry: usize) -> Option<u32> {
        let at = self.value(entry)?;
        match self.u16(entry + 2)? {
            1 => self.bytes.get(at.start).map(|&byte| byte.into()),
            TYPE_SHORT => self.u16(at.start).map(Into::into),
            TYPE_LONG => self.u32(at.start),
            _ => None,
        }
    }

    /// Makes an entry hold one number: SHORT if it fits, else LONG.
    pub(crate) fn set_number(&mut self, entry: usize, value: u32) {
        self.put_u32(entry + 4, 1);
        self.put_u32(entry + 8, 0);
        if let Ok(short) = u16::try_from(value) {
            self.put_u16(entry + 2, TYPE_SHORT);
            self.put_u16(entry + 8, short);
        } else {
            self.put_u16(entry + 2, TYPE_LONG);
            self.put_u32(entry + 8, value);
        }
    }

    /// The block with such fields in its first directory, in place of what had their tags. The
    /// directory moves to the end, in little endian order, which the block has to be of.
    pub(crate) fn with_first_directory(&self, new: &[Field]) -> Option<Vec<u8>> {
        let first = self.u32(4).filter(|_| self.little_endian)? as usize;
        let is_new = |entry: &usize| new.iter().any(|field| Some(field.tag) == self.u16(*entry));
        let mut entries: Vec<[u8; 12]> = self
            .entries(first)
            .filter(|entry| !is_new(entry))
            .filter_map(|entry| self.bytes.get(entry..entry + 12)?.try_into().ok())
            .collect();
        let mut block = self.bytes.to_vec();
        for Field { tag, kind, data } in new.iter().filter(|field| field.data.len() > 1) {
            let mut entry = [0; 12];
            entry[..2].copy_from_slice(&tag.to_le_bytes());
            entry[2..4].copy_from_slice(&kind.to_le_bytes());
            let count = data.len() / type_len(*kind)?;
            entry[4..8].copy_from_slice(&(count as u32).to_le_bytes());
            if data.len() <= 4 {
                entry[8..8 + data.len()].copy_from_slice(data);
            } else {
                block.resize(block.len().next_multiple_of(2), 0);
                entry[8..].copy_from_slice(&(block.len() as u32).to_le_bytes());
                block.extend_from_slice(data);
            }
            entries.push(entry);
        }
        entries.sort_by_key(|entry| u16::from_le_bytes([entry[0], entry[1]]));
        block.resize(block.len().next_multiple_of(2), 0);
        let at = block.len() as u32;
        block[4..8].copy_from_slice(&at.to_le_bytes());
        block.extend((entries.len() as u16).to_le_bytes());
        block.extend(entries.concat());
        block.extend([0; 4]);
        Some(block)
    }

    /// The directory that an entry of another one points to.
    pub(crate) fn pointer(&self, directory: usize, tag: u16) -> Option<usize> {
        let entry = self.find(directory, tag)?;
        self.number(entry).map(|at| at as usize)
    }
}

/// The values of an entry in the other byte order. A rational is two numbers of 4 bytes.
pub(crate) fn swap_bytes(data: &mut [u8], kind: u16) {
    let width = match kind {
        5 | 10 => 4,
        _ => type_len(kind).unwrap_or(1),
    };
    data.chunks_exact_mut(width).for_each(<[u8]>::reverse);
}

/// A block in little endian order: all that is known to be numbers is turned in its place. What the
/// block holds beside that, maker notes above all, has an order of its own.
pub(crate) fn little_endian(exif: &[u8]) -> Cow<'_, [u8]> {
    let Some(block) = Block::open(exif).filter(|block| !block.little_endian) else {
        return Cow::Borrowed(exif);
    };
    let mut bytes = exif.to_vec();
    let first = block.u32(4).unwrap_or(0) as usize;
    let exif_ifd = block.pointer(first, EXIF_IFD);
    let interop = exif_ifd.and_then(|at| block.pointer(at, INTEROP_IFD));
    let directories = [Some(first), exif_ifd, block.pointer(first, GPS_IFD), interop];
    bytes[..4].copy_from_slice(b"II*\0");
    bytes[4..8].reverse();
    // Values may be shared, and must not be turned back.
    let mut turned: Vec<usize> = Vec::new();
    for directory in directories.into_iter().flatten() {
        if turned.contains(&directory) || block.u16(directory).is_none() {
            continue;
        }
        turned.push(directory);
        let entries: Vec<usize> = block.entries(directory).collect();
        bytes[directory..directory + 2].reverse();
        let link = directory + 2 + entries.len() * 12;
        if let Some(link) = bytes.get_mut(link..link + 4) {
            link.reverse();
        }
        for entry in entries {
            let kind = block.u16(entry + 2).unwrap_or(0);
            if let Some(value) = block.value(entry) {
                let is_far = value.start != entry + 8;
                if !is_far || !turned.contains(&value.start) {
                    turned.push(value.start);
                    swap_bytes(&mut bytes[value], kind);
                }
                if is_far {
                    bytes[entry + 8..entry + 12].reverse();
                }
            }
            bytes[entry..entry + 2].reverse();
            bytes[entry + 2..entry + 4].reverse();
            bytes[entry + 4..entry + 8].reverse();
        }
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::exif_fields::Fields;

    #[test]
    fn a_block_of_the_other_order_says_the_same_and_moves_nothing() {
        let mut block = b"MM\0*\0\0\0\x08".to_vec();
        block.extend([0, 2]);
        block.extend([0x82, 0x9a, 0, 5, 0, 0, 0, 1, 0, 0, 0, 38]);
        block.extend([0x87, 0x69, 0, 4, 0, 0, 0, 1, 0, 0, 0, 46]);
        block.extend([0; 4]);
        block.extend([0, 0, 0, 1, 0, 0, 0, 250]);
        block.extend([0, 2]);
        block.extend([0x92, 0x7c, 0, 7, 0, 0, 0, 6, 0, 0, 0, 76]);
        block.extend([0xa0, 0x01, 0, 3, 0, 0, 0, 1, 0, 1, 0, 0]);
        block.extend([0; 4]);
        block.extend(b"NOTE\0\x01");
        let turned = little_endian(&block);
        assert_eq!(Fields::parse(&turned), Fields::parse(&block));
        assert_eq!(turned[76..], block[76..]);
        assert_eq!(little_endian(&turned), turned);
        for len in 8..block.len() {
            let _ = little_endian(&block[..len]);
        }
    }
}
