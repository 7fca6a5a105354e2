//! The folders that may be chosen: the allowed roots and what is below them.
//!
//! A page names a folder by an opaque id that it was given; it never sends a path. Links to folders
//! are not followed, and a folder is looked at anew each time, so that one that has since been
//! replaced by a link out of its root is refused.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use lote_engine::plan::is_image_name;

/// How many folders of a folder are shown.
const MAX_SHOWN: usize = 2000;

/// In how many of them images are counted, and among how many entries at most in each.
const MAX_COUNTED: usize = 300;
const MAX_ENTRIES: usize = 20_000;

/// How many ids are remembered.
const MAX_IDS: usize = 50_000;

/// The folders that may be chosen: a handle, cheap to clone.
#[derive(Debug, Clone)]
pub struct Folders {
    roots: Arc<[PathBuf]>,
    ids: Arc<Mutex<HashMap<String, PathBuf>>>,
}

impl Folders {
    /// Those folders and what is below them; one that is not there is left out.
    pub fn new(roots: &[PathBuf]) -> Self {
        let mut real: Vec<PathBuf> = Vec::new();
        for root in roots.iter().filter_map(|root| fs::canonicalize(root).ok()) {
            if root.is_dir() && !real.contains(&root) {
                real.push(root);
            }
        }
        Self { roots: real.into(), ids: Arc::default() }
    }

    /// A folder of an id that a page was given; `None` if it is not, or no longer, an allowed one.
    /// Blocks.
    pub fn get(&self, id: &str) -> Option<PathBuf> {
        let known = self.ids.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        let path = known.or_else(|| self.roots.iter().find(|root| id_of(root) == id).cloned())?;
        self.allowed(&path)
    }

    /// That folder, if it may be chosen. Blocks.
    pub fn allowed(&self, path: &Path) -> Option<PathBuf> {
        let real = fs::canonicalize(path).ok()?;
        (real == path && real.is_dir() && self.root_of(&real).is_some()).then_some(real)
    }

    /// A folder as the page gets it: without an id the roots. Blocks.
    pub fn listing(&self, id: Option<&str>) -> Option<Value> {
        let Some(id) = id else {
            let folders: Vec<_> = self
                .roots
                .iter()
                .map(|root| self.entry(root, Content::of(root).as_ref()))
                .collect();
            return Some(json!({
                "id": "", "label": "", "parent": null, "images": 0, "folders": folders,
            }));
        };
        let folder = self.get(id)?;
        let is_root = self.roots.contains(&folder);
        let parent = if is_root { String::new() } else { self.remember(folder.parent()?) };
        let below: Vec<_> = folders_in(&folder)
            .into_iter()
            .enumerate()
            .map(|(index, path)| {
                let content = if index < MAX_COUNTED { Content::of(&path) } else { None };
                self.entry(&path, content.as_ref())
            })
            .collect();
        Some(json!({
            "id": id, "label": label(&folder), "parent": parent,
            "images": Content::of(&folder).map_or(0, |content| content.images), "folders": below,
        }))
    }

    fn entry(&self, path: &Path, told: Option<&Content>) -> Value {
        let problem = problem(path);
        json!({
            "id": self.remember(path), "name": label(path), "problem": problem,
            "images": told.map(|content| content.images),
            "bytes": told.map(|content| content.bytes),
            "folders": told.map(|content| content.folders),
            "others": told.and_then(Content::most_others),
        })
    }

    fn root_of(&self, path: &Path) -> Option<&PathBuf> {
        self.roots.iter().find(|root| path.starts_with(root))
    }

    /// The id of a folder, which can be looked up from now on.
    fn remember(&self, path: &Path) -> String {
        let id = id_of(path);
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.len() >= MAX_IDS {
            // Whoever still shows one of them starts again from the roots.
            ids.clear();
        }
        ids.insert(id.clone(), path.to_owned());
        id
    }
}

/// Why a folder cannot be used, as the page knows it; `None` if it can. Blocks.
pub fn problem(folder: &Path) -> Option<&'static str> {
    let error = fs::read_dir(folder).err()?;
    Some(if error.kind() == std::io::ErrorKind::PermissionDenied {
        "permission"
    } else {
        "unreadable"
    })
}

/// The name of a folder, for people.
pub fn label(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The id of a folder.
fn id_of(path: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    format!("f{:016x}", hasher.finish())
}

/// The folders in a folder, by name. Hidden ones and links are left out.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|entry| entry.path())
        .take(MAX_SHOWN)
        .collect();
    folders.sort_by_cached_key(|path| label(path).to_lowercase());
    folders
}

/// What is directly in a folder.
#[derive(Debug, Default)]
struct Content {
    /// Files that are images by their names, and their size.
    images: usize,
    bytes: u64,
    folders: usize,
    /// Other files by their endings, in lower case.
    others: BTreeMap<String, usize>,
}

impl Content {
    /// What there is; `None` if that is not known, or would take too long. Blocks.
    fn of(folder: &Path) -> Option<Self> {
        let entries = fs::read_dir(folder).ok()?;
        let mut content = Self::default();
        for (index, entry) in entries.flatten().enumerate() {
            if index >= MAX_ENTRIES {
                return None;
            }
            let name = entry.file_name();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder {
                content.folders += usize::from(!name.as_encoded_bytes().starts_with(b"."));
            } else if is_image_name(&name) {
                content.images += 1;
                content.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
            } else if let Some(ending) = Path::new(&name).extension() {
                let ending = ending.to_string_lossy().to_lowercase();
                *content.others.entry(ending).or_default() += 1;
            }
        }
        Some(content)
    }

    /// The ending that most of the other files have, and how many: why a folder has no images.
    fn most_others(&self) -> Option<(&str, usize)> {
        let most = self.others.iter().max_by_key(|(_, count)| **count);
        most.map(|(ending, count)| (ending.as_str(), *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_tells_what_is_in_it_and_why_it_has_no_images() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a.xcf", "b.XCF", "c.txt"] {
            fs::write(root.path().join(name), b"12").unwrap();
        }
        fs::create_dir(root.path().join("inner")).unwrap();
        let content = Content::of(root.path()).unwrap();
        assert_eq!((content.images, content.folders), (0, 1));
        assert_eq!(content.most_others(), Some(("xcf", 2)));
        fs::write(root.path().join("d.jpg"), b"1234").unwrap();
        let content = Content::of(root.path()).unwrap();
        assert_eq!((content.images, content.bytes), (1, 4));
    }
}
