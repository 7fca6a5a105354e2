//! What one crash in the middle of the work costs.

use super::{Blow, Observer, Striker, compare};
use crate::event::Summary;
use crate::plan::Plan;
use crate::report::Reporter;

/// What a crash cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrashCost {
    /// Images that were in work and had to be repeated.
    pub repeated: usize,
    /// Outputs that were missing or different in the end.
    pub lost: usize,
    /// From the death to a worker that takes tasks, ms.
    pub replaced_ms: f64,
}

/// The killing of one worker, a third of the way through a run.
#[derive(Debug)]
pub struct Crash(Observer);

impl Crash {
    /// For a run that makes so many outputs, and those who have to be told of its events.
    pub fn new(outputs: usize) -> (Self, Vec<Box<dyn Reporter>>) {
        let observer = Observer::default();
        let striker = Striker::new([Blow::Kill], outputs / 3);
        (Self(observer.clone()), vec![Box::new(observer), Box::new(striker)])
    }

    /// What it cost, by the outputs of an undisturbed run; `None` if the run was over before that.
    /// Reads all outputs of both.
    pub fn cost(&self, undisturbed: &Plan, plan: &Plan, summary: &Summary) -> Option<CrashCost> {
        let seen = self.0.seen();
        let compared = compare(undisturbed, plan);
        (!seen.losses.is_empty()).then(|| CrashCost {
            repeated: seen.repeated.len(),
            // What fails undisturbed is missing in both runs, and no loss.
            lost: (compared.missing + compared.different).saturating_sub(summary.counts.failed),
            replaced_ms: seen.losses.iter().find_map(|loss| loss.replaced_ms).unwrap_or_default(),
        })
    }
}
