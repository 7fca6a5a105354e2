//! The server's private folder: uploads, samples and previews live there while it runs.
//!
//! It lies in `.lote` in the output folder, which has the room that images need, and is removed at
//! the end. A lock tells a folder whose server has died from one whose server lives.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use lote_engine::system::files::{make_own_folder, open_regular};
use tempfile::TempDir;

const PREFIX: &str = "serve-";
const LOCK: &str = "lock";

/// A private folder. It is removed with this value.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    /// Held as long as the folder is in use.
    _lock: File,
}

impl Scratch {
    /// Makes one in that folder, and removes those that servers have left behind.
    pub fn new(parent: &Path) -> io::Result<Self> {
        make_own_folder(parent)?;
        sweep(parent);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        let folder = builder.tempdir_in(parent)?;
        let lock = File::create(folder.path().join(LOCK))?;
        lote_engine::system::lock(&lock)?;
        Ok(Self { folder, _lock: lock })
    }

    /// A folder in it, which is made if need be.
    pub fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let folder = std::path::absolute(self.folder.path())?.join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}

/// Removes the folders whose servers have died.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !(cfg!(unix) && is_ours && is_folder) {
            continue;
        }
        // Without a lock it is just being made, or not ours.
        let Ok(lock) = open_regular(&entry.path().join(LOCK)) else { continue };
        if lote_engine::system::lock(&lock).is_ok() {
            // What cannot be removed now can be at the next start.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_folders_whose_servers_have_died_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let dead = parent.path().join("serve-dead");
        fs::create_dir_all(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::create_dir_all(parent.path().join("other")).unwrap();
        fs::write(parent.path().join("other").join(LOCK), "").unwrap();

        let first = Scratch::new(parent.path()).unwrap();
        let uploads = first.folder("uploads").unwrap();
        assert!(!dead.exists());
        let second = Scratch::new(parent.path()).unwrap();
        assert!(uploads.exists() && parent.path().join("other").exists());
        drop(first);
        assert!(!uploads.exists());
        drop(second);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }
}
