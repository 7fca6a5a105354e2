//! Room on the disk.

use std::path::Path;

/// Bytes that are free where that folder is, or will be; `None` where the system does not tell.
#[cfg(unix)]
pub fn free(folder: &Path) -> Option<u64> {
    // The folders above a relative path are not part of it.
    let folder = std::path::absolute(folder).ok()?;
    let existing = folder.ancestors().find(|folder| folder.exists())?;
    let room = rustix::fs::statvfs(existing).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize))
}

/// Bytes that are free where that folder is: this system is not asked.
#[cfg(not(unix))]
pub fn free(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_will_be_made_has_the_room_of_the_one_around_it() {
        assert!(free(Path::new("not there yet/nor this")).is_some());
        assert!(free(Path::new("/not there yet")).is_some());
    }
}
