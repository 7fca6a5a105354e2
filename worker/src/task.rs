//! A task from the file to its outputs.

use std::fs::File;
use std::time::{Duration, Instant, SystemTime};

use lote_protocol::carry::{Keep, Profile};
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::{FilterCall, Value};
use lote_protocol::message::{Size, Stage, Written};
use lote_protocol::outcome::Failure;
use lote_protocol::task::{Files, Order, Page, Task};
use lote_protocol::text;

use crate::bench::{Bench, Kept, Progress, build, guarded, size, write};
use crate::{input, sweep};
use lote_imaging::filters::{self, Context, Source};
use lote_imaging::formats::{self, Document, Frame};
use lote_imaging::text::Facts;

/// Runs a task on its files: the image is decoded once, and every order ends exactly once, in turn. A
/// panic is caught and becomes a failure.
pub fn run(task: &Task, files: Files, bench: &mut Bench<'_>, progress: &mut dyn FnMut(Progress)) {
    let start = Instant::now();
    let variants = task.orders.iter().map(|order| order.variant);
    bench.outputs = variants.zip(files.outputs).collect();
    bench.shelf.keep(files.assets);
    let input = files.input;
    let loaded = guarded(bench, |bench| load(task, input, bench, progress));
    bench.assets = bench.shelf.assets(&task.assets);
    bench.facts = Facts::default();
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(failure) => {
            let share = share(start.elapsed(), task);
            for order in &task.orders {
                let result = Err(failure.clone());
                progress(Progress::Ended {
                    variant: order.variant,
                    result,
                    elapsed: share,
                    decode: share,
                });
            }
            return;
        }
    };
    progress(Progress::Decoded);
    let Loaded { mut document, original, modified } = loaded;
    let original = original.as_deref();
    let has_fields = |value: &Value| matches!(value, Value::Text(text) if text.contains('{'));
    let mut steps = task.orders.iter().flat_map(|order| &order.steps);
    if steps.any(|step| step.params.values().any(has_fields)) {
        bench.facts = Facts::new(&document, modified, task.name.clone(), task.number);
    }
    let (converted, kept): (Vec<_>, Vec<_>) = task
        .orders
        .chunk_by(|one, other| one.steps == other.steps && profile(one) == profile(other))
        .partition(|files| files.first().is_some_and(|file| profile(file) == Profile::Srgb));
    if converted.is_empty() || kept.is_empty() {
        if !converted.is_empty() {
            formats::to_srgb(&mut document, &mut bench.pool);
        }
        let share = share(start.elapsed(), task);
        let all = if kept.is_empty() { converted } else { kept };
        return make_all(document, all, original, share, bench, progress);
    }
    let share = share(start.elapsed(), task);
    make_all(document.clone(), kept, original, share, bench, progress);
    formats::to_srgb(&mut document, &mut bench.pool);
    make_all(document, converted, original, share, bench, progress);
}

/// The colours that an order's picture is in.
fn profile(order: &Order) -> Profile {
    order.encoding.carry.profile
}

/// Makes the files of a document's pictures, with `share` as each one's part of the time that was
/// spent for all. `original` is the file itself, where an output may be a copy of it.
fn make_all(
    document: Document,
    pictures: Vec<&[Order]>,
    original: Option<&[u8]>,
    share: Duration,
    bench: &mut Bench<'_>,
    progress: &mut dyn FnMut(Progress),
) {
    let mut left = sweep::run(&document, pictures, share, bench, progress);
    // The last one has the picture to itself, which is of use to those that work in place.
    left.sort_by_key(|files| {
        let first = files.first().and_then(|file| file.steps.first());
        first.is_some_and(|step| build(step, bench).is_ok_and(|filter| filter.is_in_place()))
    });
    let mut document = Some(document);
    for (index, files) in left.iter().enumerate() {
        // An input that may stay as it is has to be compared with the result.
        let last = index + 1 == left.len() && original.is_none();
        let source = if last { document.take().map(Box::new).map(Work::Last) } else { None };
        let Some(work) = source.or_else(|| document.as_ref().map(Work::Shared)) else { break };
        make(work, files, original, share, bench, progress);
    }
    for frame in document.into_iter().flat_map(|document| document.frames) {
        bench.pool.give(frame.picture);
    }
}

/// The decoded file as an order gets it.
enum Work<'a> {
    /// Further orders need it.
    Shared(&'a Document),
    /// This order is the last one.
    Last(Box<Document>),
}

/// Each output's share of the time that was spent for all.
fn share(elapsed: Duration, task: &Task) -> Duration {
    elapsed / u32::try_from(task.orders.len().max(1)).unwrap_or(u32::MAX)
}

/// An input that has been read.
struct Loaded {
    document: Document,
    /// The file itself, if an output may be a copy of it.
    original: Option<Vec<u8>>,
    /// When it was last changed.
    modified: Option<SystemTime>,
}

fn load(
    task: &Task,
    input: Result<File, Failure>,
    bench: &mut Bench<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Loaded, Failure> {
    let kept = bench.kept.take();
    if let Some(page) = task.page {
        return load_page(page, kept, input, bench, progress);
    }
    progress(Progress::Reached(Stage::Read));
    let mut bytes = bench.pool.file();
    let read = input.and_then(|file| input::read(file, &bench.limits, &mut bytes));
    let document = read.and_then(|modified| {
        progress(Progress::Reached(Stage::Decode));
        Ok((formats::decode(&bytes, &bench.limits, &mut bench.pool)?, modified))
    });
    let may_stay = task.orders.iter().any(|order| order.encoding.keep_original);
    let original = if may_stay {
        Some(bytes)
    } else {
        bench.pool.give_file(bytes);
        None
    };
    let (document, modified) = document?;
    Ok(Loaded { document, original, modified })
}

/// Loads one of the pages of a file, which may have been decoded for another one.
fn load_page(
    page: Page,
    kept: Option<Kept>,
    input: Result<File, Failure>,
    bench: &mut Bench<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Loaded, Failure> {
    progress(Progress::Reached(Stage::Read));
    let input = input?;
    let state = input::state(&input);
    let same = kept.filter(|kept| kept.file.is_some() && kept.file == state);
    let kept = if let Some(kept) = same {
        kept
    } else {
        let mut bytes = bench.pool.file();
        let modified = input::read(input, &bench.limits, &mut bytes)?;
        progress(Progress::Reached(Stage::Decode));
        let document = formats::decode(&bytes, &bench.limits, &mut bench.pool)?;
        bench.pool.give_file(bytes);
        Kept { file: state, document, modified }
    };
    let document = kept.document.page(page.number, page.of);
    let modified = kept.modified;
    if page.number < page.of {
        bench.kept = Some(kept);
    }
    Ok(Loaded { document: document?, original: None, modified })
}

/// Makes files of one picture: it is filtered once, and each file ends once.
fn make(
    work: Work<'_>,
    files: &[Order],
    original: Option<&[u8]>,
    share: Duration,
    bench: &mut Bench<'_>,
    progress: &mut dyn FnMut(Progress),
) {
    let start = Instant::now();
    let steps = files.first().map_or(&[][..], |file| &file.steps);
    let (source, before) = match &work {
        Work::Shared(document) => (size(document), Some(*document)),
        Work::Last(document) => (size(document), None),
    };
    progress(Progress::Reached(Stage::Filter));
    let filtered = guarded(bench, |bench| filter(work, steps, bench));
    let each = share + start.elapsed() / u32::try_from(files.len()).unwrap_or(u32::MAX);
    for file in files {
        let start = Instant::now();
        let result = filtered.as_ref().map_err(Clone::clone).and_then(|document| {
            let copy = original
                .filter(|_| file.encoding.keep_original)
                .filter(|_| before.is_some_and(|before| stays(before, document, file)));
            guarded(bench, |bench| encode(document, source, file, copy, bench, progress))
        });
        let elapsed = each + start.elapsed();
        progress(Progress::Ended { variant: file.variant, result, elapsed, decode: share });
    }
    for frame in filtered.into_iter().flat_map(|document| document.frames) {
        bench.pool.give(frame.picture);
    }
}

/// Whether the input is as good an output: nothing has changed its picture, and it is of the format
/// that is wanted.
fn stays(before: &Document, after: &Document, file: &Order) -> bool {
    let Encoding { format: wanted, carry, .. } = &file.encoding;
    wanted.is_none_or(|format| format == before.format.id)
        // Whoever has metadata changed, or colours converted, wants no original.
        && (carry.metadata, carry.profile) == (Keep::default(), Profile::default())
        && carry.set.is_empty()
        && before.is_as_stored
        && before.frames == after.frames
}

/// Encodes a picture and writes it, or `copy` if that is smaller.
fn encode(
    document: &Document,
    source: Size,
    file: &Order,
    copy: Option<&[u8]>,
    bench: &mut Bench<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Written, Failure> {
    progress(Progress::Reached(Stage::Encode));
    let mut bytes = bench.pool.file();
    let encoded = formats::encode(document, &file.encoding, &mut bench.pool, &mut bytes);
    let written = encoded.and_then(|more| {
        let (content, notes) = match copy.filter(|copy| copy.len() < bytes.len()) {
            Some(copy) => (copy, vec![text!("the original was kept: the result is larger")]),
            None => (&bytes[..], document.notes.iter().cloned().chain(more).collect()),
        };
        let (bytes, modified_ns, sha256) = write(file, content, bench, progress)?;
        Ok(Written { bytes, modified_ns, sha256, size: size(document), source, notes })
    });
    bench.pool.give_file(bytes);
    written
}

/// Applies the steps to every frame.
fn filter(
    work: Work<'_>,
    steps: &[FilterCall],
    bench: &mut Bench<'_>,
) -> Result<Document, Failure> {
    let is_uneven = match &work {
        Work::Shared(document) => document.is_uneven(),
        Work::Last(document) => document.is_uneven(),
    };
    let turns = |step: &&FilterCall| build(step, bench).is_ok_and(|step| step.swaps_sides());
    let is_turned = is_uneven && steps.iter().filter(turns).count() % 2 == 1;
    let Bench { limits, assets, facts, pool, .. } = bench;
    let context = Context { limits, assets, facts };
    let mut filtered = match work {
        Work::Shared(document) => {
            let sources = document.frames.iter().map(|frame| Source::Shared(&frame.picture));
            let pictures = filters::apply_all(sources.collect(), steps, &context, pool)?;
            let frames = pictures.into_iter().zip(&document.frames);
            let frames = frames
                .map(|(picture, Frame { delay_ms, .. })| Frame { picture, delay_ms: *delay_ms });
            Document {
                frames: frames.collect(),
                format: document.format,
                is_as_stored: document.is_as_stored,
                lossless: document.lossless,
                stored: document.stored,
                chroma: document.chroma,
                left_out: document.left_out.clone(),
                loops: document.loops,
                metadata: document.metadata.clone(),
                pages: document.pages.clone(),
                notes: document.notes.clone(),
            }
        }
        Work::Last(document) => {
            let document = *document;
            let delays: Vec<_> = document.frames.iter().map(|frame| frame.delay_ms).collect();
            let sources = document.frames.into_iter().map(|frame| Source::Owned(frame.picture));
            let pictures = filters::apply_all(sources.collect(), steps, &context, pool)?;
            let frames = pictures.into_iter().zip(delays);
            let frames = frames.map(|(picture, delay_ms)| Frame { picture, delay_ms }).collect();
            Document { frames, ..document }
        }
    };
    if is_turned {
        filtered.turn_resolution();
    }
    Ok(filtered)
}
