//! The jobs of the server: one runs, others wait, and the last ones can be asked about.
//!
//! Commands come from connections, on any thread. The work is done by [`Jobs::work`] on the main
//! thread, through the same [`lote_engine::run::run`] as the command line's: workers die with the thread
//! that started them. What becomes of a job is kept in [`Live`], which pages see.

mod as_recipe;
pub mod asset;

mod commands;
mod compare;
mod error;
mod forecast;
mod isolation;
mod prepare;
mod request;
mod restore;
pub mod rows;
mod views;
mod work;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lote_protocol::sandbox::Sandbox;
use serde::Serialize;
use tokio::sync::{Notify, mpsc, watch};

pub use as_recipe::beyond_pages;
pub use asset::check_assets;
pub use commands::CompareRequest;
pub use error::JobError;
pub use prepare::Checked;
pub use request::{
    JobRequest, MAX_STEPS, MAX_VARIANTS, OutputRequest, VariantRequest, check_encoding,
    check_files, check_steps, quality,
};
pub use views::OutputRecord;

use crate::fleet::Fleet;
use crate::images::{Images, Selection};
use crate::live::Live;
use crate::live::shapes::QueuedJob;
use lote_engine::plan::KEPT_ASSETS;
use lote_engine::run::{RunOrder, Settings};
use prepare::Spec;

/// A handle to the jobs; clones are the same.
#[derive(Debug, Clone)]
pub struct Jobs(Arc<SharedJobs>);

/// What all jobs have in common.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder that outputs go to.
    pub output: PathBuf,
    /// Its name, for people.
    pub output_label: String,
    /// How runs work; mode and slots are the job's.
    pub settings: Settings,
    /// The sandbox that a worker was in when the server started, if one did start.
    pub sandbox: Option<Sandbox>,
    /// Slots that a job has at most.
    pub max_workers: u32,
    /// The fleet that makes jobs, if one does.
    pub fleet: Option<Arc<dyn Fleet>>,
}

#[derive(Debug)]
struct SharedJobs {
    live: Live,
    images: Images,
    config: Config,
    desk: Mutex<Desk>,
    /// There is something to be done.
    news: Notify,
    /// An isolation test waits for its proof.
    proofs: Notify,
    /// Other jobs wait than before.
    queue: watch::Sender<u64>,
}

/// What is done, and what waits.
#[derive(Debug, Default)]
struct Desk {
    jobs_so_far: u64,
    waiting: VecDeque<Todo>,
    /// The jobs that wait are of a server before, and begin when somebody wants anything begun.
    is_held: bool,
    /// What is being done, if anything is.
    work: Option<AtWork>,
    /// The job that began last: it can be continued.
    last: Option<Arc<Spec>>,
    /// No more is to be begun.
    is_closed: bool,
}

/// What is being done.
#[derive(Debug)]
struct AtWork {
    what: WorkKind,
    orders: mpsc::Sender<RunOrder>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum WorkKind {
    Job(String),
    Forecast,
    Compare,
}

/// What waits.
#[derive(Debug)]
enum Todo {
    /// A job.
    Job(Box<Spec>),
    /// What is open of the last job.
    Again(Arc<Spec>),
    /// A comparison.
    Compare(Box<compare::Spec>),
    /// A forecast, for which nothing else waits.
    Forecast(Box<forecast::AskedForecast>),
}

impl Todo {
    fn job(&self) -> Option<&Spec> {
        match self {
            Self::Job(spec) => Some(spec),
            Self::Again(_) | Self::Compare(_) | Self::Forecast(_) => None,
        }
    }
}

/// A job that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Its id.
    pub job: String,
    /// Whether it has to wait.
    pub queued: bool,
}

impl Config {
    /// The folder of files that pages have sent for parameters.
    pub fn assets(&self) -> PathBuf {
        self.output.join(KEPT_ASSETS)
    }
}

impl Jobs {
    /// No jobs so far.
    pub fn new(live: Live, images: Images, config: Config) -> Self {
        let (desk, news, proofs) = (Mutex::default(), Notify::new(), Notify::new());
        let queue = watch::Sender::new(0);
        Self(Arc::new(SharedJobs { live, images, config, desk, news, proofs, queue }))
    }

    /// What all jobs have in common.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Tells when other jobs wait than before.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.queue.subscribe()
    }

    /// The jobs that wait, in turn: what was asked for, and on which images.
    pub fn waiting(&self) -> Vec<(JobRequest, Selection)> {
        let desk = self.desk();
        let jobs = desk.waiting.iter().filter_map(Todo::job);
        jobs.map(|spec| (spec.request.clone(), spec.selection.clone())).collect()
    }

    /// Whether something is done, or waits.
    pub fn is_busy(&self) -> bool {
        self.desk().is_busy()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// The jobs that wait.
    fn queue(&self) -> Vec<QueuedJob> {
        let jobs = self.waiting.iter().filter_map(Todo::job);
        jobs.map(|spec| QueuedJob {
            id: spec.id.clone(),
            name: spec.name.clone(),
            images: spec.plan.images.len(),
            outputs: spec.plan.counts().outputs,
        })
        .collect()
    }

    fn is_busy(&self) -> bool {
        let is_work = |work: &AtWork| work.what != WorkKind::Forecast;
        self.work.as_ref().is_some_and(is_work)
            || self.waiting.iter().any(|todo| match todo {
                Todo::Job(_) => !self.is_held,
                Todo::Again(_) | Todo::Compare(_) => true,
                Todo::Forecast(_) => false,
            })
    }

    /// What is to be done next.
    fn next(&mut self) -> Option<Todo> {
        let is_next = |todo: &Todo| !self.is_held || todo.job().is_none();
        let place = self.waiting.iter().position(is_next)?;
        self.waiting.remove(place)
    }

    /// Has something else be done next: a forecast is given up.
    fn put_first(&self) {
        if let Some(AtWork { what: WorkKind::Forecast, orders }) = &self.work {
            // If it is just ending, nobody takes the order.
            let _ = orders.try_send(RunOrder::Abort);
        }
    }

    /// Where orders go for the job of that id, if it is being done.
    fn orders(&self, job: &str) -> Option<&mpsc::Sender<RunOrder>> {
        let work = self.work.as_ref()?;
        (work.what == WorkKind::Job(job.to_owned())).then_some(&work.orders)
    }
}
