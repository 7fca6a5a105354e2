//! What the death of a worker means for the tasks that it had.
//!
//! Only a task that was running can be to blame. It is repeated once, alone, so that a second
//! death convicts it and nobody else. Tasks that were merely waiting in the worker go back to
//! their places in the queue as if nothing had happened.

use super::{Blame, Effect, GiveUp, Scheduler, Standing, TaskId, Worker, WorkerId};

/// How often a task is excused for the death of its worker when somebody killed that from outside.
pub const MAX_EXCUSED: u32 = 3;

/// How often it is excused at most, when others are hit as well.
const MAX_EXCUSED_EVER: u32 = 20;

/// How many deaths are held against a task before it is given up.
const MAX_CHARGED: u32 = 2;

impl Scheduler {
    pub(super) fn lost(&mut self, id: WorkerId, blame: Blame, effects: &mut Vec<Effect>) {
        let Some(worker) = self.workers.remove(&id) else {
            return;
        };
        if self.draining == Some(id) {
            self.draining = None;
        }
        let (running, waiting) = self.split(worker);
        for task in waiting.into_iter().rev() {
            self.put_back(task, effects);
        }
        let alone = running.len() == 1;
        for (index, task) in running.into_iter().rev() {
            self.tasks[task].failures += 1;
            let blamed = match blame {
                Blame::Running => true,
                Blame::Slot(slot) => slot == index,
                Blame::Outside => !self.excuse(task),
            };
            if blamed && (alone || matches!(blame, Blame::Slot(_))) {
                self.charge(task, effects);
            } else if blamed {
                self.suspect(task, effects);
            } else {
                self.put_back(task, effects);
            }
        }
        self.fill_all(effects);
    }

    /// Whether a task is excused for one more kill from outside. Somebody who kills workers at
    /// random hits other tasks too: as many more kills are excused as have hit others.
    fn excuse(&mut self, task: TaskId) -> bool {
        self.outside_kills += 1;
        let excused = &mut self.tasks[task].excused;
        *excused += 1;
        let hit_others = self.outside_kills - *excused;
        *excused <= (MAX_EXCUSED + hit_others).min(MAX_EXCUSED_EVER)
    }

    /// The tasks that were running in a worker, with their threads, and those that were waiting
    /// there. What had no open outputs any more has ended.
    fn split(&mut self, worker: Worker) -> (Vec<(u32, TaskId)>, Vec<TaskId>) {
        let (mut running, mut waiting) = (Vec::new(), Vec::new());
        for (index, mut slot) in (0..).zip(worker.slots) {
            self.memory.set(&mut slot, 0);
            for (place, task) in slot.tasks.into_iter().enumerate() {
                self.waiting.is_back(self.tasks[task].priority);
                if !self.tasks[task].has_open_outputs() {
                    self.tasks.end(task);
                } else if place == 0 {
                    running.push((index, task));
                } else {
                    waiting.push(task);
                }
            }
        }
        (running, waiting)
    }

    /// Holds a death against a task: the first time it becomes a suspect, the second time it is
    /// given up.
    pub(super) fn charge(&mut self, task: TaskId, effects: &mut Vec<Effect>) {
        let state = &mut self.tasks[task];
        state.charged += 1;
        if state.charged >= MAX_CHARGED {
            self.give_up(task, GiveUp::Quarantined, effects);
        } else {
            self.requeue(task, true, effects);
        }
    }

    /// A death in company, which proves nothing.
    fn suspect(&mut self, task: TaskId, effects: &mut Vec<Effect>) {
        self.tasks[task].charged = 1;
        self.requeue(task, true, effects);
    }

    /// An innocent task goes back to where it came from.
    pub(super) fn put_back(&mut self, task: TaskId, effects: &mut Vec<Effect>) {
        let suspect = self.tasks[task].charged > 0;
        self.requeue(task, suspect, effects);
    }

    fn requeue(&mut self, task: TaskId, suspect: bool, effects: &mut Vec<Effect>) {
        if let Some(why) = self.over {
            return self.give_up(task, why, effects);
        }
        if self.tasks[task].is_withdrawn {
            return self.tasks.end(task);
        }
        self.tasks[task].place = Standing::Queued;
        if suspect {
            self.suspects.push_back(task);
        } else {
            self.waiting.insert(task, &self.tasks);
        }
    }
}
