//! The marker segments of a JPEG file (ITU-T T.81, annex B): size and metadata, without pixels.

use std::io::{BufRead, ErrorKind, Seek, SeekFrom};

use lote_protocol::outcome::{Failure, FailureKind};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;

const EXIF_PREFIX: &[u8] = b"Exif\0\0";
const ICC_PREFIX: &[u8] = b"ICC_PROFILE\0";
/// Bytes that a segment can hold besides its length.
const SEGMENT_CAPACITY: usize = 0xffff - 2;

/// What stands before the first scan.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Columns, px.
    pub(crate) width: u32,
    /// Rows, px.
    pub(crate) height: u32,
    /// Bits of a sample.
    pub(crate) precision: u8,
    /// Components of the picture.
    pub(crate) components: u8,
    /// Whether an Adobe segment is there: four components are stored inverted then.
    pub(crate) adobe: bool,
    /// EXIF block.
    pub(crate) exif: Option<Vec<u8>>,
    /// ICC profile, put together.
    pub(crate) icc: Option<Vec<u8>>,
    /// Whether the parts of an ICC profile did not fit together.
    pub(crate) icc_incomplete: bool,
}

/// Reads up to the first scan. Comments and other segments are passed over. A profile of more than
/// `max_profile` bytes counts as incomplete.
pub(crate) fn read(file: &mut (impl BufRead + Seek), max_profile: u64) -> Result<Header, Failure> {
    let mut header = Header::default();
    let mut profile = Profile::default();
    let mut start = [0; 2];
    file.read_exact(&mut start).map_err(|e| cut_off(&e))?;
    loop {
        match next_marker(file)? {
            SOI | 0x01 | 0xd0..=0xd7 => {}
            EOI => break,
            marker => {
                let len = u64::from(read_u16(file)?);
                let Some(len) = len.checked_sub(2) else {
                    return Err(damaged("a segment of the header has no length"));
                };
                match marker {
                    SOS => break,
                    0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&marker) && len >= 6 => {
                        let mut frame = [0; 6];
                        file.read_exact(&mut frame).map_err(|e| cut_off(&e))?;
                        header.precision = frame[0];
                        header.height = u16::from_be_bytes([frame[1], frame[2]]).into();
                        header.width = u16::from_be_bytes([frame[3], frame[4]]).into();
                        header.components = frame[5];
                        skip(file, len - 6)?;
                    }
                    APP1 | APP2 | APP14 => {
                        let mut data = vec![0; len as usize];
                        file.read_exact(&mut data).map_err(|e| cut_off(&e))?;
                        if marker == APP14 {
                            header.adobe |= data.starts_with(b"Adobe");
                        } else if let Some(part) = data.strip_prefix(ICC_PREFIX) {
                            profile.add(part, max_profile);
                        } else if let Some(block) = data.strip_prefix(EXIF_PREFIX)
                            && header.exif.is_none()
                        {
                            header.exif = Some(block.to_vec());
                        }
                    }
                    _ => skip(file, len)?,
                }
            }
        }
    }
    if header.components == 0 {
        return Err(damaged("it has no picture header"));
    }
    if header.width == 0 || header.height == 0 {
        return Err(damaged("its width or height is 0"));
    }
    (header.icc, header.icc_incomplete) = profile.assemble();
    Ok(header)
}

/// The segments before the first scan as markers and contents, as far as they follow one another.
pub(super) fn before_scan(file: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = file.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (&[0xff, marker, high, low], _) = rest.split_first_chunk()? else { return None };
        let len = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + len)?;
        rest = &rest[2 + len..];
        (marker != SOS).then_some((marker, segment))
    })
}

/// Writes an encoded file with metadata behind its JFIF segment. Returns what did not fit.
pub(crate) fn write(
    jpeg: &[u8],
    exif: Option<&[u8]>,
    icc: Option<&[u8]>,
    out: &mut Vec<u8>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let mut head = 2;
    if let Some(&[0xff, APP0, high, low]) = jpeg.get(2..6) {
        head = (4 + usize::from(u16::from_be_bytes([high, low]))).min(jpeg.len());
    }
    out.extend_from_slice(&jpeg[..head.min(jpeg.len())]);
    if let Some(exif) = exif {
        if exif.len() + EXIF_PREFIX.len() <= SEGMENT_CAPACITY {
            push_segment(out, APP1, &[EXIF_PREFIX, exif]);
        } else {
            notes.push("EXIF left out: JPEG holds at most 64 KiB of it".into());
        }
    }
    if let Some(icc) = icc {
        let parts = icc.chunks(SEGMENT_CAPACITY - ICC_PREFIX.len() - 2);
        if let Ok(count) = u8::try_from(parts.len()) {
            for (number, part) in (1..=count).zip(parts) {
                push_segment(out, APP2, &[ICC_PREFIX, &[number, count], part]);
            }
        } else {
            notes.push("ICC profile left out: JPEG holds at most 16 MiB of it".into());
        }
    }
    out.extend_from_slice(&jpeg[head.min(jpeg.len())..]);
    notes
}

fn push_segment(out: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) {
    let len = 2 + parts.iter().map(|part| part.len()).sum::<usize>();
    out.extend([0xff, marker]);
    out.extend((len as u16).to_be_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// The parts of an ICC profile as they come (ICC.1:2022, B.4).
#[derive(Default)]
struct Profile {
    parts: Vec<(u8, Vec<u8>)>,
    count: u8,
    len: u64,
    broken: bool,
}

impl Profile {
    fn add(&mut self, part: &[u8], max_len: u64) {
        let Some((&[number, count], data)) = part.split_first_chunk() else {
            self.broken = true;
            return;
        };
        self.len += data.len() as u64;
        let consistent = self.parts.is_empty() || self.count == count;
        if number == 0 || number > count || !consistent || self.len > max_len {
            self.broken = true;
        }
        self.count = count;
        if !self.broken {
            self.parts.push((number, data.to_vec()));
        }
    }

    /// The profile, and whether there were parts that do not make one.
    fn assemble(mut self) -> (Option<Vec<u8>>, bool) {
        self.parts.sort_by_key(|&(number, _)| number);
        let complete = self.parts.iter().map(|&(number, _)| number).eq(1..=self.count);
        if self.broken || !complete {
            return (None, true);
        }
        if self.parts.is_empty() {
            return (None, false);
        }
        let profile = self.parts.into_iter().flat_map(|(_, data)| data).collect();
        (Some(profile), false)
    }
}

/// Goes to the next marker, over fill bytes and what does not belong there.
fn next_marker(file: &mut impl BufRead) -> Result<u8, Failure> {
    let mut before = 0;
    loop {
        let byte = read_u8(file)?;
        if before == 0xff && byte != 0 && byte != 0xff {
            return Ok(byte);
        }
        before = byte;
    }
}

fn skip(file: &mut impl Seek, len: u64) -> Result<(), Failure> {
    file.seek(SeekFrom::Current(len as i64)).map(|_| ()).map_err(|e| cut_off(&e))
}

fn read_u8(file: &mut impl BufRead) -> Result<u8, Failure> {
    let mut byte = [0];
    file.read_exact(&mut byte).map_err(|e| cut_off(&e))?;
    Ok(byte[0])
}

fn read_u16(file: &mut impl BufRead) -> Result<u16, Failure> {
    let mut bytes = [0; 2];
    file.read_exact(&mut bytes).map_err(|e| cut_off(&e))?;
    Ok(u16::from_be_bytes(bytes))
}

fn cut_off(error: &std::io::Error) -> Failure {
    if error.kind() == ErrorKind::UnexpectedEof {
        damaged("it is cut off in its header")
    } else {
        Failure::new(FailureKind::Read, format!("could not be read to its end: {error}"))
    }
}

fn damaged(what: &str) -> Failure {
    Failure::new(FailureKind::Damaged, format!("the JPEG is damaged: {what}"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A header for 3 x 2 px, without scans.
    fn bare() -> Vec<u8> {
        let mut file = vec![0xff, SOI];
        push_segment(&mut file, APP0, &[b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"]);
        push_segment(&mut file, 0xc0, &[&[8, 0, 2, 0, 3, 1, 1, 0x11, 0]]);
        push_segment(&mut file, SOS, &[&[1, 1, 0, 0, 63, 0]]);
        file
    }

    fn read_back(file: &[u8]) -> Result<Header, Failure> {
        read(&mut Cursor::new(file), 1 << 20)
    }

    #[test]
    fn metadata_is_read_as_it_was_written() {
        let exif = b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec();
        let icc: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
        let mut file = Vec::new();
        assert!(write(&bare(), Some(&exif), Some(&icc), &mut file).is_empty());
        let header = read_back(&file).unwrap();
        assert_eq!((header.width, header.height), (3, 2));
        assert_eq!(header.exif, Some(exif));
        assert_eq!(header.icc, Some(icc));
        assert!(!header.icc_incomplete);
    }

    #[test]
    fn exif_above_the_size_of_a_segment_is_left_out_with_a_note() {
        let mut file = Vec::new();
        let notes = write(&bare(), Some(&vec![0; 70_000]), None, &mut file);
        assert_eq!(notes.len(), 1);
        assert_eq!(file, bare());
    }

    #[test]
    fn parts_that_make_no_profile_are_told() {
        for parts in [&[(2, 3)][..], &[(0, 0)], &[(1, 2), (2, 3)], &[(1, 1), (1, 1)]] {
            let mut file = vec![0xff, SOI];
            for &(number, count) in parts {
                push_segment(&mut file, APP2, &[ICC_PREFIX, &[number, count], b"part"]);
            }
            file.extend_from_slice(&bare()[2..]);
            let header = read_back(&file).unwrap();
            assert_eq!(header.icc, None, "{parts:?}");
            assert!(header.icc_incomplete, "{parts:?}");
        }
    }

    #[test]
    fn a_header_that_is_cut_off_anywhere_is_damaged() {
        let file = bare();
        let scan = file.len() - 8;
        for len in 0..scan {
            let failure = read_back(&file[..len]).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Damaged, "cut at {len}");
        }
    }
}
