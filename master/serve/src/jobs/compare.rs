//! Processes against threads, as measured: time, memory, and what a crash costs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lote_protocol::filter::{FilterCall, VariantSpec};
use lote_protocol::lang::{Text, reason};
use lote_protocol::text;
use tokio::sync::mpsc;

use super::Jobs;
use crate::live::Model;
use crate::live::shapes::{Compare, CompareRun, CrashCost, CrashCosts, Step, TrialState};
use lote_engine::event::{Bus, Mode, Summary};
use lote_engine::plan::{self, IfCollides, Plan, PlanError, Request};
use lote_engine::report::{self, Reporter};
use lote_engine::run::{self, RunOrder, Settings};
use lote_engine::showcase;
use lote_engine::system::cores;

/// What is compared.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) steps: Vec<FilterCall>,
    /// The folder of files that they name.
    pub(super) assets: PathBuf,
    pub(super) images: Vec<PathBuf>,
    /// The folders that links may lead to.
    pub(super) within: Vec<PathBuf>,
    pub(super) repeats: u32,
}

impl Spec {
    /// The comparison before its first run.
    pub(super) fn compare(&self) -> Compare {
        Compare {
            state: TrialState::Running,
            images: self.images.len(),
            steps: self.steps.iter().map(Step::from).collect(),
            repeats: self.repeats,
            total: series().len() * self.repeats as usize,
            ..Compare::default()
        }
    }
}

/// The comparison is cancelled.
pub(super) fn end_cancelled(model: &mut Model) {
    let compare = Compare { state: TrialState::Cancelled, ..model.compare().clone() };
    model.set_compare(compare);
}

/// Why a comparison ends early.
enum Broken {
    Cancelled,
    Failed(Text),
}

impl Broken {
    fn by(error: impl std::error::Error) -> Self {
        Self::Failed(error.to_string().into())
    }
}

/// What is measured: each mode with 1, 2, 4, … slots, and with one per core.
fn series() -> Vec<(Mode, u32)> {
    let cores = cores();
    let mut counts: Vec<u32> = std::iter::successors(Some(1), |count| Some(count * 2))
        .take_while(|n| *n < cores)
        .collect();
    counts.push(cores);
    let of = |mode| counts.iter().map(move |count| (mode, *count));
    of(Mode::Processes).chain(of(Mode::Threads)).collect()
}

impl Jobs {
    /// Does a comparison, and tells how far it is.
    pub(super) async fn run_compare(&self, spec: Spec, mut inbox: mpsc::Receiver<RunOrder>) {
        let result = self.measure(&Arc::new(spec), &mut inbox).await;
        self.0.live.with(|model, _| match result {
            Ok(()) => {
                let compare = model.compare().clone();
                model.set_compare(Compare { state: TrialState::Finished, ..compare });
            }
            Err(Broken::Cancelled) => end_cancelled(model),
            Err(Broken::Failed(reason)) => {
                let (state, error) = (TrialState::Failed, reason.into());
                let compare = model.compare().clone();
                model.set_compare(Compare { state, error, ..compare });
            }
        });
    }

    async fn measure(
        &self,
        spec: &Arc<Spec>,
        inbox: &mut mpsc::Receiver<RunOrder>,
    ) -> Result<(), Broken> {
        // Beside the real outputs, so that the same disk is measured.
        let folder = tempfile::Builder::new()
            .prefix(".lote-compare-")
            .tempdir_in(&self.0.config.output)
            .map_err(|error| {
                Broken::Failed(text!("no folder for the outputs: {}", reason(&error)))
            })?;
        let at = |name: &str| folder.path().join(name);
        let all = cores();
        let reference =
            self.trial(spec, Mode::Processes, all, &at("warm"), Vec::new(), inbox).await?.0;
        for repeat in 0..spec.repeats {
            for (mode, workers) in series() {
                let timed = at("timed");
                let (_, summary) =
                    self.trial(spec, mode, workers, &timed, Vec::new(), inbox).await?;
                self.0.live.with(|model, _| add(model, mode, workers, repeat == 0, &summary));
            }
        }
        if showcase::HAS_SIGNALS {
            let crashed = at("crashed");
            let processes = self.crash(spec, Mode::Processes, &crashed, &reference, inbox).await?;
            let threads = self.crash(spec, Mode::Threads, &crashed, &reference, inbox).await?;
            let crash = processes.zip(threads);
            let crash = crash.map(|(processes, threads)| CrashCosts { processes, threads });
            self.0.live.with(|model, _| {
                let compare = model.compare().clone();
                model.set_compare(Compare { crash, ..compare });
            });
        }
        Ok(())
    }

    /// One run.
    async fn trial(
        &self,
        spec: &Arc<Spec>,
        mode: Mode,
        workers: u32,
        output: &Path,
        reporters: Vec<Box<dyn Reporter>>,
        inbox: &mut mpsc::Receiver<RunOrder>,
    ) -> Result<(Plan, Summary), Broken> {
        let (made, output) = (Arc::clone(spec), output.to_owned());
        let plan = tokio::task::spawn_blocking(move || make_plan(&made, workers, output)).await;
        let plan = plan.map_err(Broken::by)?.map_err(Broken::by)?;
        // Each begins with workers of its own: their start is part of what is compared.
        let reserve = None;
        let settings = Settings { mode, slots: workers, reserve, ..self.0.config.settings.clone() };
        let mut bus = Bus::new();
        let shown = reporters.into_iter().map(|reporter| report::listen(bus.listen(), reporter));
        let shown: Vec<_> = shown.collect::<io::Result<_>>().map_err(Broken::by)?;
        let ended = run::run(&plan, &settings, &mut bus, inbox).await;
        drop(bus);
        let joined = tokio::task::spawn_blocking(move || {
            shown.into_iter().all(|thread| thread.join().is_ok())
        });
        let ended = ended.map_err(Broken::by)?;
        if !joined.await.unwrap_or(false) {
            return Err(Broken::Failed(text!("a defect in Lote: a report broke off")));
        }
        match ended.no_workers {
            _ if ended.cancelled => Err(Broken::Cancelled),
            Some(reason) => Err(Broken::Failed(text!("no worker is left: {}", reason))),
            None if ended.summary.counts.ok == 0 => {
                Err(Broken::Failed(text!("none of the images could be processed")))
            }
            None => Ok((plan, ended.summary)),
        }
    }

    /// Kills a worker once, a third of the way; `None` if the run was over before that.
    async fn crash(
        &self,
        spec: &Arc<Spec>,
        mode: Mode,
        output: &Path,
        reference: &Plan,
        inbox: &mut mpsc::Receiver<RunOrder>,
    ) -> Result<Option<CrashCost>, Broken> {
        let (crash, reporters) = showcase::Crash::new(reference.counts().planned);
        let (plan, summary) = self.trial(spec, mode, cores(), output, reporters, inbox).await?;
        let reference = reference.clone();
        let cost = tokio::task::spawn_blocking(move || crash.cost(&reference, &plan, &summary));
        let cost = cost.await.map_err(Broken::by)?;
        Ok(cost.map(|cost| CrashCost {
            interrupted: cost.repeated,
            lost: cost.lost,
            replaced_ms: cost.replaced_ms,
        }))
    }
}

fn make_plan(spec: &Spec, slots: u32, output: PathBuf) -> Result<Plan, PlanError> {
    let variant = VariantSpec {
        name: "compare".into(),
        steps: spec.steps.clone(),
        files: Vec::new(),
        pattern: None,
    };
    plan::prepared(&Request {
        within: spec.within.clone(),
        if_collides: IfCollides::Rename,
        slots: slots as usize,
        assets: spec.assets.clone(),
        ..Request::new(spec.images.clone(), output, vec![variant])
    })
}

/// Adds a measurement.
fn add(model: &mut Model, mode: Mode, workers: u32, is_first: bool, summary: &Summary) {
    let mut compare = model.compare().clone();
    if is_first {
        compare.runs.push(CompareRun {
            mode,
            workers,
            seconds: Vec::new(),
            images_per_s: 0.0,
            peak_memory_bytes: 0,
        });
    }
    let same = |run: &&mut CompareRun| run.mode == mode && run.workers == workers;
    if let Some(run) = compare.runs.iter_mut().find(same) {
        run.seconds.push(summary.seconds);
        run.images_per_s = showcase::images_per_s(summary.counts.ok, &run.seconds);
        run.peak_memory_bytes = run.peak_memory_bytes.max(summary.peak_bytes().unwrap_or(0));
    }
    compare.done += 1;
    model.set_compare(compare);
}
