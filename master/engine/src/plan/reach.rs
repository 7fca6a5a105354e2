//! What the workers of a plan have to reach.
//!
//! Few inputs are granted one by one, so that nothing beside them can be read: not the rest of the
//! home folder that a single photo lies in. Many are granted by the folders that the user has
//! named. Outputs go below one folder by variant, never to the output folder itself, which may be
//! the one that holds the inputs.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use lote_protocol::sandbox::Grants;

use super::{Image, OutputState, Plan};

/// So many inputs are granted one by one, and so many folders. Each costs a worker 3 µs at its
/// start, and a message must not become too large.
const MOST: usize = 256;

/// What the workers have to reach to carry out a plan whose folders have been prepared.
pub fn reach(plan: &Plan) -> Grants {
    let images: BTreeSet<usize> = plan.units.iter().map(|unit| unit.image).collect();
    let images: Vec<_> = images.into_iter().map(|image| &plan.images[image]).collect();
    let absolute = |path: &Path| plan.base.join(path);
    let roots: BTreeSet<_> = images.iter().map(|image| absolute(&root(image))).collect();
    let targets: BTreeSet<_> = images
        .iter()
        .filter(|image| image.link)
        .filter_map(|image| Some(fs::canonicalize(absolute(&image.path)).ok()?.parent()?.into()))
        .collect();
    let write = folders(plan);
    let overlap = overlap(&roots, &targets, &write);
    let read: BTreeSet<PathBuf> = if images.len() <= MOST {
        images.iter().map(|image| absolute(&image.path)).collect()
    } else {
        few(roots.into_iter().chain(targets).collect(), MOST)
    };
    let assets = plan.assets.iter().flatten().chain(plan.exceptions.assets());
    let assets = assets.map(|asset| PathBuf::from(&asset.path));
    let read = read.into_iter().chain(assets).collect();
    let strings = |paths: BTreeSet<PathBuf>| paths.into_iter().map(OsString::from).collect();
    Grants { read: strings(read), write: strings(write), overlap }
}

/// The folder that was named and the image was found below, or the one that it lies in if the image
/// itself was named.
fn root(image: &Image) -> PathBuf {
    let depth = image.name.components().count();
    image.path.ancestors().nth(depth).unwrap_or(&image.path).to_owned()
}

/// The uppermost folders, below the output folder, of what is to be made; the output folder itself
/// where an output lies in it, or where they are many.
fn folders(plan: &Plan) -> BTreeSet<PathBuf> {
    let output = plan.base.join(&plan.output);
    let mut folders = BTreeSet::new();
    for (index, state) in plan.states.iter().enumerate() {
        if let OutputState::Planned { number } = state {
            let count = plan.variants.len();
            let below = plan.below(index / count, index % count, *number);
            let mut names = below.components();
            let top = names.next().filter(|_| names.next().is_some());
            folders.insert(top.map_or_else(|| output.clone(), |top| output.join(top)));
        }
        if folders.len() > MOST || folders.contains(&output) {
            return BTreeSet::from([output]);
        }
    }
    folders
}

/// Whether an input lies in a folder that is written to.
fn overlap(
    roots: &BTreeSet<PathBuf>,
    targets: &BTreeSet<PathBuf>,
    write: &BTreeSet<PathBuf>,
) -> bool {
    let real = |path: &PathBuf| fs::canonicalize(path).ok();
    let write: Vec<_> = write.iter().filter_map(real).collect();
    let roots = roots.iter().filter_map(real);
    roots.chain(targets.iter().cloned()).any(|path| write.iter().any(|w| path.starts_with(w)))
}

/// At most so many folders that hold all of these: those in others are left out, and then, from the
/// deepest level upwards, folders are replaced by the ones that they are in.
fn few(mut folders: BTreeSet<PathBuf>, most: usize) -> BTreeSet<PathBuf> {
    loop {
        let mut kept: BTreeSet<PathBuf> = BTreeSet::new();
        // A folder comes before those in it.
        for folder in folders {
            if !kept.last().is_some_and(|last| folder.starts_with(last)) {
                kept.insert(folder);
            }
        }
        let deepest = kept.iter().map(|folder| folder.components().count()).max().unwrap_or(0);
        if kept.len() <= most || deepest <= 1 {
            return kept;
        }
        folders = kept
            .into_iter()
            .map(|folder| match folder.parent() {
                Some(parent) if folder.components().count() == deepest => parent.to_owned(),
                _ => folder,
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(names: &[&str]) -> BTreeSet<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn folders_in_others_are_left_out() {
        let all = folders(&["/a", "/a/b", "/a/b/c", "/ab", "/b/c", "/b/c-d", "/b/c/e"]);
        assert_eq!(few(all, 9), folders(&["/a", "/ab", "/b/c", "/b/c-d"]));
    }

    #[test]
    fn too_many_folders_are_replaced_by_those_that_they_are_in() {
        let all = folders(&["/p/2024/a", "/p/2024/b", "/p/2025/a", "/q"]);
        assert_eq!(few(all.clone(), 4), all);
        assert_eq!(few(all.clone(), 3), folders(&["/p/2024", "/p/2025", "/q"]));
        assert_eq!(few(all.clone(), 2), folders(&["/p", "/q"]));
        assert_eq!(few(all, 1), folders(&["/"]));
    }
}
