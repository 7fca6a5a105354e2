//! The list of images that the next job works on. It is the server's: all pages share it.
//!
//! The list comes from one folder (the input folder, a chosen one, an upload, the samples), is
//! found by the same scan as a plan's, and can leave single images out. Pages know images by
//! opaque ids only; a path never comes from a page.

pub mod folders;
mod list;

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{HashSet, VecDeque};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lote_protocol::outcome::{Failure, FailureKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::redact;
use crate::said::Said;
pub(crate) use list::search_key;
use list::{Item, List};
use lote_engine::lang::Text;
use lote_engine::plan::{self, PlanError};
use lote_engine::system::files::open_inside;

/// How many former lists are remembered: jobs and pages may still speak of their images.
const FORMER_LISTS: usize = 4;

/// The list of images: a handle, cheap to clone.
#[derive(Debug, Clone)]
pub struct Images(Arc<SharedImages>);

#[derive(Debug)]
struct SharedImages {
    /// Where outputs go: what is there is no input.
    output: PathBuf,
    /// Folders that links may lead to from anywhere, without links in their own paths.
    roots: Vec<PathBuf>,
    state: Mutex<State>,
    revision: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    place: Option<ImagePlace>,
    list: List,
    excluded: HashSet<String>,
    /// The place before this one, and what was left out there.
    before: Option<(ImagePlace, HashSet<String>)>,
    former: VecDeque<List>,
    loading: bool,
    /// Grows with each scan that begins: the end of an older one is of no interest.
    scans: u64,
}

/// Where images come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePlace {
    /// What kind of place it is.
    pub source: Source,
    /// Its name for people.
    pub label: String,
    /// The folder.
    pub root: PathBuf,
    /// Whether the folders below it belong to it.
    pub recursive: bool,
}

/// What kind of place images come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The server's input folder.
    Input,
    /// A folder below an allowed root.
    Folder,
    /// Files that a page has sent.
    Upload,
    /// Sample images.
    Samples,
}

impl Source {
    /// Whether it is a folder of the user's, in which files come and go.
    const fn stays(self) -> bool {
        matches!(self, Self::Input | Self::Folder)
    }
}

/// In which order images are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// As a job takes them.
    #[default]
    Name,
    /// The one that was changed first is first.
    Date,
    /// The largest file is first.
    Size,
    /// By the endings of their names.
    Type,
}

/// What a job would run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The folder.
    pub root: PathBuf,
    /// Whether the folders below it belong to it.
    pub recursive: bool,
    /// Images that are left out, by their paths.
    pub exclude: HashSet<PathBuf>,
    /// The folders that links may lead to.
    pub within: Vec<PathBuf>,
    /// The folder's name for people.
    pub label: String,
    /// How many images are not left out.
    pub count: usize,
}

/// An image of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedImage {
    /// Opaque; another one when the file changes.
    pub id: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its file name, for people.
    pub name: String,
    /// The folder that it is in, below that of the list, for people; may be empty.
    pub folder: String,
    /// Its size, bytes.
    pub bytes: u64,
}

/// An id that no image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no image of that id")]
pub struct UnknownImage;

impl Images {
    /// An empty list. What is in the folder `output` is never an input. Links to files are followed
    /// into the list's own folder and into `roots`, and nowhere else.
    pub fn new(output: PathBuf, roots: &[PathBuf]) -> Self {
        let revision = watch::Sender::new(1);
        let roots = roots.iter().filter_map(|root| fs::canonicalize(root).ok()).collect();
        Self(Arc::new(SharedImages { output, roots, state: Mutex::default(), revision }))
    }

    /// The folders that links of a place may lead to.
    fn within(&self, place: &ImagePlace) -> Vec<PathBuf> {
        let own = fs::canonicalize(&place.root).ok();
        own.into_iter().chain(self.0.roots.iter().cloned()).collect()
    }

    /// What a job would run on; `None` if there is no image, or not yet.
    pub fn selection(&self) -> Option<Selection> {
        let state = self.state();
        let place = state.place.as_ref().filter(|_| !state.loading)?;
        let is_excluded = |item: &&Item| state.excluded.contains(&item.input.id);
        let exclude: HashSet<_> = state
            .list
            .items()
            .iter()
            .filter(is_excluded)
            .map(|item| item.input.path.clone())
            .collect();
        let count = state.list.items().len() - exclude.len();
        let ImagePlace { label, root, recursive, .. } = place.clone();
        let within = state.list.within().to_vec();
        (count > 0).then_some(Selection { root, recursive, exclude, within, label, count })
    }

    /// Whether the list is still being made.
    pub fn is_loading(&self) -> bool {
        self.state().loading
    }

    /// The images that are left out.
    pub fn excluded(&self) -> Vec<PathBuf> {
        let state = self.state();
        let out = state.list.items().iter().filter(|item| state.excluded.contains(&item.input.id));
        out.map(|item| item.input.path.clone()).collect()
    }

    /// What a job would run on in a place, whatever the list is.
    pub fn selection_in(&self, place: ImagePlace, exclude: HashSet<PathBuf>) -> Selection {
        let within = self.within(&place);
        let ImagePlace { label, root, recursive, .. } = place;
        Selection { root, recursive, exclude, within, label, count: 0 }
    }

    /// The folder of the list as it may be watched, be there images or not; `None` if it is none that
    /// stays.
    pub fn folder(&self) -> Option<Selection> {
        let state = self.state();
        let place = state.place.clone()?;
        let stays = place.source.stays();
        let within = self.within(&place);
        let ImagePlace { label, root, .. } = place;
        let exclude = HashSet::new();
        stays.then_some(Selection { root, recursive: true, exclude, within, label, count: 0 })
    }

    /// Where the images come from.
    pub fn place(&self) -> Option<ImagePlace> {
        self.state().place.clone()
    }

    /// An image of the list or of one of the lists before.
    pub fn get(&self, id: &str) -> Option<ListedImage> {
        let state = self.state();
        state.lists().find_map(|list| list.get(id)).map(|item| item.input.clone())
    }

    /// As [`Images::get`], unless what is at its path has become a link to elsewhere, or its
    /// folder has. Blocks.
    pub fn find(&self, id: &str) -> Option<ListedImage> {
        let (input, within) = self.located(id)?;
        let is_inside = |real: PathBuf| within.iter().any(|folder| real.starts_with(folder));
        // That a file is not there any more is told by whoever opens it.
        fs::canonicalize(&input.path).map_or(true, is_inside).then_some(input)
    }

    /// The file of an image, as it is where links may lead. Blocks.
    pub fn open(&self, id: &str) -> Option<(ListedImage, io::Result<File>)> {
        let (input, within) = self.located(id)?;
        let file = open_inside(&within, &input.path);
        Some((input, file))
    }

    /// An image, and where links may lead to from its list.
    fn located(&self, id: &str) -> Option<(ListedImage, Vec<PathBuf>)> {
        let state = self.state();
        let found = |list: &List| Some((list.get(id)?.input.clone(), list.within().to_vec()));
        state.lists().find_map(found)
    }

    /// The id of the image at that path.
    pub fn id_of(&self, path: &Path) -> Option<String> {
        let state = self.state();
        state.lists().find_map(|list| list.at(path)).map(|item| item.input.id.clone())
    }

    /// The images, in order, without those that are left out.
    pub fn list(&self) -> Vec<ListedImage> {
        let state = self.state();
        state.wanted().map(|item| item.input.clone()).collect()
    }

    /// The list in short, as the page gets it.
    pub fn summary(&self) -> Value {
        let state = self.state();
        let source = state.place.as_ref().map_or(json!("none"), |place| json!(place.source));
        let bytes: u64 = state.wanted().map(|item| item.input.bytes).sum();
        json!({
            "revision": *self.0.revision.borrow(),
            "source": source,
            "label": state.place.as_ref().map_or("", |place| place.label.as_str()),
            "count": state.list.items().len(),
            "excluded": state.excluded.len(),
            "skipped": state.list.skipped_count(),
            "bytes": bytes,
            "loading": state.loading,
        })
    }

    /// A page of the list as the page gets it: of the images with `query` in their names, case and
    /// accents ignored, `limit` from `offset` on in that order.
    pub fn page(&self, query: &str, sort: Sort, offset: usize, limit: usize) -> Value {
        let state = self.state();
        let query = search_key(query);
        let found = state.list.items().iter().filter(|item| item.key.contains(&query));
        let mut found: Vec<_> = found.collect();
        match sort {
            Sort::Name => {}
            Sort::Date => found.sort_by_key(|item| item.modified),
            Sort::Size => found.sort_by_key(|item| Reverse(item.input.bytes)),
            Sort::Type => found.sort_by_key(|item| item.input.path.extension()),
        }
        let shown = found.iter().skip(offset).take(limit);
        let shown = shown.map(|item| item.json(state.excluded.contains(&item.input.id)));
        let shown: Vec<_> = shown.collect();
        let revision = *self.0.revision.borrow();
        json!({"revision": revision, "total": found.len(), "offset": offset, "images": shown})
    }

    /// The first 500 files that are no images, as the page gets them.
    pub fn skipped(&self) -> Value {
        let state = self.state();
        let entry = |(name, reason): &(String, Text)| {
            let es = Said::new(reason.clone()).spanish();
            json!({"name": name, "reason": reason.to_string(), "reason_es": es})
        };
        json!({"files": state.list.skipped().iter().map(entry).collect::<Vec<_>>()})
    }

    /// Takes what a worker has found out about an image: the size of its picture, upright.
    pub fn facts(&self, id: &str, width_px: u32, height_px: u32) {
        self.note(id, |item| item.size_px = Some((width_px, height_px)));
    }

    /// Takes from a worker that an image cannot be read.
    pub fn problem(&self, id: &str, kind: FailureKind, message: &Text) {
        self.note(id, |item| item.problem = Some(Failure::new(kind, message.clone())));
    }

    /// Tells the revision whenever the list or an exclusion changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.revision.subscribe()
    }

    /// Makes the images of a place the list, and returns its revision. This searches folders, so
    /// it blocks. Images that were left out remain so if the place is the same as before. If
    /// another place is loaded meanwhile, that one wins.
    pub fn load(&self, place: ImagePlace) -> Result<u64, PlanError> {
        self.load_with(place, Vec::new())
    }

    /// As [`Images::load`], with the names of files that were no images and are not there any more.
    pub fn load_with(&self, place: ImagePlace, skipped: Vec<String>) -> Result<u64, PlanError> {
        let scan = {
            let mut state = self.state();
            state.scans += 1;
            state.loading = true;
            state.scans
        };
        self.changed();
        let within = self.within(&place);
        let listing = plan::list(&place.root, place.recursive, &within, &self.0.output);
        let mut state = self.state();
        if state.scans != scan {
            return Ok(*self.0.revision.borrow());
        }
        state.loading = false;
        match listing {
            Ok(listing) => {
                let list = List::new(listing, &place.root, within, skipped, &state.list);
                state.replace(Some(place), list);
                drop(state);
                Ok(self.changed())
            }
            Err(error) => {
                drop(state);
                self.changed();
                let folders = [(place.root.as_path(), place.label.as_str())];
                Err(error.with_paths(|path| redact::path(path, &folders)))
            }
        }
    }

    /// Makes the list again that was there before this one, without what was left out of it; `None` if
    /// there was none. Blocks.
    pub fn load_before(&self) -> Option<Result<u64, PlanError>> {
        let (place, excluded) = self.state().before.clone()?;
        Some(self.load(place).map(|_| {
            let mut state = self.state();
            let is_there = |id: &String| state.list.get(id).is_some();
            state.excluded = excluded.into_iter().filter(is_there).collect();
            drop(state);
            self.changed()
        }))
    }

    /// Takes into the list what has come into its folder, if that is `root`. Blocks.
    pub fn look_again(&self, root: &Path) {
        let (place, scan) = {
            let state = self.state();
            let place = state.place.clone();
            let Some(place) = place.filter(|place| place.root == root && place.source.stays())
            else {
                return;
            };
            (place, state.scans)
        };
        let within = self.within(&place);
        // The list stays as it is if its folder cannot be searched now.
        let Ok(found) = plan::list(&place.root, place.recursive, &within, &self.0.output) else {
            return;
        };
        let mut state = self.state();
        if state.scans == scan {
            let list = List::new(found, &place.root, within, Vec::new(), &state.list);
            state.replace(Some(place), list);
            drop(state);
            self.changed();
        }
    }

    /// Empties the list; the files stay. Returns the revision.
    pub fn clear(&self) -> u64 {
        let mut state = self.state();
        state.scans += 1;
        state.loading = false;
        state.replace(None, List::default());
        drop(state);
        self.changed()
    }

    /// Leaves images out, or takes them back in; `None` stands for all. Returns the revision.
    pub fn exclude(&self, ids: Option<&[String]>, excluded: bool) -> Result<u64, UnknownImage> {
        let mut state = self.state();
        let State { list, excluded: out, .. } = &mut *state;
        let ids = match ids {
            Some(ids) if ids.iter().any(|id| list.get(id).is_none()) => return Err(UnknownImage),
            Some(ids) => ids.to_vec(),
            None => list.items().iter().map(|item| item.input.id.clone()).collect(),
        };
        for id in ids {
            if excluded {
                out.insert(id);
            } else {
                out.remove(&id);
            }
        }
        drop(state);
        Ok(self.changed())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, id: &str, note: impl Fn(&mut Item)) {
        let mut state = self.state();
        let State { list, former, .. } = &mut *state;
        for list in std::iter::once(list).chain(former) {
            if let Some(item) = list.get_mut(id) {
                note(item);
            }
        }
    }

    /// Counts a change.
    fn changed(&self) -> u64 {
        let mut revision = 0;
        self.0.revision.send_modify(|now| {
            *now += 1;
            revision = *now;
        });
        revision
    }
}

impl State {
    /// The list and those before it, the newest first.
    fn lists(&self) -> impl Iterator<Item = &List> {
        std::iter::once(&self.list).chain(&self.former)
    }

    /// The images that are not left out, in order.
    fn wanted(&self) -> impl Iterator<Item = &Item> {
        self.list.items().iter().filter(|item| !self.excluded.contains(&item.input.id))
    }

    /// Another list takes the place of this one.
    fn replace(&mut self, place: Option<ImagePlace>, list: List) {
        let same = |place: &ImagePlace| (place.source, place.root.clone());
        if self.place.as_ref().map(same) == place.as_ref().map(same) {
            self.excluded.retain(|id| list.get(id).is_some());
        } else {
            let excluded = std::mem::take(&mut self.excluded);
            self.before = self.place.take().map(|place| (place, excluded));
        }
        let before = std::mem::replace(&mut self.list, list);
        if !before.items().is_empty() {
            self.former.push_front(before);
            self.former.truncate(FORMER_LISTS);
        }
        self.place = place;
    }
}
