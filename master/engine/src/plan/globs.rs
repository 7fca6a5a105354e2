//! Which files of a folder are wanted: `--include` and `--exclude`. Pure: no disk is touched.

use std::fmt;
use std::path::Path;

use globset::{ErrorKind, GlobBuilder, GlobSet, GlobSetBuilder};
use lote_protocol::lang::Text;
use lote_protocol::text;

/// What is taken and what is left out, by patterns such as `*.jpg` and `drafts`.
///
/// A pattern without `/` is compared with names, at any depth; one with `/` with paths below the
/// folder that was named. Case does not matter.
#[derive(Debug, Clone, Default)]
pub struct Globs {
    include: Vec<String>,
    exclude: Vec<String>,
    included: GlobSet,
    excluded: GlobSet,
}

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct GlobError {
    /// The pattern.
    pub pattern: String,
    /// Why not.
    pub reason: Text,
}

impl GlobError {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        let pattern = format!("{:?}", self.pattern);
        text!("the pattern {} cannot be used: {}", pattern, self.reason.clone())
    }
}

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl PartialEq for Globs {
    fn eq(&self, other: &Self) -> bool {
        (&self.include, &self.exclude) == (&other.include, &other.exclude)
    }
}

impl Globs {
    /// Takes what matches one of `include`, or everything if that is empty, but for what matches
    /// one of `exclude`.
    pub fn new(include: Vec<String>, exclude: Vec<String>) -> Result<Self, GlobError> {
        let (included, excluded) = (compiled(&include)?, compiled(&exclude)?);
        Ok(Self { include, exclude, included, excluded })
    }

    /// The patterns of what is taken.
    pub fn include(&self) -> &[String] {
        &self.include
    }

    /// The patterns of what is left out.
    pub fn exclude(&self) -> &[String] {
        &self.exclude
    }

    /// Whether a file is wanted; `below` is its path below the folder that was named.
    pub(crate) fn takes(&self, below: &Path) -> bool {
        (self.include.is_empty() || self.included.is_match(below)) && !self.leaves_out(below)
    }

    /// Whether a file, or a folder with everything below it, is left out.
    pub(super) fn leaves_out(&self, below: &Path) -> bool {
        self.excluded.is_match(below)
    }
}

fn compiled(patterns: &[String]) -> Result<GlobSet, GlobError> {
    let refused = |pattern: &str, error: &globset::Error| GlobError {
        pattern: pattern.to_owned(),
        reason: match error.kind() {
            ErrorKind::UnclosedClass | ErrorKind::InvalidRange(..) => text!("it has a [ without ]"),
            ErrorKind::UnopenedAlternates
            | ErrorKind::UnclosedAlternates
            | ErrorKind::NestedAlternates => {
                text!("it has a { without }, or one without the other")
            }
            _ => text!("it is not written as a pattern is"),
        },
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let from_root = pattern.trim_end_matches('/');
        let anchored = match from_root.strip_prefix('/') {
            Some(rest) => rest.to_owned(),
            None if from_root.contains('/') => from_root.to_owned(),
            None => format!("**/{from_root}"),
        };
        let glob =
            GlobBuilder::new(&anchored).literal_separator(true).case_insensitive(true).build();
        set.add(glob.map_err(|error| refused(pattern, &error))?);
    }
    set.build().map_err(|error| refused("", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(include: &[&str], exclude: &[&str]) -> Globs {
        let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Globs::new(all(include), all(exclude)).unwrap()
    }

    #[test]
    fn a_pattern_without_a_slash_is_about_names_and_one_with_a_slash_about_paths() {
        let takes = |globs: &Globs, path: &str| globs.takes(Path::new(path));
        let names = globs(&["*.jpg", "2024/*.png"], &["IMG_00??.*"]);
        for path in ["a.jpg", "deep/below/B.JPG", "2024/x.png"] {
            assert!(takes(&names, path), "{path}");
        }
        for path in ["a.jpeg", "x.png", "deep/2024/x.png", "2024/deep/x.png", "s/img_0012.jpg"] {
            assert!(!takes(&names, path), "{path}");
        }
        let folders = globs(&[], &["drafts/", "/old", "a/**/z"]);
        for path in ["drafts", "deep/drafts", "old", "a/b/c/z"] {
            assert!(folders.leaves_out(Path::new(path)), "{path}");
        }
        assert!(!folders.leaves_out(Path::new("deep/old")) && takes(&folders, "new/x.png"));
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_named() {
        let error = Globs::new(vec!["[a".into()], Vec::new()).unwrap_err();
        assert!(error.to_string().starts_with("the pattern \"[a\" cannot be used: "), "{error}");
    }
}
