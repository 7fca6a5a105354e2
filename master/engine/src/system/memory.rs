//! How much memory there is, and how much processes have, bytes.

/// Memory that is free for use: of the machine, or of the container that this runs in if that is
/// less.
#[cfg(target_os = "linux")]
pub fn free_memory() -> Option<u64> {
    let limit = control_group("memory.max");
    let used = control_group("memory.current");
    let left = limit.map(|limit| limit.saturating_sub(used.unwrap_or(0)));
    of_machine("MemAvailable:").into_iter().chain(left).min()
}

/// Memory in all, likewise.
#[cfg(target_os = "linux")]
pub fn total_memory() -> Option<u64> {
    of_machine("MemTotal:").into_iter().chain(control_group("memory.max")).min()
}

/// What a container is limited to stands in its own root; elsewhere there is no such file.
#[cfg(target_os = "linux")]
fn control_group(file: &str) -> Option<u64> {
    std::fs::read_to_string(format!("/sys/fs/cgroup/{file}")).ok()?.trim().parse().ok()
}

#[cfg(target_os = "linux")]
fn of_machine(name: &str) -> Option<u64> {
    kibibytes("/proc/meminfo", name)
}

/// The most that a process has had in memory at a time; `None` too if it is gone.
#[cfg(target_os = "linux")]
pub fn peak_memory(pid: u32) -> Option<u64> {
    kibibytes(&format!("/proc/{pid}/status"), "VmHWM:")
}

/// What a process has in memory, likewise.
#[cfg(target_os = "linux")]
pub fn resident_memory(pid: u32) -> Option<u64> {
    kibibytes(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// The value on the line of that name in a file of `/proc`.
#[cfg(target_os = "linux")]
fn kibibytes(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    pub fn free_memory() -> Option<u64> {
        None
    }
    pub fn total_memory() -> Option<u64> {
        None
    }
    pub fn peak_memory(_pid: u32) -> Option<u64> {
        None
    }
    pub fn resident_memory(_pid: u32) -> Option<u64> {
        None
    }
}
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{free_memory, peak_memory, resident_memory, total_memory};

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_and_this_machine_have_memory() {
        let own = resident_memory(std::process::id()).unwrap();
        assert!(own > 0 && own <= total_memory().unwrap());
        assert!(own <= peak_memory(std::process::id()).unwrap());
        assert!(free_memory().unwrap() <= total_memory().unwrap());
        assert_eq!(resident_memory(u32::MAX), None);
    }
}
