//! Jobs that are on record in the output folder. One that broke off when the server last ended is
//! offered again: it is shown as a cancelled one is, with all that was done, and can be continued. Others
//! are listed, and shown again when somebody wants to see them.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use lote_protocol::outcome::FailureKind;
use lote_protocol::text;
use serde_json::json;

use super::commands::MAX_WAITING;
use super::prepare::Spec;
use super::request::JobRequest;
use super::{JobError, Jobs, Todo};
use crate::images::Selection;
use crate::live::Book;
use crate::live::shapes::{Job, JobState, Level};
use lote_engine::event::{OutputEnded, Place, Status};
use lote_engine::job::Options;
use lote_engine::journal::{
    self, By, Entry, Header, How, Outcome, Past, Records, ServedJob, in_use, newest, read_all,
};
use lote_engine::lang::Text;
use lote_engine::plan::{Done, OutputState, Plan};

impl Jobs {
    /// The last job of any server with this output folder, if it has not come to its end and nobody
    /// is at work on it. Blocks.
    pub fn broken_off(&self) -> Option<Past> {
        let last = self.folders().filter_map(|folder| newest(&folder)).filter(is_of_servers);
        let last = last.max_by_key(|past| past.header.started_ms)?;
        let is_open = matches!(last.end, None | Some(How::Interrupted));
        (is_open && !in_use(&last.path)).then_some(last)
    }

    /// The jobs of any server with this output folder that are on record, the newest first, but for
    /// the one that is shown and those that somebody is at work on. Blocks.
    pub fn history(&self) -> Vec<Past> {
        let shown = self.desk().last.as_ref().and_then(|spec| spec.record.path());
        let all = self.folders().flat_map(|folder| read_all(&folder)).filter(is_of_servers);
        let mut all: Vec<_> =
            all.filter(|past| shown.as_ref() != Some(&past.path) && !in_use(&past.path)).collect();
        all.sort_by_key(|past| Reverse(past.header.started_ms));
        all
    }

    /// Forgets what is on record of a job; its outputs stay. Blocks.
    pub fn forget(&self, past: &Past) -> io::Result<()> {
        fs::remove_file(&past.path)
    }

    /// The output folder and those in it.
    fn folders(&self) -> impl Iterator<Item = PathBuf> + use<> {
        let output = &self.0.config.output;
        let below = fs::read_dir(output).into_iter().flatten().flatten();
        let below = below.map(|entry| entry.path()).filter(|path| path.is_dir());
        std::iter::once(output.clone()).chain(below)
    }

    /// Has a job of the server before wait again, until somebody wants anything begun. Blocks.
    pub fn wait_again(&self, request: JobRequest, images: Selection) -> Result<(), JobError> {
        request.check(self.0.config.max_workers)?;
        let id = {
            let mut desk = self.desk();
            desk.jobs_so_far += 1;
            format!("j{}", desk.jobs_so_far)
        };
        let spec = self.prepare(id, request, images)?;
        let mut desk = self.desk();
        if desk.waiting.len() >= MAX_WAITING || desk.is_closed {
            return Err(JobError::not_now("queue_full", text!("too many jobs wait already")));
        }
        // Somebody may have begun something meanwhile.
        desk.is_held = !desk.is_busy();
        desk.waiting.push_back(Todo::Job(Box::new(Spec { has_waited: true, ..spec })));
        self.tell_queue(&desk);
        self.0.news.notify_one();
        Ok(())
    }

    /// Offers a job that broke off, which ran on these images, unless there is another one already.
    /// Blocks.
    pub fn restore(&self, past: Past, images: Selection) -> Result<(), JobError> {
        match self.bring_back(past, images, true) {
            Ok(_) | Err(JobError::NotFound | JobError::NotNow { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Shows a job again, which ran on these images, and tells what had been asked for. Blocks.
    pub fn show(&self, past: Past, images: Selection) -> Result<JobRequest, JobError> {
        self.bring_back(past, images, false)
    }

    /// Has a job of former days be the one that is shown. `is_first`: it is the one that broke off.
    fn bring_back(
        &self,
        past: Past,
        images: Selection,
        is_first: bool,
    ) -> Result<JobRequest, JobError> {
        let request =
            asked_for(&past.header, self.0.config.max_workers).ok_or(JobError::NotFound)?;
        request.check(self.0.config.max_workers)?;
        let output = request.output_folder(&self.0.config.output);
        let records = Records::new(&output, vec![past.clone()]);
        let mut spec = self.prepare_with(String::new(), request, images, Some(&records))?;
        let mut desk = self.desk();
        if (is_first && desk.jobs_so_far > 0) || desk.is_busy() || desk.is_closed {
            return Err(JobError::not_now("job_runs", text!("a job is running")));
        }
        desk.jobs_so_far += 1;
        spec.id = format!("j{}", desk.jobs_so_far);
        let given = past.header.fleet.as_ref().filter(|_| is_first).map(|fleet| fleet.job.clone());
        // The fleet has gone on with it: so does this server.
        let goes_on = given.is_some() && spec.fleet.is_ok();
        spec.record = super::prepare::JobRecord::past(past.path, given);
        let spec = Arc::new(spec);
        let book = fill(spec.book(self.0.live.instance()), &past.header, &past.entries);
        desk.last = Some(Arc::clone(&spec));
        let settings = serde_json::to_value(&spec.request).unwrap_or_default();
        self.0.live.with(|model, t| {
            let args = json!({ "done": book.progress().done, "total": book.outputs() });
            let is_whole = book.open_places().is_empty();
            let state =
                if is_whole && !is_first { JobState::Finished } else { JobState::Cancelled };
            let job = spec.job(t);
            // Pages are told that it is over, and not first that it begins.
            let over = |job| Job { state, ended_ms: Some(t), broke_off: is_first, ..job };
            let job = if goes_on { job } else { over(job) };
            model.begin_job(job, book, settings, t);
            model.recall_failures();
            if goes_on || !is_first {
                return;
            }
            let message = "a job broke off when the server ended; it can be continued".into();
            model.notice(Level::Warn, "job_restored", args, message, t);
        });
        let request = spec.request.clone();
        if goes_on {
            self.again(&mut desk, spec);
        }
        Ok(request)
    }
}

/// Whether a page had asked for it.
fn is_of_servers(past: &Past) -> bool {
    past.header.by == By::Serve && past.header.page.is_some()
}

/// What a page had asked for.
fn asked_for(header: &Header, max_workers: u32) -> Option<JobRequest> {
    let ServedJob { folder, .. } = header.page.clone()?;
    let options = Options { folder, ..header.options.clone() };
    Some(JobRequest::of(&header.variants, &header.exceptions, &options, max_workers))
}

/// The book of a job with all that is on record of it and still so.
fn fill(mut book: Book, header: &Header, entries: &[Entry]) -> Book {
    let plan = Arc::clone(&book.plan);
    let mut last: HashMap<journal::Output, &Outcome> = HashMap::new();
    let variants = header.variants_by_file();
    for entry in entries {
        if let Some(variant) = variants.get(entry.variant) {
            last.insert((entry.image.0.clone(), entry.page, variant.label()), &entry.outcome);
        }
    }
    for image in 0..plan.images.len() {
        for variant in 0..plan.variants.len() {
            let outcome = last.get(&journal::output(&plan, image, variant)).copied();
            if let Some(ended) = ended(&plan, Place { image, variant }, outcome) {
                book.end(&ended);
            }
        }
    }
    book
}

/// How an output has ended, if it has.
fn ended(plan: &Plan, place: Place, outcome: Option<&Outcome>) -> Option<OutputEnded> {
    let variant = plan.variants[place.variant].name.as_str();
    let image = plan.images[place.image].name.display().to_string();
    let blank = OutputEnded::open(place, image, variant.into());
    let failed = |kind: Option<FailureKind>, reason: Option<Text>| OutputEnded {
        status: Status::Failed,
        kind,
        reason,
        ..blank.clone()
    };
    match (plan.state(place.image, place.variant), outcome) {
        (OutputState::Done(Done { bytes, .. }), _) => {
            Some(OutputEnded { status: Status::Ok, bytes: Some(*bytes), ..blank })
        }
        (OutputState::Skipped, _) => Some(blank),
        (OutputState::Failed(failure), _) => {
            Some(failed(Some(failure.kind), Some(failure.message.clone())))
        }
        (
            OutputState::Planned { .. },
            Some(Outcome::Failed { quarantined, kind, reason, text }),
        ) => {
            // Journals of earlier versions have it in English only.
            let said = text.clone().or_else(|| reason.clone().map(Text::from));
            let status = if *quarantined { Status::Quarantined } else { Status::Failed };
            Some(OutputEnded {
                status,
                ..failed(*kind, said.map(|said| said.map(crate::redact::text)))
            })
        }
        // It has changed since, or was never tried.
        (OutputState::Planned { .. }, _) => None,
    }
}
