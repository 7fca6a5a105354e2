//! How much of the system's means a worker can take, besides memory (see
//! [`crate::process_limits`]).
//!
//! The number of processes is not limited here: that limit counts all processes and threads of the
//! user, so that a figure low enough to matter would keep other programs from starting threads.
//! New processes are refused by [`super::seccomp`].

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use super::Needs;

/// Files that are open beside those of tasks: standard streams, the connection, the event queue.
const FILES: u64 = 64;

/// Sets the limits, for good.
pub(super) fn apply(needs: &Needs<'_>) -> Result<(), String> {
    // A write beyond the limit would end the process by this signal. With a handler it fails.
    let noted = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(Signal::XFSZ.as_raw(), noted).map_err(|error| error.to_string())?;
    let files = FILES + u64::from(needs.files);
    // An output is whole in memory before it is written.
    let largest = needs.max_output_bytes.or_else(machine_memory);
    let limits =
        [(Resource::Core, Some(0)), (Resource::Nofile, Some(files)), (Resource::Fsize, largest)];
    for (resource, limit) in limits {
        let Some(limit) = limit else { continue };
        lower(resource, limit).map_err(|error| format!("{resource:?}: {error}"))?;
    }
    Ok(())
}

/// Lowers both the limit and what it could be raised to.
fn lower(resource: Resource, limit: u64) -> rustix::io::Result<()> {
    let maximum = getrlimit(resource).maximum;
    let limit = Some(maximum.map_or(limit, |maximum| maximum.min(limit)));
    setrlimit(resource, Rlimit { current: limit, maximum: limit })
}

/// Memory and swap space of the machine, bytes.
#[cfg(target_os = "linux")]
fn machine_memory() -> Option<u64> {
    let info = rustix::system::sysinfo();
    let pages = u128::from(info.totalram) + u128::from(info.totalswap);
    u64::try_from(pages * u128::from(info.mem_unit)).ok().filter(|bytes| *bytes > 0)
}

#[cfg(not(target_os = "linux"))]
fn machine_memory() -> Option<u64> {
    None
}
