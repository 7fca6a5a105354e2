//! Commands to jobs and workers, trials, and the listing of outputs.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{Command, Id, QueryOf};
use super::error::Refusal;
use super::images::blocking;
use super::{App, is_local};
use crate::jobs::rows;
use crate::jobs::{Accepted, Checked, CompareRequest, JobError, JobRequest};
use crate::live::shapes::AnyJob;
use crate::said::Said;
use lote_engine::event::Status;
use lote_engine::forecast::Forecast;
use lote_protocol::text;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/jobs", get(all).post(start))
        .route("/api/jobs/{job}", get(one))
        .route("/api/jobs/check", post(check))
        .route("/api/jobs/forecast", post(forecast))
        .route("/api/jobs/waiting/start", post(start_waiting))
        .route("/api/jobs/{job}/pause", post(pause))
        .route("/api/jobs/{job}/resume", post(resume))
        .route("/api/jobs/{job}/cancel", post(cancel))
        .route("/api/jobs/{job}/continue", post(continue_job))
        .route("/api/jobs/{job}/retry", post(retry))
        .route("/api/jobs/{job}/open", post(open_folder))
        .route("/api/jobs/{job}/outputs", get(outputs))
        .route("/api/jobs/{job}/photos", get(photos))
        .route("/api/workers/{worker}/kill", post(kill))
        .route("/api/machines/{machine}/drain", post(drain))
        .route("/api/machines/{machine}/lanes", get(lanes))
        .route("/api/isolation", post(isolation))
        .route("/api/compare", post(compare))
        .route("/api/compare/cancel", post(cancel_compare))
}

impl From<JobError> for Refusal {
    fn from(error: JobError) -> Self {
        let message = error.text();
        match error {
            JobError::Bad(_) | JobError::Pattern(_) => Self::bad_request(message),
            JobError::Variant(error) => Self::bad_request(message).hint(error.hint()),
            JobError::NoImages => {
                Self::unprocessable("no_images", message).hint(text!("choose images first"))
            }
            JobError::Plan(error) => Self::from(&error),
            JobError::NoSpace { .. } => Self::no_space(message),
            JobError::NotFound => Self::not_found(),
            JobError::NotNow { code, .. } => Self::conflict(code, message),
            JobError::Internal(_) => Self::internal(message),
        }
    }
}

/// The answer of a command that has nothing to say.
type Done = Result<Json<Value>, Refusal>;

fn done(result: Result<(), JobError>) -> Done {
    result?;
    Ok(Json(json!({})))
}

async fn start(
    State(app): State<App>,
    Command(request): Command<JobRequest>,
) -> Result<Json<Accepted>, Refusal> {
    let accepted = app.jobs.start(request).await?;
    if accepted.queued {
        // Who is told that it waits can rely on that.
        let app = app.clone();
        blocking(move || app.keep()).await?;
    }
    Ok(Json(accepted))
}

async fn all(State(app): State<App>) -> Json<Value> {
    Json(json!({ "jobs": app.jobs.all() }))
}

async fn one(State(app): State<App>, Id(job): Id) -> Result<Json<AnyJob>, Refusal> {
    app.jobs.one(&job).map(Json).ok_or_else(Refusal::not_found)
}

#[derive(Deserialize)]
struct Of {
    image: Option<String>,
}

async fn check(
    State(app): State<App>,
    QueryOf(Of { image }): QueryOf<Of>,
    Command(request): Command<JobRequest>,
) -> Result<Json<Checked>, Refusal> {
    Ok(Json(app.jobs.check(request, image).await?))
}

async fn forecast(
    State(app): State<App>,
    Command(request): Command<JobRequest>,
) -> Result<Json<Forecast>, Refusal> {
    Ok(Json(app.jobs.forecast(request).await?))
}

async fn start_waiting(State(app): State<App>, _: Command<Value>) -> Json<Value> {
    app.jobs.start_waiting();
    Json(json!({}))
}

async fn pause(State(app): State<App>, Id(job): Id, _: Command<Value>) -> Done {
    done(app.jobs.pause(&job))
}

async fn resume(State(app): State<App>, Id(job): Id, _: Command<Value>) -> Done {
    done(app.jobs.resume(&job))
}

async fn cancel(State(app): State<App>, Id(job): Id, _: Command<Value>) -> Done {
    done(app.jobs.cancel(&job))
}

async fn continue_job(State(app): State<App>, Id(job): Id, _: Command<Value>) -> Done {
    done(app.jobs.continue_job(&job))
}

#[derive(Deserialize)]
struct Retry {
    outputs: Option<Vec<String>>,
}

async fn retry(
    State(app): State<App>,
    Id(job): Id,
    Command(Retry { outputs }): Command<Retry>,
) -> Done {
    done(app.jobs.retry(&job, outputs.as_deref()))
}

async fn open_folder(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Id(job): Id,
    _: Command<Value>,
) -> Done {
    if !is_local(&peer) {
        let message = text!("folders are only opened on the machine that the server runs on");
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not_local", message));
    }
    let folder = app.jobs.output_folder(&job).ok_or_else(Refusal::not_found)?;
    open::that_detached(folder).map_err(|error| {
        Refusal::unprocessable(
            "no_file_manager",
            text!("the folder cannot be shown: {}", error.to_string()),
        )
    })?;
    Ok(Json(json!({})))
}

async fn kill(State(app): State<App>, Id(worker): Id, _: Command<Value>) -> Done {
    let worker = worker.parse().map_err(|_| Refusal::not_found())?;
    done(app.jobs.kill(worker))
}

async fn drain(State(app): State<App>, Id(machine): Id, _: Command<Value>) -> Done {
    done(app.jobs.drain(&machine))
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: f64,
}

async fn lanes(
    State(app): State<App>,
    Id(machine): Id,
    QueryOf(Since { since }): QueryOf<Since>,
) -> Result<Json<Value>, Refusal> {
    let lanes = app.live.with(|model, t| model.machine_lanes(&machine, since, t));
    lanes.map(Json).ok_or_else(Refusal::not_found)
}

#[derive(Deserialize)]
struct Test {
    #[serde(default)]
    start: bool,
}

async fn isolation(State(app): State<App>, Command(Test { start }): Command<Test>) -> Done {
    done(app.jobs.isolation(start).await)
}

async fn compare(State(app): State<App>, Command(request): Command<CompareRequest>) -> Done {
    done(app.jobs.compare(&request))
}

async fn cancel_compare(State(app): State<App>, _: Command<Value>) -> Done {
    done(app.jobs.cancel_compare())
}

#[derive(Deserialize)]
struct PhotoQuery {
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
    #[serde(default)]
    q: String,
    #[serde(default)]
    only: rows::Only,
    #[serde(default)]
    sort: rows::Sort,
}

async fn photos(
    State(app): State<App>,
    Id(job): Id,
    QueryOf(query): QueryOf<PhotoQuery>,
) -> Result<Json<rows::RowsPage>, Refusal> {
    let PhotoQuery { offset, limit, q: query, only, sort } = query;
    let limit = limit.unwrap_or(100).clamp(1, 500);
    let wanted = rows::RowsQuery { offset, limit, query, only, sort };
    app.jobs.rows(&job, &wanted).map(Json).ok_or_else(Refusal::not_found)
}

#[derive(Deserialize)]
struct OutputQuery {
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
    variant: Option<usize>,
    #[serde(default)]
    status: StatusWanted,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum StatusWanted {
    #[default]
    Ok,
    Failed,
}

async fn outputs(
    State(app): State<App>,
    Id(job): Id,
    QueryOf(query): QueryOf<OutputQuery>,
) -> Result<Json<Value>, Refusal> {
    let OutputQuery { offset, limit, variant, status: wanted } = query;
    let limit = limit.unwrap_or(200).clamp(1, 500);
    let is_wanted = |of: usize, status: Status| {
        let fits = match status {
            Status::Ok => wanted == StatusWanted::Ok,
            Status::Failed | Status::Quarantined => wanted == StatusWanted::Failed,
            Status::Skipped => false,
        };
        fits && variant.is_none_or(|variant| variant == of)
    };
    let page = app.jobs.outputs_page(&job, is_wanted, offset, limit);
    let (total, records) = page.ok_or_else(Refusal::not_found)?;
    let outputs: Vec<_> = records
        .into_iter()
        .map(|record| {
            json!({
                "output": record.id,
                "image": record.image,
                "name": record.name,
                "variant": record.variant,
                "status": record.status,
                "bytes": record.bytes,
                "kind": record.kind,
                "message": record.message.as_ref().map(ToString::to_string),
                "message_es": record.message.clone().and_then(|text| Said::new(text).spanish()),
            })
        })
        .collect();
    Ok(Json(json!({ "total": total, "offset": offset, "outputs": outputs })))
}
