//! Folders that are watched: begun, listed and ended.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::App;
use super::body::{Command, Id};
use super::error::Refusal;
use crate::jobs::JobRequest;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/watches", get(list).post(start))
        .route("/api/watches/{watch}/stop", post(stop))
}

async fn list(State(app): State<App>) -> Json<Value> {
    Json(app.live.with(|model, _| json!({ "watches": model.watches() })))
}

async fn start(
    State(app): State<App>,
    Command(request): Command<JobRequest>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(json!({ "watch": app.watches.start(&request)? })))
}

async fn stop(
    State(app): State<App>,
    Id(watch): Id,
    _: Command<Value>,
) -> Result<Json<Value>, Refusal> {
    app.watches.stop(&watch)?;
    Ok(Json(json!({})))
}
