//! Waiting for something, but not for ever: a test that hangs says nothing, and holds up all others.

use std::time::{Duration, Instant};

/// A test that waits for so long has failed. No test depends on how fast the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again and again, until there is something.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
    }
}

/// Asks again and again, until it is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut ask: impl FnMut() -> bool) {
    wait_for(what, || {
        std::thread::yield_now();
        ask().then_some(())
    });
}
