//! Uploads: files come one by one into a folder of their own; when the last has come they become
//! the list of images. Nothing that a browser says decides where a file goes.

mod assets;
mod routes;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(super) use assets::routes as asset_routes;
pub(super) use routes::routes;

use lote_protocol::lang::reason;
use lote_protocol::text;

use super::error::Refusal;
use super::upload_names;
use crate::redact;
use lote_engine::journal::Past;

/// Most files of an upload.
pub const MAX_FILES: usize = 5000;

/// Largest file, bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 30;

/// Largest upload, bytes.
pub const MAX_BYTES: u64 = 10 << 30;

/// How many uploads can be under way.
const MAX_UPLOADS: usize = 8;

/// An upload that nothing has come of for so long makes room for another.
const ABANDONED: Duration = Duration::from_secs(600);

/// Disk space that uploads leave free, bytes.
const RESERVE_BYTES: u64 = 256 << 20;

/// Uploads under way: a handle, cheap to clone.
#[derive(Debug, Clone)]
pub struct Uploads(Arc<SharedUploads>);

#[derive(Debug)]
struct SharedUploads {
    /// Every upload has a folder in this one.
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    begun: u64,
    open: HashMap<String, Upload>,
    /// What is no image, by the folder of the upload that it came with.
    skipped: HashMap<PathBuf, Vec<String>>,
}

/// An upload under way.
#[derive(Debug)]
struct Upload {
    folder: PathBuf,
    /// What was announced, and what of it has not come yet.
    files: usize,
    bytes: u64,
    touched: Instant,
}

impl Uploads {
    /// The folder that uploads have theirs in, which workers may read.
    pub(super) fn folder(&self) -> PathBuf {
        self.0.folder.clone()
    }

    /// Without any; they will have their folders in `folder`.
    pub fn new(folder: PathBuf) -> Self {
        // Those of the server before may still be there.
        let begun = there(&folder).filter_map(|name| number(&name)).max().unwrap_or(0);
        let state = Mutex::new(State { begun, ..State::default() });
        Self(Arc::new(SharedUploads { folder, state }))
    }

    /// The folder of an upload that the server before has left; `None` if it is gone.
    pub(super) fn kept(&self, id: &str) -> Option<PathBuf> {
        number(id)?;
        let folder = self.0.folder.join(id);
        folder.symlink_metadata().is_ok_and(|it| it.is_dir()).then_some(folder)
    }

    /// Removes what the server before has left, but for these, and what a job needs that broke off.
    /// Blocks.
    pub(super) fn keep_only(&self, ids: &HashSet<String>, broken_off: Option<&Past>) {
        let needs = |folder: &Path| {
            broken_off.is_some_and(|past| past.header.paths.iter().any(|name| name.0 == folder))
        };
        for name in there(&self.0.folder).filter(|name| number(name).is_some()) {
            let folder = self.0.folder.join(&name);
            if !ids.contains(&name) && !needs(&folder) {
                remove(&folder);
            }
        }
    }

    /// Begins an upload of so many files and bytes, and returns its id. Blocks.
    fn begin(&self, files: usize, bytes: u64) -> Result<String, Refusal> {
        if files > MAX_FILES {
            return Err(Refusal::too_large(text!("an upload has at most {} files", MAX_FILES)));
        }
        if bytes > MAX_BYTES {
            let most = MAX_BYTES >> 30;
            return Err(Refusal::too_large(text!("an upload has at most {} GiB", most)));
        }
        let mut state = self.state();
        state.forget_abandoned(ABANDONED);
        if state.open.len() >= MAX_UPLOADS {
            let message = text!("{} uploads are under way already", MAX_UPLOADS);
            return Err(
                Refusal::conflict("busy", message).hint(text!("wait for one of them to end"))
            );
        }
        let promised: u64 = state.open.values().map(|upload| upload.bytes).sum();
        let free = lote_engine::system::free_bytes(&self.0.folder).unwrap_or(u64::MAX);
        if free < bytes.saturating_add(promised).saturating_add(RESERVE_BYTES) {
            return Err(Refusal::no_space(text!("the disk has no room for these files")));
        }
        state.begun += 1;
        let id = format!("u{}", state.begun);
        let folder = self.0.folder.join(&id);
        fs::create_dir_all(&folder).map_err(|error| write_refusal(&error))?;
        let touched = Instant::now();
        state.open.insert(id.clone(), Upload { folder, files, bytes, touched });
        Ok(id)
    }

    /// Takes a file out of what was announced; returns the folder that it belongs in.
    fn count_file(&self, id: &str) -> Result<PathBuf, Refusal> {
        self.with(id, |upload| {
            upload.files = upload
                .files
                .checked_sub(1)
                .ok_or_else(|| Refusal::too_large(text!("more files than were announced")))?;
            Ok(upload.folder.clone())
        })
    }

    /// Takes bytes out of what was announced.
    fn count_bytes(&self, id: &str, bytes: u64) -> Result<(), Refusal> {
        self.with(id, |upload| {
            upload.bytes = upload
                .bytes
                .checked_sub(bytes)
                .ok_or_else(|| Refusal::too_large(text!("more bytes than were announced")))?;
            Ok(())
        })
    }

    /// Whether an upload is still under way.
    fn is_open(&self, id: &str) -> bool {
        self.state().open.contains_key(id)
    }

    /// Removes the uploads of pages that have left in the middle. Blocks.
    pub fn forget_abandoned(&self) {
        self.state().forget_abandoned(ABANDONED);
    }

    /// Removes all uploads that have not come to their ends: the server ends. Blocks.
    pub fn forget_open(&self) {
        self.state().forget_abandoned(Duration::ZERO);
    }

    /// Notes a file that is no image and was not kept.
    fn skip(&self, id: &str, label: &str) {
        let mut state = self.state();
        let Some(folder) = state.open.get(id).map(|upload| upload.folder.clone()) else { return };
        let skipped = state.skipped.entry(folder).or_default();
        if skipped.len() < MAX_FILES {
            skipped.push(label.chars().take(200).collect());
        }
    }

    /// Files that came with the uploads of a folder and are no images.
    pub fn skipped(&self, folder: &Path) -> Vec<String> {
        self.state().skipped.get(folder).cloned().unwrap_or_default()
    }

    /// Ends an upload; returns its folder. With a folder to add it to, everything is moved there,
    /// and that folder is returned. Blocks.
    fn finish(&self, id: &str, add_to: Option<&Path>) -> Result<PathBuf, Refusal> {
        let upload = self.state().open.remove(id).ok_or_else(Refusal::not_found)?;
        let Some(target) = add_to.filter(|target| target.starts_with(&self.0.folder)) else {
            return Ok(upload.folder);
        };
        move_all(&upload.folder, target).map_err(|error| write_refusal(&error))?;
        let mut state = self.state();
        let skipped = state.skipped.remove(&upload.folder).unwrap_or_default();
        state.skipped.entry(target.to_owned()).or_default().extend(skipped);
        Ok(target.to_owned())
    }

    /// Ends an upload and removes what has come of it. Blocks.
    fn cancel(&self, id: &str) -> Result<(), Refusal> {
        let upload = self.state().open.remove(id).ok_or_else(Refusal::not_found)?;
        self.state().skipped.remove(&upload.folder);
        remove(&upload.folder);
        Ok(())
    }

    fn with<T>(
        &self,
        id: &str,
        act: impl FnOnce(&mut Upload) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut state = self.state();
        let upload = state.open.get_mut(id).ok_or_else(Refusal::not_found)?;
        upload.touched = Instant::now();
        act(upload)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget_abandoned(&mut self, silence: Duration) {
        let old: Vec<_> = self
            .open
            .iter()
            .filter(|(_, upload)| upload.touched.elapsed() >= silence)
            .map(|(id, _)| id.clone())
            .collect();
        for id in old {
            if let Some(upload) = self.open.remove(&id) {
                self.skipped.remove(&upload.folder);
                remove(&upload.folder);
            }
        }
    }
}

/// The names of what is in a folder.
fn there(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

/// The number of an upload of that id.
fn number(id: &str) -> Option<u64> {
    let digits = id.strip_prefix('u')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// A new, empty file in a folder for a file of that label; returns its path too.
fn create(folder: &Path, label: &str, ending: Option<&str>) -> io::Result<(fs::File, PathBuf)> {
    let place = upload_names::place(label, ending);
    claim(folder, &place, |path| fs::OpenOptions::new().write(true).create_new(true).open(path))
}

/// Does something with the first path that nothing stands in the way of: as wanted, or numbered.
fn claim<T>(
    folder: &Path,
    place: &Path,
    mut act: impl FnMut(&Path) -> io::Result<T>,
) -> io::Result<(T, PathBuf)> {
    for number in 1..=MAX_FILES {
        let name =
            if number == 1 { place.to_owned() } else { upload_names::numbered(place, number) };
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        match act(&path) {
            Ok(done) => return Ok((done, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Moves every file of a folder into another one; a file whose name is taken there is numbered.
fn move_all(from: &Path, to: &Path) -> io::Result<()> {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            let below = entry.path().strip_prefix(from).unwrap_or(entry.path());
            claim(to, below, |path| rename_new(entry.path(), path))?;
        }
    }
    remove(from);
    Ok(())
}

/// Renames a file unless something has the new name.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        // Not every file system has links; uploads have only one writer at a time.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !to.exists() => {
            fs::rename(from, to)
        }
        linked => linked,
    }
}

fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        tracing::warn!(folder = %folder.display(), %error, "an upload could not be removed");
    }
}

/// Why a file could not be written.
pub(super) fn write_refusal(error: &io::Error) -> Refusal {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    if matches!(error.kind(), StorageFull | QuotaExceeded) {
        return Refusal::no_space(text!("the disk is full"));
    }
    Refusal::unprocessable(
        "unwritable",
        text!("the file could not be stored: {}", reason(error)).map(redact::text),
    )
}
