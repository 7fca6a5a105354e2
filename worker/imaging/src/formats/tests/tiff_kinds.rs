//! Kinds of TIFF that are read but never written here.

use lote_protocol::outcome::{Failure, FailureKind};

use super::*;
use crate::metadata::exif_block::Field;
use crate::metadata::exif_fields::Fields;

const BITS: u16 = 258;
const PHOTOMETRIC: u16 = 262;
const STRIP_OFFSETS: u16 = 273;
const ORIENTATION: u16 = 274;
const SAMPLES: u16 = 277;
const PLANES: u16 = 284;
const COLOR_MAP: u16 = 320;
const EXTRA_SAMPLES: u16 = 338;
const SAMPLE_FORMAT: u16 = 339;

fn shorts(tag: u16, values: &[u16]) -> Field {
    Field { tag, kind: 3, data: values.iter().flat_map(|v| v.to_le_bytes()).collect() }
}

fn long(tag: u16, value: u32) -> Field {
    Field { tag, kind: 4, data: value.to_le_bytes().to_vec() }
}

/// An uncompressed file of one strip, or of one a plane.
fn tiff(
    (width, height): (u32, u32),
    bits: &[u16],
    photometric: u16,
    more: &[Field],
    data: &[u8],
) -> Vec<u8> {
    let planar = more.iter().any(|field| field.tag == PLANES);
    let strips = if planar { bits.len() } else { 1 };
    let len = data.len() / strips;
    let longs = |tag, values: &[usize]| Field {
        tag,
        kind: 4,
        data: values.iter().flat_map(|&v| (v as u32).to_le_bytes()).collect(),
    };
    let with_offsets = |start: usize| {
        let offsets: Vec<usize> = (0..strips).map(|i| start + i * len).collect();
        let mut image = vec![
            long(256, width),
            long(257, height),
            shorts(BITS, bits),
            Field::short(259, 1),
            Field::short(PHOTOMETRIC, photometric),
            longs(STRIP_OFFSETS, &offsets),
            Field::short(SAMPLES, bits.len() as u16),
            long(278, height),
            longs(279, &vec![len; strips]),
        ];
        image.extend_from_slice(more);
        Fields { image, ..Fields::default() }.build()
    };
    let mut file = with_offsets(with_offsets(0).len());
    file.extend_from_slice(data);
    file
}

fn pixels(file: &[u8]) -> (Channels, Samples, Vec<String>) {
    let mut document = read(file);
    let picture = document.frames.remove(0).picture;
    (picture.channels, picture.samples, super::english(&document.notes))
}

fn failure(file: &[u8]) -> Failure {
    decode(file, &Limits::default(), &mut Pool::new()).unwrap_err()
}

#[test]
fn old_jpeg_with_marks_of_programs_is_read() {
    let rgb = picture(40, 30, Channels::Rgb, false);
    let (jpeg, _) = written(&Document::still(&JPEG, rgb), &to(&JPEG));
    // Behind JFIF's mark, by which its colours are YCbCr, whatever the directory says.
    assert_eq!(jpeg[6..10], *b"JFIF");
    let (start, rest) = jpeg.split_at(20);
    let stream = [start, b"\xff\xe1\0\x0bPIC\0\x02\x1a \0\0", rest].concat();
    for photometric in [2, 6] {
        let mut file = tiff((40, 30), &[8; 3], photometric, &[], &stream);
        let entry = [3, 1, 3, 0, 1, 0, 0, 0, 1];
        let compression = file.windows(9).position(|bytes| bytes == entry).unwrap();
        file[compression + 8] = 6;
        let (channels, samples, notes) = pixels(&file);
        assert_eq!((channels, &samples), (Channels::Rgb, &read(&jpeg).frames[0].picture.samples));
        assert!(notes.is_empty(), "{notes:?}");
    }
}

#[test]
fn palettes_become_colours() {
    let mut map = vec![0; 3 * 16];
    (map[2], map[16 + 2], map[32 + 2]) = (0x1111, 0x2222, 0x3333);
    let file = tiff((3, 1), &[4], 3, &[shorts(COLOR_MAP, &map)], &[0x20, 0x20]);
    let (channels, samples, notes) = pixels(&file);
    assert_eq!(channels, Channels::Rgb);
    assert_eq!(samples, Samples::U8(vec![0x11, 0x22, 0x33, 0, 0, 0, 0x11, 0x22, 0x33]));
    assert!(notes.is_empty());
    for bits in [1, 2, 8] {
        let file = tiff((3, 1), &[bits], 3, &[shorts(COLOR_MAP, &map)], &[0x20, 0x20, 0x20]);
        assert!(failure(&file).message.to_string().contains("a palette of 48 values"), "{bits}");
    }
}

#[test]
fn white_is_zero_is_inverted() {
    let one_bit = tiff((4, 1), &[1], 0, &[], &[0b0101_0000]);
    assert_eq!(pixels(&one_bit).1, Samples::U8(vec![255, 0, 255, 0]));
    let eight_bits = tiff((2, 1), &[8], 0, &[], &[0, 200]);
    assert_eq!(pixels(&eight_bits).1, Samples::U8(vec![255, 55]));
}

#[test]
fn inks_become_colours_with_a_note() {
    let file = tiff((2, 1), &[8; 4], 5, &[], &[0, 0, 0, 0, 255, 0, 0, 0]);
    let (channels, samples, notes) = pixels(&file);
    assert_eq!(channels, Channels::Rgb);
    assert_eq!(samples, Samples::U8(vec![255, 255, 255, 0, 255, 255]));
    assert_eq!(notes.len(), 1);
}

#[test]
fn lab_becomes_colours_with_a_note() {
    // A red: L* 54.29, a* 80.8, b* 69.9.
    for (photometric, shift) in [(8u16, 0u8), (9, 128)] {
        let data = [138, 81u8.wrapping_add(shift), 70u8.wrapping_add(shift)];
        let (_, samples, notes) = pixels(&tiff((1, 1), &[8; 3], photometric, &[], &data));
        let Samples::U8(samples) = samples else { panic!("not of 8 bits") };
        assert!(samples[0] > 250 && samples[1] < 8 && samples[2] < 8, "{samples:?}");
        assert_eq!(notes.len(), 1);
    }
}

#[test]
fn floats_become_sixteen_bits_with_a_note() {
    let data: Vec<u8> = [0f32, 0.25, 1.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let file = tiff((3, 1), &[32], 1, &[Field::short(SAMPLE_FORMAT, 3)], &data);
    let (_, samples, notes) = pixels(&file);
    assert_eq!(samples, Samples::U16(vec![0, 16_384, 65_535]));
    assert_eq!(notes.len(), 1);
}

#[test]
fn planes_are_put_together() {
    let planes = [Field::short(PLANES, 2)];
    let file = tiff((2, 1), &[8; 3], 2, &planes, &[1, 2, 3, 4, 5, 6]);
    assert_eq!(pixels(&file).1, Samples::U8(vec![1, 3, 5, 2, 4, 6]));
}

#[test]
fn alpha_is_told_from_other_extra_samples() {
    for (extra, expected) in [
        (0, (Channels::Rgb, vec![64, 32, 0])),
        (1, (Channels::Rgba, vec![128, 64, 0, 128])),
        (2, (Channels::Rgba, vec![64, 32, 0, 128])),
    ] {
        let file =
            tiff((1, 1), &[8; 4], 2, &[Field::short(EXTRA_SAMPLES, extra)], &[64, 32, 0, 128]);
        let (channels, samples, _) = pixels(&file);
        assert_eq!((channels, samples), (expected.0, Samples::U8(expected.1)), "{extra}");
    }
    let gray = tiff((1, 1), &[8; 2], 1, &[Field::short(EXTRA_SAMPLES, 2)], &[9, 8]);
    let (channels, samples, _) = pixels(&gray);
    assert_eq!((channels, samples), (Channels::GrayAlpha, Samples::U8(vec![9, 8])));
}

#[test]
fn the_orientation_tag_is_applied() {
    let file = tiff((2, 1), &[8], 1, &[Field::short(ORIENTATION, 6)], &[1, 2]);
    let document = read(&file);
    let picture = &document.frames[0].picture;
    assert_eq!((picture.width, picture.height), (1, 2));
    assert_eq!(picture.samples, Samples::U8(vec![1, 2]));
}

#[test]
fn unusual_samples_are_unsupported_and_named() {
    let wide = failure(&tiff((1, 1), &[64], 1, &[], &[0; 8]));
    assert_eq!(wide.kind, FailureKind::Unsupported);
    assert!(wide.message.to_string().contains("64"), "{}", wide.message);
    let complex = failure(&tiff((1, 1), &[32], 1, &[Field::short(SAMPLE_FORMAT, 5)], &[0; 4]));
    assert!(complex.message.to_string().contains("complex"), "{}", complex.message);
}

#[test]
fn tiles_with_separate_planes_are_put_together() {
    // The tags of strips become those of tiles: offsets, byte counts, and a size for each.
    let longs = |tag, values: &[u32]| Field {
        tag,
        kind: 4,
        data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
    };
    let with_offsets = |start: u32| {
        let fields = vec![
            long(256, 20),
            long(257, 10),
            shorts(BITS, &[8; 3]),
            Field::short(259, 1),
            Field::short(PHOTOMETRIC, 2),
            Field::short(SAMPLES, 3),
            Field::short(PLANES, 2),
            long(322, 16),
            long(323, 16),
            longs(324, &[0, 1, 2, 3, 4, 5].map(|i| start + i * 256)),
            longs(325, &[256; 6]),
        ];
        Fields { image: fields, ..Fields::default() }.build()
    };
    let mut file = with_offsets(with_offsets(0).len() as u32);
    for tile in 0..6 {
        file.extend([tile; 256]);
    }
    let (channels, samples, _) = pixels(&file);
    let row = [[0, 2, 4].repeat(16), [1, 3, 5].repeat(4)].concat();
    assert_eq!((channels, samples), (Channels::Rgb, Samples::U8(row.repeat(10))));
}

#[test]
fn pages_are_kept_or_their_loss_is_told() {
    let (page, _) = written(
        &Document::still(&TIFF, picture(4, 4, Channels::Gray, false)),
        &Encoding::default(),
    );
    let first = u32::from_le_bytes(page[4..8].try_into().unwrap()) as usize;
    let count = usize::from(u16::from_le_bytes([page[first], page[first + 1]]));
    let link = first + 2 + count * 12;
    // A second directory that is a copy of the first.
    let mut file = page.clone();
    let copy = page[first..link].to_vec();
    let at = file.len().next_multiple_of(2);
    file.resize(at, 0);
    file.extend(copy);
    file.extend([0; 4]);
    file[link..link + 4].copy_from_slice(&(at as u32).to_le_bytes());
    let document = read(&file);
    assert_eq!(document.frames.len(), 2);
    let (back, notes) = through(&document, &TIFF);
    assert_eq!((back.frames, notes), (document.frames.clone(), vec![]));
    let (first, notes) = through(&document, &PNG);
    assert_eq!(first.frames, document.frames[..1]);
    assert_eq!(notes, ["several pages: only the first of 2 pages is kept in PNG"]);
}

#[test]
fn bits_of_a_sample_that_are_no_number_are_no_bits_of_one() {
    let mut file = tiff((2, 1), &[8], 1, &[], &[7, 9]);
    assert_eq!(pixels(&file).1, Samples::U8(vec![7, 9]));
    let at = file.windows(4).position(|it| it == [2, 1, 3, 0]).unwrap();
    // Bytes of any meaning.
    file[at + 2] = 7;
    assert_eq!(failure(&file).kind, FailureKind::Damaged);
}
