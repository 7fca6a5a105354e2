//! The book of a job: how each of its outputs has ended, and the counts that follow from it.
//!
//! Every output is counted once, whatever is reported about it: counts can be trusted to the last
//! one, and go back only when outputs are opened again.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use lote_protocol::message::Size;
use lote_protocol::outcome::FailureKind;

use super::shapes::{Failure, Progress, Step};
use crate::said::Said;
use lote_engine::event::{OutputCounts, OutputEnded, Place, Status};
use lote_engine::lang::Text;
use lote_engine::plan::{OutputState, Plan};
use lote_engine::state::{Outputs, Remembered};

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
    /// Sizes of its picture and of its image's, where a worker has told them.
    pub sizes: Option<[Size; 2]>,
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

impl From<&OutputEnded> for End {
    fn from(ended: &OutputEnded) -> Self {
        let detail = ended.last_words.join("\n");
        Self {
            status: ended.status,
            bytes: ended.bytes.unwrap_or(0),
            sizes: ended.sizes,
            ms: ended.ms.unwrap_or(0.0),
            decode_ms: ended.decode_ms.unwrap_or(0.0),
            attempt: ended.attempt.unwrap_or(1),
            kind: ended.kind,
            message: ended.reason.clone(),
            detail: (!detail.is_empty()).then_some(detail),
            reproduce: ended.reproduce.clone(),
        }
    }
}

impl Remembered for End {
    fn status(&self) -> Status {
        self.status
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }
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
    outputs: Outputs<End>,
    /// Whether an image has been read.
    read: Vec<bool>,
    /// Size of those.
    read_bytes: u64,
    /// Tasks that were done again.
    redone: usize,
}

impl Book {
    /// With all outputs open. There is one image for each of the plan's.
    pub fn new(job: String, plan: Arc<Plan>, images: Vec<ImageRef>, instance: &str) -> Self {
        Self {
            outputs: Outputs::new(images.len(), plan.variants.len()),
            read: vec![false; images.len()],
            read_bytes: 0,
            redone: 0,
            instance: instance.to_owned(),
            job,
            plan,
            images,
        }
    }

    /// Outputs in all.
    pub fn outputs(&self) -> usize {
        self.outputs.total()
    }

    /// The counts of all outputs.
    pub fn counts(&self) -> OutputCounts {
        self.outputs.counts()
    }

    /// The counts as pages see them, without the time.
    pub fn progress(&self) -> Progress {
        let counts = self.counts();
        Progress {
            done: counts.done(),
            ok: counts.ok,
            failed: counts.failed,
            skipped: counts.skipped,
            redone: self.redone,
            elapsed_ms: 0.0,
            read_bytes: self.read_bytes,
            written_bytes: counts.written_bytes,
            variants: self.outputs.by_variant().iter().map(Into::into).collect(),
        }
    }

    /// Counts a task that was done again.
    pub fn count_redone(&mut self) {
        self.redone += 1;
    }

    /// A variant's steps as an image has them, where an exception is made for it.
    pub fn own_steps(&self, Place { image, variant }: Place) -> Option<Vec<Step>> {
        let special = self.plan.has_exception(image, variant);
        special.then(|| self.plan.variant(image, variant).steps.iter().map(Step::from).collect())
    }

    /// The id of an output.
    pub fn output_id(&self, place: Place) -> String {
        format!("{}-{}-{}", self.instance, self.job, self.outputs.index(place))
    }

    /// The output of that id.
    pub fn find(&self, id: &str) -> Option<Place> {
        let own = id.strip_prefix(&self.instance)?.strip_prefix('-')?;
        let index = own.strip_prefix(&self.job)?.strip_prefix('-')?.parse().ok()?;
        self.outputs.place(index)
    }

    /// Where an output is, or would be.
    pub fn path(&self, place: Place) -> PathBuf {
        self.plan.output(place.image, place.variant)
    }

    /// How an output has ended, if it has.
    pub fn end_of(&self, place: Place) -> Option<&End> {
        self.outputs.get(place)
    }

    /// All outputs, in the order of the images, then of the variants.
    pub fn all(&self) -> impl Iterator<Item = (Place, Option<&End>)> {
        self.outputs.all()
    }

    /// The outputs that are open.
    pub fn open_places(&self) -> HashSet<Place> {
        self.outputs.open().collect()
    }

    /// Takes down what became of an output; whether that is news. What nobody tried, and what
    /// found no room on the disk, stays open.
    pub fn end(&mut self, ended: &OutputEnded) -> bool {
        let place = ended.place;
        let Some(image) = self.plan.images.get(place.image) else { return false };
        let before = self.outputs.get(place).map(|end| end.status);
        let is_open = ended.untried || ended.kind == Some(FailureKind::NoSpace);
        // A run for a part of the outputs tells that it skips the others.
        let skipped_by_run = ended.status == Status::Skipped
            && *self.plan.state(place.image, place.variant) != OutputState::Skipped;
        if is_open || skipped_by_run {
            return false;
        }
        // An output may be found missing after it had ended well; nothing else ends twice.
        if before == Some(Status::Ok) && ended.status == Status::Failed && ended.worker.is_none() {
            self.outputs.reopen(place, image.bytes);
        }
        let is_news = self.outputs.end(ended, image.bytes);
        if is_news
            && ended.status != Status::Skipped
            && !std::mem::replace(&mut self.read[place.image], true)
        {
            self.read_bytes += image.bytes;
        }
        is_news
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
            self.outputs.reopen(*place, self.plan.images[place.image].bytes);
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
