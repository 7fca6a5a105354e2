//! Recipes: settings of a job under a name, kept beside the outputs from one start to the next.

use std::fs;
use std::io::{self, Write};
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::App;
use super::body::{Command, Id};
use super::error::Refusal;
use super::images::blocking;
use crate::redact;
use lote_engine::system::files::read_regular;

/// How many recipes are kept.
const MAX_RECIPES: usize = 200;

/// A larger file holds no recipes, bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Longest name, characters.
const MAX_NAME_CHARS: usize = 80;

/// Saved recipes: a handle, cheap to clone.
#[derive(Debug, Clone)]
pub struct Recipes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    kept: Mutex<Vec<Recipe>>,
    changes: watch::Sender<u64>,
}

/// The settings of a job under a name. What is in them is checked when a job is started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Recipe {
    id: String,
    name: String,
    /// Called `recipe` in the page's words and in the file.
    #[serde(rename = "recipe")]
    settings: Value,
}

impl Recipes {
    /// Those in that file, which need not exist. One that cannot be understood is put aside.
    pub fn load(file: PathBuf) -> Self {
        let kept = match read_regular(&file, MAX_FILE_BYTES) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(file = %file.display(), %error, "recipes cannot be read");
                // It stays where a person can look at it.
                let _ = fs::rename(&file, file.with_extension("unreadable"));
                Vec::new()
            }),
            Err(_) => Vec::new(),
        };
        Self(Arc::new(Inner { file, kept: Mutex::new(kept), changes: watch::Sender::new(0) }))
    }

    /// Tells when the list has changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    fn list(&self) -> Vec<Recipe> {
        self.kept().clone()
    }

    /// Keeps a recipe, in place of one of the same name; returns its id. Blocks.
    fn save(&self, name: &str, recipe: Value) -> Result<String, Refusal> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
            let message = format!("the name of a recipe has 1 to {MAX_NAME_CHARS} characters");
            return Err(Refusal::bad_request(message));
        }
        if !recipe.get("variants").is_some_and(Value::is_array) {
            return Err(Refusal::bad_request("that is no recipe"));
        }
        let mut kept = self.kept();
        let mut changed = kept.clone();
        let number = |recipe: &Recipe| recipe.id.strip_prefix('r')?.parse::<u64>().ok();
        let next = changed.iter().filter_map(number).max().unwrap_or(0) + 1;
        let id = format!("r{next}");
        changed.retain(|one| one.name != name);
        if changed.len() >= MAX_RECIPES {
            let message = format!("there are {MAX_RECIPES} recipes already");
            return Err(Refusal::conflict("too_many", message).hint("delete one first"));
        }
        changed.push(Recipe { id: id.clone(), name: name.to_owned(), settings: recipe });
        changed.sort_by_cached_key(|one| one.name.to_lowercase());
        self.replace(&mut kept, changed)?;
        Ok(id)
    }

    /// Forgets a recipe. Blocks.
    fn delete(&self, id: &str) -> Result<(), Refusal> {
        let mut kept = self.kept();
        let mut changed = kept.clone();
        changed.retain(|one| one.id != id);
        if changed.len() == kept.len() {
            return Err(Refusal::not_found());
        }
        self.replace(&mut kept, changed)
    }

    fn replace(&self, kept: &mut Vec<Recipe>, changed: Vec<Recipe>) -> Result<(), Refusal> {
        store(&self.0.file, &changed).map_err(|error| {
            let message = format!("the recipe cannot be stored: {error}");
            Refusal::unprocessable("unwritable", redact::text(&message))
        })?;
        *kept = changed;
        self.0.changes.send_modify(|number| *number += 1);
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Recipe>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the file, whole or not at all.
fn store(file: &FilePath, recipes: &[Recipe]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(FilePath::new("."));
    fs::create_dir_all(folder)?;
    let mut new = tempfile::Builder::new().prefix(".lote-").tempfile_in(folder)?;
    serde_json::to_writer_pretty(&mut new, recipes)?;
    new.flush()?;
    new.persist(file).map_err(|error| error.error)?;
    Ok(())
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/recipes", get(list).post(save))
        .route("/api/recipes/{id}/delete", post(delete))
}

async fn list(State(app): State<App>) -> Json<Value> {
    Json(json!({"recipes": app.recipes.list()}))
}

#[derive(Deserialize)]
struct Saving {
    name: String,
    recipe: Value,
}

async fn save(
    State(app): State<App>,
    Command(Saving { name, recipe }): Command<Saving>,
) -> Result<Json<Value>, Refusal> {
    let id = blocking(move || app.recipes.save(&name, recipe)).await??;
    Ok(Json(json!({"id": id})))
}

async fn delete(
    State(app): State<App>,
    Id(id): Id,
    _: Command<Value>,
) -> Result<Json<Value>, Refusal> {
    blocking(move || app.recipes.delete(&id)).await??;
    Ok(Json(json!({})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_survive_a_restart_and_names_are_unique() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".lote/recipes.json");
        let recipes = Recipes::load(file.clone());
        let recipe = |quality: u8| json!({"variants": [], "quality": quality});
        let first = recipes.save(" Web ", recipe(1)).unwrap();
        let second = recipes.save("Blog", recipe(2)).unwrap();
        let third = recipes.save("Web", recipe(3)).unwrap();
        assert!(first != second && third != first && third != second);
        let names = |recipes: &Recipes| -> Vec<_> {
            recipes
                .list()
                .into_iter()
                .map(|one| (one.name, one.settings["quality"].clone()))
                .collect()
        };
        let expected = [("Blog".to_owned(), json!(2)), ("Web".to_owned(), json!(3))];
        assert_eq!(names(&recipes), expected);
        assert_eq!(names(&Recipes::load(file.clone())), expected);

        assert_eq!(recipes.delete(&first).unwrap_err().status.as_u16(), 404);
        recipes.delete(&second).unwrap();
        assert_eq!(Recipes::load(file).list().len(), 1);
        assert_eq!(*recipes.changes().borrow(), 4);
    }

    #[test]
    fn what_is_no_recipe_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let recipes = Recipes::load(folder.path().join("recipes.json"));
        let good = json!({"variants": []});
        for (name, recipe) in [("", &good), (&"x".repeat(81), &good), ("a", &json!(3))] {
            assert_eq!(recipes.save(name, recipe.clone()).unwrap_err().status.as_u16(), 400);
        }
        for number in 0..MAX_RECIPES {
            recipes.save(&number.to_string(), good.clone()).unwrap();
        }
        assert_eq!(recipes.save("more", good.clone()).unwrap_err().status.as_u16(), 409);
        recipes.save("7", good).unwrap();
    }

    #[test]
    fn a_file_that_is_not_understood_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recipes.json");
        fs::write(&file, "no JSON").unwrap();
        let recipes = Recipes::load(file);
        assert!(recipes.list().is_empty());
        assert!(folder.path().join("recipes.unreadable").exists());
    }
}
