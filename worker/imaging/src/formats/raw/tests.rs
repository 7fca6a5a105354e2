use proptest::prelude::*;

use super::*;
use crate::formats::{Document, Sniffed, TIFF, encode, sniff};
use crate::picture::{Channels, Picture, Samples};
use lote_protocol::encoding::Encoding;

/// A JPEG of one level.
fn jpeg_of(width: u32, height: u32, level: u8) -> Vec<u8> {
    let samples = Samples::U8(vec![level; (width * height * 3) as usize]);
    let picture = Picture { width, height, channels: Channels::Rgb, samples };
    let mut file = Vec::new();
    let encoding = Encoding { format: Some(id("jpeg")), ..Encoding::default() };
    encode(&Document::still(&jpeg::FORMAT, picture), &encoding, &mut Pool::new(), &mut file)
        .unwrap();
    file
}

/// Entries of a directory: tags and 32-bit numbers.
type Entries<'a> = &'a [(u16, u32)];

/// A TIFF structure with these directories: the first, and those below it, each with a JPEG behind all of
/// them at the tags 513 and 514.
fn tiff_of(first: Entries<'_>, below: &[(Entries<'_>, &[u8])]) -> Vec<u8> {
    let len = |entries: usize| 2 + entries * 12 + 4;
    let first_len = len(first.len() + 1);
    let pointers = 8 + first_len;
    let mut at = pointers + 4 * below.len();
    let mut places = Vec::new();
    for (entries, _) in below {
        places.push(at as u32);
        at += len(entries.len() + 2);
    }
    let directory = |entries: &[(u16, u32, u32)]| {
        let mut bytes = (entries.len() as u16).to_le_bytes().to_vec();
        for (tag, count, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(4_u16.to_le_bytes());
            bytes.extend(count.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([0; 4]);
        bytes
    };
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    let mut entries: Vec<_> = first.iter().map(|&(tag, value)| (tag, 1, value)).collect();
    let pointer = if below.len() == 1 { places[0] } else { pointers as u32 };
    entries.push((330, below.len() as u32, pointer));
    file.extend(directory(&entries));
    file.extend(places.iter().flat_map(|place| place.to_le_bytes()));
    for (entries, jpeg) in below {
        let mut entries: Vec<_> = entries.iter().map(|&(tag, value)| (tag, 1, value)).collect();
        entries.push((513, 1, at as u32));
        entries.push((514, 1, jpeg.len() as u32));
        file.extend(directory(&entries));
        at += jpeg.len();
    }
    for (_, jpeg) in below {
        file.extend(*jpeg);
    }
    file
}

fn read(file: &[u8]) -> Result<Document, Failure> {
    crate::formats::decode(file, &Limits::default(), &mut Pool::new())
}

fn size_of(document: &Document) -> (u32, u32) {
    (document.frames[0].picture.width, document.frames[0].picture.height)
}

#[test]
fn the_largest_jpeg_is_read_and_turned_once_as_the_file_says() {
    let (small, large) = (jpeg_of(160, 120, 10), jpeg_of(960, 640, 200));
    let file = tiff_of(&[(254, 1), (274, 6)], &[(&[], &small), (&[], &large)]);
    let Sniffed::Known(format) = sniff(&file) else { panic!() };
    assert_eq!(format, &FORMAT);
    let document = read(&file).unwrap();
    assert_eq!(size_of(&document), (640, 960));
    assert!(document.notes[0].to_string().contains("JPEG of 960 x 640 px"), "{:?}", document.notes);
    let exif = Fields::parse(document.metadata.exif.as_deref().unwrap());
    assert!(exif.image.contains(&Field::short(ORIENTATION, 1)));
    let extent = format.extent(&file[..200], &mut Cursor::new(&file)).unwrap();
    assert_eq!((extent.pixels, extent.pixel_bytes), (960 * 640, 3));
}

#[test]
fn a_progressive_jpeg_in_a_raw_file_is_predicted_as_one() {
    let decoder_bytes = |jpeg: &[u8]| {
        let file = tiff_of(&[(254, 1)], &[(&[], jpeg)]);
        FORMAT.extent(&file[..200], &mut Cursor::new(&file)).unwrap().decoder_bytes
    };
    let mut jpeg = jpeg_of(960, 640, 200);
    assert_eq!(decoder_bytes(&jpeg), 0);
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    jpeg[frame + 1] = 0xc2;
    assert_eq!(decoder_bytes(&jpeg), 7);
}

#[test]
fn a_thumbnail_is_never_taken_for_the_photo() {
    let small = jpeg_of(SMALLEST - 1, 480, 10);
    let refused = read(&tiff_of(&[(254, 1)], &[(&[], &small)])).unwrap_err();
    assert_eq!(refused.kind, FailureKind::Unsupported);
    assert!(read(&tiff_of(&[(254, 1)], &[(&[], &jpeg_of(SMALLEST, 480, 10))])).is_ok());
}

#[test]
fn samples_of_the_sensor_that_are_jpegs_are_not_taken_for_a_picture() {
    let (raw, preview) = (jpeg_of(1600, 1200, 10), jpeg_of(800, 600, 200));
    for model in [32_803, 34_892, 52_527] {
        let file = tiff_of(&[(50_706, 0x0401)], &[(&[(262, model)], &raw), (&[], &preview)]);
        assert_eq!(size_of(&read(&file).unwrap()), (800, 600), "{model}");
        let only = tiff_of(&[(50_706, 0x0401)], &[(&[(262, model)], &raw)]);
        assert_eq!(read(&only).unwrap_err().kind, FailureKind::Unsupported, "{model}");
    }
    // The frame header of a lossless one.
    let mut lossless = raw;
    let frame = lossless.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    lossless[frame + 1] = 0xc3;
    let file = tiff_of(&[(254, 1)], &[(&[], &lossless), (&[], &preview)]);
    assert_eq!(size_of(&read(&file).unwrap()), (800, 600));
}

#[test]
fn a_tiff_stays_a_tiff() {
    let reduced = tiff_of(&[(254, 1)], &[(&[], &jpeg_of(8, 8, 1))]);
    let whole = tiff_of(&[(254, 0)], &[(&[], &jpeg_of(8, 8, 1))]);
    assert_eq!(sniff(&reduced), Sniffed::Known(&FORMAT));
    assert_eq!(sniff(&whole), Sniffed::Known(&TIFF));
}

#[test]
fn a_raw_file_that_is_told_late_is_refused_and_no_thumbnail_is_made_of_it() {
    let mut file = b"II*\0\0\x20\0\0".to_vec();
    file.resize(0x2000, 0);
    for (tag, value) in [(254, 1), (256, 160), (257, 120), (330, 8_u32)] {
        if tag == 254 {
            file.extend(4_u16.to_le_bytes());
        }
        file.extend((tag as u16).to_le_bytes());
        file.extend(4_u16.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(u32::from(value as u16).to_le_bytes());
    }
    file.extend([0; 4]);
    assert_eq!(sniff(&file), Sniffed::Known(&TIFF));
    assert_eq!(read(&file).unwrap_err().kind, FailureKind::Unsupported);
}

#[test]
fn the_jpeg_of_fujifilm_is_where_the_header_says() {
    let jpeg = jpeg_of(1024, 768, 90);
    let mut file = FUJIFILM.to_vec();
    file.resize(100, 0);
    file[84..88].copy_from_slice(&100_u32.to_be_bytes());
    file[88..92].copy_from_slice(&(jpeg.len() as u32).to_be_bytes());
    file.extend(&jpeg);
    assert_eq!(size_of(&read(&file).unwrap()), (1024, 768));
    file[84..88].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(read(&file).unwrap_err().kind, FailureKind::Unsupported);
}

/// A box.
fn boxed(kind: &[u8], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes(), kind, content].concat()
}

/// A raw file of Canon: EXIF, and a film of one frame.
fn canon_of(jpeg: &[u8]) -> Vec<u8> {
    let exif = Fields { image: vec![Field::short(ORIENTATION, 8)], ..Fields::default() }.build();
    let described = boxed(b"uuid", &[&canon::DESCRIPTION[..], &boxed(b"CMT1", &exif)].concat());
    let film = |start: u64| {
        let sizes = [[0; 4], (jpeg.len() as u32).to_be_bytes(), 1_u32.to_be_bytes()].concat();
        let places = [&[0, 0, 0, 0, 0, 0, 0, 1][..], &start.to_be_bytes()].concat();
        let table = [boxed(b"stsz", &sizes), boxed(b"co64", &places)].concat();
        let track = boxed(b"mdia", &boxed(b"minf", &boxed(b"stbl", &table)));
        let head = boxed(b"ftyp", b"crx \0\0\0\x01crx isom");
        [head, boxed(b"moov", &[&described[..], &boxed(b"trak", &track)].concat())].concat()
    };
    let start = film(0).len() as u64 + 8;
    [film(start), boxed(b"mdat", jpeg)].concat()
}

#[test]
fn the_film_of_one_frame_of_canon_is_read_with_its_exif() {
    let document = read(&canon_of(&jpeg_of(900, 600, 77))).unwrap();
    assert_eq!((document.format, size_of(&document)), (&FORMAT, (600, 900)));
}

#[test]
fn directories_that_lead_to_one_another_come_to_an_end() {
    let mut file = tiff_of(&[(254, 1)], &[(&[], &jpeg_of(700, 500, 1))]);
    // The directory below is the first one.
    let pointer = file.windows(2).position(|tag| tag == 330_u16.to_le_bytes()).unwrap() + 8;
    file[pointer..pointer + 4].copy_from_slice(&8_u32.to_le_bytes());
    assert_eq!(read(&file).unwrap_err().kind, FailureKind::Unsupported);
}

proptest! {
    #[test]
    fn damage_never_makes_it_fail_or_go_on_for_ever(
        is_canon in any::<bool>(),
        damage in prop::collection::vec((0..400_usize, any::<u8>()), 1..8),
        cut in 0..3000_usize,
    ) {
        let jpeg = jpeg_of(640, 16, 50);
        let mut file = if is_canon {
            canon_of(&jpeg)
        } else {
            tiff_of(&[(254, 1), (274, 3)], &[(&[], &jpeg), (&[(262, 6)], &jpeg)])
        };
        for (place, byte) in damage {
            let place = place % file.len();
            file[place] = byte;
        }
        file.truncate(file.len().saturating_sub(cut));
        let _ = read(&file);
        FORMAT.extent(&file[..file.len().min(64)], &mut Cursor::new(&file));
    }
}
