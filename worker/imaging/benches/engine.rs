//! Codec and filters, one core, on a picture of 4 megapixels: `cargo bench -p lote-imaging`.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made is of no use")]

use std::collections::BTreeMap;

use divan::Bencher;
use divan::counter::ItemsCount;
use lote_imaging::filters::{Context, REGISTRY, Source};
use lote_imaging::formats::{self as codec, ALL, Document, Format};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::Params;
use lote_protocol::task::Limits;

const WIDTH: u32 = 2400;
const HEIGHT: u32 = 1600;

fn main() {
    divan::main();
}

/// Waves with some noise: neither flat nor random, as photos are.
fn picture() -> Picture {
    let mut noise = 1_u32;
    let samples = (0..HEIGHT)
        .flat_map(|y| (0..WIDTH).map(move |x| (x as f32, y as f32)))
        .flat_map(|(x, y)| {
            [0.011, 0.017, 0.023].map(|step| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let wave = (x * step).sin() + (y * step * 0.7).cos();
                (wave.mul_add(55.0, 128.0) + (noise >> 28) as f32) as u8
            })
        })
        .collect();
    Picture { width: WIDTH, height: HEIGHT, channels: Channels::Rgb, samples: Samples::U8(samples) }
}

/// Items are pixels.
fn pixels() -> ItemsCount {
    ItemsCount::new(u64::from(WIDTH) * u64::from(HEIGHT))
}

fn encoded(format: &'static Format) -> Vec<u8> {
    let mut bytes = Vec::new();
    let document = Document::still(format, picture());
    codec::encode(&document, &Encoding::default(), &mut Pool::new(), &mut bytes).unwrap();
    bytes
}

#[divan::bench(args = ALL.iter().copied())]
fn decode(bencher: Bencher<'_, '_>, format: &'static Format) {
    let (bytes, mut pool) = (encoded(format), Pool::new());
    bencher.counter(pixels()).bench_local(|| {
        let document = codec::decode(&bytes, &Limits::default(), &mut pool).unwrap();
        for frame in document.frames {
            pool.give(frame.picture);
        }
    });
}

#[divan::bench(args = ALL.iter().copied())]
fn encode(bencher: Bencher<'_, '_>, format: &'static Format) {
    let (document, mut pool) = (Document::still(format, picture()), Pool::new());
    let mut bytes = Vec::new();
    bencher.counter(pixels()).bench_local(|| {
        bytes.clear();
        codec::encode(&document, &Encoding::default(), &mut pool, &mut bytes).unwrap();
        bytes.len()
    });
}

#[divan::bench(args = REGISTRY.iter().map(|registered| registered.spec.id))]
fn filter(bencher: Bencher<'_, '_>, id: &str) {
    let registered = REGISTRY.iter().find(|registered| registered.spec.id == id).unwrap();
    let filter = (registered.build)(
        &Params::new(&registered.spec, &BTreeMap::new()),
        &Context::new(&Limits::default()),
    )
    .unwrap();
    let (picture, mut pool) = (picture(), Pool::new());
    bencher.counter(pixels()).bench_local(|| {
        let result = filter.apply(Source::Shared(&picture), &mut pool).unwrap();
        pool.give(result);
    });
}
