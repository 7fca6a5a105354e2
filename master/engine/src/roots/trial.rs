//! What files can do in a folder that machines share: it is tried, as no system tells.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use lote_protocol::temporary::{self, Owner};
use lote_protocol::time::nanoseconds;
use serde::Serialize;
use tempfile::{NamedTempFile, TempDir};

use crate::system::lock;

/// A time between two moments of every clock that file systems have, ns since 1970: its second is odd.
const UNEVEN_NS: u64 = 1_600_000_001_423_456_789;

/// What file systems round times to, ns: NTFS and SMB, many interfaces, exFAT, old ones, FAT.
const GRAINS: [u64; 6] = [100, 1_000, 1_000_000, 10_000_000, 1_000_000_000, 2_000_000_000];

/// What files can do in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "they are answers to as many questions")]
pub struct Abilities {
    /// A file can take the place of another when it is renamed.
    pub rename: bool,
    /// A file can be given a name in such a way that it replaces none.
    pub no_replace: bool,
    /// A file can have two names.
    pub link: bool,
    /// The lock of a file keeps out who else wants it.
    pub lock: bool,
    /// `a` and `A` are two files.
    pub case: bool,
    /// An é that is one character and one that is two are two files.
    pub accents: bool,
    /// Times of files are kept to so many ns; `None` if they cannot be set.
    pub grain_ns: Option<u64>,
}

impl Abilities {
    /// Tries what files can do there. Nothing is left.
    ///
    /// # Errors
    /// If no file can be made there.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let ground = ground(folder)?;
        let place = ground.path();
        let is_two = |one: &str, other: &str| -> io::Result<bool> {
            fs::write(place.join(one), b"")?;
            Ok(!place.join(other).exists())
        };
        Ok(Self {
            rename: takes_the_place(place)?,
            no_replace: replaces_nothing(place)?,
            link: fs::hard_link(NamedTempFile::new_in(place)?.path(), place.join("link")).is_ok(),
            lock: is_locked(place)?,
            case: is_two("name", "NAME")?,
            accents: is_two("\u{e9}", "e\u{301}")?,
            grain_ns: grain(place)?,
        })
    }
}

/// Whether a file can be given a name there in such a way that it replaces none. Nothing is left.
///
/// # Errors
/// If no file can be made there.
pub fn can_keep(folder: &Path) -> io::Result<bool> {
    replaces_nothing(ground(folder)?.path())
}

/// A folder of its own to try things in.
fn ground(folder: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(&Owner::this().prefix()).suffix(temporary::SUFFIX).tempdir_in(folder)
}

fn takes_the_place(folder: &Path) -> io::Result<bool> {
    let (old, new) = (folder.join("old"), NamedTempFile::new_in(folder)?);
    fs::write(&old, b"old")?;
    Ok(new.persist(&old).is_ok() && fs::read(&old)?.is_empty())
}

fn replaces_nothing(folder: &Path) -> io::Result<bool> {
    let (there, free) = (folder.join("there"), folder.join("free"));
    fs::write(&there, b"there")?;
    let file = NamedTempFile::new_in(folder)?.into_temp_path();
    let file = match file.persist_noclobber(&there) {
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => error.path,
        _ => return Ok(false),
    };
    let is_kept = fs::read(&there)? == b"there";
    Ok(is_kept && file.persist_noclobber(&free).is_ok() && free.exists())
}

fn is_locked(folder: &Path) -> io::Result<bool> {
    let file = NamedTempFile::new_in(folder)?;
    let other = File::open(file.path())?;
    let is_kept_out = || lock(&other).is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock);
    Ok(lock(file.as_file()).is_ok() && is_kept_out())
}

fn grain(folder: &Path) -> io::Result<Option<u64>> {
    let path = folder.join("time");
    let file = File::create(&path)?;
    if file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_nanos(UNEVEN_NS)).is_err() {
        return Ok(None);
    }
    drop(file);
    let Some(kept) = nanoseconds(path.metadata()?.modified()?) else { return Ok(None) };
    let kept = kept.unsigned_abs();
    let is_grain = |grain: &u64| kept.is_multiple_of(*grain) && kept.abs_diff(UNEVEN_NS) < *grain;
    Ok([1].into_iter().chain(GRAINS).find(is_grain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_of_this_system_can_do_everything_and_nothing_is_left_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let all = Abilities {
            rename: true,
            no_replace: true,
            link: true,
            lock: true,
            case: true,
            accents: true,
            grain_ns: Some(1),
        };
        assert_eq!(Abilities::of(folder.path()).unwrap(), all);
        assert!(can_keep(folder.path()).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_can_do_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let none = folder.path().join("none");
        assert_eq!(Abilities::of(&none).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(can_keep(&none).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
