//! Writing an output: whole or not at all.
//!
//! The bytes go to a temporary file in the target's folder, which then takes the target's name.
//! What a worker leaves behind when it is killed can be told by the owner in its name.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::temporary::{self, Owner};
use lote_protocol::time;
use tempfile::NamedTempFile;

/// Where an output goes, and how.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The file; its folder exists.
    pub path: &'a Path,
    /// Whether a file that is already there may be replaced.
    pub replace: bool,
    /// Whether file and folder are forced to the disk before the call returns.
    pub durable: bool,
}

/// The temporary files of this process.
#[derive(Debug)]
pub struct Temporaries {
    /// What their names start with.
    prefix: String,
    open: Mutex<HashSet<PathBuf>>,
}

impl Temporaries {
    /// None so far; their names will say that they are `owner`'s.
    pub fn new(owner: Owner) -> Self {
        Self { prefix: owner.prefix(), open: Mutex::default() }
    }

    /// Writes `bytes` as that file; returns when it was written, as the file says, ns since 1970.
    /// Unless it may be replaced, a file that is already there stays and the call fails.
    pub fn write(&self, target: &Target<'_>, bytes: &[u8]) -> Result<Option<i64>, Failure> {
        let folder = target.path.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let file = self.create(folder).map_err(|error| unwritable(&error))?;
        let path = file.path().to_owned();
        let result = finish(file, folder, target, bytes);
        self.lock().remove(&path);
        result
    }

    /// Removes what is there and lets nothing new be made, for the time that the guard lives.
    pub fn remove_all(&self) -> impl Drop + '_ {
        let open = self.lock();
        for path in open.iter() {
            // It may have become an output, or gone with its folder.
            let _ = fs::remove_file(path);
        }
        open
    }

    fn create(&self, folder: &Path) -> io::Result<NamedTempFile> {
        let mut open = self.lock();
        let mut builder = tempfile::Builder::new();
        builder.prefix(&self.prefix).suffix(temporary::SUFFIX);
        #[cfg(unix)]
        {
            // What the user's umask makes of it, as for any file that a program creates.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder)?;
        open.insert(file.path().to_owned());
        Ok(file)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fills a temporary file and gives it its name. If the target is to be durable, its bytes are on
/// the disk before its name is, and its name before the call returns.
fn finish(
    mut file: NamedTempFile,
    folder: &Path,
    target: &Target<'_>,
    bytes: &[u8],
) -> Result<Option<i64>, Failure> {
    let written = file
        .write_all(bytes)
        .and_then(|()| if target.durable { file.as_file().sync_all() } else { Ok(()) });
    written.map_err(|error| unwritable(&error))?;
    // Renaming does not change it.
    let modified = file.as_file().metadata().and_then(|metadata| metadata.modified()).ok();
    persist(file, target.path, target.replace)?;
    if target.durable {
        sync_folder(folder).map_err(|error| unwritable(&error))?;
    }
    Ok(modified.and_then(time::nanoseconds))
}

/// Forces the names in a folder to the disk.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Elsewhere folders cannot be opened, and the file system sees to its names itself.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

fn persist(file: NamedTempFile, target: &Path, replace: bool) -> Result<(), Failure> {
    let moved = if replace { file.persist(target) } else { file.persist_noclobber(target) };
    match moved {
        Ok(_) => Ok(()),
        Err(error) if !replace && error.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Failure::new(FailureKind::Exists, "the output exists already"))
        }
        Err(error) => Err(unwritable(&error.error)),
    }
}

fn unwritable(error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FailureKind::NoSpace,
        _ => FailureKind::Write,
    };
    // `tempfile` names the path, which is its own and nobody's business.
    let text = error.to_string();
    let text = text.split(" at path \"").next().unwrap_or_default();
    Failure::new(kind, format!("the output could not be written: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(path: &Path, replace: bool) -> Target<'_> {
        Target { path, replace, durable: false }
    }

    #[test]
    fn an_output_appears_whole_and_alone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.jpg");
        let temporaries = Temporaries::new(Owner::this());
        for durable in [false, true] {
            let target = Target { path: &target, replace: true, durable };
            temporaries.write(&target, b"one").unwrap();
            let modified = temporaries.write(&target, b"two").unwrap();
            let metadata = target.path.metadata().unwrap();
            assert_eq!(modified, time::nanoseconds(metadata.modified().unwrap()));
        }
        assert_eq!(fs::read(&target).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(temporaries.lock().is_empty());
    }

    #[test]
    fn an_existing_file_stays_when_it_may_not_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.jpg");
        fs::write(&target, b"mine").unwrap();
        let failure =
            Temporaries::new(Owner::this()).write(&to(&target, false), b"new").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Exists);
        assert_eq!(fs::read(&target).unwrap(), b"mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_gone_is_a_failure() {
        let failure = Temporaries::new(Owner::this())
            .write(&to(Path::new("no/such/folder/a.jpg"), true), b"x")
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Write);
        assert!(!failure.message.contains("such/folder"), "{}", failure.message);
    }

    #[test]
    fn unfinished_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let temporaries = Temporaries::new(Owner::this());
        let unfinished = temporaries.create(folder.path()).unwrap();
        drop(temporaries.remove_all());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        drop(unfinished);
    }

    #[cfg(unix)]
    #[test]
    fn an_output_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) = (folder.path().join("ours"), folder.path().join("other"));
        Temporaries::new(Owner::this()).write(&to(&ours, true), b"").unwrap();
        fs::write(&other, b"").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&other));
    }
}
