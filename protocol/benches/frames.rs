//! Messages in and out of bytes: `cargo bench -p lote-protocol`.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made is of no use")]

use divan::Bencher;
use divan::counter::ItemsCount;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::FilterCall;
use lote_protocol::frame;
use lote_protocol::message::{Command, Report, Size, Written};
use lote_protocol::task::{Files, Order, Task};

fn main() {
    divan::main();
}

/// A task with twelve outputs, as the master sends it.
fn command() -> Command {
    let order = |variant| Order {
        variant,
        steps: vec![FilterCall {
            filter: "blur".into(),
            params: [("radio".to_owned(), lote_protocol::filter::Value::Float(8.0))].into(),
        }],
        durable: false,
        sha256: false,
        encoding: Encoding::default(),
    };
    let task = Task {
        id: 17,
        name: "DSC_2400".into(),
        orders: (0..12).map(order).collect(),
        ..Task::default()
    };
    let files = Files { input: Ok(()), outputs: vec![Ok(()); 12], assets: Vec::new() };
    Command::Run { slot: 0, report_stages: false, task, files }
}

/// The end of an output, as a worker reports it.
fn report() -> Report {
    let size = Size { width: 6000, height: 4000 };
    let written = Written {
        bytes: 4_812_345,
        modified_ns: Some(1_790_000_000_123_456_789),
        sha256: None,
        size,
        source: size,
        notes: Vec::new(),
    };
    Report::Ended {
        slot: 0,
        task: 17,
        variant: 3,
        result: Ok(written),
        micros: 148_000,
        decode_micros: 40_000,
    }
}

#[divan::bench]
fn encode_task(bencher: Bencher<'_, '_>) {
    let (message, mut bytes) = (command(), Vec::new());
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        bytes.clear();
        frame::encode(&message, &mut bytes).unwrap();
        bytes.len()
    });
}

#[divan::bench]
fn encode_report(bencher: Bencher<'_, '_>) {
    let (message, mut bytes) = (report(), Vec::new());
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        bytes.clear();
        frame::encode(&message, &mut bytes).unwrap();
        bytes.len()
    });
}

#[divan::bench]
fn decode_report(bencher: Bencher<'_, '_>) {
    let mut bytes = Vec::new();
    frame::encode(&report(), &mut bytes).unwrap();
    let mut buffer = frame::FrameBuffer::new();
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        buffer.space().extend_from_slice(&bytes);
        buffer.take::<Report>().unwrap().unwrap()
    });
}
