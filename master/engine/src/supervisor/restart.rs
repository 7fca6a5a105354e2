//! When a dead worker is replaced: at once, later, or not any more.

use std::collections::VecDeque;
use std::time::Duration;

use super::death::Killer;

/// Deaths of its own in [`WINDOW`] without an output in between, after which a lane gives up.
const MAX_OWN: usize = 5;

/// Starts in a row that never became ready, however long each took, after which a lane gives up.
const MAX_UNREADY: usize = 5;

/// The same for starts that said nothing until their time was up.
const MAX_SILENT: usize = 2;

/// The same for deaths that came from outside, which a person or a test may cause at any rate.
const MAX_OUTSIDE: usize = 50;

/// The time over which deaths are counted.
const WINDOW: Duration = Duration::from_secs(10);

const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// How far a worker had come when it died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// It said nothing in the time that it had.
    Nothing,
    /// It was started, and never took a task.
    Start,
    /// It took tasks.
    Ready,
    /// It has made an output: this is no crash loop.
    Output,
}

/// How the service of a worker ended.
pub(super) struct Served {
    /// Who killed it, if anybody did.
    pub(super) killer: Option<Killer>,
    /// It was told to finish and end.
    pub(super) stopping: bool,
    /// It was told to end so that it can be replaced.
    pub(super) retiring: bool,
    /// How far it has come.
    pub(super) reached: Reached,
}

impl Served {
    /// It has not said Hello yet.
    pub(super) const fn not_yet() -> Self {
        Self { killer: None, stopping: false, retiring: false, reached: Reached::Start }
    }
}

/// What to do about a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Replace the worker after this time.
    Replace(Duration),
    /// Do not replace it any more.
    GiveUp,
}

/// The deaths of a lane since it last made an output.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    own: VecDeque<Duration>,
    outside: VecDeque<Duration>,
    unready: usize,
    silent: usize,
}

impl Restarts {
    /// The worker died at `now`, a time since any fixed moment, having come so far. `chance`,
    /// 0.0..1.0, spreads the restarts of lanes that died together.
    pub(super) fn death(
        &mut self,
        now: Duration,
        reached: Reached,
        from_outside: bool,
        chance: f64,
    ) -> Verdict {
        match reached {
            Reached::Output => *self = Self::default(),
            Reached::Ready => (self.unready, self.silent) = (0, 0),
            Reached::Start => self.unready += usize::from(!from_outside),
            Reached::Nothing => self.silent += 1,
        }
        if self.unready > MAX_UNREADY || self.silent > MAX_SILENT {
            return Verdict::GiveUp;
        }
        let (deaths, max) =
            if from_outside { (&mut self.outside, MAX_OUTSIDE) } else { (&mut self.own, MAX_OWN) };
        deaths.push_back(now);
        while deaths.front().is_some_and(|at| now.saturating_sub(*at) > WINDOW) {
            deaths.pop_front();
        }
        if deaths.len() > max {
            return Verdict::GiveUp;
        }
        let earlier = if from_outside { 0 } else { deaths.len() - 1 };
        Verdict::Replace(delay(earlier, chance))
    }
}

/// Nothing after the first death, then 100 ms, doubled each time, more or less a quarter.
fn delay(earlier: usize, chance: f64) -> Duration {
    let Some(doublings) = earlier.checked_sub(1) else {
        return Duration::ZERO;
    };
    let factor = 2_u32.saturating_pow(u32::try_from(doublings).unwrap_or(u32::MAX));
    let full = FIRST_DELAY.saturating_mul(factor).min(LONGEST_DELAY);
    full.mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Deaths of workers that took tasks and made nothing, at these times (ms).
    fn deaths(restarts: &mut Restarts, times: impl Iterator<Item = u64>) -> Vec<Verdict> {
        times.map(|time| restarts.death(at(time), Reached::Ready, false, 0.5)).collect()
    }

    #[test]
    fn the_first_death_costs_no_time_and_further_ones_more_and_more() {
        let mut restarts = Restarts::default();
        let delays = deaths(&mut restarts, (0..5).map(|n| n * 100));
        let expected = [0, 100, 200, 400, 800].map(|delay| Verdict::Replace(at(delay)));
        assert_eq!(delays, expected);
        assert_eq!(deaths(&mut restarts, 500..501), [Verdict::GiveUp]);
    }

    #[test]
    fn an_output_wipes_the_slate() {
        let mut restarts = Restarts::default();
        deaths(&mut restarts, 0..5);
        let verdict = restarts.death(at(6), Reached::Output, false, 0.5);
        assert_eq!(verdict, Verdict::Replace(Duration::ZERO));
    }

    #[test]
    fn deaths_long_ago_do_not_count() {
        let mut restarts = Restarts::default();
        let verdicts = deaths(&mut restarts, (0..40).map(|n| n * 11_000));
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Replace(Duration::ZERO)));
    }

    #[test]
    fn kills_from_outside_are_made_good_at_once() {
        let mut restarts = Restarts::default();
        for n in 0..50 {
            let verdict = restarts.death(at(n), Reached::Ready, true, 0.5);
            assert_eq!(verdict, Verdict::Replace(Duration::ZERO));
        }
        assert_eq!(restarts.death(at(50), Reached::Ready, true, 0.5), Verdict::GiveUp);
    }

    #[test]
    fn starts_in_a_row_that_lead_nowhere_are_given_up_however_slow_they_are() {
        for (reached, allowed) in [(Reached::Start, MAX_UNREADY), (Reached::Nothing, MAX_SILENT)] {
            let mut restarts = Restarts::default();
            let mut die = |n: usize, reached| {
                restarts.death(at(n as u64 * 20_000), reached, false, 0.5) == Verdict::GiveUp
            };
            assert!(!(0..allowed).any(|n| die(n, reached)));
            // One that worked in between shows that others may.
            assert!(!die(allowed, Reached::Ready));
            assert!(!(0..allowed).any(|n| die(100 + n, reached)));
            assert!(die(200, reached));
        }
    }
}
