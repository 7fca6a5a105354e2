//! A task, as far as it has come.

use super::{Job, SlotId};

/// Where a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It waits for a slot.
    Queued,
    /// A slot runs it, or has it ahead.
    Assigned(SlotId),
    /// All its outputs have ended or been given up.
    Ended,
}

/// A task of the run.
#[derive(Debug)]
pub(super) struct Task {
    /// See [`Job::cost`].
    pub(super) cost: u64,
    /// See [`Job::memory_bytes`].
    pub(super) memory_bytes: u64,
    pub(super) place: Place,
    /// Whether each output has yet to end.
    pub(super) open: Vec<bool>,
    /// How often it has been given to a worker.
    pub(super) attempts: u32,
    /// How often it was running, and was not finished.
    pub(super) failures: u32,
    /// How many deaths are held against it.
    pub(super) charged: u32,
    /// How many deaths it has been excused for.
    pub(super) excused: u32,
}

impl Task {
    /// A task that waits for its first slot.
    pub(super) fn new(job: Job) -> Self {
        Self {
            cost: job.cost,
            // Bounded, so that sums do not overflow.
            memory_bytes: job.memory_bytes.clamp(1, 1 << 50),
            place: Place::Queued,
            open: vec![true; job.outputs as usize],
            attempts: 0,
            failures: 0,
            charged: 0,
            excused: 0,
        }
    }

    /// The outputs that have not ended, in order.
    pub(super) fn open_outputs(&self) -> Vec<u32> {
        (0..).zip(&self.open).filter(|(_, open)| **open).map(|(output, _)| output).collect()
    }

    /// Whether there are any.
    pub(super) fn has_open_outputs(&self) -> bool {
        self.open.iter().any(|open| *open)
    }
}
