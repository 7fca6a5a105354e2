use libjpeg_turbo_rs::{PixelFormat, Subsampling};
use lote_protocol::encoding::Encoding;

use super::*;
use crate::color::icc;
use crate::formats::{self, Document};
use crate::metadata::Metadata;

mod bands;
mod references;
mod writing;

fn decoded(file: &[u8]) -> Source {
    decode(file, &Limits::default(), &mut Pool::new()).unwrap()
}

/// Four inks of one colour, 16 x 16 px, as Adobe stores them or as they are.
fn inks(adobe: bool) -> Vec<u8> {
    let samples = [255u8, 205, 155, 255].repeat(16 * 16);
    let stored = if adobe { samples } else { samples.iter().map(|v| !v).collect() };
    libjpeg_turbo_rs::Encoder::new(&stored, 16, 16, PixelFormat::Cmyk)
        .quality(100)
        .write_adobe_marker(adobe)
        .encode()
        .unwrap()
}

#[test]
fn inks_are_read_by_the_adobe_rules() {
    for adobe in [true, false] {
        let source = decoded(&inks(adobe));
        let picture = &source.frames[0].picture;
        assert_eq!(picture.channels, Channels::Rgb);
        let Samples::U8(samples) = &picture.samples else { unreachable!() };
        for (got, wanted) in samples.iter().zip([255i32, 205, 155].into_iter().cycle()) {
            assert!((i32::from(*got) - wanted).abs() <= 2, "adobe {adobe}: {got}");
        }
        assert_eq!(source.notes.len(), 1);
    }
}

#[test]
fn the_profile_of_inks_is_not_carried() {
    let mut file = Vec::new();
    let profile = icc::sample(*b"CMYK");
    let metadata = Metadata { icc: Some(profile), ..Metadata::default() };
    segments::write(&inks(true), &metadata, &mut file);
    assert_eq!(decoded(&file).metadata.icc, color::srgb());
}

fn gradient() -> Picture {
    let samples =
        (0..96 * 64usize).flat_map(|i| [(i % 96 * 2) as u8, (i / 96 * 3) as u8, 90]).collect();
    Picture { width: 96, height: 64, channels: Channels::Rgb, samples: Samples::U8(samples) }
}

fn encoded() -> Vec<u8> {
    written(gradient())
}

fn written(picture: Picture) -> Vec<u8> {
    let (document, mut file) = (Document::still(&FORMAT, picture), Vec::new());
    formats::encode(&document, &Encoding::default(), &mut Pool::new(), &mut file).unwrap();
    file
}

/// The marker and the length of each segment before the scan.
fn segments(file: &[u8]) -> Vec<(u8, usize)> {
    let mut found = Vec::new();
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = file.get(at..at + 4) {
        let len = usize::from(u16::from_be_bytes([high, low]));
        found.push((marker, at));
        at += 2 + len;
    }
    found
}

#[test]
fn colour_is_written_with_half_the_chroma_both_ways() {
    let file = encoded();
    let frame =
        segments(&file).into_iter().find(|&(marker, _)| marker == 0xc0).map(|(_, at)| at).unwrap();
    let factors: Vec<u8> = (0..3).map(|i| file[frame + 11 + i * 3]).collect();
    assert_eq!(factors, [0x22, 0x11, 0x11]);
}

#[test]
fn missing_data_are_a_failure_and_say_how_much_is_there() {
    let file = encoded();
    let failure =
        decode(&file[..file.len() * 3 / 4], &Limits::default(), &mut Pool::new()).err().unwrap();
    assert_eq!(failure.kind, FailureKind::Damaged);
    assert!(failure.message.to_string().contains(" % "), "{}", failure.message);
}

#[test]
fn a_missing_end_mark_is_noted() {
    let file = encoded();
    let wanted = ["the JPEG has no end mark; its picture is complete"];
    assert_eq!(decoded(&file[..file.len() - 2]).notes, wanted);
}

#[test]
fn a_few_missing_pixels_are_noted() {
    let samples = vec![100; 800 * 800 * 3];
    let picture =
        Picture { width: 800, height: 800, channels: Channels::Rgb, samples: Samples::U8(samples) };
    let file = written(picture);
    let source = decoded(&file[..file.len() - 10]);
    assert!(
        source.notes.iter().any(|note| note.to_string().contains("missing")),
        "{:?}",
        source.notes
    );
}

#[test]
fn a_file_of_very_many_scans_is_too_large() {
    let samples = vec![100; 64 * 64 * 3];
    let file = libjpeg_turbo_rs::compress_progressive(
        &samples,
        64,
        64,
        PixelFormat::Rgb,
        75,
        Subsampling::S420,
    )
    .unwrap();
    let scan =
        segments(&file).into_iter().find(|&(marker, _)| marker == 0xda).map(|(_, at)| at).unwrap();
    let header_len = 2 + usize::from(u16::from_be_bytes([file[scan + 2], file[scan + 3]]));
    let header = &file[scan..scan + header_len];
    let mut bomb = file[..scan].to_vec();
    for _ in 0..1000 {
        bomb.extend_from_slice(header);
        bomb.push(0);
    }
    bomb.extend_from_slice(&file[scan..]);
    let failure = decode(&bomb, &Limits::default(), &mut Pool::new()).err().unwrap();
    assert_eq!(failure.kind, FailureKind::TooLarge);
}
