//! All of the state at once, as a page gets it before it follows the changes.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use super::model::Model;
use super::shapes::{
    Bar, Compare, Crash, Failure, Fleet, Isolation, Job, Lane, Notice, QueuedJob, Recent, Watch,
};

/// All of the state, as a page gets it.
#[derive(Debug, Serialize)]
pub struct Snapshot<'a> {
    tipo: &'static str,
    n: u64,
    t_ms: f64,
    images: &'a Value,
    job: Option<Job>,
    queue: &'a [QueuedJob],
    lanes: &'a [Lane],
    bars: Vec<&'a Bar>,
    crashes: Vec<&'a Crash>,
    failures: &'a VecDeque<Failure>,
    recent: &'a VecDeque<Recent>,
    notices: &'a VecDeque<Notice>,
    settings: &'a Option<Value>,
    compare: &'a Compare,
    isolation: &'a Isolation,
    watches: &'a [Watch],
    #[serde(skip_serializing_if = "Option::is_none")]
    fleet: Option<&'a Fleet>,
}

impl Model {
    /// All of the state at `t`; `n` is the number of the last changes in it. There must be none
    /// that have not been taken.
    pub fn snapshot(&self, n: u64, t: f64) -> Snapshot<'_> {
        debug_assert!(!self.has_changes());
        Snapshot {
            tipo: "instantanea",
            n,
            t_ms: t,
            images: &self.images,
            job: self.job_at(t),
            queue: &self.queue,
            lanes: if self.is_crowded() { &[] } else { &self.lanes },
            bars: if self.is_crowded() { Vec::new() } else { self.history.bars(t) },
            crashes: self.history.crashes(t),
            failures: self.history.failures(),
            recent: self.history.recent(),
            notices: &self.notices,
            settings: &self.settings,
            compare: &self.compare,
            isolation: &self.isolation,
            watches: &self.watches,
            fleet: self.machines.as_ref().map(|machines| &machines.fleet),
        }
    }
}
