//! The roots of this machine: which folder goes by which name, and whether it is the one that is meant.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use lote_engine::lang::{Text, reason};
use lote_engine::roots::{Root, below, mark, marked};
use lote_fleet::message::Below;
use lote_fleet::names::FleetName;
use lote_protocol::text;

/// A root, as it is here.
#[derive(Debug, Clone)]
pub(crate) struct KnownRoot {
    pub(crate) name: FleetName,
    /// Without links.
    pub(crate) folder: PathBuf,
    pub(crate) read_only: bool,
}

impl KnownRoot {
    /// Its mark now; why it has none. This waits for a disk.
    pub(crate) fn mark(&self) -> Result<String, Text> {
        let shown = self.folder.display();
        match mark(&self.folder) {
            Ok(Some(mark)) => Ok(mark),
            Ok(None) => Err(text!("the root {} has no mark: is it mounted?", shown)),
            Err(error) => Err(text!("the root {} cannot be used: {}", shown, reason(&error))),
        }
    }
}

/// The roots of this machine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places(Vec<KnownRoot>);

impl Places {
    /// These roots, whose folders have to be there. One without a name goes by that of its folder.
    pub(crate) fn new(roots: &[Root]) -> Result<Self, Text> {
        let mut places: Vec<KnownRoot> = Vec::new();
        for root in roots {
            let shown = root.folder.display();
            let folder = root.folder.canonicalize().and_then(|folder| {
                if folder.is_dir() { Ok(folder) } else { Err(io::ErrorKind::NotADirectory.into()) }
            });
            let folder = folder
                .map_err(|error| text!("the root {} cannot be used: {}", shown, reason(&error)))?;
            let name = match &root.name {
                Some(name) => name.clone(),
                None => folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            };
            let name = FleetName::like(&name);
            if places.iter().any(|place| place.name == name) {
                return Err(text!("two roots go by the name {}", name.to_string()));
            }
            places.push(KnownRoot { name, folder, read_only: root.read_only });
        }
        Ok(Self(places))
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[KnownRoot] {
        &self.0
    }

    /// The one of that name.
    pub(crate) fn get(&self, name: &FleetName) -> Option<&KnownRoot> {
        self.0.iter().find(|place| place.name == *name)
    }

    /// The root that a folder is in, the nearest of several, and the way there. The folder has no links
    /// in its path.
    pub(crate) fn find(&self, folder: &Path) -> Option<(&KnownRoot, Below)> {
        let holds = |place: &&KnownRoot| folder.starts_with(&place.folder);
        let place =
            self.0.iter().filter(holds).max_by_key(|place| place.folder.as_os_str().len())?;
        let path = folder.strip_prefix(&place.folder).ok()?.into();
        Some((place, Below { root: place.name.clone(), path }))
    }

    /// Their marks; an empty one for those that bear none yet.
    pub(crate) fn marks(&self) -> BTreeMap<FleetName, String> {
        let marks =
            self.0.iter().map(|place| (place.name.clone(), place.mark().unwrap_or_default()));
        marks.collect()
    }

    /// The marks of these roots, which are given one if they have none.
    pub(crate) fn marked<'a>(
        &self,
        names: impl IntoIterator<Item = &'a FleetName>,
    ) -> Result<BTreeMap<FleetName, String>, Text> {
        let mark = |name: &FleetName| {
            let place = self.get(name)?;
            let mark = marked(&place.folder).map_err(|error| {
                let shown = place.folder.display();
                text!("the root {} cannot be marked: {}", shown, reason(&error))
            });
            Some(mark.map(|mark| (name.clone(), mark)))
        };
        names.into_iter().filter_map(mark).collect()
    }

    /// Where something below a root is on this machine, if it is there and no link leads out.
    pub(crate) fn resolve(&self, root: &FleetName, path: &Path) -> io::Result<PathBuf> {
        let place = self.get(root).ok_or(io::ErrorKind::NotFound)?;
        if path.as_os_str().is_empty() {
            return Ok(place.folder.clone());
        }
        below(&place.folder, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(name: Option<&str>, folder: &Path) -> Root {
        Root { name: name.map(str::to_owned), folder: folder.to_owned(), read_only: false }
    }

    #[test]
    fn a_folder_is_in_the_nearest_root() {
        let nas = tempfile::tempdir().unwrap();
        let real = nas.path().canonicalize().unwrap();
        std::fs::create_dir_all(real.join("Fotos/2026")).unwrap();
        let roots = [root(Some("nas"), &real), root(None, &real.join("Fotos"))];
        let places = Places::new(&roots).unwrap();
        let find = |path: &str| {
            let (place, below) = places.find(&real.join(path))?;
            assert_eq!(place.name, below.root);
            Some((below.root.to_string(), below.path.0))
        };
        assert_eq!(find("Fotos/2026"), Some(("fotos".into(), "2026".into())));
        assert_eq!(find("Fotos"), Some(("fotos".into(), "".into())));
        assert_eq!(find("other"), Some(("nas".into(), "other".into())));
        assert!(places.find(Path::new("/")).is_none());
        assert!(Places::new(&[root(Some("a"), &real), root(Some("a"), &real)]).is_err());
        assert!(Places::new(&[root(None, &real.join("none"))]).is_err());
    }

    #[test]
    fn a_root_without_a_mark_is_told_from_one_with() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(&[root(Some("fotos"), folder.path())]).unwrap();
        assert!(places.all()[0].mark().is_err());
        let name = places.all()[0].name.clone();
        assert_eq!(places.marks()[&name], "");
        let marks = places.marked([&name]).unwrap();
        assert_eq!(places.marks(), marks);
        assert_eq!(places.all()[0].mark().as_ref(), Ok(&marks[&name]));
    }
}
