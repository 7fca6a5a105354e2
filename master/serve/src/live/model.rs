//! What all pages see: a pure reducer of events and times. No clock, no disk, no connection.
//!
//! Whatever changes is also noted as a [`Change`], so that the changes since a snapshot lead from
//! that snapshot to the next. Jobs begin and end here; lanes are in [`super::lanes`], outputs in
//! [`super::outputs`], and the test that kills a worker in [`super::isolation`].

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use lote_protocol::lang::Text;
use serde_json::Value;

use super::book::Book;
use super::history::History;
use super::shapes::{
    AnyJob, Change, Compare, Fleet, Isolation, Job, JobState, Lanes, Level, Notice, Pause,
    Progress, QueuedJob, Watch,
};
use super::stopwatch::Stopwatch;
use super::totals::Totals;
use crate::redact;
use crate::said::Trouble;
use lote_engine::event::{Afar, Event, OutputEnded, Place, WorkerState};
use lote_engine::plan::Plan;

const KEPT_NOTICES: usize = 50;
/// Outputs can be asked for until the second next job starts.
const KEPT_BOOKS: usize = 2;
/// So many jobs are remembered, with nothing but their figures.
const KEPT_JOBS: usize = 1000;

/// The run that a job is in: a job that is continued or tried again has several.
#[derive(Debug)]
pub(super) struct CurrentRun {
    pub(super) plan: Arc<Plan>,
    /// Number of the first task, so that numbers are not used twice within a job.
    pub(super) first_task: u32,
}

/// The state.
#[derive(Debug)]
pub struct Model {
    pub(super) job: Option<Job>,
    /// Those before it as they ended, the last one last.
    past: VecDeque<Job>,
    pub(super) queue: Vec<QueuedJob>,
    /// The last one is the job's.
    pub(super) books: VecDeque<Book>,
    stopwatch: Stopwatch,
    pub(super) run: Option<CurrentRun>,
    next_task: u32,
    pub(super) lanes: Lanes,
    pub(super) history: History,
    pub(super) notices: VecDeque<Notice>,
    /// By task: what happened to the workers that it was lost with.
    pub(super) lost_with: HashMap<u32, Vec<(u32, Text)>>,
    /// Workers that are dead and not replaced yet: when, and of what.
    pub(super) dead: HashMap<u32, (f64, Text)>,
    /// Images that were given up with their worker.
    pub(super) quarantined: HashSet<usize>,
    pub(super) images: Value,
    pub(super) settings: Option<Value>,
    pub(super) compare: Compare,
    pub(super) isolation: Isolation,
    pub(super) watches: Vec<Watch>,
    /// Those of the fleet, if there is one.
    pub(super) machines: Option<Machines>,
    /// When workers of other machines did what was last told of them.
    pub(super) told: HashMap<u32, f64>,
    /// Images that other machines were lost with.
    pub(super) redoing: HashSet<usize>,
    /// Whether one of the changes is an output that is there.
    pub(super) has_told_output: bool,
    /// Tasks that the isolation test interrupted, with their images.
    pub(super) interrupted: Option<HashMap<u32, usize>>,
    pub(super) repeated: Repeated,
    next_notice: u64,
    totals: Totals,
    changes: Vec<Change>,
    progress_changed: bool,
}

/// What has changed since the last time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// The counts of the job, if they changed.
    pub progress: Option<Progress>,
    /// What happened, in order.
    pub events: Vec<Change>,
}

/// The machines, and what they have made.
#[derive(Debug, Default)]
pub(super) struct Machines {
    pub(super) fleet: Fleet,
    /// Outputs on record by machine: all, and as it was at the last looks.
    pub(super) made: HashMap<String, (u64, VecDeque<(f64, u64)>)>,
}

/// What is to be compared when all that a test broke is whole again.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    /// Tells one test from the next.
    pub(super) number: u64,
    /// The job whose tasks they are.
    pub(super) job: Option<String>,
    /// Outputs of the tasks that were done again.
    pub(super) places: Vec<Place>,
    /// How far the comparison is.
    pub(super) proof: ProofState,
}

/// How far a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ProofState {
    #[default]
    NotYet,
    /// The worker had nothing in hand when it died: there is nothing to compare.
    Missed,
    Wanted,
    Taken,
}

impl Model {
    /// Nothing has happened, and the list of images is that one.
    pub fn new(images: Value) -> Self {
        Self {
            job: None,
            past: VecDeque::new(),
            queue: Vec::new(),
            books: VecDeque::new(),
            stopwatch: Stopwatch::default(),
            run: None,
            next_task: 1,
            lanes: Lanes::default(),
            history: History::default(),
            notices: VecDeque::new(),
            lost_with: HashMap::new(),
            dead: HashMap::new(),
            quarantined: HashSet::new(),
            images,
            settings: None,
            compare: Compare::default(),
            isolation: Isolation::default(),
            watches: Vec::new(),
            machines: None,
            told: HashMap::new(),
            redoing: HashSet::new(),
            has_told_output: false,
            interrupted: None,
            repeated: Repeated::default(),
            next_notice: 1,
            totals: Totals::default(),
            changes: Vec::new(),
            progress_changed: false,
        }
    }

    pub(super) fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// What has happened since the start.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// The worker processes that there are: how many, and the memory that they take, bytes.
    pub fn workers(&self) -> (usize, u64) {
        let mut processes: Vec<_> = self
            .lanes
            .iter()
            .filter(|lane| lane.pid != 0 && lane.machine.is_none())
            .map(|lane| (lane.pid, lane.memory_bytes))
            .collect();
        processes.sort_unstable();
        processes.dedup_by_key(|(pid, _)| *pid);
        (processes.len(), processes.iter().map(|(_, bytes)| bytes).sum())
    }

    /// How many jobs wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// How many outputs of the job have not ended; 0 unless it is at work.
    pub fn open(&self) -> usize {
        let at_work = self.job.as_ref().is_some_and(|job| job.state.is_live());
        let book = self.books.back().filter(|_| at_work);
        book.map_or(0, |book| book.outputs() - book.counts().done())
    }

    /// The job.
    pub fn job(&self) -> Option<&Job> {
        self.job.as_ref()
    }

    /// The book of a job whose outputs can still be asked for.
    pub fn book(&self, job: &str) -> Option<&Book> {
        self.books.iter().rev().find(|book| book.job == job)
    }

    /// The book and place of an output.
    pub fn output(&self, id: &str) -> Option<(&Book, Place)> {
        self.books.iter().find_map(|book| Some((book, book.find(id)?)))
    }

    /// The job's counts at `t`.
    pub fn progress(&self, t: f64) -> Option<Progress> {
        let elapsed_ms = (self.stopwatch.read(t) * 10.0).round() / 10.0;
        self.job.as_ref()?;
        let book = self.books.back()?;
        Some(Progress { elapsed_ms, ..book.progress() })
    }

    /// The job as it is at `t`.
    pub fn job_at(&self, t: f64) -> Option<Job> {
        let progress = self.progress(t)?;
        self.job.clone().map(|job| Job { progress, ..job })
    }

    /// The job of that id as it is at `t`, or as it ended if another has begun since.
    pub fn job_of(&self, id: &str, t: f64) -> Option<Job> {
        let before = || self.past.iter().find(|job| job.id == id).cloned();
        self.job_at(t).filter(|job| job.id == id).or_else(before)
    }

    /// All jobs as they are at `t`: those before the last one, that one, and those that wait.
    pub fn jobs(&self, t: f64) -> Vec<AnyJob> {
        let begun = self.past.iter().cloned().chain(self.job_at(t));
        let begun = begun.map(|job| AnyJob::Begun(Box::new(job)));
        begun.chain(self.queue.iter().cloned().map(AnyJob::waiting)).collect()
    }

    /// The job of that id as it is at `t`.
    pub fn any_job(&self, id: &str, t: f64) -> Option<AnyJob> {
        let waiting = || self.queue.iter().find(|job| job.id == id).cloned().map(AnyJob::waiting);
        self.job_of(id, t).map(Box::new).map(AnyJob::Begun).or_else(waiting)
    }

    pub(super) fn tell_job(&mut self, t: f64) {
        let job = self.job_at(t).map(Box::new);
        self.change(Change::Job { job, queue: self.queue.clone() });
    }

    /// The list of images changed.
    pub fn set_images(&mut self, images: Value) {
        if self.images != images {
            self.images = images;
            self.change(Change::Images { images: self.images.clone() });
        }
    }

    /// The list of recipes changed.
    pub fn recipes_changed(&mut self) {
        self.change(Change::Recipes);
    }

    /// The folders that are watched, in the order in which they began.
    pub fn watches(&self) -> &[Watch] {
        &self.watches
    }

    /// The watch of that id.
    pub fn watch(&self, id: &str) -> Option<&Watch> {
        self.watches.iter().find(|watch| watch.id == id)
    }

    /// A watch began, or went on.
    pub fn set_watch(&mut self, watch: Watch) {
        match self.watches.iter_mut().find(|one| one.id == watch.id) {
            Some(one) if *one == watch => return,
            Some(one) => *one = watch,
            None => self.watches.push(watch),
        }
        self.tell_watches();
    }

    /// A watch ended.
    pub fn forget_watch(&mut self, id: &str) {
        self.watches.retain(|watch| watch.id != id);
        self.tell_watches();
    }

    fn tell_watches(&mut self) {
        // Their last state is enough.
        self.changes.retain(|change| !matches!(change, Change::Watches { .. }));
        self.change(Change::Watches { watches: self.watches.clone() });
    }

    /// Other jobs wait.
    pub fn set_queue(&mut self, queue: Vec<QueuedJob>, t: f64) {
        self.queue = queue;
        self.tell_job(t);
    }

    /// The comparison went on.
    pub fn set_compare(&mut self, compare: Compare) {
        self.compare = compare;
        self.change(Change::Compare { compare: self.compare.clone() });
    }

    /// The comparison.
    pub fn compare(&self) -> &Compare {
        &self.compare
    }

    /// A job takes the place of the one before. `settings` is what the user asked for.
    pub fn begin_job(&mut self, job: Job, book: Book, settings: Value, t: f64) {
        self.past.extend(self.job_at(t));
        while self.past.len() > KEPT_JOBS {
            self.past.pop_front();
        }
        self.books.push_back(book);
        while self.books.len() > KEPT_BOOKS {
            self.books.pop_front();
        }
        self.queue.retain(|queued| queued.id != job.id);
        self.stopwatch = Stopwatch::default();
        self.stopwatch.run(job.state.takes_time(), t);
        self.job = Some(job);
        self.settings = Some(settings.clone());
        self.change(Change::Settings { settings });
        self.next_task = 1;
        self.history = History::default();
        self.lost_with.clear();
        self.dead.clear();
        self.quarantined.clear();
        self.redoing.clear();
        self.tell_job(t);
    }

    /// The job begins with a run of this plan, which has the images and variants of the job's.
    pub fn begin_run(&mut self, plan: Arc<Plan>) {
        let first_task = self.next_task;
        self.next_task += plan.units.len() as u32;
        self.run = Some(CurrentRun { plan, first_task });
    }

    /// Takes in what happened in the run, at `t`.
    pub fn event(&mut self, event: &Event, t: f64) {
        self.totals.event(event);
        match event {
            Event::Planned { workers, .. } if self.is_elsewhere() => self.set_no_lanes(*workers),
            Event::Planned { mode, workers, .. } => self.set_lanes(*mode, *workers),
            Event::Worker { agent, worker, pid, state, reason, ms, sandbox, .. } => {
                let Some((worker, t)) = self.place_of(agent.as_ref(), *worker, t) else { return };
                if *state == WorkerState::Ready {
                    let level = sandbox.as_ref().map(|sandbox| sandbox.level);
                    return self.worker_ready(worker, *pid, *ms, level, t);
                }
                let reason = reason.clone().map(|reason| reason.map(redact::text));
                self.worker(worker, *pid, *state, reason, t);
            }
            Event::Task { agent, worker, slot, unit, variants, .. } => {
                let Some((worker, t)) = self.place_of(agent.as_ref(), *worker, t) else { return };
                self.task(worker, *slot, *unit, variants, t);
            }
            Event::Decoded { agent, worker, slot } => {
                let Some((worker, t)) = self.place_of(agent.as_ref(), *worker, t) else { return };
                self.decoded(worker, *slot, t);
            }
            Event::Claimed { agent, worker, claim } => self.claimed(agent, *worker, *claim, t),
            Event::Agent { agent, state, slots, .. } => self.machine(agent, *state, *slots, t),
            Event::Output(ended) => {
                let reason = ended.reason.clone().map(|reason| reason.map(redact::text));
                let last_words = ended.last_words.iter().map(|words| redact::text(words)).collect();
                let reproduce = ended.reproduce_redacted.clone();
                let ended = OutputEnded { reason, last_words, reproduce, ..ended.clone() };
                self.output_ended(&ended, t);
            }
            Event::PutOff { worker, slot, .. } => self.output_put_off(*worker, *slot, t),
            Event::Listening { .. }
            | Event::Fleet { .. }
            | Event::Store { .. }
            | Event::Paused { .. }
            | Event::Resumed
            | Event::Progress(_)
            | Event::Finished(_) => {}
        }
    }

    /// The worker as it is numbered here, and when something was that is told of it at `t`.
    fn place_of(&mut self, agent: Option<&Afar>, worker: u32, t: f64) -> Option<(u32, f64)> {
        match agent {
            Some(afar) => self.lane_afar(afar, worker, t),
            None => Some((worker, t)),
        }
    }

    pub(super) fn count_changed(&mut self) {
        self.progress_changed = true;
    }

    /// The number of slots that the job works with became known.
    pub(super) fn set_workers(&mut self, workers: u32) {
        if let Some(job) = &mut self.job {
            job.workers = job.workers.max(workers);
        }
    }

    /// The job's state changed.
    pub fn set_state(&mut self, state: JobState, pause: Option<Pause>, t: f64) {
        let Some(job) = &mut self.job else { return };
        if job.state == state && job.pause == pause {
            return;
        }
        job.state = state;
        job.pause = pause;
        job.ended_ms = (!state.is_live()).then_some(t);
        if state.is_live() {
            job.error = Trouble::default();
            job.broke_off = false;
        }
        self.stopwatch.run(state.takes_time(), t);
        self.tell_job(t);
    }

    /// The job has come to its end, in that way.
    pub fn end_job(&mut self, state: JobState, error: Trouble, t: f64) {
        if let Some(job) = &mut self.job {
            job.error = error;
        }
        self.run = None;
        self.rest_elsewhere();
        self.end_isolation();
        self.set_state(state, None, t);
    }

    /// Opens failed outputs of the job again (`None`: all); returns how many.
    pub fn retry(&mut self, ids: Option<&[String]>) -> usize {
        let Some(book) = self.books.back_mut() else { return 0 };
        let places = book.retry(ids);
        if places.is_empty() {
            return 0;
        }
        let opened: HashSet<_> = places.iter().map(|place| book.output_id(*place)).collect();
        self.history.forget_failures(&opened);
        for place in &places {
            self.quarantined.remove(&place.image);
        }
        let outputs = ids.map(|_| opened.into_iter().collect());
        self.change(Change::Retried { outputs });
        self.count_changed();
        places.len()
    }

    /// Takes the failures of the job from its book, which was filled before the job began here.
    pub fn recall_failures(&mut self) {
        let failures: Vec<_> = self.books.back().into_iter().flat_map(Book::failures).collect();
        for failure in failures {
            self.history.add_failure(failure);
        }
        self.count_changed();
    }

    /// Gives notice of something.
    pub fn notice(
        &mut self,
        level: Level,
        code: &'static str,
        args: Value,
        message: String,
        t: f64,
    ) {
        let notice = Notice { id: self.next_notice, t_ms: t, level, code, args, message };
        self.next_notice += 1;
        self.notices.push_front(notice.clone());
        self.notices.truncate(KEPT_NOTICES);
        self.change(Change::Notice { notice });
    }

    /// Whether there are changes that have not been taken.
    pub(super) fn has_changes(&self) -> bool {
        !self.changes.is_empty() || self.progress_changed
    }

    /// What has changed since this was last asked, if anything has.
    pub fn take_changes(&mut self, t: f64) -> Option<Changes> {
        if !self.has_changes() {
            return None;
        }
        let progress = std::mem::take(&mut self.progress_changed).then(|| self.progress(t));
        self.has_told_output = false;
        let events = std::mem::take(&mut self.changes);
        Some(Changes { progress: progress.flatten(), events })
    }
}
