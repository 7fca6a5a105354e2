//! A task with the paths of its files, which workers are not told.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lote_protocol::outcome::Failure;
use lote_protocol::task::{self, Task};

use super::{Plan, Unit};
use crate::output::Target;
use crate::system::files::FileId;

/// A task, and where its files are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assignment {
    /// What a worker is told.
    pub task: Task,
    /// The image.
    pub input: PathBuf,
    /// Where its outputs go, order by order.
    pub targets: Vec<Target>,
    /// Where its assets are, one by one.
    pub assets: Vec<PathBuf>,
}

impl Assignment {
    /// Leaves out the orders that are not `wanted`, by their places.
    pub fn retain(&mut self, wanted: impl Fn(u32) -> bool) {
        let mut places = 0..;
        self.task.orders.retain(|_| places.next().is_some_and(&wanted));
        let mut places = 0..;
        self.targets.retain(|_| places.next().is_some_and(&wanted));
    }
}

/// A file that filters need beside the image, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetFile {
    /// What a worker is told.
    pub asset: task::Asset,
    /// Where it is, absolute.
    pub path: PathBuf,
}

/// What the master holds itself to where it opens and replaces files for workers.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Unless empty, images that are not really in one of these folders are not opened.
    pub within: Vec<PathBuf>,
    /// What is never replaced.
    pub originals: HashSet<FileId>,
    /// How large an output can become, bytes; `None` where that is not known.
    pub max_output_bytes: Option<u64>,
    /// The most outputs that a task has.
    pub outputs: u32,
    /// How many assets there are.
    pub assets: u32,
    /// Who is asked before an output gets its name, if anybody is.
    pub gate: Option<Gate>,
    /// What could not be fetched into its place, and is not opened.
    pub unfetched: Unfetched,
}

/// The files of images that could not be fetched, and why not.
#[derive(Debug, Clone, Default)]
pub struct Unfetched(Arc<Mutex<HashMap<PathBuf, Failure>>>);

impl Unfetched {
    /// Adds one.
    pub fn add(&self, file: PathBuf, why: Failure) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file, why);
    }

    /// Why a file is not there, if that is known.
    pub fn why(&self, file: &Path) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(file).cloned()
    }
}

/// Says of a task, by its id, whether its outputs may get their names now. It is asked on a thread that
/// may wait.
#[derive(Clone)]
pub struct Gate(pub Arc<dyn Fn(u64) -> bool + Send + Sync>);

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

/// What is predicted for the memory of a task is more than an output of it takes; it may be so many
/// times wrong.
const OUTPUT_MARGIN: u64 = 4;

impl Plan {
    /// What the master may open and replace to carry out this plan.
    pub fn access(&self) -> Access {
        let links = self.images.iter().filter(|image| image.link);
        // What is named is the link.
        let links = links.filter_map(|image| {
            let path = self.base.join(&image.path);
            FileId::of(&path, &path.symlink_metadata().ok()?)
        });
        let originals = self.images.iter().filter_map(|image| image.id.clone()).chain(links);
        let is_known = |unit: &Unit| self.images[unit.image].extent.is_some();
        let largest = self.units.iter().map(|unit| unit.memory_bytes).max();
        let most = self.units.iter().map(|unit| unit.variants.len()).max();
        Access {
            within: self.within.clone(),
            originals: originals.collect(),
            max_output_bytes: largest
                .filter(|_| self.units.iter().all(is_known))
                .map(|bytes| bytes.saturating_mul(OUTPUT_MARGIN)),
            // A plan that has no units yet may get some with all of its variants.
            outputs: most.unwrap_or(self.variants.len()) as u32,
            assets: self.assets.iter().flatten().chain(self.exceptions.assets()).count() as u32,
            gate: None,
            unfetched: Unfetched::default(),
        }
    }
}
