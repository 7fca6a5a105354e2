//! Images whose outputs would have the same path. Pure: no disk is touched.
//!
//! Every variant has its own folder, and an image's outputs differ only in the variant's name. So
//! two images either have the same outputs in every variant or in none, and it is enough to
//! compare folder, stem and ending.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;

use super::names::{fit, fold};
use super::{IfCollides, Image, PlanError};

/// How many collisions an error shows.
const SHOWN: usize = 3;

/// Sees to it that all outputs have different paths. `tail` is the longest part of an output's
/// name after the stem, in bytes. Images with a failure have no outputs.
pub(super) fn settle(
    images: &mut [Image],
    tail: usize,
    policy: IfCollides,
) -> Result<(), PlanError> {
    let mut first: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut later = Vec::new();
    for (index, image) in images.iter_mut().enumerate() {
        if image.failure.is_some() {
            continue;
        }
        image.stem = fit(&image.stem, tail + image.extension.len());
        match first.entry(key(image)) {
            std::collections::hash_map::Entry::Occupied(owner) => later.push((*owner.get(), index)),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(index);
            }
        }
    }
    if policy == IfCollides::Fail && !later.is_empty() {
        let path = |index: usize| images[index].path.clone();
        return Err(PlanError::Collision {
            count: later.len(),
            first: later
                .iter()
                .take(SHOWN)
                .map(|(owner, index)| (path(*owner), path(*index)))
                .collect(),
        });
    }
    let mut taken: HashSet<Vec<u8>> = first.into_keys().collect();
    let mut next: HashMap<usize, u32> = HashMap::new();
    for (owner, index) in later {
        let number = next.entry(owner).or_insert(2);
        let image = &mut images[index];
        let stem = std::mem::take(&mut image.stem);
        loop {
            let mut numbered = OsString::from(&stem);
            numbered.push(format!("-{number}"));
            image.stem = fit(&numbered, tail + image.extension.len());
            *number += 1;
            if taken.insert(key(image)) {
                break;
            }
        }
    }
    Ok(())
}

/// What must differ between images.
fn key(image: &Image) -> Vec<u8> {
    let mut key = Vec::new();
    if let Some(folder) = image.name.parent() {
        key = fold(folder.as_os_str());
    }
    key.push(b'/');
    key.extend(fold(&image.stem));
    // No ending contains a point, so the last one separates.
    key.push(b'.');
    key.extend(fold(&image.extension));
    key
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::names::stem_and_extension;
    use super::*;

    fn images<S: AsRef<str>>(names: &[S]) -> Vec<Image> {
        let image = |name: &S| {
            let name = std::path::PathBuf::from(name.as_ref());
            let (stem, extension) = stem_and_extension(&name, None);
            Image {
                path: name.clone(),
                name,
                bytes: 0,
                extent: None,
                format: None,
                modified_ns: None,
                stem,
                extension,
                failure: None,
                link: false,
            }
        };
        names.iter().map(image).collect()
    }

    fn renamed(names: &[&str]) -> Vec<String> {
        let mut images = images(names);
        settle(&mut images, 8, IfCollides::Rename).unwrap();
        let stems = images.into_iter().map(|image| image.stem.into_string());
        stems.map(Result::unwrap).collect()
    }

    #[test]
    fn later_images_of_a_name_are_numbered() {
        assert_eq!(renamed(&["a.png", "a.png", "A.PNG", "a.jpg"]), ["a", "a-2", "A-3", "a"]);
        assert_eq!(renamed(&["x/a.png", "y/a.png"]), ["a", "a"]);
        assert_eq!(renamed(&["caf\u{e9}.png", "cafe\u{301}.png"])[1], "cafe\u{301}-2");
    }

    #[test]
    fn a_number_never_takes_the_name_of_another_image() {
        assert_eq!(renamed(&["a.png", "a.png", "a-2.png"]), ["a", "a-3", "a-2"]);
    }

    #[test]
    fn a_refusal_shows_the_first_few_pairs() {
        let mut images = images(&["a.png", "A.png", "b.png", "b.PNG", "c.png"]);
        let error = settle(&mut images, 8, IfCollides::Fail).unwrap_err();
        insta::assert_snapshot!(error, @"2 images would have the same output as another: a.png and A.png; b.png and b.PNG");
    }

    proptest! {
        #[test]
        fn no_two_outputs_are_the_same_after_renaming(
            names in prop::collection::vec("[xX]?/?[aA](-[23])?\\.(png|PNG|jpg)", 0..40),
        ) {
            let mut images = images(&names);
            settle(&mut images, 8, IfCollides::Rename).unwrap();
            let keys: HashSet<_> = images.iter().map(key).collect();
            prop_assert_eq!(keys.len(), images.len());
        }

        #[test]
        fn long_names_never_collide(
            ends in prop::collection::hash_set("[a-c]{1,3}", 0..20),
        ) {
            let names: Vec<_> = ends.iter().map(|end| "x".repeat(250) + end + ".png").collect();
            let mut images = images(&names);
            prop_assert!(settle(&mut images, 20, IfCollides::Fail).is_ok());
            prop_assert!(images.iter().all(|image| image.stem.len() + 23 <= 255));
        }
    }
}
