//! How tasks come to their end: done, put off, or given up.

use super::{Effect, GiveUp, Place, Scheduler, SlotId, TaskId, WorkerId};

impl Scheduler {
    pub(super) fn output_ended(&mut self, slot: SlotId, task: TaskId, output: u32) {
        if let Some(task) = self.tasks.get_mut(task.0 as usize)
            && task.place == Place::Assigned(slot)
            && let Some(open) = task.open.get_mut(output as usize)
        {
            *open = false;
        }
    }

    pub(super) fn finished(&mut self, slot: SlotId, task: TaskId, effects: &mut Vec<Effect>) {
        let Some(leaves) = self.take_off(slot, task) else { return };
        // A worker that forgets an output has not done the task.
        if self.tasks[task.0 as usize].has_open_outputs() {
            self.tasks[task.0 as usize].failures += 1;
            self.charge(task, effects);
        } else {
            self.end(task);
        }
        self.go_on(slot.worker, leaves, effects);
    }

    pub(super) fn put_off(&mut self, slot: SlotId, task: TaskId, effects: &mut Vec<Effect>) {
        let Some(leaves) = self.take_off(slot, task) else { return };
        if self.tasks[task.0 as usize].has_open_outputs() {
            // The next one is no repetition.
            self.tasks[task.0 as usize].attempts -= 1;
            self.put_back(task, effects);
        } else {
            self.end(task);
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
        let left = of_slot.tasks.iter().map(|task| self.tasks[task.0 as usize].memory_bytes);
        self.memory.set(of_slot, left.max().unwrap_or(0));
        worker.exclusive = false;
        Some(worker.retiring && worker.is_idle())
    }

    /// Nothing is left to do of a task.
    pub(super) fn end(&mut self, task: TaskId) {
        self.tasks[task.0 as usize].place = Place::Ended;
        self.ended += 1;
    }

    /// Gives up what is left of a task.
    pub(super) fn give_up(&mut self, task: TaskId, why: GiveUp, effects: &mut Vec<Effect>) {
        let state = &mut self.tasks[task.0 as usize];
        let outputs = state.open_outputs();
        state.open.fill(false);
        if !outputs.is_empty() {
            effects.push(Effect::GiveUp { task, why, outputs });
        }
        self.end(task);
    }

    /// Gives up all that waits.
    pub(super) fn give_up_waiting(&mut self, why: GiveUp, effects: &mut Vec<Effect>) {
        let waiting = std::mem::take(&mut self.suspects);
        let waiting = waiting.into_iter().chain(self.queue.take_all());
        for task in waiting.collect::<Vec<_>>() {
            self.give_up(task, why, effects);
        }
    }
}
