//! What the scheduler answers: what is to be done.

use super::{SlotId, TaskId, WorkerId};

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Have a slot do these outputs of a task, after what it already has.
    Run {
        /// The slot.
        slot: SlotId,
        /// The task.
        task: TaskId,
        /// How often the task has been given to a worker, from 1.
        attempt: u32,
        /// Whether it has cost a worker its life.
        suspect: bool,
        /// The outputs that have not ended, in order.
        outputs: Vec<u32>,
    },
    /// Have a worker leave that was to retire: it has nothing to do, and gets nothing more until
    /// it is [`Input::Ready`] again.
    Leave {
        /// The worker.
        worker: WorkerId,
    },
    /// Kill a worker that does nothing but what nobody wants any more: something urgent waits.
    Interrupt {
        /// The worker.
        worker: WorkerId,
    },
    /// These outputs of a task will not be made.
    GiveUp {
        /// The task.
        task: TaskId,
        /// Why.
        why: GiveUp,
        /// How often it was running, and was not finished.
        failures: u32,
        /// The outputs that had not ended.
        outputs: Vec<u32>,
    },
}

/// Why outputs are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUp {
    /// The task has cost two workers their lives.
    Quarantined,
    /// The run was cancelled before.
    Cancelled,
    /// There are no workers.
    NoWorkers,
}
