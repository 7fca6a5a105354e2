//! Giants do not run side by side: what the running tasks will probably take up stays within a
//! budget.
//!
//! Predictions may be wrong, so this keeps the machine from being overwhelmed and is no promise;
//! that is what limits on the processes are for.

use super::{Scheduler, Slot, SlotId, TaskId};

/// A task above this is not given ahead, bytes: it would be set aside memory before its turn.
pub(super) const AHEAD_BYTES: u64 = 64 << 20;

/// The memory that tasks may take up together.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: u64,
    reserved_bytes: u64,
    /// Whether a slot has got nothing, or not what was next, since somebody gave something back.
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

    /// The most that a slot may have set aside, bytes: what others have left, or anything if it is
    /// the only one at work.
    fn room(&self, slot: &Slot) -> u64 {
        let others = self.reserved_bytes - slot.reserved_bytes;
        match others {
            0 => u64::MAX,
            _ => self.bytes.saturating_sub(others).max(slot.reserved_bytes),
        }
    }

    /// A slot has got nothing, or not what was next, for want of memory or of leave.
    pub(super) fn ran_short(&mut self) {
        self.shortage = true;
    }

    /// Whether that has happened since this was last asked.
    pub(super) fn take_shortage(&mut self) -> bool {
        std::mem::take(&mut self.shortage)
    }
}

impl Scheduler {
    /// The most that a task for a slot may take up beside what all others have, bytes.
    pub(super) fn room(&self, slot: SlotId) -> u64 {
        let worker = self.workers.get(&slot.worker);
        let slot = worker.and_then(|worker| worker.slots.get(slot.index as usize));
        slot.map_or(0, |slot| self.memory.room(slot))
    }

    /// Takes the next task for a slot that has none. One that does not fit waits until it does,
    /// while those behind it go on.
    pub(super) fn take_next(&mut self, slot: SlotId) -> Option<TaskId> {
        let next = self.waiting.next_within(self.room(slot));
        if self.waiting.is_held_back() || next.is_none() && !self.waiting.is_empty() {
            self.memory.ran_short();
        }
        next.inspect(|task| self.waiting.remove(*task, self.tasks[*task].priority))
    }

    /// Takes a task for a slot to have ahead, if the next one is small: at most `cost`.
    pub(super) fn take_ahead(&mut self, slot: SlotId, cost: u64) -> Option<TaskId> {
        let task = self.waiting.next_within(self.room(slot))?;
        let state = &self.tasks[task];
        if state.cost > cost || state.memory_bytes > AHEAD_BYTES {
            return None;
        }
        self.waiting.remove(task, state.priority);
        Some(task)
    }
}
