//! Publishing an output: whole or not at all.
//!
//! Its bytes go to a temporary file in the target's folder, which then takes the target's name. What a
//! process leaves behind when it is killed can be told by the owner in its name.

use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::BuildHasher;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::temporary::{self, Owner};
use lote_protocol::text;
use lote_worker::output::unwritable;
use tempfile::{PathPersistError, TempPath};

use crate::system::files::FileId;

/// Between the three attempts to replace a file that somebody has open.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1500)];

/// Where an output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The file; its folder exists.
    pub path: PathBuf,
    /// Whether a file that is already there may be replaced.
    pub replace: bool,
    /// Whether its name is forced to the disk. Its bytes are its writer's to see to.
    pub durable: bool,
}

impl Target {
    /// The folder that it lies in.
    pub fn folder(&self) -> &Path {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }
}

/// Makes temporary files; their names say whose they are.
#[derive(Debug, Clone)]
pub struct Temporaries {
    prefix: String,
}

impl Temporaries {
    /// Those of that process.
    pub fn new(owner: Owner) -> Self {
        Self { prefix: owner.prefix() }
    }

    /// An empty file beside the target, which goes away with its path unless it is published.
    ///
    /// # Errors
    /// What is to be told of an output that cannot be written.
    pub fn create(&self, target: &Target) -> Result<(File, TempPath), Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(&self.prefix).suffix(temporary::SUFFIX);
        #[cfg(unix)]
        {
            // What the user's umask makes of it, as for any file that a program creates.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(target.folder()).map_err(|error| unwritable(&error))?;
        Ok(file.into_parts())
    }
}

/// Gives a file that has been written its name. What it replaces is no original: between the last
/// look and the change of names nothing is left but the two system calls.
///
/// # Errors
/// What is to be told of an output that cannot be written, or would replace what it may not.
pub fn publish<S: BuildHasher>(
    file: TempPath,
    target: &Target,
    originals: &HashSet<FileId, S>,
    input: Option<&FileId>,
) -> Result<(), Failure> {
    if target.replace {
        let there = fs::symlink_metadata(&target.path).ok();
        let there = there.and_then(|metadata| FileId::of(&target.path, &metadata));
        if there.is_some_and(|there| originals.contains(&there) || Some(&there) == input) {
            let why =
                text!("an image of this run is in its place, and originals are never replaced");
            return Err(Failure::new(FailureKind::Exists, why));
        }
    }
    if let Err(error) = patiently(file, |file| rename(file, target), std::thread::sleep) {
        let exists = !target.replace && error.kind() == io::ErrorKind::AlreadyExists;
        return Err(if exists {
            Failure::new(FailureKind::Exists, text!("the output exists already"))
        } else {
            unwritable(&error)
        });
    }
    if target.durable {
        sync_folder(target.folder()).map_err(|error| unwritable(&error))?;
    }
    Ok(())
}

fn rename(file: TempPath, target: &Target) -> Result<(), PathPersistError> {
    if target.replace { file.persist(&target.path) } else { file.persist_noclobber(&target.path) }
}

/// Renames, and again after a pause while somebody may have the file open that is in the way.
fn patiently(
    mut file: TempPath,
    rename: impl Fn(TempPath) -> Result<(), PathPersistError>,
    mut pause: impl FnMut(Duration),
) -> io::Result<()> {
    for wait in PAUSES {
        match rename(file) {
            Err(error) if is_held(&error.error) => file = error.path,
            result => return result.map_err(|error| error.error),
        }
        pause(wait);
    }
    rename(file).map_err(|error| error.error)
}

/// Whether an error may go away when somebody closes a file. On SMB that is what a file says that is
/// replaced while it is open: as a rule that it is busy or that access is denied.
fn is_held(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ResourceBusy
            | io::ErrorKind::ExecutableFileBusy
            | io::ErrorKind::PermissionDenied
    )
}

/// Forces the names in a folder to the disk.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere folders cannot be opened, and the file system sees to its names itself.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(path: &Path, replace: bool) -> Target {
        Target { path: path.to_owned(), replace, durable: false }
    }

    fn put(target: &Target, bytes: &[u8], originals: &HashSet<FileId>) -> Result<(), Failure> {
        let (file, path) = Temporaries::new(Owner::this()).create(target)?;
        lote_worker::output::write(file, bytes, target.durable)?;
        publish(path, target, originals, None)
    }

    #[test]
    fn an_output_appears_whole_and_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        for durable in [false, true] {
            let target = Target { durable, ..to(&path, true) };
            put(&target, b"one", &HashSet::new()).unwrap();
            put(&target, b"two", &HashSet::new()).unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_existing_file_stays_when_it_may_not_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        fs::write(&path, b"mine").unwrap();
        let failure = put(&to(&path, false), b"new", &HashSet::new()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Exists);
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn an_original_that_has_come_into_the_place_of_an_output_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (photo, path) = (folder.path().join("photo.jpg"), folder.path().join("a.jpg"));
        fs::write(&photo, b"mine").unwrap();
        let id = FileId::of(&photo, &photo.metadata().unwrap()).unwrap();
        let target = to(&path, true);
        let (file, temporary) = Temporaries::new(Owner::this()).create(&target).unwrap();
        lote_worker::output::write(file, b"new", false).unwrap();
        fs::rename(&photo, &path).unwrap();
        let failure = publish(temporary, &target, &HashSet::new(), Some(&id)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Exists);
        let failure = put(&target, b"new", &HashSet::from([id])).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Exists);
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_somebody_has_open_is_tried_three_times_in_two_seconds() {
        use rustix::io::Errno;
        use std::cell::Cell;
        let folder = tempfile::tempdir().unwrap();
        let target = to(&folder.path().join("a.jpg"), true);
        let attempts = |refused: usize, with: Errno| {
            let (_, file) = Temporaries::new(Owner::this()).create(&target).unwrap();
            let (tried, waited) = (Cell::new(0), Cell::new(Duration::ZERO));
            let try_it = |file: TempPath| {
                tried.set(tried.get() + 1);
                if tried.get() <= refused {
                    return Err(PathPersistError { error: with.into(), path: file });
                }
                rename(file, &target)
            };
            let result = patiently(file, try_it, |pause| waited.set(waited.get() + pause));
            (result.map_err(|error| error.kind()).err(), tried.get(), waited.get().as_millis())
        };
        for with in [Errno::BUSY, Errno::ACCESS, Errno::TXTBSY] {
            assert_eq!(attempts(0, with), (None, 1, 0));
            assert_eq!(attempts(2, with), (None, 3, 2_000));
            let kind = io::Error::from(with).kind();
            assert_eq!(attempts(3, with), (Some(kind), 3, 2_000));
        }
        let gone = attempts(9, Errno::NOENT);
        assert_eq!(gone, (Some(io::ErrorKind::NotFound), 1, 0), "what does not heal");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the output is left");
    }

    #[test]
    fn a_folder_that_is_gone_is_a_failure() {
        let target = to(Path::new("no/such/folder/a.jpg"), true);
        let failure = put(&target, b"x", &HashSet::new()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Write);
        assert!(!failure.message.to_string().contains("such/folder"), "{}", failure.message);
    }

    #[test]
    fn a_file_that_is_not_published_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let target = to(&folder.path().join("a.jpg"), true);
        let made = Temporaries::new(Owner::this()).create(&target).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(made);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn an_output_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) = (folder.path().join("ours"), folder.path().join("other"));
        put(&to(&ours, true), b"", &HashSet::new()).unwrap();
        fs::write(&other, b"").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&other));
    }
}
