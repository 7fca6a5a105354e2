//! One list of images, looked up by id and by path.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lote_protocol::outcome::{Failure, FailureKind};
use serde::Serialize;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::ListedImage;
use crate::said::Said;
use lote_engine::lang::Text;
use lote_engine::plan::{Listed, Listing};
use lote_protocol::text;

/// An image, and what is known about it.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) input: ListedImage,
    /// Its name as it is searched.
    pub(super) key: String,
    /// When it was last changed, where the system tells.
    pub(super) modified: Option<SystemTime>,
    /// Width and height of its picture, upright, once a worker has seen it.
    pub(super) size_px: Option<(u32, u32)>,
    /// Why it cannot be read.
    pub(super) problem: Option<Failure>,
}

/// A list of images.
#[derive(Debug, Default)]
pub(super) struct List {
    items: Vec<Item>,
    by_id: HashMap<String, usize>,
    by_path: HashMap<PathBuf, usize>,
    /// The folders that links may lead to.
    within: Vec<PathBuf>,
    skipped: Vec<(String, Text)>,
    skipped_count: usize,
}

impl List {
    /// The list of what was found in the folder `root`; `skipped` are names of further files that
    /// are no images. What `before` knows of a file that has not changed is kept.
    pub(super) fn new(
        found: Listing,
        root: &Path,
        within: Vec<PathBuf>,
        skipped: Vec<String>,
        before: &Self,
    ) -> Self {
        let mut list = Self { within, ..Self::default() };
        for image in found.images {
            let mut id = id(&image);
            while list.by_id.contains_key(&id) {
                // Two of 2^64; the list decides.
                id.push('-');
            }
            let old = before.get(&id).filter(|old| old.input.path == image.path);
            let name = image.name.file_name().unwrap_or(image.name.as_os_str());
            let name = name.to_string_lossy().into_owned();
            let folder = image.name.parent().map(Path::to_string_lossy).unwrap_or_default();
            let item = Item {
                key: search_key(&name),
                modified: image.modified,
                size_px: old.and_then(|old| old.size_px),
                problem: image.failure.or_else(|| old.and_then(|old| old.problem.clone())),
                input: ListedImage {
                    id: id.clone(),
                    name,
                    folder: folder.into_owned(),
                    bytes: image.bytes,
                    path: image.path.clone(),
                },
            };
            list.by_id.insert(id, list.items.len());
            list.by_path.insert(image.path, list.items.len());
            list.items.push(item);
        }
        list.skipped_count = found.other_count + found.unlisted.len() + skipped.len();
        let unlisted = found.unlisted.into_iter().map(|(folder, failure)| {
            let below = folder.strip_prefix(root).unwrap_or(&folder);
            let below = if below.as_os_str().is_empty() { Path::new(".") } else { below };
            (below.to_string_lossy().into_owned(), failure.message)
        });
        let others = found.others.iter().map(|name| name.to_string_lossy().into_owned());
        let others = others.chain(skipped).map(|name| (name, text!("not an image")));
        list.skipped = unlisted.chain(others).collect();
        list.skipped.truncate(MAX_SKIPPED);
        list
    }

    /// The folders that links may lead to.
    pub(super) fn within(&self) -> &[PathBuf] {
        &self.within
    }

    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    pub(super) fn get(&self, id: &str) -> Option<&Item> {
        self.items.get(*self.by_id.get(id)?)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Item> {
        self.items.get_mut(*self.by_id.get(id)?)
    }

    pub(super) fn at(&self, path: &Path) -> Option<&Item> {
        self.items.get(*self.by_path.get(path)?)
    }

    /// Names and reasons of the first files that are no images.
    pub(super) fn skipped(&self) -> &[(String, Text)] {
        &self.skipped
    }

    pub(super) const fn skipped_count(&self) -> usize {
        self.skipped_count
    }
}

/// How many files that are no images are named.
const MAX_SKIPPED: usize = 500;

/// Why an image cannot be read, as the page gets it.
#[derive(Serialize)]
struct Problem {
    kind: FailureKind,
    #[serde(flatten)]
    said: Said,
}

impl Item {
    /// The image as the page gets it.
    pub(super) fn json(&self, excluded: bool) -> Value {
        let ListedImage { id, name, folder, bytes, .. } = &self.input;
        let (width_px, height_px) = self.size_px.unzip();
        let problem = |one: &Failure| {
            let said = Said::new(one.message.clone());
            Problem { kind: one.kind, said }
        };
        json!({
            "id": id, "name": name, "folder": folder, "bytes": bytes,
            "width_px": width_px, "height_px": height_px, "excluded": excluded,
            "problem": self.problem.as_ref().map(problem),
        })
    }
}

/// An id that is the same for the same file with the same content, as far as size and time of the
/// last change tell. Browsers keep thumbnails under it.
fn id(image: &Listed) -> String {
    let mut hasher = DefaultHasher::new();
    image.path.hash(&mut hasher);
    image.bytes.hash(&mut hasher);
    image.modified.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// A text as it is searched: lower case, without accents.
pub(crate) fn search_key(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}
