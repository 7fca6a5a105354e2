//! How tasks come to their end: done, put off, or given up.

use super::{Effect, GiveUp, Scheduler, SlotId, Standing, TaskId, WorkerId};

impl Scheduler {
    pub(super) fn output_ended(&mut self, slot: SlotId, task: TaskId, output: u32) {
        if let Some(task) = self.tasks.get_mut(task)
            && task.place == Standing::Assigned(slot)
            && let Some(open) = task.open.get_mut(output as usize)
        {
            *open = false;
        }
    }

    pub(super) fn finished(&mut self, slot: SlotId, task: TaskId, effects: &mut Vec<Effect>) {
        let Some(leaves) = self.take_off(slot, task) else { return };
        // A worker that forgets an output has not done the task.
        if self.tasks[task].has_open_outputs() {
            self.tasks[task].failures += 1;
            self.charge(task, effects);
        } else {
            self.tasks.end(task);
        }
        self.go_on(slot.worker, leaves, effects);
    }

    pub(super) fn put_off(&mut self, slot: SlotId, task: TaskId, effects: &mut Vec<Effect>) {
        let Some(leaves) = self.take_off(slot, task) else { return };
        if self.tasks[task].has_open_outputs() {
            // The next one is no repetition.
            self.tasks[task].attempts -= 1;
            self.put_back(task, effects);
        } else {
            self.tasks.end(task);
        }
        self.go_on(slot.worker, leaves, effects);
    }

    /// After a task of a worker has come to its end: the worker leaves, or gets more to do.
    fn go_on(&mut self, worker: WorkerId, leaves: bool, effects: &mut Vec<Effect>) {
        if leaves {
            self.leave(worker, effects);
        }
        if self.memory.take_shortage() {
            self.fill_all(effects);
        } else {
            self.fill(worker, effects);
        }
    }

    /// Takes a task off the slot that is running it; tells whether its worker is to leave now.
    /// `None` if the slot is not running it.
    fn take_off(&mut self, slot: SlotId, task: TaskId) -> Option<bool> {
        if self.running(slot) != Some(task) {
            return None;
        }
        let worker = self.workers.get_mut(&slot.worker)?;
        let of_slot = &mut worker.slots[slot.index as usize];
        of_slot.tasks.pop_front();
        self.waiting.is_back(self.tasks[task].priority);
        let left = of_slot.tasks.iter().map(|task| self.tasks[*task].memory_bytes);
        self.memory.set(of_slot, left.max().unwrap_or(0));
        worker.exclusive = false;
        Some(worker.retiring && worker.is_idle())
    }

    /// Gives up what is left of a task.
    pub(super) fn give_up(&mut self, task: TaskId, why: GiveUp, effects: &mut Vec<Effect>) {
        let state = &mut self.tasks[task];
        let outputs = state.open_outputs();
        state.open.fill(false);
        let failures = state.failures;
        if !outputs.is_empty() {
            effects.push(Effect::GiveUp { task, why, failures, outputs });
        }
        self.tasks.end(task);
    }

    /// Gives up all that waits, and will.
    pub(super) fn end_all(&mut self, why: GiveUp, effects: &mut Vec<Effect>) {
        self.over.get_or_insert(why);
        let waiting = std::mem::take(&mut self.suspects);
        let waiting = waiting.into_iter().chain(self.waiting.take_all());
        for task in waiting.collect::<Vec<_>>() {
            self.give_up(task, why, effects);
        }
    }
}
