//! Who does what next: a state machine without clock, disk or process.
//!
//! It is told what happened ([`Input`]) and answers with what to do ([`Effect`]). Every output of
//! every task ends exactly once: either a worker reports its end, or the scheduler gives it up and
//! says why. Nothing else in the master decides about tasks.

#![deny(clippy::disallowed_methods)]

mod assign;
mod blame;
mod memory;
#[cfg(test)]
mod property;
mod queue;

use std::collections::{BTreeMap, VecDeque};

/// A task, by its place in the plan.
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

/// What the scheduler has to know of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// Estimated work, in any unit that grows with it; bytes of input times outputs.
    pub cost: u64,
    /// How many outputs it has.
    pub outputs: u32,
    /// The most memory that it probably takes up while it runs, bytes.
    pub memory_bytes: u64,
}

/// Whom the death of a worker is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Whatever it was running.
    Running,
    /// What this thread of it was running.
    Slot(u32),
    /// Nobody at first: somebody killed the process from outside. [`MAX_EXCUSED`] such deaths are
    /// excused, and more if other tasks are hit as well.
    Outside,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A worker is there, with so many threads that do nothing yet.
    Ready {
        /// The worker.
        worker: WorkerId,
        /// Its threads.
        slots: u32,
    },
    /// An output of a task has ended, well or badly.
    Ended {
        /// Where it ran.
        slot: SlotId,
        /// The task.
        task: TaskId,
        /// Its output, from 0.
        output: u32,
    },
    /// A slot has done all of a task.
    Finished {
        /// The slot.
        slot: SlotId,
        /// The task.
        task: TaskId,
    },
    /// A slot has come to the end of a task without making all of it, for a reason that lies with
    /// neither: the rest is to be made later.
    PutOff {
        /// The slot.
        slot: SlotId,
        /// The task.
        task: TaskId,
    },
    /// A worker is dead, and all that it had reported before has been handed in.
    Lost {
        /// The worker.
        worker: WorkerId,
        /// Whom that is held against.
        blame: Blame,
    },
    /// A worker is to be replaced when it has done what it has, if there is more to do at all.
    Retire {
        /// The worker.
        worker: WorkerId,
    },
    /// Nothing more is started until [`Input::Resume`].
    Pause,
    /// Go on.
    Resume,
    /// Nothing more is started; what has been started may finish.
    Cancel,
    /// There will be no workers any more.
    NoWorkers,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Have a slot do these outputs of a task, after what it already has.
    Run {
        /// The slot.
        slot: SlotId,
        /// The task.
        task: TaskId,
        /// How often the task has been given to a worker, from 1.
        attempt: u32,
        /// Whether it has cost a worker its life.
        suspect: bool,
        /// The outputs that have not ended, in order.
        outputs: Vec<u32>,
    },
    /// Have a worker leave that was to retire: it has nothing to do, and gets nothing more until
    /// it is [`Input::Ready`] again.
    Leave {
        /// The worker.
        worker: WorkerId,
    },
    /// These outputs of a task will not be made.
    GiveUp {
        /// The task.
        task: TaskId,
        /// Why.
        why: GiveUp,
        /// The outputs that had not ended.
        outputs: Vec<u32>,
    },
}

/// Why outputs are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUp {
    /// The task has cost two workers their lives.
    Quarantined,
    /// The run was cancelled before.
    Cancelled,
    /// There are no workers.
    NoWorkers,
}

/// How many tasks are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Waiting for a slot.
    pub queued: usize,
    /// Given to a worker.
    pub assigned: usize,
    /// All outputs ended or given up.
    pub ended: usize,
}

/// How often a task is excused for the death of its worker when somebody killed that from outside.
pub const MAX_EXCUSED: u32 = 3;

/// How often it is excused at most, when others are hit as well.
const MAX_EXCUSED_EVER: u32 = 20;

/// How many deaths are held against a task before it is given up.
const MAX_CHARGED: u32 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Queued,
    Assigned(SlotId),
    Ended,
}

#[derive(Debug)]
struct Task {
    cost: u64,
    memory_bytes: u64,
    place: Place,
    /// Whether each output has yet to end.
    open: Vec<bool>,
    attempts: u32,
    /// How often it was running, and was not finished.
    failures: u32,
    charged: u32,
    excused: u32,
}

impl Task {
    fn open_outputs(&self) -> Vec<u32> {
        (0..).zip(&self.open).filter(|(_, open)| **open).map(|(output, _)| output).collect()
    }

    fn has_open_outputs(&self) -> bool {
        self.open.iter().any(|open| *open)
    }
}

/// A thread of a worker.
#[derive(Debug, Clone, Default)]
struct Slot {
    /// What it has been given; the first is running.
    tasks: VecDeque<TaskId>,
    /// What is set aside for it: the memory of the largest of its tasks, bytes.
    reserved_bytes: u64,
}

#[derive(Debug, Default)]
struct Worker {
    slots: Vec<Slot>,
    /// Whether it runs a suspect, with nothing beside it.
    exclusive: bool,
    /// Whether it is to leave when it has nothing to do.
    retiring: bool,
}

impl Worker {
    fn is_idle(&self) -> bool {
        self.slots.iter().all(|slot| slot.tasks.is_empty())
    }
}

/// The state of a run. Tasks are started in the order in which they were given.
#[derive(Debug)]
pub struct Scheduler {
    tasks: Vec<Task>,
    queue: queue::Queue,
    memory: memory::Budget,
    /// Tasks that a worker died of; each runs alone.
    suspects: VecDeque<TaskId>,
    workers: BTreeMap<WorkerId, Worker>,
    /// The worker that gets nothing new until it is idle, for a suspect to run there.
    draining: Option<WorkerId>,
    /// How often a running task was hit by a kill from outside.
    outside_kills: u32,
    ended: usize,
    paused: bool,
    cancelled: bool,
}

impl Scheduler {
    /// A run of these tasks, none of them started.
    pub fn new(jobs: impl IntoIterator<Item = Job>) -> Self {
        let tasks: Vec<Task> = jobs
            .into_iter()
            .map(|job| Task {
                cost: job.cost,
                // Bounded, so that sums do not overflow.
                memory_bytes: job.memory_bytes.clamp(1, 1 << 50),
                place: Place::Queued,
                open: vec![true; job.outputs as usize],
                attempts: 0,
                failures: 0,
                charged: 0,
                excused: 0,
            })
            .collect();
        let queue = queue::Queue::new(tasks.iter().map(|task| task.memory_bytes));
        Self {
            tasks,
            queue,
            memory: memory::Budget::default(),
            suspects: VecDeque::new(),
            workers: BTreeMap::new(),
            draining: None,
            outside_kills: 0,
            ended: 0,
            paused: false,
            cancelled: false,
        }
    }

    /// Sets a bound on memory, bytes, before anything has been started: a task is started only if
    /// what the running ones probably take up stays within it, or if nothing else runs.
    pub fn bound_memory(&mut self, bytes: u64) {
        self.memory = memory::Budget::new(bytes);
    }

    /// Takes in what happened; what is to be done is appended to `effects`. What comes late or
    /// twice, or makes no sense, changes nothing.
    pub fn handle(&mut self, input: Input, effects: &mut Vec<Effect>) {
        match input {
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
            Input::Cancel => {
                self.cancelled = true;
                self.give_up_waiting(GiveUp::Cancelled, effects);
            }
            Input::NoWorkers => self.give_up_waiting(GiveUp::NoWorkers, effects),
        }
    }

    /// Whether every output has ended or been given up.
    pub fn is_done(&self) -> bool {
        self.ended == self.tasks.len()
    }

    /// Whether a worker has something to do.
    pub fn is_idle(&self) -> bool {
        self.workers.values().all(Worker::is_idle)
    }

    /// Whether that worker has something to do.
    pub fn is_at_work(&self, worker: WorkerId) -> bool {
        self.workers.get(&worker).is_some_and(|worker| !worker.is_idle())
    }

    /// The task that a slot is running: the first of those it was given.
    pub fn running(&self, slot: SlotId) -> Option<TaskId> {
        self.workers.get(&slot.worker)?.slots.get(slot.index as usize)?.tasks.front().copied()
    }

    /// The outputs of a task that have not ended, in order.
    pub fn open_outputs(&self, task: TaskId) -> Vec<u32> {
        self.tasks.get(task.0 as usize).map(Task::open_outputs).unwrap_or_default()
    }

    /// How often a task was running, and was not finished.
    pub fn failures(&self, task: TaskId) -> u32 {
        self.tasks.get(task.0 as usize).map_or(0, |task| task.failures)
    }

    /// The tasks that a worker has been given and that have not been finished.
    pub fn given(&self, worker: WorkerId) -> impl Iterator<Item = TaskId> + '_ {
        self.workers
            .get(&worker)
            .into_iter()
            .flat_map(|worker| worker.slots.iter().flat_map(|slot| &slot.tasks).copied())
    }

    /// How many tasks are where.
    pub fn counts(&self) -> Counts {
        let queued = self.queue.len() + self.suspects.len();
        Counts { queued, assigned: self.tasks.len() - self.ended - queued, ended: self.ended }
    }

    fn ready(&mut self, worker: WorkerId, slots: u32, effects: &mut Vec<Effect>) {
        let known = self.workers.contains_key(&worker);
        if !known && slots > 0 {
            let slots = vec![Slot::default(); slots as usize];
            self.workers.insert(worker, Worker { slots, ..Worker::default() });
            self.fill(worker, effects);
        }
    }

    fn output_ended(&mut self, slot: SlotId, task: TaskId, output: u32) {
        if let Some(task) = self.tasks.get_mut(task.0 as usize)
            && task.place == Place::Assigned(slot)
            && let Some(open) = task.open.get_mut(output as usize)
        {
            *open = false;
        }
    }

    fn finished(&mut self, slot: SlotId, task: TaskId, effects: &mut Vec<Effect>) {
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

    fn retire(&mut self, id: WorkerId, effects: &mut Vec<Effect>) {
        let nothing_left = self.queue.is_empty() && self.suspects.is_empty();
        if let Some(worker) = self.workers.get_mut(&id).filter(|_| !nothing_left) {
            worker.retiring = true;
            if worker.is_idle() {
                self.leave(id, effects);
            }
        }
    }

    /// An idle worker is let go.
    fn leave(&mut self, id: WorkerId, effects: &mut Vec<Effect>) {
        self.workers.remove(&id);
        if self.draining == Some(id) {
            self.draining = None;
        }
        effects.push(Effect::Leave { worker: id });
    }

    fn put_off(&mut self, slot: SlotId, task: TaskId, effects: &mut Vec<Effect>) {
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

    fn end(&mut self, task: TaskId) {
        self.tasks[task.0 as usize].place = Place::Ended;
        self.ended += 1;
    }

    /// Gives up what is left of a task.
    fn give_up(&mut self, task: TaskId, why: GiveUp, effects: &mut Vec<Effect>) {
        let state = &mut self.tasks[task.0 as usize];
        let outputs = state.open_outputs();
        state.open.fill(false);
        if !outputs.is_empty() {
            effects.push(Effect::GiveUp { task, why, outputs });
        }
        self.end(task);
    }

    fn give_up_waiting(&mut self, why: GiveUp, effects: &mut Vec<Effect>) {
        let waiting = std::mem::take(&mut self.suspects);
        let waiting = waiting.into_iter().chain(self.queue.take_all());
        for task in waiting.collect::<Vec<_>>() {
            self.give_up(task, why, effects);
        }
    }
}
