//! Room on disks, and locks on files.

use std::fs::File;
use std::io;
use std::path::Path;

/// Does what waits for a disk, for ever if that is a shared folder whose server is away, and leaves this
/// thread to others meanwhile; `None` if it broke off.
pub async fn waiting<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// Bytes that are free where that folder is, or will be.
#[cfg(unix)]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    // The folders above a relative path are not part of it.
    let folder = std::path::absolute(folder).ok()?;
    let existing = folder.ancestors().find(|folder| folder.exists())?;
    let room = rustix::fs::statvfs(existing).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize))
}

/// Bytes that are free where that folder is: this system is not asked.
#[cfg(not(unix))]
pub fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}

/// Takes the lock of a file for this process, or fails at once, with
/// [`io::ErrorKind::WouldBlock`] if another has it. It goes with the process, however that ends.
#[cfg(unix)]
pub fn lock(file: &File) -> io::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    Ok(flock(file, FlockOperation::NonBlockingLockExclusive)?)
}

/// There are no such locks here, and nobody is kept out.
#[cfg(not(unix))]
pub fn lock(_file: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_will_be_made_has_the_room_of_the_one_around_it() {
        assert!(free_bytes(Path::new("not there yet/nor this")).is_some());
        assert!(free_bytes(Path::new("/not there yet")).is_some());
    }

    #[test]
    fn a_lock_is_held_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        lock(file.as_file()).unwrap();
        let other = File::open(file.path()).unwrap();
        assert_eq!(lock(&other).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
