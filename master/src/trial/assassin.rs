//! Kills workers in the middle of their work, by real signals.

use std::collections::{HashMap, VecDeque};

use crate::event::{Event, Status, WorkerState};
use crate::report::Reporter;

/// A way to die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL: somebody, or the system, has had enough of the process.
    Kill,
    /// SIGSEGV: a defect in native code.
    SegmentationFault,
    /// SIGABRT: a failed assertion, or an allocation that was refused.
    Abort,
}

/// Kills one worker after every `gap` outputs, just when it has begun with an image, until it has
/// no blows left.
#[derive(Debug)]
pub struct Assassin {
    blows: VecDeque<Blow>,
    gap: usize,
    outputs: usize,
    processes: HashMap<u32, u32>,
    /// Workers that were struck and are not dead yet.
    dying: HashMap<u32, (u32, Blow)>,
}

impl Assassin {
    /// With these blows, in turn.
    pub fn new(blows: impl IntoIterator<Item = Blow>, gap: usize) -> Self {
        Self {
            blows: blows.into_iter().collect(),
            gap,
            outputs: 0,
            processes: HashMap::new(),
            dying: HashMap::new(),
        }
    }
}

impl Reporter for Assassin {
    fn show(&mut self, event: &Event) {
        // The first SIGSEGV only takes away the handler that the run-time library installs.
        for (pid, blow) in self.dying.values() {
            strike(*pid, *blow);
        }
        match event {
            Event::Output(output) if output.status == Status::Ok => self.outputs += 1,
            Event::Worker { worker, pid, state: WorkerState::Ready, .. } => {
                self.processes.insert(*worker, *pid);
            }
            Event::Worker { worker, state: WorkerState::Lost, .. } => {
                self.processes.remove(worker);
                self.dying.remove(worker);
            }
            // A repeated image is left in peace: two real crashes on it would convict it.
            Event::Task { worker, attempt: 1, .. } if self.outputs >= self.gap => {
                if let Some(pid) = self.processes.remove(worker)
                    && let Some(blow) = self.blows.pop_front()
                {
                    self.outputs = 0;
                    strike(pid, blow);
                    self.dying.insert(*worker, (pid, blow));
                }
            }
            _ => {}
        }
    }
}

/// Whether this system has signals to kill with.
pub const HAS_SIGNALS: bool = cfg!(unix);

#[cfg(unix)]
fn strike(pid: u32, blow: Blow) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match blow {
        Blow::Kill => Signal::KILL,
        Blow::SegmentationFault => Signal::SEGV,
        Blow::Abort => Signal::ABORT,
    };
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have died meanwhile.
        let _ = kill_process(pid, signal);
    }
}

#[cfg(not(unix))]
fn strike(_pid: u32, _blow: Blow) {}
