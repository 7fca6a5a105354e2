//! What has happened since the server started, in figures that only grow.

use lote_engine::event::{Event, Status, WorkerState};

/// Sums over all jobs since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Totals {
    /// Outputs that were made.
    pub ok: u64,
    /// Outputs that failed, without those below.
    pub failed: u64,
    /// Outputs that were given up with their workers.
    pub quarantined: u64,
    /// Outputs that were there, or were not started.
    pub skipped: u64,
    /// Those of `ok` that needed more than one attempt.
    pub repeated: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Time that workers spent on outputs, seconds.
    pub work_seconds: f64,
    /// Worker processes that became ready.
    pub workers_started: u64,
    /// Worker processes that died.
    pub workers_lost: u64,
}

impl Totals {
    /// Takes in what happened in a run.
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Output(ended) => {
                match ended.status {
                    Status::Ok => self.ok += 1,
                    Status::Failed => self.failed += 1,
                    Status::Quarantined => self.quarantined += 1,
                    Status::Skipped => self.skipped += 1,
                }
                let again = ended.attempt.is_some_and(|attempt| attempt > 1);
                self.repeated += u64::from(again && ended.status == Status::Ok);
                self.bytes += ended.bytes.unwrap_or(0);
                self.work_seconds += ended.ms.unwrap_or(0.0) / 1000.0;
            }
            Event::Worker { state: WorkerState::Ready, .. } => self.workers_started += 1,
            Event::Worker { state: WorkerState::Lost, .. } => self.workers_lost += 1,
            _ => {}
        }
    }
}
