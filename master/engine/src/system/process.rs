//! Processes: whether they live, what they do, and their end.

/// What a look at a process shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Its state, as in `proc_pid_stat(5)`: `R`, `S`, `D`, `T`, `t` and so on.
    pub(crate) state: char,
    /// Processor time it has used, in whatever unit.
    pub(crate) processor_time: u64,
}

/// Looks at a process.
#[cfg(target_os = "linux")]
pub(crate) fn look(pid: u32) -> Option<Look> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The system tells nothing.
#[cfg(not(target_os = "linux"))]
pub(crate) fn look(_pid: u32) -> Option<Look> {
    None
}

/// Reads `/proc/PID/stat`: after the name, which may hold anything, come the state (field 3), and
/// the time in user (14) and kernel mode (15).
#[cfg(any(target_os = "linux", test))]
fn parse(stat: &str) -> Option<Look> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?.chars().next()?;
    let times: Vec<u64> = fields.skip(10).take(2).filter_map(|time| time.parse().ok()).collect();
    let [user, kernel] = times[..] else { return None };
    Some(Look { state, processor_time: user + kernel })
}

/// Whether there is a process of that number that has not ended. One that nobody has asked about
/// since its end still has its number.
#[cfg(unix)]
pub(crate) fn is_alive(pid: u32) -> bool {
    use rustix::process::test_kill_process;
    let exists = id(pid).is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH));
    exists && !look(pid).is_some_and(|look| matches!(look.state, 'Z' | 'X'))
}

/// Without a way to tell, nothing is taken for dead.
#[cfg(not(unix))]
pub(crate) fn is_alive(_pid: u32) -> bool {
    true
}

/// Lets this process have as many open files as it may ask for.
#[cfg(unix)]
pub(crate) fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    // What it has is enough but for many workers with many outputs each.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

#[cfg(not(unix))]
pub(crate) fn allow_many_files() {}

/// The files below that folder (without symbolic links) that processes have open to write to, as far
/// as this one may look into those.
#[cfg(target_os = "linux")]
pub(crate) fn open_to_writers(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    use std::fs::{read_dir, read_link, read_to_string};
    // The access mode is in the lowest two bits of the flags, octal: `proc_pid_fdinfo(5)`.
    let may_write = |info: &str| {
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
        Some(u32::from_str_radix(flags.trim(), 8).ok()? & 3 != 0)
    };
    let is_number = |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    let processes = read_dir("/proc").into_iter().flatten().flatten();
    let mut open = Vec::new();
    for process in processes.filter(|entry| is_number(&entry.file_name())) {
        let process = process.path();
        for descriptor in read_dir(process.join("fd")).into_iter().flatten().flatten() {
            let Ok(target) = read_link(descriptor.path()) else { continue };
            let info = || read_to_string(process.join("fdinfo").join(descriptor.file_name())).ok();
            if target.starts_with(folder) && info().as_deref().and_then(may_write) == Some(true) {
                open.push(target);
            }
        }
    }
    open
}

/// The system does not tell.
#[cfg(not(target_os = "linux"))]
pub(crate) fn open_to_writers(_folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    Vec::new()
}

/// The processor time that this thread has used.
pub(crate) fn thread_time() -> Option<std::time::Duration> {
    // The first field is in ns: Linux, Documentation/scheduler/sched-stats.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(std::time::Duration::from_nanos)
}

/// Sends SIGABRT; whether that could be done.
#[cfg(unix)]
pub(crate) fn abort(pid: u32) -> bool {
    use rustix::process::{Signal, kill_process};
    id(pid).is_some_and(|pid| kill_process(pid, Signal::ABORT).is_ok())
}

#[cfg(not(unix))]
pub(crate) fn abort(_pid: u32) -> bool {
    false
}

/// Kills the processes of a group; whether there were any.
#[cfg(unix)]
pub(crate) fn kill_group(leader: u32) -> bool {
    use rustix::process::{Signal, kill_process_group};
    id(leader).is_some_and(|leader| kill_process_group(leader, Signal::KILL).is_ok())
}

#[cfg(not(unix))]
pub(crate) fn kill_group(_leader: u32) -> bool {
    false
}

#[cfg(unix)]
fn id(pid: u32) -> Option<rustix::process::Pid> {
    i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw)
}

/// Keeps other processes of the same user from reading this one's memory by `/proc`. It costs core
/// files and debuggers.
#[cfg(target_os = "linux")]
pub(crate) fn hide_memory() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    // It is a last resort, and nothing follows from its failure.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn hide_memory() {}

/// How many processes the system has killed for want of memory since it started. The count is of
/// the whole machine: when it has changed, a SIGKILL is not taken for somebody's intention.
#[cfg(target_os = "linux")]
pub(crate) fn out_of_memory_kills() -> u64 {
    std::fs::read_to_string("/proc/vmstat")
        .ok()
        .and_then(|text| {
            let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "))?;
            count.trim().parse().ok()
        })
        .unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn out_of_memory_kills() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_read_behind_any_name() {
        let stat = "77 (a) R (b) T 1 2 3 4 5 6 7 8 9 10 300 20 0 0 20 0 1 0";
        assert_eq!(parse(stat), Some(Look { state: 'T', processor_time: 320 }));
        assert_eq!(parse("77 (cut) S 1 2"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_has_ended_is_dead_even_before_its_parent_knows() {
        let mut child = std::process::Command::new("true")
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        assert!(is_alive(std::process::id()));
        // Its end of the pipe is closed when it ends, and its exit follows at once.
        let mut nothing = Vec::new();
        std::io::Read::read_to_end(&mut child.stdout.take().unwrap(), &mut nothing).unwrap();
        while is_alive(child.id()) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
    }
}
