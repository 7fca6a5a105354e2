//! Giants do not run side by side: what the running tasks will probably take up stays within a
//! budget.
//!
//! Predictions may be wrong, so this keeps the machine from being overwhelmed and is no promise;
//! that is what limits on the processes are for.

use super::{Scheduler, Slot, SlotId, TaskId};

/// A task above this is not given ahead, bytes: it would be set aside memory before its turn.
pub(super) const AHEAD_BYTES: u64 = 64 << 20;

/// How many tasks are passed over in one go for one that fits.
const MAX_PASSED_OVER: usize = 64;

/// The memory that tasks may take up together.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: u64,
    reserved_bytes: u64,
    /// Whether a slot has got nothing since somebody gave memory back.
    shortage: bool,
}

impl Default for Budget {
    /// Without a bound.
    fn default() -> Self {
        Self::new(u64::MAX)
    }
}

impl Budget {
    pub(super) fn new(bytes: u64) -> Self {
        Self { bytes, reserved_bytes: 0, shortage: false }
    }

    /// Sets that much aside for a slot, in place of what was.
    pub(super) fn set(&mut self, slot: &mut Slot, bytes: u64) {
        self.reserved_bytes = (self.reserved_bytes - slot.reserved_bytes).saturating_add(bytes);
        slot.reserved_bytes = bytes;
    }

    /// Whether a slot may have that much set aside: it fits, or the slot is the only one at work.
    fn allows(&self, slot: &Slot, bytes: u64) -> bool {
        let others = self.reserved_bytes - slot.reserved_bytes;
        others == 0 || others.saturating_add(bytes.max(slot.reserved_bytes)) <= self.bytes
    }

    /// A slot has got nothing for want of memory.
    pub(super) fn ran_short(&mut self) {
        self.shortage = true;
    }

    /// Whether that has happened since this was last asked.
    pub(super) fn take_shortage(&mut self) -> bool {
        std::mem::take(&mut self.shortage)
    }
}

impl Scheduler {
    /// Whether a slot may have that task beside what all others have.
    pub(super) fn has_room(&self, slot: SlotId, task: TaskId) -> bool {
        let bytes = self.tasks[task.0 as usize].memory_bytes;
        let worker = self.workers.get(&slot.worker);
        let slot = worker.and_then(|worker| worker.slots.get(slot.index as usize));
        slot.is_some_and(|slot| self.memory.allows(slot, bytes))
    }

    /// Takes the next task for a slot that has none. One that does not fit is held until it does,
    /// while those behind it go on.
    pub(super) fn take_next(&mut self, slot: SlotId) -> Option<TaskId> {
        if let Some(&task) = self.held.front()
            && self.has_room(slot, task)
        {
            return self.held.pop_front();
        }
        for _ in 0..MAX_PASSED_OVER {
            // Beside one that takes up all of it nothing fits, however small.
            if self.memory.reserved_bytes >= self.memory.bytes {
                break;
            }
            let Some(task) = self.queue.pop_front() else { break };
            if self.has_room(slot, task) {
                return Some(task);
            }
            self.held.push_back(task);
        }
        if !(self.held.is_empty() && self.queue.is_empty()) {
            self.memory.ran_short();
        }
        None
    }

    /// Takes a task for a slot to have ahead, if the next one is small: at most `cost`.
    pub(super) fn take_ahead(&mut self, slot: SlotId, cost: u64) -> Option<TaskId> {
        let fits = |task: TaskId| {
            let state = &self.tasks[task.0 as usize];
            state.cost <= cost && state.memory_bytes <= AHEAD_BYTES && self.has_room(slot, task)
        };
        if self.held.front().is_some_and(|task| fits(*task)) {
            self.held.pop_front()
        } else if self.queue.front().is_some_and(|task| fits(*task)) {
            self.queue.pop_front()
        } else {
            None
        }
    }
}
