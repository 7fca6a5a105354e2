//! Removes the unfinished files of masters that died.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lote_protocol::temporary::{self, Owner};

use crate::system::is_alive;

/// What processes of other machines have left is swept after that time.
const FOREIGN_AGE: Duration = Duration::from_secs(24 * 3600);

/// Removes from these folders what processes have left there that are not alive any more: their
/// master may have been killed in the middle of a run. Whether processes of other machines and
/// containers are alive nobody here can tell, so what is theirs goes after [`FOREIGN_AGE`].
pub fn sweep_orphans(folders: &BTreeSet<PathBuf>) {
    let here = Owner::this();
    for folder in folders {
        remove_from(folder, here);
    }
}

/// Removes from these folders what one process has left there that is gone, wherever it was: its names
/// begin with this.
pub fn sweep_after(prefix: &str, folders: &BTreeSet<PathBuf>) {
    for entry in folders.iter().flat_map(fs::read_dir).flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().filter(|name| temporary::is_temporary(name));
        if owner.and_then(temporary::owner).is_some_and(|owner| owner.prefix() == prefix) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes from a folder what the dead of this machine have left there, and what has lain there so
/// long that its owner elsewhere has forgotten it.
fn remove_from(folder: &Path, here: Owner) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut clock = None;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| temporary::is_temporary(name)) else {
            continue;
        };
        let is_left = match temporary::owner(name) {
            Some(owner) if owner.machine == here.machine => !is_alive(owner.pid),
            _ => {
                let now = clock.get_or_insert_with(|| now_in(folder, here));
                is_old(&entry, *now)
            }
        };
        if is_left {
            // Somebody else may have been faster.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The time by the clock of whoever keeps that folder, which may be another machine.
fn now_in(folder: &Path, here: Owner) -> Option<SystemTime> {
    let mut probe = tempfile::Builder::new();
    let prefix = here.prefix();
    let probe = probe.prefix(&prefix).suffix(temporary::SUFFIX).tempfile_in(folder).ok()?;
    probe.as_file().metadata().ok()?.modified().ok()
}

fn is_old(entry: &fs::DirEntry, now: Option<SystemTime>) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
    let age = modified.and_then(|modified| now?.duration_since(modified).ok());
    age.is_some_and(|age| age > FOREIGN_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_dead_have_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let here = Owner::this();
        let of = |owner: Owner| format!("{}abc{}", owner.prefix(), temporary::SUFFIX);
        let alive = of(here);
        let dead = of(Owner { pid: i32::MAX as u32, ..here });
        // What its owner's machine would say of it nobody here knows.
        let foreign = |name: &str| format!(".lote-00000000{name}-2147483647-abc.tmp");
        let [young, old] = ["0000aaaa", "0000bbbb"].map(foreign);
        let names = [&alive, &dead, &young, &old, ".lote-2147483647-abc.tmp", "photo.jpg"];
        for name in names {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        let yesterday = SystemTime::now() - FOREIGN_AGE - Duration::from_secs(60);
        let file = fs::File::options().write(true).open(folder.path().join(&old)).unwrap();
        file.set_modified(yesterday).unwrap();
        sweep_orphans(&BTreeSet::from([folder.path().to_owned()]));
        let left = names.map(|name| folder.path().join(name).exists());
        assert_eq!(left, [true, false, true, false, true, true]);
        // What somebody else's process has left goes by its name, and nothing else does.
        for prefix in [".lote-", ".lote-000000000000aaaa-", ".lote-000000000000aaaa-2147483647-"] {
            assert!(folder.path().join(&young).exists());
            sweep_after(prefix, &BTreeSet::from([folder.path().to_owned()]));
        }
        assert!(!folder.path().join(&young).exists());
        fs::write(folder.path().join(&young), b"").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "a probe is left");
    }
}
