//! The directories of a TIFF (TIFF 6.0, section 2) or `BigTIFF`, in either byte order, read from where
//! they are and never beyond the end of the file.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};

/// A file, and how its numbers are stored.
pub(crate) struct Tagged<R> {
    file: R,
    len: u64,
    pub(crate) little_endian: bool,
    big: bool,
    /// Where the first directory is.
    pub(crate) first: u64,
}

/// The entries of a directory by tag, and where the next directory is: 0 for none.
pub(crate) struct Directory {
    entries: BTreeMap<u16, IfdEntry>,
    /// Where it is itself.
    pub(crate) at: u64,
    pub(crate) next: u64,
}

/// Values of a type (TIFF 6.0, section 2), as they are stored, or where they are.
#[derive(Clone, Copy)]
struct IfdEntry {
    kind: u16,
    count: u64,
    field: [u8; 8],
}

impl Directory {
    pub(crate) fn has(&self, tag: u16) -> bool {
        self.entries.contains_key(&tag)
    }
}

impl<R: Read + Seek> Tagged<R> {
    pub(crate) fn open(mut file: R) -> Result<Self> {
        let len = file.seek(SeekFrom::End(0))?;
        let mut tagged = Self { file, len, little_endian: true, big: false, first: 0 };
        let head: [u8; 4] = tagged.at(0)?;
        (tagged.little_endian, tagged.big) = match &head {
            // The last ones are marks of raw files of Olympus and of Panasonic.
            b"II*\0" | b"IIRO" | b"IIRS" | b"IIU\0" => (true, false),
            b"MM\0*" | b"MMOR" => (false, false),
            b"II+\0" => (true, true),
            b"MM\0+" => (false, true),
            _ => return Err(ErrorKind::InvalidData.into()),
        };
        tagged.first = if tagged.big { tagged.u64(8)? } else { tagged.u32(4)?.into() };
        Ok(tagged)
    }

    /// Reads the directory that begins there. Of a tag that comes twice, the first counts.
    pub(crate) fn directory(&mut self, at: u64) -> Result<Directory> {
        let (count, start, size) = if self.big {
            (self.u64(at)?, at.saturating_add(8), 20)
        } else {
            (self.u16(at)?.into(), at.saturating_add(2), 12)
        };
        if count > self.len / size {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let mut entries = BTreeMap::new();
        for i in 0..count {
            let at = start + i * size;
            let (tag, kind) = (self.u16(at)?, self.u16(at + 2)?);
            let entry = if self.big {
                IfdEntry { kind, count: self.u64(at + 4)?, field: self.at(at + 12)? }
            } else {
                let mut field = [0; 8];
                field[..4].copy_from_slice(&self.at::<4>(at + 8)?);
                IfdEntry { kind, count: self.u32(at + 4)?.into(), field }
            };
            entries.entry(tag).or_insert(entry);
        }
        let end = start + count * size;
        // A file may end behind the last directory without saying that it is the last.
        let next = if self.big { self.u64(end) } else { self.u32(end).map(u64::from) };
        Ok(Directory { entries, at, next: next.unwrap_or(0) })
    }

    /// The values of a tag as they are stored: `most` bytes at most. `None` if it is not there.
    pub(crate) fn bytes(
        &mut self,
        directory: &Directory,
        tag: u16,
        most: u64,
    ) -> Result<Option<Vec<u8>>> {
        let Some(&entry) = directory.entries.get(&tag) else { return Ok(None) };
        let len = entry.count.saturating_mul(size_of_type(entry.kind));
        if len > most {
            return Err(Error::new(ErrorKind::InvalidData, format!("tag {tag} is too long")));
        }
        let inline = if self.big { 8 } else { 4 };
        if len <= inline {
            return Ok(Some(entry.field[..len as usize].to_vec()));
        }
        let at = if self.big { self.to_u64(entry.field) } else { self.field32(entry.field) };
        if at.saturating_add(len) > self.len {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.file.seek(SeekFrom::Start(at))?;
        let mut bytes = vec![0; len as usize];
        self.file.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// The whole numbers of a tag: `most` at most, none if it is not there or holds no such numbers.
    pub(crate) fn numbers(
        &mut self,
        directory: &Directory,
        tag: u16,
        most: u64,
    ) -> Result<Vec<u64>> {
        let Some(&entry) = directory.entries.get(&tag) else { return Ok(Vec::new()) };
        let size = size_of_type(entry.kind);
        let bytes = self.bytes(directory, tag, most.saturating_mul(size))?.unwrap_or_default();
        let little = self.little_endian;
        let number = |bytes: &[u8]| {
            let add = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
            if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
        };
        Ok(match entry.kind {
            1 | 3 | 4 | 6 | 8 | 9 | 13 | 16..=18 => {
                bytes.chunks_exact(size as usize).map(number).collect()
            }
            _ => Vec::new(),
        })
    }

    /// The first whole number of a tag.
    pub(crate) fn number(&mut self, directory: &Directory, tag: u16) -> Result<Option<u64>> {
        // More than one is tolerated; who reads one is not interested in the rest.
        self.numbers(directory, tag, self.len).map(|numbers| numbers.first().copied())
    }

    /// The fractions of a tag: `most` at most.
    pub(crate) fn fractions(
        &mut self,
        directory: &Directory,
        tag: u16,
        most: u64,
    ) -> Result<Vec<f64>> {
        if directory.entries.get(&tag).is_none_or(|entry| entry.kind != 5) {
            return Ok(self.numbers(directory, tag, most)?.iter().map(|&v| v as f64).collect());
        }
        let bytes = self.bytes(directory, tag, most.saturating_mul(8))?.unwrap_or_default();
        let numbers = bytes.as_chunks::<4>().0.iter().map(|&bytes| self.to_u32(bytes).into());
        let numbers: Vec<f64> = numbers.collect();
        Ok(numbers.as_chunks::<2>().0.iter().map(|[over, under]| over / under).collect())
    }

    /// Where the values of a tag stand and how long they are, bytes, if they are not in its entry.
    pub(crate) fn place(&self, directory: &Directory, tag: u16) -> Option<(u64, u64)> {
        let entry = directory.entries.get(&tag)?;
        let len = entry.count.saturating_mul(size_of_type(entry.kind));
        let at = if self.big { self.to_u64(entry.field) } else { self.field32(entry.field) };
        (len > if self.big { 8 } else { 4 }).then_some((at, len))
    }

    fn at<const N: usize>(&mut self, place: u64) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.seek(SeekFrom::Start(place))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u16(&mut self, at: u64) -> Result<u16> {
        let bytes = self.at(at)?;
        Ok(if self.little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(&mut self, at: u64) -> Result<u32> {
        self.at(at).map(|bytes| self.to_u32(bytes))
    }

    fn u64(&mut self, at: u64) -> Result<u64> {
        self.at(at).map(|bytes| self.to_u64(bytes))
    }

    fn field32(&self, [a, b, c, d, ..]: [u8; 8]) -> u64 {
        self.to_u32([a, b, c, d]).into()
    }

    fn to_u32(&self, bytes: [u8; 4]) -> u32 {
        if self.little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    }

    fn to_u64(&self, bytes: [u8; 8]) -> u64 {
        if self.little_endian { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) }
    }
}

/// Bytes of a value of a type; unknown types are taken for bytes.
const fn size_of_type(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 1,
    }
}
