//! Several files of one picture, by the worker that makes them.

#![allow(clippy::unwrap_used, reason = "tests fail by panics")]

use std::fs::{self, File};
use std::path::Path;

use lote_imaging::formats::{Document, Format, JPEG, PNG, WEBP, decode, encode};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::FilterCall;
use lote_protocol::message::{Stage, Written};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::{Files, Limits, Order, Task};
use lote_worker::assets::Shelf;
use lote_worker::bench::{Bench, Progress};
use lote_worker::output::unwritable;
use lote_worker::task::run;

fn photo(format: &'static Format, quality: u8) -> Vec<u8> {
    let samples = (0..64 * 48 * 3_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 25) as u8 + 60);
    let samples = Samples::U8(samples.collect());
    let picture = Picture { width: 64, height: 48, channels: Channels::Rgb, samples };
    let encoding = Encoding { quality: Some(quality), ..Encoding::default() };
    let mut file = Vec::new();
    encode(&Document::still(format, picture), &encoding, &mut Pool::new(), &mut file).unwrap();
    file
}

fn order(variant: u32, filters: &[&str], encoding: Encoding) -> Order {
    let call = |filter: &&str| FilterCall { filter: (*filter).into(), params: [].into() };
    Order {
        variant,
        steps: filters.iter().map(call).collect(),
        durable: false,
        sha256: false,
        encoding,
    }
}

/// An output and its end.
type End = (u32, Result<Written, Failure>);

/// The stages that a task comes to, and the ends of its outputs, which are files beside the input that
/// are called by their variants; one that is there already cannot be made.
fn made(input: &Path, orders: Vec<Order>) -> (Vec<Stage>, Vec<End>) {
    let shelf = Shelf::default();
    let mut bench = Bench::new(Limits::default(), &shelf);
    let (mut stages, mut ends) = (Vec::new(), Vec::new());
    let output = |order: &Order| {
        let path = input.with_file_name(order.variant.to_string());
        File::create_new(path).map_err(|error| unwritable(&error))
    };
    let files = Files {
        input: Ok(File::open(input).unwrap()),
        outputs: orders.iter().map(output).collect(),
        assets: Vec::new(),
    };
    let task = Task { orders, ..Task::default() };
    run(&task, files, &mut bench, &mut |progress| match progress {
        Progress::Reached(stage) => stages.push(stage),
        Progress::Decoded => {}
        Progress::Ended { variant, result, .. } => ends.push((variant, result)),
    });
    (stages, ends)
}

fn to(format: &Format) -> Encoding {
    Encoding { format: Some(format.id), ..Encoding::default() }
}

#[test]
fn two_formats_of_one_picture_are_decoded_and_filtered_once() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("a.jpg");
    fs::write(&input, photo(&JPEG, 90)).unwrap();
    let order = |variant, filters: &[&str], format| order(variant, filters, to(format));
    let orders = vec![
        order(0, &["invertir", "grises"], &PNG),
        order(1, &["invertir", "grises"], &JPEG),
        order(2, &["sepia"], &WEBP),
    ];
    let (stages, ends) = made(&input, orders);
    let count = |stage| stages.iter().filter(|reached| **reached == stage).count();
    assert_eq!((count(Stage::Decode), count(Stage::Filter), count(Stage::Encode)), (1, 2, 3));
    assert_eq!(ends.len(), 3);
    assert!(ends.iter().all(|(_, result)| result.is_ok()), "{ends:?}");
    for (name, format) in [("0", &PNG), ("1", &JPEG), ("2", &WEBP)] {
        let file = fs::read(folder.path().join(name)).unwrap();
        let read = decode(&file, &Limits::default(), &mut Pool::new()).unwrap();
        assert_eq!(read.format, format);
    }
}

#[test]
fn a_file_that_cannot_be_written_leaves_the_others_of_its_picture_alone() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("a.jpg");
    fs::write(&input, photo(&JPEG, 90)).unwrap();
    fs::write(folder.path().join("0"), b"in the way").unwrap();
    let order = |variant, format| order(variant, &["grises"], to(format));
    let (_, ends) = made(&input, vec![order(0, &PNG), order(1, &JPEG)]);
    assert_eq!(ends[0].1.as_ref().unwrap_err().kind, FailureKind::Write);
    assert!(ends[1].1.is_ok());
}

#[test]
fn an_original_is_kept_where_nothing_changes_it_and_the_result_is_larger() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("a.jpg");
    let original = photo(&JPEG, 30);
    fs::write(&input, &original).unwrap();
    let keep = Encoding { quality: Some(100), keep_original: true, ..to(&JPEG) };
    let write = Encoding { keep_original: false, ..keep.clone() };
    let png = Encoding { format: Some(PNG.id), ..keep.clone() };
    let orders = vec![
        order(0, &[], keep.clone()),
        order(1, &["invertir"], keep),
        order(2, &[], write),
        order(3, &[], png),
    ];
    let (_, ends) = made(&input, orders);
    assert!(ends.iter().all(|(_, result)| result.is_ok()), "{ends:?}");
    let file = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(file("0"), original);
    for name in ["1", "2", "3"] {
        assert_ne!(file(name), original, "{name}");
    }
}
