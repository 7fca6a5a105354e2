//! The sandbox of a worker: what a hostile image could do with a worker that it has taken over.
//!
//! A worker enters it once, after its welcome and before its first task, while it has one thread;
//! threads that are started later are in it, too. There is no way out. It needs no root and has
//! four parts:
//!
//! - [`rlimits`]: few open files, no file larger than an output can be, no memory dumps;
//! - `no_new_privs`: nothing that it could start would have more rights than it has; of those of an
//!   administrator, it keeps those over files;
//! - [`landlock`]: it reads the inputs, writes below the folders for outputs, and reaches no other
//!   file;
//! - [`seccomp`]: it makes the system calls that its work takes: no sockets, no programs, no
//!   processes, no executable memory, nothing that changes names or rights of files by path.
//!
//! The last two cover each other: Landlock sees paths but no permissions, times, attributes,
//! sockets or signals (or only since some version), and seccomp sees those but no paths. So every
//! version of Landlock makes the sandbox whole, but without Landlock a worker can still read and
//! write what the user can.
//!
//! What a worker needs for its work is open or loaded before: the connection to the master,
//! standard error, all libraries; fonts are part of the program.

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(unix)]
mod rlimits;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod seccomp;

use lote_protocol::sandbox::{Level, Missing, Order, Part, Policy, Sandbox};

/// A sandbox is required, and this is all there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox is required, but here it is only {0}")]
pub struct Unenforced(pub Sandbox);

/// What a worker needs besides files.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// Threads that work on tasks.
    pub slots: u32,
    /// Most memory that it may use, bytes; no file can be larger than what makes it. `None` stands
    /// for the machine's.
    pub memory_bytes: Option<u64>,
}

/// Enters the sandbox, as far as the system has one, and tells how far that is. If it is required
/// and not whole, that is an error; the process should end then, as part of it is in force.
pub fn enter(order: &Order, needs: Needs) -> Result<Sandbox, Unenforced> {
    if order.policy == Policy::Off {
        return Ok(Sandbox::off());
    }
    let (mut enforced, mut missing) = (Vec::new(), Vec::new());
    // The order matters: seccomp forbids the system calls of all other parts.
    for part in [Part::Rlimits, Part::NoNewPrivs, Part::Landlock, Part::Seccomp] {
        match apply(part, order, needs) {
            Ok(()) => enforced.push(part),
            Err(reason) => missing.push(Missing { part, reason }),
        }
    }
    enforced.sort_unstable();
    missing.sort_by_key(|missing| missing.part);
    let sandbox = Sandbox::of(enforced, missing);
    if order.policy == Policy::Require && sandbox.level != Level::Full {
        return Err(Unenforced(sandbox));
    }
    Ok(sandbox)
}

/// Puts a part in force, or tells why it is not.
#[cfg(target_os = "linux")]
fn apply(part: Part, order: &Order, needs: Needs) -> Result<(), String> {
    match part {
        Part::Rlimits => rlimits::apply(needs),
        Part::NoNewPrivs => give_up_rights().map_err(|error| error.to_string()),
        Part::Landlock => landlock::apply(&order.grants),
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        Part::Seccomp => seccomp::apply(),
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        Part::Seccomp => {
            Err(format!("there is no list of system calls for {}", std::env::consts::ARCH))
        }
    }
}

/// For good. An administrator's worker could read the memory of the master otherwise, and that of every
/// other process, where there is no Landlock.
#[cfg(target_os = "linux")]
fn give_up_rights() -> rustix::io::Result<()> {
    use rustix::thread::{
        CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_no_new_privs,
    };

    set_no_new_privs(true)?;
    let over_files = CapabilitySet::CHOWN
        | CapabilitySet::DAC_OVERRIDE
        | CapabilitySet::DAC_READ_SEARCH
        | CapabilitySet::FOWNER;
    let CapabilitySets { effective, permitted, .. } = capabilities(None)?;
    let kept = CapabilitySets {
        effective: effective & over_files,
        permitted: permitted & over_files,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, kept)
}

#[cfg(not(target_os = "linux"))]
fn apply(part: Part, _order: &Order, needs: Needs) -> Result<(), String> {
    #[cfg(unix)]
    if part == Part::Rlimits {
        return rlimits::apply(needs);
    }
    let _ = (part, needs);
    Err(format!("there is none on {}", std::env::consts::OS))
}
