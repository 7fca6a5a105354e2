//! What pages are told without saying where things are on this machine. Pure.
//!
//! A page may be open on another machine. It knows folders by their labels, and has no business with
//! what is above them.

use std::path::{Path, PathBuf};

/// A path below one of these folders, under that folder's label; of any other its last part only.
pub fn path(path: &Path, folders: &[(&Path, &str)]) -> PathBuf {
    let inside = folders.iter().filter(|(folder, _)| path.starts_with(folder));
    // One of them may lie in another.
    let innermost = inside.max_by_key(|(folder, _)| folder.components().count());
    match innermost {
        Some((folder, label)) => {
            let below = path.strip_prefix(folder).unwrap_or(path);
            // Not `join`, which adds a separator if nothing is below.
            std::iter::once(label.as_ref()).chain(below.iter()).collect()
        }
        None => path.file_name().map(PathBuf::from).unwrap_or_default(),
    }
}

/// A text in which each absolute path has become its last part: what the system and workers say
/// names files as they like.
pub fn text(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let before = &rest[..at];
        told.push_str(before);
        let is_start = before.chars().next_back().map_or(told.is_empty(), is_gap);
        let end = rest[at..].find(is_gap).map_or(rest.len(), |end| at + end);
        let word = &rest[at..end];
        told.push_str(if is_start { word.rsplit('/').next().unwrap_or(word) } else { word });
        rest = &rest[end..];
    }
    told.push_str(rest);
    told
}

/// Whether a path ends before that character, and begins after it.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || "\"'`()<>[]{}=,;".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_the_label_of_its_folder_on() {
        let folders =
            [(Path::new("/home/ana/in"), "in"), (Path::new("/home/ana/in/out"), "results")];
        let told = |text| path(Path::new(text), &folders).display().to_string();
        assert_eq!(told("/home/ana/in/Boda/a.jpg"), "in/Boda/a.jpg");
        assert_eq!(told("/home/ana/in/out/grises"), "results/grises");
        assert_eq!(told("/home/ana/in"), "in");
        assert_eq!(told("/home/ana/inner/a.jpg"), "a.jpg");
        assert_eq!(told("/"), "");
    }

    #[test]
    fn absolute_paths_in_a_text_lose_their_folders_and_nothing_else_changes() {
        for (said, told) in [
            ("panicked at /home/ana/src/a.rs:10:5:", "panicked at a.rs:10:5:"),
            ("no such file at path \"/srv/out/.lote-1\"", "no such file at path \".lote-1\""),
            ("/usr/bin/x: not found (/etc/y), see=/z/w", "x: not found (y), see=w"),
            ("worker/src/a.rs and n/a, 3 MB/s", "worker/src/a.rs and n/a, 3 MB/s"),
            ("ñ /ñ/é", "ñ é"),
            ("", ""),
        ] {
            assert_eq!(text(said), told);
        }
    }
}
