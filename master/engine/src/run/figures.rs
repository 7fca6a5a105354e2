//! The figures of a run, which follow from its outputs and from time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use lote_protocol::format::FormatId;

use super::notes::Notes;
use crate::event::{Mode, OutputEnded, Progress, Quarantined, Status, Summary, VariantSummary};
use crate::state::Outputs;

/// The rate of a run is that of this time.
const RATE_WINDOW: Duration = Duration::from_secs(10);

/// Nothing is said about the time to go before that time has passed.
const ETA_AFTER: Duration = Duration::from_secs(1);

/// The most outputs that were given up of which more is kept than how many.
const MAX_QUARANTINE: usize = 100;

/// All outputs of a run, and what is said of them.
#[derive(Debug)]
pub(super) struct RunFigures {
    /// The variants, and the formats that they are asked for in.
    names: Vec<(Arc<str>, Option<FormatId>)>,
    pub(super) outputs: Outputs<Status>,
    /// When how many outputs had ended, at most one entry per tenth of a second.
    history: VecDeque<(Duration, usize)>,
    quarantine: Vec<Quarantined>,
    notes: Notes,
}

impl RunFigures {
    /// Of these variants, and of no image yet.
    pub(super) fn new(names: Vec<(Arc<str>, Option<FormatId>)>) -> Self {
        Self {
            outputs: Outputs::new(0, names.len()),
            names,
            history: VecDeque::from([(Duration::ZERO, 0)]),
            quarantine: Vec::new(),
            notes: Notes::default(),
        }
    }

    pub(super) fn name(&self, variant: usize) -> Arc<str> {
        Arc::clone(&self.names[variant].0)
    }

    /// Takes down the end of an output of an image of so many bytes; `false` if it had ended before.
    pub(super) fn end(&mut self, ended: &OutputEnded, image_bytes: u64) -> bool {
        let is_news = self.outputs.end(ended, image_bytes);
        if is_news {
            self.notes.add(&ended.notes);
        }
        if is_news && ended.status == Status::Quarantined && self.quarantine.len() < MAX_QUARANTINE
        {
            self.quarantine.push(Quarantined {
                image: ended.image.clone(),
                variant: Arc::clone(&ended.variant),
                reason: ended.reason.as_ref().map(ToString::to_string).unwrap_or_default(),
                stderr: ended.last_words.clone(),
                reproduce: ended.reproduce.clone().unwrap_or_default(),
            });
        }
        is_news
    }

    pub(super) fn progress(&mut self, elapsed: Duration) -> Progress {
        let (total, done) = (self.outputs.total(), self.outputs.counts().done());
        while self.history.len() > 1 && elapsed.saturating_sub(self.history[1].0) >= RATE_WINDOW {
            self.history.pop_front();
        }
        let (since, before) = self.history[0];
        self.history.push_back((elapsed, done));
        let span = elapsed.saturating_sub(since).as_secs_f64();
        let images_per_s = if span > 0.0 { (done - before) as f64 / span } else { 0.0 };
        let known = elapsed >= ETA_AFTER && images_per_s > 0.0;
        Progress {
            done,
            total,
            percent: if total == 0 { 100.0 } else { done as f64 * 100.0 / total as f64 },
            elapsed_s: elapsed.as_secs_f64(),
            images_per_s,
            eta_s: known.then(|| (total - done) as f64 / images_per_s),
        }
    }

    /// How many outputs have not ended.
    pub(super) fn open(&self) -> usize {
        self.outputs.total() - self.outputs.counts().done()
    }

    /// What an output takes on average, bytes; `None` before the first.
    pub(super) fn mean_bytes(&self) -> Option<u64> {
        let counts = self.outputs.counts();
        counts.written_bytes.checked_div(counts.ok as u64)
    }

    /// The figures, but for those of workers.
    pub(super) fn summary(&self, elapsed: Duration, mode: Mode, slots: u32) -> Summary {
        let variants = self.names.iter().zip(self.outputs.by_variant());
        let variants = variants.map(|((name, format), counts)| {
            let images = counts.ok + counts.failed;
            let seconds = counts.work.as_secs_f64();
            VariantSummary {
                variant: Arc::clone(name),
                format: *format,
                ok: counts.ok,
                failed: counts.failed,
                seconds,
                ms_per_image: (images > 0).then(|| seconds * 1000.0 / images as f64),
                cores: slots,
            }
        });
        let counts = self.outputs.counts();
        let seconds = elapsed.as_secs_f64();
        Summary {
            counts,
            seconds,
            mode,
            workers: slots,
            images_per_s: if seconds > 0.0 { counts.ok as f64 / seconds } else { 0.0 },
            lost_workers: 0,
            busy: 0.0,
            bytes: counts.written_bytes,
            master_peak_bytes: None,
            workers_peak_bytes: None,
            sandbox: None,
            variants: variants.collect(),
            notes: self.notes.counts(),
            quarantine: self.quarantine.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Place;

    fn made(image: usize) -> OutputEnded {
        let blank = OutputEnded::open(Place { image, variant: 0 }, String::new(), "a".into());
        OutputEnded { status: Status::Ok, ..blank }
    }

    #[test]
    fn no_image_gives_no_time_per_image() {
        let figures = RunFigures::new(vec![("grises".into(), None), ("blur".into(), None)]);
        let summary = figures.summary(Duration::from_secs(1), Mode::Processes, 2);
        assert_eq!(summary.variants[0].ms_per_image, None);
    }

    #[test]
    fn the_rate_is_that_of_the_last_ten_seconds() {
        let mut figures = RunFigures::new(vec![("a".into(), None)]);
        figures.outputs.grow_to(1000);
        for image in 0..900 {
            figures.end(&made(image), 0);
        }
        figures.progress(Duration::from_secs(100));
        for image in 900..910 {
            figures.end(&made(image), 0);
        }
        let progress = figures.progress(Duration::from_secs(110));
        assert!((progress.images_per_s - 1.0).abs() < 1e-9, "{progress:?}");
        assert_eq!(progress.eta_s, Some(90.0));
    }
}
