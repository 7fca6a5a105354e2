//! The list of images: to read, and to choose.

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::body::{Command, Id, QueryOf};
use super::error::Refusal;
use super::{App, file};
use crate::images::folders::{label, problem};
use crate::images::{ImagePlace, ListedImage, Sort, Source, UnknownImage};
use crate::redact;
use lote_engine::samples;
use lote_protocol::text;

/// Most samples that a page can ask for.
const MAX_SAMPLES: usize = 1000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/images", get(page))
        .route("/api/images/skipped", get(skipped))
        .route("/api/images/source", post(choose))
        .route("/api/images/exclude", post(exclude))
        .route("/api/images/clear", post(clear))
        .route("/api/folders", get(folders))
        .route("/api/original/{image}", get(original))
}

impl From<UnknownImage> for Refusal {
    fn from(_: UnknownImage) -> Self {
        Self::not_found()
    }
}

#[derive(Deserialize)]
struct PageQuery {
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: Sort,
}

async fn page(
    State(app): State<App>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Value>, Refusal> {
    let limit = query.limit.unwrap_or(200).clamp(1, 500);
    Ok(Json(app.images.page(&query.q, query.sort, query.offset, limit)))
}

async fn skipped(State(app): State<App>) -> Json<Value> {
    Json(app.images.skipped())
}

#[derive(Deserialize)]
struct FolderQuery {
    id: Option<String>,
}

async fn folders(
    State(app): State<App>,
    QueryOf(query): QueryOf<FolderQuery>,
) -> Result<Json<Value>, Refusal> {
    let id = query.id.filter(|id| !id.is_empty());
    let listing = blocking(move || app.folders.listing(id.as_deref())).await?;
    listing.map(Json).ok_or_else(Refusal::not_found)
}

#[derive(Deserialize)]
#[serde(tag = "source", rename_all = "lowercase")]
enum Choice {
    Input,
    Folder {
        folder: String,
        #[serde(default)]
        recursive: bool,
    },
    Samples {
        count: usize,
    },
    /// The list before this one.
    Before,
}

async fn choose(
    State(app): State<App>,
    Command(choice): Command<Choice>,
) -> Result<Json<Value>, Refusal> {
    let revision = blocking(move || match choice {
        Choice::Input => app.load_input(),
        Choice::Folder { folder, recursive } => {
            let root = app.folders.get(&folder).ok_or_else(Refusal::not_found)?;
            let label = label(&root);
            // What is listed now stays listed.
            if problem(&root).is_some() {
                let message = text!("the folder {} cannot be read", label);
                return Err(Refusal::unprocessable("unreadable_folder", message));
            }
            let place = ImagePlace { source: Source::Folder, label, root, recursive };
            app.images.load(place).map_err(|error| Refusal::from(&error))
        }
        Choice::Before => {
            let list = app.images.load_before().ok_or_else(Refusal::not_found)?;
            list.map_err(|error| Refusal::from(&error))
        }
        Choice::Samples { count } => {
            app.images.load(app.samples(count)?).map_err(|error| Refusal::from(&error))
        }
    })
    .await??;
    Ok(Json(json!({"revision": revision})))
}

impl App {
    /// The image of that id, if it is still where it was.
    pub(super) async fn image(&self, id: String) -> Result<ListedImage, Refusal> {
        let images = self.images.clone();
        blocking(move || images.find(&id)).await?.ok_or_else(Refusal::not_found)
    }

    /// Makes the images of the input folder the list. Blocks.
    pub fn load_input(&self) -> Result<u64, Refusal> {
        let root = self.places.input.clone();
        let place =
            ImagePlace { source: Source::Input, label: label(&root), root, recursive: false };
        self.images.load(place).map_err(|error| Refusal::from(&error))
    }

    /// Where so many samples are; they are written unless they are there already. Blocks.
    pub(super) fn samples(&self, count: usize) -> Result<ImagePlace, Refusal> {
        if !(1..=MAX_SAMPLES).contains(&count) {
            return Err(Refusal::bad_request(text!("there are 1 to {} samples", MAX_SAMPLES)));
        }
        let root = self.places.samples.join(count.to_string());
        // The folder is the server's own, so what is there was written before. To do it again, only to
        // see that it is the same, would take as much time and memory as the first time.
        if std::fs::read_dir(&root).map_or(0, Iterator::count) != count {
            samples::write_photos(&root, count).map_err(|error| {
                Refusal::unprocessable("unwritable", error.text().map(redact::text))
            })?;
        }
        Ok(ImagePlace { source: Source::Samples, label: String::new(), root, recursive: false })
    }
}

#[derive(Deserialize)]
struct Exclusion {
    images: Option<Vec<String>>,
    excluded: bool,
}

async fn exclude(
    State(app): State<App>,
    Command(command): Command<Exclusion>,
) -> Result<Json<Value>, Refusal> {
    let revision = app.images.exclude(command.images.as_deref(), command.excluded)?;
    Ok(Json(json!({"revision": revision})))
}

async fn clear(State(app): State<App>, _: Command<Value>) -> Json<Value> {
    Json(json!({"revision": app.images.clear()}))
}

async fn original(State(app): State<App>, Id(id): Id) -> Result<Response, Refusal> {
    let images = app.images.clone();
    let (image, file) = blocking(move || images.open(&id)).await?.ok_or_else(Refusal::not_found)?;
    Ok(file::attachment(file.map_err(|_| Refusal::gone())?, &image.name))
}

/// Does something that waits for the disk, beside the thread that answers.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    spawn_blocking(work)
        .await
        .map_err(|_| Refusal::internal(text!("a defect in Lote: the work broke off")))
}
