//! Trials: runs that are disturbed on purpose, what they look like, and what is measured of them.

mod crash;
mod identical;
mod lanes;
pub mod live;
mod observer;
mod rounds;
mod striker;
mod table;

pub use crash::{Crash, CrashCost};
pub use identical::{Comparison, compare, digest, digest_of, name};
pub use lanes::Scene;
pub use live::Live;
pub use observer::Observer;
pub use rounds::{images_per_s, median};
pub use striker::{Blow, HAS_SIGNALS, Strike, Striker};
pub use table::Line;

/// Events of workers that do not exist.
#[cfg(test)]
mod events {
    use crate::event::{Event, WorkerState};

    /// No process has this number: nobody is hurt.
    pub(super) const NOBODY: u32 = u32::MAX;

    pub(super) fn worker(worker: u32, pid: u32, state: WorkerState, reason: Option<&str>) -> Event {
        let (agent, slots, ms, sandbox) = (None, 1, Some(31.4), None);
        let reason = reason.map(Into::into);
        Event::Worker { agent, worker, pid, slots, state, reason, ms, sandbox }
    }

    pub(super) fn task(worker: u32, unit: usize, attempt: u32, image: String) -> Event {
        let (agent, slot, variants, image_bytes) = (None, 0, vec![0], None);
        Event::Task { agent, worker, slot, unit, variants, image, image_bytes, attempt }
    }
}
