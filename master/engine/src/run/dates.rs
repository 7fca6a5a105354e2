//! The time at which a file was changed, for outputs that keep their image's. Workers may not set it.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::system::files::open_to_append;

/// Gives a file the time of its last change.
///
/// # Errors
/// As the system says: the file is gone, or its file system has no such times.
pub fn set(file: &Path, time: SystemTime) -> io::Result<()> {
    open_to_append(file)?.set_modified(time)
}

/// A time in ns since 1970.
pub(super) fn from_nanoseconds(ns: i64) -> SystemTime {
    let since = Duration::from_nanos(ns.unsigned_abs());
    if ns < 0 { SystemTime::UNIX_EPOCH - since } else { SystemTime::UNIX_EPOCH + since }
}

#[cfg(test)]
mod tests {
    use lote_protocol::time::nanoseconds;

    use super::*;

    #[test]
    fn a_file_gets_the_time_that_it_is_given() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for ns in [1_000_000_000_123_456_700, 1_500_000_000, -1_000_000_000] {
            set(file.path(), from_nanoseconds(ns)).unwrap();
            let modified = file.path().metadata().unwrap().modified().unwrap();
            assert_eq!(nanoseconds(modified), Some(ns));
        }
    }
}
