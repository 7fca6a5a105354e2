//! The images of a folder, listed before there is a request: the same ones that a plan would find.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lote_protocol::outcome::Failure;

use super::names::is_image_extension;
use super::place::Places;
use super::{PlanError, scan};

/// An image of a folder.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its path, as a plan would find it.
    pub path: PathBuf,
    /// Its path below the folder.
    pub name: PathBuf,
    /// Its size, bytes.
    pub bytes: u64,
    /// When it was last changed, where the system tells.
    pub modified: Option<SystemTime>,
    /// Why it cannot be used, if that is known already.
    pub failure: Option<Failure>,
}

/// What is in a folder.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Its images, by name.
    pub images: Vec<Listed>,
    /// The first 500 files that are no images, by their paths below the folder.
    pub others: Vec<PathBuf>,
    /// How many files are no images. Hidden ones are not counted.
    pub other_count: usize,
    /// Folders below it that could not be listed, and why not.
    pub unlisted: Vec<(PathBuf, Failure)>,
}

/// Lists the images of a folder, and of those below it if `recursive`, without those in the folder
/// that outputs go to. Links lead nowhere but into the folders `within`, unless it is empty.
pub fn list(
    folder: &Path,
    recursive: bool,
    within: &[PathBuf],
    output: &Path,
) -> Result<Listing, PlanError> {
    let places = Places::new(output, &[], &[]);
    let scan = scan::scan_folder(folder, recursive, within, &places)?;
    let listed = |found: scan::Found| {
        let (bytes, modified, failure) = match found.look {
            Ok(look) => (look.bytes, look.modified, None),
            Err(failure) => (0, None, Some(failure)),
        };
        Listed { path: found.path, name: found.name, bytes, modified, failure }
    };
    Ok(Listing {
        images: scan.images.into_iter().map(listed).collect(),
        others: scan.others,
        other_count: scan.left_out.others.count
            + scan.left_out.misnamed.count
            + scan.left_out.raw.count,
        unlisted: scan.problems.into_iter().map(|one| (one.path, one.failure)).collect(),
    })
}

/// Whether a scan takes files of that name for images, whatever they contain.
pub fn is_image_name(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(is_image_extension)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_listing_has_the_images_and_names_the_rest() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("in");
        fs::create_dir_all(folder.join("sub")).unwrap();
        fs::create_dir_all(folder.join("out/grises")).unwrap();
        for (name, content) in [
            ("a.png", &b"\x89PNG\r\n\x1a\n"[..]),
            ("notes.txt", b"words"),
            (".hidden", b"words"),
            ("out/grises/a_grises.png", b"\x89PNG\r\n\x1a\n"),
            ("sub/b.jpg", b"\xff\xd8\xff\xe0"),
            ("sub/c", b"no ending, no image"),
        ] {
            fs::write(folder.join(name), content).unwrap();
        }
        let listed = |recursive| list(&folder, recursive, &[], &folder.join("out")).unwrap();
        let names = |listing: &Listing| -> Vec<_> {
            listing.images.iter().map(|image| image.name.display().to_string()).collect()
        };
        let flat = listed(false);
        assert_eq!(names(&flat), ["a.png"]);
        assert_eq!((flat.others.as_slice(), flat.other_count), (&["notes.txt".into()][..], 1));
        let deep = listed(true);
        assert_eq!(names(&deep), ["a.png", "sub/b.jpg"]);
        assert_eq!(deep.others, [Path::new("notes.txt"), Path::new("sub/c")]);
        assert!(deep.images.iter().all(|image| image.modified.is_some()));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let root = tempfile::tempdir().unwrap();
        let gone = root.path().join("gone");
        let listing = list(&gone, true, &[], &root.path().join("out")).unwrap();
        assert!(listing.images.is_empty());
        assert_eq!(listing.unlisted[0].0, gone);
    }
}
