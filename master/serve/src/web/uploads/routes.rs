//! The commands of an upload.

use std::ffi::OsStr;
use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::StreamExt;
use lote_imaging::formats::{SNIFF_BYTES, Sniffed, sniff};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{MAX_FILE_BYTES, Uploads, create, write_refusal};
use crate::images::{ImagePlace, Source};
use crate::web::App;
use crate::web::body::{Command, Id, QueryOf};
use crate::web::error::Refusal;
use crate::web::images::blocking;
use lote_engine::plan::is_image_name;
use lote_protocol::text;

/// A sender that says nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(60);

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/uploads", post(begin))
        .route("/api/uploads/{upload}/file", post(take))
        .route("/api/uploads/{upload}/finish", post(finish))
        .route("/api/uploads/{upload}/cancel", post(cancel))
}

#[derive(Deserialize)]
struct Announcement {
    files: usize,
    bytes: u64,
}

async fn begin(
    State(app): State<App>,
    Command(Announcement { files, bytes }): Command<Announcement>,
) -> Result<Json<Value>, Refusal> {
    let id = blocking(move || app.uploads.begin(files, bytes)).await??;
    Ok(Json(json!({"upload": id})))
}

#[derive(Deserialize)]
struct Label {
    #[serde(default)]
    name: String,
}

async fn take(
    State(app): State<App>,
    Id(id): Id,
    QueryOf(Label { name }): QueryOf<Label>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    // A form of another page cannot send this type without asking first.
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/octet-stream") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::new(
            status,
            "media_type",
            text!("a file is sent as application/octet-stream"),
        ));
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > MAX_FILE_BYTES) {
        return Err(too_large());
    }
    let folder = app.uploads.count_file(&id)?;
    let file =
        Receiving { uploads: &app.uploads, id: &id, taken: 0, body: body.into_data_stream() };
    let kept = file.receive(folder, name.clone()).await?;
    if !kept {
        app.uploads.skip(&id, &name);
    }
    Ok(Json(json!({"name": name, "image": kept})))
}

fn too_large() -> Refusal {
    Refusal::too_large(text!("a file has at most {} GiB", MAX_FILE_BYTES >> 30))
}

/// A file on its way.
struct Receiving<'a> {
    uploads: &'a Uploads,
    id: &'a str,
    taken: u64,
    body: axum::body::BodyDataStream,
}

impl Receiving<'_> {
    /// Stores the file if it is an image; says whether it was. What is no image is read to its end
    /// all the same, as browsers do not listen before they have sent everything.
    async fn receive(mut self, folder: PathBuf, label: String) -> Result<bool, Refusal> {
        let mut head = Vec::new();
        while head.len() < SNIFF_BYTES
            && let Some(chunk) = self.next().await?
        {
            head.extend_from_slice(&chunk);
        }
        let Verdict::Keep(ending) = judge(&label, &head) else {
            while self.next().await?.is_some() {}
            return Ok(false);
        };
        let created = blocking(move || create(&folder, &label, ending)).await?;
        let (file, path) = created.map_err(|error| write_refusal(&error))?;
        let partial = Partial(Some(&path));
        let mut file = tokio::fs::File::from_std(file);
        file.write_all(&head).await.map_err(|error| write_refusal(&error))?;
        while let Some(chunk) = self.next().await? {
            file.write_all(&chunk).await.map_err(|error| write_refusal(&error))?;
        }
        file.flush().await.map_err(|error| write_refusal(&error))?;
        if !self.uploads.is_open(self.id) {
            // It was cancelled meanwhile, or ended without this file.
            return Err(Refusal::not_found());
        }
        partial.keep();
        Ok(true)
    }

    /// The next bytes, within all limits.
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let Ok(next) = tokio::time::timeout(SILENCE, self.body.next()).await else {
            let message = text!("nothing more came");
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", message));
        };
        let Some(chunk) =
            next.transpose().map_err(|_| Refusal::bad_request(text!("the file broke off")))?
        else {
            return Ok(None);
        };
        self.taken += chunk.len() as u64;
        if self.taken > MAX_FILE_BYTES {
            return Err(too_large());
        }
        self.uploads.count_bytes(self.id, chunk.len() as u64)?;
        Ok(Some(chunk))
    }
}

/// A file that is removed unless it is kept, also when its sender goes away.
struct Partial<'a>(Option<&'a FilePath>);

impl Partial<'_> {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Partial<'_> {
    fn drop(&mut self) {
        if let Some(path) = self.0 {
            // Its folder may have gone already.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// What becomes of a file.
enum Verdict {
    /// It is kept, with this ending added to its name if that lacks one.
    Keep(Option<&'static str>),
    /// It is no image.
    Leave,
}

/// What becomes of a file that begins so.
fn judge(label: &str, head: &[u8]) -> Verdict {
    let named = is_image_name(OsStr::new(label));
    match sniff(head) {
        Sniffed::Known(format) => Verdict::Keep((!named).then(|| format.endings[0])),
        // So that the page can say why it cannot be used.
        Sniffed::Unsupported(_) if named => Verdict::Keep(None),
        Sniffed::Unsupported(_) | Sniffed::Unknown => Verdict::Leave,
    }
}

#[derive(Deserialize)]
struct Finish {
    #[serde(default)]
    add: bool,
}

async fn finish(
    State(app): State<App>,
    Id(id): Id,
    Command(Finish { add }): Command<Finish>,
) -> Result<Json<Value>, Refusal> {
    let revision = blocking(move || {
        let before = app.images.place().filter(|place| add && place.source == Source::Upload);
        let root = app.uploads.finish(&id, before.as_ref().map(|place| place.root.as_path()))?;
        let label = match before.filter(|before| before.root == root) {
            Some(before) => before.label,
            None => App::upload_label(&root),
        };
        let skipped = app.uploads.skipped(&root);
        let place = ImagePlace { source: Source::Upload, label, root, recursive: true };
        app.images.load_with(place, skipped).map_err(|error| Refusal::from(&error))
    })
    .await??;
    Ok(Json(json!({"revision": revision})))
}

impl App {
    /// What the photos of an upload are called: as the folder that was dropped. Without one they have
    /// no name here, and every page calls them as it likes.
    pub(in crate::web) fn upload_label(root: &FilePath) -> String {
        label(root).unwrap_or_default()
    }
}

/// The name of the only thing in a folder, if that is a folder: what the user has dropped.
fn label(root: &FilePath) -> Option<String> {
    let mut entries = std::fs::read_dir(root).ok()?.flatten();
    let (only, None) = (entries.next()?, entries.next()) else { return None };
    only.file_type().ok()?.is_dir().then(|| only.file_name().to_string_lossy().into_owned())
}

async fn cancel(
    State(app): State<App>,
    Id(id): Id,
    _: Command<Value>,
) -> Result<Json<Value>, Refusal> {
    blocking(move || app.uploads.cancel(&id)).await??;
    Ok(Json(json!({})))
}
