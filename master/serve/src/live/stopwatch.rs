//! Time that stands still while a job is paused.

/// Times are those of the state, ms.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stopwatch {
    /// What it had counted when it was last set going or stopped.
    before: f64,
    /// Since when it has been going.
    since: Option<f64>,
}

impl Stopwatch {
    /// What it has counted at `t`.
    pub(super) fn read(self, t: f64) -> f64 {
        self.before + self.since.map_or(0.0, |since| t - since)
    }

    /// From `t` on it goes, or stands still.
    pub(super) fn run(&mut self, runs: bool, t: f64) {
        self.before = self.read(t);
        self.since = runs.then_some(t);
    }
}
