//! A TIFF structure in memory (TIFF 6.0, section 2): directories of entries, read and changed in
//! place, never beyond its end.

use std::borrow::Cow;
use std::ops::Range;

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

    /// The directory that an entry of another one points to.
    pub(crate) fn pointer(&self, directory: usize, tag: u16) -> Option<usize> {
        let entry = self.find(directory, tag)?;
        self.number(entry).map(|at| at as usize)
    }
}
