//! One image in, one image out, for programs: `POST /api/convert?f=grises`.

use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::StreamExt as _;
use lote_engine::catalogue;
use lote_imaging::formats::{SNIFF_BYTES, Sniffed, by_name, sniff};
use lote_protocol::filter::VariantSpec;
use lote_protocol::task::Encoding;
use percent_encoding::percent_decode_str;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Semaphore;

use super::App;
use super::error::Refusal;
use super::images::blocking;
use crate::jobs::check_assets;
use crate::preview::{Order, Refused};
use lote_engine::lang::Text;
use lote_engine::scheduler::Priority;
use lote_protocol::text;

/// Largest image that is taken, bytes.
const MAX_BYTES: u64 = 256 << 20;

/// How many images are taken at the same time; others are asked to come again.
const MOST_AT_ONCE: usize = 64;

/// A sender that says nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(30);

/// When one that was sent away may come again, seconds.
const AGAIN_IN: u16 = 1;

static ROOM: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(MOST_AT_ONCE));

/// What the routes are, for programs.
const DESCRIPTION: &str = include_str!("openapi.json");

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api", get(describe)).route("/api/convert", post(convert))
}

async fn describe() -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, kind)], DESCRIPTION).into_response()
}

async fn convert(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let order = order(query.as_deref().unwrap_or_default()).map_err(IntoResponse::into_response)?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > MAX_BYTES) {
        return Err(too_large().into_response());
    }
    let Ok(_room) = ROOM.try_acquire() else {
        return Err(too_many(text!("too many images are being converted")));
    };
    let image = receive(&app, body).await.map_err(IntoResponse::into_response)?;
    let developed = app.previews.make(Priority::Usual, &image, vec![order]).await;
    let prints = developed.map_err(|refused| match refused {
        Refused::Busy => too_many(text!("too much waits for a worker")),
        refused => Refusal::from(refused).into_response(),
    })?;
    let missing = || Refusal::internal(text!("there is no picture")).into_response();
    let print = prints.first().ok_or_else(missing)?;
    let bytes = print.read().await.map_err(|_| missing())?;
    let kind = match sniff(&bytes[..bytes.len().min(SNIFF_BYTES)]) {
        Sniffed::Known(format) => format.mime,
        Sniffed::Unsupported(_) | Sniffed::Unknown => "application/octet-stream",
    };
    Ok(([(CONTENT_TYPE, kind)], bytes).into_response())
}

/// What is to be made, from `f=` and `format=`, `quality=` in the address. They are percent-decoded
/// only: a `+` stays a `+`.
fn order(query: &str) -> Result<Order, Refusal> {
    let mut filter = None;
    let mut encoding = Encoding::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value)
            .decode_utf8()
            .map_err(|_| Refusal::bad_request(text!("{} is not UTF-8", name)))?;
        match name {
            "f" if filter.is_none() => filter = Some(value.into_owned()),
            "f" => return Err(Refusal::bad_request(text!("one image is made at a time: one f"))),
            "format" | "formato" => {
                let format = by_name(&value).filter(|format| format.is_written());
                let unknown = || Refusal::bad_request(text!("there is no format {}", &*value));
                encoding.format = Some(format.ok_or_else(unknown)?.id);
            }
            "quality" | "calidad" => {
                let quality = value.parse().ok().filter(|quality| (1..=100).contains(quality));
                let refused = || Refusal::bad_request(text!("quality is a number from 1 to 100"));
                encoding.quality = Some(quality.ok_or_else(refused)?);
            }
            other => {
                let what = text!("there is no parameter {}", other);
                return Err(
                    Refusal::bad_request(what).hint(text!("there are f, format and quality"))
                );
            }
        }
    }
    let nothing = || {
        Refusal::bad_request(text!("no filter given"))
            .hint(text!("as in /api/convert?f=grises+sepia"))
    };
    let filter = filter.ok_or_else(nothing)?;
    let variant = VariantSpec::parse(&filter, &catalogue::all())
        .map_err(|error| Refusal::bad_request(error.text()).hint(error.hint()))?;
    for step in &variant.steps {
        check_assets(step)?;
    }
    if variant.files.len() > 1 {
        return Err(Refusal::bad_request(text!("one file is made at a time: one format")));
    }
    Ok(Order { encoding: variant.encoding(&encoding), steps: variant.steps })
}

/// Stores the image where workers may read it.
async fn receive(app: &App, body: Body) -> Result<tempfile::TempPath, Refusal> {
    let folder = app.uploads.folder();
    let unwritable = |error: std::io::Error| super::uploads::write_refusal(&error);
    let made = blocking(move || tempfile::Builder::new().prefix("convert-").tempfile_in(folder));
    let (file, path) = made.await?.map_err(unwritable)?.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let (mut chunks, mut taken) = (body.into_data_stream(), 0);
    loop {
        let chunk = tokio::time::timeout(SILENCE, chunks.next()).await.map_err(|_| {
            Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", text!("the image did not arrive"))
        })?;
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(|_| Refusal::bad_request(text!("the image broke off")))?;
        taken += chunk.len() as u64;
        if taken > MAX_BYTES {
            return Err(too_large());
        }
        file.write_all(&chunk).await.map_err(unwritable)?;
    }
    file.flush().await.map_err(unwritable)?;
    Ok(path)
}

fn too_large() -> Refusal {
    Refusal::too_large(text!("an image has at most {} MiB", MAX_BYTES >> 20))
}

/// 429: the caller is to come again.
fn too_many(message: Text) -> Response {
    let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "busy", message);
    let mut response = refusal.into_response();
    response.headers_mut().insert(RETRY_AFTER, AGAIN_IN.into());
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn filters_are_percent_decoded_only() {
        let steps = |query: &str| {
            let order = order(query).unwrap();
            order.steps.into_iter().map(|step| step.filter).collect::<Vec<_>>()
        };
        assert_eq!(steps("f=grises+sepia"), ["grises", "sepia"]);
        assert_eq!(steps("f=grayscale%2Bblur%3Aradius=2"), ["grises", "blur"]);
        let made = order("quality=90&f=sepia&format=webp").unwrap().encoding;
        assert_eq!(
            (made.quality, made.format),
            (Some(90), by_name("webp").map(|format| format.id))
        );
        for query in [
            "",
            "f=gris",
            "f=sepia&f=blur",
            "f=sepia&quality=0",
            "f=sepia&x=1",
            "f=%ff",
            "f=logo:archivo=/etc/logo.png",
        ] {
            assert_eq!(order(query).unwrap_err().status, StatusCode::BAD_REQUEST, "{query}");
        }
    }

    /// The addresses in the sources, as they are given to the router.
    fn routes_in_sources() -> BTreeSet<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web");
        let mut routes = BTreeSet::new();
        for entry in walkdir::WalkDir::new(folder) {
            let path = entry.unwrap().into_path();
            if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                for rest in text.split(".route(").skip(1) {
                    let address =
                        rest.trim_start().strip_prefix('"').and_then(|it| it.split('"').next());
                    routes.extend(address.filter(|it| it.starts_with("/api")).map(str::to_owned));
                }
            }
        }
        routes
    }

    #[test]
    fn the_description_has_every_route_and_no_other() {
        let document: serde_json::Value = serde_json::from_str(DESCRIPTION).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let described: BTreeSet<_> =
            document["paths"].as_object().unwrap().keys().cloned().collect();
        let routes = routes_in_sources();
        assert!(routes.len() > 30);
        assert_eq!(described, routes);
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(["get", "post"].contains(&method.as_str()), "{path}");
                assert!(operation["summary"].is_string(), "{path}");
                assert!(operation["responses"].is_object(), "{path}");
                let named: BTreeSet<_> =
                    path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
                let declared: BTreeSet<_> = operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|one| one["in"] == "path")
                    .map(|one| one["name"].as_str().unwrap())
                    .collect();
                assert_eq!(named, declared, "{path}");
            }
        }
    }
}
