//! Notices workers that stand still: stopped from outside, or starved of memory.
//!
//! A worker that has something to do is heard from every second, however long a filter takes, as a
//! thread of its own speaks. Silence alone proves nothing on an overloaded machine, so a silent
//! worker is looked at before it is given up: one that has used any processor time, that waits for
//! a processor, or that a debugger holds, is alive. Where the system does not tell, the deadline of
//! the task is what is left.

use std::collections::HashMap;
use std::time::Duration;

use crate::scheduler::WorkerId;
use crate::system::Look;

/// Silence before a worker is looked at: two of its signs of life are missing.
const SUSPICIOUS: Duration = Duration::from_millis(2500);

/// A silent worker is looked at so often.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// After this time a process that was stopped by a signal is given up.
const STOPPED: Duration = Duration::from_secs(10);

/// After this time a process that sleeps, all threads of it, is given up.
const ASLEEP: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy)]
struct Pulse {
    /// When it last showed that it is alive.
    alive: Duration,
    looked: Duration,
    processor_time: Option<u64>,
}

/// When workers that have something to do were last heard from.
#[derive(Debug, Default)]
pub(super) struct Heartbeats(HashMap<WorkerId, Pulse>);

impl Heartbeats {
    /// A worker has begun with something, or has been heard from.
    pub(super) fn heard(&mut self, worker: WorkerId, now: Duration) {
        self.0.insert(worker, Pulse { alive: now, looked: now, processor_time: None });
    }

    /// A worker has nothing to do, or is gone.
    pub(super) fn forget(&mut self, worker: WorkerId) {
        self.0.remove(&worker);
    }

    /// The workers that stand still; each is named once. `look` looks at a worker's process.
    pub(super) fn frozen(
        &mut self,
        now: Duration,
        look: impl Fn(WorkerId) -> Option<Look>,
    ) -> Vec<WorkerId> {
        let mut frozen = Vec::new();
        for (worker, pulse) in &mut self.0 {
            if now.saturating_sub(pulse.alive) < SUSPICIOUS
                || now.saturating_sub(pulse.looked) < LOOK_AGAIN
            {
                continue;
            }
            pulse.looked = now;
            let Some(Look { state, processor_time }) = look(*worker) else { continue };
            let has_worked = pulse.processor_time.is_some_and(|before| before != processor_time);
            pulse.processor_time = Some(processor_time);
            // Waiting for a processor is the machine's fault, and being held by a debugger the
            // user's wish.
            if has_worked || matches!(state, 'R' | 't') {
                pulse.alive = now;
                continue;
            }
            let patience = if state == 'T' { STOPPED } else { ASLEEP };
            if now.saturating_sub(pulse.alive) >= patience {
                frozen.push(*worker);
            }
        }
        for worker in &frozen {
            self.0.remove(worker);
        }
        frozen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKER: WorkerId = WorkerId(1);

    /// After how many seconds a worker is given up that is seen like that from second 0 on;
    /// `None` if it is alive after five minutes. `seen` gets the second.
    fn given_up(seen: impl Fn(u64) -> Option<Look>) -> Option<u64> {
        let mut heartbeats = Heartbeats::default();
        heartbeats.heard(WORKER, Duration::ZERO);
        (1..300).find(|second| {
            let now = Duration::from_secs(*second);
            !heartbeats.frozen(now, |_| seen(*second)).is_empty()
        })
    }

    const fn idle(state: char) -> Look {
        Look { state, processor_time: 7 }
    }

    #[test]
    fn a_stopped_process_is_given_up_soon_and_a_sleeping_one_later() {
        assert_eq!(given_up(|_| Some(idle('T'))), Some(10));
        assert_eq!(given_up(|_| Some(idle('S'))), Some(30));
        assert_eq!(given_up(|_| Some(idle('D'))), Some(30));
    }

    #[test]
    fn one_that_computes_waits_for_a_processor_or_is_debugged_is_never_given_up() {
        let computing = |second| Some(Look { state: 'S', processor_time: second / 20 });
        assert_eq!(given_up(computing), None);
        assert_eq!(given_up(|_| Some(idle('R'))), None);
        assert_eq!(given_up(|_| Some(idle('t'))), None);
        assert_eq!(given_up(|_| None), None, "nothing is known");
    }

    #[test]
    fn who_is_heard_from_is_not_even_looked_at() {
        let mut heartbeats = Heartbeats::default();
        for second in 0..100 {
            heartbeats.heard(WORKER, Duration::from_secs(second));
            let now = Duration::from_secs(second + 1);
            assert!(heartbeats.frozen(now, |_| panic!("looked at")).is_empty());
        }
    }

    #[test]
    fn a_worker_that_was_stopped_and_goes_on_is_forgiven() {
        let mut heartbeats = Heartbeats::default();
        heartbeats.heard(WORKER, Duration::ZERO);
        let at = Duration::from_secs;
        for second in 1..9 {
            assert!(heartbeats.frozen(at(second), |_| Some(idle('T'))).is_empty());
        }
        heartbeats.heard(WORKER, at(9));
        assert!(heartbeats.frozen(at(18), |_| Some(idle('T'))).is_empty());
        assert_eq!(heartbeats.frozen(at(19), |_| Some(idle('T'))), [WORKER]);
        assert!(heartbeats.frozen(at(60), |_| Some(idle('T'))).is_empty(), "it is named once");
    }
}
