//! The marker segments of a JPEG file (ITU-T T.81, annex B): size and metadata, without pixels.

use std::collections::BTreeSet;
use std::io::{BufRead, ErrorKind, Seek, SeekFrom};

use lote_protocol::lang;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use crate::metadata::resolution::{LengthUnit, Resolution};
use crate::metadata::text::Text;
use crate::metadata::{Metadata, exif, xmp};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP15: u8 = 0xef;
const APP11: u8 = 0xeb;
const APP13: u8 = 0xed;
const APP14: u8 = 0xee;
const COM: u8 = 0xfe;

const JFIF_PREFIX: &[u8] = b"JFIF\0";
/// A small copy of the picture beside it.
const THUMBNAIL_PREFIX: &[u8] = b"JFXX\0";
const XMP_PREFIX: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// Parts of XMP that is longer than a segment (XMP specification part 3, 1.1.3.1).
const LONG_XMP_PREFIX: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
/// Bytes of the digest that names what parts belong together.
const DIGEST: usize = 32;
const PHOTOSHOP_PREFIX: &[u8] = b"Photoshop 3.0\0";
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
    /// What goes with the pixels.
    pub(crate) metadata: Metadata,
    /// What of it could not be read.
    pub(crate) notes: Vec<lang::Text>,
}

/// Reads up to the first scan. Blocks that are put together of more than `max_block` bytes are left
/// out.
pub(crate) fn read(file: &mut (impl BufRead + Seek), max_block: u64) -> Result<Header, Failure> {
    let mut header = Header::default();
    let mut blocks = Blocks { max_block, ..Blocks::default() };
    let mut start = [0; 2];
    file.read_exact(&mut start).map_err(|e| cut_off(&e))?;
    loop {
        match next_marker(file)? {
            SOI | 0x01 | 0xd0..=0xd7 => {}
            EOI => break,
            marker => {
                let len = u64::from(read_u16(file)?);
                let Some(len) = len.checked_sub(2) else {
                    return Err(damaged(text!("a segment of the header has no length")));
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
                    APP0..=APP15 | COM => {
                        let mut data = vec![0; len as usize];
                        file.read_exact(&mut data).map_err(|e| cut_off(&e))?;
                        if marker == APP14 {
                            header.adobe |= data.starts_with(b"Adobe");
                        } else {
                            blocks.add(marker, data);
                        }
                    }
                    _ => skip(file, len)?,
                }
            }
        }
    }
    if header.components == 0 {
        return Err(damaged(text!("it has no picture header")));
    }
    if header.width == 0 || header.height == 0 {
        return Err(damaged(text!("its width or height is 0")));
    }
    (header.metadata, header.notes) = blocks.finish();
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

/// Segments as they come, and what is put together of them.
#[derive(Default)]
struct Blocks {
    max_block: u64,
    metadata: Metadata,
    profile: Profile,
    photoshop: Vec<u8>,
    /// Of parts of a long packet: where they stand, and what they are, behind its digest.
    long_xmp: Vec<(u32, Vec<u8>)>,
    has_credentials: bool,
    /// Numbers of segments that are known to nobody here.
    others: BTreeSet<u8>,
}

impl Blocks {
    fn add(&mut self, marker: u8, mut data: Vec<u8>) {
        let metadata = &mut self.metadata;
        match marker {
            APP0 if data.starts_with(JFIF_PREFIX) || data.starts_with(THUMBNAIL_PREFIX) => {
                if let Some(&[_, _, unit, x_high, x_low, y_high, y_low]) =
                    data.strip_prefix(JFIF_PREFIX).and_then(<[u8]>::first_chunk)
                {
                    let density = |high, low| u32::from(u16::from_be_bytes([high, low]));
                    let unit = match unit {
                        1 => LengthUnit::Inch,
                        2 => LengthUnit::Centimetre,
                        _ => LengthUnit::None,
                    };
                    let (x, y) = (density(x_high, x_low), density(y_high, y_low));
                    metadata.resolution =
                        Some(Resolution::whole(x, y, unit)).filter(Resolution::is_sound);
                }
            }
            APP1 if data.starts_with(EXIF_PREFIX) => {
                if metadata.exif.is_none() {
                    data.drain(..EXIF_PREFIX.len());
                    metadata.exif = Some(data);
                }
            }
            APP1 if data.starts_with(XMP_PREFIX) => {
                if metadata.xmp.is_none() {
                    data.drain(..XMP_PREFIX.len());
                    metadata.xmp = Some(data);
                }
            }
            APP1 if data.starts_with(LONG_XMP_PREFIX) => {
                let len = self.long_xmp.iter().map(|(_, part)| part.len() as u64).sum::<u64>();
                data.drain(..LONG_XMP_PREFIX.len());
                if let Some(at) = data.get(DIGEST + 4..).and_then(<[u8]>::first_chunk)
                    && len <= self.max_block
                {
                    self.long_xmp.push((u32::from_be_bytes(*at), data));
                }
            }
            APP2 if data.starts_with(ICC_PREFIX) => {
                self.profile.add(&data[ICC_PREFIX.len()..], self.max_block);
            }
            // Where further pictures stand in the file.
            APP2 if data.starts_with(b"MPF\0") => {}
            APP11 if data.starts_with(b"JP") => {
                self.has_credentials |= data.windows(4).any(|window| window == b"c2pa");
            }
            APP13 if data.starts_with(PHOTOSHOP_PREFIX) => {
                if let Some(part) = data.strip_prefix(PHOTOSHOP_PREFIX)
                    && self.photoshop.len() as u64 <= self.max_block
                {
                    self.photoshop.extend_from_slice(part);
                }
            }
            COM => {
                let len = metadata.texts.iter().map(Text::len).sum::<usize>() as u64;
                if len <= self.max_block {
                    metadata.texts.push(Text::comment(data));
                }
            }
            _ => {
                self.others.insert(marker - APP0);
            }
        }
    }

    fn finish(mut self) -> (Metadata, Vec<lang::Text>) {
        let mut notes = Vec::new();
        let is_incomplete;
        (self.metadata.icc, is_incomplete) = self.profile.assemble();
        if is_incomplete {
            notes.push(text!("ICC profile left out: its parts do not fit together"));
        }
        self.metadata.add_photoshop(&self.photoshop);
        if !self.long_xmp.is_empty() {
            self.long_xmp.sort_by_key(|&(at, _)| at);
            let packet = self.metadata.xmp.as_deref().unwrap_or_default();
            let mut whole = Vec::new();
            for (at, part) in self.long_xmp {
                let (digest, part) = part.split_at(DIGEST);
                // Only what the packet names belongs to it.
                let is_named = packet.windows(DIGEST).any(|window| window == digest);
                if is_named && at as usize == whole.len() {
                    whole.extend_from_slice(&part[8..]);
                }
            }
            match xmp::merged(packet, &whole) {
                Some(merged) => self.metadata.xmp = Some(merged),
                None => notes.push(text!("XMP is damaged: its long part is left out")),
            }
        }
        if self.has_credentials {
            notes.push(text!("content credentials left out: they sign the picture as it was"));
        }
        if !self.others.is_empty() {
            let names: Vec<_> = self.others.iter().map(|number| format!("APP{number}")).collect();
            notes.push(text!("data of the maker or of a program left out: {}", names.join(", ")));
        }
        (self.metadata, notes)
    }
}

/// Writes an encoded file with metadata, in front of all but its JFIF segment. Returns what did not
/// fit.
pub(crate) fn write(jpeg: &[u8], metadata: &Metadata, out: &mut Vec<u8>) -> Vec<lang::Text> {
    let mut notes = Vec::new();
    let mut head = 2;
    if let Some(&[0xff, APP0, high, low]) = jpeg.get(2..6) {
        head = (4 + usize::from(u16::from_be_bytes([high, low]))).min(jpeg.len());
    }
    let start = out.len();
    out.extend_from_slice(&jpeg[..head.min(jpeg.len())]);
    if let Some((unit, x, y)) = metadata.resolution.and_then(Resolution::for_jfif)
        && let Some(density) = out.get_mut(start + 13..start + 18).filter(|_| head >= 20)
    {
        let ([x0, x1], [y0, y1]) = (x.to_be_bytes(), y.to_be_bytes());
        density.copy_from_slice(&[unit, x0, x1, y0, y1]);
    }
    if let Some(exif) = &metadata.exif {
        match exif::within(exif, SEGMENT_CAPACITY - EXIF_PREFIX.len(), &mut notes) {
            Some(exif) => push_segment(out, APP1, &[EXIF_PREFIX, &exif]),
            None => notes.push(text!("EXIF left out: JPEG holds at most 64 KiB of it")),
        }
    }
    if let Some(xmp) = &metadata.xmp {
        write_xmp(xmp, &mut notes, out);
    }
    if let Some(block) = metadata.photoshop_block() {
        for part in block.chunks(SEGMENT_CAPACITY - PHOTOSHOP_PREFIX.len()) {
            push_segment(out, APP13, &[PHOTOSHOP_PREFIX, part]);
        }
    }
    if let Some(icc) = &metadata.icc {
        let parts = icc.chunks(SEGMENT_CAPACITY - ICC_PREFIX.len() - 2);
        if let Ok(count) = u8::try_from(parts.len()) {
            for (number, part) in (1..=count).zip(parts) {
                push_segment(out, APP2, &[ICC_PREFIX, &[number, count], part]);
            }
        } else {
            notes.push(text!("ICC profile left out: JPEG holds at most 16 MiB of it"));
        }
    }
    for text in &metadata.texts {
        for part in text.content.chunks(SEGMENT_CAPACITY) {
            push_segment(out, COM, &[part]);
        }
    }
    out.extend_from_slice(&jpeg[head.min(jpeg.len())..]);
    notes
}

/// Writes a packet; what is longer than a segment goes to segments of its own, by its digest.
fn write_xmp(xmp: &[u8], notes: &mut Vec<lang::Text>, out: &mut Vec<u8>) {
    if xmp.len() + XMP_PREFIX.len() <= SEGMENT_CAPACITY {
        push_segment(out, APP1, &[XMP_PREFIX, xmp]);
        return;
    }
    let packet = xmp::trimmed(xmp);
    if packet.len() + XMP_PREFIX.len() <= SEGMENT_CAPACITY {
        push_segment(out, APP1, &[XMP_PREFIX, packet]);
        return;
    }
    let Some((main, rest, digest)) = xmp::split(packet, SEGMENT_CAPACITY - XMP_PREFIX.len()) else {
        notes.push(text!("XMP left out: JPEG holds at most 64 KiB of its kind"));
        return;
    };
    push_segment(out, APP1, &[XMP_PREFIX, &main]);
    let capacity = SEGMENT_CAPACITY - LONG_XMP_PREFIX.len() - DIGEST - 8;
    for (number, part) in rest.chunks(capacity).enumerate() {
        let (len, at) = (rest.len() as u32, (number * capacity) as u32);
        let parts =
            [LONG_XMP_PREFIX, digest.as_bytes(), &len.to_be_bytes(), &at.to_be_bytes(), part];
        push_segment(out, APP1, &parts);
    }
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
        if !self.broken && self.count > 0 && self.parts.len() == usize::from(self.count) {
            // It is whole; some writers put it twice.
            return;
        }
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
        damaged(text!("it is cut off in its header"))
    } else {
        Failure::new(
            FailureKind::Read,
            text!("the file could not be read to its end: {}", error.to_string()),
        )
    }
}

fn damaged(what: impl Into<lang::Text>) -> Failure {
    Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "JPEG", what))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::metadata::exif_block::Field;
    use crate::metadata::exif_fields::Fields;

    fn metadata() -> Metadata {
        let mut metadata = Metadata {
            icc: Some((0..200_000u32).map(|i| (i % 251) as u8).collect()),
            exif: Some(b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec()),
            xmp: Some(xmp::empty()),
            iptc: Some(b"\x1c\x02\x19\0\x07harbour".to_vec()),
            texts: vec![Text::comment(b"from the archive".to_vec())],
            resolution: Some(Resolution::whole(300, 300, LengthUnit::Inch)),
            ..Metadata::default()
        };
        metadata.add_photoshop(b"8BIM\x04\x0b\0\0\0\0\0\x08http://x");
        metadata
    }

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
    fn data_of_a_maker_that_are_left_out_are_named_wherever_they_stand() {
        let mut file = vec![0xff, SOI];
        for (marker, content) in [
            (APP0, &b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"[..]),
            (APP0, b"JFXX\0\x10"),
            (APP0, b"II\x1a\0\0\0HEAPJPGM"),
            (APP13, b"Adobe_CM\0\x02"),
            (APP13, b"Photoshop 3.0\0"),
        ] {
            push_segment(&mut file, marker, &[content]);
        }
        file.extend_from_slice(&bare()[2..]);
        let notes = read_back(&file).unwrap().notes;
        let said: Vec<_> = notes.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["data of the maker or of a program left out: APP0, APP13"]);
    }

    #[test]
    fn metadata_are_read_as_they_were_written() {
        let mut file = Vec::new();
        assert!(write(&bare(), &metadata(), &mut file).is_empty());
        let header = read_back(&file).unwrap();
        assert_eq!((header.width, header.height), (3, 2));
        assert_eq!(header.metadata, metadata());
        assert!(header.notes.is_empty());
    }

    #[test]
    fn exif_above_the_size_of_a_segment_goes_with_a_note() {
        let mut file = Vec::new();
        let copyright = Field { tag: 0x8298, kind: 2, data: vec![b'c'; 70_000] };
        let fields = Fields { image: vec![copyright], ..Fields::default() };
        let metadata = Metadata { exif: Some(fields.build()), ..Metadata::default() };
        let notes = write(&bare(), &metadata, &mut file);
        assert_eq!(notes.len(), 1);
        assert_eq!(file, bare());
    }

    #[test]
    fn a_profile_that_comes_twice_is_one() {
        let mut file = vec![0xff, SOI];
        for (number, part) in [(1, b"one"), (2, b"two"), (1, b"one"), (2, b"two")] {
            push_segment(&mut file, APP2, &[ICC_PREFIX, &[number, 2], part]);
        }
        file.extend_from_slice(&bare()[2..]);
        let header = read_back(&file).unwrap();
        assert_eq!(header.metadata.icc.as_deref(), Some(&b"onetwo"[..]));
        assert!(header.notes.is_empty());
    }

    #[test]
    fn parts_that_make_no_profile_are_told() {
        for parts in [&[(2, 3)][..], &[(0, 0)], &[(1, 2), (2, 3)], &[(1, 2), (1, 2)]] {
            let mut file = vec![0xff, SOI];
            for &(number, count) in parts {
                push_segment(&mut file, APP2, &[ICC_PREFIX, &[number, count], b"part"]);
            }
            file.extend_from_slice(&bare()[2..]);
            let header = read_back(&file).unwrap();
            assert_eq!(header.metadata.icc, None, "{parts:?}");
            assert_eq!(header.notes.len(), 1, "{parts:?}");
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
