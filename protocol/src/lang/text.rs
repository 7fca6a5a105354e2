//! A text as data: a phrase of the catalogue and what is filled in. It becomes words of a language
//! where somebody reads it, in whichever process that is.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Lang;
use super::catalogue::spanish;

/// A text that is written in every language.
///
/// Made by [`text!`](crate::text), which takes the English phrase and what stands for each `{}` of
/// it, other texts included. A phrase without Spanish does not compile. What comes from elsewhere
/// (names, messages of libraries) is a text by `From` and stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Text(Vec<Word>);

/// A phrase is followed by as many texts as it has `{}`, so that what a peer sends is no deeper
/// than it is long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Phrase(Cow<'static, str>),
    Given(String),
}

/// How deep texts stand in texts, at most: what is deeper came from no program of ours.
const MAX_DEPTH: u32 = 8;

/// The text of a phrase of the catalogue with what is filled in, in turn.
///
/// ```
/// use lote_protocol::lang::{Lang, Text};
/// use lote_protocol::text;
///
/// let text: Text = text!("cannot read {}: {}", "a.jpg", text!("permission denied"));
/// assert_eq!(text.to_string(), "cannot read a.jpg: permission denied");
/// assert_eq!(text.say(Lang::Es), "no se puede leer a.jpg: permiso denegado");
/// ```
#[macro_export]
macro_rules! text {
    ($phrase:literal $(, $part:expr)* $(,)?) => {{
        const {
            assert!(
                $crate::lang::catalogue::is_known($phrase),
                "the phrase has no Spanish in lang/catalogue.rs"
            );
            let parts: &[&str] = &[$(stringify!($part)),*];
            assert!(
                $crate::lang::catalogue::places($phrase) == parts.len(),
                "as many values as the phrase has places"
            );
        }
        $crate::lang::Text::phrase($phrase)$(.with($part))*
    }};
}

impl Text {
    /// A phrase of the catalogue, nothing filled in yet; [`text!`](crate::text) checks that it is one.
    #[must_use]
    pub fn phrase(phrase: &'static str) -> Self {
        Self(vec![Word::Phrase(Cow::Borrowed(phrase))])
    }

    /// What has been said in English by something that knows no other texts: a phrase if the
    /// catalogue has it.
    #[must_use]
    pub fn known(said: &str) -> Self {
        match spanish(said) {
            Some(_) => Self(vec![Word::Phrase(Cow::Owned(said.to_owned()))]),
            None => said.into(),
        }
    }

    /// The same with the next `{}` filled in.
    #[must_use]
    pub fn with(mut self, part: impl Into<Self>) -> Self {
        let part = part.into();
        if part.0.is_empty() {
            self.0.push(Word::Given(String::new()));
        } else {
            self.0.extend(part.0);
        }
        self
    }

    /// The text in that language.
    pub fn say(&self, lang: Lang) -> String {
        let (mut said, mut words) = (String::new(), self.0.iter());
        say(&mut words, lang, 0, &mut said);
        said
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| matches!(word, Word::Given(given) if given.is_empty()))
    }

    /// The same with what was filled in changed: file names, words of libraries.
    #[must_use]
    pub fn map(mut self, mut change: impl FnMut(&str) -> String) -> Self {
        for word in &mut self.0 {
            if let Word::Given(given) = word {
                *given = change(given);
            }
        }
        self
    }

    /// The texts one after another.
    #[must_use]
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        let items: Vec<_> = items.into_iter().collect();
        let phrase = vec!["{}"; items.len()].join(", ");
        items.into_iter().fold(Self(vec![Word::Phrase(phrase.into())]), Self::with)
    }
}

/// Says the next text, with what stands in it.
fn say<'a>(words: &mut impl Iterator<Item = &'a Word>, lang: Lang, depth: u32, said: &mut String) {
    match words.next() {
        None => {}
        Some(Word::Given(given)) => said.push_str(given),
        Some(Word::Phrase(_)) if depth > MAX_DEPTH => {}
        Some(Word::Phrase(phrase)) => {
            let phrase = match lang {
                Lang::En => phrase,
                Lang::Es => spanish(phrase).unwrap_or(phrase),
            };
            for (index, piece) in phrase.split("{}").enumerate() {
                if index > 0 {
                    say(words, lang, depth + 1, said);
                }
                said.push_str(piece);
            }
        }
    }
}

impl fmt::Display for Text {
    /// In English, as logs, journals and NDJSON have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

impl std::error::Error for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, english: &str) -> bool {
        self.say(Lang::En) == *english
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, english: &&str) -> bool {
        self == *english
    }
}

impl From<String> for Text {
    fn from(given: String) -> Self {
        Self(vec![Word::Given(given)])
    }
}

impl From<std::io::Error> for Text {
    fn from(error: std::io::Error) -> Self {
        super::reason(&error)
    }
}

macro_rules! given {
    ($($kind:ty)*) => {$(
        impl From<$kind> for Text {
            fn from(given: $kind) -> Self {
                Self::from(given.to_string())
            }
        }
    )*};
}

given!(&str &String char u8 u16 u32 u64 usize i32 i64 f64 std::path::Display<'_>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_said_in_both_languages_with_what_stands_in_it() {
        let text = text!("cannot read {}: {}", "a {} b", text!("permission denied"));
        assert_eq!(text.to_string(), "cannot read a {} b: permission denied");
        assert_eq!(text.say(Lang::Es), "no se puede leer a {} b: permiso denegado");
        let text = text!("cannot read {}: {}", "", "permission denied");
        assert_eq!(text.say(Lang::Es), "no se puede leer : permission denied");
    }

    #[test]
    fn a_text_that_no_program_of_ours_made_is_said_all_the_same() {
        let deep = Text(vec![Word::Phrase("({})".into()); 100_000]);
        assert!(deep.say(Lang::Es).len() < 100);
        assert_eq!(Text::phrase("{} {}").say(Lang::En), " ");
        assert_eq!(Text::default().say(Lang::Es), "");
    }

    #[test]
    fn what_is_filled_in_can_be_changed_and_phrases_cannot() {
        let text = text!("cannot read {}: {}", "/home/a.jpg", text!("permission denied"));
        let text = text.map(|given| given.replace("/home/", ""));
        assert_eq!(text.to_string(), "cannot read a.jpg: permission denied");
    }
}
