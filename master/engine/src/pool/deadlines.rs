//! How long the tasks that are running may still take, by the [clock](super::clock) of the pool.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::scheduler::{SlotId, TaskId, WorkerId};

/// How long a task may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeout {
    /// A minute, and two seconds for every megapixel of every output: some fifty times what the
    /// slowest filter needs. Outputs that take long to write count as several.
    Generous,
    /// Exactly this, whatever the file.
    Exactly(Duration),
}

/// What a task reads and makes, for the time that it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// What it reads, px.
    pub pixels: u64,
    /// How many outputs it makes, or as many as take that long.
    pub outputs: u64,
}

const BASE: Duration = Duration::from_secs(60);
const PER_MEGAPIXEL: Duration = Duration::from_secs(2);

/// Above this a task has no deadline to speak of.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

impl Timeout {
    /// The time for a task.
    pub fn of(self, Load { pixels, outputs }: Load) -> Duration {
        match self {
            Self::Exactly(time) => time,
            Self::Generous => {
                let megapixels = pixels.saturating_mul(outputs).div_ceil(1_000_000);
                let megapixels = u32::try_from(megapixels).unwrap_or(u32::MAX);
                BASE.saturating_add(PER_MEGAPIXEL.saturating_mul(megapixels)).min(FAR)
            }
        }
    }
}

/// The running tasks and when their time is up.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    running: BTreeMap<SlotId, (TaskId, Duration)>,
}

impl Deadlines {
    /// Notes what a slot runs now, which may take that long; `true` if it has just begun with that.
    pub(super) fn runs(
        &mut self,
        slot: SlotId,
        task: TaskId,
        time: Duration,
        now: Duration,
    ) -> bool {
        if self.running.get(&slot).is_some_and(|(running, _)| *running == task) {
            return false;
        }
        self.running.insert(slot, (task, now.saturating_add(time)));
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

    /// The slots whose time is up; each is named once.
    pub(super) fn expire(&mut self, now: Duration) -> Vec<SlotId> {
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
        let start = second * 100;
        let (mut deadlines, time) = (Deadlines::default(), second * 2);
        assert!(deadlines.runs(slot, TaskId(4), time, start));
        assert!(!deadlines.runs(slot, TaskId(4), time, start + second));
        assert!(deadlines.expire(start + second).is_empty());
        assert_eq!(deadlines.expire(start + second * 2), [slot]);
        assert!(deadlines.expire(start + second * 3).is_empty());
    }

    #[test]
    fn large_pictures_and_many_outputs_have_more_time_unless_it_was_given() {
        let seconds = |pixels, outputs| Timeout::Generous.of(Load { pixels, outputs }).as_secs();
        assert_eq!(seconds(640 * 480, 1), 62);
        assert_eq!(seconds(24_000_000, 1), 108);
        assert_eq!(seconds(24_000_000, 12), 636);
        assert_eq!(Timeout::Generous.of(Load { pixels: u64::MAX, outputs: 12 }), FAR);
        let given = Timeout::Exactly(Duration::from_secs(5));
        assert_eq!(given.of(Load { pixels: 1 << 40, outputs: 12 }), Duration::from_secs(5));
    }
}
