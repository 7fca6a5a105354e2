//! What pages may want of jobs.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use lote_protocol::carry::Carry;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::prepare::{Checked, Spec};
use super::request::{JobRequest, OutputRequest, VariantRequest, check_steps};
use super::{Accepted, Desk, JobError, Jobs, Todo, WorkKind, compare};
use crate::fleet::Fleet;
use crate::images::Selection;
use crate::live::shapes::{JobState, LaneState, Pause, Step};
use lote_engine::event::Mode;
use lote_engine::plan::{IfCollides, IfExists};
use lote_engine::run::RunOrder;
use lote_engine::scheduler::WorkerId;
use lote_engine::system::cores;
use lote_protocol::text;

/// Most jobs that wait.
pub(super) const MAX_WAITING: usize = 50;
/// The job that an isolation test begins: so many images at most, blurred by so many pixels.
const SMALL_JOB_IMAGES: usize = 24;
const SMALL_JOB_BLUR: u32 = 20;
/// How often it is looked for a worker that is at work.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Most repetitions of a comparison.
const MAX_REPEATS: u32 = 20;

/// What is to be compared.
#[derive(Debug, Clone, Deserialize)]
pub struct CompareRequest {
    /// What is made of each image.
    pub steps: Vec<Step>,
    /// Images, at most.
    pub images: usize,
    /// How often each is measured.
    pub repeats: u32,
}

impl Jobs {
    /// Plans a job without beginning it: tells which names clash, and where the files of that image
    /// would be.
    pub async fn check(
        &self,
        request: JobRequest,
        image: Option<String>,
    ) -> Result<Checked, JobError> {
        request.check(self.0.config.max_workers)?;
        let selection = self.0.images.selection().ok_or(JobError::NoImages)?;
        let jobs = self.clone();
        let image = image.and_then(|id| self.0.images.get(&id)).map(|image| image.path);
        let checked = tokio::task::spawn_blocking(move || {
            jobs.plan_only(&request, &selection, image.as_deref())
        });
        checked.await.map_err(|error| JobError::Internal(error.to_string().into()))?
    }

    /// Plans a job and begins it, or has it wait until others are done.
    pub async fn start(&self, request: JobRequest) -> Result<Accepted, JobError> {
        let selection = self.0.images.selection().ok_or(JobError::NoImages)?;
        self.start_on(request, selection).await
    }

    async fn start_on(
        &self,
        request: JobRequest,
        selection: Selection,
    ) -> Result<Accepted, JobError> {
        request.check(self.0.config.max_workers)?;
        let id = {
            let mut desk = self.desk();
            if desk.waiting.len() >= MAX_WAITING {
                return Err(JobError::not_now("queue_full", text!("too many jobs wait already")));
            }
            desk.jobs_so_far += 1;
            format!("j{}", desk.jobs_so_far)
        };
        let jobs = self.clone();
        let spec = tokio::task::spawn_blocking(move || jobs.prepare(id, request, selection)).await;
        let spec = spec.map_err(|error| JobError::Internal(error.to_string().into()))??;
        let (job, begun) = (spec.id.clone(), Arc::clone(&spec.begun));
        let queued = self.enqueue(spec)?;
        if !queued {
            // So that what is asked of it next finds it.
            begun.notified().await;
        }
        Ok(Accepted { job, queued })
    }

    /// Has a job begin, or wait until others are done; tells whether it has to.
    fn enqueue(&self, spec: Spec) -> Result<bool, JobError> {
        let mut desk = self.desk();
        if desk.is_closed {
            return Err(JobError::not_now("closing", text!("the server is about to end")));
        }
        desk.is_held = false;
        let queued = desk.is_busy();
        desk.waiting.push_back(Todo::Job(Box::new(Spec { has_waited: queued, ..spec })));
        desk.put_first();
        if queued {
            self.tell_queue(&desk);
        }
        self.0.news.notify_one();
        Ok(queued)
    }

    pub(super) fn tell_queue(&self, desk: &Desk) {
        self.0.live.with(|model, t| model.set_queue(desk.queue(), t));
        self.0.queue.send_modify(|number| *number += 1);
    }

    /// Begins with the jobs of the server before, if there are any.
    pub fn start_waiting(&self) {
        self.desk().is_held = false;
        self.0.news.notify_one();
    }

    /// Starts nothing more of a job until [`Jobs::resume`].
    pub fn pause(&self, job: &str) -> Result<(), JobError> {
        let desk = self.desk();
        let orders = self.orders(&desk, job)?;
        let paused = self.0.live.with(|model, t| match model.job().map(|job| job.state) {
            Some(JobState::Paused) => Some(false),
            Some(JobState::Starting | JobState::Running) => {
                model.set_state(JobState::Paused, Some(Pause::User), t);
                Some(true)
            }
            _ => None,
        });
        match paused {
            Some(true) => send(orders, RunOrder::Pause),
            Some(false) => Ok(()),
            None => Err(JobError::not_now("not_running", text!("the job is not running"))),
        }
    }

    /// Goes on with a job; if the disk was full it is tried again.
    pub fn resume(&self, job: &str) -> Result<(), JobError> {
        let desk = self.desk();
        let orders = self.orders(&desk, job)?;
        let resumed = self.0.live.with(|model, t| match model.job().map(|job| job.state) {
            Some(JobState::Paused) => {
                model.set_state(JobState::Running, None, t);
                Some(true)
            }
            Some(JobState::Starting | JobState::Running) => Some(false),
            _ => None,
        });
        match resumed {
            Some(true) => send(orders, RunOrder::Resume),
            Some(false) => Ok(()),
            None => Err(JobError::not_now("not_running", text!("the job is not running"))),
        }
    }

    /// Ends a job; what has been started may finish. One that waits is forgotten.
    pub fn cancel(&self, job: &str) -> Result<(), JobError> {
        let mut desk = self.desk();
        let before = desk.waiting.len();
        desk.waiting.retain(|todo| !matches!(todo, Todo::Job(spec) if spec.id == job));
        if desk.waiting.len() < before {
            self.tell_queue(&desk);
            return Ok(());
        }
        let Some(orders) = desk.orders(job) else {
            // One that has ended is as cancelled as it can be.
            return if self.knows(&desk, job) { Ok(()) } else { Err(JobError::NotFound) };
        };
        let cancelled = self.0.live.with(|model, t| {
            let is_live = model.job().is_some_and(|job| job.state.is_live());
            if is_live {
                model.set_state(JobState::Cancelling, None, t);
            }
            is_live
        });
        if cancelled { send(orders, RunOrder::Cancel) } else { Ok(()) }
    }

    /// Makes the missing outputs of a job that was cancelled or could not go on.
    pub fn continue_job(&self, job: &str) -> Result<(), JobError> {
        let mut desk = self.desk();
        let spec = self.last(&desk, job)?;
        let continued = self.0.live.with(|model, t| match model.job().map(|job| job.state) {
            Some(JobState::Cancelled | JobState::Failed) => {
                model.set_state(JobState::Starting, None, t);
                Some(true)
            }
            Some(state) if state.is_live() && state != JobState::Cancelling => Some(false),
            _ => None,
        });
        match continued {
            Some(true) => {
                self.again(&mut desk, spec);
                Ok(())
            }
            Some(false) => Ok(()),
            None => Err(JobError::not_now(
                "not_cancelled",
                text!("nothing is missing that was not tried"),
            )),
        }
    }

    /// Tries failed outputs of a job again (`None`: all of them).
    pub fn retry(&self, job: &str, outputs: Option<&[String]>) -> Result<(), JobError> {
        let mut desk = self.desk();
        let spec = self.last(&desk, job)?;
        let (count, has_ended) = self.0.live.with(|model, t| {
            let state = model.job().map(|job| job.state);
            if state == Some(JobState::Cancelling) {
                return (None, false);
            }
            let count = model.retry(outputs);
            let has_ended = count > 0 && state.is_some_and(|state| !state.is_live());
            if has_ended {
                model.set_state(JobState::Starting, None, t);
            }
            (Some(count), has_ended)
        });
        if has_ended {
            self.again(&mut desk, spec);
        }
        match count {
            Some(0) if outputs.is_some_and(|outputs| !outputs.is_empty()) => {
                Err(JobError::NotFound)
            }
            Some(_) => Ok(()),
            None => Err(JobError::not_now("cancelling", text!("the job is being cancelled"))),
        }
    }

    pub(super) fn again(&self, desk: &mut Desk, spec: Arc<Spec>) {
        desk.is_held = false;
        desk.waiting.push_front(Todo::Again(spec));
        desk.put_first();
        self.0.news.notify_one();
    }

    /// The images of the last job, or those of these numbers alone.
    pub fn images_of(&self, job: &str, photos: Option<&[usize]>) -> Result<Selection, JobError> {
        let spec = self.last(&self.desk(), job)?;
        let mut images = spec.selection.clone();
        if let Some(photos) = photos {
            let all = spec.plan.images.iter().map(|image| image.path.clone());
            let wanted = photos.iter().filter_map(|photo| spec.plan.images.get(*photo));
            let wanted: HashSet<_> = wanted.map(|image| &image.path).collect();
            images.exclude.extend(all.filter(|path| !wanted.contains(path)));
        }
        Ok(images)
    }

    /// The job of that id, if no other has begun since.
    fn last(&self, desk: &Desk, job: &str) -> Result<Arc<Spec>, JobError> {
        match &desk.last {
            Some(spec) if spec.id == job => Ok(Arc::clone(spec)),
            _ if self.knows(desk, job) => {
                Err(JobError::not_now("superseded", text!("another job has begun since")))
            }
            _ => Err(JobError::NotFound),
        }
    }

    /// Whether there is, or was, a job of that id that can still be asked about.
    pub(super) fn knows(&self, desk: &Desk, job: &str) -> bool {
        let waits = |todo: &Todo| matches!(todo, Todo::Job(spec) if spec.id == job);
        desk.waiting.iter().any(waits)
            || desk.orders(job).is_some()
            || self.0.live.with(|model, _| model.book(job).is_some())
    }

    fn orders<'a>(
        &self,
        desk: &'a Desk,
        job: &str,
    ) -> Result<&'a mpsc::Sender<RunOrder>, JobError> {
        match desk.orders(job) {
            Some(orders) => Ok(orders),
            None if self.knows(desk, job) => {
                Err(JobError::not_now("not_running", text!("the job is not running")))
            }
            None => Err(JobError::NotFound),
        }
    }

    /// Kills a worker, as anybody on the machine could.
    pub fn kill(&self, worker: u32) -> Result<(), JobError> {
        let state = self.0.live.with(|model, _| model.worker_state(worker));
        match state {
            Some(LaneState::Starting | LaneState::Ready) => self.order_kill(worker),
            Some(LaneState::Lost | LaneState::Stopped) => Err(not_running()),
            None => Err(JobError::NotFound),
        }
    }

    pub(super) fn order_kill(&self, worker: u32) -> Result<(), JobError> {
        if let Some((machine, worker)) = self.0.live.with(|model, _| model.worker_afar(worker)) {
            self.fleet()?.kill(&machine, worker);
            return Ok(());
        }
        let desk = self.desk();
        match &desk.work {
            Some(work) if work.what != WorkKind::Compare => {
                send(&work.orders, RunOrder::Kill(WorkerId(worker)))
            }
            _ => Err(not_running()),
        }
    }

    /// Has a machine of the fleet finish what it has begun, and leave.
    pub fn drain(&self, machine: &str) -> Result<(), JobError> {
        if !self.0.live.with(|model, _| model.has_machine(machine)) {
            return Err(JobError::NotFound);
        }
        self.fleet()?.drain(machine);
        Ok(())
    }

    fn fleet(&self) -> Result<&Arc<dyn Fleet>, JobError> {
        self.0.config.fleet.as_ref().ok_or(JobError::NotFound)
    }

    /// Kills a worker that has something to do, and follows what comes of it. If no job is at work a
    /// small one is begun for that, if that is wanted.
    pub async fn isolation(&self, may_start: bool) -> Result<(), JobError> {
        let pick = || self.0.live.with(|model, _| model.pick_isolation());
        let worker = match pick() {
            None if may_start && !self.is_busy() && self.0.config.fleet.is_none() => {
                self.start_small().await?;
                let mut worker = pick();
                while worker.is_none() && self.is_busy() {
                    tokio::time::sleep(LOOK_AGAIN).await;
                    worker = pick();
                }
                worker
            }
            worker => worker,
        };
        let none = || JobError::not_now("no_job", text!("no job is running"));
        self.order_kill(worker.ok_or_else(none)?)
    }

    /// Begins a job on the first few images that takes long enough for something to be killed in it.
    async fn start_small(&self) -> Result<(), JobError> {
        let mut selection = self.0.images.selection().ok_or(JobError::NoImages)?;
        let others = self.0.images.list().into_iter().skip(SMALL_JOB_IMAGES);
        selection.exclude.extend(others.map(|image| image.path));
        let step = Step {
            filter: "blur".into(),
            params: BTreeMap::from([("radio".to_owned(), json!(SMALL_JOB_BLUR))]),
        };
        let name = "isolation".to_owned();
        let request = JobRequest {
            mode: Mode::Processes,
            workers: cores().min(self.0.config.max_workers),
            variants: vec![VariantRequest {
                name,
                steps: vec![step],
                files: Vec::new(),
                pattern: None,
            }],
            exceptions: Vec::new(),
            output: OutputRequest {
                folder: Some("lote-isolation".into()),
                format: None,
                quality: 75,
                pattern: "{name}".into(),
                if_exists: IfExists::Overwrite,
                if_collides: IfCollides::Rename,
                carry: Carry::default(),
            },
        };
        self.start_on(request, selection).await.map(drop)
    }

    /// Measures processes against threads.
    pub fn compare(&self, request: &CompareRequest) -> Result<(), JobError> {
        if request.images == 0 || !(1..=MAX_REPEATS).contains(&request.repeats) {
            let message = text!("at least one image, and 1 to {} repetitions", MAX_REPEATS);
            return Err(JobError::Bad(message));
        }
        let steps = check_steps(&request.steps)?;
        if steps.is_empty() {
            return Err(JobError::Bad(text!("at least one filter is needed")));
        }
        let within = self.0.images.selection().ok_or(JobError::NoImages)?.within;
        let mut images: Vec<_> = self.0.images.list().into_iter().map(|image| image.path).collect();
        images.truncate(request.images);
        if images.is_empty() {
            return Err(JobError::NoImages);
        }
        let mut desk = self.desk();
        if desk.is_busy() || desk.is_closed {
            return Err(JobError::not_now("busy", text!("a job is running")));
        }
        let (assets, repeats) = (self.0.config.assets(), request.repeats);
        let spec = compare::Spec { steps, assets, images, within, repeats };
        self.0.live.with(|model, _| model.set_compare(spec.compare()));
        desk.waiting.push_back(Todo::Compare(Box::new(spec)));
        desk.put_first();
        self.0.news.notify_one();
        Ok(())
    }

    /// Ends the comparison.
    pub fn cancel_compare(&self) -> Result<(), JobError> {
        let mut desk = self.desk();
        let before = desk.waiting.len();
        desk.waiting.retain(|todo| !matches!(todo, Todo::Compare(_)));
        if desk.waiting.len() < before {
            self.0.live.with(|model, _| compare::end_cancelled(model));
        }
        match &desk.work {
            Some(work) if work.what == WorkKind::Compare => send(&work.orders, RunOrder::Abort),
            _ => Ok(()),
        }
    }

    /// Begins nothing more, and ends what is being done: what is in hand may finish.
    pub fn close(&self) {
        let mut desk = self.desk();
        desk.is_closed = true;
        desk.waiting.clear();
        if let Some(work) = &desk.work {
            let is_job = matches!(work.what, WorkKind::Job(_));
            // What a fleet makes it goes on with, and the next server takes it over.
            let is_elsewhere =
                self.0.live.with(|model, _| model.job().is_some_and(|job| job.fleet));
            let order = if is_job && !is_elsewhere { RunOrder::Cancel } else { RunOrder::Abort };
            // If so many orders wait it has been told often enough.
            let _ = work.orders.try_send(order);
        }
        self.0.live.with(|model, t| {
            if model.job().is_some_and(|job| job.state.is_live()) {
                model.set_state(JobState::Cancelling, None, t);
            }
        });
        self.0.news.notify_one();
    }
}

fn send(orders: &mpsc::Sender<RunOrder>, order: RunOrder) -> Result<(), JobError> {
    orders.try_send(order).map_err(|_| JobError::not_now("busy", text!("too many orders at once")))
}

fn not_running() -> JobError {
    JobError::not_now("not_running", text!("that worker is not running"))
}
