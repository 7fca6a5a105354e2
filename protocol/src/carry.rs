//! What of a file's metadata goes with its pictures, and what is added.

use serde::{Deserialize, Serialize};

use crate::lang::Text;
use crate::text;

/// Which metadata are kept. Resolution and profile always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// All.
    #[default]
    #[serde(rename = "keep", alias = "todo")]
    All,
    /// All that does not say where.
    #[serde(alias = "sin-lugar")]
    NoLocation,
    /// What says whose they are: copyright, artist, credit.
    #[serde(alias = "derechos")]
    Copyright,
    /// None.
    #[serde(alias = "nada")]
    None,
}

/// Which colours results are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Those of the image.
    #[default]
    #[serde(alias = "mantener")]
    Keep,
    /// sRGB: pixels are converted.
    Srgb,
}

/// What is stated in all blocks of metadata that a format has, in place of what they say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Statements {
    /// Who made the picture.
    pub artist: Option<String>,
    /// Whose it is.
    pub copyright: Option<String>,
    /// What it shows.
    pub description: Option<String>,
    /// What it is found by; one without letters: by nothing any more.
    pub keywords: Vec<String>,
}

/// What goes with the pixels into an output.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Carry {
    /// What is kept of the image's metadata.
    pub metadata: Keep,
    /// What is stated anew.
    pub set: Statements,
    /// Which colours the result is in.
    pub profile: Profile,
    /// Whether the output is of the time at which the image was changed. The master sees to it, as
    /// workers may not.
    pub keep_dates: bool,
}

impl Statements {
    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks what has not been typed.
    ///
    /// # Errors
    /// A line that says what is too long.
    pub fn check(&self) -> Result<(), Text> {
        let all = self.as_typed();
        let mut again = Self::default();
        all.iter().try_for_each(|statement| again.add(statement))
    }

    /// The statements as users write them.
    pub fn as_typed(&self) -> Vec<String> {
        let mut typed = Vec::new();
        for (name, value) in [
            ("artist", &self.artist),
            ("copyright", &self.copyright),
            ("description", &self.description),
        ] {
            typed.extend(value.as_ref().map(|value| format!("{name}={value}")));
        }
        if !self.keywords.is_empty() {
            typed.push(format!("keywords={}", self.keywords.join(";")));
        }
        typed
    }

    /// Takes one as users write it: `artist=…`, `copyright=…`, `description=…`, `keywords=a;b`.
    ///
    /// # Errors
    /// A line that says what there is instead.
    pub fn add(&mut self, statement: &str) -> Result<(), Text> {
        let Some((name, value)) = statement.split_once('=') else {
            return Err(text!("'{}' is no NAME=VALUE: {}", statement, names()));
        };
        let value = value.trim();
        if value.chars().count() > MAX_CHARS {
            return Err(text!("{} is longer than {} characters", name, MAX_CHARS));
        }
        let text = Some(value.to_owned());
        match name.trim() {
            "artist" | "artista" | "autor" => self.artist = text,
            "copyright" | "derechos" => self.copyright = text,
            "description" | "descripcion" => self.description = text,
            "keywords" | "palabras" => {
                let words = value.split(';').map(str::trim).filter(|word| !word.is_empty());
                self.keywords = words.map(str::to_owned).collect();
                if self.keywords.is_empty() {
                    self.keywords.push(String::new());
                }
            }
            other => return Err(text!("'{}' cannot be set: {}", other, names())),
        }
        Ok(())
    }
}

fn names() -> Text {
    text!("there are artist, copyright, description, and keywords, which ; parts")
}

/// Longest statement, in characters.
const MAX_CHARS: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_in_both_languages() {
        let mut set = Statements::default();
        for statement in ["artist=Ana", "derechos=© Ana", "keywords= a ;b;;c d"] {
            set.add(statement).unwrap();
        }
        assert_eq!(set.artist.as_deref(), Some("Ana"));
        assert_eq!(set.copyright.as_deref(), Some("© Ana"));
        assert_eq!(set.keywords, ["a", "b", "c d"]);
        let mut none = Statements::default();
        none.add("keywords= ; ").unwrap();
        assert!(!none.is_empty());
        assert_eq!(none.as_typed(), ["keywords="]);
        let mut again = Statements::default();
        for statement in set.as_typed() {
            again.add(&statement).unwrap();
        }
        assert_eq!(again, set);
        assert!(set.add("artist").is_err());
        assert!(set.add("title=x").is_err());
        assert!(set.add(&format!("artist={}", "x".repeat(3000))).is_err());
    }
}
