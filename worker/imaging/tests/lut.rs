//! `lut` against ffmpeg's `lut3d` (tetrahedral) and `lut1d` (linear), made with 16 bits
//! (`testdata/lut/make.py`).

// A test that cannot go on fails.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use lote_imaging::filters::{Asset, Assets, Context, Source, build};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_imaging::text::Facts;
use lote_protocol::filter::{FilterCall, Value};
use lote_protocol::task::Limits;

/// The largest difference to ffmpeg's result, in levels of 16 bits; on 8 bits it is that of rounding.
/// ffmpeg counts in single precision with a scale of its own.
const BOUND: u16 = 3;

fn testdata(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

fn with_table(picture: &Picture, name: &str) -> Picture {
    let file = format!("{name}.cube");
    let mut assets = Assets::default();
    let content = fs::read(testdata("lut").join(&file)).unwrap();
    assets.add(&file, Ok(Arc::new(Asset::new(content, 0))));
    let (limits, facts) = (Limits::default(), Facts::default());
    let context = Context { limits: &limits, assets: &assets, facts: &facts };
    let params = [("archivo".to_owned(), Value::Text(file.clone()))].into();
    let filter = build(&FilterCall { filter: "lut".into(), params }, &context).unwrap();
    filter.apply(Source::Shared(picture), &mut Pool::new()).unwrap()
}

#[test]
fn a_table_gives_what_ffmpeg_makes_with_it() {
    let input = image::open(testdata("golden/rgb.png")).unwrap().into_rgb8();
    let (width, height) = input.dimensions();
    for name in ["film", "curve"] {
        let expected = image::open(testdata("lut").join(format!("{name}.png"))).unwrap();
        let expected = expected.into_rgb16().into_raw();

        let samples = Samples::U16(input.iter().map(|value| u16::from(*value) * 257).collect());
        let picture = Picture { width, height, channels: Channels::Rgb, samples };
        let Samples::U16(made) = with_table(&picture, name).samples else { panic!("16 bits") };
        let worst = made.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= BOUND, "{name}: {worst}");

        let samples = Samples::U8(input.as_raw().clone());
        let picture = Picture { width, height, channels: Channels::Rgb, samples };
        let Samples::U8(made) = with_table(&picture, name).samples else { panic!("8 bits") };
        let rounded = expected.iter().map(|value| (u32::from(*value) + 128) / 257);
        let worst = made.iter().zip(rounded).map(|(a, b)| u32::from(*a).abs_diff(b)).max().unwrap();
        assert!(worst <= 1, "{name}: {worst}");
    }
}
