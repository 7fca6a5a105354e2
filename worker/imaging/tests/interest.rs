//! `recortar:gravedad=interes` on photos whose subjects a person has marked (`testdata/interest`).

// A test that cannot go on fails.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use lote_imaging::filters::{Context, REGISTRY, Source, build};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::filter::{Catalogue, FilterCall, Value};
use lote_protocol::task::Limits;

/// Left, top, right, bottom, px.
type Box = (u32, u32, u32, u32);

/// A photo, the part of it that is cropped from, the subject in the whole of it, and the proportions
/// that are asked for.
const CASES: &[(&str, Box, Box, &str)] = &[
    ("astronaut", (0, 0, 240, 240), (72, 8, 142, 88), "9:16"),
    ("astronaut", (0, 0, 240, 240), (72, 8, 142, 88), "4:5"),
    ("cat", (0, 0, 240, 160), (70, 45, 195, 145), "1:1"),
    ("cat", (0, 0, 240, 160), (70, 45, 110, 80), "16:9"),
    ("coffee", (0, 0, 240, 160), (68, 5, 165, 95), "1:1"),
    ("coffee", (0, 0, 240, 160), (68, 5, 165, 95), "4:5"),
    ("rocket", (0, 0, 240, 160), (112, 48, 128, 155), "1:1"),
    ("rocket", (0, 0, 240, 160), (112, 48, 128, 155), "9:16"),
];

/// As marking by eye is.
const TOLERANCE: u32 = 3;

fn photo(name: &str, part: Box, mirrored: bool) -> Picture {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/interest");
    let image = image::open(folder.join(format!("{name}.jpg"))).unwrap();
    let image = image.crop_imm(part.0, part.1, part.2 - part.0, part.3 - part.1);
    let image = if mirrored { image.fliph() } else { image };
    let (width, height) = (image.width(), image.height());
    let samples = Samples::U8(image.into_rgb8().into_raw());
    Picture { width, height, channels: Channels::Rgb, samples }
}

/// The picture's part that is left, found again in it.
fn cropped(picture: &Picture, gravity: &str, aspect: &str) -> Box {
    // Each pixel says where it was.
    let whole = crop(picture, gravity, aspect);
    let (Samples::U8(all), Samples::U8(part)) = (&picture.samples, &whole.samples) else {
        panic!("8 bits")
    };
    let row = whole.row_len();
    let matches = |left: u32, top: u32| {
        (0..whole.height).all(|y| {
            let at = ((top + y) * picture.width + left) as usize * 3;
            all[at..at + row] == part[y as usize * row..][..row]
        })
    };
    let mut corners = (0..=picture.height - whole.height)
        .flat_map(|top| (0..=picture.width - whole.width).map(move |left| (left, top)));
    let (left, top) = corners.find(|(left, top)| matches(*left, *top)).unwrap();
    (left, top, left + whole.width, top + whole.height)
}

fn crop(picture: &Picture, gravity: &str, aspect: &str) -> Picture {
    let params = [("gravedad", gravity), ("aspecto", aspect)];
    let params = params.map(|(id, value)| (id.to_owned(), Value::Text(value.into())));
    let filters: Vec<_> = REGISTRY.iter().map(|filter| &filter.spec).collect();
    let call = FilterCall { filter: "recortar".into(), params: params.into() };
    let call = call.checked(&Catalogue { filters: &filters, formats: &[] }).unwrap();
    let filter = build(&call, &Context::new(&Limits::default())).unwrap();
    filter.apply(Source::Shared(picture), &mut Pool::new()).unwrap()
}

#[test]
fn what_a_person_has_marked_is_in_what_is_left() {
    let mut missed = Vec::new();
    for &(name, part, subject, aspect) in CASES {
        for mirrored in [false, true] {
            let picture = photo(name, part, mirrored);
            let (x0, x1) = (subject.0 - part.0, subject.2 - part.0);
            let (x0, x1) =
                if mirrored { (picture.width - x1, picture.width - x0) } else { (x0, x1) };
            let (y0, y1) = (subject.1 - part.1, subject.3 - part.1);
            let (left, top, right, bottom) = cropped(&picture, "interes", aspect);
            let holds = left <= x0 + TOLERANCE
                && top <= y0 + TOLERANCE
                && x1 <= right + TOLERANCE
                && y1 <= bottom + TOLERANCE;
            if !holds {
                missed.push((name, part, aspect, mirrored, (left, top, right, bottom)));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}
