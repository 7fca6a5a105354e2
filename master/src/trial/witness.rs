//! Notes what a disturbed run has cost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::event::{Event, WorkerState};
use crate::report::Reporter;

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What each worker died of, in turn.
    pub deaths: Vec<String>,
    /// From each death to a replacement that takes tasks, ms.
    pub replaced_ms: Vec<f64>,
    /// Images that had to be started again.
    pub repeated: BTreeSet<String>,
    waiting: BTreeSet<u32>,
    /// What each thread of each worker began last.
    running: BTreeMap<(u32, u32), String>,
    /// What was running in workers that died.
    interrupted: BTreeSet<String>,
}

/// Watches a run.
#[derive(Debug, Clone, Default)]
pub struct Witness(Arc<Mutex<Facts>>);

impl Witness {
    /// One who has seen nothing yet. A clone of it sees and tells the same.
    pub fn new() -> Self {
        Self::default()
    }

    /// What has been seen.
    pub fn facts(&self) -> Facts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reporter for Witness {
    fn show(&mut self, event: &Event) {
        let mut facts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Worker { worker, state: WorkerState::Lost, reason, .. } => {
                facts.deaths.push(reason.clone().unwrap_or_default());
                facts.waiting.insert(*worker);
                let running = std::mem::take(&mut facts.running).into_iter();
                let (theirs, others): (Vec<_>, Vec<_>) =
                    running.partition(|((of, _), _)| of == worker);
                facts.interrupted.extend(theirs.into_iter().map(|(_, image)| image));
                facts.running.extend(others);
            }
            Event::Worker { worker, state: WorkerState::Ready, ms, .. } => {
                let again = facts.waiting.remove(worker);
                facts.replaced_ms.extend(ms.filter(|_| again));
            }
            Event::Task { worker, slot, image, attempt, .. } => {
                facts.running.insert((*worker, *slot), image.clone());
                // What was only waiting in a worker that died is given out again too.
                if *attempt > 1 && facts.interrupted.contains(image) {
                    facts.repeated.insert(image.clone());
                }
            }
            _ => {}
        }
    }
}
