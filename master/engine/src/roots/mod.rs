//! Roots: folders that go by a name, as machines have them at different places.
//!
//! A root bears a mark, a file with random bits: so a folder of that name that is another one can be
//! told, and a place where nothing has been mounted.

mod trial;

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use lote_protocol::lang::Text;
use lote_protocol::text;
use serde::{Deserialize, Serialize};

pub use trial::{Abilities, can_keep};

use crate::system::files::{open_beneath, read_regular};

/// The file with a root's mark.
pub const MARK: &str = ".lote-root";

/// Longest name of a root.
const MAX_NAME: usize = 32;

/// Longest path below a root, bytes.
const MAX_PATH_BYTES: usize = 4096;

/// A larger file is no mark, bytes.
const MAX_MARK_BYTES: u64 = 4096;

/// Random bits of a mark, bytes.
const MARK_BYTES: usize = 16;

/// A folder, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its name, if it was given one: 1 to 32 of a-z, 0-9 and -.
    pub name: Option<String>,
    /// Where it is on this machine.
    pub folder: PathBuf,
    /// Whether nothing is written there.
    pub read_only: bool,
}

/// What a folder is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RootError(Text);

impl RootError {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        self.0.clone()
    }
}

impl Root {
    /// Reads `[NAME=]DIR[:ro]`. What stands before `=` and is no name belongs to the folder.
    ///
    /// # Errors
    /// If no folder is named.
    pub fn parse(text: &str) -> Result<Self, RootError> {
        let (rest, read_only) = match text.strip_suffix(":ro") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (name, folder) = match rest.split_once('=') {
            Some((name, folder)) if is_name(name) => (Some(name.to_owned()), folder),
            _ => (None, rest),
        };
        if folder.is_empty() {
            return Err(RootError(text!(
                "{} names no folder: write NAME=DIR",
                format!("{text:?}")
            )));
        }
        Ok(Self { name, folder: folder.into(), read_only })
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name}=")?;
        }
        let suffix = if self.read_only { ":ro" } else { "" };
        write!(f, "{}{suffix}", self.folder.display())
    }
}

fn is_name(text: &str) -> bool {
    let is_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(is_letter)
}

#[derive(Serialize, Deserialize)]
struct Mark {
    v: u32,
    id: String,
}

/// The mark that a folder bears; `None` if it bears none that can be read.
///
/// # Errors
/// Those of reading, but for that of a file that is not there.
pub fn mark(folder: &Path) -> io::Result<Option<String>> {
    let bytes = match read_regular(&folder.join(MARK), MAX_MARK_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    let mark: Option<Mark> = serde_json::from_slice(&bytes).ok();
    let is_mark = |mark: &Mark| {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        mark.id.len() == 2 * MARK_BYTES && mark.id.bytes().all(is_digit)
    };
    Ok(mark.filter(is_mark).map(|mark| mark.id))
}

/// The mark that a folder bears; it is given one if it has none.
///
/// # Errors
/// Those of reading and writing; `InvalidData` if there is a file in the mark's place that is none.
pub fn marked(folder: &Path) -> io::Result<String> {
    if let Some(id) = mark(folder)? {
        return Ok(id);
    }
    let mut bits = [0; MARK_BYTES];
    getrandom::fill(&mut bits).map_err(io::Error::other)?;
    let id = u128::from_be_bytes(bits);
    let mark_of_it = Mark { v: 1, id: format!("{id:032x}") };
    let mut line = serde_json::to_vec(&mark_of_it)?;
    line.push(b'\n');
    // Short enough to be written at once; not every shared folder has links to do better with.
    match File::options().write(true).create_new(true).open(folder.join(MARK)) {
        Ok(mut file) => file.write_all(&line).and_then(|()| file.sync_all())?,
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    mark(folder)?.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it holds no mark"))
}

/// What is at a path below a root, which neither `..` nor a link leads out of: where it is on this
/// machine. It is opened once to find out.
///
/// # Errors
/// Those of opening; `InvalidInput` for a path that is none below a folder, `PermissionDenied` for
/// one that leads out of it.
pub fn below(root: &Path, path: &Path) -> io::Result<PathBuf> {
    if !is_below(path) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no path below a root"));
    }
    open_beneath(root, path)?;
    Ok(root.join(path))
}

/// Whether a path leads from a folder to something below it, by its text alone: it has no `..`, no empty
/// or absolute part, no NUL, and at most 4,096 bytes.
pub fn is_below(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let is_separator = |byte: &u8| *byte == b'/' || cfg!(windows) && *byte == b'\\';
    let mut parts = bytes.split(is_separator);
    bytes.len() <= MAX_PATH_BYTES
        && !bytes.contains(&0)
        && !(cfg!(windows) && bytes.contains(&b':'))
        && parts.all(|part| !matches!(part, b"" | b"." | b".."))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_root_is_written_as_a_folder_with_a_name_and_whether_it_is_written_to() {
        let root = |name: Option<&str>, folder: &str, read_only| {
            let name = name.map(str::to_owned);
            Ok(Root { name, folder: folder.into(), read_only })
        };
        assert_eq!(
            Root::parse("fotos=/mnt/nas/fotos"),
            root(Some("fotos"), "/mnt/nas/fotos", false)
        );
        assert_eq!(Root::parse("raw-2=/mnt/raw:ro"), root(Some("raw-2"), "/mnt/raw", true));
        assert_eq!(Root::parse("/mnt/a=b"), root(None, "/mnt/a=b", false));
        assert_eq!(Root::parse("Fotos=x"), root(None, "Fotos=x", false));
        for text in ["", "fotos=", ":ro", "fotos=:ro"] {
            assert!(Root::parse(text).is_err(), "{text:?}");
        }
        for text in ["fotos=/mnt/nas", "/mnt/nas:ro"] {
            assert_eq!(Root::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_folder_keeps_the_mark_that_it_was_given() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(mark(one.path()).unwrap(), None);
        let id = marked(one.path()).unwrap();
        assert_eq!(id.len(), 32);
        assert_eq!(marked(one.path()).unwrap(), id);
        assert_eq!(mark(one.path()).unwrap(), Some(id.clone()));
        assert_ne!(marked(other.path()).unwrap(), id);
        // What is there and no mark is left alone.
        fs::write(other.path().join(MARK), "my notes").unwrap();
        assert_eq!(mark(other.path()).unwrap(), None);
        assert_eq!(marked(other.path()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(fs::read_to_string(other.path().join(MARK)).unwrap(), "my notes");
    }

    #[test]
    fn a_path_is_below_its_root_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/photo"), "x").unwrap();
        fs::write(folder.path().join("secret"), "x").unwrap();
        assert_eq!(below(&root, Path::new("a/b/photo")).unwrap(), root.join("a/b/photo"));
        assert_eq!(below(&root, Path::new("a/b")).unwrap(), root.join("a/b"));
        for path in ["", "/etc/passwd", "../secret", "a/../../secret", "a//b", "a/./b", "a/", "a\0"]
        {
            let kind = below(&root, Path::new(path)).unwrap_err().kind();
            assert_eq!(kind, io::ErrorKind::InvalidInput, "{path:?}");
        }
        assert!(!is_below(Path::new(&"a/".repeat(3000))));
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink("../secret", root.join("out")).unwrap();
            symlink("/etc", root.join("etc")).unwrap();
            symlink("..", root.join("up")).unwrap();
            symlink("b/photo", root.join("a/near")).unwrap();
            for path in ["out", "etc/hostname", "up/secret", "up"] {
                assert!(below(&root, Path::new(path)).is_err(), "{path}");
            }
            // A link within is none of a fallback's business.
            let near = below(&root, Path::new("a/near"));
            assert!(near.is_ok() || !cfg!(target_os = "linux"));
        }
    }
}
