//! The service of a worker that has said Hello: commands in, reports out, and how to end it.

use std::future::pending;
use std::time::{Duration, Instant};

use lote_protocol::message::{Command, Report};
use lote_protocol::sandbox::{self, Part};
use lote_protocol::transport::{Sender, TransportError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::death::{Cause, Killer};
use super::handshake::Visitor;
use super::lane::{Control, Lane, START_TIME};
use super::launcher::Process;
use super::restart::Reached;
use super::{Mailbox, WorkerEvent};
use crate::scheduler::WorkerId;
use crate::system;

/// A worker that was told to stop has this long to leave.
const STOP_TIME: Duration = Duration::from_secs(3);

/// From SIGABRT to SIGKILL.
const ABORT_TIME: Duration = Duration::from_secs(1);

/// How the service of a worker ended.
pub(super) struct Served {
    /// Who killed it, if anybody did.
    pub(super) killer: Option<Killer>,
    /// It was told to finish and end.
    pub(super) stopping: bool,
    /// It was told to end so that it can be replaced.
    pub(super) retiring: bool,
    /// How far it has come.
    pub(super) reached: Reached,
}

impl Served {
    /// It has not said Hello yet.
    pub(super) const fn not_yet() -> Self {
        Self { killer: None, stopping: false, retiring: false, reached: Reached::Start }
    }
}

impl Lane {
    /// Passes commands in and reports out until the worker is dead or gone.
    pub(super) async fn serve(
        &self,
        worker: WorkerId,
        visitor: Visitor,
        start: Option<Instant>,
        mut process: Option<&mut Process>,
        control: &mut mpsc::UnboundedReceiver<Control>,
    ) -> (Served, Option<Cause>) {
        let Visitor { pid, sender, mut receiver } = visitor;
        let mut served = Served::not_yet();
        let (mailbox, commands) = mpsc::unbounded_channel();
        let mailbox = Mailbox(mailbox);
        let (slots, limits) = (self.slots, self.limits);
        let max_memory_bytes = self.max_memory_bytes;
        let sandbox = sandbox::Order::clone(&self.sandbox);
        mailbox.send(Command::Welcome { slots, limits, max_memory_bytes, sandbox });
        // A worker that has been stopped reads nothing, and must still be killable: sending waits
        // on its own.
        let mut writers = JoinSet::new();
        writers.spawn(write(sender, commands));
        let mut cause = None;
        let mut is_ready = false;
        let mut deadline = Some(tokio::time::Instant::now() + START_TIME);
        loop {
            tokio::select! {
                report = receiver.next::<Report>() => match report {
                    Ok(Some(Report::Prepared { sandbox })) if !is_ready => {
                        is_ready = true;
                        served.reached = Reached::Ready;
                        if sandbox.missing.iter().any(|missing| missing.part == Part::Landlock) {
                            system::hide_memory();
                        }
                        deadline = deadline.filter(|_| served.stopping);
                        let took = start.map_or(Duration::ZERO, |start| start.elapsed());
                        let mailbox = mailbox.clone();
                        let ready =
                            WorkerEvent::Ready { worker, pid, slots, took, sandbox, mailbox };
                        self.tell(ready).await;
                    }
                    Ok(Some(report)) => {
                        if matches!(report, Report::Ended { .. }) {
                            served.reached = Reached::Output;
                        }
                        self.tell(WorkerEvent::Reported { worker, report }).await;
                    }
                    Ok(None) => break,
                    Err(error) => {
                        tracing::warn!(worker = worker.0, %error, "a worker's connection broke");
                        if !matches!(error, TransportError::Io(_) | TransportError::Cut) {
                            served.killer = Some(Killer::Protocol);
                        }
                        break;
                    }
                },
                word = control.recv(), if served.killer.is_none() => match word {
                    Some(Control::Kill(killer)) => {
                        served.killer = Some(killer);
                        match &mut process {
                            Some(process) if killer.is_watchdog() && process.abort() => {
                                deadline = Some(tokio::time::Instant::now() + ABORT_TIME);
                            }
                            Some(process) => process.kill(),
                            None => break,
                        }
                    }
                    Some(Control::Retire) if !served.retiring => {
                        served.retiring = true;
                        mailbox.send(Command::Stop);
                        deadline = Some(tokio::time::Instant::now() + STOP_TIME);
                    }
                    Some(Control::Stop) if !served.stopping => {
                        served.stopping = true;
                        mailbox.send(Command::Stop);
                        deadline = Some(tokio::time::Instant::now() + STOP_TIME);
                    }
                    Some(Control::Stop | Control::Retire) => {}
                    // The run is over, and nobody is left to say more.
                    None => break,
                },
                () = until(deadline) => {
                    if !is_ready && !served.stopping {
                        served.reached = Reached::Nothing;
                        cause = Some(Cause::Silent(START_TIME.as_secs()));
                    }
                    break;
                }
            }
        }
        if served.killer.is_some_and(Killer::is_watchdog)
            && let Some(process) = process
        {
            process.kill();
        }
        // A process that has hung up is dead, or soon will be.
        (served, cause)
    }
}

/// Sends a worker its commands, as many at a time as there are.
async fn write(mut sender: Sender, mut commands: mpsc::UnboundedReceiver<Command>) {
    while let Some(command) = commands.recv().await {
        let mut queued = sender.queue(&command);
        while let Ok(command) = commands.try_recv() {
            queued = queued.and(sender.queue(&command));
        }
        if let Err(error) = queued {
            tracing::error!(%error, "a command could not be sent");
        }
        // If that fails the worker is dying, and whoever reads from it will notice.
        if sender.flush().await.is_err() {
            return;
        }
    }
}

async fn until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => pending().await,
    }
}
