//! How much memory tasks may take up, and workers keep.

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
}
