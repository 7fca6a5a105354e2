//! Strikes workers in the middle of their work, by real signals.

use std::collections::{HashMap, VecDeque};

use crate::event::{Event, WorkerState};
use crate::report::Reporter;
use crate::state::{Lane, LaneState, RunState};

/// What can befall a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL: somebody, or the system, has had enough of the process.
    Kill,
    /// SIGSEGV: a defect in native code.
    SegmentationFault,
    /// SIGSTOP: it does nothing any more and does not say so, until its deadline passes.
    Hang,
}

impl Blow {
    /// The signal's name.
    pub const fn signal(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL",
            Self::SegmentationFault => "SIGSEGV",
            Self::Hang => "SIGSTOP",
        }
    }
}

/// A blow that falls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    /// The worker.
    pub worker: u32,
    /// Its process.
    pub pid: u32,
    /// How.
    pub blow: Blow,
    /// What it had just begun with.
    pub image: String,
}

/// Strikes one worker after every `gap` outputs, just when it has begun with an image, until there
/// are no blows left. The next blow waits until what the last one interrupted has been repeated:
/// an image that is hit twice would be held to be the cause.
pub struct Striker {
    blows: VecDeque<Blow>,
    gap: usize,
    state: RunState,
    /// How many outputs there were when the last blow fell.
    outputs: usize,
    /// Workers that were struck and are not dead yet.
    dying: HashMap<u32, (u32, Blow)>,
    watcher: Option<Watcher>,
}

/// Is told of each blow before it falls.
type Watcher = Box<dyn FnMut(&Strike) + Send>;

impl Striker {
    /// With these blows, in turn.
    pub fn new(blows: impl IntoIterator<Item = Blow>, gap: usize) -> Self {
        Self {
            blows: blows.into_iter().collect(),
            gap,
            state: RunState::default(),
            outputs: 0,
            dying: HashMap::new(),
            watcher: None,
        }
    }

    /// Has `watcher` told of each blow before it falls.
    #[must_use]
    pub fn watched(mut self, watcher: impl FnMut(&Strike) + Send + 'static) -> Self {
        self.watcher = Some(Box::new(watcher));
        self
    }

    fn is_time(&self) -> bool {
        let made = self.state.counts.ok - self.outputs;
        made >= self.gap && self.dying.is_empty() && self.state.is_whole()
    }

    fn strike(&mut self, worker: u32, image: &str) {
        let is_it = |lane: &&mut Lane<_>| lane.state == LaneState::Ready;
        if let Some(pid) = self.state.lanes.of(worker).find(is_it).map(|lane| lane.pid)
            && let Some(blow) = self.blows.pop_front()
        {
            self.outputs = self.state.counts.ok;
            if let Some(watcher) = &mut self.watcher {
                watcher(&Strike { worker, pid, blow, image: image.to_owned() });
            }
            send(pid, blow);
            self.dying.insert(worker, (pid, blow));
        }
    }
}

impl Reporter for Striker {
    fn show(&mut self, event: &Event) {
        // The first SIGSEGV only takes away the handler that the run-time library installs.
        for (pid, blow) in self.dying.values() {
            send(*pid, *blow);
        }
        self.state.event(event, 0.0);
        match event {
            Event::Worker { worker, state: WorkerState::Lost, .. } => {
                self.dying.remove(worker);
            }
            Event::Task { worker, image, attempt: 1, .. } if self.is_time() => {
                self.strike(*worker, image);
            }
            _ => {}
        }
    }
}

/// Whether this system has signals to strike with.
pub const HAS_SIGNALS: bool = cfg!(unix);

#[cfg(unix)]
fn send(pid: u32, blow: Blow) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match blow {
        Blow::Kill => Signal::KILL,
        Blow::SegmentationFault => Signal::SEGV,
        Blow::Hang => Signal::STOP,
    };
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have died meanwhile.
        let _ = kill_process(pid, signal);
    }
}

#[cfg(not(unix))]
fn send(_pid: u32, _blow: Blow) {}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::super::events::{self, NOBODY, worker};
    use super::*;
    use crate::event::Mode;

    fn ready(id: u32) -> Event {
        worker(id, NOBODY, WorkerState::Ready, None)
    }

    fn lost(id: u32) -> Event {
        worker(id, NOBODY, WorkerState::Lost, Some("SIGKILL"))
    }

    fn task(worker: u32, unit: usize, attempt: u32) -> Event {
        events::task(worker, unit, attempt, format!("{unit}.png"))
    }

    #[test]
    fn the_next_blow_waits_until_what_the_last_one_interrupted_is_repeated() {
        let struck = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&struck);
        let mut striker = Striker::new([Blow::Kill, Blow::Hang, Blow::Kill], 0)
            .watched(move |strike| seen.lock().unwrap().push(strike.image.clone()));
        let left_out = Box::default();
        let (images, outputs, skipped, mode, workers) = (5, 5, 0, Mode::Processes, 2);
        for event in [
            Event::Planned { images, outputs, skipped, mode, workers, left_out },
            ready(1),
            ready(2),
            task(1, 0, 1), // struck
            task(2, 1, 1), // the first blow is not yet over
            lost(1),
            task(2, 2, 1), // unit 0 has not been repeated
            ready(1),
            task(1, 0, 2),
            task(2, 3, 1), // it is being repeated
            task(1, 4, 1), // struck: unit 0 is over
        ] {
            striker.show(&event);
        }
        assert_eq!(*struck.lock().unwrap(), ["0.png", "4.png"]);
    }
}
