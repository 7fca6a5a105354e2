//! What jobs tell about themselves, for listings, archives and reports.

use std::path::PathBuf;

use lote_protocol::outcome::FailureKind;
use serde_json::{Value, json};

use super::Jobs;
use crate::live::shapes::AnyJob;
use crate::live::{Book, ImageRef};
use lote_engine::event::Status;
use lote_engine::lang::Text;

/// An output of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputRecord {
    /// Its id.
    pub id: String,
    /// The image's id.
    pub image: String,
    /// The image's name, with the folders below that of the job, for people.
    pub image_name: String,
    /// Its file name, for people.
    pub name: String,
    /// The image's number in the job.
    pub photo: usize,
    /// Its variant.
    pub variant: usize,
    /// How it has ended.
    pub status: Status,
    /// Its size.
    pub bytes: u64,
    /// Where it is, or would be.
    pub path: PathBuf,
    /// The folder of all outputs of its job.
    pub folder: PathBuf,
    /// The class of the failure.
    pub kind: Option<FailureKind>,
    /// What went wrong, one line.
    pub message: Option<Text>,
}

fn record(book: &Book, place: lote_engine::event::Place) -> Option<OutputRecord> {
    let end = book.end_of(place)?;
    let path = book.path(place);
    let ImageRef { id, name, folder } = &book.images[place.image];
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    Some(OutputRecord {
        id: book.output_id(place),
        image: id.clone(),
        image_name: folder + name,
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        photo: place.image,
        variant: place.variant,
        status: end.status,
        bytes: end.bytes,
        path,
        folder: book.plan.output_folder().to_owned(),
        kind: end.kind,
        message: end.message.clone(),
    })
}

impl Jobs {
    /// The outputs of a job that have ended, in the order of the images, then of the variants.
    pub fn outputs(&self, job: &str) -> Option<Vec<OutputRecord>> {
        self.booked(job, |book| book.all().filter_map(|(place, _)| record(book, place)).collect())
    }

    /// How many outputs of a job `wanted` accepts, and a page of those.
    pub fn outputs_page(
        &self,
        job: &str,
        wanted: impl Fn(usize, Status) -> bool,
        offset: usize,
        limit: usize,
    ) -> Option<(usize, Vec<OutputRecord>)> {
        self.booked(job, |book| {
            let mut total = 0;
            let mut page = Vec::new();
            for (place, end) in book.all() {
                if end.is_some_and(|end| wanted(place.variant, end.status)) {
                    if total >= offset && page.len() < limit {
                        page.extend(record(book, place));
                    }
                    total += 1;
                }
            }
            (total, page)
        })
    }

    /// What the book of a job says. One that was accepted and has not begun has no book, and nothing in it.
    pub(super) fn booked<T: Default>(&self, job: &str, told: impl FnOnce(&Book) -> T) -> Option<T> {
        let desk = self.desk();
        if !self.knows(&desk, job) {
            return None;
        }
        self.0.live.with(|model, _| Some(model.book(job).map(told).unwrap_or_default()))
    }

    /// The output of that id, if it can still be asked for.
    pub fn output(&self, id: &str) -> Option<OutputRecord> {
        self.0.live.with(|model, _| {
            let (book, place) = model.output(id)?;
            record(book, place)
        })
    }

    /// All jobs: those that are over in the order in which they began, the last one to begin, and
    /// those that wait.
    pub fn all(&self) -> Vec<AnyJob> {
        self.0.live.with(|model, t| model.jobs(t))
    }

    /// The job of that id as it is now.
    pub fn one(&self, job: &str) -> Option<AnyJob> {
        self.0.live.with(|model, t| model.any_job(job, t))
    }

    /// The job's name, for people.
    pub fn job_name(&self, job: &str) -> Option<String> {
        self.0.live.with(|model, t| Some(model.job_of(job, t)?.name))
    }

    /// The folder that the job's outputs go to.
    pub fn output_folder(&self, job: &str) -> Option<PathBuf> {
        self.0.live.with(|model, _| Some(model.book(job)?.plan.output_folder().to_owned()))
    }

    /// The job's report: the job, its failures, and the figures of `lote run --json`.
    pub fn report(&self, job: &str) -> Option<Value> {
        let (job, failures, quarantined, settings, ago_ms) = self.0.live.with(|model, t| {
            let book = model.book(job)?;
            let quarantined = book.counts().quarantined;
            let settings: Vec<_> = book.plan.variants.iter().map(ToString::to_string).collect();
            let job = model.job_of(job, t)?;
            let ago_ms = t - job.started_ms;
            Some((job, book.failures().collect::<Vec<_>>(), quarantined, settings, ago_ms))
        })?;
        let started = jiff::Timestamp::now().as_millisecond() - ago_ms as i64;
        let started = jiff::Timestamp::from_millisecond(started).ok();
        let started = started.map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string());
        let progress = &job.progress;
        let seconds = progress.elapsed_ms / 1000.0;
        let variants = job.variants.iter().zip(&progress.variants).map(|(variant, counts)| {
            let images = counts.ok + counts.failed;
            let work_ms = counts.work_ms + counts.decode_ms;
            json!({
                "variant": variant.name,
                "ok": counts.ok,
                "failed": counts.failed,
                "seconds": work_ms / 1000.0,
                "ms_per_image": (images > 0).then(|| work_ms / images as f64),
                "decode_seconds": counts.decode_ms / 1000.0,
                "cores": job.workers,
            })
        });
        let variants: Vec<_> = variants.collect();
        let spent = progress.variants.iter().map(|counts| counts.work_ms + counts.decode_ms);
        let work_ms: f64 = spent.sum();
        let capacity_ms = progress.elapsed_ms * f64::from(job.workers);
        Some(json!({
            "ok": progress.ok,
            "failed": progress.failed,
            "skipped": progress.skipped,
            "quarantined": quarantined,
            "cancelled": job.outputs - progress.done,
            "mode": job.mode,
            "workers": job.workers,
            "images_per_s": if seconds > 0.0 { progress.ok as f64 / seconds } else { 0.0 },
            "busy": if capacity_ms > 0.0 { (work_ms / capacity_ms).min(1.0) } else { 0.0 },
            "bytes": progress.written_bytes,
            "variants": variants,
            "seconds": seconds,
            "started": started,
            "settings": settings,
            "failures": failures,
            "job": job,
        }))
    }
}
