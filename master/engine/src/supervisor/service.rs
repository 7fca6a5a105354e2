//! The service of a worker that has said Hello: commands in, reports out, and how to end it.

use std::fs::File;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lote_protocol::message::{Command, Report};
use lote_protocol::sandbox::{Part, Sandbox};
use lote_protocol::transport::{Sender, TransportError};
use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};

use super::death::{Cause, Killer};
use super::handshake::Visitor;
use super::lane::{Control, Lane, START_TIME};
use super::launcher::Process;
use super::open_files::{Nonsense, OpenFiles};
use super::restart::{Reached, Served};
use super::{Mailbox, Word, WorkerEvent};
use crate::scheduler::WorkerId;
use crate::system;

/// A worker that was told to stop has this long to leave.
const STOP_TIME: Duration = Duration::from_secs(3);

/// How many reports may wait for a disk before the worker does.
const REPORT_QUEUE: usize = 64;

/// The most tasks of which the files are opened before the first of them is sent.
const OPEN_AT_ONCE: usize = 16;

/// From SIGABRT to SIGKILL.
const ABORT_TIME: Duration = Duration::from_secs(1);

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
        mailbox.say(self.welcome());
        let files = Arc::new(OpenFiles::new(self.slots));
        // A worker that has been stopped reads nothing, and must still be killable: sending waits
        // on its own. So does what waits for disks.
        let mut writers = JoinSet::new();
        writers.spawn(write(sender, commands, Arc::clone(&files)));
        let (reports, queue) = mpsc::channel(REPORT_QUEUE);
        let mut settling = JoinSet::new();
        settling.spawn(self.clone().settle(worker, queue, Arc::clone(&files)));
        let mut cause = None;
        let mut is_ready = false;
        let mut deadline = Some(tokio::time::Instant::now() + START_TIME);
        loop {
            tokio::select! {
                // Nobody else may take the place in the queue that is there.
                report = async {
                    let _ = reports.reserve().await;
                    receiver.next::<Report>().await
                } => match report {
                    Ok(Some(Report::Prepared { sandbox })) if !is_ready => {
                        is_ready = true;
                        served.reached = Reached::Ready;
                        deadline = deadline.filter(|_| served.stopping);
                        self.is_ready(worker, pid, start, sandbox, mailbox.clone()).await;
                    }
                    // It need not wait for disks to be alive.
                    Ok(Some(Report::Alive)) => {
                        let report = Report::Alive;
                        self.tell(WorkerEvent::Reported { worker, report }).await;
                    }
                    Ok(Some(report)) => {
                        if matches!(report, Report::Ended { .. }) {
                            served.reached = Reached::Output;
                        }
                        // If that fails, it has made no sense before.
                        drop(reports.try_send(report));
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
                Some(end) = settling.join_next() => {
                    tracing::warn!(worker = worker.0, ?end, "a worker's reports make no sense");
                    served.killer = served.killer.or(Some(Killer::Protocol));
                    if let Some(process) = &mut process {
                        process.kill();
                    }
                    break;
                }
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
                        mailbox.say(Command::Stop);
                        deadline = Some(tokio::time::Instant::now() + STOP_TIME);
                    }
                    Some(Control::Stop) if !served.stopping => {
                        served.stopping = true;
                        mailbox.say(Command::Stop);
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
        // A process that has hung up is dead, or soon will be. All that it had reported comes before
        // its end, and what it has not finished goes.
        drop(reports);
        if !have_ended_well(settling).await {
            served.killer = served.killer.or(Some(Killer::Protocol));
        }
        writers.shutdown().await;
        // It cannot panic.
        let _ = spawn_blocking(move || files.close()).await;
        (served, cause)
    }

    /// Tells that a worker takes tasks from now on.
    async fn is_ready(
        &self,
        worker: WorkerId,
        pid: u32,
        start: Option<Instant>,
        sandbox: Sandbox,
        mailbox: Mailbox,
    ) {
        if sandbox.missing.iter().any(|missing| missing.part == Part::Landlock) {
            system::hide_memory();
        }
        let slots = self.slots;
        let took = start.map_or(Duration::ZERO, |start| start.elapsed());
        self.tell(WorkerEvent::Ready { worker, pid, slots, took, sandbox, mailbox }).await;
    }

    fn welcome(&self) -> Command {
        Command::Welcome {
            slots: self.slots,
            limits: self.limits,
            max_memory_bytes: self.max_memory_bytes,
            max_output_bytes: match (self.max_output_bytes, self.max_memory_bytes) {
                // It is made in memory.
                (Some(output), Some(memory)) => Some(output.min(memory)),
                (output, memory) => output.or(memory),
            },
            files: self.files,
            sandbox: self.sandbox,
        }
    }

    /// Publishes what a worker has written, and passes its reports on.
    async fn settle(
        self,
        worker: WorkerId,
        mut queue: mpsc::Receiver<Report>,
        files: Arc<OpenFiles>,
    ) -> Result<(), Nonsense> {
        let mut batch = Vec::new();
        while queue.recv_many(&mut batch, REPORT_QUEUE).await > 0 {
            let (mut reports, files) = (std::mem::take(&mut batch), Arc::clone(&files));
            let settled = spawn_blocking(move || {
                let sense = reports.iter_mut().position(|report| files.settle(report).is_err());
                reports.truncate(sense.unwrap_or(reports.len()));
                (reports, sense.map_or(Ok(()), |_| Err(Nonsense)))
            });
            let (reports, sense) = settled.await.map_err(|_| Nonsense)?;
            for report in reports {
                self.tell(WorkerEvent::Reported { worker, report }).await;
            }
            sense?;
        }
        Ok(())
    }
}

/// Waits for them; whether all made sense.
async fn have_ended_well(mut settling: JoinSet<Result<(), Nonsense>>) -> bool {
    let mut sense = true;
    while let Some(end) = settling.join_next().await {
        sense &= matches!(end, Ok(Ok(())));
    }
    sense
}

/// Sends a worker its commands, as many at a time as there are, with their files.
async fn write(
    mut sender: Sender,
    mut words: mpsc::UnboundedReceiver<Word>,
    files: Arc<OpenFiles>,
) {
    let mut batch = Vec::new();
    while words.recv_many(&mut batch, OPEN_AT_ONCE).await > 0 {
        let (words, files) = (std::mem::take(&mut batch), Arc::clone(&files));
        let open = move || words.into_iter().map(|word| opened(word, &files)).collect::<Vec<_>>();
        let Ok(commands) = spawn_blocking(open).await else { return };
        for (command, files) in commands {
            if let Err(error) = sender.queue_with(&command, files) {
                tracing::error!(%error, "a command could not be sent");
            }
        }
        // If that fails the worker is dying, and whoever reads from it will notice.
        if sender.flush().await.is_err() {
            return;
        }
    }
}

/// What is said to a worker, and the files that go with it.
fn opened(word: Word, files: &OpenFiles) -> (Command, Vec<File>) {
    match word {
        Word::Say(command) => (command, Vec::new()),
        Word::Run { slot, report_stages, access, assignment } => {
            let (files, open) = files.open(slot, access, &assignment).take_apart();
            (Command::Run { slot, report_stages, task: assignment.task, files }, open)
        }
    }
}

async fn until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => pending().await,
    }
}
