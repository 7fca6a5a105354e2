//! Jobs of former days, as they are on record in the output folder: listed, shown again, forgotten.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::body::{Command, Id};
use super::error::Refusal;
use super::images::blocking;
use crate::live::shapes::Step;
use lote_engine::journal::{How, Outcome, Past};
use lote_protocol::filter::VariantSpec;
use lote_protocol::lang::reason;
use lote_protocol::text;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/history", get(list))
        .route("/api/history/{past}/open", post(open))
        .route("/api/history/{past}/forget", post(forget))
        .route("/api/jobs/{job}/again", post(again))
}

/// What pages call it: the name of its file.
fn id_of(past: &Past) -> String {
    past.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

impl App {
    fn past(&self, id: &str) -> Result<Past, Refusal> {
        let mut all = self.jobs.history().into_iter();
        all.find(|past| id_of(past) == id).ok_or_else(Refusal::not_found)
    }

    fn past_in_short(&self, past: &Past) -> Value {
        let header = &past.header;
        let outcomes: BTreeMap<_, _> = (past.entries.iter())
            .map(|entry| ((&entry.image.0, entry.page, entry.variant), &entry.outcome))
            .collect();
        let photos: BTreeSet<_> = outcomes.keys().map(|(image, page, _)| (image, page)).collect();
        let bytes = outcomes.values().filter_map(|outcome| match outcome {
            Outcome::Ok { bytes, .. } => Some(*bytes),
            Outcome::Failed { .. } => None,
        });
        let made: Vec<u64> = bytes.collect();
        let steps =
            |variant: &VariantSpec| variant.steps.iter().map(Step::from).collect::<Vec<_>>();
        let outputs = header.variants.iter();
        let outputs: Vec<_> =
            outputs.map(|one| json!({ "name": one.name, "steps": steps(one) })).collect();
        json!({
            "past": id_of(past),
            "name": header.page.as_ref().map(|page| page.label.as_str()),
            "folder": header.page.as_ref().and_then(|page| page.folder.as_deref()),
            "started_unix_ms": header.started_ms,
            "outputs": outputs,
            "photos": photos.len(),
            "ok": made.len(),
            "failed": outcomes.len() - made.len(),
            "written_bytes": made.iter().sum::<u64>(),
            "end": past.end.unwrap_or(How::Interrupted),
            "there": self.place_of_past(past).is_some(),
        })
    }

    fn show_past(&self, id: &str) -> Result<Value, Refusal> {
        let past = self.past(id)?;
        if self.jobs.is_busy() {
            return Err(Refusal::conflict("job_runs", text!("a job is running")));
        }
        let place = self.place_of_past(&past).ok_or_else(no_photos)?;
        let exclude = past.header.exclude.iter().map(|name| &name.0);
        let images = self.list_again(place, exclude)?.ok_or_else(no_photos)?;
        let settings = self.jobs.show(past, images)?;
        Ok(json!({ "settings": settings }))
    }

    fn list_photos(&self, job: &str, photos: Option<&[usize]>) -> Result<Value, Refusal> {
        let images = self.jobs.images_of(job, photos)?;
        let place = self.folder_of(&images.root, images.recursive).or_else(|| self.images.place());
        let place = place.filter(|place| place.root == images.root).ok_or_else(no_photos)?;
        self.list_again(place, images.exclude.iter())?;
        Ok(json!({}))
    }
}

fn no_photos() -> Refusal {
    let message = text!("its photos are not there, or may not be chosen any more");
    Refusal::unprocessable("no_folder", message)
}

async fn list(State(app): State<App>) -> Result<Json<Value>, Refusal> {
    let jobs = blocking(move || {
        let all = app.jobs.history();
        all.iter().map(|past| app.past_in_short(past)).collect::<Vec<_>>()
    });
    Ok(Json(json!({ "jobs": jobs.await? })))
}

async fn open(
    State(app): State<App>,
    Id(past): Id,
    _: Command<Value>,
) -> Result<Json<Value>, Refusal> {
    blocking(move || app.show_past(&past)).await?.map(Json)
}

async fn forget(
    State(app): State<App>,
    Id(past): Id,
    _: Command<Value>,
) -> Result<Json<Value>, Refusal> {
    let forgotten = blocking(move || {
        let past = app.past(&past)?;
        app.jobs.forget(&past).map_err(|error| {
            Refusal::unprocessable("unwritable", text!("it stays on record: {}", reason(&error)))
        })
    });
    forgotten.await??;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct Again {
    photos: Option<Vec<usize>>,
}

async fn again(
    State(app): State<App>,
    Id(job): Id,
    Command(Again { photos }): Command<Again>,
) -> Result<Json<Value>, Refusal> {
    blocking(move || app.list_photos(&job, photos.as_deref())).await?.map(Json)
}
