//! The folder of a run with twins of what is in a store.

mod ahead;
mod twins;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use lote_protocol::temporary::{self, Owner};
use tempfile::TempDir;

use super::Problem;
use crate::store::{Object, SCHEME, is_address};
use crate::system::is_alive;

/// A folder with twins of objects, which goes away with this. The twin of `s3://bucket/key` is the file
/// `s3:/bucket/key` in it.
#[derive(Debug)]
pub struct Spool {
    _folder: TempDir,
    /// The same without symbolic links.
    pub(super) root: PathBuf,
    /// The images, by their names (`s3://…`).
    pub(super) images: HashMap<PathBuf, Object>,
    /// What is there of outputs, by their names.
    pub(super) outputs: HashMap<PathBuf, Object>,
    /// What is there and has no twin.
    pub(super) problems: Vec<Problem>,
}

impl PartialEq for Spool {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl Spool {
    /// An empty one in that folder, which is made if need be. Those that processes have left which are not
    /// alive any more go.
    ///
    /// # Errors
    /// Those of making folders.
    pub fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let here = Owner::this();
        for entry in fs::read_dir(folder)?.flatten() {
            let owner = entry.file_name().to_str().and_then(temporary::owner);
            if owner.is_some_and(|owner| owner.machine == here.machine && !is_alive(owner.pid)) {
                // Another process may be faster.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let mut builder = tempfile::Builder::new();
        let prefix = here.prefix();
        let folder = builder.prefix(&prefix).suffix(temporary::SUFFIX).tempdir_in(folder)?;
        Ok(Self {
            root: folder.path().canonicalize()?,
            _folder: folder,
            images: HashMap::new(),
            outputs: HashMap::new(),
            problems: Vec::new(),
        })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file that a path stands for: the twin of a place in a store, and else that path.
    pub fn place(&self, path: &Path) -> PathBuf {
        if is_address(path) {
            self.root.join(path.components().collect::<PathBuf>())
        } else {
            path.to_owned()
        }
    }

    /// What a file is called: a twin as its object, and any other by its path.
    pub fn name(&self, path: &Path) -> PathBuf {
        let rest = path.strip_prefix(&self.root).and_then(|rest| rest.strip_prefix("s3:"));
        rest.map_or_else(|_| path.to_owned(), |rest| Path::new(SCHEME).join(rest))
    }

    /// The same words, with objects called by their names.
    pub fn said(&self, words: &str) -> String {
        words.replace(&format!("{}/s3:/", self.root.display()), SCHEME)
    }

    /// The object that an image is, by its name.
    pub fn image(&self, name: &Path) -> Option<&Object> {
        self.images.get(name)
    }

    /// The object that is in an output's place, by its name.
    pub fn output(&self, name: &Path) -> Option<&Object> {
        self.outputs.get(name)
    }

    /// What could not get a twin.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Empties the twins of images, which a plan has looked at.
    pub fn empty(&self) {
        for name in self.images.keys() {
            // What is not emptied takes some room.
            let _ =
                File::options().write(true).open(self.place(name)).and_then(|file| file.set_len(0));
        }
    }
}
