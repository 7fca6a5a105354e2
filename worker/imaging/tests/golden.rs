//! The filters against pictures that Pillow made (`testdata/golden/make.py`).

// A test that cannot go on fails.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lote_imaging::filters::{Context, REGISTRY, Source};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::filter::{Params, Value};
use lote_protocol::task::Limits;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden")
}

fn read(path: &Path) -> Picture {
    let image = image::open(path).unwrap();
    let (width, height) = (image.width(), image.height());
    let (channels, samples) = match image {
        image::DynamicImage::ImageLuma8(gray) => (Channels::Gray, gray.into_raw()),
        image::DynamicImage::ImageRgb8(rgb) => (Channels::Rgb, rgb.into_raw()),
        other => panic!("{}: {:?}", path.display(), other.color()),
    };
    Picture { width, height, channels, samples: Samples::U8(samples) }
}

/// The pictures `<input>+<filter>[+<parameter>=<value>...].png`: their parts and their paths.
fn cases() -> Vec<(Vec<String>, PathBuf)> {
    let mut cases: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "png"))
        .map(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            (stem.split('+').map(String::from).collect::<Vec<_>>(), path)
        })
        .filter(|(parts, _)| parts.len() > 1)
        .collect();
    cases.sort();
    cases
}

fn apply(input: &Picture, parts: &[String]) -> Picture {
    let filter = REGISTRY.iter().find(|filter| filter.spec.id == parts[1]).unwrap();
    let given: BTreeMap<_, _> = parts[2..]
        .iter()
        .map(|part| part.split_once('=').unwrap())
        .map(|(id, value)| (id.to_owned(), parse(value)))
        .collect();
    let built =
        (filter.build)(&Params::new(&filter.spec, &given), &Context { limits: &Limits::default() })
            .unwrap();
    built.apply(Source::Shared(input), &mut Pool::new()).unwrap()
}

/// A number or a truth value if it looks like one, or else a text.
fn parse(value: &str) -> Value {
    let number = value.parse().map(Value::Integer).or_else(|_| value.parse().map(Value::Float));
    number.or_else(|_| value.parse().map(Value::Bool)).unwrap_or_else(|_| Value::Text(value.into()))
}

/// Number of samples that differ.
fn differences(a: &Picture, b: &Picture) -> usize {
    let (Samples::U8(a), Samples::U8(b)) = (&a.samples, &b.samples) else {
        panic!("not 8 bits");
    };
    a.iter().zip(b).filter(|(a, b)| a != b).count()
}

#[test]
fn every_filter_gives_what_pillow_gives() {
    let mut seen = BTreeSet::new();
    for (parts, path) in cases() {
        let input = read(&folder().join(format!("{}.png", parts[0])));
        let (ours, pillow) = (apply(&input, &parts), read(&path));
        let name = path.file_name().unwrap().display();
        assert_eq!((ours.width, ours.height), (pillow.width, pillow.height), "{name}");
        assert_eq!(ours.channels, pillow.channels, "{name}");
        assert_eq!(differences(&ours, &pillow), 0, "{name}: samples that differ");
        seen.insert((parts[0].clone(), parts[1].clone()));
    }
    // The watermark is set in another font than Pillow's; its own tests say what it must do.
    for filter in REGISTRY.iter().filter(|filter| filter.spec.id != "marca_agua") {
        for input in ["gray", "rgb"] {
            let case = (input.to_owned(), filter.spec.id.to_owned());
            assert!(seen.contains(&case), "no golden picture for {case:?}");
        }
    }
}
