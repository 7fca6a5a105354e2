//! Pictures that workers make for the page: thumbnails, previews, and outputs as a browser can
//! show them.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path as FilePath;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use lote_imaging::formats::{JPEG, PNG, SNIFF_BYTES, Sniffed, find, sniff};
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::FilterCall;
use lote_protocol::format::FormatId;
use serde::Deserialize;

use super::body::{Command, Id, QueryOf};
use super::error::Refusal;
use super::images::blocking;
use super::{App, file};
use crate::images::ListedImage;
use crate::jobs::{OutputRecord, check_encoding, check_files, check_steps, quality};
use crate::live::shapes::Step;
use crate::preview::{Print, PrintOrder, Refused, fit};
use lote_engine::event::Status;
use lote_engine::plan::count_pages;
use lote_engine::scheduler::Priority;
use lote_engine::system::files::open_regular;
use lote_protocol::task::Page;
use lote_protocol::text;

/// Quality of previews that are not the batch's own file.
const PREVIEW_QUALITY: u8 = 90;

/// How much larger than wanted a picture may be before filters that need not be exact are applied.
const ROUGH_SCALE: i64 = 2;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/thumb/{image}", get(thumb))
        .route("/api/output-thumb/{output}", get(output_thumb))
        .route("/api/output/{output}", get(output))
        .route("/api/preview", post(preview))
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let message = refused.text();
        match refused {
            Refused::Busy => Self::busy(message),
            Refused::Failed(failure) => Self::from(failure),
            Refused::NoWorker(_) => {
                Self::busy(message).hint(text!("`lote doctor` looks for the cause"))
            }
        }
    }
}

#[derive(Deserialize)]
struct ThumbQuery {
    page: Option<u32>,
}

async fn thumb(
    State(app): State<App>,
    Id(id): Id,
    QueryOf(ThumbQuery { page }): QueryOf<ThumbQuery>,
) -> Result<Response, Refusal> {
    let image = app.image(id).await?;
    if let Some(number) = page {
        let (key, page) = (format!("{}-p{number}", image.id), page_of(&image, page).await);
        let thumbnail = app.previews.thumbnail(&key, (&image.path, page)).await?;
        return Ok(lasting_jpeg(thumbnail.jpeg));
    }
    let thumbnail = app.previews.thumbnail(&image.id, (&image.path, None)).await;
    let thumbnail = thumbnail.inspect_err(|refused| app.note_problem(&image, refused))?;
    if let Some(size) = thumbnail.source {
        app.images.facts(&image.id, size.width, size.height);
    }
    Ok(lasting_jpeg(thumbnail.jpeg))
}

async fn output_thumb(State(app): State<App>, Id(id): Id) -> Result<Response, Refusal> {
    let record = written(&app, &id)?;
    let thumbnail =
        app.previews.thumbnail(&format!("o{}", record.id), (&record.path, None)).await?;
    Ok(lasting_jpeg(thumbnail.jpeg))
}

/// The frame or page of that number of an image, as far as its header tells how many it has.
async fn page_of(image: &ListedImage, number: Option<u32>) -> Option<Page> {
    let (number, path) = (number?, image.path.clone());
    let count = blocking(move || count_pages(&path)).await.ok()?.unwrap_or(1);
    Some(Page { number, of: u32::try_from(count).unwrap_or(u32::MAX) })
}

/// Ids change with the content, so a browser may keep it.
fn lasting_jpeg(jpeg: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        (CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable")),
    ];
    (headers, jpeg).into_response()
}

/// An output that is there.
fn written(app: &App, id: &str) -> Result<OutputRecord, Refusal> {
    let record = app.jobs.output(id).filter(|record| record.status == Status::Ok);
    record.ok_or_else(Refusal::not_found)
}

impl App {
    /// Remembers that an image cannot be read.
    fn note_problem(&self, image: &ListedImage, refused: &Refused) {
        if let Refused::Failed(failure) = refused {
            self.images.problem(&image.id, failure.kind, &failure.message);
        }
    }
}

#[derive(Deserialize)]
struct OutputQuery {
    download: Option<String>,
}

async fn output(
    State(app): State<App>,
    Id(id): Id,
    QueryOf(query): QueryOf<OutputQuery>,
) -> Result<Response, Refusal> {
    let record = written(&app, &id)?;
    let file = file::output(&record).await?;
    if query.download.is_some() {
        return Ok(file::attachment(file, &record.name));
    }
    let (file, content) = blocking(move || {
        let mut file = file;
        let content = content(&mut file).unwrap_or(Sniffed::Unknown);
        (file, content)
    })
    .await?;
    if let Some(kind) = shown_as(content) {
        return Ok(file::inline(file, &record.name, kind));
    }
    let print = as_png(&app, &record.path).await?;
    Ok(([(CONTENT_TYPE, "image/png")], read(&print).await?).into_response())
}

/// What the first bytes of a file show it to be. Blocks.
fn content(file: &mut File) -> io::Result<Sniffed> {
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    file.take(SNIFF_BYTES as u64).read_to_end(&mut head)?;
    file.rewind()?;
    Ok(sniff(&head))
}

/// The same of a file that workers read by its path.
async fn content_at(path: &FilePath) -> Sniffed {
    let path = path.to_owned();
    let content = blocking(move || content(&mut open_regular(&path)?)).await;
    content.ok().and_then(Result::ok).unwrap_or(Sniffed::Unknown)
}

/// The type that a browser shows a file as; `None` if it cannot.
fn shown_as(content: Sniffed) -> Option<&'static str> {
    match content {
        Sniffed::Known(format) => format.in_browsers.then_some(format.mime),
        Sniffed::Unsupported(_) | Sniffed::Unknown => None,
    }
}

async fn as_png(app: &App, path: &FilePath) -> Result<Print, Refusal> {
    let encoding = Encoding { format: Some(PNG.id), ..Encoding::default() };
    let order = PrintOrder { steps: Vec::new(), encoding };
    let prints = app.previews.make(Priority::Urgent, (path, None), vec![order]).await?;
    only(prints)
}

/// The first print.
fn only(mut prints: Vec<Print>) -> Result<Print, Refusal> {
    prints.truncate(1);
    prints.pop().ok_or_else(|| Refusal::internal(text!("a worker made nothing")))
}

async fn read(print: &Print) -> Result<Vec<u8>, Refusal> {
    print
        .read()
        .await
        .map_err(|error| Refusal::internal(text!("a picture is gone: {}", error.to_string())))
}

#[derive(Deserialize)]
struct PreviewRequest {
    image: String,
    /// The frame or page that is shown, of an image of several; all of them unless given.
    #[serde(default)]
    page: Option<u32>,
    steps: Vec<Step>,
    encoding: PreviewEncoding,
    size: Option<PreviewSize>,
    exact: bool,
}

#[derive(Deserialize)]
struct PreviewEncoding {
    format: Option<FormatId>,
    #[serde(deserialize_with = "quality")]
    quality: u8,
    /// One file of a variant, as in `avif:calidad=55`, in place of the output's format.
    #[serde(default)]
    file: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
struct PreviewSize {
    width_px: u32,
    height_px: u32,
}

async fn preview(
    State(app): State<App>,
    Command(request): Command<PreviewRequest>,
) -> Result<Response, Refusal> {
    let start = Instant::now();
    let image = app.image(request.image).await?;
    let steps = check_steps(&request.steps)?;
    let PreviewEncoding { format, quality, file } = request.encoding;
    let mut encoding = check_encoding(format, quality)?;
    let is_file = file.is_some();
    if let Some(file) = check_files(file.as_slice())?.first() {
        encoding = file.with_defaults(&encoding);
    }
    // Without steps it is the original that is shown, unless a file of it is asked for.
    let has_file = request.exact && (is_file || !steps.is_empty());
    let input = (&*image.path, page_of(&image, request.page).await);
    let made = match request.size {
        None => whole(&app, input, steps, encoding).await,
        Some(size) => {
            let wanted = Scaled { size, is_exact: request.exact, has_file };
            scaled(&app, input, steps, encoding, wanted).await
        }
    };
    let is_whole = request.page.is_none();
    let made = made.inspect_err(|refused| {
        // If it was shown as it is, no filter is to blame.
        if is_whole && request.steps.is_empty() {
            app.note_problem(&image, refused);
        }
    });
    let Made { picture, file, is_resized } = made?;
    if is_whole {
        app.images.facts(&image.id, picture.source.width, picture.source.height);
    }

    let body = read(&picture).await?;
    let kind = shown_as(sniff(&body)).unwrap_or("application/octet-stream");
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut fact = |name: &'static str, value: u64| {
        headers.insert(HeaderName::from_static(name), value.into());
    };
    fact("lote-source-width", picture.source.width.into());
    fact("lote-source-height", picture.source.height.into());
    fact("lote-source-bytes", image.bytes);
    if let Some(file) = &file {
        fact("lote-output-width", file.size.width.into());
        fact("lote-output-height", file.size.height.into());
        fact("lote-output-bytes", file.bytes);
        fact("lote-work-ms", file.work_ms.ceil() as u64);
    } else if !is_resized {
        fact("lote-output-width", picture.source.width.into());
        fact("lote-output-height", picture.source.height.into());
    }
    fact("lote-total-ms", start.elapsed().as_millis() as u64);
    Ok((StatusCode::OK, headers, body).into_response())
}

/// A preview.
struct Made {
    /// What is shown.
    picture: Print,
    /// The batch's file, if it was made; the same as the picture if that is shown.
    file: Option<FileFacts>,
    /// Whether the steps change the size.
    is_resized: bool,
}

/// What is known of the batch's file.
struct FileFacts {
    size: lote_protocol::message::Size,
    bytes: u64,
    work_ms: f64,
}

impl From<&Print> for FileFacts {
    fn from(print: &Print) -> Self {
        Self { size: print.size, bytes: print.bytes, work_ms: print.work_ms }
    }
}

/// The very file that the batch would write, or a PNG of it if no browser shows that format.
async fn whole(
    app: &App,
    input: (&FilePath, Option<Page>),
    steps: Vec<FilterCall>,
    encoding: Encoding,
) -> Result<Made, Refused> {
    let orders = vec![PrintOrder { steps, encoding }];
    let mut prints = app.previews.make(Priority::Urgent, input, orders).await?;
    let nothing = || Refused::NoWorker(text!("a worker made nothing"));
    let print = prints.pop().ok_or_else(nothing)?;
    let file = Some(FileFacts::from(&print));
    if shown_as(content_at(print.path()).await).is_some() {
        return Ok(Made { picture: print, file, is_resized: true });
    }
    let encoding = Encoding { format: Some(PNG.id), ..Encoding::default() };
    let orders = vec![PrintOrder { steps: Vec::new(), encoding }];
    let mut prints = app.previews.make(Priority::Urgent, (print.path(), None), orders).await?;
    let mut picture = prints.pop().ok_or_else(nothing)?;
    picture.source = print.source;
    Ok(Made { picture, file, is_resized: true })
}

/// How a result is to be shown smaller than it is.
#[derive(Clone, Copy)]
struct Scaled {
    /// What it has to fit into.
    size: PreviewSize,
    /// Whether filters run at full size.
    is_exact: bool,
    /// Whether the batch's file is made as well, for what is to be said of it.
    has_file: bool,
}

/// The result, scaled to fit.
async fn scaled(
    app: &App,
    input: (&FilePath, Option<Page>),
    steps: Vec<FilterCall>,
    encoding: Encoding,
    Scaled { size, is_exact, has_file }: Scaled,
) -> Result<Made, Refused> {
    let (width, height) = (i64::from(size.width_px), i64::from(size.height_px));
    let format = match encoding.format.and_then(find) {
        Some(format) => format,
        None => match content_at(input.0).await {
            Sniffed::Known(format) => format.gives(true),
            Sniffed::Unsupported(_) | Sniffed::Unknown => &JPEG,
        },
    };
    let is_opaque = !format.holds.alpha;
    let shown = Encoding {
        format: Some(if is_opaque { JPEG.id } else { PNG.id }),
        quality: Some(PREVIEW_QUALITY),
        ..encoding.clone()
    };
    let is_resized = steps.iter().any(|step| step.filter == "redimensionar");
    let mut shown_steps = Vec::with_capacity(steps.len() + 2);
    if !is_exact {
        shown_steps.push(fit(width * ROUGH_SCALE, height * ROUGH_SCALE));
    }
    shown_steps.extend(steps.iter().cloned());
    shown_steps.push(fit(width, height));
    let mut orders = vec![PrintOrder { steps: shown_steps, encoding: shown }];
    if has_file {
        orders.push(PrintOrder { steps, encoding });
    }
    let mut prints = app.previews.make(Priority::Urgent, input, orders).await?;
    let file = if prints.len() > 1 { prints.pop().as_ref().map(FileFacts::from) } else { None };
    let picture = prints.pop().ok_or_else(|| Refused::NoWorker(text!("a worker made nothing")))?;
    Ok(Made { picture, file, is_resized })
}
