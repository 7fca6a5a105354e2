//! Files that filters need beside the image: read once, and kept for further tasks.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lote_imaging::filters::{Asset, Assets};
use lote_protocol::lang::{Text, reason};
use lote_protocol::outcome::Failure;
use lote_protocol::task;
use lote_protocol::text;
use sha2::{Digest, Sha256};

/// Largest such file, bytes: that of a font for Chinese, Japanese and Korean, and some more.
pub const MAX_BYTES: u64 = 256 << 20;

/// The files that have come for filters.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// As they came, by SHA-256.
    files: HashMap<[u8; 32], Result<File, Failure>>,
    /// What was read of them, by the font that is meant, too.
    assets: HashMap<([u8; 32], u32), Arc<Asset>>,
}

impl Shelf {
    /// Keeps files for the task that they came with, and for those after it.
    pub fn keep(&self, files: Vec<([u8; 32], Result<File, Failure>)>) {
        if !files.is_empty() {
            self.kept().files.extend(files);
        }
    }

    /// The files of a task. One that cannot be used fails only what needs it.
    pub(crate) fn assets(&self, wanted: &[task::Asset]) -> Assets {
        let mut assets = Assets::default();
        for asset in wanted {
            assets.add(&asset.name, self.asset(asset));
        }
        assets
    }

    fn asset(&self, wanted: &task::Asset) -> Result<Arc<Asset>, Text> {
        let key = (wanted.sha256, wanted.index);
        let mut kept = self.kept();
        if let Some(asset) = kept.assets.get(&key) {
            return Ok(Arc::clone(asset));
        }
        let bytes = match kept.files.get(&wanted.sha256) {
            Some(Ok(file)) => read(file)?,
            Some(Err(failure)) => return Err(failure.message.clone()),
            None => return Err(text!("it did not come")),
        };
        if <[u8; 32]>::from(Sha256::digest(&bytes)) != wanted.sha256 {
            return Err(text!("it has changed since the job began"));
        }
        let asset = Arc::new(Asset::new(bytes, wanted.index));
        kept.assets.insert(key, Arc::clone(&asset));
        Ok(asset)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(mut file: &File) -> Result<Vec<u8>, Text> {
    let unreadable = |error: std::io::Error| text!("it cannot be read: {}", reason(&error));
    let mut bytes = Vec::new();
    // Another font in it may have been read before.
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(text!("it is larger than {} MiB", MAX_BYTES >> 20));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use lote_protocol::outcome::FailureKind;

    use super::*;

    fn wanted(content: &[u8], index: u32) -> task::Asset {
        task::Asset { name: "logo.png".into(), index, sha256: Sha256::digest(content).into() }
    }

    #[test]
    fn a_file_that_has_changed_is_refused_and_one_that_has_not_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logo.png");
        std::fs::write(&path, b"one").unwrap();
        let shelf = Shelf::default();
        for content in [b"one", b"two"] {
            let file = Ok(File::open(&path).unwrap());
            shelf.keep(vec![(wanted(content, 0).sha256, file)]);
        }
        assert!(shelf.asset(&wanted(b"two", 0)).unwrap_err().to_string().contains("changed"));
        let first = shelf.asset(&wanted(b"one", 0)).unwrap();
        assert!(Arc::ptr_eq(&first, &shelf.asset(&wanted(b"one", 0)).unwrap()));
        assert!(shelf.asset(&wanted(b"one", 1)).is_ok(), "another font of the same file");
    }

    #[test]
    fn one_that_cannot_be_opened_says_so() {
        let shelf = Shelf::default();
        let failure = Failure::new(FailureKind::Read, "it cannot be read: no such file");
        shelf.keep(vec![(wanted(b"x", 0).sha256, Err(failure))]);
        let said = shelf.asset(&wanted(b"x", 0)).unwrap_err();
        assert_eq!(said.to_string(), "it cannot be read: no such file");
    }
}
