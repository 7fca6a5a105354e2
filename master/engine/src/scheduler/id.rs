//! How tasks, workers and their threads are called.

/// A task, by its place among those that were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// A worker, by its lane: a process that replaces another has its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub u32);

/// One thread of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId {
    /// The worker.
    pub worker: WorkerId,
    /// Its thread, from 0.
    pub index: u32,
}
