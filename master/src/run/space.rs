//! Room on the disk.

use std::path::Path;

/// Bytes that are free where that folder is, or will be; `None` where the system does not tell.
#[cfg(unix)]
pub fn free(folder: &Path) -> Option<u64> {
    let existing = folder.ancestors().find(|folder| folder.exists())?;
    let room = rustix::fs::statvfs(existing).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize))
}

#[cfg(not(unix))]
pub fn free(_folder: &Path) -> Option<u64> {
    None
}
