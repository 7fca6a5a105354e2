//! What `lote serve` answers to a browser: the page, its commands and its downloads.
//!
//! Everything here runs on a thread and a runtime of its own, so that no browser ever holds up the
//! dispatch of work. It decodes no image: pictures are made by workers, which it asks through the
//! darkroom. `frontend/CONTRACT.md` is what the page relies on.

pub mod access;
mod archive;
mod assets;
pub mod body;
pub mod error;
pub mod file;
mod guard;
mod images;
mod join;
pub mod recipes;
mod report;
pub mod scratch;
pub mod server;
mod upload_names;
pub mod uploads;
mod zip;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::images::Images;
use crate::images::folders::Folders;
use crate::jobs::Jobs;
use crate::lang::Lang;
use access::Access;
use error::Refusal;
use recipes::Recipes;
use uploads::Uploads;

/// All that the routes work with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// The list of images.
    pub images: Images,
    /// The folders that may be chosen.
    pub folders: Folders,
    /// The jobs and their outputs.
    pub jobs: Jobs,
    /// Saved recipes.
    pub recipes: Recipes,
    /// Uploads under way.
    pub uploads: Uploads,
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
    /// The language of the names that the server gives to things.
    pub lang: Lang,
}

/// All routes, with what guards them.
pub fn router(app: App) -> Router {
    assets::warm_up();
    let guard = from_fn_with_state(Arc::clone(&app.access), guard::check);
    Router::new()
        .route("/", get(assets::index))
        .merge(assets::routes())
        .merge(images::routes())
        .merge(uploads::routes())
        .merge(zip::routes())
        .merge(report::routes())
        .merge(recipes::routes())
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || {
            let message = "this address is not asked in that way";
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", message)
        })
        .layer(guard)
        .with_state(app)
}

/// Whether the peer of a connection is this very machine.
pub fn is_local(peer: &SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}
