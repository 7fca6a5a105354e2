//! The folder of a run with twins of what is in a store.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::temporary::{self, Owner};
use lote_protocol::text;
use tempfile::TempDir;

use super::{Address, Error, Object, SCHEME, Store, ahead, is_address};
use crate::plan::error::reason;
use crate::plan::{Problem, Request, is_image_name};
use crate::system::is_alive;

/// A folder with twins of objects, which goes away with this. The twin of `s3://bucket/key` is the file
/// `s3:/bucket/key` in it.
#[derive(Debug)]
pub struct Spool {
    _folder: TempDir,
    /// The same without symbolic links.
    root: PathBuf,
    /// The images, by their names (`s3://…`).
    images: HashMap<PathBuf, Object>,
    /// What is there of outputs, by their names.
    outputs: HashMap<PathBuf, Object>,
    /// What is there and has no twin.
    problems: Vec<Problem>,
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

    /// A request on twins, for one on places in a store.
    #[must_use]
    pub fn request(&self, request: &Request) -> Request {
        let mut request = request.clone();
        for path in &mut request.paths {
            *path = self.place(path);
        }
        request.output = self.place(&request.output);
        if !request.within.is_empty() {
            request.within.push(self.root.clone());
        }
        request
    }

    /// Makes twins of the images that a request names. They have the size and the time of their objects,
    /// and of their content as much as a plan looks at.
    ///
    /// # Errors
    /// Those of the store.
    pub fn take_images(&mut self, store: &dyn Store, request: &Request) -> Result<(), Error> {
        let mut looked_at = Vec::new();
        for path in request.paths.iter().filter(|path| is_address(path)) {
            let address = Address::of(path).map_err(Error::Refused)?;
            let mut objects = self.list(store, &address, request.recursive)?;
            if objects.is_empty() && !address.key.is_empty() {
                match store.look(&address) {
                    Ok(object) => objects.push(object),
                    Err(Error::Missing(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            for object in objects {
                let name = object.address.path();
                let below = name.strip_prefix(address.path()).unwrap_or(&name);
                let is_named = name.file_name().is_some_and(|name| {
                    is_image_name(name) || Path::new(name).extension().is_none()
                });
                let is_wanted = is_named && request.globs.takes(below);
                if self.add(&object)
                    && self.images.insert(name, object.clone()).is_none()
                    && is_wanted
                {
                    looked_at.push(object);
                }
            }
        }
        let pages = request.pattern.parts_pages();
        for (object, error) in ahead::look(store, self, looked_at, pages)? {
            let name = object.address.path();
            // Better none than one that shows nothing.
            let _ = fs::remove_file(self.place(&name));
            self.images.remove(&name);
            self.problems.push(Problem { path: name, failure: error.of_image() });
        }
        Ok(())
    }

    /// Makes twins of the outputs that are there, with nothing in them: a plan sees by them which names are
    /// taken.
    ///
    /// # Errors
    /// Those of the store.
    pub fn take_outputs(&mut self, store: &dyn Store, output: &Address) -> Result<(), Error> {
        for object in self.list(store, output, true)? {
            let name = object.address.path();
            if self.add(&object) {
                self.outputs.insert(name, object);
            }
        }
        Ok(())
    }

    /// Empties the twins of images, which a plan has looked at.
    pub fn empty(&self) {
        for name in self.images.keys() {
            // What is not emptied takes some room.
            let _ =
                File::options().write(true).open(self.place(name)).and_then(|file| file.set_len(0));
        }
    }

    /// The objects below an address; what is no file is a folder here.
    fn list(&self, store: &dyn Store, below: &Address, deep: bool) -> Result<Vec<Object>, Error> {
        let disk = |error: io::Error| Error::Disk(reason(&error));
        let listing = store.list(below, deep)?;
        let folder = self.place(&below.path());
        if !listing.objects.is_empty() || !listing.folders.is_empty() {
            fs::create_dir_all(&folder).map_err(disk)?;
        }
        for name in listing.folders {
            fs::create_dir_all(folder.join(name)).map_err(disk)?;
        }
        let mut objects = listing.objects;
        // Some stores say tags of single objects only.
        for object in objects.iter_mut().filter(|object| object.tag.is_none()) {
            object.tag = match store.look(&object.address) {
                Err(Error::Missing(_)) => None,
                looked => looked?.tag,
            };
        }
        // Some programs mark folders by empty objects of their names.
        objects.sort_by_key(|object| object.bytes == 0);
        objects.retain(|object| object.bytes > 0 || !self.place(&object.address.path()).is_dir());
        Ok(objects)
    }

    /// Makes a twin; whether it is there now.
    fn add(&mut self, object: &Object) -> bool {
        let name = object.address.path();
        let file = self.place(&name);
        if object.bytes == 0 && file.is_dir() {
            return false;
        }
        match create(&file, object) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && file.is_file() => true,
            Err(error) => {
                let what = text!("its key cannot be the path of a file here: {}", reason(&error));
                let failure = Failure::new(FailureKind::Read, what);
                self.problems.push(Problem { path: name, failure });
                false
            }
        }
    }
}

fn create(path: &Path, object: &Object) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File::create_new(path)?;
    file.set_len(object.bytes)?;
    file.set_modified(object.modified)
}
