//! Outputs that are made in one sweep over a picture's rows: filtered and encoded a band at a
//! time, so that the band is still in the cache when the next output reads it or the encoder does,
//! and no result is ever in memory as a whole.

use std::time::{Duration, Instant};

use lote_protocol::message::{Stage, Written};
use lote_protocol::outcome::Failure;
use lote_protocol::task::Order;

use lote_imaging::filters::Rows;
use lote_imaging::formats::{self, Document, JpegRows};
use lote_imaging::pool::TOGETHER;

use crate::bench::{Bench, Progress, build, guarded, size, write};

/// Makes those outputs that can be made so, with `share` as each one's part of the time that was
/// spent for all; returns the others. `pictures` are the files of each picture: one that becomes
/// several is filtered as a whole.
pub(crate) fn run<'a>(
    document: &Document,
    pictures: Vec<&'a [Order]>,
    share: Duration,
    bench: &mut Bench<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Vec<&'a [Order]> {
    let (mut left, mut group) = (Vec::new(), Vec::new());
    for files in pictures {
        let [order] = files else {
            left.push(files);
            continue;
        };
        let start = Instant::now();
        let begun = guarded(bench, |bench| Ok(Output::begin(document, order, bench)));
        match begun {
            Ok(Some(output)) => group.push(Output { elapsed: share + start.elapsed(), ..output }),
            // What it may have panicked about it will panic about again.
            Ok(None) | Err(_) => left.push(files),
        }
        if group.len() == TOGETHER {
            sweep(document, std::mem::take(&mut group), share, bench, progress);
        }
    }
    sweep(document, group, share, bench, progress);
    left
}

/// An output that is being made.
struct Output<'a> {
    order: &'a Order,
    rows: Box<dyn Rows + 'a>,
    file: JpegRows,
    elapsed: Duration,
    failure: Option<Failure>,
}

impl<'a> Output<'a> {
    fn begin(document: &'a Document, order: &'a Order, bench: &mut Bench<'_>) -> Option<Self> {
        let ([step], [frame]) = (&order.steps[..], &document.frames[..]) else { return None };
        if order.encoding.keep_original {
            return None;
        }
        let rows = build(step, bench).ok()?.by_rows(&frame.picture, &mut bench.pool)?;
        let to = bench.pool.file();
        let file = formats::encode_by_rows(document, rows.channels(), &order.encoding, to)?;
        Some(Self { order, rows, file, elapsed: Duration::ZERO, failure: None })
    }

    fn make_rows(
        &mut self,
        rows: std::ops::Range<usize>,
        width: usize,
        bench: &mut Bench<'_>,
        progress: &mut dyn FnMut(Progress),
    ) {
        progress(Progress::Reached(Stage::Filter));
        let mut band = bench.pool.bytes(rows.len() * width * self.rows.channels().count());
        self.rows.draw(rows, &mut band, &mut bench.pool);
        progress(Progress::Reached(Stage::Encode));
        self.file.push(&band);
        bench.pool.give_bytes(band);
    }

    fn finish(
        self,
        document: &Document,
        bench: &mut Bench<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Written, Failure> {
        let (bytes, notes) = self.file.finish();
        let size = size(document);
        let notes = document.notes.iter().cloned().chain(notes).collect();
        let written = match self.failure {
            Some(failure) => Err(failure),
            None => write(self.order, &bytes, bench, progress),
        };
        let written = written.map(|(bytes, modified_ns, sha256)| Written {
            bytes,
            modified_ns,
            sha256,
            size,
            source: size,
            notes,
        });
        bench.pool.give_file(bytes);
        written
    }
}

fn sweep(
    document: &Document,
    mut group: Vec<Output<'_>>,
    share: Duration,
    bench: &mut Bench<'_>,
    progress: &mut dyn FnMut(Progress),
) {
    let (width, height) = (size(document).width as usize, size(document).height as usize);
    let band = group.first().map_or(height, |output| output.file.rows_at_a_time());
    for start in (0..height).step_by(band) {
        let rows = start..(start + band).min(height);
        for output in group.iter_mut().filter(|output| output.failure.is_none()) {
            let begin = Instant::now();
            let made = guarded(bench, |bench| {
                output.make_rows(rows.clone(), width, bench, progress);
                Ok(())
            });
            output.failure = made.err();
            output.elapsed += begin.elapsed();
        }
    }
    for output in group {
        let (variant, elapsed, begin) = (output.order.variant, output.elapsed, Instant::now());
        let result = guarded(bench, |bench| output.finish(document, bench, progress));
        let elapsed = elapsed + begin.elapsed();
        progress(Progress::Ended { variant, result, elapsed, decode: share });
    }
}
