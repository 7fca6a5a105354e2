//! The book of a job: how each of its outputs has ended, and the counts that follow from it.
//!
//! Every output is counted once, whatever is reported about it: counts can be trusted to the last
//! one, and go back only when outputs are opened again.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use lote_protocol::outcome::FailureKind;

use super::shapes::{Failure, Progress, VariantCounts};
use crate::said::Said;
use lote_engine::event::{OutputEnded, Place, Status};
use lote_engine::lang::Text;
use lote_engine::plan::{OutputState, Plan};

/// An image of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    /// Its id in the list of images.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// The folder that it is in, below that of the job, for people; may be empty.
    pub folder: String,
}

/// How an output has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// How.
    pub status: Status,
    /// Its size.
    pub bytes: u64,
    /// Time that was spent on it, with its share of decoding.
    pub ms: f64,
    /// That share.
    pub decode_ms: f64,
    /// How often a slot had begun with it.
    pub attempt: u32,
    /// The class of the failure.
    pub kind: Option<FailureKind>,
    /// What went wrong, one line.
    pub message: Option<Text>,
    /// What the worker wrote before it died.
    pub detail: Option<String>,
    /// The command that makes it alone, without the folders.
    pub reproduce: Option<String>,
}

/// The book of a job.
#[derive(Debug)]
pub struct Book {
    /// The job's id.
    pub job: String,
    /// What is to be done, all of it.
    pub plan: Arc<Plan>,
    /// The images of the plan.
    pub images: Vec<ImageRef>,
    /// Makes ids of outputs different from those of any other start of the server.
    instance: String,
    /// Image by image, variant by variant; `None` is open.
    ends: Vec<Option<End>>,
    /// Whether an image has been read.
    read: Vec<bool>,
    /// Counts, without the time.
    progress: Progress,
}

impl Book {
    /// With all outputs open. There is one image for each of the plan's.
    pub fn new(job: String, plan: Arc<Plan>, images: Vec<ImageRef>, instance: &str) -> Self {
        let variants = plan.variants.len();
        Self {
            ends: vec![None; images.len() * variants],
            read: vec![false; images.len()],
            progress: Progress {
                variants: vec![VariantCounts::default(); variants],
                ..Progress::default()
            },
            instance: instance.to_owned(),
            job,
            plan,
            images,
        }
    }

    /// Outputs in all.
    pub fn outputs(&self) -> usize {
        self.ends.len()
    }

    /// The counts, without the time.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Counts a task that was done again.
    pub fn count_redone(&mut self) {
        self.progress.redone += 1;
    }

    fn index(&self, place: Place) -> usize {
        place.image * self.plan.variants.len() + place.variant
    }

    fn place(&self, index: usize) -> Place {
        let variants = self.plan.variants.len();
        Place { image: index / variants, variant: index % variants }
    }

    /// The id of an output.
    pub fn output_id(&self, place: Place) -> String {
        format!("{}-{}-{}", self.instance, self.job, self.index(place))
    }

    /// The output of that id.
    pub fn find(&self, id: &str) -> Option<Place> {
        let own = id.strip_prefix(&self.instance)?.strip_prefix('-')?;
        let index = own.strip_prefix(&self.job)?.strip_prefix('-')?.parse().ok()?;
        (index < self.ends.len()).then(|| self.place(index))
    }

    /// Where an output is, or would be.
    pub fn path(&self, place: Place) -> PathBuf {
        self.plan.output(place.image, place.variant)
    }

    /// How an output has ended, if it has.
    pub fn end_of(&self, place: Place) -> Option<&End> {
        self.ends.get(self.index(place))?.as_ref()
    }

    /// All outputs, in the order of the images, then of the variants.
    pub fn all(&self) -> impl Iterator<Item = (Place, Option<&End>)> {
        self.ends.iter().enumerate().map(|(index, end)| (self.place(index), end.as_ref()))
    }

    /// The outputs that are open.
    pub fn open_places(&self) -> HashSet<Place> {
        self.all().filter(|(_, end)| end.is_none()).map(|(place, _)| place).collect()
    }

    /// Takes down what became of an output; whether that is news. What nobody tried, and what
    /// found no room on the disk, stays open.
    pub fn end(&mut self, ended: &OutputEnded) -> bool {
        let place = ended.place;
        let index = self.index(place);
        let Some(before) = self.ends.get(index) else { return false };
        let is_open = ended.untried || ended.kind == Some(FailureKind::NoSpace);
        // A run for a part of the outputs tells that it skips the others.
        let skipped_by_run = ended.status == Status::Skipped
            && *self.plan.state(place.image, place.variant) != OutputState::Skipped;
        // An output may be found missing after it had ended well; nothing else ends twice.
        let is_correction = before.as_ref().is_some_and(|end| end.status == Status::Ok)
            && ended.status == Status::Failed
            && ended.worker.is_none();
        if is_open || skipped_by_run || (before.is_some() && !is_correction) {
            return false;
        }
        if is_correction {
            self.open(place);
        }
        let detail = ended.last_words.join("\n");
        let end = End {
            status: ended.status,
            bytes: ended.bytes.unwrap_or(0),
            ms: ended.ms.unwrap_or(0.0),
            decode_ms: ended.decode_ms.unwrap_or(0.0),
            attempt: ended.attempt.unwrap_or(1),
            kind: ended.kind,
            message: ended.reason.clone(),
            detail: (!detail.is_empty()).then_some(detail),
            reproduce: ended.reproduce.clone(),
        };
        let image_bytes = self.plan.images[place.image].bytes;
        let counts = &mut self.progress.variants[place.variant];
        self.progress.done += 1;
        match end.status {
            Status::Ok => {
                counts.ok += 1;
                self.progress.ok += 1;
            }
            Status::Failed | Status::Quarantined => {
                counts.failed += 1;
                self.progress.failed += 1;
            }
            Status::Skipped => {
                counts.skipped += 1;
                self.progress.skipped += 1;
            }
        }
        if end.status != Status::Skipped {
            counts.work_ms += end.ms - end.decode_ms;
            counts.decode_ms += end.decode_ms;
            counts.read_bytes += image_bytes;
            counts.written_bytes += end.bytes;
            self.progress.written_bytes += end.bytes;
            if !std::mem::replace(&mut self.read[place.image], true) {
                self.progress.read_bytes += image_bytes;
            }
        }
        self.ends[index] = Some(end);
        true
    }

    /// Opens an output again, so that it counts no more.
    fn open(&mut self, place: Place) {
        let index = self.index(place);
        let Some(end) = self.ends.get_mut(index).and_then(Option::take) else { return };
        let counts = &mut self.progress.variants[place.variant];
        self.progress.done -= 1;
        match end.status {
            Status::Ok => {
                counts.ok -= 1;
                self.progress.ok -= 1;
            }
            Status::Failed | Status::Quarantined => {
                counts.failed -= 1;
                self.progress.failed -= 1;
            }
            Status::Skipped => {
                counts.skipped -= 1;
                self.progress.skipped -= 1;
            }
        }
        // The time was spent all the same, and stays.
        if end.status != Status::Skipped {
            counts.read_bytes -= self.plan.images[place.image].bytes;
            counts.written_bytes -= end.bytes;
            self.progress.written_bytes -= end.bytes;
        }
    }

    /// Opens those failed outputs again (`None`: all that failed); returns which.
    pub fn retry(&mut self, ids: Option<&[String]>) -> Vec<Place> {
        let failed = |end: Option<&End>| end.is_some_and(|end| end.status.is_failure());
        let mut places: Vec<Place> = match ids {
            None => self.all().filter(|(_, end)| failed(*end)).map(|(place, _)| place).collect(),
            Some(ids) => ids
                .iter()
                .filter_map(|id| self.find(id))
                .filter(|place| failed(self.end_of(*place)))
                .collect(),
        };
        places.sort_unstable();
        places.dedup();
        for place in &places {
            self.open(*place);
        }
        places
    }

    /// The failure of an output, if it failed.
    pub fn failure(&self, place: Place) -> Option<Failure> {
        let end = self.end_of(place)?;
        let image = &self.images[place.image];
        Some(Failure {
            output: self.output_id(place),
            image: image.id.clone(),
            name: image.name.clone(),
            variant: place.variant,
            kind: end.kind?,
            message: Said::new(end.message.clone().unwrap_or_default()),
            attempt: end.attempt,
            detail: end.detail.clone(),
            reproduce: end.reproduce.clone(),
        })
    }

    /// All failures.
    pub fn failures(&self) -> impl Iterator<Item = Failure> {
        self.all().filter_map(|(place, end)| {
            end?.status.is_failure().then(|| self.failure(place)).flatten()
        })
    }
}
