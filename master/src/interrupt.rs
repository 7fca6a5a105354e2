//! Ctrl-C and SIGTERM: the first one ends a run in an orderly way, the second one at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::{mpsc, watch};

use crate::exit::Exit;
use crate::ui::Ui;
use lote_engine::run::RunOrder;

/// What has interrupted the run, if anything has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicU8>);

const BY_CTRL_C: u8 = 1;
const BY_TERM: u8 = 2;

impl Interrupt {
    /// Listens for signals, from within a runtime, and gives orders to a run.
    pub(crate) fn listen(orders: mpsc::Sender<RunOrder>, ui: Ui) -> Self {
        let en = "finishing what has been started; once more to stop at once";
        let es = "se termina lo empezado; otra vez para parar ya";
        Self::saying(ui.lang.pick(en, es), RunOrder::Cancel, orders, ui)
    }

    /// The same for a run that others do, who go on.
    pub(crate) fn leaving(orders: mpsc::Sender<RunOrder>, ui: Ui) -> Self {
        let en = "leaving; the fleet goes on with what it has";
        let es = "se deja; la flota sigue con lo que tiene";
        Self::saying(ui.lang.pick(en, es), RunOrder::Abort, orders, ui)
    }

    fn saying(what: &'static str, first: RunOrder, orders: mpsc::Sender<RunOrder>, ui: Ui) -> Self {
        let interrupt = Self::default();
        let noted = interrupt.clone();
        let mut signals = Signals::listen();
        tokio::spawn(async move {
            for (times, order) in [first, RunOrder::Abort].into_iter().enumerate() {
                let signal = signals.next().await;
                if times == 0 {
                    noted.0.store(signal, Ordering::Relaxed);
                    ui.say(what);
                }
                if orders.send(order).await.is_err() {
                    return;
                }
            }
            signals.next().await;
            std::process::exit(i32::from(Exit::Interrupted.code()));
        });
        interrupt
    }

    /// The exit code of an interrupted run.
    pub(crate) fn exit(&self) -> Option<Exit> {
        match self.0.load(Ordering::Relaxed) {
            BY_CTRL_C => Some(Exit::Interrupted),
            BY_TERM => Some(Exit::Terminated),
            _ => None,
        }
    }
}

/// What has ended the server, if anything has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shutdown(Interrupt);

impl Shutdown {
    /// Listens for signals, from within a runtime: the first one sets `stop`, another one ends the
    /// program at once.
    pub(crate) fn listen(stop: watch::Sender<bool>, ui: Ui) -> Self {
        let shutdown = Self::default();
        let noted = shutdown.clone();
        let mut signals = Signals::listen();
        tokio::spawn(async move {
            noted.0.0.store(signals.next().await, Ordering::Relaxed);
            ui.say(
                ui.lang.pick(
                    "ending; once more to stop at once",
                    "terminando; otra vez para parar ya",
                ),
            );
            stop.send_replace(true);
            signals.next().await;
            std::process::exit(i32::from(Exit::Interrupted.code()));
        });
        shutdown
    }

    /// The exit code of a server whose work was interrupted.
    pub(crate) fn exit(&self) -> Option<Exit> {
        self.0.exit()
    }
}

/// The signals that ask a program to end.
#[cfg(unix)]
struct Signals([(Option<tokio::signal::unix::Signal>, u8); 3]);

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            (SignalKind::interrupt(), BY_CTRL_C),
            (SignalKind::terminate(), BY_TERM),
            (SignalKind::hangup(), BY_TERM),
        ];
        // One that cannot be listened to ends the program as it would any other.
        Self(kinds.map(|(kind, by)| (signal(kind).ok(), by)))
    }

    async fn next(&mut self) -> u8 {
        let [first, second, third] = &mut self.0;
        tokio::select! {
            by = received(first) => by,
            by = received(second) => by,
            by = received(third) => by,
        }
    }
}

#[cfg(unix)]
async fn received((stream, by): &mut (Option<tokio::signal::unix::Signal>, u8)) -> u8 {
    if let Some(stream) = stream
        && stream.recv().await.is_some()
    {
        return *by;
    }
    std::future::pending().await
}

/// Ctrl-C, which is all there is here.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) -> u8 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        BY_CTRL_C
    }
}
