//! What is to be made, and how: the options of a job, recipes that keep them under a name, and the
//! defaults of the one who types.

mod builtin;
mod config;
mod folder;
mod options;
mod recipe;

pub use builtin::{BUILT_IN, BuiltIn};
pub use config::{Config, folder as configuration_folder};
pub use folder::{NamedRecipe, OwnRecipe, find, kept_in, list, recipes_folder};
pub use options::{IfLarger, Options, Unusable};
pub use recipe::{Recipe, RecipeError, Variant, misread};
