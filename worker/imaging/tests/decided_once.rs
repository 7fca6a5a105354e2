//! What filters decide from the content of a picture they decide once an animation, so that it does
//! not jump or flicker.

// A test that cannot go on fails.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use lote_imaging::filters::{Context, REGISTRY, Source, apply_all};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::filter::{Catalogue, FilterCall, Value};
use lote_protocol::task::Limits;

const SIDE: u32 = 60;

/// A square of stripes on a plain ground, further to the right and brighter with every frame.
fn frame(number: u32) -> Picture {
    let pixel = |x: u32, y: u32| {
        let left = 4 + number * 12;
        let inside = (left..left + 20).contains(&x) && (20..40).contains(&y);
        let stripe = if x % 4 < 2 { 40 } else { 90 + 30 * number };
        if inside { stripe as u8 } else { 20 }
    };
    let samples = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
    let samples = Samples::U8(samples.map(|(x, y)| pixel(x, y)).collect());
    Picture { width: SIDE, height: SIDE, channels: Channels::Gray, samples }
}

fn apply(filter: &str, params: &[(&str, &str)], frames: &[Picture]) -> Vec<Picture> {
    let params =
        params.iter().map(|(id, value)| ((*id).to_owned(), Value::Text((*value).into()))).collect();
    let filters: Vec<_> = REGISTRY.iter().map(|filter| &filter.spec).collect();
    let call = FilterCall { filter: filter.into(), params };
    let call = call.checked(&Catalogue { filters: &filters, formats: &[] }).unwrap();
    let sources = frames.iter().map(Source::Shared).collect();
    apply_all(sources, &[call], &Context::new(&Limits::default()), &mut Pool::new()).unwrap()
}

fn values(picture: &Picture) -> &[u8] {
    match &picture.samples {
        Samples::U8(samples) => samples,
        Samples::U16(_) => panic!("8 bits"),
    }
}

/// A frame in more light.
fn lit(number: u32) -> Picture {
    let picture = frame(number);
    let lit = values(&picture).iter().map(|value| value + 60 * number as u8).collect();
    Picture { samples: Samples::U8(lit), ..picture }
}

/// Whether each value of the frames becomes one and the same wherever it is.
fn is_one_curve(before: &[Picture], after: &[Picture]) -> bool {
    let mut curve = BTreeMap::new();
    before.iter().zip(after).all(|(before, after)| {
        values(before)
            .iter()
            .zip(values(after))
            .all(|(from, to)| *curve.entry(*from).or_insert(*to) == *to)
    })
}

#[test]
fn tones_are_changed_alike_in_all_frames() {
    let frames: Vec<_> = (0..2).map(lit).collect();
    for (filter, params) in [
        ("autocontraste", &[][..]),
        ("autocontraste", &[("corte", "5")][..]),
        ("ecualizar", &[][..]),
        ("umbral", &[("nivel", "otsu")][..]),
    ] {
        let together = apply(filter, params, &frames);
        assert!(is_one_curve(&frames, &together), "{filter}");
        // Each by itself would not be, or the test would show nothing.
        let alone: Vec<_> = frames
            .iter()
            .flat_map(|one| apply(filter, params, std::slice::from_ref(one)))
            .collect();
        let differs = together.iter().zip(&alone).any(|(together, alone)| together != alone);
        assert!(differs, "{filter}");
    }
}

#[test]
fn all_frames_are_cut_to_the_same_rectangle() {
    let frames: Vec<_> = (0..3).map(frame).collect();
    let cut = apply("bordes_fuera", &[], &frames);
    // From the first frame's left to the last one's right.
    let sizes: Vec<_> = cut.iter().map(|one| (one.width, one.height)).collect();
    assert_eq!(sizes, [(44, 20); 3]);

    let cropped = apply("recortar", &[("aspecto", "1:2"), ("gravedad", "interes")], &frames);
    let corner = |whole: &Picture, part: &Picture| {
        let row = part.width as usize;
        (0..=SIDE - part.width).find(|left| {
            (0..SIDE).all(|y| {
                let at = (y * SIDE + left) as usize;
                values(whole)[at..at + row] == values(part)[y as usize * row..][..row]
            })
        })
    };
    let corners: Vec<_> =
        frames.iter().zip(&cropped).map(|(whole, part)| corner(whole, part)).collect();
    assert!(corners[0].is_some() && corners.iter().all(|one| *one == corners[0]), "{corners:?}");
}

#[test]
fn noise_of_jpeg_on_all_four_sides_is_trimmed() {
    // A photo on paper, as a scanner and a strong JPEG leave it.
    let (width, height) = (300, 240);
    let paper = image::RgbImage::from_fn(width, height, |x, y| {
        let inside = (40..250).contains(&x) && (30..200).contains(&y);
        let noise = ((x * 7919 + y * 104_729) % 9) as u8;
        if inside { image::Rgb([x as u8, y as u8 / 2, 60]) } else { image::Rgb([236 + noise; 3]) }
    });
    for quality in [30, 60, 90] {
        let mut jpeg = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, quality);
        paper.write_with_encoder(encoder).unwrap();
        let read = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        let samples = Samples::U8(read.into_raw());
        let picture = Picture { width, height, channels: Channels::Rgb, samples };
        let [trimmed] = &apply("bordes_fuera", &[], &[picture])[..] else { panic!("one") };
        // What rings around the edge belongs to either.
        let (wide, high) = (trimmed.width, trimmed.height);
        assert!((210..=218).contains(&wide) && (170..=178).contains(&high), "{wide} {high}");
    }
}
