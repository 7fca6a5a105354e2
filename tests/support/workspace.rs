//! A temporary folder with the inputs and outputs of one test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Lote, pictures};

/// The content of every file below a folder, by its path there.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A folder of its own; the program is started in it.
pub(crate) struct Workspace(TempDir);

impl Workspace {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One with that many pictures in its folder `in`, of `width` x `height` px: `00.png`, `01.png`
    /// and so on. They are noise, so that they are large files.
    pub(crate) fn with_pictures(count: u32, width: u32, height: u32) -> Self {
        let workspace = Self::new();
        for number in 0..count {
            workspace.add(&format!("in/{number:02}.png"), &pictures::png(width, height, number));
        }
        workspace
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn add(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The path of something in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program, to be started here with these arguments (parted by spaces).
    pub(crate) fn lote(&self, arguments: &str) -> Lote {
        Lote::new(self.0.path(), arguments)
    }

    /// Everything below the folder of that name but for folders `.lote`; empty if there is none.
    pub(crate) fn files(&self, folder: &str) -> Files {
        files_in(&self.path(folder))
    }

    /// The names of everything below a folder.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        self.files(folder).into_keys().collect()
    }

    /// The text with this folder's own path written as `[DIR]`.
    pub(crate) fn redact(&self, text: &str) -> String {
        text.replace(&*self.0.path().to_string_lossy(), "[DIR]")
    }
}

/// Everything below that folder but for folders `.lote`; empty if there is none.
pub(crate) fn files_in(root: &Path) -> Files {
    let mut files = Files::new();
    if root.exists() {
        collect(root, root, &mut files);
    }
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The program's own records; unfinished outputs lie elsewhere.
        if path.ends_with(".lote") {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.is_file() {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// Asserts that two runs have made the same files with the same bytes.
#[track_caller]
pub(crate) fn assert_same(undisturbed: &Files, other: &Files) {
    let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(undisturbed), names(other));
    for (name, bytes) in undisturbed {
        assert!(other[name] == *bytes, "{name} differs");
    }
}
