//! From a request to a job that can begin. Everything that can fail early fails here.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lote_protocol::filter::VariantSpec;
use serde::Serialize;
use tokio::sync::Notify;

use super::request::JobRequest;
use super::{JobError, Jobs};
use crate::fleet::Fleet;
use crate::images::Selection;
use crate::live::shapes::{Job, JobState, Progress, Step, Variant};
use crate::live::{Book, ImageRef};
use crate::redact;
use crate::said::Trouble;
use lote_engine::job::Options;
use lote_engine::journal::{By, Header, Journal, Records, ServedJob};
use lote_engine::lang::Text;
use lote_engine::plan::{self, IfExists, Plan, PlanError, Request};
use lote_engine::run::{Settings, sweep_orphans};
use lote_engine::system;

/// With less than this the disk counts as full.
const MIN_FREE_BYTES: u64 = 16 << 20;

/// A job that can begin.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) request: JobRequest,
    pub(super) selection: Selection,
    pub(super) settings: Settings,
    pub(super) plan: Arc<Plan>,
    pub(super) images: Vec<ImageRef>,
    pub(super) output: PathBuf,
    pub(super) output_label: String,
    /// The folder of files that parameters name.
    pub(super) assets: PathBuf,
    /// What becomes of its outputs, on the disk.
    pub(super) record: JobRecord,
    /// The fleet that makes it; else why it is this machine, though there is one.
    pub(super) fleet: Result<Arc<dyn Fleet>, Option<Text>>,
    /// Whether others went before it.
    pub(super) has_waited: bool,
    /// Told when it has begun.
    pub(super) begun: Arc<Notify>,
}

/// The journal of a job, once it has begun; clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct JobRecord {
    journal: Arc<Mutex<Option<Journal>>>,
    /// The one to go on with.
    past: Option<PathBuf>,
    /// The job of the fleet that it was given to, and that has not come to its end.
    given: Arc<Mutex<Option<String>>>,
}

impl JobRecord {
    /// That goes on with a journal.
    pub(super) fn past(path: PathBuf, given: Option<String>) -> Self {
        Self { past: Some(path), given: Arc::new(Mutex::new(given)), ..Self::default() }
    }

    /// The journal's file, if there is one.
    pub(super) fn path(&self) -> Option<PathBuf> {
        let begun = self.lock().as_ref().map(|journal| journal.path().to_owned());
        begun.or_else(|| self.past.clone())
    }

    /// The job of the fleet that has not come to its end; it is asked for only once.
    pub(super) fn take_given(&self) -> Option<String> {
        self.given().take()
    }

    /// It is given to a fleet.
    pub(super) fn give(&self, fleet: &lote_engine::journal::FleetJob) {
        *self.given() = Some(fleet.job.clone());
        self.with(|journal| {
            journal.given_to(fleet);
            drop(journal.flush());
        });
    }

    /// It is still with that job of the fleet.
    pub(super) fn keep_given(&self, job: String) {
        *self.given() = Some(job);
    }

    fn given(&self) -> MutexGuard<'_, Option<String>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the journal, unless it has begun. A job runs also without one.
    pub(super) fn begin(&self, spec: &Spec, plan: &Plan) {
        let mut journal = self.lock();
        if journal.is_none() {
            let durable = spec.settings.durable;
            let begun = match &self.past {
                Some(path) => Journal::reopen(path, durable),
                None => spec.header().and_then(|header| Journal::create(&spec.output, &header)),
            };
            *journal = begun
                .inspect_err(|error| tracing::warn!(%error, "there is no journal of the job"))
                .ok();
        }
        if let Some(journal) = &mut *journal {
            journal.begin(plan);
        }
    }

    /// Does that with the journal, if there is one.
    pub(super) fn with(&self, act: impl FnOnce(&mut Journal)) {
        if let Some(journal) = &mut *self.lock() {
            act(journal);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a job would do, and what keeps it from beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// How many outputs it would have.
    pub outputs: usize,
    /// How many images would have the outputs of an earlier one, or outputs the name of another of
    /// their image.
    pub clashes: usize,
    /// The first few of them: the earlier image and the one that clashes with it, for people.
    pub first: Vec<(String, String)>,
    /// The first two variants whose outputs would have the same names, if those are what clashes.
    pub variants: Vec<String>,
    /// Where the files of one image would be, below the output folder, for people.
    pub paths: Vec<String>,
}

impl Jobs {
    /// The plan of a job; nothing is changed. Blocks.
    pub(super) fn plan_of(
        &self,
        request: &JobRequest,
        selection: &Selection,
    ) -> Result<Plan, JobError> {
        let config = &self.0.config;
        let folders = [
            (selection.root.as_path(), selection.label.as_str()),
            (config.output.as_path(), config.output_label.as_str()),
        ];
        let told = |error: PlanError| error.with_paths(|path| redact::path(path, &folders));
        let plan =
            plan::plan(&request.plan_request(selection, &config.output, &config.assets())?);
        Ok(plan.map_err(told)?)
    }

    /// Plans a job and changes nothing. Blocks.
    pub(super) fn plan_only(
        &self,
        request: &JobRequest,
        selection: &Selection,
        image: Option<&Path>,
    ) -> Result<Checked, JobError> {
        let asked =
            request.plan_request(selection, &self.0.config.output, &self.0.config.assets())?;
        match plan::plan(&asked) {
            Ok(plan) => {
                let place =
                    image.and_then(|path| plan.images.iter().position(|one| one.path == path));
                let files = place.into_iter().flat_map(|image| {
                    (0..plan.variants.len())
                        .map(|variant| plan.output(image, variant))
                        .collect::<Vec<_>>()
                });
                let output = &self.0.config.output;
                let told = |path: PathBuf| {
                    path.strip_prefix(output).unwrap_or(&path).to_string_lossy().into_owned()
                };
                let paths = files.map(told).collect();
                Ok(Checked { outputs: plan.counts().outputs, paths, ..Checked::default() })
            }
            Err(PlanError::Collision { count, first }) => {
                let told = |path: &Path| {
                    let name = path.strip_prefix(&selection.root).unwrap_or(path);
                    name.to_string_lossy().into_owned()
                };
                let first = first.iter().map(|(earlier, later)| (told(earlier), told(later)));
                Ok(Checked { clashes: count, first: first.collect(), ..Checked::default() })
            }
            Err(PlanError::VariantsCollide { count, one, other, .. }) => {
                Ok(Checked { clashes: count, variants: vec![one, other], ..Checked::default() })
            }
            Err(error) => {
                let folder = (selection.root.as_path(), selection.label.as_str());
                Err(error.with_paths(|path| redact::path(path, &[folder])).into())
            }
        }
    }

    /// Plans a job and makes its folders. Blocks.
    pub(super) fn prepare(
        &self,
        id: String,
        request: JobRequest,
        selection: Selection,
    ) -> Result<Spec, JobError> {
        self.prepare_with(id, request, selection, None)
    }

    /// As [`Jobs::prepare`], for a job that goes on, with what is on record of it.
    pub(super) fn prepare_with(
        &self,
        id: String,
        request: JobRequest,
        selection: Selection,
        past: Option<&Records>,
    ) -> Result<Spec, JobError> {
        let config = &self.0.config;
        let folders = [
            (selection.root.as_path(), selection.label.as_str()),
            (config.output.as_path(), config.output_label.as_str()),
        ];
        let told = |error: PlanError| error.with_paths(|path| redact::path(path, &folders));
        let mut asked = request.plan_request(&selection, &config.output, &config.assets())?;
        // It was seen to when it began that none of its outputs existed.
        if past.is_some() && asked.if_exists == IfExists::Fail {
            asked.if_exists = IfExists::Overwrite;
        }
        let make = |slots: usize| {
            let asked = Request { slots, ..asked.clone() };
            match past {
                None => plan::plan(&asked),
                Some(past) => plan::resume(&asked, past),
            }
        };
        // An image that a fleet makes is decoded once, on one machine.
        let fleet = config.fleet.clone();
        let slots = asked.slots;
        let mut plan = make(if fleet.is_some() { 1 } else { slots }).map_err(told)?;
        let checked = fleet.map(|fleet| fleet.check(&plan).map(|()| fleet)).transpose();
        let fleet = match checked {
            Ok(fleet) => fleet.ok_or(None),
            Err(why) => {
                plan = make(slots).map_err(told)?;
                Err(Some(why.map(redact::text)))
            }
        };
        let output = request.output_folder(&config.output);
        if past.is_none()
            && let Some(free) = system::free_bytes(&output).filter(|free| *free < MIN_FREE_BYTES)
        {
            return Err(JobError::NoSpace { free_mib: free >> 20 });
        }
        plan::prepare(&plan).map_err(told)?;
        sweep_orphans(&plan::folders(&plan));
        if plan.images.iter().any(|image| self.0.images.id_of(&image.path).is_none()) {
            self.0.images.look_again(&selection.root);
        }
        let images = plan.images.iter().enumerate().map(|(place, image)| {
            let name = image.name.file_name().unwrap_or(image.name.as_os_str());
            let name = name.to_string_lossy();
            let folder = image.name.parent().map(Path::to_string_lossy).unwrap_or_default();
            ImageRef {
                folder: folder.into_owned(),
                id: self.0.images.id_of(&image.path).unwrap_or_else(|| format!("unlisted-{place}")),
                name: match image.page {
                    Some(page) => format!("{name} [{}]", page.number),
                    None => name.into_owned(),
                },
            }
        });
        let folder = request.output.folder.as_ref().map(|folder| format!("/{folder}"));
        let label = &config.output_label;
        Ok(Spec {
            id,
            name: selection.label.clone(),
            settings: Settings {
                mode: request.mode,
                slots: request.workers,
                ..config.settings.clone()
            },
            images: images.collect(),
            plan: Arc::new(plan),
            output,
            output_label: format!("{label}{}", folder.unwrap_or_default()),
            assets: config.assets(),
            record: JobRecord::default(),
            fleet,
            has_waited: false,
            begun: Arc::default(),
            request,
            selection,
        })
    }
}

impl Spec {
    /// The job as pages see it when it begins.
    pub(super) fn job(&self, t: f64) -> Job {
        let plan = &self.plan;
        let variants = plan.variants.iter().map(|variant| Variant {
            name: variant.name.clone(),
            steps: variant.steps.iter().map(Step::from).collect(),
            file: variant.files.first().map(VariantSpec::file_text),
            planned: plan.images.len(),
        });
        Job {
            id: self.id.clone(),
            name: self.name.clone(),
            state: JobState::Starting,
            pause: None,
            error: Trouble::default(),
            mode: self.settings.mode,
            workers: self.settings.slots.min(plan.units.len() as u32).max(1),
            fleet: self.fleet.is_ok(),
            images: plan.images.len(),
            outputs: plan.counts().outputs,
            variants: variants.collect(),
            output_label: self.output_label.clone(),
            started_ms: t,
            ended_ms: None,
            broke_off: false,
            progress: Progress::default(),
        }
    }

    /// What goes on record when it begins.
    pub(super) fn header(&self) -> io::Result<Header> {
        let asked = self.request.plan_request(&self.selection, &self.output, &self.assets);
        let mut asked = asked.map_err(|error| io::Error::other(error.to_string()))?;
        asked.output.clone_from(&self.output);
        let options = Options {
            durable: Some(self.settings.durable),
            ..self.request.options_for(&self.selection)
        };
        let page = ServedJob {
            label: self.selection.label.clone(),
            folder: self.request.output.folder.clone(),
        };
        Ok(Header { page: Some(page), ..Header::new(&asked, options, By::Serve) })
    }

    pub(super) fn book(&self, instance: &str) -> Book {
        Book::new(self.id.clone(), Arc::clone(&self.plan), self.images.clone(), instance)
    }
}
