//! What people and scripts see of a run. Reporters listen to the bus and change nothing.

pub mod ndjson;
pub mod summary;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::Receiver;

use crate::event::Event;

/// Something that shows events.
pub trait Reporter: Send {
    /// Shows an event. It may wait for more before all of it can be seen.
    fn show(&mut self, event: &Event);

    /// How long it waits for more after an event before it shows any: fewer wakes for the thread,
    /// which matters where thousands of events come in a second.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// Makes everything visible: nothing more has happened so far.
    fn rest(&mut self) {}
}

/// Shows every event on a thread of its own, so that a slow terminal does not hold up the workers
/// before thousands of events wait. The thread ends with the bus.
///
/// # Errors
/// The system's, if it lets no more threads begin.
pub fn listen(
    mut events: Receiver<Arc<Event>>,
    mut reporter: Box<dyn Reporter>,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("report".into()).spawn(move || {
        while let Some(event) = events.blocking_recv() {
            reporter.show(&event);
            let patience = reporter.patience();
            if !patience.is_zero() {
                thread::sleep(patience);
            }
            while let Ok(event) = events.try_recv() {
                reporter.show(&event);
            }
            reporter.rest();
        }
    })
}
