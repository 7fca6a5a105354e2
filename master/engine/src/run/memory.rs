//! How much memory processes have, and how much there is.

/// What tasks may take up together, of what is free at the start: the rest is for the system's
/// cache of files, for predictions that were too low, and for other programs.
const SHARE_PERCENT: u64 = 75;

/// A worker may keep that much from task to task without being replaced, bytes, whatever the
/// machine has.
const MIN_CEILING: u64 = 256 << 20;

/// And not more than this.
const MAX_CEILING: u64 = 1 << 30;

/// The bound on what running tasks may take up together, bytes: what all `processes` may have, or a
/// share of what is free; `u64::MAX` if neither is known.
pub(super) fn budget(max_memory_bytes: Option<u64>, processes: u32, free: Option<u64>) -> u64 {
    let allowed = max_memory_bytes.map(|bytes| bytes.saturating_mul(u64::from(processes.max(1))));
    let share = free.map(|bytes| bytes / 100 * SHARE_PERCENT);
    allowed.into_iter().chain(share).min().unwrap_or(u64::MAX)
}

/// What a process of so many may keep from task to task, bytes: half of what it may have at all, or
/// else its share of a quarter of the machine.
pub(super) fn ceiling(max_memory_bytes: Option<u64>, processes: u32, total: Option<u64>) -> u64 {
    let share = total.map_or(MAX_CEILING, |total| total / 4 / u64::from(processes.max(1)));
    max_memory_bytes.map_or_else(|| share.clamp(MIN_CEILING, MAX_CEILING), |bytes| bytes / 2)
}

/// Memory that is free for use, bytes: of the machine, or of the container that this runs in if
/// that is less; `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn free() -> Option<u64> {
    let limit = control_group("memory.max");
    let used = control_group("memory.current");
    let left = limit.map(|limit| limit.saturating_sub(used.unwrap_or(0)));
    of_machine("MemAvailable:").into_iter().chain(left).min()
}

/// Memory in all, bytes, likewise.
#[cfg(target_os = "linux")]
pub(super) fn total() -> Option<u64> {
    of_machine("MemTotal:").into_iter().chain(control_group("memory.max")).min()
}

/// What a container is limited to stands in its own root; elsewhere there is no such file.
#[cfg(target_os = "linux")]
fn control_group(file: &str) -> Option<u64> {
    std::fs::read_to_string(format!("/sys/fs/cgroup/{file}")).ok()?.trim().parse().ok()
}

#[cfg(target_os = "linux")]
fn of_machine(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    kibibytes(text.lines().find_map(|line| line.strip_prefix(name))?)
}

/// The most that a process has had in memory at a time, bytes; `None` where the system does not
/// tell, or the process is gone.
#[cfg(target_os = "linux")]
pub(super) fn peak(pid: u32) -> Option<u64> {
    of_process(pid, "VmHWM:")
}

/// What a process has in memory, bytes, likewise.
#[cfg(target_os = "linux")]
pub(super) fn resident(pid: u32) -> Option<u64> {
    of_process(pid, "VmRSS:")
}

#[cfg(target_os = "linux")]
fn of_process(pid: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    kibibytes(status.lines().find_map(|line| line.strip_prefix(name))?)
}

#[cfg(target_os = "linux")]
fn kibibytes(text: &str) -> Option<u64> {
    let kibibytes: u64 = text.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    pub(in crate::run) fn free() -> Option<u64> {
        None
    }
    pub(in crate::run) fn total() -> Option<u64> {
        None
    }
    pub(in crate::run) fn peak(_pid: u32) -> Option<u64> {
        None
    }
    pub(in crate::run) fn resident(_pid: u32) -> Option<u64> {
        None
    }
}
#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{free, peak, resident, total};

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn the_budget_is_what_processes_may_have_or_a_share_of_what_is_free() {
        assert_eq!(budget(Some(GIB), 2, Some(100 * GIB)), 2 * GIB);
        assert_eq!(budget(Some(GIB), 64, Some(16 * GIB)), 16 * GIB / 100 * 75);
        assert_eq!(budget(None, 2, None), u64::MAX);
    }

    #[test]
    fn what_may_be_kept_follows_from_the_limit_or_the_machine() {
        assert_eq!(ceiling(Some(800 << 20), 2, Some(24 * GIB)), 400 << 20);
        assert_eq!(ceiling(None, 2, Some(24 * GIB)), GIB);
        assert_eq!(ceiling(None, 8, Some(16 * GIB)), 512 << 20);
        assert_eq!(ceiling(None, 64, Some(16 * GIB)), 256 << 20);
        assert_eq!(ceiling(None, 2, None), GIB);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_and_this_machine_have_memory() {
        let own = resident(std::process::id()).unwrap();
        assert!(own > 0 && own <= total().unwrap());
        assert!(free().unwrap() <= total().unwrap());
        assert_eq!(resident(u32::MAX), None);
    }
}
