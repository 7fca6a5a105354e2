//! How names are compared, listed and suggested.

/// Names are compared without case, and `-` or a space stands for `_`.
pub(super) fn same_name(written: &str, name: &str) -> bool {
    written.chars().count() == name.chars().count()
        && written.chars().zip(name.chars()).all(|(w, n)| {
            let w = if w == '-' || w == ' ' { '_' } else { w };
            w.to_lowercase().eq(n.to_lowercase())
        })
}

/// A name in both languages.
pub(super) fn both(id: &str, id_en: &str) -> String {
    if id == id_en { id.to_owned() } else { format!("{id}/{id_en}") }
}

/// A list as people read it.
pub(super) fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// The name with the fewest edits, if they are few for its length.
pub fn most_similar<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    // Comparing costs length times length.
    if written.len() > 40 {
        return None;
    }
    let written = written.to_lowercase();
    names
        .map(|name| (strsim::damerau_levenshtein(&written, name), name))
        // Of short words most are two edits from each other.
        .filter(|(edits, name)| match name.chars().count() {
            0..=4 => *edits <= 1,
            letters => *edits <= letters.div_ceil(3),
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name.to_owned())
}
