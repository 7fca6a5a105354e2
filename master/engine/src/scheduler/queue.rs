//! The tasks that wait, in the order in which they were given, to be taken by what they need.
//!
//! A tree of minima (a segment tree) over all tasks of the run: the first one that fits into so
//! much memory is found in as many steps as the logarithm of their number.

use super::TaskId;

/// In the place of a task that does not wait.
const NONE: u64 = u64::MAX;

/// The tasks that wait. All of them do at first.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    /// The least memory below each node, bytes; the children of node `n` are `2 n` and `2 n + 1`,
    /// and the second half are the tasks.
    least: Vec<u64>,
    len: usize,
}

impl Queue {
    /// Of tasks that need so much memory each, bytes.
    pub(super) fn new(memory: impl ExactSizeIterator<Item = u64>) -> Self {
        let len = memory.len();
        let leaves = len.next_power_of_two();
        let mut least = vec![NONE; 2 * leaves];
        for (leaf, bytes) in least[leaves..].iter_mut().zip(memory) {
            *leaf = bytes;
        }
        for node in (1..leaves).rev() {
            least[node] = least[2 * node].min(least[2 * node + 1]);
        }
        Self { least, len }
    }

    /// Whether no task waits.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts a task back into its place, which needs so much memory, bytes.
    pub(super) fn insert(&mut self, task: TaskId, bytes: u64) {
        self.len += 1;
        self.set(task, bytes);
    }

    /// Takes a task that waits.
    pub(super) fn remove(&mut self, task: TaskId) {
        self.len -= 1;
        self.set(task, NONE);
    }

    /// The first task that needs at most so much memory, bytes.
    pub(super) fn first_within(&self, bytes: u64) -> Option<TaskId> {
        let leaves = self.least.len() / 2;
        let fits = |node: usize| self.least[node] <= bytes && self.least[node] != NONE;
        if !fits(1) {
            return None;
        }
        let mut node = 1;
        while node < leaves {
            node *= 2;
            node += usize::from(!fits(node));
        }
        Some(TaskId((node - leaves) as u32))
    }

    /// Takes all of them, in order.
    pub(super) fn take_all(&mut self) -> Vec<TaskId> {
        let leaves = self.least.len() / 2;
        let waiting = (0..).zip(&self.least[leaves..]).filter(|(_, bytes)| **bytes != NONE);
        let tasks = waiting.map(|(task, _)| TaskId(task)).collect();
        self.least.fill(NONE);
        self.len = 0;
        tasks
    }

    fn set(&mut self, task: TaskId, bytes: u64) {
        let mut node = self.least.len() / 2 + task.0 as usize;
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
            steps in prop::collection::vec((0..40_usize, 0_u64..55), 0..80),
        ) {
            let mut queue = Queue::new(memory.iter().copied());
            let mut waits = vec![true; memory.len()];
            for (task, bytes) in steps {
                let expected = (0..memory.len()).find(|t| waits[*t] && memory[*t] <= bytes);
                prop_assert_eq!(queue.first_within(bytes), expected.map(|t| TaskId(t as u32)));
                if task < memory.len() {
                    let id = TaskId(task as u32);
                    if waits[task] {
                        queue.remove(id);
                    } else {
                        queue.insert(id, memory[task]);
                    }
                    waits[task] = !waits[task];
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
