//! How a worker died, and whom that is held against.

use std::fmt;
use std::process::ExitStatus;

use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::scheduler::Blame;

/// What ended a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A signal, by its number.
    Signal(i32),
    /// It left by itself, with that code.
    Exit(i32),
    /// It hung up without having been started by this program.
    HungUp,
    /// It never said Hello, in so many seconds.
    Silent(u64),
}

impl Cause {
    /// In a few words: `SIGSEGV`, `exit code 3`.
    pub fn text(&self) -> Text {
        match self {
            Self::Signal(signal) => signal_name(*signal).into(),
            Self::Exit(code) => text!("exit code {}", *code),
            Self::HungUp => text!("hung up"),
            Self::Silent(seconds) => text!("no sign of life in {} s", *seconds),
        }
    }
}

/// Who of us killed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Killer {
    /// This thread of it took too long.
    Timeout {
        /// The thread.
        slot: u32,
    },
    /// It stood still, though it had something to do.
    Frozen,
    /// The user asked for it.
    User,
    /// It sent something that makes no sense.
    Protocol,
}

impl Killer {
    /// Whether it was killed for not getting on.
    pub(super) fn is_watchdog(self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::Frozen)
    }
}

/// The death of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// What ended it.
    pub cause: Cause,
    /// Who of us did, if it was us.
    pub killer: Option<Killer>,
    /// Whether the system was killing processes for want of memory meanwhile.
    pub out_of_memory: bool,
    /// The last lines that it wrote to standard error.
    pub last_words: Vec<String>,
}

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;
const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

impl Death {
    /// Whom the death is held against.
    pub fn blame(&self) -> Blame {
        match self.killer {
            Some(Killer::Timeout { slot }) => Blame::Slot(slot),
            _ if self.is_from_outside() => Blame::Outside,
            _ => Blame::Running,
        }
    }

    /// Whether it asked for more memory than it could have: the system killed it for that, or it
    /// gave up when it was refused.
    pub fn wanted_memory(&self) -> bool {
        match self.cause {
            Cause::Signal(SIGKILL) => self.killer.is_none() && self.out_of_memory,
            // What Rust's runtime says before it aborts.
            Cause::Signal(SIGABRT) => self.last_words.iter().any(|line| {
                line.starts_with("memory allocation of ") && line.ends_with(" bytes failed")
            }),
            _ => false,
        }
    }

    /// Whether it did not come from what the worker was doing.
    pub fn is_from_outside(&self) -> bool {
        match (&self.killer, &self.cause) {
            (Some(killer), _) => matches!(killer, Killer::User | Killer::Frozen),
            (None, Cause::Signal(signal)) => {
                !self.out_of_memory && [SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM].contains(signal)
            }
            (None, Cause::HungUp) => true,
            (None, Cause::Exit(_) | Cause::Silent(_)) => false,
        }
    }
}

impl Death {
    /// The cause in a few words: `SIGSEGV`, `exit code 3`, `out of memory`, `timeout`.
    pub fn text(&self) -> Text {
        match (&self.killer, &self.cause) {
            (Some(Killer::Timeout { .. }), _) => text!("timeout"),
            (Some(Killer::Frozen), _) => text!("frozen"),
            (Some(Killer::Protocol), _) => text!("senseless messages"),
            _ if self.wanted_memory() => text!("out of memory"),
            (_, cause) => cause.text(),
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

/// The cause that an exit status tells.
pub(super) fn cause(status: ExitStatus) -> Cause {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return Cause::Signal(signal);
        }
    }
    Cause::Exit(status.code().unwrap_or(-1))
}

/// The name of a signal, as on Linux and the other Unixes where they agree.
pub(super) fn signal_name(signal: i32) -> String {
    let name = match signal {
        SIGHUP => "SIGHUP",
        SIGINT => "SIGINT",
        SIGQUIT => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        SIGABRT => "SIGABRT",
        7 if cfg!(target_os = "linux") => "SIGBUS",
        10 if cfg!(target_os = "macos") => "SIGBUS",
        8 => "SIGFPE",
        SIGKILL => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        SIGTERM => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 if cfg!(target_os = "linux") => "SIGSYS",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn death(cause: Cause, killer: Option<Killer>, out_of_memory: bool) -> Death {
        Death { cause, killer, out_of_memory, last_words: Vec::new() }
    }

    #[test]
    fn a_kill_from_outside_is_nobodys_fault() {
        assert_eq!(death(Cause::Signal(9), None, false).blame(), Blame::Outside);
        assert_eq!(death(Cause::Signal(9), Some(Killer::User), false).blame(), Blame::Outside);
    }

    #[test]
    fn a_crash_and_a_kill_for_want_of_memory_are_the_tasks_fault() {
        assert_eq!(death(Cause::Signal(11), None, false).blame(), Blame::Running);
        assert_eq!(death(Cause::Exit(0), None, false).blame(), Blame::Running);
        let starved = death(Cause::Signal(9), None, true);
        assert_eq!(starved.blame(), Blame::Running);
        assert_eq!(starved.to_string(), "out of memory");
    }

    #[test]
    fn a_worker_that_was_refused_memory_says_so_before_it_aborts() {
        let words = vec!["memory allocation of 123 bytes failed".to_owned()];
        let refused = Death { last_words: words, ..death(Cause::Signal(6), None, false) };
        assert_eq!(
            (refused.blame(), refused.to_string()),
            (Blame::Running, "out of memory".into())
        );
        assert_eq!(death(Cause::Signal(6), None, false).to_string(), "SIGABRT");
    }

    #[test]
    fn standing_still_is_nobodys_fault_at_first() {
        let frozen = death(Cause::Signal(9), Some(Killer::Frozen), false);
        assert_eq!((frozen.blame(), frozen.to_string()), (Blame::Outside, "frozen".into()));
    }

    #[test]
    fn a_timeout_is_the_fault_of_the_thread_that_took_too_long() {
        let timeout = death(Cause::Signal(9), Some(Killer::Timeout { slot: 2 }), false);
        assert_eq!(timeout.blame(), Blame::Slot(2));
        assert_eq!(timeout.to_string(), "timeout");
    }
}
