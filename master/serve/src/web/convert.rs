//! One image in, one image out, for programs: `POST /api/convert?f=grises`.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::StreamExt as _;
use lote_engine::lang::Text;
use lote_engine::pool::{Load, Timeout};
use lote_engine::{catalogue, plan};
use lote_imaging::formats::{SNIFF_BYTES, Sniffed, by_name, find, sniff};
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::VariantSpec;
use percent_encoding::percent_decode_str;
use tempfile::{NamedTempFile, TempPath};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::App;
use super::error::Refusal;
use super::images::blocking;
use crate::jobs::check_assets;
use crate::preview::{PrintOrder, Refused};
use lote_protocol::outcome::FailureKind;
use lote_protocol::text;

/// Largest image that is taken, bytes.
const MAX_BYTES: u64 = 256 << 20;

/// So much of an image is held in memory until it is stored, bytes: few images are larger.
const HELD_BYTES: usize = 1 << 20;

/// How many images are taken at the same time; others are asked to come again.
const MOST_AT_ONCE: usize = 64;

/// A sender that says nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(30);

/// What is still sent of a refused image is taken in for so long.
const LINGER: Duration = Duration::from_secs(5);

/// When one that was sent away may come again, seconds.
const AGAIN_IN: u16 = 1;

static ROOM: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(MOST_AT_ONCE));

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/convert", post(convert))
}

async fn convert(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let mut chunks = body.into_data_stream();
    let taken = take(&app, query.as_deref().unwrap_or_default(), &headers, &mut chunks).await;
    let (order, image, time, _room) = taken.inspect_err(|_| drain(chunks))?;
    let print =
        app.previews.convert(&image, order, time).await.map_err(|refused| match refused {
            Refused::Busy => too_many(text!("too much waits for a worker")),
            Refused::Failed(failure) if failure.kind == FailureKind::Timeout => {
                too_slow(failure.message).into_response()
            }
            refused => Refusal::from(refused).into_response(),
        })?;
    let missing = |_| Refusal::internal(text!("there is no picture")).into_response();
    let bytes = print.read().await.map_err(missing)?;
    let kind = match sniff(&bytes[..bytes.len().min(SNIFF_BYTES)]) {
        Sniffed::Known(format) => format.mime,
        Sniffed::Unsupported(_) | Sniffed::Unknown => "application/octet-stream",
    };
    Ok(([(CONTENT_TYPE, kind)], bytes).into_response())
}

/// What is to be made of which image, how long it may take, and a place among those that are taken.
async fn take(
    app: &App,
    query: &str,
    headers: &HeaderMap,
    chunks: &mut BodyDataStream,
) -> Result<(PrintOrder, TempPath, Duration, SemaphorePermit<'static>), Response> {
    let order = order(query).map_err(IntoResponse::into_response)?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > MAX_BYTES) {
        return Err(too_large().into_response());
    }
    let Ok(room) = ROOM.try_acquire() else {
        return Err(too_many(text!("too many images are being converted")));
    };
    let received = receive(app, chunks, order.encoding.clone()).await;
    let (image, time) = received.map_err(IntoResponse::into_response)?;
    Ok((order, image, time, room))
}

/// Takes in what is still sent: a sender whose connection is closed meanwhile does not see the answer.
fn drain(mut chunks: BodyDataStream) {
    tokio::spawn(tokio::time::timeout(LINGER, async move {
        while let Some(Ok(_)) = chunks.next().await {}
    }));
}

/// What is to be made, from `f=` and `format=`, `quality=` in the address. They are percent-decoded
/// only: a `+` stays a `+`.
fn order(query: &str) -> Result<PrintOrder, Refusal> {
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
    Ok(PrintOrder { encoding: variant.encoding(&encoding), steps: variant.steps })
}

/// Stores the image where workers may read it, and says how long one may take.
async fn receive(
    app: &App,
    chunks: &mut BodyDataStream,
    encoding: Encoding,
) -> Result<(TempPath, Duration), Refusal> {
    let (folder, timeout) = (app.uploads.folder(), app.jobs.config().settings.timeout);
    let unwritable = |error: io::Error| super::uploads::write_refusal(&error);
    let (mut taken, mut held, mut file) = (0, Vec::new(), None);
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
        held.extend_from_slice(&chunk);
        if held.len() >= HELD_BYTES {
            let (to, folder, bytes) = (file.take(), folder.clone(), std::mem::take(&mut held));
            file = Some(blocking(move || store(to, &folder, &bytes)).await?.map_err(unwritable)?);
        }
    }
    let stored = blocking(move || {
        let image = store(file, &folder, &held)?.into_temp_path();
        let time = time_for(timeout, &image, &encoding);
        Ok((image, time))
    });
    stored.await?.map_err(unwritable)
}

/// Appends to the file, or makes it in the folder. Blocks.
fn store(to: Option<NamedTempFile>, folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let new = || tempfile::Builder::new().prefix("convert-").tempfile_in(folder);
    let mut file = to.map_or_else(new, Ok)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// How long a worker may take: as long as for the image in a job. Blocks.
fn time_for(timeout: Timeout, image: &Path, encoding: &Encoding) -> Duration {
    let (own, pixels) = plan::declared(image).unwrap_or_default();
    let format = encoding.format.map_or(own, find);
    let outputs = format.map_or(1, |format| format.patience(encoding)).into();
    timeout.of(Load { pixels, outputs })
}

fn too_large() -> Refusal {
    Refusal::too_large(text!("an image has at most {} MiB", MAX_BYTES >> 20))
}

/// 504: the image may be good, but a worker was not done with it in time.
fn too_slow(message: Text) -> Refusal {
    Refusal::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message)
        .hint(text!("--timeout of lote serve gives it more time"))
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

    #[test]
    fn an_image_may_take_as_long_as_in_a_job() {
        let file = tempfile::NamedTempFile::with_suffix(".png").unwrap();
        let size = [2000_u32.to_be_bytes(), 1500_u32.to_be_bytes()].concat();
        let head = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &size[..], &[8, 2, 0, 0, 0]].concat();
        std::fs::write(file.path(), head).unwrap();
        let seconds =
            |timeout, encoding: &Encoding| time_for(timeout, file.path(), encoding).as_secs();
        let own = Encoding::default();
        let avif = order("f=grises&format=avif").unwrap().encoding;
        assert_eq!(seconds(Timeout::Generous, &own), 60 + 2 * 3);
        assert!(seconds(Timeout::Generous, &avif) > 60 + 2 * 3);
        assert_eq!(seconds(Timeout::Exactly(Duration::from_secs(90)), &avif), 90);
    }
}
