//! What has happened since the server started, in figures that only grow.

use lote_engine::event::{Event, OutputCounts, WorkerState};

/// Sums over all jobs since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Totals {
    /// Outputs that have ended.
    pub outputs: OutputCounts,
    /// Worker processes that became ready.
    pub workers_started: u64,
    /// Worker processes that died.
    pub workers_lost: u64,
}

impl Totals {
    /// Takes in what happened in a run.
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Output(ended) => self.outputs.add(ended),
            Event::Worker { state: WorkerState::Ready, .. } => self.workers_started += 1,
            Event::Worker { state: WorkerState::Lost, .. } => self.workers_lost += 1,
            _ => {}
        }
    }
}
