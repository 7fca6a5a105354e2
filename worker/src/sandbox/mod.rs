//! The sandbox of a worker: what a hostile image could do with a worker that it has taken over.
//!
//! A worker enters it once, after its welcome and before its first task, while it has one thread;
//! threads that are started later are in it, too. There is no way out. It needs no root and has
//! four parts:
//!
//! - [`rlimits`]: few open files, no file larger than an output can be, no memory dumps;
//! - `no_new_privs`: nothing that it could start would have more rights than it has; of those of an
//!   administrator, it keeps those over files;
//! - [`landlock`]: it reaches no file by any path;
//! - [`seccomp`]: it makes the system calls that its work takes: it opens no files, and no sockets, no
//!   programs, no processes, no executable memory, nothing that changes names or rights of files.
//!
//! The last two cover each other: seccomp knows no paths and Landlock no permissions, times,
//! attributes, sockets or signals (or only since some version), but neither lets a worker open a file.
//! So without Landlock it can still do no more than ask whether a file is there, and how large it is.
//!
//! What a worker needs for its work is open or loaded before, or comes open with each task: the image,
//! and an empty file for each output. Whoever has taken a worker over has what its tasks bring: it can
//! read those images and write those outputs, and no others.

#[cfg(target_os = "linux")]
use std::env;
use std::path::Path;

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(unix)]
mod rlimits;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod seccomp;

use lote_protocol::lang::Text;
use lote_protocol::sandbox::{Level, Missing, Part, Policy, Sandbox};
use lote_protocol::text;

/// A sandbox is required, and this is all there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct Unenforced(pub Sandbox);

impl Unenforced {
    /// What is missing, one line.
    pub fn text(&self) -> Text {
        text!("the sandbox is required, but here it is only {}", self.0.text())
    }
}

/// What is needed in a sandbox.
#[derive(Debug, Clone, Copy)]
pub struct Needs<'a> {
    /// How many files tasks bring with them, all at a time.
    pub files: u32,
    /// How large a file can become, bytes. `None` stands for the machine's memory, which it is made
    /// in.
    pub max_output_bytes: Option<u64>,
    /// Where a file is to be given its name, by who has no master to do it.
    pub publishes: Option<Publishes<'a>>,
}

/// A folder in which names can be given and taken.
#[derive(Debug, Clone, Copy)]
pub struct Publishes<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// Whether the input lies in it, and so cannot be protected.
    pub overlap: bool,
}

/// Enters the sandbox, as far as the system has one, and tells how far that is. If it is required
/// and not whole, that is an error; the process should end then, as part of it is in force.
pub fn enter(policy: Policy, needs: &Needs<'_>) -> Result<Sandbox, Unenforced> {
    if policy == Policy::Off {
        return Ok(Sandbox::off());
    }
    let (mut enforced, mut missing) = (Vec::new(), Vec::new());
    // The order matters: seccomp forbids the system calls of all other parts.
    for part in [Part::Rlimits, Part::NoNewPrivs, Part::Landlock, Part::Seccomp] {
        match apply(part, needs, enforced.contains(&Part::Landlock)) {
            Ok(()) => enforced.push(part),
            Err(reason) => missing.push(Missing { part, reason }),
        }
    }
    enforced.sort_unstable();
    missing.sort_by_key(|missing| missing.part);
    let sandbox = Sandbox::of(enforced, missing);
    if policy == Policy::Require && sandbox.level != Level::Full {
        return Err(Unenforced(sandbox));
    }
    Ok(sandbox)
}

/// Puts a part in force, or tells why it is not.
#[cfg(target_os = "linux")]
fn apply(part: Part, needs: &Needs<'_>, has_landlock: bool) -> Result<(), String> {
    match part {
        Part::Rlimits => rlimits::apply(needs),
        Part::NoNewPrivs => give_up_rights().map_err(|error| error.to_string()),
        Part::Landlock => landlock::apply(needs.publishes.as_ref()),
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        // Only Landlock can hold a worker that opens files to its own program.
        Part::Seccomp => {
            seccomp::apply(needs.publishes.is_some(), has_landlock && tells_backtraces())
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        Part::Seccomp => Err("there is no list of system calls for this processor".to_owned()),
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
fn apply(part: Part, needs: &Needs<'_>, _has_landlock: bool) -> Result<(), String> {
    #[cfg(unix)]
    if part == Part::Rlimits {
        return rlimits::apply(needs);
    }
    let _ = (part, needs);
    Err("this system has none".to_owned())
}

/// Whether a panic is to say where it was, for which it reads this program's own file.
#[cfg(target_os = "linux")]
fn tells_backtraces() -> bool {
    ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"]
        .into_iter()
        .any(|variable| env::var_os(variable).is_some_and(|value| value != "0"))
}
