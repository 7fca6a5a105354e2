//! A worker's life: connect, say who it is, run what it is given, leave with its master.
//!
//! The main thread does nothing but carry messages, so that it notices at once when the master
//! goes, even while every other thread decodes.

use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::mpsc as thread_channel;
use std::thread;

use lote_protocol::lang::{Text, reason};
use lote_protocol::message::{ALIVE_INTERVAL, Command, Hello, Report, WorkerToken};
use lote_protocol::outcome::Failure;
use lote_protocol::task::{Files, Limits, Task};
use lote_protocol::text;
use lote_protocol::transport::{Connection, Receiver, Sender, TransportError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use crate::assets::Shelf;
use crate::bench::{Bench, Progress};
use crate::process_limits;
use crate::sandbox::{self, Needs, Unenforced};
use crate::task;

/// Why a worker could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// There is no master at that address.
    #[error("{}", self.text())]
    Connect {
        /// The socket that was tried.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The master does not want this worker.
    #[error("{}", self.text())]
    Refused(String),
    /// The connection broke.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The process could not be set up.
    #[error("{}", self.text())]
    Setup(#[from] std::io::Error),
    /// It may not work with so little of a sandbox.
    #[error(transparent)]
    Sandbox(#[from] Unenforced),
}

impl SessionError {
    /// Why, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::Connect { address, source } => {
                text!("no master answers at {}: {}", address.as_str(), reason(source))
            }
            Self::Refused(why) => text!("the master refused this worker: {}", Text::known(why)),
            Self::Transport(error) => Text::known(&error.to_string()),
            Self::Setup(error) => text!("the worker could not be set up: {}", reason(error)),
            Self::Sandbox(error) => error.text(),
        }
    }
}

/// Works for the master that listens at `socket`, until it stops the worker or goes away.
pub fn run(socket: &Path, token: WorkerToken) -> Result<(), SessionError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(socket, token))
}

async fn serve(socket: &Path, token: WorkerToken) -> Result<(), SessionError> {
    let connection = Connection::connect(socket).await.map_err(|source| SessionError::Connect {
        address: socket.display().to_string(),
        source,
    })?;
    connection.send_preamble().await?;
    let (mut sender, mut receiver) = connection.split();
    sender.send(&Hello { pid: process::id(), token }).await?;
    let (slots, limits) = match receiver.next().await? {
        Some(Command::Welcome {
            slots,
            limits,
            max_memory_bytes,
            max_output_bytes,
            files,
            sandbox,
        }) => {
            if let Some(bytes) = max_memory_bytes {
                process_limits::bound_memory(bytes)?;
            }
            // While there is no other thread, as those that are there already would stay outside.
            let needs = Needs { files, max_output_bytes, publishes: None };
            let sandbox = sandbox::enter(sandbox, &needs)?;
            sender.send(&Report::Prepared { sandbox }).await?;
            (slots, limits)
        }
        Some(Command::Refuse { reason }) => return Err(SessionError::Refused(reason)),
        Some(_) | None => return Err(SessionError::Refused("hung up".into())),
    };
    let shelf = Arc::new(Shelf::default());
    let (reports, outbox) = unbounded_channel();
    let inboxes = (0..slots)
        .map(|slot| start(slot, limits, Arc::clone(&shelf), reports.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    drop(reports);
    carry(&mut sender, &mut receiver, inboxes, outbox, &shelf).await
}

type Inbox = thread_channel::Sender<(bool, Task, Files)>;

/// Starts the thread of a slot.
fn start(
    slot: u32,
    limits: Limits,
    shelf: Arc<Shelf>,
    reports: UnboundedSender<Report>,
) -> Result<Inbox, SessionError> {
    let (inbox, tasks) = thread_channel::channel::<(bool, Task, Files)>();
    thread::Builder::new().name(format!("slot-{slot}")).spawn(move || {
        let mut bench = Bench::new(limits, &shelf);
        for (report_stages, task, files) in tasks {
            run_task(slot, report_stages, &task, files, &mut bench, &reports);
        }
    })?;
    Ok(inbox)
}

fn run_task(
    slot: u32,
    report_stages: bool,
    task: &Task,
    files: Files,
    bench: &mut Bench<'_>,
    reports: &UnboundedSender<Report>,
) {
    let start = std::time::Instant::now();
    // The other end of `reports` goes away only with the process.
    let send = |report| drop(reports.send(report));
    task::run(task, files, bench, &mut |progress| match progress {
        Progress::Reached(stage) if report_stages => {
            send(Report::Reached { slot, task: task.id, stage });
        }
        Progress::Reached(_) => {}
        Progress::Decoded => send(Report::Decoded { slot, task: task.id }),
        Progress::Ended { variant, result, elapsed, decode } => {
            let result = result.map_err(one_line);
            let micros = elapsed.as_micros() as u64;
            let decode_micros = decode.as_micros() as u64;
            send(Report::Ended { slot, task: task.id, variant, result, micros, decode_micros });
        }
    });
    send(Report::Finished { slot, task: task.id, micros: start.elapsed().as_micros() as u64 });
}

/// Messages of libraries may hold line breaks and may be long.
fn one_line(failure: Failure) -> Failure {
    const MAX_CHARS: usize = 300;
    let message = failure.message.map(|given| {
        let line = given.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    });
    Failure { message, ..failure }
}

/// Carries commands in and reports out, until the master has had enough or is gone. While there is
/// work, the master hears at least every [`ALIVE_INTERVAL`] that this process is alive. Whoever's
/// master has gone leaves at once, whatever the other threads are doing: what they have written has no
/// name.
async fn carry(
    sender: &mut Sender,
    receiver: &mut Receiver,
    inboxes: Vec<Inbox>,
    mut outbox: UnboundedReceiver<Report>,
    shelf: &Shelf,
) -> Result<(), SessionError> {
    let mut inboxes = Some(inboxes);
    let mut in_hand = 0_usize;
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            () = sleep_until(heard + ALIVE_INTERVAL), if in_hand > 0 => {
                heard = Instant::now();
                sender.queue(&Report::Alive).map_err(TransportError::from)?;
                if sender.flush().await.is_err() {
                    process::exit(0);
                }
            }
            command = receiver.next_with_files() => match command {
                Ok(Some(Command::Run { slot, report_stages, task, files })) => {
                    let open = receiver.files(files.count())?;
                    let mut files = files.put_together(open).ok_or(TransportError::Files)?;
                    // Another slot may need them sooner than the one that they came for.
                    shelf.keep(std::mem::take(&mut files.assets));
                    let inbox = inboxes.as_ref().and_then(|all| all.get(slot as usize));
                    if let Some(inbox) = inbox {
                        in_hand += 1;
                        drop(inbox.send((report_stages, task, files)));
                    }
                }
                // The threads end when they have done what they were given, and then the outbox does.
                Ok(Some(Command::Stop)) => inboxes = None,
                Ok(Some(other)) => tracing::warn!(?other, "unexpected command"),
                Ok(None) => process::exit(0),
                Err(error) => {
                    tracing::error!(%error, "lost the master");
                    process::exit(1);
                }
            },
            report = outbox.recv() => {
                let Some(report) = report else { return Ok(()) };
                heard = Instant::now();
                let mut next = Some(report);
                while let Some(report) = next {
                    in_hand -= usize::from(matches!(report, Report::Finished { .. }));
                    sender.queue(&report).map_err(TransportError::from)?;
                    next = outbox.try_recv().ok();
                }
                if sender.flush().await.is_err() {
                    process::exit(0);
                }
            }
        }
    }
}
