//! What became of every output, and the figures that follow from it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use lote_protocol::format::FormatId;

use super::notes::Notes;
use crate::event::{Mode, OutputEnded, Progress, Quarantined, Status, Summary, VariantSummary};

/// The rate of a run is that of this time.
const RATE_WINDOW: Duration = Duration::from_secs(10);

/// Nothing is said about the time to go before that time has passed.
const ETA_AFTER: Duration = Duration::from_secs(1);

/// The most outputs that were given up of which more is kept than how many.
const MAX_QUARANTINE: usize = 100;

#[derive(Debug, Clone, Default)]
struct Variant {
    ok: usize,
    failed: usize,
    work: Duration,
}

/// All outputs of a run.
#[derive(Debug)]
pub(super) struct Outputs {
    /// The variants, and the formats that they are asked for in.
    names: Vec<(Arc<str>, Option<FormatId>)>,
    variants: Vec<Variant>,
    /// How each output has ended: image by image, variant by variant.
    ended: Vec<Option<Status>>,
    done: usize,
    skipped: usize,
    cancelled: usize,
    repeated: usize,
    quarantined: usize,
    bytes: u64,
    /// When how many outputs had ended, at most one entry per tenth of a second.
    history: VecDeque<(Duration, usize)>,
    quarantine: Vec<Quarantined>,
    pub(super) notes: Notes,
}

impl Outputs {
    /// Of these variants, and of no image yet.
    pub(super) fn new(names: Vec<(Arc<str>, Option<FormatId>)>) -> Self {
        Self {
            variants: vec![Variant::default(); names.len()],
            ended: Vec::new(),
            names,
            done: 0,
            skipped: 0,
            cancelled: 0,
            repeated: 0,
            quarantined: 0,
            bytes: 0,
            history: VecDeque::from([(Duration::ZERO, 0)]),
            quarantine: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// Has the outputs of so many images.
    pub(super) fn grow_to(&mut self, images: usize) {
        self.ended.resize(images * self.names.len(), None);
    }

    pub(super) fn name(&self, variant: usize) -> Arc<str> {
        Arc::clone(&self.names[variant].0)
    }

    /// Books the end of an output; `false` if it had ended before.
    pub(super) fn end(
        &mut self,
        image: usize,
        variant: usize,
        status: Status,
        work: Duration,
        bytes: u64,
    ) -> bool {
        let ended = &mut self.ended[image * self.names.len() + variant];
        if ended.is_some() {
            return false;
        }
        *ended = Some(status);
        self.done += 1;
        self.bytes += bytes;
        let figures = &mut self.variants[variant];
        figures.work += work;
        match status {
            Status::Ok => figures.ok += 1,
            Status::Failed => figures.failed += 1,
            Status::Quarantined => {
                figures.failed += 1;
                self.quarantined += 1;
            }
            Status::Skipped => self.skipped += 1,
        }
        true
    }

    /// Takes down what is to be known of an output that was given up.
    pub(super) fn note_quarantine(&mut self, ended: &OutputEnded) {
        if self.quarantine.len() < MAX_QUARANTINE {
            self.quarantine.push(Quarantined {
                image: ended.image.clone(),
                variant: Arc::clone(&ended.variant),
                reason: ended.reason.as_ref().map(ToString::to_string).unwrap_or_default(),
                stderr: ended.last_words.clone(),
                reproduce: ended.reproduce.clone().unwrap_or_default(),
            });
        }
    }

    /// Takes an output that had ended well for failed: it is not there any more.
    pub(super) fn revoke(&mut self, variant: usize) {
        let figures = &mut self.variants[variant];
        figures.ok -= 1;
        figures.failed += 1;
    }

    /// Counts an output that has been booked as good among those that needed another attempt.
    pub(super) fn count_repeated(&mut self) {
        self.repeated += 1;
    }

    /// Counts an output that has been booked as skipped among those that were not started.
    pub(super) fn count_cancelled(&mut self) {
        self.cancelled += 1;
    }

    pub(super) fn progress(&mut self, elapsed: Duration) -> Progress {
        let total = self.ended.len();
        while self.history.len() > 1 && elapsed.saturating_sub(self.history[1].0) >= RATE_WINDOW {
            self.history.pop_front();
        }
        let (since, before) = self.history[0];
        self.history.push_back((elapsed, self.done));
        let span = elapsed.saturating_sub(since).as_secs_f64();
        let images_per_s = if span > 0.0 { (self.done - before) as f64 / span } else { 0.0 };
        let known = elapsed >= ETA_AFTER && images_per_s > 0.0;
        Progress {
            done: self.done,
            total,
            percent: if total == 0 { 100.0 } else { self.done as f64 * 100.0 / total as f64 },
            elapsed_s: elapsed.as_secs_f64(),
            images_per_s,
            eta_s: known.then(|| (total - self.done) as f64 / images_per_s),
        }
    }

    /// The outputs that nobody has accounted for, as image and variant. There are none unless
    /// Lote has a defect.
    pub(super) fn missing(&self) -> Vec<(usize, usize)> {
        self.ended_as(None)
    }

    /// How many outputs have not ended.
    pub(super) fn open(&self) -> usize {
        self.ended.len() - self.done
    }

    /// What an output takes on average, bytes; `None` before the first.
    pub(super) fn mean_bytes(&self) -> Option<u64> {
        let made = self.variants.iter().map(|variant| variant.ok as u64).sum();
        self.bytes.checked_div(made)
    }

    /// The outputs that ended well, as image and variant.
    pub(super) fn ended_well(&self) -> Vec<(usize, usize)> {
        self.ended_as(Some(Status::Ok))
    }

    fn ended_as(&self, status: Option<Status>) -> Vec<(usize, usize)> {
        let variants = self.names.len().max(1);
        let all = self.ended.iter().enumerate().filter(|(_, ended)| **ended == status);
        all.map(|(index, _)| (index / variants, index % variants)).collect()
    }

    /// The figures, but for those of workers.
    pub(super) fn summary(&self, elapsed: Duration, mode: Mode, slots: u32) -> Summary {
        let variants: Vec<_> = self
            .names
            .iter()
            .zip(&self.variants)
            .map(|((name, format), figures)| {
                let images = figures.ok + figures.failed;
                let seconds = figures.work.as_secs_f64();
                VariantSummary {
                    variant: Arc::clone(name),
                    format: *format,
                    ok: figures.ok,
                    failed: figures.failed,
                    seconds,
                    ms_per_image: (images > 0).then(|| seconds * 1000.0 / images as f64),
                    cores: slots,
                }
            })
            .collect();
        let ok = variants.iter().map(|variant| variant.ok).sum();
        let seconds = elapsed.as_secs_f64();
        Summary {
            ok,
            failed: variants.iter().map(|variant| variant.failed).sum(),
            skipped: self.skipped,
            quarantined: self.quarantined,
            repeated: self.repeated,
            cancelled: self.cancelled,
            seconds,
            mode,
            workers: slots,
            images_per_s: if seconds > 0.0 { ok as f64 / seconds } else { 0.0 },
            lost_workers: 0,
            busy: 0.0,
            bytes: self.bytes,
            master_peak_bytes: None,
            workers_peak_bytes: None,
            sandbox: None,
            variants,
            notes: self.notes.counts(),
            quarantine: self.quarantine.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs() -> Outputs {
        let mut outputs = Outputs::new(vec![("grises".into(), None), ("blur".into(), None)]);
        outputs.grow_to(3);
        outputs
    }

    #[test]
    fn an_output_is_booked_once() {
        let mut outputs = outputs();
        let second = Duration::from_secs(1);
        assert!(outputs.end(0, 1, Status::Ok, second, 10));
        assert!(!outputs.end(0, 1, Status::Failed, second, 10));
        let summary = outputs.summary(second, Mode::Processes, 2);
        assert_eq!((summary.ok, summary.failed, summary.bytes), (1, 0, 10));
        assert_eq!(outputs.missing().len(), 5);
    }

    #[test]
    fn no_image_gives_no_time_per_image() {
        let summary = outputs().summary(Duration::from_secs(1), Mode::Processes, 2);
        assert_eq!(summary.variants[0].ms_per_image, None);
    }

    #[test]
    fn the_rate_is_that_of_the_last_ten_seconds() {
        let mut outputs = Outputs::new(vec![("a".into(), None)]);
        outputs.grow_to(1000);
        for image in 0..900 {
            outputs.end(image, 0, Status::Ok, Duration::ZERO, 0);
        }
        outputs.progress(Duration::from_secs(100));
        for image in 900..910 {
            outputs.end(image, 0, Status::Ok, Duration::ZERO, 0);
        }
        let progress = outputs.progress(Duration::from_secs(110));
        assert!((progress.images_per_s - 1.0).abs() < 1e-9, "{progress:?}");
        assert_eq!(progress.eta_s, Some(90.0));
    }
}
