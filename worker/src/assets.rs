//! Files that filters need beside the image: read once, and kept for further tasks.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use lote_imaging::filters::{Asset, Assets};
use lote_protocol::task;
use sha2::{Digest, Sha256};

/// Largest such file, bytes: that of a font for Chinese, Japanese and Korean, and some more.
pub const MAX_BYTES: u64 = 256 << 20;

/// Files that were read, by their content and the font that is meant.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<HashMap<Content, Arc<Asset>>>);

/// SHA-256 of a file, and which font in it.
type Content = ([u8; 32], u32);

impl Shelf {
    /// The files of a task. One that cannot be used fails only what needs it.
    pub(crate) fn assets(&self, wanted: &[task::Asset]) -> Assets {
        let mut assets = Assets::default();
        for asset in wanted {
            assets.add(&asset.name, self.asset(asset));
        }
        assets
    }

    fn asset(&self, wanted: &task::Asset) -> Result<Arc<Asset>, String> {
        let key = (wanted.sha256, wanted.index);
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asset) = shelf.get(&key) {
            return Ok(Arc::clone(asset));
        }
        let bytes = read(Path::new(&wanted.path))?;
        if <[u8; 32]>::from(Sha256::digest(&bytes)) != wanted.sha256 {
            return Err("it has changed since the job began".into());
        }
        let asset = Arc::new(Asset::new(bytes, wanted.index));
        shelf.insert(key, Arc::clone(&asset));
        Ok(asset)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("it is larger than {} MiB", MAX_BYTES >> 20));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_has_changed_is_refused_and_one_that_has_not_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logo.png");
        std::fs::write(&path, b"one").unwrap();
        let wanted = |content: &[u8]| task::Asset {
            name: "logo.png".into(),
            path: path.clone().into(),
            index: 0,
            sha256: Sha256::digest(content).into(),
        };
        let shelf = Shelf::default();
        assert!(shelf.asset(&wanted(b"two")).unwrap_err().contains("changed"));
        let first = shelf.asset(&wanted(b"one")).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(Arc::ptr_eq(&first, &shelf.asset(&wanted(b"one")).unwrap()));
    }
}
