//! Outputs that exist already.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::{IfExists, OutputState};

/// The names in a folder, and whether each is a file that can be read.
pub(super) type Listing = HashMap<OsString, bool>;

/// Folders that have been listed. Asking a folder once for all its names is much quicker than
/// asking for thousands of files.
pub(super) struct Folders<L> {
    list: L,
    listed: HashMap<PathBuf, Listing>,
}

impl<L: FnMut(&Path) -> Listing> Folders<L> {
    /// Folders that `list` lists.
    pub(super) fn new(list: L) -> Self {
        Self { list, listed: HashMap::new() }
    }

    /// Decides what becomes of an output under `policy`, which has the `name` that goes with its
    /// number; pushes its path to `refused` if that is why the run cannot start.
    pub(super) fn settle(
        &mut self,
        policy: IfExists,
        folder: &Path,
        name: impl Fn(u32) -> OsString,
        refused: &mut Vec<PathBuf>,
    ) -> OutputState {
        if !self.listed.contains_key(folder) {
            let listing = (self.list)(folder);
            self.listed.insert(folder.to_owned(), listing);
        }
        let Some(listing) = self.listed.get(folder).filter(|names| !names.is_empty()) else {
            return OutputState::Planned { number: 1 };
        };
        let first = name(1);
        match (policy, listing.get(&first)) {
            (_, None) | (IfExists::Overwrite, _) | (IfExists::Skip, Some(false)) => {
                OutputState::Planned { number: 1 }
            }
            (IfExists::Skip, Some(true)) => OutputState::Skipped,
            (IfExists::Fail, Some(_)) => {
                refused.push(folder.join(first));
                OutputState::Planned { number: 1 }
            }
            (IfExists::Rename, Some(_)) => {
                let free = |number: &u32| !listing.contains_key::<OsStr>(&name(*number));
                let number = (2..=u32::MAX).find(free).unwrap_or(u32::MAX);
                OutputState::Planned { number }
            }
        }
    }
}

/// Lists a folder on the disk; one that cannot be listed is taken for empty, as nothing can be
/// replaced there either without the worker noticing.
pub(super) fn list(folder: &Path) -> Listing {
    let Ok(entries) = fs::read_dir(folder) else {
        return Listing::new();
    };
    let is_file = |entry: &fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_symlink() => entry.path().is_file(),
        Ok(kind) => kind.is_file(),
        Err(_) => false,
    };
    entries.flatten().map(|entry| (entry.file_name(), is_file(&entry))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(policy: IfExists, existing: &[(&str, bool)]) -> (OutputState, Vec<PathBuf>) {
        let name = |number| match number {
            1 => OsString::from("a_web.png"),
            _ => format!("a_web-{number}.png").into(),
        };
        let listing: Listing = existing.iter().map(|(name, file)| (name.into(), *file)).collect();
        let mut refused = Vec::new();
        let mut folders = Folders::new(|_: &Path| listing.clone());
        let state = folders.settle(policy, Path::new("out/web"), name, &mut refused);
        (state, refused)
    }

    const PLANNED: OutputState = OutputState::Planned { number: 1 };

    #[test]
    fn an_output_that_does_not_exist_is_made_under_any_policy() {
        for policy in [IfExists::Overwrite, IfExists::Skip, IfExists::Rename, IfExists::Fail] {
            assert_eq!(settle(policy, &[("b_web.png", true)]), (PLANNED, vec![]));
        }
    }

    #[test]
    fn only_a_file_is_a_reason_to_skip() {
        assert_eq!(settle(IfExists::Skip, &[("a_web.png", true)]).0, OutputState::Skipped);
        assert_eq!(settle(IfExists::Skip, &[("a_web.png", false)]).0, PLANNED);
    }

    #[test]
    fn renaming_takes_the_first_free_number() {
        let existing = [("a_web.png", true), ("a_web-2.png", false)];
        let (state, _) = settle(IfExists::Rename, &existing);
        assert_eq!(state, OutputState::Planned { number: 3 });
    }

    #[test]
    fn anything_of_that_name_is_a_reason_to_refuse() {
        let (_, refused) = settle(IfExists::Fail, &[("a_web.png", false)]);
        assert_eq!(refused, [Path::new("out/web/a_web.png")]);
    }
}
