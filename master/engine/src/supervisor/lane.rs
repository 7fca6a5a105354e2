//! The life of a lane: start a process, serve it, bury it, start the next one.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use lote_protocol::lang::{Text, reason};
use lote_protocol::sandbox::Policy;
use lote_protocol::task::Limits;
use lote_protocol::text;
use lote_worker::entry::EXIT_REFUSED;
use tokio::sync::{mpsc, oneshot};

use super::WorkerEvent;
use super::death::{self, Cause, Death, Killer};
use super::handshake::{Handshakes, Visitor};
use super::launcher::{Launcher, Process};
use super::restart::{Reached, Restarts, Served, Verdict};
use super::stderr::LastWords;
use crate::scheduler::WorkerId;
use crate::system;

/// A process has this long to say Hello, and then to set itself up.
pub(super) const START_TIME: Duration = Duration::from_secs(20);

/// What a lane is told from above.
#[derive(Debug, Clone, Copy)]
pub(super) enum Control {
    /// Kill the process.
    Kill(Killer),
    /// Have the worker end, and replace it.
    Retire,
    /// Have the worker finish what it has, and end.
    Stop,
}

/// What all lanes of a run have in common.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub(super) slots: u32,
    pub(super) limits: Limits,
    pub(super) max_memory_bytes: Option<u64>,
    /// The most files that a worker's tasks bring with them.
    pub(super) files: u32,
    /// How large an output can become, bytes; `None` where that is not known.
    pub(super) max_output_bytes: Option<u64>,
    pub(super) sandbox: Policy,
    pub(super) launcher: Launcher,
    pub(super) handshakes: Handshakes,
    pub(super) events: mpsc::Sender<WorkerEvent>,
}

impl Lane {
    /// Keeps a worker process going until it is told to stop, or gives up.
    pub(super) async fn live(
        self,
        worker: WorkerId,
        mut control: mpsc::UnboundedReceiver<Control>,
    ) {
        let birth = Instant::now();
        let mut restarts = Restarts::default();
        loop {
            let (pid, served, death) = match self.incarnation(worker, &mut control).await {
                Ok(end) => end,
                Err(error) => {
                    let reason =
                        text!("{} could not be started: {}", self.launcher.name(), reason(&error));
                    return self.tell(WorkerEvent::Off { worker, reason }).await;
                }
            };
            if served.stopping && served.killer.is_none() {
                return self.tell(WorkerEvent::Stopped { worker, pid }).await;
            }
            if served.retiring && served.killer.is_none() && !served.stopping {
                self.tell(WorkerEvent::Retired { worker }).await;
                continue;
            }
            let outside = death.is_from_outside();
            let verdict = restarts.death(birth.elapsed(), served.reached, outside, chance());
            let refused = death.cause == Cause::Exit(i32::from(EXIT_REFUSED));
            let reason = off_reason(&death, refused);
            self.tell(WorkerEvent::Lost { worker, pid, death }).await;
            if served.stopping {
                return self.tell(WorkerEvent::Stopped { worker, pid }).await;
            }
            match verdict {
                Verdict::Replace(delay) if !refused => {
                    if self.stopped_within(delay, &mut control).await {
                        return self.tell(WorkerEvent::Stopped { worker, pid }).await;
                    }
                }
                _ => return self.tell(WorkerEvent::Off { worker, reason }).await,
            }
        }
    }

    /// Serves a worker that was started by hand, until it leaves.
    pub(super) async fn host(
        self,
        worker: WorkerId,
        visitor: Visitor,
        mut control: mpsc::UnboundedReceiver<Control>,
    ) {
        let pid = visitor.pid;
        self.tell(WorkerEvent::Started { worker, pid }).await;
        let (served, _) = self.serve(worker, visitor, None, None, &mut control).await;
        let stopped = served.stopping && served.killer.is_none();
        if !stopped {
            let death = Death {
                cause: Cause::HungUp,
                killer: served.killer,
                out_of_memory: false,
                last_words: Vec::new(),
            };
            self.tell(WorkerEvent::Lost { worker, pid, death }).await;
        }
        self.tell(WorkerEvent::Stopped { worker, pid }).await;
    }

    /// One process from start to death.
    async fn incarnation(
        &self,
        worker: WorkerId,
        control: &mut mpsc::UnboundedReceiver<Control>,
    ) -> std::io::Result<(u32, Served, Death)> {
        let kills_before = system::out_of_memory_kills();
        let (token, arrival) = self.handshakes.expect()?;
        let start = Instant::now();
        let mut process = self.launcher.start(token)?;
        let pid = process.pid();
        let last_words = process.stderr().map(LastWords::listen);
        self.tell(WorkerEvent::Started { worker, pid }).await;

        let (served, cause) = match self.arrive(arrival, &mut process, control).await {
            Arrival::Here(visitor) => {
                self.serve(worker, visitor, Some(start), Some(&mut process), control).await
            }
            Arrival::Not { served, cause } => (served, cause),
        };
        let status = process.end().await?;
        let death = Death {
            cause: cause.unwrap_or_else(|| death::cause(status)),
            killer: served.killer,
            out_of_memory: system::out_of_memory_kills() != kills_before,
            last_words: match last_words {
                Some(words) => words.take().await,
                None => Vec::new(),
            },
        };
        Ok((pid, served, death))
    }

    /// A race of Hello, death, a word from above, and the clock.
    async fn arrive(
        &self,
        mut arrival: oneshot::Receiver<Visitor>,
        process: &mut Process,
        control: &mut mpsc::UnboundedReceiver<Control>,
    ) -> Arrival {
        let failed = |killer, stopping, cause| Arrival::Not {
            served: Served { killer, stopping, ..Served::not_yet() },
            cause,
        };
        let too_late = tokio::time::Instant::now() + START_TIME;
        loop {
            return tokio::select! {
                Ok(visitor) = &mut arrival => {
                    if self.launcher.starts_worker_itself() && visitor.pid != process.pid() {
                        return failed(Some(Killer::Protocol), false, None);
                    }
                    Arrival::Here(visitor)
                }
                () = process.ended() => failed(None, false, None),
                word = control.recv() => match word {
                    // That was for the process before.
                    Some(Control::Retire) => continue,
                    Some(Control::Kill(killer)) => failed(Some(killer), false, None),
                    Some(Control::Stop) | None => failed(None, true, None),
                },
                () = tokio::time::sleep_until(too_late) => {
                    let cause = Some(Cause::Silent(START_TIME.as_secs()));
                    let reached = Reached::Nothing;
                    Arrival::Not { served: Served { reached, ..Served::not_yet() }, cause }
                }
            };
        }
    }

    /// Waits; tells whether it was told to stop meanwhile.
    async fn stopped_within(
        &self,
        delay: Duration,
        control: &mut mpsc::UnboundedReceiver<Control>,
    ) -> bool {
        let over = tokio::time::sleep(delay);
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                word = control.recv() => match word {
                    Some(Control::Kill(_) | Control::Retire) => {}
                    Some(Control::Stop) | None => return true,
                },
                () = &mut over => return false,
            }
        }
    }

    pub(super) async fn tell(&self, event: WorkerEvent) {
        // Nobody listens any more when the run is over.
        drop(self.events.send(event).await);
    }
}

/// Whether a started process has said Hello.
enum Arrival {
    Here(Visitor),
    Not { served: Served, cause: Option<Cause> },
}

/// Why a lane gives up, in one line.
fn off_reason(death: &Death, refused: bool) -> Text {
    match death.last_words.last() {
        Some(words) if refused => Text::known(words),
        Some(words) => text!("it kept dying ({}): {}", death.text(), words),
        None => text!("it kept dying ({})", death.text()),
    }
}

/// A random number, 0.0..1.0; how random does not matter.
fn chance() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}
