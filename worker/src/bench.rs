//! What a worker thread has at hand for the task that it is on, and what every way to make an output needs
//! of it.

use std::any::Any;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime};

use lote_protocol::digest::Digest;
use lote_protocol::filter::FilterCall;
use lote_protocol::lang::Text;
use lote_protocol::message::{Size, Stage, Written};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::{Limits, Order};
use lote_protocol::text;
use sha2::{Digest as _, Sha256};

use crate::assets::Shelf;
use crate::input::FileState;
use crate::output;
use lote_imaging::filters::{self, Assets, Context, Filter};
use lote_imaging::formats::Document;
use lote_imaging::pool::Pool;
use lote_imaging::text::Facts;

/// What happens while a task runs.
#[derive(Debug)]
pub enum Progress {
    /// It has come to this stage.
    Reached(Stage),
    /// Its image is decoded.
    Decoded,
    /// The output of this variant has come to its end.
    Ended {
        /// The variant.
        variant: u32,
        /// What became of it.
        result: Result<Written, Failure>,
        /// Time spent on it, with its share of reading and decoding.
        elapsed: Duration,
        /// That share.
        decode: Duration,
    },
}

/// What a worker thread keeps from task to task.
#[derive(Debug)]
pub struct Bench<'a> {
    /// What is too large to load.
    pub limits: Limits,
    /// Warm buffers.
    pub pool: Pool,
    /// Assets that came with this task and earlier ones.
    pub shelf: &'a Shelf,
    /// The files that the outputs of the task in hand go to, by variant.
    pub outputs: Vec<(u32, Result<File, Failure>)>,
    /// The files of the task in hand.
    pub assets: Assets,
    /// What is known of its image.
    pub facts: Facts,
    /// The file of the last task, if that was for one of its pages.
    pub(crate) kept: Option<Kept>,
}

/// A file that pages are made of, one a task: it is decoded once by each worker that gets them in turn.
#[derive(Debug)]
pub(crate) struct Kept {
    /// `None` where the system tells too little, so that it is no other task's.
    pub(crate) file: Option<FileState>,
    pub(crate) document: Document,
    pub(crate) modified: Option<SystemTime>,
}

impl<'a> Bench<'a> {
    /// A bench without a task.
    pub fn new(limits: Limits, shelf: &'a Shelf) -> Self {
        let (pool, assets, facts) = (Pool::new(), Assets::default(), Facts::default());
        Self { limits, pool, shelf, outputs: Vec::new(), assets, facts, kept: None }
    }
}

/// Makes a called filter ready.
pub(crate) fn build(call: &FilterCall, bench: &Bench<'_>) -> Result<Box<dyn Filter>, Failure> {
    let Bench { limits, assets, facts, .. } = bench;
    Ok(filters::build(call, &Context { limits, assets, facts })?)
}

/// Writes an encoded output; returns its size in bytes, its time, and its SHA-256 if that is wanted.
pub(crate) fn write(
    order: &Order,
    bytes: &[u8],
    bench: &mut Bench<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(u64, Option<i64>, Option<Digest>), Failure> {
    progress(Progress::Reached(Stage::Write));
    let place = bench.outputs.iter().position(|(variant, _)| *variant == order.variant);
    let place = place.ok_or_else(|| internal(text!("an output has no file")))?;
    let (_, file) = bench.outputs.swap_remove(place);
    let modified_ns = output::write(file?, bytes, order.durable)?;
    let sha256 = order.sha256.then(|| Digest(Sha256::digest(bytes).into()));
    Ok((bytes.len() as u64, modified_ns, sha256))
}

/// The size of a document's pictures, which is the same for all of them.
pub(crate) fn size(document: &Document) -> Size {
    document.frames.first().map_or_else(Size::default, |frame| Size {
        width: frame.picture.width,
        height: frame.picture.height,
    })
}

/// Runs `work`; a panic in it is that work's failure and nobody else's.
pub(crate) fn guarded<T>(
    bench: &mut Bench<'_>,
    work: impl FnOnce(&mut Bench<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(|| work(bench))).unwrap_or_else(|payload| {
        // Buffers that were out are lost with the panic; those that are in are whole.
        Err(internal(panic_message(payload.as_ref())))
    })
}

fn internal(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Panic, text!("defect in Lote: {}", what))
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message");
    text.lines().next().unwrap_or_default().to_owned()
}
