//! What is said to people, as data and in their language.

pub mod catalogue;
mod reason;
mod text;

pub use reason::reason;
pub use text::Text;

use std::env;

/// A language of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
}

impl Lang {
    /// The language that the environment asks for: `LOTE_LANG` first, then the locale. English
    /// unless it is Spanish.
    pub fn from_environment() -> Self {
        let set = |name: &&str| env::var(name).ok().filter(|value| !value.is_empty());
        let names = ["LOTE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"];
        Self::from_locale(&names.iter().find_map(set).unwrap_or_default())
    }

    /// The language that `LOTE_LANG` asks for, else this one, else that of the environment.
    pub fn chosen(language: Option<&str>) -> Self {
        let asked = env::var_os("LOTE_LANG").is_some_and(|value| !value.is_empty());
        match language.filter(|_| !asked) {
            Some(language) => Self::from_locale(language),
            None => Self::from_environment(),
        }
    }

    /// The language of a locale such as `es_ES.UTF-8`.
    pub fn from_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("es") { Self::Es } else { Self::En }
    }

    /// The text in this language.
    pub const fn pick<T: Copy>(self, en: T, es: T) -> T {
        match self {
            Self::En => en,
            Self::Es => es,
        }
    }

    /// A number with that many decimals, as it is written in this language.
    pub fn number(self, value: f64, decimals: usize) -> String {
        let text = format!("{value:.decimals$}");
        match self {
            Self::En => text,
            Self::Es => text.replace('.', ","),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_language() {
        for (locale, lang) in [
            ("es", Lang::Es),
            ("es_ES.UTF-8", Lang::Es),
            ("ES-mx", Lang::Es),
            ("en_GB.UTF-8", Lang::En),
            ("C", Lang::En),
            ("est", Lang::En),
            ("", Lang::En),
        ] {
            assert_eq!(Lang::from_locale(locale), lang, "{locale}");
        }
    }
}
