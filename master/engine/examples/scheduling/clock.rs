//! Workers that take their time by a simulated clock.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use lote_engine::scheduler::{
    Effect, Input, Priority, Scheduler, SlotId, TaskId, TaskSpec, WorkerId,
};

use super::folders::Task;

/// What a machine has for each of its cores, bytes.
const MEMORY_OF_A_CORE: u64 = 2 << 30;

/// What came of it.
pub(crate) struct Outcome {
    /// When the last task had ended, ms.
    pub(crate) makespan_ms: f64,
    /// Time that the scheduler itself took.
    pub(crate) scheduling: Duration,
}

/// The end of a task.
struct End {
    at_ms: f64,
    worker: WorkerId,
    task: TaskId,
}

impl PartialEq for End {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for End {}

impl PartialOrd for End {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for End {
    /// The earliest is the greatest, as a heap gives the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.at_ms.total_cmp(&self.at_ms).then(other.worker.cmp(&self.worker))
    }
}

/// Runs the tasks with so many workers of one thread each.
pub(crate) fn run(tasks: &[Task], workers: u32) -> Outcome {
    let jobs = tasks.iter().map(|task| TaskSpec {
        priority: Priority::Usual,
        cost: task.bytes,
        outputs: 1,
        // As predicted for one output of a JPEG with half a byte a pixel.
        memory_bytes: (16 << 20) + task.bytes * 14,
    });
    let (mut scheduler, mut effects) = (Scheduler::default(), Vec::new());
    scheduler.bound_memory(u64::from(workers) * MEMORY_OF_A_CORE);
    let mut waiting: Vec<VecDeque<TaskId>> = vec![VecDeque::new(); workers as usize];
    let mut ends = BinaryHeap::new();
    let (mut now, mut scheduling) = (0.0, Duration::ZERO);

    let begun = Instant::now();
    for job in jobs {
        scheduler.handle(Input::Add(job), &mut effects);
    }
    scheduler.handle(Input::NoMore, &mut effects);
    for id in 0..workers {
        scheduler.handle(Input::Ready { worker: WorkerId(id), slots: 1 }, &mut effects);
    }
    scheduling += begun.elapsed();
    loop {
        for effect in effects.drain(..) {
            let Effect::Run { slot, task, .. } = effect else { continue };
            let queue = &mut waiting[slot.worker.0 as usize];
            queue.push_back(task);
            if queue.len() == 1 {
                let at_ms = now + tasks[task.0 as usize].ms;
                ends.push(End { at_ms, worker: slot.worker, task });
            }
        }
        let Some(End { at_ms, worker, task }) = ends.pop() else { break };
        now = at_ms;
        let queue = &mut waiting[worker.0 as usize];
        queue.pop_front();
        // A worker goes on with what it has without waiting for the master.
        if let Some(&next) = queue.front() {
            ends.push(End { at_ms: now + tasks[next.0 as usize].ms, worker, task: next });
        }
        let slot = SlotId { worker, index: 0 };
        let begun = Instant::now();
        scheduler.handle(Input::Ended { slot, task, output: 0 }, &mut effects);
        scheduler.handle(Input::Finished { slot, task }, &mut effects);
        scheduling += begun.elapsed();
    }
    assert!(scheduler.is_done(), "tasks were left over");
    Outcome { makespan_ms: now, scheduling }
}
