//! How the user wants outputs to be named. Pure: no disk is touched.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::str::FromStr;

use super::names::fit;

/// Longest text of a pattern, in bytes, besides what stands in braces.
const MAX_TEXT_BYTES: usize = 80;

/// A pattern such as `{name}_{variant}`: what an output is called, without its ending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
    /// How many digits `{n}` has.
    digits: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name,
    Variant,
    Number,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Something in braces that stands for nothing.
    #[error("{{{0}}} stands for nothing in a name; {{name}}, {{variant}} and {{n}} do")]
    Unknown(String),
    /// A brace that is not closed, or not opened.
    #[error("a brace of the name pattern has no partner")]
    Brace,
    /// Images would share their names.
    #[error("the name pattern needs {{name}} or {{n}}, or all images would have the same name")]
    Constant,
    /// The same twice.
    #[error("the name pattern has {{{0}}} twice")]
    Twice(&'static str),
    /// A character that a file name cannot have everywhere.
    #[error("a name cannot contain {0:?}")]
    Character(char),
    /// Too long.
    #[error("the text of the name pattern is longer than {MAX_TEXT_BYTES} bytes")]
    TooLong,
    /// Reserved.
    #[error("names that start with .lote are for the program's own files")]
    Reserved,
}

impl Default for Pattern {
    /// `{name}_{variant}`.
    fn default() -> Self {
        Self { parts: vec![Part::Name, Part::Text("_".into()), Part::Variant], digits: 1 }
    }
}

impl fmt::Display for Pattern {
    /// As it can be read again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Name => f.write_str("{name}")?,
                Part::Variant => f.write_str("{variant}")?,
                Part::Number => f.write_str("{n}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (plain, after) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
            if !plain.is_empty() {
                parts.push(Part::Text(checked(plain)?.to_owned()));
            }
            let Some(opened) = after.strip_prefix('{') else {
                if after.is_empty() {
                    break;
                }
                return Err(PatternError::Brace);
            };
            let (word, after) = opened.split_once('}').ok_or(PatternError::Brace)?;
            let (part, name) = match word {
                "name" => (Part::Name, "name"),
                "variant" => (Part::Variant, "variant"),
                "n" => (Part::Number, "n"),
                _ => return Err(PatternError::Unknown(word.chars().take(30).collect())),
            };
            if parts.contains(&part) {
                return Err(PatternError::Twice(name));
            }
            parts.push(part);
            rest = after;
        }
        if !parts.contains(&Part::Name) && !parts.contains(&Part::Number) {
            return Err(PatternError::Constant);
        }
        let texts =
            parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 0 });
        if texts.sum::<usize>() > MAX_TEXT_BYTES {
            return Err(PatternError::TooLong);
        }
        if text.starts_with(".lote") {
            return Err(PatternError::Reserved);
        }
        Ok(Self { parts, digits: 1 })
    }
}

fn checked(text: &str) -> Result<&str, PatternError> {
    let bad = |c: char| c.is_control() || "/\\<>:\"|?*".contains(c);
    text.chars().find(|c| bad(*c)).map_or(Ok(text), |c| Err(PatternError::Character(c)))
}

impl Pattern {
    /// The same, with room for the numbers of so many images.
    pub(super) fn for_images(mut self, count: usize) -> Self {
        self.digits = count.max(1).ilog10() as usize + 1;
        self
    }

    /// Whether `{n}` makes every name different from all others.
    pub(super) fn is_numbered(&self) -> bool {
        self.parts.contains(&Part::Number)
    }

    /// The bytes of a name besides the stem and the ending, with a variant's name of that length.
    pub(super) fn tail(&self, variant_bytes: usize) -> usize {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.len(),
            Part::Name => 0,
            Part::Variant => variant_bytes,
            Part::Number => self.digits,
        });
        parts.sum::<usize>() + ".".len()
    }

    /// The name of the output of the image at `place` (from 0), `-<number>` before its ending if
    /// `number` is above 1. A stem that makes it too long is shortened as by [`fit`].
    pub(super) fn file_name(
        &self,
        stem: &OsStr,
        place: usize,
        variant: &str,
        number: u32,
        extension: &OsStr,
    ) -> OsString {
        let mut tail = OsString::new();
        if number > 1 {
            tail.push(format!("-{number}"));
        }
        if !extension.is_empty() {
            tail.push(".");
            tail.push(extension);
        }
        let mut name = OsString::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => name.push(text),
                Part::Name => name.push(fit(stem, self.tail(variant.len()) - 1 + tail.len())),
                Part::Variant => name.push(variant),
                Part::Number => name.push(format!("{:01$}", place + 1, self.digits)),
            }
        }
        name.push(tail);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(pattern: &str, place: usize) -> String {
        let pattern: Pattern = pattern.parse().unwrap();
        let name =
            pattern.for_images(120).file_name("foto".as_ref(), place, "web", 1, "jpg".as_ref());
        name.into_string().unwrap()
    }

    #[test]
    fn names_follow_the_pattern() {
        assert_eq!(named("{name}_{variant}", 0), "foto_web.jpg");
        assert_eq!(named("boda {n} ({name})", 6), "boda 007 (foto).jpg");
        assert_eq!(named("{n}", 119), "120.jpg");
        assert_eq!("{name}_{variant}".parse(), Ok(Pattern::default()));
        for text in ["{name}_{variant}", "boda {n} ({name})", "{n}"] {
            assert_eq!(text.parse::<Pattern>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_cannot_name_files_is_refused() {
        let error = |text: &str| text.parse::<Pattern>().unwrap_err();
        assert_eq!(error("all"), PatternError::Constant);
        assert_eq!(error(""), PatternError::Constant);
        assert_eq!(error("{variant}"), PatternError::Constant);
        assert_eq!(error("{name}/{variant}"), PatternError::Character('/'));
        assert_eq!(error("{name}\\x"), PatternError::Character('\\'));
        assert_eq!(error("{nombre}"), PatternError::Unknown("nombre".into()));
        assert_eq!(error("{name"), PatternError::Brace);
        assert_eq!(error("name}{n}"), PatternError::Brace);
        assert_eq!(error("{n}{n}"), PatternError::Twice("n"));
        assert_eq!(error(".lote-{n}"), PatternError::Reserved);
        assert_eq!(error(&format!("{{n}}{}", "x".repeat(81))), PatternError::TooLong);
    }
}
