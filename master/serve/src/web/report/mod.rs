//! The report of a job, to keep: as a page, as a table, as data.

mod page;
mod run;
mod table;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::Value;

use super::body::{Id, QueryOf};
use super::error::Refusal;
use super::{App, file};
use lote_engine::event::Status;
use lote_engine::lang::Lang;
use lote_protocol::text;

use page::Picture;
pub use run::{Finished, ReportFormat, written};

/// So many outputs are shown in a report.
const MOST_PICTURES: usize = 24;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/jobs/{job}/report.html", get(html))
        .route("/api/jobs/{job}/report.csv", get(csv))
        .route("/api/jobs/{job}/report.json", get(json))
}

#[derive(Deserialize)]
struct LangQuery {
    #[serde(default)]
    lang: String,
}

async fn html(
    State(app): State<App>,
    Id(job): Id,
    QueryOf(LangQuery { lang }): QueryOf<LangQuery>,
) -> Result<Response, Refusal> {
    let report = report(&app, &job)?;
    let pictures = pictures(&app, &job).await;
    let text = page::page(&report, &pictures, Lang::from_locale(&lang));
    Ok(attach(&report, "html", "text/html; charset=utf-8", text.into()))
}

async fn csv(
    State(app): State<App>,
    Id(job): Id,
    QueryOf(LangQuery { lang }): QueryOf<LangQuery>,
) -> Result<Response, Refusal> {
    let report = report(&app, &job)?;
    let outputs = app.jobs.outputs(&job).ok_or_else(Refusal::not_found)?;
    let folder = app.jobs.output_folder(&job).unwrap_or_default();
    let text = table::table(&outputs, &variants(&report), &folder, Lang::from_locale(&lang));
    Ok(attach(&report, "csv", "text/csv; charset=utf-8", text.into()))
}

async fn json(State(app): State<App>, Id(job): Id) -> Result<Response, Refusal> {
    let report = report(&app, &job)?;
    let text =
        serde_json::to_vec_pretty(&report).map_err(|_| Refusal::internal(text!("no report")))?;
    Ok(attach(&report, "json", "application/json", text.into()))
}

/// Small pictures of the first outputs that are there. One that cannot be made is left out: a report is
/// no place to fail for that.
async fn pictures(app: &App, job: &str) -> Vec<Picture> {
    let is_there = |_, status| status == Status::Ok;
    let page = app.jobs.outputs_page(job, is_there, 0, MOST_PICTURES);
    let (_, records) = page.unwrap_or_default();
    let made = records.into_iter().map(async |record| {
        let (key, input) = (format!("o{}", record.id), (&*record.path, None));
        let thumbnail = app.previews.thumbnail(&key, input).await;
        Some(Picture { name: record.name, jpeg: thumbnail.ok()?.jpeg })
    });
    join_all(made).await.into_iter().flatten().collect()
}

fn report(app: &App, job: &str) -> Result<Value, Refusal> {
    app.jobs.report(job).ok_or_else(Refusal::not_found)
}

/// The names of a job's variants.
fn variants(report: &Value) -> Vec<String> {
    let variants = report["job"]["variants"].as_array().into_iter().flatten();
    variants.map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn attach(report: &Value, ending: &str, kind: &'static str, body: Body) -> Response {
    let name = report["job"]["name"].as_str().filter(|name| !name.is_empty());
    let name = name.unwrap_or("lote").replace(['/', '\\'], "_");
    let disposition = file::disposition("attachment", &format!("{name}.{ending}"));
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CONTENT_DISPOSITION, disposition)];
    (headers, body).into_response()
}
