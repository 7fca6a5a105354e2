//! Where the outputs lie in relation to the inputs: originals are never touched.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use lote_protocol::filter::VariantSpec;

use super::names::fold;
use super::scan::Found;
use super::{Pattern, PlanError};
use crate::system::files::FileId;

/// The folders that a run writes to, without symbolic links.
#[derive(Debug)]
pub(super) struct Places {
    /// The output folder.
    pub(super) root: PathBuf,
    /// The uppermost folders of the variants.
    folders: Vec<PathBuf>,
}

impl Places {
    /// Finds out where `output` really is, even if it does not exist yet.
    pub(super) fn new(output: &Path, variants: &[VariantSpec], pattern: &Pattern) -> Self {
        let root = resolve(output);
        let folder = |variant: &VariantSpec| match pattern.top(&variant.name) {
            Some(top) => resolve(&root.join(top)),
            None => root.clone(),
        };
        let folders = variants.iter().map(folder).collect();
        Self { root, folders }
    }

    /// Whether outputs go straight into that folder or to one above it, by whatever path: a folder
    /// may be mounted at two places.
    pub(super) fn is_written_to(&self, folder: &Path) -> bool {
        let id = FileId::at(folder);
        let same = |ours: &Path| id.is_some() && FileId::at(ours) == id;
        if folder == self.root || same(&self.root) {
            return true;
        }
        let above: Vec<_> = folder.ancestors().filter_map(FileId::at).collect();
        self.folders.iter().any(|ours| {
            folder.starts_with(ours) || FileId::at(ours).is_some_and(|id| above.contains(&id))
        })
    }
}

/// The path without symbolic links, as far as it exists.
fn resolve(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for existing in absolute.ancestors() {
        if let Ok(real) = fs::canonicalize(existing) {
            let rest = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
            return real.join(rest);
        }
    }
    absolute
}

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
