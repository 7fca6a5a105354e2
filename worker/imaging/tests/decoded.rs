//! Files of other programs against what their reference decoders make of them
//! (`testdata/decoded/make.py`).

// A test that cannot go on fails.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use lote_imaging::formats::{self, ALL, Format, Gives};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::task::Limits;

/// The files, each beside a PNG of its name: what it shows.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/decoded");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.filter(|path| reference(path).exists()).collect();
    files.sort();
    files
}

fn reference(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".png");
    name.into()
}

fn decoded(file: &[u8]) -> formats::Document {
    formats::decode(file, &Limits::default(), &mut Pool::new()).unwrap()
}

/// How far samples may be off, of 255: the number behind `~` in a name, else not at all.
fn tolerance(path: &Path) -> f64 {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    stem.split_once('~').map_or(0.0, |(_, tolerance)| tolerance.parse().unwrap())
}

/// Four samples a pixel, 0.0..=255.0, whatever a picture has.
fn rgba(picture: &Picture) -> Vec<f64> {
    let samples: Vec<f64> = match &picture.samples {
        Samples::U8(samples) => samples.iter().map(|&v| f64::from(v)).collect(),
        Samples::U16(samples) => samples.iter().map(|&v| f64::from(v) / 257.0).collect(),
    };
    let pixel = |p: &[f64]| match picture.channels {
        Channels::Gray => [p[0], p[0], p[0], 255.0],
        Channels::GrayAlpha => [p[0], p[0], p[0], p[1]],
        Channels::Rgb => [p[0], p[1], p[2], 255.0],
        Channels::Rgba => [p[0], p[1], p[2], p[3]],
    };
    samples.chunks_exact(picture.channels.count()).flat_map(pixel).collect()
}

#[test]
fn headers_tell_the_size_that_is_shown() {
    for path in files() {
        let bytes = fs::read(&path).unwrap();
        let picture = &decoded(&bytes).frames[0].picture;
        let format = formats::sniff(&bytes);
        let formats::Sniffed::Known(format) = format else { panic!("{format:?}") };
        let told = format.size(&bytes[..bytes.len().min(20)], &mut File::open(&path).unwrap());
        assert_eq!(told, Some((picture.width, picture.height)), "{}", path.display());
    }
}

#[test]
fn every_file_shows_what_its_reference_decoder_shows() {
    let mut seen = BTreeSet::new();
    for path in files() {
        let name = path.file_name().unwrap().display();
        let ours = decoded(&fs::read(&path).unwrap());
        let reference = decoded(&fs::read(reference(&path)).unwrap());
        seen.insert(ours.format.id);
        let (ours, reference) = (&ours.frames[0].picture, &reference.frames[0].picture);
        let size = (reference.width, reference.height);
        assert_eq!((ours.width, ours.height), size, "{name}");
        let (ours, reference) = (rgba(ours), rgba(reference));
        let pixels = ours.as_chunks::<4>().0.iter().zip(reference.as_chunks::<4>().0);
        // The colour of what cannot be seen is free.
        let seen = pixels.filter(|(ours, theirs)| ours[3] > 0.0 || theirs[3] > 0.0);
        let difference = |(a, b): (&f64, &f64)| (a - b).abs();
        let most = seen
            .flat_map(|(ours, theirs)| ours.iter().zip(theirs).map(difference))
            .fold(0.0, f64::max);
        assert!(most <= tolerance(&path) + 1e-9, "{name}: samples differ by {most:.2}");
    }
    // The others have tests of their own beside their code, as have raw files, whose pictures are JPEG.
    let is_here = |format: &&&Format| format.gives != Gives::Itself && format.id.name() != "raw";
    for format in ALL.iter().filter(is_here) {
        assert!(seen.contains(&format.id), "no file for {}", format.name);
    }
}
