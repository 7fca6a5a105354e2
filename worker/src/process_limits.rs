//! What the operating system holds this process to.

use std::io;

/// Lets the process have at most that many bytes of memory of its own. Allocations above it fail,
/// which ends the process.
#[cfg(target_os = "linux")]
pub fn bound_memory(bytes: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    // Address space that is only reserved does not count in Data, as it would in As.
    let maximum = getrlimit(Resource::Data).maximum;
    let limit = Some(maximum.map_or(bytes, |maximum| maximum.min(bytes)));
    Ok(setrlimit(Resource::Data, Rlimit { current: limit, maximum: limit })?)
}

/// Not available here: the limits on decoding are the only bound.
#[cfg(not(target_os = "linux"))]
pub fn bound_memory(_bytes: u64) -> io::Result<()> {
    Ok(())
}

/// Has this process killed when `parent` dies, and tells whether `parent` is still there. The
/// thread that spawned this process has to live as long as the parent does.
#[cfg(target_os = "linux")]
pub fn die_with(parent: u32) -> bool {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    let set = set_parent_process_death_signal(Some(Signal::KILL)).is_ok();
    // The parent may have gone before the signal was asked for.
    let is_parent = getppid().is_some_and(|pid| pid.as_raw_nonzero().get() as u32 == parent);
    !set || is_parent
}

/// Not available here: the end of the connection is what ends the process.
#[cfg(not(target_os = "linux"))]
pub fn die_with(_parent: u32) -> bool {
    true
}
