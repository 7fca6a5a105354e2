//! When a photo was taken and which way up it is, by what its EXIF block says.
//!
//! This is for names and predictions only. A few fields at known places are read, of a number that
//! is bounded whatever the file holds; nothing is decoded.

use std::io::{Read, Seek, SeekFrom};

use jiff::civil::{Date, DateTime, Time};
use lote_imaging::formats::Format;

/// How many segments, chunks and fields are looked at.
const MAX_STEPS: usize = 256;

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// When: `DateTimeOriginal`, else `DateTimeDigitized`, else `DateTime`, as the camera's clock
    /// showed it.
    pub(super) moment: Option<DateTime>,
    /// Whether width and height change places when the picture is turned upright.
    pub(super) is_turned: bool,
}

/// Looks into a file of that format.
pub(super) fn taken(format: &Format, file: &mut (impl Read + Seek)) -> Taken {
    let mut file = Reader(file);
    let start = match format.id.name() {
        "jpeg" => jpeg(&mut file, 0),
        "png" => png(&mut file),
        "webp" => webp(&mut file),
        "tiff" => Some(0),
        "raw" => raw(&mut file),
        "heic" | "avif" => heif(&mut file),
        "jxl" => jxl(&mut file),
        _ => None,
    };
    let taken = start.and_then(|start| tiff(&mut file, start)).unwrap_or_default();
    // These are turned by properties of their own, which their header tells.
    let is_turned = taken.is_turned && !matches!(format.id.name(), "heic" | "avif" | "jxl");
    Taken { is_turned, ..taken }
}

struct Reader<'a, F>(&'a mut F);

impl<F: Read + Seek> Reader<'_, F> {
    fn at<const N: usize>(&mut self, place: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.0.seek(SeekFrom::Start(place)).ok()?;
        self.0.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// Where the TIFF structure of the EXIF segment begins (Exif 2.32, 4.7.2).
fn jpeg<F: Read + Seek>(file: &mut Reader<'_, F>, start: u64) -> Option<u64> {
    let mut place = start + 2;
    for _ in 0..MAX_STEPS {
        let [0xff, marker, high, low] = file.at::<4>(place)? else { return None };
        let length = u64::from(u16::from_be_bytes([high, low]));
        match marker {
            0xff => place += 1,
            0xd9 | 0xda => return None,
            0xe1 if &file.at::<6>(place + 4)? == b"Exif\0\0" => return Some(place + 10),
            _ => place += 2 + length,
        }
    }
    None
}

/// The `eXIf` chunk, as far as it comes before the pixels.
fn png<F: Read + Seek>(file: &mut Reader<'_, F>) -> Option<u64> {
    let mut place = 8;
    for _ in 0..MAX_STEPS {
        let length = u64::from(u32::from_be_bytes(file.at(place)?));
        match &file.at::<4>(place + 4)? {
            b"eXIf" => return Some(place + 8),
            b"IDAT" | b"IEND" => return None,
            _ => place += 12 + length,
        }
    }
    None
}

fn webp<F: Read + Seek>(file: &mut Reader<'_, F>) -> Option<u64> {
    let mut place = 12;
    for _ in 0..MAX_STEPS {
        let length = u64::from(u32::from_le_bytes(file.at(place + 4)?));
        if &file.at::<4>(place)? == b"EXIF" {
            // Some write what JPEG has before it, too.
            let has_name = &file.at::<6>(place + 8)? == b"Exif\0\0";
            return Some(place + if has_name { 14 } else { 8 });
        }
        place += 8 + length + length % 2;
    }
    None
}

/// Where the TIFF structure of a raw file begins: behind a header of its own, in the JPEG of Fujifilm,
/// or in the first box that Canon describes the photo in.
fn raw<F: Read + Seek>(file: &mut Reader<'_, F>) -> Option<u64> {
    if &file.at::<8>(0)? == b"FUJIFILM" {
        let start = u32::from_be_bytes(file.at(84)?);
        return jpeg(file, start.into());
    }
    if &file.at::<4>(4)? != b"ftyp" {
        return Some(0);
    }
    let mut place = u64::from(u32::from_be_bytes(file.at(0)?));
    for _ in 0..MAX_STEPS {
        let length = u64::from(u32::from_be_bytes(file.at(place)?));
        place += match &file.at::<4>(place + 4)? {
            b"moov" => 8,
            b"uuid" => 24,
            b"CMT1" => return Some(place + 8),
            _ => length.max(8),
        };
    }
    None
}

/// How many items of a HEIF file are looked at: those of a large photo are its tiles.
const MAX_ITEMS: u64 = 4096;

/// Where the TIFF structure of the `Exif` item begins (ISO/IEC 14496-12, 8.11; 23008-12, A.2.1).
fn heif<F: Read + Seek>(file: &mut Reader<'_, F>) -> Option<u64> {
    let (meta, end) = find(file, *b"meta", 0, u64::MAX)?;
    let (list, list_end) = find(file, *b"iinf", meta + 4, end)?;
    let [version] = file.at(list)?;
    let mut place = list + if version == 0 { 6 } else { 8 };
    let mut wanted = None;
    for _ in 0..MAX_ITEMS {
        if wanted.is_some() || place + 20 > list_end {
            break;
        }
        let length = u64::from(u32::from_be_bytes(file.at(place)?));
        let [version] = file.at(place + 8)?;
        let (id, kind) = if version < 3 {
            (u16::from_be_bytes(file.at(place + 12)?).into(), place + 16)
        } else {
            (u32::from_be_bytes(file.at(place + 12)?), place + 18)
        };
        wanted = (&file.at::<4>(kind)? == b"Exif").then_some(id);
        place += length.max(8);
    }
    let (places, _) = find(file, *b"iloc", meta + 4, end)?;
    let block = located(file, places, wanted?)?;
    let skipped = u32::from_be_bytes(file.at(block)?);
    Some(block + 4 + u64::from(skipped))
}

/// Where the first part of an item stands in the file, by the list that begins at `place`.
fn located<F: Read + Seek>(file: &mut Reader<'_, F>, place: u64, wanted: u32) -> Option<u64> {
    let [version, _, _, _, sizes, more] = file.at(place)?;
    let (offset, length) = (u64::from(sizes >> 4), u64::from(sizes & 15));
    let (base, index) = (u64::from(more >> 4), if version == 0 { 0 } else { u64::from(more & 15) });
    let mut place = place + 6;
    let mut next = |file: &mut Reader<'_, F>, size: u64| {
        let bytes = (place..place + size).map(|at| file.at::<1>(at));
        place += size;
        bytes.into_iter().try_fold(0, |all, byte| Some(all << 8 | u64::from(byte?[0])))
    };
    let id_size = if version < 2 { 2 } else { 4 };
    for _ in 0..next(file, id_size)?.min(MAX_ITEMS) {
        let id = next(file, id_size)?;
        let method = if version == 0 { 0 } else { next(file, 2)? & 15 };
        next(file, 2)?;
        let start = next(file, base)?;
        let parts = next(file, 2)?;
        for part in 0..parts.min(MAX_ITEMS) {
            next(file, index)?;
            let at = start + next(file, offset)?;
            next(file, length)?;
            if id == u64::from(wanted) && part == 0 {
                return (method == 0).then_some(at);
            }
        }
    }
    None
}

/// Where the TIFF structure of the `Exif` box begins, as far as it is not compressed (ISO/IEC 18181-2).
fn jxl<F: Read + Seek>(file: &mut Reader<'_, F>) -> Option<u64> {
    let (block, _) = find(file, *b"Exif", 0, u64::MAX)?;
    let skipped = u32::from_be_bytes(file.at(block)?);
    Some(block + 4 + u64::from(skipped))
}

/// Where the content of the first box of a kind begins and ends, between these places.
fn find<F: Read + Seek>(
    file: &mut Reader<'_, F>,
    kind: [u8; 4],
    mut place: u64,
    end: u64,
) -> Option<(u64, u64)> {
    for _ in 0..MAX_STEPS {
        if place >= end {
            return None;
        }
        let short = u64::from(u32::from_be_bytes(file.at(place)?));
        let (header, length) = match short {
            0 => (8, end - place),
            1 => (16, u64::from_be_bytes(file.at(place + 8)?)),
            short => (8, short),
        };
        if file.at::<4>(place + 4)? == kind {
            return Some((place + header, place.saturating_add(length)));
        }
        place = place.checked_add(length.max(8))?;
    }
    None
}

/// The first directory, and the one of the photo's own fields.
fn tiff<F: Read + Seek>(file: &mut Reader<'_, F>, start: u64) -> Option<Taken> {
    let is_little = match &file.at::<4>(start)? {
        // Those of Olympus and of Panasonic have a mark of their own.
        b"II*\0" | b"IIRO" | b"IIRS" | b"IIU\0" => true,
        b"MM\0*" | b"MMOR" => false,
        _ => return None,
    };
    let first = long(is_little, file.at(start + 4)?);
    let main = directory(file, start, first.into(), is_little)?;
    let own = main.own.and_then(|own| directory(file, start, own.into(), is_little));
    let own = own.unwrap_or_default();
    Some(Taken {
        moment: own.original.or(own.digitized).or(main.changed),
        is_turned: (5..=8).contains(&main.orientation),
    })
}

#[derive(Default)]
struct Directory {
    orientation: u16,
    changed: Option<DateTime>,
    original: Option<DateTime>,
    digitized: Option<DateTime>,
    own: Option<u32>,
}

fn directory<F: Read + Seek>(
    file: &mut Reader<'_, F>,
    start: u64,
    place: u64,
    is_little: bool,
) -> Option<Directory> {
    let place = start + place;
    let mut found = Directory::default();
    let count = short(is_little, file.at(place)?);
    for index in 0..u64::from(count).min(MAX_STEPS as u64) {
        let Some(entry) = file.at::<12>(place + 2 + 12 * index) else { break };
        let [t0, t1, _, _, _, _, _, _, v0, v1, v2, v3] = entry;
        let value = long(is_little, [v0, v1, v2, v3]);
        match short(is_little, [t0, t1]) {
            0x0112 => found.orientation = short(is_little, [v0, v1]),
            0x0132 => found.changed = moment(file, start + u64::from(value)),
            0x8769 => found.own = Some(value),
            0x9003 => found.original = moment(file, start + u64::from(value)),
            0x9004 => found.digitized = moment(file, start + u64::from(value)),
            _ => {}
        }
    }
    Some(found)
}

/// A text such as `2023:05:09 17:04:05`.
fn moment<F: Read + Seek>(file: &mut Reader<'_, F>, place: u64) -> Option<DateTime> {
    let text = file.at::<19>(place)?;
    let number = |range: std::ops::Range<usize>| {
        text[range].iter().try_fold(0_i16, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i16::from(digit - b'0'))
        })
    };
    let small = |at: usize| number(at..at + 2).and_then(|number| i8::try_from(number).ok());
    let year = number(0..4).filter(|year| *year > 0)?;
    let date = Date::new(year, small(5)?, small(8)?).ok()?;
    let time = Time::new(small(11)?, small(14)?, small(17)?, 0).ok()?;
    Some(date.to_datetime(time))
}

fn short(is_little: bool, bytes: [u8; 2]) -> u16 {
    if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
}

fn long(is_little: bool, bytes: [u8; 4]) -> u32 {
    if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use lote_imaging::formats::by_name;
    use proptest::prelude::*;

    use super::*;

    /// An EXIF block with an orientation, and a date in the photo's own directory.
    fn block(is_little: bool, orientation: u16, tag: u16, date: &[u8; 19]) -> Vec<u8> {
        let two = |n: u16| if is_little { n.to_le_bytes() } else { n.to_be_bytes() };
        let four = |n: u32| if is_little { n.to_le_bytes() } else { n.to_be_bytes() };
        let mut bytes = if is_little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        bytes.extend(four(8));
        bytes.extend(two(2));
        let field = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
            [&two(tag)[..], &two(kind), &four(count), &value].concat()
        };
        let [o0, o1] = two(orientation);
        bytes.extend(field(0x0112, 3, 1, [o0, o1, 0, 0]));
        bytes.extend(field(0x8769, 4, 1, four(38)));
        bytes.extend(four(0));
        bytes.extend(two(1));
        bytes.extend(field(tag, 2, 20, four(56)));
        bytes.extend(four(0));
        bytes.extend(date);
        bytes
    }

    fn found(format: &str, bytes: &[u8]) -> Taken {
        taken(by_name(format).unwrap(), &mut Cursor::new(bytes))
    }

    #[test]
    fn date_and_orientation_are_found_in_every_container_and_byte_order() {
        for is_little in [true, false] {
            let block = block(is_little, 6, 0x9003, b"2023:05:09 17:04:05");
            let moment = Some(DateTime::constant(2023, 5, 9, 17, 4, 5, 0));
            let expected = Taken { moment, is_turned: true };
            let size = |extra: usize| (block.len() + extra) as u32;
            let jfif = b"\xff\xd8\xff\xe0\0\x04JF\xff\xe1".to_vec();
            let jpeg = [&jfif, &(size(8) as u16).to_be_bytes()[..], b"Exif\0\0", &block].concat();
            assert_eq!(found("jpeg", &jpeg), expected);
            let head = b"\x89PNG\r\n\x1a\n\0\0\0\x01tEXtxCRC4".to_vec();
            let png = [&head, &size(0).to_be_bytes()[..], b"eXIf", &block].concat();
            assert_eq!(found("png", &png), expected);
            let head = b"RIFF\0\0\0\0WEBPVP8L\x01\0\0\0xxEXIF".to_vec();
            let webp = [&head, &size(0).to_le_bytes()[..], &block].concat();
            assert_eq!(found("webp", &webp), expected);
            assert_eq!(found("tiff", &block), expected);
        }
    }

    #[test]
    fn a_date_is_found_among_the_items_of_heif_and_the_boxes_of_jpeg_xl() {
        let block = block(false, 6, 0x9003, b"2023:05:09 17:04:05");
        let moment = Some(DateTime::constant(2023, 5, 9, 17, 4, 5, 0));
        // Its own properties turn the picture, and EXIF does not.
        let expected = Taken { moment, is_turned: false };
        let boxed = |kind: &[u8; 4], content: &[u8]| {
            [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
        };
        let exif = [&[0, 0, 0, 2, b'M', b'M'][..], &block].concat();
        let start = boxed(b"ftyp", b"heic\0\0\0\0mif1");
        for version in [0_u8, 1, 2] {
            let entry = |id: u8, kind: &[u8; 4]| {
                boxed(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0][..], kind, b"\0"].concat())
            };
            let list = [&[0, 0, 0, 0, 0, 2][..], &entry(1, b"hvc1"), &entry(7, b"Exif")].concat();
            let location = |at: u32| {
                let mut list = vec![version, 0, 0, 0, 0x44, 0];
                let id = |id: u8| if version == 2 { vec![0, 0, 0, id] } else { vec![0, id] };
                list.extend(id(2));
                for (item, place) in [(1, 9), (7, at)] {
                    list.extend(id(item));
                    list.extend(if version == 0 { &[][..] } else { &[0, 0] });
                    list.extend([0, 0, 0, 1]);
                    list.extend(place.to_be_bytes());
                    list.extend([0, 0, 0, 99]);
                }
                list
            };
            let meta = |at: u32| {
                let boxes = [boxed(b"iinf", &list), boxed(b"iloc", &location(at))].concat();
                boxed(b"meta", &[&[0; 4][..], &boxes].concat())
            };
            let at = start.len() + meta(0).len() + 8;
            let heif = [start.clone(), meta(at as u32), boxed(b"mdat", &exif)].concat();
            assert_eq!(found("heic", &heif), expected, "{version}");
        }
        let jxl = [boxed(b"JXL ", b"\r\n\x87\n"), boxed(b"Exif", &exif)].concat();
        assert_eq!(found("jxl", &jxl), expected);
    }

    #[test]
    fn a_date_that_is_none_is_not_believed() {
        for date in [b"0000:00:00 00:00:00", b"2023:13:09 17:04:05", b"    :  :     :  :  "] {
            assert_eq!(found("tiff", &block(true, 1, 0x9004, date)), Taken::default());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_can_do_harm(mut bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..60_usize) {
            for format in ["jpeg", "png", "webp", "tiff", "gif", "heic", "avif", "jxl"] {
                found(format, &bytes);
            }
            let mut whole = block(true, 1, 0x9003, b"2023:05:09 17:04:05");
            bytes.truncate(3);
            whole.splice(cut..(cut + bytes.len()).min(whole.len()), bytes);
            found("tiff", &whole);
        }
    }
}
