//! Giving tasks to slots.

use super::{Effect, Scheduler, SlotId, Standing, TaskId, TaskSpec, Worker, WorkerId};

/// A slot is given tasks ahead only while all that it has is estimated below this cost. Large
/// tasks stay in the queue, so that whoever is free first takes them.
const AHEAD_COST: u64 = 256 << 10;

/// The most that a slot has at a time, the running task included.
pub const AHEAD_TASKS: usize = 16;

/// A slot is given tasks ahead only while all that it has have fewer outputs, as each is an open file.
pub const AHEAD_OUTPUTS: u32 = 64;

impl Scheduler {
    /// Takes in another task.
    pub(super) fn add(&mut self, job: TaskSpec, effects: &mut Vec<Effect>) {
        let task = self.tasks.add(job);
        if let Some(why) = self.over {
            return self.give_up(task, why, effects);
        }
        self.waiting.insert(task, &self.tasks);
        self.fill_all(effects);
        self.interrupt(effects);
    }

    /// Nobody wants a task any more.
    pub(super) fn withdraw(&mut self, id: TaskId, effects: &mut Vec<Effect>) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        match task.place {
            Standing::Queued => {
                if task.charged > 0 {
                    self.suspects.retain(|suspect| *suspect != id);
                } else {
                    self.waiting.remove(id, task.priority);
                }
                self.tasks.end(id);
                self.fill_all(effects);
            }
            Standing::Assigned(_) => task.is_withdrawn = true,
            Standing::Ended => {}
        }
        self.interrupt(effects);
    }

    /// Frees workers that do nothing but what nobody wants any more, if something urgent waits.
    fn interrupt(&mut self, effects: &mut Vec<Effect>) {
        if self.paused || self.over.is_some() || !self.waiting.is_urgent() {
            return;
        }
        for (id, worker) in &mut self.workers {
            let mut tasks = worker.slots.iter().flat_map(|slot| &slot.tasks);
            let is_vain = tasks.all(|task| self.tasks[*task].is_withdrawn);
            if is_vain && !worker.is_idle() && !worker.is_interrupted {
                worker.is_interrupted = true;
                effects.push(Effect::Interrupt { worker: *id });
            }
        }
    }

    /// Gives every worker what it can take, those that have least first.
    pub(super) fn fill_all(&mut self, effects: &mut Vec<Effect>) {
        let least = |worker: &Worker| worker.slots.iter().map(|slot| slot.tasks.len()).min();
        let mut workers: Vec<_> = self.workers.iter().map(|(id, it)| (least(it), *id)).collect();
        workers.sort();
        for (_, worker) in workers {
            self.fill(worker, effects);
        }
    }

    /// Gives a worker what it can take.
    pub(super) fn fill(&mut self, id: WorkerId, effects: &mut Vec<Effect>) {
        let Some(worker) = self.workers.get(&id) else {
            return;
        };
        if self.paused || self.over.is_some() || worker.exclusive || worker.retiring {
            return;
        }
        let slots = worker.slots.len() as u32;
        let first_slot = SlotId { worker: id, index: 0 };
        let room = self.room(first_slot);
        let has_room = self.suspects.front().map(|task| {
            let task = &self.tasks[*task];
            task.memory_bytes <= room && self.waiting.may_give(task.priority)
        });
        match has_room {
            None => self.draining = None,
            Some(false) => {
                // It waits until the others have given something back.
                self.draining = None;
                self.memory.ran_short();
            }
            Some(true) if worker.is_idle() => return self.start_suspect(first_slot, effects),
            Some(true) => {
                if *self.draining.get_or_insert(id) == id {
                    return;
                }
            }
        }
        // Every thread gets one task before any gets a second.
        for index in 0..slots {
            self.give(SlotId { worker: id, index }, 1, effects);
        }
        for index in 0..slots {
            self.give(SlotId { worker: id, index }, AHEAD_TASKS, effects);
        }
    }

    fn start_suspect(&mut self, slot: SlotId, effects: &mut Vec<Effect>) {
        if let Some(task) = self.suspects.pop_front() {
            if self.draining == Some(slot.worker) {
                self.draining = None;
            }
            if let Some(worker) = self.workers.get_mut(&slot.worker) {
                worker.exclusive = true;
            }
            self.assign(task, slot, effects);
        }
    }

    /// Gives a slot tasks until it has `most`, or enough to do.
    fn give(&mut self, slot: SlotId, most: usize, effects: &mut Vec<Effect>) {
        let Some(worker) = self.workers.get(&slot.worker) else {
            return;
        };
        let given = &worker.slots[slot.index as usize].tasks;
        let mut count = given.len();
        let mut cost: u64 = given.iter().map(|task| self.tasks[*task].cost).sum();
        let outputs = |task: &TaskId| self.tasks[*task].open.len() as u32;
        let mut open: u32 = given.iter().map(outputs).sum();
        while count < most && (count == 0 || cost < AHEAD_COST && open < AHEAD_OUTPUTS) {
            let next = match count {
                0 => self.take_next(slot),
                _ => self.take_ahead(slot, AHEAD_COST - cost),
            };
            let Some(task) = next else { break };
            self.assign(task, slot, effects);
            count += 1;
            let task = &self.tasks[task];
            cost += task.cost;
            open += task.open.len() as u32;
        }
    }

    fn assign(&mut self, task: TaskId, slot: SlotId, effects: &mut Vec<Effect>) {
        let state = &mut self.tasks[task];
        state.place = Standing::Assigned(slot);
        state.attempts += 1;
        self.waiting.is_given(state.priority);
        effects.push(Effect::Run {
            slot,
            task,
            attempt: state.attempts,
            suspect: state.charged > 0,
            outputs: state.open_outputs(),
        });
        if let Some(worker) = self.workers.get_mut(&slot.worker) {
            let of_slot = &mut worker.slots[slot.index as usize];
            of_slot.tasks.push_back(task);
            let memory = of_slot.reserved_bytes.max(self.tasks[task].memory_bytes);
            self.memory.set(of_slot, memory);
        }
    }
}
