//! `lote.toml`: what one would otherwise always type.

use std::ops::Range;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy as _, choose_base_strategy};
use lote_protocol::lang::Text;
use lote_protocol::text;
use serde::Deserialize;

use super::options::Options;
use super::recipe::{RecipeError, place, place_in_job, place_of_key};

/// The words that it may have besides the names of options.
const WORDS: &[&str] = &["language", "idioma", "roots", "raices", "job", "trabajo"];

/// What a language may be.
const LANGUAGES: [&str; 2] = ["es", "en"];

/// What one would otherwise always type.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The language: `es` or `en`.
    #[serde(alias = "idioma")]
    pub language: Option<String>,
    /// Folders that may be chosen from in the page; those that are no absolute paths are below the
    /// folder of this file.
    #[serde(alias = "raices")]
    pub roots: Vec<PathBuf>,
    /// Options of every job.
    #[serde(alias = "trabajo")]
    pub job: Options,
}

/// Lote's folder in the system's folder for settings.
pub fn folder() -> Option<PathBuf> {
    // A relative `HOME` would lead into whatever folder this is, which may be anybody's.
    let folder = choose_base_strategy().ok()?.config_dir();
    folder.is_absolute().then(|| folder.join("lote"))
}

impl Config {
    /// Reads that file, or the one in the configuration folder, which need not exist.
    pub fn load(path: Option<&Path>) -> Result<Self, RecipeError> {
        let usual = || Some(folder()?.join("lote.toml")).filter(|path| path.exists());
        let Some(path) = path.map(Path::to_owned).or_else(usual) else {
            return Ok(Self::default());
        };
        let fault = |line, column, message: Text| RecipeError {
            file: path.display().to_string(),
            line,
            column,
            message,
            hint: Text::default(),
        };
        let text = crate::system::files::read_text(&path, super::recipe::MAX_BYTES)
            .map_err(|error| fault(0, 0, crate::plan::error::reason(&error)))?;
        let config: Self = toml::from_str(&text).map_err(|error| {
            let (line, column) = place(&text, error.span().map_or(0, |span| span.start));
            let (message, hint) = super::recipe::unknown(error.message(), WORDS);
            RecipeError { hint, ..fault(line, column, message) }
        })?;
        let at = |span: Option<Range<usize>>| place(&text, span.map_or(0, |span| span.start));
        if let Some((names, message)) = config.job.fault() {
            let (line, column) = at(place_in_job(&text, &names));
            return Err(fault(line, column, message));
        }
        match &config.language {
            Some(language) if !LANGUAGES.contains(&language.as_str()) => {
                let (line, column) = at(place_of_key(&text, &["language", "idioma"]));
                let hint = text!("there are {}", LANGUAGES.join(", "));
                Err(RecipeError {
                    hint,
                    ..fault(line, column, text!("there is no value {}", language))
                })
            }
            // Wherever the program is started.
            _ => {
                let folder = path.parent().unwrap_or(Path::new(""));
                let roots = config.roots.iter().map(|root| folder.join(root)).collect();
                Ok(Self { roots, ..config })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_below_the_folder_of_the_file_wherever_the_program_is_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lote.toml");
        std::fs::write(&file, "raices = [\"photos\", \"/srv/photos\"]\n").unwrap();
        let config = Config::load(Some(&file)).unwrap();
        assert_eq!(config.roots, [folder.path().join("photos"), "/srv/photos".into()]);
    }
}
