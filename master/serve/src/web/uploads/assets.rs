//! Files that parameters name: a logo, a colour table, a font. They stay when the server ends, as
//! recipes name them, and jobs that broke off.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::HEXLOWER;
use futures_util::StreamExt as _;
use lote_engine::plan::is_like;
use lote_engine::system::files::{make_own_folder, open_inside, read_regular};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::write_refusal;
use crate::jobs::asset::{DIGITS, endings, is_asset};
use crate::web::App;
use crate::web::body::{Id, QueryOf};
use crate::web::error::Refusal;
use crate::web::file::attachment;
use crate::web::images::blocking;
use lote_protocol::text;

/// Largest file, bytes: that of a font for Chinese, Japanese and Korean.
const MAX_FILE_BYTES: usize = 32 << 20;
/// Most files that are kept.
const MAX_FILES: usize = 500;
/// Most bytes that are kept.
const MAX_BYTES: u64 = 1 << 30;
/// Longest part of a file's own name in its id, characters.
const MAX_LABEL_CHARS: usize = 40;
/// A sender that says nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(30);

/// How many are taken at the same time, as each is in memory.
static ROOM: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(4));

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/assets", post(take)).route("/api/assets/{asset}", get(give))
}

/// A file that was sent, to be kept: browsers must not open it as a page of this server.
async fn give(State(app): State<App>, Id(id): Id) -> Result<Response, Refusal> {
    if !is_asset(&id) {
        return Err(Refusal::not_found());
    }
    let folder = app.jobs.config().assets();
    let path = folder.join(&id);
    let opened = blocking(move || open_inside(&[folder], &path)).await?;
    Ok(attachment(opened.map_err(|_| Refusal::gone())?, &id))
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

async fn take(
    State(app): State<App>,
    QueryOf(Label { name }): QueryOf<Label>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    // A form of another page cannot send this type without asking first.
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/octet-stream") {
        let message = text!("a file is sent as application/octet-stream");
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", message));
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let ending = endings().find(|known| Some(*known) == ending.as_deref()).ok_or_else(unknown)?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes > MAX_FILE_BYTES) {
        return Err(too_large());
    }
    let Ok(_room) = ROOM.try_acquire() else {
        return Err(Refusal::busy(text!("too many files are being sent")));
    };
    let content = receive(body).await?;
    if !is_like(&content, ending) {
        let message = text!("its content is not what a file that ends in {} has", ending);
        return Err(Refusal::unprocessable("not_an_asset", message));
    }
    let id = id(&name, ending, &content);
    let folder = app.jobs.config().assets();
    let kept = id.clone();
    blocking(move || keep(&folder, &kept, &content)).await??;
    Ok(Json(json!({"asset": id})))
}

fn unknown() -> Refusal {
    let mut known: Vec<_> = endings().collect();
    known.sort_unstable();
    known.dedup();
    let message = text!("no parameter takes such a file; it ends in {}", known.join(", "));
    Refusal::unprocessable("not_an_asset", message)
}

fn too_large() -> Refusal {
    Refusal::too_large(text!("a file for a parameter has at most {} MiB", MAX_FILE_BYTES >> 20))
}

async fn receive(body: Body) -> Result<Vec<u8>, Refusal> {
    let (mut chunks, mut content) = (body.into_data_stream(), Vec::new());
    loop {
        let chunk = tokio::time::timeout(SILENCE, chunks.next()).await.map_err(|_| {
            Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", text!("nothing more came"))
        })?;
        let Some(chunk) = chunk else { return Ok(content) };
        let chunk = chunk.map_err(|_| Refusal::bad_request(text!("the file broke off")))?;
        if content.len() + chunk.len() > MAX_FILE_BYTES {
            return Err(too_large());
        }
        content.extend_from_slice(&chunk);
    }
}

/// The id of a file: what it is called, for people, and its content.
fn id(name: &str, ending: &str, content: &[u8]) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let safe = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
    let label: String = stem.chars().take(MAX_LABEL_CHARS).map(safe).collect();
    let label = if label.is_empty() { "file" } else { &label };
    let digest = HEXLOWER.encode(&Sha256::digest(content)[..DIGITS / 2]);
    format!("{label}-{digest}.{ending}")
}

/// Stores a file, unless it is there. Blocks.
fn keep(folder: &Path, id: &str, content: &[u8]) -> Result<(), Refusal> {
    let refused = |error: io::Error| write_refusal(&error);
    make_own_folder(folder).map_err(refused)?;
    let path = folder.join(id);
    let most = content.len() as u64;
    let is_same = || read_regular(&path, most).is_ok_and(|there| there == content);
    if is_same() {
        return Ok(());
    }
    let there: Vec<_> = fs::read_dir(folder).map_err(refused)?.flatten().collect();
    let bytes: u64 = there.iter().filter_map(|one| Some(one.metadata().ok()?.len())).sum();
    if there.len() >= MAX_FILES || bytes + content.len() as u64 > MAX_BYTES {
        let refusal =
            Refusal::conflict("too_many", text!("too many files for parameters are kept"));
        return Err(refusal.hint(text!("remove some of .lote/assets in the output folder")));
    }
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder).map_err(refused)?;
    file.write_all(content).map_err(refused)?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(()),
        // Another page has sent the same.
        Err(_) if is_same() => Ok(()),
        Err(error) => Err(write_refusal(&error.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_a_file_is_called_and_never_where_it_is() {
        for name in
            ["logo.png", "../../etc/Mi logo (2).png", "C:\\a\\b.png", ".png", "a/..png", "ñ.PNG"]
        {
            let id = id(name, "png", b"x");
            assert!(is_asset(&id), "{name}: {id}");
        }
        assert!(id("Mi logo.png", "png", b"x").starts_with("Mi_logo-"));
        assert_ne!(id("a.png", "png", b"x"), id("a.png", "png", b"y"));
    }

    #[test]
    fn the_same_file_is_kept_once_and_another_of_its_id_never_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("assets");
        keep(&folder, "a-0123456789abcdef.png", b"one").unwrap();
        keep(&folder, "a-0123456789abcdef.png", b"one").unwrap();
        assert!(keep(&folder, "a-0123456789abcdef.png", b"two").is_err());
        assert_eq!(fs::read(folder.join("a-0123456789abcdef.png")).unwrap(), b"one");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn content_must_be_what_its_ending_stands_for_or_serves_as_well() {
        for (ending, content, expected) in [
            ("png", &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], true),
            ("png", b"<svg/>", true),
            ("png", b"words", false),
            ("svg", b"<svg/>", true),
            ("svg", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", true),
            ("svg", b"words", false),
            ("cube", b"LUT_3D_SIZE 2", true),
            ("cube", b"\xff\xfe", false),
            ("ttf", b"\0\x01\0\0\0", true),
            ("ttf", b"#!/bin/sh", false),
        ] {
            assert_eq!(is_like(content, ending), expected, "{ending}");
        }
    }
}
