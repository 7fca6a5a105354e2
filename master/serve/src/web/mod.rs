//! What `lote serve` answers to a browser: the page, its commands and its downloads.
//!
//! Everything here runs on a thread and a runtime of its own, so that no browser ever holds up the
//! dispatch of work. It decodes no image: pictures are made by workers, which it asks through the
//! previews. `frontend/CONTRACT.md` is what the page relies on.

pub mod access;
mod archive;
mod assets;
pub mod body;
pub mod client;
mod connections;
mod convert;
mod description;
pub mod error;
pub mod file;
mod guard;
mod history;
mod images;
mod jobs;
mod metrics;
mod origin;
mod patience;
mod preview;
pub mod recipes;
pub mod report;
mod restore;
pub mod scratch;
pub mod server;
mod socket;
mod upload_names;
pub mod uploads;
mod watches;
mod zip;

#[cfg(test)]
#[path = "../../build/join.rs"]
mod join;
#[cfg(test)]
#[path = "../../build/shorten.rs"]
mod shorten;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::images::Images;
use crate::images::folders::Folders;
use crate::jobs::Jobs;
use crate::kept::Kept;
use crate::live::Live;
use crate::preview::Previews;
use crate::watches::Watches;
use access::Access;
use client::Clients;
use error::Refusal;
use lote_protocol::text;
use recipes::Recipes;
use uploads::Uploads;

/// How often it is looked for uploads whose pages have left.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// All that the routes work with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// The list of images.
    pub images: Images,
    /// The folders that may be chosen.
    pub folders: Folders,
    /// The jobs and their outputs.
    pub jobs: Jobs,
    /// Folders that are watched.
    pub watches: Watches,
    /// What makes small pictures.
    pub previews: Previews,
    /// What all pages see.
    pub live: Live,
    /// Pages that are connected.
    pub clients: Clients,
    /// Saved recipes.
    pub recipes: Recipes,
    /// Uploads under way.
    pub uploads: Uploads,
    /// What outlives the server; `None` while another one keeps its own in the same place.
    pub kept: Option<Kept>,
    /// Who may speak to the server.
    pub access: Arc<Access>,
    /// Where things are.
    pub places: Arc<Places>,
}

/// Where things are.
#[derive(Debug, Clone)]
pub struct Places {
    /// The input folder.
    pub input: PathBuf,
    /// The folder that outputs go to.
    pub output: PathBuf,
    /// The folder for sample images.
    pub samples: PathBuf,
}

/// All routes, with what guards them.
pub fn router(app: App) -> Router {
    let guard = from_fn_with_state(Arc::clone(&app.access), guard::check);
    Router::new()
        .route("/", get(home))
        .merge(assets::routes())
        .merge(images::routes())
        .merge(jobs::routes())
        .merge(preview::routes())
        .merge(socket::routes())
        .merge(uploads::routes())
        .merge(uploads::asset_routes())
        .merge(zip::routes())
        .merge(report::routes())
        .merge(recipes::routes())
        .merge(watches::routes())
        .merge(history::routes())
        .merge(convert::routes())
        .merge(description::routes())
        .merge(metrics::routes())
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || {
            let message = text!("this address is not asked in that way");
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", message)
        })
        .layer(guard)
        .with_state(app)
}

/// The page, or its socket: the origin's clients connect to `/`.
async fn home(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    headers: HeaderMap,
) -> Response {
    match upgrade {
        Ok(upgrade) => socket::accept(app, peer, upgrade),
        Err(_) => assets::index(&headers).into_response(),
    }
}

/// Tells pages what happens, for ever.
pub async fn follow(app: App) {
    let (live, images) = (app.live.clone(), app.images.clone());
    let listing = async move {
        let mut changes = images.changes();
        loop {
            live.with(|model, _| model.set_images(images.summary()));
            if changes.changed().await.is_err() {
                return;
            }
        }
    };
    let (live, mut changes) = (app.live.clone(), app.recipes.changes());
    let recipes = async move {
        while changes.changed().await.is_ok() {
            live.with(|model, _| model.recipes_changed());
        }
    };
    let (keeper, mut lists, mut queue) = (app.clone(), app.images.changes(), app.jobs.changes());
    let keeping = async move {
        loop {
            let changed = tokio::select! {
                changed = lists.changed() => changed,
                changed = queue.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
            // While a list is loaded what was before it is on record.
            if !keeper.images.is_loading() {
                let keeper = keeper.clone();
                // That it fails is logged where it happens.
                let _ = tokio::task::spawn_blocking(move || keeper.keep()).await;
            }
        }
    };
    let uploads = app.uploads.clone();
    let sweeping = async move {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            let uploads = uploads.clone();
            // That it fails is logged where it happens.
            let _ = tokio::task::spawn_blocking(move || uploads.forget_abandoned()).await;
        }
    };
    tokio::join!(app.live.send(), listing, recipes, keeping, sweeping);
}

/// Whether the peer of a connection is this very machine.
pub fn is_local(peer: &SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}
