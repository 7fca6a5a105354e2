//! The tasks that wait, by their priorities and in the order in which they were added, to be taken by
//! what they need.
//!
//! A tree of minima (a segment tree) over the tasks of a run: the first one that fits into so much
//! memory is found in as many steps as the logarithm of their number.

use super::task::{TaskRecord, Tasks};
use super::{Priority, TaskId};

/// In the place of a task that does not wait.
const NONE: u64 = u64::MAX;

/// The tasks that wait, and how many of each priority workers have.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting([Line; Priority::ALL.len()]);

#[derive(Debug, Clone)]
struct Line {
    queue: Queue,
    /// How many of these tasks workers have, and may have.
    given: u32,
    most: u32,
}

impl Default for Line {
    fn default() -> Self {
        Self { queue: Queue::default(), given: 0, most: u32::MAX }
    }
}

impl Waiting {
    /// Lets workers have at most so many tasks of a priority.
    pub(super) fn bound(&mut self, priority: Priority, most: u32) {
        self.0[priority as usize].most = most;
    }

    /// Whether no task waits.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|line| line.queue.is_empty())
    }

    /// Whether something urgent waits.
    pub(super) fn is_urgent(&self) -> bool {
        !self.0[Priority::Urgent as usize].queue.is_empty()
    }

    /// Puts a task into its place.
    pub(super) fn insert(&mut self, id: TaskId, tasks: &Tasks) {
        let TaskRecord { priority, memory_bytes, .. } = tasks[id];
        self.0[priority as usize].queue.insert(id, memory_bytes, tasks.first());
    }

    /// Takes a task that waits.
    pub(super) fn remove(&mut self, id: TaskId, priority: Priority) {
        self.0[priority as usize].queue.remove(id);
    }

    /// Whether workers may have another task of that priority.
    pub(super) fn may_give(&self, priority: Priority) -> bool {
        let line = &self.0[priority as usize];
        line.given < line.most
    }

    /// The task that is next for who has so much memory, bytes.
    pub(super) fn next_within(&self, bytes: u64) -> Option<TaskId> {
        Priority::ALL.iter().zip(&self.0).filter(|(_, line)| line.given < line.most).find_map(
            |(priority, line)| match priority {
                Priority::Urgent => line.queue.last_within(bytes),
                Priority::Usual | Priority::Spare => line.queue.first_within(bytes),
            },
        )
    }

    /// Whether tasks wait because workers have as many of their kind as they may.
    pub(super) fn is_held_back(&self) -> bool {
        self.0.iter().any(|line| line.given >= line.most && !line.queue.is_empty())
    }

    /// A worker has been given a task.
    pub(super) fn is_given(&mut self, priority: Priority) {
        self.0[priority as usize].given += 1;
    }

    /// A worker has it no more.
    pub(super) fn is_back(&mut self, priority: Priority) {
        self.0[priority as usize].given -= 1;
    }

    /// Takes all of them, in order.
    pub(super) fn take_all(&mut self) -> Vec<TaskId> {
        self.0.iter_mut().flat_map(|line| line.queue.take_all()).collect()
    }
}

/// The tasks of a priority that wait.
#[derive(Debug, Clone)]
struct Queue {
    /// The least memory below each node, bytes; the children of node `n` are `2 n` and `2 n + 1`,
    /// and the second half are the tasks from `first` on.
    least: Vec<u64>,
    first: u32,
    len: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self { least: vec![NONE; 2], first: 0, len: 0 }
    }
}

impl Queue {
    /// Whether no task waits.
    fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts a task into its place, which needs so much memory, bytes. None before `oldest` will come.
    fn insert(&mut self, task: TaskId, bytes: u64, oldest: TaskId) {
        if (task.0 - self.first) as usize >= self.leaves() {
            self.grow(task, oldest);
        }
        self.len += 1;
        self.set(task, bytes);
    }

    /// Makes room for tasks from `oldest` to `newest`, and as many more.
    fn grow(&mut self, newest: TaskId, oldest: TaskId) {
        let forgotten = (oldest.0 - self.first) as usize;
        let waiting = self.least.split_off(self.leaves());
        let leaves = (2 * (newest.0 - oldest.0 + 1) as usize).next_power_of_two();
        self.least = vec![NONE; 2 * leaves];
        for (leaf, bytes) in self.least[leaves..].iter_mut().zip(waiting.iter().skip(forgotten)) {
            *leaf = *bytes;
        }
        for node in (1..leaves).rev() {
            self.least[node] = self.least[2 * node].min(self.least[2 * node + 1]);
        }
        self.first = oldest.0;
    }

    fn leaves(&self) -> usize {
        self.least.len() / 2
    }

    /// Takes a task that waits.
    fn remove(&mut self, task: TaskId) {
        self.len -= 1;
        self.set(task, NONE);
    }

    /// The first task that needs at most so much memory, bytes.
    fn first_within(&self, bytes: u64) -> Option<TaskId> {
        self.within(bytes, |left, _| !left)
    }

    /// The last one.
    fn last_within(&self, bytes: u64) -> Option<TaskId> {
        self.within(bytes, |_, right| right)
    }

    /// A task that needs at most so much memory, bytes. `right` says whether to look right of a node,
    /// by whether there is one left and right of it.
    fn within(&self, bytes: u64, right: impl Fn(bool, bool) -> bool) -> Option<TaskId> {
        let leaves = self.leaves();
        let fits = |node: usize| self.least[node] <= bytes && self.least[node] != NONE;
        if !fits(1) {
            return None;
        }
        let mut node = 1;
        while node < leaves {
            node *= 2;
            node += usize::from(right(fits(node), fits(node + 1)));
        }
        Some(TaskId(self.first + (node - leaves) as u32))
    }

    /// Takes all of them, in order.
    fn take_all(&mut self) -> Vec<TaskId> {
        let waiting =
            (self.first..).zip(&self.least[self.leaves()..]).filter(|(_, bytes)| **bytes != NONE);
        let tasks = waiting.map(|(task, _)| TaskId(task)).collect();
        self.least.fill(NONE);
        self.len = 0;
        tasks
    }

    fn set(&mut self, task: TaskId, bytes: u64) {
        let mut node = self.leaves() + (task.0 - self.first) as usize;
        self.least[node] = bytes;
        while node > 1 {
            node /= 2;
            let least = self.least[2 * node].min(self.least[2 * node + 1]);
            if self.least[node] == least {
                return;
            }
            self.least[node] = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_gives_what_going_through_all_tasks_would(
            memory in prop::collection::vec(1_u64..50, 0..40),
            steps in prop::collection::vec((0..40_usize, 0_u64..55, any::<bool>()), 0..160),
        ) {
            // Whether each of those that have come waits, and none before `oldest` comes again.
            let (mut queue, mut waits, mut oldest) = (Queue::default(), Vec::new(), 0);
            for (task, bytes, comes) in steps {
                let expected = (0..waits.len()).find(|t| waits[*t] && memory[*t] <= bytes);
                prop_assert_eq!(queue.first_within(bytes), expected.map(|t| TaskId(t as u32)));
                let expected = (0..waits.len()).rfind(|t| waits[*t] && memory[*t] <= bytes);
                prop_assert_eq!(queue.last_within(bytes), expected.map(|t| TaskId(t as u32)));
                let id = |t: usize| TaskId(t as u32);
                if comes && waits.len() < memory.len() {
                    queue.insert(id(waits.len()), memory[waits.len()], id(oldest));
                    waits.push(true);
                } else if (oldest..waits.len()).contains(&task) {
                    if waits[task] {
                        queue.remove(id(task));
                    } else {
                        queue.insert(id(task), memory[task], id(oldest));
                    }
                    waits[task] = !waits[task];
                }
                if bytes == 0 {
                    let first = waits.iter().position(|waits| *waits);
                    oldest = first.unwrap_or(waits.len());
                }
                prop_assert_eq!(queue.len, waits.iter().filter(|waits| **waits).count());
            }
            let left: Vec<_> =
                (0..).zip(&waits).filter(|(_, waits)| **waits).map(|(t, _)| TaskId(t)).collect();
            prop_assert_eq!(queue.take_all(), left);
            prop_assert!(queue.is_empty() && queue.first_within(u64::MAX).is_none());
        }
    }
}
