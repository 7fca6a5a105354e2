//! Makes the twins in a spool: of the images that a request names, and of the outputs that are there.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use super::{Spool, ahead};
use crate::plan::error::{Problem, reason};
use crate::plan::{Request, is_image_name};
use crate::store::{Address, Error, Object, Store, is_address};

impl Spool {
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
        // One that cannot be used is refused by the plan.
        let mut patterns = request.variants.iter().flat_map(|variant| request.pattern_of(variant));
        let pages = patterns.any(|pattern| pattern.parts_pages());
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
