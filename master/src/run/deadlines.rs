//! How long the tasks that are running may still take.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::scheduler::{SlotId, TaskId, WorkerId};

/// How long a task may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeout {
    /// Two minutes, and more for large files and many outputs.
    Generous,
    /// Exactly this, whatever the file.
    Exactly(Duration),
}

const BASE: Duration = Duration::from_secs(120);
const PER_MEBIBYTE: Duration = Duration::from_secs(2);

impl Timeout {
    /// The time for a task of that cost (bytes of input times outputs).
    fn of(self, cost: u64) -> Duration {
        match self {
            Self::Exactly(time) => time,
            Self::Generous => {
                let mebibytes = u32::try_from(cost >> 20).unwrap_or(u32::MAX);
                BASE.saturating_add(PER_MEBIBYTE.saturating_mul(mebibytes))
            }
        }
    }
}

/// The running tasks and when their time is up.
#[derive(Debug)]
pub(super) struct Deadlines {
    timeout: Timeout,
    running: BTreeMap<SlotId, (TaskId, Instant)>,
}

impl Deadlines {
    pub(super) fn new(timeout: Timeout) -> Self {
        Self { timeout, running: BTreeMap::new() }
    }

    /// Notes what a slot runs now; `true` if it has just begun with that.
    pub(super) fn runs(&mut self, slot: SlotId, task: TaskId, cost: u64, now: Instant) -> bool {
        if self.running.get(&slot).is_some_and(|(running, _)| *running == task) {
            return false;
        }
        // A time beyond the clock's range is never up.
        let far = Duration::from_secs(365 * 24 * 3600);
        self.running.insert(slot, (task, now + self.timeout.of(cost).min(far)));
        true
    }

    /// Notes that a slot runs nothing, or nothing any more.
    pub(super) fn rests(&mut self, slot: SlotId) {
        self.running.remove(&slot);
    }

    /// Forgets a worker.
    pub(super) fn forget(&mut self, worker: WorkerId) {
        self.running.retain(|slot, _| slot.worker != worker);
    }

    /// When the next time is up.
    pub(super) fn next(&self) -> Option<Instant> {
        self.running.values().map(|(_, deadline)| *deadline).min()
    }

    /// The slots whose time is up; each is named once.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<SlotId> {
        let late: Vec<_> =
            self.running.iter().filter(|(_, (_, at))| *at <= now).map(|(slot, _)| *slot).collect();
        for slot in &late {
            self.running.remove(slot);
        }
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_from_the_start_of_the_task_and_is_up_once() {
        let slot = SlotId { worker: WorkerId(1), index: 0 };
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut deadlines = Deadlines::new(Timeout::Exactly(second));
        assert!(deadlines.runs(slot, TaskId(4), 1, start));
        assert!(!deadlines.runs(slot, TaskId(4), 1, start + second));
        assert_eq!(deadlines.next(), Some(start + second));
        assert_eq!(deadlines.expire(start + second), [slot]);
        assert!(deadlines.expire(start + second * 2).is_empty());
    }

    #[test]
    fn large_tasks_have_more_time_unless_it_was_given() {
        assert!(Timeout::Generous.of(100 << 20) > Timeout::Generous.of(1 << 20));
        let given = Timeout::Exactly(Duration::from_secs(5));
        assert_eq!(given.of(1 << 40), Duration::from_secs(5));
    }
}
