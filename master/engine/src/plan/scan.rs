//! Finds the images: the files that were named, and those in the folders that were named.
//!
//! A file named by itself is always taken, unless a pattern leaves it out. In a folder, files are
//! taken by their ending, and those without one by their content. Folders behind symbolic links are
//! entered once each, after those that are really there, and no folder twice; links to files are
//! taken. Folders of the system and hidden ones are not entered. What cannot be used is not left
//! out silently: it comes back with its failure, and what is left out is counted.

use std::collections::{HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lote_imaging::formats::{RAW, Sniffed};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;
use walkdir::{DirEntry, WalkDir};

use super::error::Problem;
use super::error::{read_failure, reason};
use super::globs::Globs;
use super::left_out::LeftOut;
use super::names::is_image_extension;
use super::place::Places;
use super::sniff::{Look, look};
use super::{PlanError, Request};

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

/// Folders that systems and devices keep beside people's images. Case does not matter; hidden ones
/// (`.thumbnails`, `.Trash-1000`) need no mention.
const SYSTEM_FOLDERS: [&str; 3] = ["@eaDir", "#recycle", "$RECYCLE.BIN"];

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The first few files in folders that are no images, by their paths below the folder.
    pub(super) others: Vec<PathBuf>,
    /// What was left out, and why.
    pub(super) left_out: LeftOut,
    /// Images, in the order of the paths given, and by name within a folder.
    pub(super) images: Vec<Found>,
    /// Folders that could not be listed.
    pub(super) problems: Vec<Problem>,
    /// Files to be left out.
    exclude: HashSet<PathBuf>,
    /// Where links may lead; anywhere if it is empty.
    within: Vec<PathBuf>,
    globs: Globs,
    /// Whether raw files are taken that are beside another image of their stem.
    raw: bool,
    seen: HashSet<PathBuf>,
    /// Folders that have been entered, without symbolic links.
    entered: HashSet<PathBuf>,
    subfolders: bool,
}

/// A folder to be searched.
struct Walk {
    /// Its path as the user would write it.
    path: PathBuf,
    /// The same without symbolic links.
    real: PathBuf,
    /// Whether a link led to it.
    linked: bool,
}

/// Looks at all paths. The output folder is left out, as are Lote's own files.
pub(super) fn scan(request: &Request, output: &Places) -> Result<Scan, PlanError> {
    let Request { paths, recursive, exclude, within, globs, raw, .. } = request;
    let (exclude, within, globs) = (exclude.clone(), within.clone(), globs.clone());
    let mut scan = Scan { exclude, within, globs, raw: *raw, ..Scan::default() };
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
        None => PlanError::NothingFound {
            paths: paths.to_vec(),
            subfolders: scan.subfolders,
            left_out: Box::new(scan.left_out),
        },
    }
}

impl Scan {
    /// Takes a file that was named by itself.
    fn file(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or(path.as_os_str());
        if !self.globs.takes(Path::new(name)) {
            return self.left_out.filtered.add(path);
        }
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
        let first = self.images.len();
        let mut walks =
            VecDeque::from([Walk { path: root.to_owned(), real: canonical, linked: false }]);
        while let Some(walk) = walks.pop_front() {
            let linked = self.walk(root, &walk, recursive, output);
            walks.extend(linked);
        }
        if !self.raw {
            self.leave_out_raw(first);
        }
        // As if links were folders.
        self.images[first..].sort_by(|one, other| one.path.cmp(&other.path));
        Ok(())
    }

    /// Leaves out, of the images of a folder, raw files beside another image of their stem: the camera
    /// has made both of one photo.
    fn leave_out_raw(&mut self, first: usize) {
        let is = |image: &Found, raw: bool| match &image.look {
            Ok(Look { content: Sniffed::Known(format), .. }) => (**format == RAW) == raw,
            _ => false,
        };
        let others = self.images[first..].iter().filter(|image| is(image, false));
        let stems: HashSet<_> = others.map(|image| image.path.with_extension("")).collect();
        let left_out = self.images.extract_if(first.., |image| {
            is(image, true) && stems.contains(&image.path.with_extension(""))
        });
        for image in left_out {
            self.left_out.raw.add(&image.name);
            self.seen.remove(&image.place);
        }
    }

    /// Takes the images of a folder at or below `root`; returns the folders that links lead to.
    fn walk(&mut self, root: &Path, walk: &Walk, recursive: bool, output: &Places) -> Vec<Walk> {
        let mut linked = Vec::new();
        if !self.entered.insert(walk.real.clone()) {
            return linked;
        }
        let place = |path: &Path| match path.strip_prefix(&walk.path) {
            Ok(below) => walk.real.join(below),
            Err(_) => path.to_owned(),
        };
        let mut entries = WalkDir::new(&walk.path)
            .min_depth(1)
            .max_depth(if recursive { usize::MAX } else { 1 })
            .sort_by_file_name()
            .into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(&walk.path).to_owned();
                    self.problem(&path, &error.into());
                    continue;
                }
            };
            let below = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned();
            let is_folder = entry.file_type().is_dir();
            if is_ours(entry.file_name()) {
                if is_folder {
                    entries.skip_current_dir();
                }
            } else if is_folder {
                let real = place(entry.path());
                if !recursive {
                    self.subfolders |= real != output.root;
                } else if !self.may_enter(&entry, &below, &real, output)
                    || !self.entered.insert(real)
                {
                    entries.skip_current_dir();
                }
            } else if entry.path_is_symlink() && entry.path().is_dir() {
                if !recursive {
                    self.subfolders = true;
                } else if let Some(target) = self.link_target(entry.path()) {
                    if self.may_enter(&entry, &below, &target, output) {
                        linked.push(Walk { path: entry.into_path(), real: target, linked: true });
                    }
                } else {
                    self.other(&below);
                }
            } else if self.exclude.contains(entry.path()) {
                // The page has it on its list, and not ticked.
            } else if !self.globs.takes(&below) {
                self.left_out.filtered.add(&below);
            } else if let Some(look) = self.look_at(&entry, &below) {
                self.take(Found {
                    name: below,
                    place: place(entry.path()),
                    link: walk.linked || entry.path_is_symlink(),
                    path: entry.into_path(),
                    look,
                });
            }
        }
        linked
    }

    /// Whether a folder is searched; counts it if it is left out.
    fn may_enter(&mut self, entry: &DirEntry, below: &Path, real: &Path, output: &Places) -> bool {
        if is_of_the_system(entry.file_name()) {
            self.left_out.system_folders.add(below);
        } else if self.globs.leaves_out(below) {
            self.left_out.filtered.add(below);
        } else {
            // A link into it is no way around.
            return real != output.root && !(entry.path_is_symlink() && output.is_written_to(real));
        }
        false
    }

    /// The folder that a link leads to, if it may.
    fn link_target(&self, path: &Path) -> Option<PathBuf> {
        fs::canonicalize(path).ok().filter(|target| self.may_lead_to(target))
    }

    /// What a folder's entry is; `None`, and it is counted, if it is not taken. What a link to
    /// elsewhere leads to is not looked at.
    fn look_at(&mut self, entry: &DirEntry, below: &Path) -> Option<Result<Look, Failure>> {
        let name = Path::new(entry.file_name());
        let is_named = name.extension().is_some_and(is_image_extension);
        if entry.path_is_symlink() && self.leads_out(entry.path()) {
            if !is_named {
                self.other(below);
            }
            return is_named.then(|| Err(link_failure()));
        }
        // A file that is not named like one is opened only if it is certain that it can be.
        let is_file = entry.path_is_symlink() || entry.file_type().is_file();
        let look = if is_named || is_file { look(entry.path()) } else { Err(not_a_file()) };
        let is_image = match &look {
            Ok(look) if !is_named => look.content != Sniffed::Unknown,
            Ok(look) => !(look.apple_double && is_hidden(entry.file_name())),
            Err(_) => is_named,
        };
        match is_image {
            true if is_named || name.extension().is_none() => return Some(look),
            true => {
                self.left_out.misnamed.add(below);
                self.name_other(below);
            }
            false => self.other(below),
        }
        None
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
    fn other(&mut self, below: &Path) {
        if below.file_name().is_some_and(is_hidden) {
            return;
        }
        self.left_out.others.add(below);
        self.name_other(below);
    }

    fn name_other(&mut self, below: &Path) {
        if self.others.len() < MAX_OTHERS {
            self.others.push(below.to_owned());
        }
    }

    fn problem(&mut self, path: &Path, error: &io::Error) {
        let mut failure = read_failure(error);
        failure.message = text!("cannot list the folder: {}", reason(error));
        self.problems.push(Problem { path: path.to_owned(), failure });
    }
}

fn link_failure() -> Failure {
    Failure::new(FailureKind::Permission, text!("it is a link to a file outside of the folder"))
}

/// Whether it is Lote's own: its folder, or an output that is not finished.
fn is_ours(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name == b".lote" || name.starts_with(b".lote-")
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a folder of that name is of the system or hidden: it is not entered.
pub(crate) fn is_of_the_system(name: &OsStr) -> bool {
    is_hidden(name) || SYSTEM_FOLDERS.iter().any(|ours| name.eq_ignore_ascii_case(ours))
}

fn not_a_file() -> Failure {
    Failure::new(FailureKind::NotAFile, text!("not a regular file"))
}
