//! Where journals lie, which of them are kept, and which are in use.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Past, read};
use crate::lang::reason;
use crate::plan::Shard;
use crate::store::{Address, Error, OWN, Store};
use crate::system::{
    self,
    files::{open_regular, open_to_append},
};

/// The folder of journals, in the output folder.
pub const FOLDER: &str = ".lote";

const PREFIX: &str = "journal-";
const SUFFIX: &str = ".jsonl";

/// How many journals are kept. Each holds also what its job took over from those before, so that
/// what is on record of one kind of job is not lost with the older ones.
const KEPT: usize = 10;

/// How many bytes of journals are kept besides the two newest.
const KEPT_BYTES: u64 = 64 << 20;

/// The journals of an output folder, the oldest first.
fn list(output: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(output.join(FOLDER)) else { return Vec::new() };
    let is_journal = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        is_name(name)
    };
    let mut files: Vec<_> =
        entries.flatten().map(|entry| entry.path()).filter(is_journal).collect();
    // Names begin with the time, in as many digits.
    files.sort();
    files
}

/// Whether a file of that name is a journal.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// The time in a journal's name, ms since 1970.
fn time_of(path: &Path) -> Option<i64> {
    let name = path.file_name()?.to_str()?.strip_prefix(PREFIX)?;
    name.split('-').next()?.parse().ok()
}

/// All journals of an output folder that can be read, the oldest first.
pub fn read_all(output: &Path) -> Vec<Past> {
    list(output).iter().filter_map(|path| read(path).ok().flatten()).collect()
}

/// The newest journal of an output folder.
pub fn newest(output: &Path) -> Option<Past> {
    list(output).iter().rev().find_map(|path| read(path).ok().flatten())
}

/// Makes the file of a new journal, which is in use as long as it is open.
pub(super) fn create(
    output: &Path,
    started_ms: i64,
    shard: Option<Shard>,
) -> io::Result<(PathBuf, File)> {
    let folder = output.join(FOLDER);
    fs::create_dir_all(&folder)?;
    // However clocks are set, a later job has a later name.
    let newest = list(output).last().and_then(|path| time_of(path));
    let mut time = newest.map_or(started_ms, |newest| started_ms.max(newest.saturating_add(1)));
    loop {
        let part = shard.map_or_else(String::new, |shard| format!("-{}", shard.number));
        let name = format!("{PREFIX}{time:015}-{}{part}{SUFFIX}", std::process::id());
        let path = folder.join(name);
        match File::options().append(true).create_new(true).open(&path) {
            Ok(file) => {
                lock(&file)?;
                // Each part has a journal, and all of them are one job's.
                if shard.is_none() {
                    prune(output);
                }
                return Ok((path, file));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => time += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Opens a journal to go on with it; fails if another process does.
pub(super) fn reopen(path: &Path) -> io::Result<File> {
    let file = open_to_append(path)?;
    lock(&file)?;
    Ok(file)
}

/// Whether the job of a journal is at work.
pub fn in_use(path: &Path) -> bool {
    open_regular(path)
        .is_ok_and(|file| lock(&file).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock))
}

/// Removes the oldest journals, but for those in use.
fn prune(output: &Path) {
    let mut bytes = 0;
    for (age, path) in list(output).iter().rev().enumerate().skip(2) {
        bytes += path.metadata().map_or(0, |metadata| metadata.len());
        if (age >= KEPT || bytes > KEPT_BYTES) && !in_use(path) {
            // Another process may have been faster.
            let _ = fs::remove_file(path);
        }
    }
}

/// Takes the lock, or fails at once. Some network file systems, and some systems, have no locks.
fn lock(file: &File) -> io::Result<()> {
    match system::lock(file) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(()),
    }
}

/// Fetches the records of earlier jobs there into the folder of records, if that has none.
///
/// # Errors
/// Those of listing and fetching.
pub fn fetch_records(store: &dyn Store, output: &Address, folder: &Path) -> Result<(), Error> {
    let folder = folder.join(FOLDER);
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Ok(());
    }
    let disk = |error: std::io::Error| Error::Disk(reason(&error));
    for object in store.list(&output.join(OWN), false)?.objects {
        let name = object.address.key.rsplit('/').next().unwrap_or_default();
        if is_name(name) {
            fs::create_dir_all(&folder).map_err(disk)?;
            let mut file = tempfile::NamedTempFile::new_in(&folder).map_err(disk)?;
            store.fetch(&object, None, &mut file)?;
            file.persist(folder.join(name)).map_err(|error| disk(error.error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_ten_journals_stay_and_any_that_is_in_use() {
        let output = tempfile::tempdir().unwrap();
        let (first, held) = create(output.path(), 1, None).unwrap();
        for time in 2..=14 {
            drop(create(output.path(), time, None).unwrap());
        }
        let files = list(output.path());
        assert_eq!((files.len(), &files[0]), (11, &first));
        assert!(in_use(&first) && !in_use(&files[1]));
        drop(held);
        let (_, newest) = (create(output.path(), 15, None).unwrap(), list(output.path()));
        assert_eq!(newest.len(), 10);
        assert!(!first.exists());
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_older_journal() {
        let output = tempfile::tempdir().unwrap();
        let (first, _) = create(output.path(), 1_900_000_000_000, None).unwrap();
        let (second, _) = create(output.path(), 1_800_000_000_000, None).unwrap();
        assert_eq!(list(output.path()), [first, second]);
    }

    #[test]
    fn a_large_journal_goes_when_two_others_have_followed() {
        let output = tempfile::tempdir().unwrap();
        let (large, file) = create(output.path(), 1, None).unwrap();
        file.set_len(KEPT_BYTES + 1).unwrap();
        drop(file);
        drop(create(output.path(), 2, None).unwrap());
        assert!(large.exists());
        drop(create(output.path(), 3, None).unwrap());
        assert!(!large.exists());
    }

    #[test]
    fn jobs_that_begin_at_the_same_time_have_journals_of_their_own() {
        let output = tempfile::tempdir().unwrap();
        let (one, other) =
            (create(output.path(), 7, None).unwrap(), create(output.path(), 7, None).unwrap());
        assert_ne!(one.0, other.0);
    }
}
