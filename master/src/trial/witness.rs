//! Notes what a disturbed run has cost.

use std::collections::BTreeSet;
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
            }
            Event::Worker { worker, state: WorkerState::Ready, ms, .. } => {
                let again = facts.waiting.remove(worker);
                facts.replaced_ms.extend(ms.filter(|_| again));
            }
            Event::Task { image, attempt, .. } if *attempt > 1 => {
                facts.repeated.insert(image.clone());
            }
            _ => {}
        }
    }
}
