//! How much memory processes have used.

/// The most that a process has had in memory at a time, bytes; `None` where the system does not
/// tell, or the process is gone.
#[cfg(target_os = "linux")]
pub(super) fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn peak(_pid: u32) -> Option<u64> {
    None
}
