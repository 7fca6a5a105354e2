//! How long each filter takes on a picture, on one core.
//!
//! ```text
//! cargo run --release -p lote-imaging --example filter_times -- photo.jpg [CALL...] [--write DIR]
//! ```
//!
//! A call is a filter's name, and after colons its parameters: `redimensionar:porcentaje=25`;
//! without any, each filter is called with its defaults.
//!
//! Times are the least of several runs, in ms: on a shared source (one pass into a warm buffer)
//! and on an owned one (in place where the filter can). With `--write` the results are stored as
//! `DIR/<call>.png`, to be compared with another program's.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use lote_imaging::filters::{Context, Filter, REGISTRY, Source};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::filter::{Params, Value};
use lote_protocol::task::Limits;

const RUNS: usize = 7;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.iter().position(|argument| argument == "--write").map(|at| {
        arguments.remove(at);
        PathBuf::from(arguments.remove(at))
    });
    let input = image::open(arguments.remove(0)).unwrap().into_rgb8();
    let picture = Picture {
        width: input.width(),
        height: input.height(),
        channels: Channels::Rgb,
        samples: Samples::U8(input.into_raw()),
    };
    let megapixels = f64::from(picture.width) * f64::from(picture.height) / 1e6;
    println!("{} x {} px, {megapixels:.1} MP", picture.width, picture.height);
    println!("{:32} {:>8} {:>8}", "ms", "shared", "owned");

    let mut pool = Pool::new();
    if arguments.is_empty() {
        arguments = REGISTRY.iter().map(|registered| registered.spec.id.to_owned()).collect();
    }
    for call in arguments {
        let filter = build(&call);
        let (mut shared, mut owned) = (Duration::MAX, Duration::MAX);
        for _ in 0..RUNS {
            let start = Instant::now();
            let result = filter.apply(Source::Shared(&picture), &mut pool).unwrap();
            shared = shared.min(start.elapsed());
            pool.give(result);

            let copy = Source::Shared(&picture).into_owned(&mut pool);
            let start = Instant::now();
            let result = filter.apply(Source::Owned(copy), &mut pool).unwrap();
            owned = owned.min(start.elapsed());
            pool.give(result);
        }
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!("{call:32} {:8.1} {:8.1}", ms(shared), ms(owned));
        if let Some(folder) = &folder {
            let result = filter.apply(Source::Shared(&picture), &mut pool).unwrap();
            write(&result, &folder.join(format!("{call}.png")));
        }
    }
}

/// The filter of a call `ID[:PARAMETER=VALUE]...`.
fn build(call: &str) -> Box<dyn Filter> {
    let mut parts = call.split(':');
    let id = parts.next().unwrap();
    let registered = REGISTRY.iter().find(|registered| registered.spec.id == id).unwrap();
    let given: BTreeMap<_, _> = parts
        .map(|part| part.split_once('=').unwrap())
        .map(|(id, value)| (id.to_owned(), parse(value)))
        .collect();
    (registered.build)(&Params::new(&registered.spec, &given), &Context::new(&Limits::default()))
        .unwrap()
}

/// A number or a truth value if it looks like one, or else text.
fn parse(value: &str) -> Value {
    let number = value.parse().map(Value::Integer).or_else(|_| value.parse().map(Value::Float));
    number.or_else(|_| value.parse().map(Value::Bool)).unwrap_or_else(|_| Value::Text(value.into()))
}

fn write(picture: &Picture, path: &std::path::Path) {
    let (Channels::Gray | Channels::Rgb, Samples::U8(samples)) =
        (picture.channels, &picture.samples)
    else {
        panic!("{}: not RGB or gray at 8 bits", path.display());
    };
    let color = match picture.channels {
        Channels::Gray => image::ExtendedColorType::L8,
        _ => image::ExtendedColorType::Rgb8,
    };
    image::save_buffer(path, samples, picture.width, picture.height, color).unwrap();
}
