//! The workers that are there, and how they come and go.

use std::collections::VecDeque;

use super::{Effect, Scheduler, TaskId, WorkerId};

/// A thread of a worker.
#[derive(Debug, Clone, Default)]
pub(super) struct Slot {
    /// What it has been given; the first is running.
    pub(super) tasks: VecDeque<TaskId>,
    /// What is set aside for it: the memory of the largest of its tasks, bytes.
    pub(super) reserved_bytes: u64,
}

/// A worker that is there.
#[derive(Debug, Default)]
pub(super) struct Worker {
    /// Its threads.
    pub(super) slots: Vec<Slot>,
    /// Whether it runs a suspect, with nothing beside it.
    pub(super) exclusive: bool,
    /// Whether it is being killed for doing what nobody wants.
    pub(super) is_interrupted: bool,
    /// Whether it is to leave when it has nothing to do.
    pub(super) retiring: bool,
}

impl Worker {
    /// Whether it has nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        self.slots.iter().all(|slot| slot.tasks.is_empty())
    }
}

impl Scheduler {
    pub(super) fn ready(&mut self, worker: WorkerId, slots: u32, effects: &mut Vec<Effect>) {
        let known = self.workers.contains_key(&worker);
        if !known && slots > 0 {
            let slots = vec![Slot::default(); slots as usize];
            self.workers.insert(worker, Worker { slots, ..Worker::default() });
            self.fill(worker, effects);
        }
    }

    pub(super) fn retire(&mut self, id: WorkerId, effects: &mut Vec<Effect>) {
        let nothing_left = self.waiting.is_empty() && self.suspects.is_empty();
        if let Some(worker) = self.workers.get_mut(&id).filter(|_| !nothing_left) {
            worker.retiring = true;
            if worker.is_idle() {
                self.leave(id, effects);
            }
        }
    }

    /// An idle worker is let go.
    pub(super) fn leave(&mut self, id: WorkerId, effects: &mut Vec<Effect>) {
        self.workers.remove(&id);
        if self.draining == Some(id) {
            self.draining = None;
        }
        effects.push(Effect::Leave { worker: id });
    }
}
