//! Notes what a disturbed run has cost.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::event::Event;
use crate::report::Reporter;
use crate::state::RunState;

/// Watches a run.
#[derive(Debug, Clone)]
pub struct Observer {
    state: Arc<Mutex<RunState>>,
    start: Instant,
}

impl Default for Observer {
    fn default() -> Self {
        Self { state: Arc::default(), start: Instant::now() }
    }
}

impl Observer {
    /// What has been seen.
    pub fn seen(&self) -> RunState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reporter for Observer {
    fn show(&mut self, event: &Event) {
        let t = self.start.elapsed().as_secs_f64() * 1000.0;
        self.state.lock().unwrap_or_else(PoisonError::into_inner).event(event, t);
    }
}
