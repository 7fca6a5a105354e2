//! Files that filters need beside the picture: a logo, a font, a colour table.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::kernels::cube::Cube;

/// A file, by the name that parameters have for it, and what has been made of it. It is read once
/// and shared by all pictures.
#[derive(Debug, Default)]
pub struct Asset {
    bytes: Vec<u8>,
    cube: OnceLock<Result<Arc<Cube>, String>>,
}

impl Asset {
    /// A file with that content.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// The content as a colour table, or what is wrong with it.
    pub(super) fn cube(&self) -> Result<Arc<Cube>, String> {
        self.cube.get_or_init(|| Cube::parse(&self.bytes).map(Arc::new)).clone()
    }
}

/// The files of a task, by the names that parameters have for them.
#[derive(Debug, Default, Clone)]
pub struct Assets(HashMap<String, Arc<Asset>>);

impl Assets {
    /// Adds a file.
    pub fn insert(&mut self, name: String, asset: Arc<Asset>) {
        self.0.insert(name, asset);
    }

    /// The file of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Arc<Asset>> {
        self.0.get(name)
    }
}
