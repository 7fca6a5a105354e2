//! Who does what next: a state machine without clock, disk or process.
//!
//! It is told what happened ([`Input`]) and answers with what to do ([`Effect`]). Every output of
//! every task ends exactly once: either a worker reports its end, or the scheduler gives it up and
//! says why. Nothing else in the master decides about tasks.

#![deny(clippy::disallowed_methods)]

mod assign;
mod blame;
mod effect;
mod finish;
mod id;
mod input;
mod memory;
#[cfg(test)]
mod property;
mod queue;
mod task;
mod worker;

use std::collections::{BTreeMap, VecDeque};

pub use assign::{AHEAD_OUTPUTS, AHEAD_TASKS};
pub use blame::MAX_EXCUSED;
pub use effect::{Effect, GiveUp};
pub use id::{SlotId, TaskId, WorkerId};
pub use input::{Blame, Input, Priority, TaskSpec};
use memory::Budget;
use queue::Waiting;
use task::{Standing, Tasks};
use worker::{Slot, Worker};

/// The state of a pool of workers. Tasks are started by their [`Priority`], and else in the order in
/// which they were added.
#[derive(Debug, Default)]
pub struct Scheduler {
    tasks: Tasks,
    waiting: Waiting,
    memory: Budget,
    /// Tasks that a worker died of; each runs alone.
    suspects: VecDeque<TaskId>,
    workers: BTreeMap<WorkerId, Worker>,
    /// The worker that gets nothing new until it is idle, for a suspect to run there.
    draining: Option<WorkerId>,
    /// How often a running task was hit by a kill from outside.
    outside_kills: u32,
    /// No tasks will be added.
    is_closed: bool,
    paused: bool,
    /// Why what is added is given up at once, and what is put back.
    over: Option<GiveUp>,
}

impl Scheduler {
    /// Sets a bound on memory, bytes, before anything has been started: a task is started only if
    /// what the running ones probably take up stays within it, or if nothing else runs.
    pub fn bound_memory(&mut self, bytes: u64) {
        self.memory = Budget::new(bytes);
    }

    /// Lets workers have at most so many tasks of a priority at a time.
    pub fn bound(&mut self, priority: Priority, most: u32) {
        self.waiting.bound(priority, most);
    }

    /// Takes in what happened; what is to be done is appended to `effects`. What comes late or
    /// twice, or makes no sense, changes nothing.
    pub fn handle(&mut self, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Add(job) => self.add(job, effects),
            Input::NoMore => self.is_closed = true,
            Input::Withdraw(task) => self.withdraw(task, effects),
            Input::Ready { worker, slots } => self.ready(worker, slots, effects),
            Input::Ended { slot, task, output } => self.output_ended(slot, task, output),
            Input::Finished { slot, task } => self.finished(slot, task, effects),
            Input::PutOff { slot, task } => self.put_off(slot, task, effects),
            Input::Lost { worker, blame } => self.lost(worker, blame, effects),
            Input::Retire { worker } => self.retire(worker, effects),
            Input::Pause => self.paused = true,
            Input::Resume => {
                self.paused = false;
                self.fill_all(effects);
            }
            Input::Cancel => self.end_all(GiveUp::Cancelled, effects),
            Input::NoWorkers => self.end_all(GiveUp::NoWorkers, effects),
        }
    }

    /// Whether there are no more tasks to come, and every output has ended or been given up.
    pub fn is_done(&self) -> bool {
        self.is_closed && self.tasks.have_ended()
    }

    /// Whether that worker has something to do.
    pub fn is_at_work(&self, worker: WorkerId) -> bool {
        self.workers.get(&worker).is_some_and(|worker| !worker.is_idle())
    }

    /// Whether that worker is there, has nothing to do, and stays.
    pub fn is_at_rest(&self, worker: WorkerId) -> bool {
        self.workers.get(&worker).is_some_and(|worker| worker.is_idle() && !worker.retiring)
    }

    /// The task that a slot is running: the first of those it was given.
    pub fn running(&self, slot: SlotId) -> Option<TaskId> {
        self.workers.get(&slot.worker)?.slots.get(slot.index as usize)?.tasks.front().copied()
    }

    /// Whether a task has not ended.
    pub fn is_open(&self, task: TaskId) -> bool {
        self.tasks.get(task).is_some_and(|task| task.place != Standing::Ended)
    }

    /// The outputs of a task that have not ended, in order.
    pub fn open_outputs(&self, task: TaskId) -> Vec<u32> {
        self.tasks.get(task).map(task::TaskRecord::open_outputs).unwrap_or_default()
    }
}
