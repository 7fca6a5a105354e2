//! The files in the folders, since when each has stood still, and which have been dealt with.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lote_protocol::time::nanoseconds;
use walkdir::WalkDir;

use crate::plan::{Request, is_of_the_system};

/// What tells that a file has changed: its size, and when its content and it itself were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified_ns: Option<i64>,
    /// Also grows when it is renamed, or may be read by others.
    changed_ns: i64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let modified_ns = metadata.modified().ok().and_then(nanoseconds);
        Self { bytes: metadata.len(), modified_ns, changed_ns: changed(metadata) }
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt;
    metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> i64 {
    0
}

#[derive(Debug)]
struct File {
    stamp: Stamp,
    /// Since when it has been as it is, as far as it was looked at.
    since: Instant,
    dealt_with: bool,
    /// The look that has seen it last.
    look: u64,
}

/// The files in the folders.
#[derive(Debug, Default)]
pub(super) struct Files {
    files: HashMap<PathBuf, File>,
    looks: u64,
}

impl Files {
    /// Looks through the folders of a request.
    pub(super) fn look(&mut self, request: &Request, now: Instant) {
        self.looks += 1;
        let output = std::fs::canonicalize(&request.output).ok();
        for folder in &request.paths {
            let entries = WalkDir::new(folder).min_depth(1).follow_links(true).into_iter();
            let entries = entries.filter_entry(|entry| {
                let is_output =
                    || output.is_some() && std::fs::canonicalize(entry.path()).ok() == output;
                !entry.file_type().is_dir() || !(is_of_the_system(entry.file_name()) || is_output())
            });
            for entry in entries.flatten().filter(|entry| entry.file_type().is_file()) {
                if let Ok(metadata) = entry.metadata() {
                    self.see(entry.path(), Stamp::of(&metadata), now);
                }
            }
        }
        let looks = self.looks;
        self.files.retain(|_, file| file.look == looks);
    }

    fn see(&mut self, path: &Path, stamp: Stamp, now: Instant) {
        let look = self.looks;
        match self.files.get_mut(path) {
            Some(file) if file.stamp == stamp => file.look = look,
            Some(file) => *file = File { stamp, since: now, dealt_with: false, look },
            None => {
                let file = File { stamp, since: now, dealt_with: false, look };
                self.files.insert(path.to_owned(), file);
            }
        }
    }

    /// The files that stand still and have not been dealt with, and when the next one may do so.
    /// `still` is when a file has stood still for long enough that has since then.
    pub(super) fn ripe(
        &self,
        now: Instant,
        still: impl Fn(Instant, &PathBuf) -> Instant,
    ) -> (HashSet<PathBuf>, Option<Instant>) {
        let mut ripe = HashSet::new();
        let mut next: Option<Instant> = None;
        for (path, file) in self.files.iter().filter(|(_, file)| !file.dealt_with) {
            let at = still(file.since, path);
            if at <= now {
                ripe.insert(path.clone());
            } else {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        (ripe, next)
    }

    /// All files but these.
    pub(super) fn others(&self, these: &HashSet<PathBuf>) -> impl Iterator<Item = PathBuf> {
        self.files.keys().filter(|path| !these.contains(*path)).cloned()
    }

    /// These have been dealt with, as they were at the last look.
    pub(super) fn deal_with(&mut self, these: &HashSet<PathBuf>) {
        for path in these {
            if let Some(file) = self.files.get_mut(path) {
                file.dealt_with = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    const SETTLE: Duration = Duration::from_secs(3);

    fn names(ripe: &HashSet<PathBuf>) -> Vec<String> {
        let mut names: Vec<_> = ripe
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_ripe_once_it_has_stood_still_and_once_after_each_change() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out");
        for below in ["out", "@eaDir", ".hidden", "sub"] {
            fs::create_dir(folder.path().join(below)).unwrap();
            fs::write(folder.path().join(below).join("x.png"), b"x").unwrap();
        }
        let file = folder.path().join("a.png");
        fs::write(&file, b"1").unwrap();
        let request = Request::new(vec![folder.path().to_owned()], output, Vec::new());
        let (mut files, start) = (Files::default(), Instant::now());
        let look = |files: &mut Files, seconds| {
            let now = start + Duration::from_secs(seconds);
            files.look(&request, now);
            files.ripe(now, |since, _| since + SETTLE)
        };
        assert_eq!(look(&mut files, 0), (HashSet::new(), Some(start + SETTLE)));
        fs::write(&file, b"22").unwrap();
        assert!(look(&mut files, 2).0.is_empty());
        let (ripe, next) = look(&mut files, 3);
        assert_eq!(names(&ripe), ["x.png"], "what is in `sub` only");
        files.deal_with(&ripe);
        assert_eq!(next, Some(start + Duration::from_secs(5)));
        let (ripe, next) = look(&mut files, 5);
        assert_eq!((names(&ripe), next), (vec!["a.png".to_owned()], None));
        files.deal_with(&ripe);
        assert_eq!(look(&mut files, 60), (HashSet::new(), None));
        fs::rename(&file, folder.path().join("b.png")).unwrap();
        look(&mut files, 61);
        assert_eq!(names(&look(&mut files, 64).0), ["b.png"]);
    }
}
