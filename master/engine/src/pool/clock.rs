//! Time as this program has lived through it.
//!
//! Deadlines are held against workers, so they must not run while nothing can: when a laptop was
//! asleep overnight, when the master was stopped from the keyboard, or when the machine is so
//! overloaded that even the master hardly gets to run. Time passes here in steps, each bounded: what
//! is above was a gap in which nobody can be blamed for having done nothing.

use std::time::{Duration, Instant};

/// The loop comes by every tenth of a second; a step that is longer than this was a gap.
const LONGEST_STEP: Duration = Duration::from_millis(500);

/// Counts the time that has been lived.
#[derive(Debug)]
pub(super) struct Clock {
    last: Instant,
    lived: Duration,
}

impl Clock {
    pub(super) fn new(now: Instant) -> Self {
        Self { last: now, lived: Duration::ZERO }
    }

    /// Goes on to `now`; returns the time that has been lived since the start.
    pub(super) fn advance(&mut self, now: Instant) -> Duration {
        let step = now.saturating_duration_since(self.last);
        self.last = now;
        self.lived += step.min(LONGEST_STEP);
        self.lived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_asleep_is_a_moment_and_small_steps_add_up() {
        let start = Instant::now();
        let mut clock = Clock::new(start);
        let night = Duration::from_secs(8 * 3600);
        assert_eq!(clock.advance(start + night), LONGEST_STEP);
        let step = Duration::from_millis(100);
        let lived = (1..=50).map(|n| clock.advance(start + night + step * n)).last();
        assert_eq!(lived, Some(LONGEST_STEP + step * 50));
    }
}
