//! Times of files as whole numbers, which survive any journey.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since 1970; `None` for a time that is no such number (before 1677, after 2262).
pub fn nanoseconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos()).ok().and_then(i64::checked_neg),
    }
}

/// Whether two times of a file, ns since 1970, are the same to the microsecond: some shared folders keep
/// 100 ns.
pub fn is_same(one: i64, other: i64) -> bool {
    let rounded = |ns: i64| ns.saturating_add(500).div_euclid(1_000);
    rounded(one) == rounded(other)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_before_and_after_1970_are_told_apart_to_the_nanosecond() {
        let nanosecond = Duration::from_nanos(1);
        assert_eq!(nanoseconds(UNIX_EPOCH + nanosecond), Some(1));
        assert_eq!(nanoseconds(UNIX_EPOCH - nanosecond), Some(-1));
        assert_eq!(nanoseconds(UNIX_EPOCH + Duration::from_secs(1 << 40)), None);
    }

    #[test]
    fn a_time_that_a_shared_folder_keeps_in_100_ns_is_the_same() {
        let ns = 1_795_893_974_245_123_456;
        assert!(is_same(ns, ns) && is_same(ns, ns / 100 * 100) && is_same(ns, ns + 1));
        assert!(!is_same(ns, ns / 10_000 * 10_000) && !is_same(ns, ns + 1_000));
        assert!(is_same(-1, 0) && !is_same(i64::MIN, i64::MAX));
    }
}
