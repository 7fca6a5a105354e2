//! From the name that a browser gives to a file to the name that it gets here. Pure.
//!
//! The browser's name is a label. It can be anything: `../../etc/passwd`, a device, a name that is
//! too long. What becomes of it always lies in the upload's own folder.

use std::path::{Path, PathBuf};

/// Longest name, bytes; leaves room for what outputs add to it.
const MAX_NAME_BYTES: usize = 200;

/// How many folders deep a file can lie; of more, the innermost count.
const MAX_FOLDERS: usize = 16;

/// Where a file of that label goes, below the folder of its upload. `ending` is added unless the
/// name has one already that is an image's.
pub(super) fn place(label: &str, ending: Option<&str>) -> PathBuf {
    let parts: Vec<_> = label.split(['/', '\\']).filter_map(component).collect();
    let (name, folders) = match parts.split_last() {
        Some((name, folders)) => (name.clone(), folders),
        None => ("image".to_owned(), &[][..]),
    };
    let mut path: PathBuf =
        folders.iter().skip(folders.len().saturating_sub(MAX_FOLDERS)).collect();
    path.push(match ending {
        Some(ending) => {
            shorten(&format!("{}.{ending}", shorten(&name, MAX_NAME_BYTES - 5)), MAX_NAME_BYTES)
        }
        None => name,
    });
    path
}

/// The same place with a number, for a name that is taken.
pub(super) fn numbered(place: &Path, number: usize) -> PathBuf {
    let stem = place.file_stem().unwrap_or_default().to_string_lossy();
    let name = match place.extension() {
        Some(ending) => format!("{stem}-{number}.{}", ending.to_string_lossy()),
        None => format!("{stem}-{number}"),
    };
    place.with_file_name(name)
}

/// One part of a label as the name of a file or folder; `None` if nothing is left of it.
fn component(part: &str) -> Option<String> {
    let reserved = |c: char| c.is_control() || (cfg!(windows) && "<>:\"|?*".contains(c));
    let plain: String = part.chars().map(|c| if reserved(c) { '_' } else { c }).collect();
    let plain = plain.trim();
    if plain.is_empty() || plain.chars().all(|c| c == '.') {
        return None;
    }
    let mut name = shorten(plain, MAX_NAME_BYTES);
    // Names that start so are the program's own, and scans leave them out.
    if name.starts_with(".lote")
        || (cfg!(windows) && lote_protocol::filter::check_name(&name).is_err())
    {
        name.insert(0, '_');
    }
    Some(name)
}

/// The name, its stem cut so that it has at most so many bytes.
fn shorten(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.len() < 16 => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let mut end = most - ending.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &stem[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(label: &str) -> String {
        place(label, None).to_string_lossy().into_owned()
    }

    #[test]
    fn folders_and_names_are_kept_as_far_as_they_are_harmless() {
        assert_eq!(named("Boda/día 1/foto.JPG"), "Boda/día 1/foto.JPG");
        assert_eq!(named("<img src=x onerror=alert(1)>.png"), "<img src=x onerror=alert(1)>.png");
        assert_eq!(named("../../etc/passwd.png"), "etc/passwd.png");
        assert_eq!(named("/abs//x/./y.png"), "abs/x/y.png");
        assert_eq!(named("..\\..\\x.png"), "x.png");
        assert_eq!(named(".lote/serve/x.png"), "_.lote/serve/x.png");
        assert_eq!(named("a\0b\n.png"), "a_b_.png");
        for empty in ["", "..", "/", "../", ". . /.."] {
            assert!(["image", ". ."].contains(&named(empty).as_str()), "{empty:?}");
        }
    }

    #[test]
    fn an_ending_is_added_and_a_number_stands_before_it() {
        assert_eq!(place("x/photo.txt", Some("jpg")), Path::new("x/photo.txt.jpg"));
        assert_eq!(numbered(Path::new("x/a.b.jpg"), 2), Path::new("x/a.b-2.jpg"));
        assert_eq!(numbered(Path::new("a"), 3), Path::new("a-3"));
    }

    proptest! {
        #[test]
        fn no_label_leaves_the_folder(label in "(\\PC|[./\\\\\0\n]){0,300}", ending in prop::option::of("[a-z]{3,4}")) {
            let path = place(&label, ending.as_deref());
            let inside = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
            prop_assert!(inside && path.components().count() <= MAX_FOLDERS + 1, "{:?}", path);
            prop_assert!(path.iter().all(|part| part.len() <= MAX_NAME_BYTES + 1));
            prop_assert!(!path.iter().any(|part| part.as_encoded_bytes().contains(&0)));
        }
    }
}
