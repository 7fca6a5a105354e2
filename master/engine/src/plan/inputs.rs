//! Whether an output would replace an input: originals are never touched.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::PlanError;
use super::names::fold;
use super::scan::Found;
use crate::system::files::FileId;

/// The inputs, by folder, to be compared with outputs.
#[derive(Debug)]
pub(super) struct Inputs {
    names: HashMap<FileId, HashSet<Vec<u8>>>,
    /// The output folders that were looked at; only those that hold inputs have an id here.
    shared: HashMap<PathBuf, Option<FileId>>,
}

impl Inputs {
    /// Remembers where the inputs lie, and what they link to.
    pub(super) fn new(images: &[Found]) -> Self {
        let mut names: HashMap<FileId, HashSet<Vec<u8>>> = HashMap::new();
        let mut ids: HashMap<PathBuf, Option<FileId>> = HashMap::new();
        let mut add = |place: &Path| {
            let (Some(folder), Some(name)) = (place.parent(), place.file_name()) else { return };
            if !ids.contains_key(folder) {
                ids.insert(folder.to_owned(), FileId::at(folder));
            }
            if let Some(Some(id)) = ids.get(folder) {
                match names.get_mut(id) {
                    Some(names) => names.insert(fold(name)),
                    None => names.entry(id.clone()).or_default().insert(fold(name)),
                };
            }
        };
        for image in images {
            add(&image.place);
            if image.link
                && let Ok(target) = fs::canonicalize(&image.path)
            {
                add(&target);
            }
        }
        Self { names, shared: HashMap::new() }
    }

    /// Checks that an output does not replace an input.
    pub(super) fn check(&mut self, folder: &Path, name: &OsStr) -> Result<(), PlanError> {
        if !self.shared.contains_key(folder) {
            let shared = FileId::at(folder).filter(|id| self.names.contains_key(id));
            self.shared.insert(folder.to_owned(), shared);
        }
        let shared = self.shared.get(folder).and_then(Option::as_ref);
        let is_input = shared
            .and_then(|id| self.names.get(id))
            .is_some_and(|names| names.contains(&fold(name)));
        if is_input {
            return Err(PlanError::WouldReplaceInput { output: folder.join(name) });
        }
        Ok(())
    }
}
