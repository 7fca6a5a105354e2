//! Filters at work on one picture, for `bench/filters`, which compares their times with others'.
//!
//! ```text
//! filter_times PICTURE [ASSET...]
//! ```
//!
//! reads calls from standard input, one a line: `ID[:PARAMETER=VALUE[,PARAMETER=VALUE]...]`, as after `-f`. Each is applied to the
//! decoded picture once, and answered with the processor time that it took, in ns. Parameters that
//! name files find the assets by the names given here. A line `write PATH CALL` stores the samples
//! of the result instead, and is answered with its width, height and number of channels.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::io::stdin;
use std::sync::Arc;

use lote_imaging::filters::{Asset, Assets, Context, REGISTRY, Source, build};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_imaging::text::Facts;
use lote_protocol::filter::{Catalogue, FilterCall, VariantSpec};
use lote_protocol::task::Limits;
use rustix::time::{ClockId, clock_gettime};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let input = image::open(arguments.next().unwrap()).unwrap().into_rgb8();
    let picture = Picture {
        width: input.width(),
        height: input.height(),
        channels: Channels::Rgb,
        samples: Samples::U8(input.into_raw()),
    };
    let mut assets = Assets::default();
    for path in arguments {
        assets.add(&path, Ok(Arc::new(Asset::new(fs::read(&path).unwrap(), 0))));
    }
    let (limits, facts) = (Limits::default(), Facts::default());
    let context = Context { limits: &limits, assets: &assets, facts: &facts };
    let mut pool = Pool::new();
    let mut apply = |call: &str| {
        let call = parse(call);
        let start = processor_ns();
        let filter = build(&call, &context).unwrap();
        let result = filter.apply(Source::Shared(&picture), &mut pool).unwrap();
        let spent = processor_ns() - start;
        let written = (result.width, result.height, result.channels.count());
        let samples = match &result.samples {
            Samples::U8(samples) => samples.clone(),
            Samples::U16(_) => panic!("16 bits a sample of 8"),
        };
        pool.give(result);
        (spent, written, samples)
    };
    for line in stdin().lines() {
        let line = line.unwrap();
        if let Some(rest) = line.strip_prefix("write ") {
            let (path, call) = rest.split_once(' ').unwrap();
            let (_, (width, height, channels), samples) = apply(call);
            fs::write(path, samples).unwrap();
            println!("{width} {height} {channels}");
        } else {
            println!("{}", apply(&line).0);
        }
    }
}

/// The call, checked as the command line checks it.
fn parse(call: &str) -> FilterCall {
    let specs: Vec<_> = REGISTRY.iter().map(|registered| &registered.spec).collect();
    let catalogue = Catalogue { filters: &specs, formats: &[] };
    VariantSpec::parse(&format!("x={call}"), &catalogue).unwrap().steps.remove(0)
}

/// Processor time of this process, ns.
fn processor_ns() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
