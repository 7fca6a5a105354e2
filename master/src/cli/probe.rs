//! Starting a worker to see whether that works, and what sandbox it gets.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lote_engine::lang::Text;
use lote_imaging::formats::{Document, PNG, encode};
use lote_imaging::picture::{Channels, Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::FilterCall;
use lote_protocol::message::Report;
use lote_protocol::outcome::FailureKind;
use lote_protocol::sandbox::{Level, Policy, Sandbox};
use lote_protocol::task::{self, Task};
use lote_protocol::text;

use super::session;
use crate::exit::Exit;
use crate::ui::Ui;
use lote_engine::output::Target;
use lote_engine::plan::error::reason;
use lote_engine::plan::{Access, AssetFile, Assignment, Plan};
use lote_engine::run::Settings;
use lote_engine::supervisor::{Supervisor, WorkerConfig, WorkerEvent};

/// What to do where the sandbox is required and cannot be had.
pub(super) fn hint() -> Text {
    text!("--sandbox auto makes do with what there is; `lote doctor` shows what that is")
}

/// A worker that has started, and left again.
#[derive(Debug)]
pub(super) struct Probe {
    /// Where it connected to.
    pub(super) socket: PathBuf,
    /// From the start of its process until it took tasks.
    pub(super) took: Duration,
    /// The sandbox that it was in.
    pub(super) sandbox: Sandbox,
}

/// Starts a worker of that kind, and has it leave again.
pub(super) async fn probe(config: &WorkerConfig) -> Result<Probe, Text> {
    let config = WorkerConfig { workers: 1, slots: 1, external: false, ..config.clone() };
    let mut supervisor = Supervisor::start(&config).map_err(|error| error.text())?;
    let socket = supervisor.socket();
    let mut ready = None;
    loop {
        match supervisor.next().await {
            WorkerEvent::Ready { took, sandbox, .. } => {
                ready = Some((took, sandbox));
                supervisor.stop();
            }
            WorkerEvent::Stopped { .. } => {
                let (took, sandbox) = ready.ok_or_else(|| text!("the worker left"))?;
                return Ok(Probe { socket, took, sandbox });
            }
            WorkerEvent::Off { reason, .. } => {
                return Err(text!("workers do not start: {}", reason));
            }
            _ => {}
        }
    }
}

/// Makes sure of the sandbox before anything begins, if it is required. An error has been told
/// already.
pub(super) fn insist(settings: &Settings, ui: Ui) -> Result<(), Exit> {
    if settings.workers.sandbox != Policy::Require {
        return Ok(());
    }
    // It shall say what is missing, and not refuse to work for it.
    let mut config = settings.workers.clone();
    config.sandbox = Policy::Auto;
    let found = block_on(probe(&config)).map_err(|problem| {
        ui.error(problem, text!("`lote doctor` looks for the cause"));
        Exit::NoWorkers
    })?;
    check(&found.sandbox).map_err(|problem| {
        ui.error(problem, hint());
        Exit::Refused
    })
}

/// How long a worker may look at the files that filters need.
const LOOK: Duration = Duration::from_secs(60);

/// Has a worker read the files that filters need beside the images, so that a logo or a table that is
/// damaged ends a job before it begins. An error has been told already.
pub(super) fn look_at_files(plan: &Plan, settings: &Settings, ui: Ui) -> Result<(), Exit> {
    let steps = plan.steps_with_files();
    if steps.is_empty() {
        return Ok(());
    }
    let looked = block_on(async {
        let looked = tokio::time::timeout(LOOK, look(&settings.workers, &steps)).await;
        looked.unwrap_or_else(|_| Ok(Some(text!("it took longer than {} s", LOOK.as_secs()))))
    });
    match looked {
        Ok(None) => Ok(()),
        Ok(Some(what)) => {
            ui.error(what, None);
            Err(Exit::Usage)
        }
        Err(problem) => {
            ui.error(problem, text!("`lote doctor` looks for the cause"));
            Err(Exit::NoWorkers)
        }
    }
}

/// What is wrong with a file that these steps need, if anything is: a worker takes each of them on a
/// small picture of one colour.
async fn look(
    config: &WorkerConfig,
    steps: &[(FilterCall, Vec<AssetFile>)],
) -> Result<Option<Text>, Text> {
    let unwritten = |error: io::Error| text!("no temporary folder: {}", reason(&error));
    let folder = tempfile::Builder::new().prefix("lote-").tempdir().map_err(unwritten)?;
    let input = folder.path().join("picture.png");
    fs::write(&input, picture()).map_err(unwritten)?;
    let mut assets: Vec<AssetFile> = Vec::new();
    for asset in steps.iter().flat_map(|(_, files)| files) {
        if !assets.contains(asset) {
            assets.push(asset.clone());
        }
    }
    let orders = (0..).zip(steps).map(|(variant, (step, _))| task::Order {
        variant,
        steps: vec![step.clone()],
        durable: false,
        sha256: false,
        encoding: Encoding { format: Some(PNG.id), ..Encoding::default() },
    });
    let target = |place: usize| Target {
        path: folder.path().join(place.to_string()),
        replace: true,
        durable: false,
    };
    let assignment = Assignment {
        task: Task {
            orders: orders.collect(),
            assets: assets.iter().map(|asset| asset.asset.clone()).collect(),
            number: 1,
            ..Task::default()
        },
        input,
        targets: (0..steps.len()).map(target).collect(),
        assets: assets.iter().map(|asset| asset.path.clone()).collect(),
    };
    let (outputs, count) = (steps.len() as u32, assets.len() as u32);
    let access = Access { outputs, assets: count, ..Access::default() };
    let config = WorkerConfig {
        workers: 1,
        slots: 1,
        external: false,
        access: access.clone(),
        ..config.clone()
    };
    let access = Arc::new(access);
    let mut supervisor = Supervisor::start(&config).map_err(|error| error.text())?;
    loop {
        match supervisor.next().await {
            WorkerEvent::Ready { mailbox, .. } => {
                mailbox.run(0, false, Arc::clone(&access), assignment.clone());
            }
            WorkerEvent::Reported {
                report: Report::Ended { result: Err(failure), .. }, ..
            } if failure.kind == FailureKind::Filter => {
                return Ok(Some(failure.message));
            }
            WorkerEvent::Reported { report: Report::Finished { .. }, .. } => return Ok(None),
            WorkerEvent::Lost { death, .. } => {
                let files = assets.iter().map(|asset| asset.asset.name.as_str());
                let files = files.collect::<Vec<_>>().join(", ");
                return Ok(Some(text!("{} cannot be used: {}", files, death.text())));
            }
            WorkerEvent::Off { reason, .. } => {
                return Err(text!("workers do not start: {}", reason));
            }
            _ => {}
        }
    }
}

/// A small picture of one colour, as PNG.
fn picture() -> Vec<u8> {
    const SIDE: u32 = 64;
    let samples = Samples::U8(vec![128; (SIDE * SIDE * 3) as usize]);
    let picture = Picture { width: SIDE, height: SIDE, channels: Channels::Rgb, samples };
    let mut bytes = Vec::new();
    // What could go wrong with that is told by the worker.
    let _ =
        encode(&Document::still(&PNG, picture), &Encoding::default(), &mut Pool::new(), &mut bytes);
    bytes
}

/// Whether that is enough where a sandbox is required; else what to say.
pub(super) fn check(sandbox: &Sandbox) -> Result<(), Text> {
    if sandbox.level == Level::Full {
        return Ok(());
    }
    Err(text!("the sandbox is required, but here it is only {}", sandbox.text()))
}

/// Waits for what starts workers, on this thread, with which they would die.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Text>>) -> Result<T, Text> {
    session::runtime()?.block_on(future)
}
