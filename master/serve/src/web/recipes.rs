//! Recipes: settings of a job under a name. They are the files of `lote recipes`, in TOML.

use std::fs;
use std::io::{self, Write};
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::body::{Command, Id};
use super::error::Refusal;
use super::images::blocking;
use super::{App, file};
use crate::jobs::{JobRequest, beyond_pages};
use crate::redact;
use lote_engine::job::{BUILT_IN, BuiltIn, OwnRecipe, Recipe, RecipeError, kept_in};
use lote_engine::lang::{Lang, Text, reason};
use lote_engine::system::files::read_regular;
use lote_protocol::filter::check_name;
use lote_protocol::text;

/// How many recipes are kept.
const MAX_RECIPES: usize = 200;

/// A larger file of the first page's recipes is none, bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Longest name, characters.
const MAX_NAME_CHARS: usize = 80;

/// Saved recipes: a handle, cheap to clone.
#[derive(Debug, Clone)]
pub struct Recipes(Arc<SharedRecipes>);

#[derive(Debug)]
struct SharedRecipes {
    folder: PathBuf,
    /// Slots that a job has at most.
    max_workers: u32,
    /// Held by whoever changes the folder.
    changing: Mutex<()>,
    changes: watch::Sender<u64>,
}

/// A recipe as pages see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Shown {
    id: String,
    name: String,
    recipe: JobRequest,
}

/// A recipe of the first page, which kept all of them in one file of JSON.
#[derive(Deserialize)]
struct First {
    name: String,
    recipe: JobRequest,
}

impl Recipes {
    /// Those in that folder, which need not exist.
    pub fn new(folder: PathBuf, max_workers: u32) -> Self {
        let (changing, changes) = (Mutex::new(()), watch::Sender::new(0));
        Self(Arc::new(SharedRecipes { folder, max_workers, changing, changes }))
    }

    /// Takes over the recipes of the first page, if that file is there; it stays under another name.
    /// One of a name that there is already gets a number.
    pub fn take_over(&self, first: &FilePath) {
        let Ok(bytes) = read_regular(first, MAX_FILE_BYTES) else { return };
        let recipes: Vec<Value> = serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            tracing::warn!(file = %first.display(), %error, "recipes cannot be read");
            Vec::new()
        });
        for recipe in recipes {
            if let Err(why) = self.take_over_one(recipe) {
                tracing::warn!(file = %first.display(), %why, "a recipe cannot be taken over");
            }
        }
        if let Err(error) = fs::rename(first, first.with_extension("json.old")) {
            tracing::warn!(file = %first.display(), %error, "recipes are taken over once more");
        }
    }

    fn take_over_one(&self, recipe: Value) -> Result<(), Text> {
        let First { name, recipe } =
            serde_json::from_value(recipe).map_err(|error| error.to_string())?;
        let recipe = recipe.to_recipe().map_err(|error| error.to_string())?;
        let plain = name.replace(['/', '\\', '<', '>', ':', '"', '|', '?', '*'], "-");
        let there = self.kept();
        let is_free = |name: &String| there.iter().all(|kept| kept.name != *name);
        let same = there.iter().find(|kept| kept.name == plain);
        if same.is_some_and(|kept| Recipe::read(&kept.path).is_ok_and(|there| there == recipe)) {
            return Ok(());
        }
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        let name = std::iter::once(plain.clone()).chain(numbered).find(is_free);
        let saved = self.save(&name.unwrap_or(plain), &recipe);
        saved.map(drop).map_err(|refusal| refusal.message)
    }

    /// Tells when the list has changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Those that pages can use: one that is no recipe, or names files of the machine, is not told.
    /// Blocks.
    fn list(&self) -> Vec<Shown> {
        let shown = |kept: OwnRecipe| {
            let read = Recipe::read(&kept.path)
                .map_err(|error| error.text())
                .and_then(|recipe| self.shown(&recipe).map_err(|refusal| refusal.message));
            let recipe = read
                .inspect_err(|why| tracing::debug!(name = kept.name, %why, "no recipe for pages"));
            Some(Shown { id: id(&kept.name), recipe: recipe.ok()?, name: kept.name })
        };
        self.kept().into_iter().filter_map(shown).collect()
    }

    fn kept(&self) -> Vec<OwnRecipe> {
        kept_in(&self.0.folder)
    }

    fn find(&self, wanted: &str) -> Result<OwnRecipe, Refusal> {
        let kept = self.kept().into_iter().find(|kept| id(&kept.name) == wanted);
        kept.ok_or_else(Refusal::not_found)
    }

    /// A recipe as pages see it.
    fn shown(&self, recipe: &Recipe) -> Result<JobRequest, Refusal> {
        JobRequest::from_recipe(recipe, self.0.max_workers).map_err(Refusal::from)
    }

    /// Keeps a recipe, in place of one of the same name; returns its id. Blocks.
    fn save(&self, name: &str, recipe: &Recipe) -> Result<String, Refusal> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
            let message = text!("the name of a recipe has 1 to {} characters", MAX_NAME_CHARS);
            return Err(Refusal::bad_request(message));
        }
        // It is a file's name, too.
        check_name(name).map_err(|error| Refusal::bad_request(error.text()))?;
        let _changing = self.0.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = self.kept();
        if kept.len() >= MAX_RECIPES && kept.iter().all(|one| one.name != name) {
            let message = text!("there are {} recipes already", MAX_RECIPES);
            return Err(Refusal::conflict("too_many", message).hint(text!("delete one first")));
        }
        store(&self.0.folder, name, &recipe.to_toml()).map_err(|error| unwritable(&error))?;
        self.0.changes.send_modify(|number| *number += 1);
        Ok(id(name))
    }

    /// Forgets a recipe. Blocks.
    fn delete(&self, id: &str) -> Result<(), Refusal> {
        let _changing = self.0.changing.lock().unwrap_or_else(PoisonError::into_inner);
        fs::remove_file(self.find(id)?.path).map_err(|error| unwritable(&error))?;
        self.0.changes.send_modify(|number| *number += 1);
        Ok(())
    }
}

/// What pages call a recipe.
fn id(name: &str) -> String {
    format!("r{}", HEXLOWER.encode(&Sha256::digest(name.as_bytes())[..8]))
}

fn unwritable(error: &io::Error) -> Refusal {
    let message = text!("the recipe cannot be stored: {}", reason(error));
    Refusal::unprocessable("unwritable", message.map(redact::text))
}

/// Writes a file, whole or not at all.
fn store(folder: &FilePath, name: &str, text: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut new = tempfile::Builder::new().prefix(".lote-").tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.persist(folder.join(format!("{name}.toml"))).map_err(|error| error.error)?;
    Ok(())
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/recipes", get(list).post(save))
        .route("/api/recipes/read", post(read))
        .route("/api/recipes/write", post(write))
        .route("/api/recipes/{id}/file", get(download))
        .route("/api/recipes/{id}/delete", post(delete))
}

async fn list(State(app): State<App>) -> Result<Json<Value>, Refusal> {
    let max_workers = app.recipes.0.max_workers;
    let recipes = blocking(move || app.recipes.list()).await?;
    Ok(Json(json!({"recipes": recipes, "built_in": built_in(max_workers)})))
}

/// The recipes that come with the program, as pages see them.
fn built_in(max_workers: u32) -> Vec<Value> {
    let shown = |one: BuiltIn| {
        let recipe = Recipe::parse(one.text, one.en).ok()?;
        let recipe = JobRequest::from_recipe(&recipe, max_workers).ok()?;
        let help = json!({"es": one.help(Lang::Es), "en": one.help(Lang::En)});
        Some(json!({"name": {"es": one.es, "en": one.en}, "help": help, "recipe": recipe}))
    };
    BUILT_IN.into_iter().filter_map(shown).collect()
}

/// A recipe to keep: as the page has it, or as a file.
#[derive(Deserialize)]
struct Saving {
    name: String,
    recipe: Option<JobRequest>,
    toml: Option<String>,
}

async fn save(
    State(app): State<App>,
    Command(Saving { name, recipe, toml }): Command<Saving>,
) -> Result<Json<Value>, Refusal> {
    let recipe = match (recipe, toml) {
        (Some(request), None) => request.to_recipe()?,
        (None, Some(text)) => parse(&app, &name, &text)?.0,
        _ => return Err(Refusal::bad_request(text!("that is no recipe: give recipe or toml"))),
    };
    let id = blocking(move || app.recipes.save(&name, &recipe)).await??;
    Ok(Json(json!({"id": id})))
}

/// Reads a file, and tells how the page has it.
fn parse(app: &App, name: &str, text: &str) -> Result<(Recipe, JobRequest), Refusal> {
    let told = |error: RecipeError| Refusal::bad_request(error.text()).hint(error.hint);
    let recipe = Recipe::parse(text, name).map_err(told)?;
    let shown = app.recipes.shown(&recipe)?;
    Ok((recipe, shown))
}

#[derive(Deserialize)]
struct Reading {
    #[serde(default)]
    name: String,
    toml: String,
}

/// What a file says, for a page that one was dropped on.
async fn read(
    State(app): State<App>,
    Command(Reading { name, toml }): Command<Reading>,
) -> Result<Json<Value>, Refusal> {
    let (recipe, shown) = parse(&app, &name, &toml)?;
    Ok(Json(json!({"recipe": shown, "beyond": beyond_pages(&recipe)})))
}

#[derive(Deserialize)]
struct Writing {
    recipe: JobRequest,
}

/// What a page has as a file, for who wants to keep it elsewhere.
async fn write(Command(Writing { recipe }): Command<Writing>) -> Result<Json<Value>, Refusal> {
    Ok(Json(json!({"toml": recipe.to_recipe()?.to_toml()})))
}

async fn download(State(app): State<App>, Id(id): Id) -> Result<Response, Refusal> {
    let (name, text) = blocking(move || {
        let kept = app.recipes.find(&id)?;
        // One that names files is none of pages'.
        let recipe = Recipe::read(&kept.path).map_err(|_| Refusal::not_found())?;
        app.recipes.shown(&recipe).map_err(|_| Refusal::not_found())?;
        Ok::<_, Refusal>((format!("{}.toml", kept.name), recipe.to_toml()))
    })
    .await??;
    let kind = HeaderValue::from_static("application/toml");
    let headers =
        [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, file::disposition("attachment", &name))];
    Ok((headers, text).into_response())
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

    fn request(quality: u8) -> JobRequest {
        serde_json::from_value(json!({
            "mode": "processes", "workers": 2,
            "variants": [{"name": "web", "steps": [
                {"filter": "redimensionar", "params": {"lado_largo": 1600}},
                {"filter": "marca_agua", "params": {"texto": "a, b+c \"d\"", "opacidad": 0.5}},
            ], "files": ["webp:calidad=60"]}],
            "exceptions": [{"image": "x/a.jpg", "variant": "web", "step": 2, "opacity": 1}],
            "output": {"folder": "Boda", "format": "png", "quality": quality,
                "pattern": "{name}_{variant}", "if_exists": "rename",
                "carry": {"metadata": "copyright", "set": {"artist": "Ana"}, "profile": "srgb"}},
        }))
        .unwrap()
    }

    #[test]
    fn a_recipe_of_a_page_is_a_file_that_says_the_same() {
        let recipe = request(60).to_recipe().unwrap();
        let read = Recipe::parse(&recipe.to_toml(), "x").unwrap();
        assert_eq!(read, recipe);
        assert_eq!(JobRequest::from_recipe(&read, 8).unwrap(), request(60));
    }

    #[test]
    fn recipes_are_files_and_names_are_unique() {
        let folder = tempfile::tempdir().unwrap();
        let recipes = Recipes::new(folder.path().join("recipes"), 8);
        let save =
            |name: &str, quality: u8| recipes.save(name, &request(quality).to_recipe().unwrap());
        let first = save(" Web ", 1).unwrap();
        let second = save("Blog", 2).unwrap();
        assert!(first != second && save("Web", 3).unwrap() == first);
        let names: Vec<_> =
            recipes.list().into_iter().map(|one| (one.name, one.recipe.output.quality)).collect();
        assert_eq!(names, [("Blog".to_owned(), 2), ("Web".to_owned(), 3)]);
        assert!(folder.path().join("recipes/Web.toml").is_file());

        recipes.delete(&second).unwrap();
        assert_eq!(recipes.delete(&second).unwrap_err().status.as_u16(), 404);
        assert_eq!(recipes.list().len(), 1);
        assert_eq!(*recipes.changes().borrow(), 4);
        for name in ["", &"x".repeat(81), "a/b", "..", "CON"] {
            assert_eq!(save(name, 1).unwrap_err().status.as_u16(), 400, "{name}");
        }
        for number in 1..MAX_RECIPES {
            save(&number.to_string(), 1).unwrap();
        }
        assert_eq!(save("more", 1).unwrap_err().status.as_u16(), 409);
        save("7", 1).unwrap();
    }

    #[test]
    fn what_names_a_file_of_the_machine_is_none_of_pages() {
        let folder = tempfile::tempdir().unwrap();
        let recipes = Recipes::new(folder.path().to_owned(), 8);
        let logo = "[[variant]]\nsteps = [\"logo:archivo=/home/ana/secret.png\"]\n";
        fs::write(folder.path().join("logo.toml"), logo).unwrap();
        fs::write(folder.path().join("no.toml"), "no TOML").unwrap();
        assert_eq!(recipes.list(), []);
    }

    #[test]
    fn the_recipes_of_the_first_page_are_taken_over_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("recipes.json");
        fs::write(&first, include_str!("testdata/recipes.json")).unwrap();
        let recipes = Recipes::new(folder.path().join("recipes"), 8);
        recipes.take_over(&first);
        let names: Vec<_> = recipes.list().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["Boda - web", "Viejo"]);
        let web = &recipes.list()[0].recipe;
        let step = |n: usize| serde_json::to_value(&web.variants[0].steps[n]).unwrap();
        assert_eq!(step(1)["params"]["texto"], "© Ana, 2025");
        assert_eq!((web.output.quality, web.workers), (82, 8));
        let old = folder.path().join("recipes.json.old");
        assert!(!first.exists() && old.exists());

        // A copy that is put back doubles nothing.
        fs::copy(&old, &first).unwrap();
        recipes.take_over(&first);
        assert_eq!(recipes.list().len(), 2);
        fs::write(&first, "no JSON").unwrap();
        recipes.take_over(&first);
        assert!(recipes.list().len() == 2 && !first.exists());
    }
}
