//! The recipes of the one who types: files in the configuration folder.

use std::fs;
use std::path::{Path, PathBuf};

use lote_protocol::filter::most_similar;
use lote_protocol::text;

use super::builtin::{BUILT_IN, BuiltIn};
use super::config;
use super::recipe::{Recipe, RecipeError};

/// A recipe of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRecipe {
    /// Its name: the file's, without its ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

/// A recipe that was named.
#[derive(Debug, Clone)]
pub enum NamedRecipe {
    /// A file.
    File(PathBuf),
    /// One that comes with the program.
    BuiltIn(BuiltIn),
}

impl NamedRecipe {
    /// Its text.
    pub fn recipe(&self) -> Result<Recipe, RecipeError> {
        match self {
            Self::File(path) => Recipe::read(path),
            Self::BuiltIn(recipe) => Recipe::parse(recipe.text, recipe.en),
        }
    }
}

/// The folder of one's own recipes, which need not exist.
pub fn recipes_folder() -> Option<PathBuf> {
    Some(config::folder()?.join("recipes"))
}

/// One's own recipes, by name.
pub fn list() -> Vec<OwnRecipe> {
    recipes_folder().map(|folder| kept_in(&folder)).unwrap_or_default()
}

/// The recipes in a folder, by name.
pub fn kept_in(folder: &Path) -> Vec<OwnRecipe> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut kept: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|path| Some(OwnRecipe { name: path.file_stem()?.to_str()?.to_owned(), path }))
        .collect();
    kept.sort_by_cached_key(|kept| kept.name.to_lowercase());
    kept
}

/// The recipe of that name: a file, then one's own, then one that comes with the program.
pub fn find(name: &str) -> Result<NamedRecipe, RecipeError> {
    let path = Path::new(name);
    if path.components().count() > 1 || path.extension().is_some() || path.is_file() {
        return Ok(NamedRecipe::File(path.to_owned()));
    }
    let kept = list();
    if let Some(own) = kept.iter().find(|kept| kept.name == name) {
        return Ok(NamedRecipe::File(own.path.clone()));
    }
    let lower = name.to_lowercase();
    if let Some(built_in) = BUILT_IN.into_iter().find(|one| one.es == lower || one.en == lower) {
        return Ok(NamedRecipe::BuiltIn(built_in));
    }
    let known = BUILT_IN.iter().flat_map(|one| [one.es, one.en]);
    let known = known.chain(kept.iter().map(|kept| kept.name.as_str()));
    let near = most_similar(&lower, known);
    Err(RecipeError {
        file: name.to_owned(),
        line: 0,
        column: 0,
        message: text!("there is no recipe of that name"),
        hint: near.map_or_else(
            || text!("`lote recipes` lists them"),
            |near| text!("did you mean {}? `lote recipes` lists them", near),
        ),
    })
}
