//! The filters against pictures that Pillow and other references made (`testdata/golden/make.py`).

// A test that cannot go on fails.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lote_imaging::filters::{Context, REGISTRY, Source, build, result_size};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::filter::{Catalogue, FilterCall, Value};
use lote_protocol::message::Size;
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

/// The pictures `<input>+<filter>[+<parameter>=<value>...][~].png`: their parts, whether samples may
/// differ by 1, and their paths.
fn cases() -> Vec<(Vec<String>, bool, PathBuf)> {
    let mut cases: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "png"))
        .map(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let (call, nearly) = stem.strip_suffix('~').map_or((stem, false), |call| (call, true));
            (call.split('+').map(String::from).collect::<Vec<_>>(), nearly, path)
        })
        .filter(|(parts, ..)| parts.len() > 1)
        .collect();
    cases.sort();
    cases
}

fn apply(input: &Picture, parts: &[String]) -> Picture {
    let filter = REGISTRY.iter().find(|filter| filter.spec.id == parts[1]).unwrap();
    let written = parts[2..].iter().map(|part| part.split_once('=').unwrap());
    let params = written.map(|(id, value)| (id.to_owned(), Value::Text(value.into()))).collect();
    let call = FilterCall { filter: parts[1].clone(), params };
    let filters = [&filter.spec];
    let specs = Catalogue { filters: &filters, formats: &[] };
    let call = call.checked(&specs).unwrap();
    let built = build(&call, &Context::new(&Limits::default())).unwrap();
    let result = built.apply(Source::Shared(input), &mut Pool::new()).unwrap();
    let size = Size { width: input.width, height: input.height };
    let largest = result_size(&[call], size, &Limits::default()).unwrap().largest();
    assert!(result.width <= largest.width && result.height <= largest.height, "{parts:?}");
    result
}

/// The largest difference between samples.
fn difference(a: &Picture, b: &Picture) -> u8 {
    let (Samples::U8(a), Samples::U8(b)) = (&a.samples, &b.samples) else {
        panic!("not 8 bits");
    };
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn every_filter_gives_what_its_reference_gives() {
    let mut seen = BTreeSet::new();
    for (parts, nearly, path) in cases() {
        let input = read(&folder().join(format!("{}.png", parts[0])));
        let (ours, pillow) = (apply(&input, &parts), read(&path));
        let name = path.file_name().unwrap().display();
        assert_eq!((ours.width, ours.height), (pillow.width, pillow.height), "{name}");
        assert_eq!(ours.channels, pillow.channels, "{name}");
        let (difference, most) = (difference(&ours, &pillow), u8::from(nearly));
        assert!(difference <= most, "{name}: samples differ by {difference}");
        seen.insert((parts[0].clone(), parts[1].clone()));
    }
    // The watermark is set in another font than Pillow's, the temperature has no reference,
    // logos and tables are files, and
    // what is trimmed has borders; their own tests say what they must do.
    let apart = ["marca_agua", "temperatura", "bordes_fuera", "logo", "lut"];
    for filter in REGISTRY.iter().filter(|filter| !apart.contains(&filter.spec.id)) {
        for input in ["gray", "rgb"] {
            let case = (input.to_owned(), filter.spec.id.to_owned());
            assert!(seen.contains(&case), "no golden picture for {case:?}");
        }
    }
}
