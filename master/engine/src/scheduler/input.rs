//! What the scheduler is told: its tasks, and what happens.

use super::{SlotId, TaskId, WorkerId};

/// Which tasks go before which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Priority {
    /// Somebody waits for it: before all others, the newest first.
    Urgent,
    /// In turn.
    #[default]
    Usual,
    /// When no other waits, in turn.
    Spare,
}

impl Priority {
    /// All of them, in turn.
    pub(super) const ALL: [Self; 3] = [Self::Urgent, Self::Usual, Self::Spare];
}

/// What the scheduler has to know of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskSpec {
    /// Whether it goes before others.
    pub priority: Priority,
    /// Estimated work, in any unit that grows with it; see `plan::split`.
    pub cost: u64,
    /// How many outputs it has.
    pub outputs: u32,
    /// The most memory that it probably takes up while it runs, bytes.
    pub memory_bytes: u64,
}

/// Whom the death of a worker is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Whatever it was running.
    Running,
    /// What this thread of it was running.
    Slot(u32),
    /// Nobody at first: somebody killed the process from outside. [`super::MAX_EXCUSED`] such deaths
    /// are excused, and more if other tasks are hit as well.
    Outside,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// There is another task. They are numbered as they come, from 0.
    Add(TaskSpec),
    /// There will be no other tasks.
    NoMore,
    /// Nobody wants a task any more: it is not begun, and not repeated.
    Withdraw(TaskId),
    /// A worker is there, with so many threads that do nothing yet.
    Ready {
        /// The worker.
        worker: WorkerId,
        /// Its threads.
        slots: u32,
    },
    /// An output of a task has ended, well or badly.
    Ended {
        /// Where it ran.
        slot: SlotId,
        /// The task.
        task: TaskId,
        /// Its output, from 0.
        output: u32,
    },
    /// A slot has done all of a task.
    Finished {
        /// The slot.
        slot: SlotId,
        /// The task.
        task: TaskId,
    },
    /// A slot has come to the end of a task without making all of it, for a reason that lies with
    /// neither: the rest is to be made later.
    PutOff {
        /// The slot.
        slot: SlotId,
        /// The task.
        task: TaskId,
    },
    /// A worker is dead, and all that it had reported before has been handed in.
    Lost {
        /// The worker.
        worker: WorkerId,
        /// Whom that is held against.
        blame: Blame,
    },
    /// A worker is to be replaced when it has done what it has, if there is more to do at all.
    Retire {
        /// The worker.
        worker: WorkerId,
    },
    /// Nothing more is started until [`Input::Resume`].
    Pause,
    /// Go on.
    Resume,
    /// Nothing more is started; what has been started may finish.
    Cancel,
    /// There are no workers any more, and none will come.
    NoWorkers,
}
