//! Finds the images: the files that were named, and those in the folders that were named.
//!
//! A file named by itself is always taken. In a folder, files are taken by their ending, and those
//! without one by their content; images under an ending of something else are counted. Folders behind symbolic links are not entered; links to files are
//! taken. What cannot be used is not left out silently: it comes back with its failure.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lote_imaging::formats::Sniffed;
use lote_protocol::outcome::{Failure, FailureKind};
use walkdir::{DirEntry, WalkDir};

use super::error::{read_failure, reason};
use super::names::is_image_extension;
use super::place::Places;
use super::sniff::{Look, look};
use super::{Disguised, PlanError, Problem, Request};

/// An image that was found.
#[derive(Debug)]
pub(super) struct Found {
    /// Its path as the user would write it.
    pub(super) path: PathBuf,
    /// Its path below the folder that was named, or its file name.
    pub(super) name: PathBuf,
    /// Its folder, without symbolic links, and its file name.
    pub(super) place: PathBuf,
    /// Whether it is a symbolic link.
    pub(super) link: bool,
    /// What it is, or why it cannot be used.
    pub(super) look: Result<Look, Failure>,
}

/// How many files that are no images are named.
const MAX_OTHERS: usize = 500;

/// How many images under other endings are named.
const SHOWN: usize = 5;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The first few files in folders that are no images, by their paths below the folder.
    pub(super) others: Vec<PathBuf>,
    /// How many files are no images. Hidden ones are not counted.
    pub(super) other_count: usize,
    /// Of these, what is an image by its content.
    pub(super) disguised: Disguised,
    /// Images, in the order of the paths given, and by name within a folder.
    pub(super) images: Vec<Found>,
    /// Folders that could not be listed.
    pub(super) problems: Vec<Problem>,
    /// Files to be left out.
    exclude: HashSet<PathBuf>,
    /// Where links may lead; anywhere if it is empty.
    within: Vec<PathBuf>,
    seen: HashSet<PathBuf>,
    subfolders: bool,
}

/// Looks at all paths. The output folder is left out, as are Lote's own files.
pub(super) fn scan(request: &Request, output: &Places) -> Result<Scan, PlanError> {
    let Request { paths, recursive, exclude, within, .. } = request;
    let (exclude, within) = (exclude.clone(), within.clone());
    let mut scan = Scan { exclude, within, ..Scan::default() };
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => scan.folder(path, *recursive, output)?,
            _ => scan.file(path),
        }
    }
    if scan.images.iter().all(|image| is_missing(&image.look)) {
        return Err(nothing(scan, paths));
    }
    Ok(scan)
}

/// Looks at one folder; it may be that nothing is there.
pub(super) fn scan_folder(
    folder: &Path,
    recursive: bool,
    within: &[PathBuf],
    output: &Places,
) -> Result<Scan, PlanError> {
    let mut scan = Scan { within: within.to_vec(), ..Scan::default() };
    scan.folder(folder, recursive, output)?;
    Ok(scan)
}

const fn is_missing(look: &Result<Look, Failure>) -> bool {
    matches!(look, Err(failure) if matches!(failure.kind, FailureKind::NotFound))
}

/// Why there is nothing to work on.
fn nothing(scan: Scan, paths: &[PathBuf]) -> PlanError {
    let missing = scan.images.into_iter().find_map(|image| {
        let failure = image.look.err()?;
        Some((image.path, failure))
    });
    let unlisted = scan.problems.into_iter().next();
    let unreadable = missing.or_else(|| unlisted.map(|problem| (problem.path, problem.failure)));
    match unreadable {
        Some((path, failure)) => PlanError::Unreadable { path, reason: failure.message },
        None => PlanError::NothingFound { paths: paths.to_vec(), subfolders: scan.subfolders },
    }
}

impl Scan {
    /// Takes a file that was named by itself.
    fn file(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let folder = match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => Path::new("."),
        };
        let place = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        self.take(Found {
            path: path.to_owned(),
            name: name.into(),
            place: place.join(name),
            link: path.is_symlink(),
            look: if self.leads_out(path) { Err(link_failure()) } else { look(path) },
        });
    }

    /// Takes the images of a folder.
    fn folder(&mut self, root: &Path, recursive: bool, output: &Places) -> Result<(), PlanError> {
        let canonical = match fs::canonicalize(root) {
            Ok(canonical) => canonical,
            Err(error) => {
                self.problem(root, &error);
                return Ok(());
            }
        };
        if output.is_written_to(&canonical) {
            return Err(PlanError::InputIsOutput { path: root.into() });
        }
        if !self.may_lead_to(&canonical) {
            self.problem(root, &io::ErrorKind::PermissionDenied.into());
            return Ok(());
        }
        let place = |path: &Path| {
            let below = path.strip_prefix(root).unwrap_or(path);
            canonical.join(below)
        };
        let entries = WalkDir::new(root)
            .min_depth(1)
            .max_depth(if recursive { usize::MAX } else { 1 })
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| {
                let is_output = entry.file_type().is_dir() && output.root == place(entry.path());
                !is_output && !is_ours(entry.file_name())
            });
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => self.subfolders |= !recursive,
                Ok(entry) if self.exclude.contains(entry.path()) => {}
                Ok(entry) => {
                    if let Some(look) = self.look_at(&entry) {
                        let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
                        self.take(Found {
                            name: below.to_owned(),
                            place: place(entry.path()),
                            link: entry.path_is_symlink(),
                            path: entry.into_path(),
                            look,
                        });
                    } else {
                        self.other(&entry, root);
                    }
                }
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    self.problem(&path, &error.into());
                }
            }
        }
        Ok(())
    }

    /// What a folder's entry is; `None` if it is no image. What a link to elsewhere leads to is not
    /// looked at.
    fn look_at(&self, entry: &DirEntry) -> Option<Result<Look, Failure>> {
        if !entry.path_is_symlink() || !self.leads_out(entry.path()) {
            return look_at_entry(entry);
        }
        let extension = Path::new(entry.file_name()).extension();
        extension.is_some_and(is_image_extension).then(|| Err(link_failure()))
    }

    fn leads_out(&self, path: &Path) -> bool {
        !self.within.is_empty()
            && fs::canonicalize(path).is_ok_and(|target| !self.may_lead_to(&target))
    }

    fn may_lead_to(&self, target: &Path) -> bool {
        self.within.is_empty() || self.within.iter().any(|folder| target.starts_with(folder))
    }

    /// Keeps an image, unless the same file has been named before.
    fn take(&mut self, image: Found) {
        if self.seen.insert(image.place.clone()) {
            self.images.push(image);
        }
    }

    /// Counts a file that is no image.
    fn other(&mut self, entry: &DirEntry, root: &Path) {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            return;
        }
        self.other_count += 1;
        if entry.path().extension().is_some()
            && entry.file_type().is_file()
            && is_known(entry.path())
        {
            self.disguised.count += 1;
            if self.disguised.first.len() < SHOWN {
                self.disguised.first.push(entry.path().to_owned());
            }
        }
        if self.others.len() < MAX_OTHERS {
            let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
            self.others.push(below.to_owned());
        }
    }

    fn problem(&mut self, path: &Path, error: &io::Error) {
        let mut failure = read_failure(error);
        failure.message = format!("cannot list the folder: {}", reason(error));
        self.problems.push(Problem { path: path.to_owned(), failure });
    }
}

fn link_failure() -> Failure {
    Failure::new(FailureKind::Permission, "it is a link to a file outside of the folder")
}

/// Whether it is Lote's own: its folder, or an output that is not finished.
fn is_ours(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name == b".lote" || name.starts_with(b".lote-")
}

/// Whether the content of a file is an image that can be read.
fn is_known(path: &Path) -> bool {
    look(path).is_ok_and(|look| matches!(look.content, Sniffed::Known(_)))
}

/// What a folder's entry is; `None` if it is no image.
fn look_at_entry(entry: &DirEntry) -> Option<Result<Look, Failure>> {
    let extension = Path::new(entry.file_name()).extension();
    if extension.is_some_and(|extension| !is_image_extension(extension)) {
        return None;
    }
    // A link to a folder is no image, whatever it is called.
    if entry.path_is_symlink() && entry.path().is_dir() {
        return None;
    }
    let look = look(entry.path());
    let is_image = match &look {
        Ok(look) if extension.is_none() => look.content != Sniffed::Unknown,
        Ok(look) => !(look.apple_double && entry.file_name().as_encoded_bytes().starts_with(b"._")),
        Err(_) => extension.is_some(),
    };
    is_image.then_some(look)
}
