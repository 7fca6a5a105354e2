//! What has happened in a job, as far as pages still show it.

use std::collections::{HashSet, VecDeque};

use super::shapes::{Bar, Crash, Failure, Recent};
use lote_engine::event::Status;

/// Bars and crashes are kept for that long.
const KEPT_MS: f64 = 120_000.0;
/// At most so many bars of each sort are kept: plain ones, and those that are always shown.
const KEPT_BARS: usize = 4000;
const KEPT_CRASHES: usize = 500;
const KEPT_FAILURES: usize = 1000;
const KEPT_RECENT: usize = 12;

/// The history of a job.
#[derive(Debug, Default)]
pub(super) struct History {
    bars: VecDeque<Bar>,
    /// Bars of failed and redone outputs.
    marked_bars: VecDeque<Bar>,
    crashes: VecDeque<Crash>,
    failures: VecDeque<Failure>,
    recent: VecDeque<Recent>,
}

impl History {
    /// Adds the bar of an output that has ended.
    pub(super) fn add_bar(&mut self, bar: Bar) {
        let is_marked = bar.status != Status::Ok || bar.attempt > 1;
        let oldest = bar.end_ms - KEPT_MS;
        let bars = if is_marked { &mut self.marked_bars } else { &mut self.bars };
        bars.push_back(bar);
        while bars.len() > KEPT_BARS || bars.front().is_some_and(|bar| bar.end_ms < oldest) {
            bars.pop_front();
        }
    }

    /// Adds the crash of a lane.
    pub(super) fn add_crash(&mut self, crash: Crash) {
        self.crashes.push_back(crash);
        while self.crashes.len() > KEPT_CRASHES {
            self.crashes.pop_front();
        }
    }

    /// A worker that had crashed takes tasks again.
    pub(super) fn replaced(&mut self, worker: u32, t: f64) {
        for crash in self.crashes.iter_mut().filter(|crash| crash.worker == worker) {
            crash.ready_ms.get_or_insert(t);
        }
    }

    /// Adds a failed output.
    pub(super) fn add_failure(&mut self, failure: Failure) {
        self.failures.push_front(failure);
        self.failures.truncate(KEPT_FAILURES);
    }

    /// Forgets the failures of these outputs.
    pub(super) fn forget_failures(&mut self, outputs: &HashSet<String>) {
        self.failures.retain(|failure| !outputs.contains(&failure.output));
    }

    /// Adds an output that is there.
    pub(super) fn add_recent(&mut self, recent: Recent) {
        self.recent.push_front(recent);
        self.recent.truncate(KEPT_RECENT);
    }

    /// The bars that are still shown at `t`, in the order of their ends.
    pub(super) fn bars(&self, t: f64) -> Vec<&Bar> {
        let all = self.bars.iter().chain(&self.marked_bars);
        let mut bars: Vec<_> = all.filter(|bar| bar.end_ms >= t - KEPT_MS).collect();
        bars.sort_by(|a, b| a.end_ms.total_cmp(&b.end_ms));
        bars
    }

    /// The crashes that are still shown at `t`, in turn.
    pub(super) fn crashes(&self, t: f64) -> Vec<&Crash> {
        self.crashes.iter().filter(|crash| crash.t_ms >= t - KEPT_MS).collect()
    }

    /// Failed outputs, the newest first.
    pub(super) fn failures(&self) -> &VecDeque<Failure> {
        &self.failures
    }

    /// Outputs that are there, the newest first.
    pub(super) fn recent(&self) -> &VecDeque<Recent> {
        &self.recent
    }
}
