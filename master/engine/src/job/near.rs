//! What may have been meant by a word that there is not.

/// The known word that is nearest, if one is near.
pub(super) fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = |known: &str| (strsim::jaro_winkler(word, known) * 1000.0) as u32;
    known.into_iter().max_by_key(|known| close(known)).filter(|known| close(known) >= 750)
}
