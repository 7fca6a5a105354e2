//! `lote recipes`.

use std::fmt::Write as _;

use super::args::{RecipeArgs, RecipeSub};
use super::make;
use crate::exit::Exit;
use crate::ui::Ui;
use lote_engine::job::{BUILT_IN, NamedRecipe, RecipeError, find, list};
use lote_engine::lang::Lang;

pub(super) fn execute(args: &RecipeArgs, ui: Ui) -> Exit {
    let text = match &args.command {
        None => overview(ui.lang),
        Some(RecipeSub::Show { name }) => match shown(name, ui.lang) {
            Ok(text) => text,
            Err(error) => return make::refuse(&error, ui),
        },
    };
    ui.print(&text)
}

fn shown(name: &str, lang: Lang) -> Result<String, RecipeError> {
    let found = find(name)?;
    // What is shown can be used.
    let recipe = found.recipe()?;
    Ok(match found {
        NamedRecipe::BuiltIn(built_in) => built_in.shown(lang),
        NamedRecipe::File(path) => {
            std::fs::read_to_string(path).unwrap_or_else(|_| recipe.to_toml())
        }
    })
}

/// All recipes, a line each.
pub(super) fn overview(lang: Lang) -> String {
    let mut text = String::new();
    for recipe in BUILT_IN {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<12} {}", recipe.name(lang), recipe.help(lang));
    }
    for kept in list() {
        let _ = writeln!(text, "{:<12} {}", kept.name, kept.path.display());
    }
    text
}
