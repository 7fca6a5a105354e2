//! Signals to processes, and waiting for processes that are nobody's children here.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

/// Sends a signal to a process that has not ended.
#[track_caller]
pub(crate) fn signal(pid: u32, signal: Signal) {
    kill_process(id(pid), signal).unwrap();
}

/// Has a process die of that signal; `false` if it was gone before.
pub(crate) fn crash(pid: u32, signal: Signal) -> bool {
    let Ok(process) = pidfd_open(id(pid), PidfdFlags::empty()) else { return false };
    let process = Watched(pid, process);
    // The first SIGSEGV and SIGBUS are taken by Rust's runtime, which looks whether the stack has
    // overflown, and leaves it to the cause to raise them again. From outside nothing does.
    while pidfd_send_signal(&process.1, signal).is_ok() {
        if process.ends_within(Duration::from_millis(20)) {
            return true;
        }
    }
    false
}

fn id(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
}

/// A process that is running now, whatever becomes of its number later.
pub(crate) struct Watched(u32, OwnedFd);

impl Watched {
    pub(crate) fn new(pid: u32) -> Self {
        Self(pid, pidfd_open(id(pid), PidfdFlags::empty()).unwrap())
    }

    /// The process of that number, unless it has ended.
    pub(crate) fn if_alive(pid: u32) -> Option<Self> {
        pidfd_open(id(pid), PidfdFlags::empty()).ok().map(|process| Self(pid, process))
    }

    /// Waits until it has ended.
    #[track_caller]
    pub(crate) fn wait(&self, limit: Duration) {
        assert!(self.ends_within(limit), "process {} is still alive", self.0);
    }

    fn ends_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).unwrap();
            let mut polled = [PollFd::new(&self.1, PollFlags::IN)];
            match poll(&mut polled, Some(&left)) {
                Ok(count) => return count > 0,
                Err(Errno::INTR) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}
