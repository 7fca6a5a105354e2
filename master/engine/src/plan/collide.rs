//! Outputs that would have the same path. Pure: no disk is touched.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::names::fold;

/// How many collisions are shown.
const SHOWN: usize = 3;

/// An output: the places of its image and of its variant.
type Output = (usize, usize);

/// The numbers of outputs that would have the paths of others.
#[derive(Debug, Clone, Default)]
pub(super) struct Copies {
    above_1: HashMap<Output, u32>,
    /// Whether those of an image's first variant are those of all.
    pub(super) same_for_all_variants: bool,
}

impl Copies {
    /// The number of an output: 1 unless others have its path.
    pub(super) fn of(&self, (image, variant): Output) -> u32 {
        let variant = if self.same_for_all_variants { 0 } else { variant };
        self.above_1.get(&(image, variant)).copied().unwrap_or(1)
    }
}

/// Outputs that may not have the same paths.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Collisions {
    /// How many have the path of an earlier one.
    pub(super) count: usize,
    /// The first few of them: the earlier one and the one that collides with it.
    pub(super) first: Vec<(Output, Output)>,
}

/// The paths that are kept, folded, and the place of the image that each is kept for, if that is in
/// the plan.
pub(super) type Reserved = HashMap<Vec<u8>, Option<usize>>;

/// Sees to it that all outputs have different paths, by numbers if `may_rename`. `path` is that of
/// an output with a number. What is kept for an image is not given to another one, unless it would
/// have to be refused.
pub(super) fn settle(
    outputs: impl Iterator<Item = Output>,
    path: impl Fn(Output, u32) -> PathBuf,
    kept: &Reserved,
    may_rename: bool,
) -> Result<Copies, Collisions> {
    let key = |output, copy| fold(path(output, copy).as_os_str());
    let have_kept: HashSet<_> = kept.values().copied().flatten().collect();
    let mut first: HashMap<Vec<u8>, Output> = HashMap::new();
    let mut copies = Copies::default();
    let mut later = Vec::new();
    for output in outputs {
        if may_rename && have_kept.contains(&output.0) {
            // Those before its own are kept, too, as it would have got one of them otherwise.
            let mut names = (1..).map_while(|copy| Some((copy, kept.get(&key(output, copy))?)));
            if let Some((copy, _)) = names.find(|(_, owner)| **owner == Some(output.0)) {
                if copy > 1 {
                    copies.above_1.insert(output, copy);
                }
                continue;
            }
        }
        let name = key(output, 1);
        if may_rename && kept.contains_key(&name) {
            later.push((output, output));
            continue;
        }
        match first.entry(name) {
            std::collections::hash_map::Entry::Occupied(owner) => {
                later.push((*owner.get(), output));
            }
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(output);
            }
        }
    }
    if !may_rename && !later.is_empty() {
        let count = later.len();
        later.truncate(SHOWN);
        return Err(Collisions { count, first: later });
    }
    let mut taken: HashSet<Vec<u8>> = first.into_keys().chain(kept.keys().cloned()).collect();
    let mut next: HashMap<Output, u32> = HashMap::new();
    for (owner, output) in later {
        let number = next.entry(owner).or_insert(2);
        while !taken.insert(key(output, *number)) {
            *number += 1;
        }
        copies.above_1.insert(output, *number);
        *number += 1;
    }
    Ok(copies)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(names: &[String]) -> impl Fn(Output, u32) -> PathBuf {
        |(image, _), copy| {
            let (stem, ending) = names[image].rsplit_once('.').unwrap();
            let number = if copy > 1 { format!("-{copy}") } else { String::new() };
            format!("{stem}{number}_web.{ending}").into()
        }
    }

    fn outputs(count: usize) -> impl Iterator<Item = Output> {
        (0..count).map(|image| (image, 0))
    }

    fn numbers(names: &[&str]) -> Vec<u32> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let copies = settle(outputs(names.len()), path(&names), &Reserved::new(), true).unwrap();
        outputs(names.len()).map(|output| copies.of(output)).collect()
    }

    #[test]
    fn later_images_of_a_name_are_numbered() {
        assert_eq!(numbers(&["a.png", "a.png", "A.PNG", "a.jpg"]), [1, 2, 3, 1]);
        assert_eq!(numbers(&["x/a.png", "y/a.png"]), [1, 1]);
        assert_eq!(numbers(&["caf\u{e9}.png", "cafe\u{301}.png"]), [1, 2]);
    }

    #[test]
    fn a_number_never_takes_the_name_of_another_image() {
        assert_eq!(numbers(&["a.png", "a.png", "a-2.png"]), [1, 3, 1]);
    }

    #[test]
    fn a_name_that_is_kept_for_an_image_is_no_others() {
        let names = ["a.jpg", "a.png", "b.png"].map(str::to_owned);
        let path = |(image, _): Output, copy: u32| {
            let stem = &names[image][..1];
            PathBuf::from(if copy > 1 {
                format!("{stem}-{copy}.webp")
            } else {
                format!("{stem}.webp")
            })
        };
        let kept = |name: &str, image| (fold(name.as_ref()), image);
        let kept =
            Reserved::from([kept("a.webp", Some(1)), kept("b.webp", None), kept("b-2.webp", None)]);
        let copies = settle(outputs(3), path, &kept, true).unwrap();
        let numbers: Vec<_> = outputs(3).map(|output| copies.of(output)).collect();
        assert_eq!(numbers, [2, 1, 3]);
    }

    #[test]
    fn a_refusal_shows_the_first_few_pairs() {
        let names = ["a.png", "A.png", "b.png", "b.PNG", "c.png"].map(str::to_owned);
        let refused = settle(outputs(5), path(&names), &Reserved::new(), false).unwrap_err();
        let first = vec![((0, 0), (1, 0)), ((2, 0), (3, 0))];
        assert_eq!(refused, Collisions { count: 2, first });
    }

    proptest! {
        #[test]
        fn no_two_outputs_are_the_same_after_renaming(
            names in prop::collection::vec("[xX]?/?[aA](-[23])?\\.(png|PNG|jpg)", 0..40),
            others in prop::collection::vec(("a(-[23])?_web\\.(png|jpg)", 0..50_usize), 0..6),
        ) {
            let owner = |place: usize| (place < names.len()).then_some(place);
            let kept = others.iter().map(|(name, place)| (fold(name.as_ref()), owner(*place)));
            let kept: Reserved = kept.collect();
            let copies = settle(outputs(names.len()), path(&names), &kept, true).unwrap();
            let path = path(&names);
            let keys: HashSet<_> = outputs(names.len())
                .map(|output| fold(path(output, copies.of(output)).as_os_str()))
                .collect();
            prop_assert_eq!(keys.len(), names.len());
            for output in outputs(names.len()) {
                let key = fold(path(output, copies.of(output)).as_os_str());
                let owner = kept.get(&key).copied().unwrap_or(Some(output.0));
                prop_assert_eq!(owner, Some(output.0), "it is kept for another");
            }
        }
    }
}
