//! Times of files as whole numbers, which survive any journey.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since 1970; `None` for a time that is no such number (before 1677, after 2262).
pub fn nanoseconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos()).ok().and_then(i64::checked_neg),
    }
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
}
