//! Writing an output: whole or not at all.
//!
//! The bytes go to a temporary file in the target's folder, which then takes the target's name.
//! What a worker leaves behind when it is killed can be told by the process id in its name.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::temporary;
use tempfile::NamedTempFile;

/// The temporary files of this process.
#[derive(Debug, Default)]
pub struct Temporaries {
    open: Mutex<HashSet<PathBuf>>,
}

impl Temporaries {
    /// None so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `bytes` as the file `target`, whose folder exists. Unless `replace`, a file that is
    /// already there stays and the call fails.
    pub fn write(&self, target: &Path, replace: bool, bytes: &[u8]) -> Result<(), Failure> {
        let folder = target.parent().filter(|p| !p.as_os_str().is_empty());
        let mut file =
            self.create(folder.unwrap_or(Path::new("."))).map_err(|error| unwritable(&error))?;
        let path = file.path().to_owned();
        let result = file.write_all(bytes).map_err(|error| unwritable(&error));
        let result = result.and_then(|()| persist(file, target, replace));
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
        let prefix = temporary::prefix(std::process::id());
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(temporary::SUFFIX);
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

    #[test]
    fn an_output_appears_whole_and_alone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.jpg");
        let temporaries = Temporaries::new();
        temporaries.write(&target, true, b"one").unwrap();
        temporaries.write(&target, true, b"two").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(temporaries.lock().is_empty());
    }

    #[test]
    fn an_existing_file_stays_when_it_may_not_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.jpg");
        fs::write(&target, b"mine").unwrap();
        let failure = Temporaries::new().write(&target, false, b"new").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Exists);
        assert_eq!(fs::read(&target).unwrap(), b"mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_gone_is_a_failure() {
        let failure =
            Temporaries::new().write(Path::new("no/such/folder/a.jpg"), true, b"x").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Write);
        assert!(!failure.message.contains("such/folder"), "{}", failure.message);
    }

    #[test]
    fn unfinished_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let temporaries = Temporaries::new();
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
        Temporaries::new().write(&ours, true, b"").unwrap();
        fs::write(&other, b"").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&other));
    }
}
