//! What outlives a server: files that pages have sent, the list of images, and the jobs that wait.
//! A file beside the outputs says what there is; it is written whenever that changes, and read by the
//! next server that starts there.
//!
//! What it says is believed no more than what a page says: places are names of folders that pages may
//! choose, and what is to be made is checked as a request is.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lote_engine::journal::Name;
use lote_engine::system::files::{make_own_folder, open_lock, open_regular};
use serde::{Deserialize, Serialize};

use crate::jobs::JobRequest;

const FORMAT: u32 = 1;
const FOLDER: &str = "server";
const FILE: &str = "kept.json";
const LOCK: &str = "lock";
/// Largest record that is read, bytes: that of jobs that leave out very many images.
const MAX_BYTES: u64 = 32 << 20;

/// What is on record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    /// The input folder of the server.
    pub input: Name,
    /// The list of images.
    pub list: Option<List>,
    /// The jobs that wait, in turn.
    pub waiting: Vec<Waiting>,
}

impl Manifest {
    /// What there is now.
    pub fn new(input: &Path, list: Option<List>, waiting: Vec<Waiting>) -> Self {
        Self { format: FORMAT, input: input.into(), list, waiting }
    }
}

/// A list of images: where they are, and which of them are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct List {
    /// Where they are.
    pub place: ListSource,
    /// Paths below that place.
    pub exclude: Vec<Name>,
}

/// Where images are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListSource {
    /// A folder of the machine, which must be one that may be chosen.
    Folder {
        /// The folder.
        path: Name,
        /// Whether the folders below it belong to it.
        recursive: bool,
    },
    /// Files that a page has sent.
    Upload(String),
    /// So many samples.
    Samples(usize),
}

/// A job that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its name, for people.
    pub name: String,
    /// What was asked for.
    pub request: JobRequest,
    /// On which images.
    pub list: List,
}

/// The record and the folder of what is kept; clones are the same.
#[derive(Debug, Clone)]
pub struct Kept(Arc<SharedKept>);

#[derive(Debug)]
struct SharedKept {
    folder: PathBuf,
    /// Held as long as the server lives: no other one keeps anything here.
    _lock: File,
    /// Whether it is written: not before it has been read, nor when the server ends.
    is_written: Mutex<bool>,
}

impl Kept {
    /// In a private folder of the outputs; `None` while another server keeps its own there.
    pub fn open(private: &Path) -> io::Result<Option<Self>> {
        let folder = std::path::absolute(private)?.join(FOLDER);
        make_own_folder(&folder)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        }
        let lock = open_lock(&folder.join(LOCK))?;
        if lote_engine::system::lock(&lock).is_err() {
            return Ok(None);
        }
        Ok(Some(Self(Arc::new(SharedKept { folder, _lock: lock, is_written: Mutex::default() }))))
    }

    /// A folder for what is kept, which is made if need be.
    pub fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.0.folder.join(name);
        make_own_folder(&folder)?;
        Ok(folder)
    }

    /// What the last server has left; nothing if it cannot be read.
    pub fn read(&self) -> Manifest {
        let read = || -> io::Result<Manifest> {
            let mut text = Vec::new();
            open_regular(&self.0.folder.join(FILE))?.take(MAX_BYTES).read_to_end(&mut text)?;
            Ok(serde_json::from_slice(&text)?)
        };
        match read() {
            Ok(record) if record.format == FORMAT => record,
            Ok(_) => Manifest::default(),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(%error, "what the last server has left cannot be read");
                }
                Manifest::default()
            }
        }
    }

    /// Writes the record from now on: what the last server has left has been taken over.
    pub fn begin(&self) {
        *self.is_written() = true;
    }

    /// Leaves the record as it is: the server is about to end.
    pub fn close(&self) {
        *self.is_written() = false;
    }

    fn is_written(&self) -> MutexGuard<'_, bool> {
        self.0.is_written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what there is now, whole or not at all, between [`Kept::begin`] and
    /// [`Kept::close`].
    pub fn write(&self, now: impl FnOnce() -> Manifest) {
        // What is written last is what there was last.
        let is_written = self.is_written();
        if !*is_written {
            return;
        }
        let write = || -> io::Result<()> {
            let text = serde_json::to_vec(&now())?;
            let mut new = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.0.folder)?;
            new.write_all(&text)?;
            new.persist(self.0.folder.join(FILE)).map_err(|error| error.error)?;
            Ok(())
        };
        if let Err(error) = write() {
            tracing::warn!(%error, "the jobs that wait cannot be written down");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_only_one_server_keeps_it() {
        let private = tempfile::tempdir().unwrap();
        let kept = Kept::open(private.path()).unwrap().unwrap();
        assert_eq!(kept.read(), Manifest::default());
        let list =
            List { place: ListSource::Upload("u3".into()), exclude: vec![Name("a.png".into())] };
        let record = Manifest::new(Path::new("/in"), Some(list), Vec::new());
        kept.write(Manifest::default);
        assert_eq!(kept.read(), Manifest::default(), "not before it has been taken over");
        kept.begin();
        kept.write(|| record.clone());
        assert!(Kept::open(private.path()).unwrap().is_none());
        kept.close();
        kept.write(Manifest::default);
        drop(kept);
        assert_eq!(Kept::open(private.path()).unwrap().unwrap().read(), record);
    }

    #[cfg(unix)]
    #[test]
    fn a_record_that_is_no_regular_file_or_no_record_is_none() {
        let private = tempfile::tempdir().unwrap();
        let kept = Kept::open(private.path()).unwrap().unwrap();
        let file = kept.0.folder.join(FILE);
        fs::write(&file, "{\"format\":1,").unwrap();
        assert_eq!(kept.read(), Manifest::default());
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
        assert_eq!(kept.read(), Manifest::default());
    }
}
