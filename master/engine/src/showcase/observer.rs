//! Notes what a disturbed run has cost.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lote_protocol::lang::Text;

use crate::event::{Event, WorkerState};
use crate::report::Reporter;

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What each worker died of, in turn.
    pub deaths: Vec<Text>,
    /// How many images each death interrupted, in turn.
    pub interrupted: Vec<usize>,
    /// From each death to a replacement that takes tasks, ms.
    pub replaced_ms: Vec<f64>,
    /// Images that had to be started again.
    pub repeated: BTreeSet<String>,
    /// What had been spent on images when they were interrupted.
    pub thrown_away: Duration,
    /// The longest that an output took, with its share of decoding, ms.
    pub slowest_ms: f64,
    waiting: BTreeSet<u32>,
    /// What each thread of each worker began last, and when.
    running: HashMap<(u32, u32), (usize, Instant)>,
    /// The units that ran in workers that died: in which death, and for how long they had run.
    cut: HashMap<usize, (usize, Duration)>,
}

impl Facts {
    fn lost(&mut self, worker: u32, reason: Option<&Text>, now: Instant) {
        let death = self.deaths.len();
        self.deaths.push(reason.cloned().unwrap_or_default());
        self.interrupted.push(0);
        self.waiting.insert(worker);
        for (_, (unit, start)) in self.running.extract_if(|(of, _), _| *of == worker) {
            self.cut.insert(unit, (death, now.saturating_duration_since(start)));
        }
    }

    fn begun(&mut self, place: (u32, u32), unit: usize, image: &str, attempt: u32, now: Instant) {
        self.running.insert(place, (unit, now));
        // What was only waiting in a worker that died is given out again too.
        if attempt > 1
            && let Some((death, spent)) = self.cut.remove(&unit)
        {
            self.interrupted[death] += 1;
            self.thrown_away += spent;
            self.repeated.insert(image.to_owned());
        }
    }
}

/// Watches a run.
#[derive(Debug, Clone, Default)]
pub struct Observer(Arc<Mutex<Facts>>);

impl Observer {
    /// One who has seen nothing yet. A clone of it sees and tells the same.
    pub fn new() -> Self {
        Self::default()
    }

    /// What has been seen.
    pub fn facts(&self) -> Facts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reporter for Observer {
    fn show(&mut self, event: &Event) {
        let mut facts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Worker { worker, state: WorkerState::Lost, reason, .. } => {
                facts.lost(*worker, reason.as_ref(), Instant::now());
            }
            Event::Worker { worker, state: WorkerState::Ready, ms, .. } => {
                let again = facts.waiting.remove(worker);
                facts.replaced_ms.extend(ms.filter(|_| again));
            }
            Event::Task { worker, slot, unit, image, attempt, .. } => {
                facts.begun((*worker, *slot), *unit, image, *attempt, Instant::now());
            }
            Event::Output(output) => {
                facts.slowest_ms = facts.slowest_ms.max(output.ms.unwrap_or_default());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ran_in_a_dead_worker_and_was_begun_again_is_counted_as_interrupted() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut facts = Facts::default();
        facts.begun((1, 0), 7, "a", 1, start);
        facts.begun((1, 1), 8, "b", 1, start);
        facts.begun((2, 0), 9, "c", 1, start);
        facts.lost(1, Some(&"SIGSEGV".into()), start + second);
        // "b" had ended and is not given out again; "d" had only been waiting.
        facts.begun((2, 0), 7, "a", 2, start + second * 2);
        facts.begun((2, 0), 5, "d", 2, start + second * 3);
        assert_eq!((facts.interrupted, facts.thrown_away), (vec![1], second));
        assert_eq!(facts.repeated, BTreeSet::from(["a".to_owned()]));
    }
}
