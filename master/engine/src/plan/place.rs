//! Where the outputs lie in relation to the inputs: originals are never touched.

use std::fs;
use std::path::{Path, PathBuf};

use lote_protocol::filter::VariantSpec;

use super::Pattern;
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
    pub(super) fn new(output: &Path, variants: &[VariantSpec], patterns: &[Pattern]) -> Self {
        let root = resolve(output);
        let folder = |(variant, pattern): (&VariantSpec, &Pattern)| match pattern.top(&variant.name)
        {
            Some(top) => resolve(&root.join(top)),
            None => root.clone(),
        };
        let folders = variants.iter().zip(patterns).map(folder).collect();
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
