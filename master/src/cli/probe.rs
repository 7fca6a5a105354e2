//! Starting a worker to see whether that works, and what sandbox it gets.

use std::path::PathBuf;
use std::time::Duration;

use lote_engine::lang::Text;
use lote_protocol::sandbox::{Level, Policy, Sandbox};
use lote_protocol::text;

use super::ui::Ui;
use super::{Exit, session};
use lote_engine::run::Settings;
use lote_engine::supervisor::{Config, Supervisor, WorkerEvent};

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
pub(super) async fn probe(config: &Config) -> Result<Probe, Text> {
    let config = Config { workers: 1, slots: 1, external: false, ..config.clone() };
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
