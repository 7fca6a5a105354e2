//! A task, as far as it has come.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

use super::{Priority, SlotId, TaskId, TaskSpec};

/// Where a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It waits for a slot.
    Queued,
    /// A slot runs it, or has it ahead.
    Assigned(SlotId),
    /// All its outputs have ended or been given up.
    Ended,
}

/// A task of the run.
#[derive(Debug)]
pub(super) struct TaskRecord {
    /// See [`TaskSpec::cost`].
    pub(super) cost: u64,
    /// See [`TaskSpec::memory_bytes`].
    pub(super) memory_bytes: u64,
    pub(super) priority: Priority,
    pub(super) place: Standing,
    /// Whether nobody wants it any more.
    pub(super) is_withdrawn: bool,
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

impl TaskRecord {
    /// A task that waits for its first slot.
    fn new(job: TaskSpec) -> Self {
        Self {
            cost: job.cost,
            // Bounded, so that sums do not overflow.
            memory_bytes: job.memory_bytes.clamp(1, 1 << 50),
            priority: job.priority,
            place: Standing::Queued,
            is_withdrawn: false,
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

/// The tasks, from the first that has not ended on: those before it are forgotten, so that a
/// scheduler may work for ever.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    first: u32,
    list: VecDeque<TaskRecord>,
    /// How many have not ended.
    open: usize,
}

impl Tasks {
    /// Takes in another one.
    pub(super) fn add(&mut self, job: TaskSpec) -> TaskId {
        self.list.push_back(TaskRecord::new(job));
        self.open += 1;
        TaskId(self.first + (self.list.len() - 1) as u32)
    }

    /// The task of that name, if it is not forgotten.
    pub(super) fn get(&self, id: TaskId) -> Option<&TaskRecord> {
        self.list.get(id.0.checked_sub(self.first)? as usize)
    }

    /// The same.
    pub(super) fn get_mut(&mut self, id: TaskId) -> Option<&mut TaskRecord> {
        self.list.get_mut(id.0.checked_sub(self.first)? as usize)
    }

    /// Nothing is left to do of a task that had not ended. It may not be asked for any more.
    pub(super) fn end(&mut self, id: TaskId) {
        self[id].place = Standing::Ended;
        self.open -= 1;
        while self.list.front().is_some_and(|task| task.place == Standing::Ended) {
            self.list.pop_front();
            self.first += 1;
        }
    }

    /// Whether all have ended.
    pub(super) fn have_ended(&self) -> bool {
        self.open == 0
    }

    /// The first that has not ended, or else the next to come.
    pub(super) fn first(&self) -> TaskId {
        TaskId(self.first)
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &TaskRecord> {
        self.list.iter()
    }
}

impl Index<TaskId> for Tasks {
    type Output = TaskRecord;

    fn index(&self, id: TaskId) -> &TaskRecord {
        &self.list[(id.0 - self.first) as usize]
    }
}

impl IndexMut<TaskId> for Tasks {
    fn index_mut(&mut self, id: TaskId) -> &mut TaskRecord {
        &mut self.list[(id.0 - self.first) as usize]
    }
}
