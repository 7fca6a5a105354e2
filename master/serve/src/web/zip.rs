//! A job's outputs as one download.

use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::archive::{self, ArchivedFile, Names};
use super::body::{Id, QueryOf};
use super::error::Refusal;
use super::images::blocking;
use super::{App, file};
use crate::jobs::OutputRecord;
use lote_engine::event::Status;
use lote_protocol::text;

/// How much is handed on at a time, bytes.
const CHUNK_BYTES: usize = 256 << 10;

/// How many chunks may wait for the browser.
const CHUNKS: usize = 4;

/// A browser that takes nothing for so long has left.
const STALLED: Duration = Duration::from_secs(60);

/// How many archives are made at the same time.
const MAX_ARCHIVES: usize = 8;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/jobs/{job}/zip", get(zip))
}

#[derive(Deserialize)]
struct Filter {
    /// Numbers of variants, as in `0,2-3`; all of them if it is missing.
    variant: Option<Numbers>,
    /// Numbers of photos, in the same form.
    photos: Option<Numbers>,
    /// What the page would call the archive, without its ending.
    name: Option<String>,
}

/// Numbers from 0, as a page lists them: `0,2-3`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Numbers(Vec<RangeInclusive<usize>>);

impl TryFrom<String> for Numbers {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let range = |part: &str| {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            Some(from.parse().ok()?..=to.parse().ok()?)
        };
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges.map(Self).ok_or_else(|| "not numbers as in 0,2-3".into())
    }
}

impl Numbers {
    fn has(&self, number: usize) -> bool {
        self.0.iter().any(|range| range.contains(&number))
    }
}

/// Longest name of an archive that a page may give, in characters.
const MAX_NAME_CHARS: usize = 120;

async fn zip(
    State(app): State<App>,
    Id(job): Id,
    QueryOf(filter): QueryOf<Filter>,
) -> Result<Response, Refusal> {
    let name = app.jobs.job_name(&job).ok_or_else(Refusal::not_found)?;
    let Filter { variant, photos, name: wanted } = filter;
    let wants = move |output: &OutputRecord| {
        variant.as_ref().is_none_or(|all| all.has(output.variant))
            && photos.as_ref().is_none_or(|all| all.has(output.photo))
    };
    let entries = blocking(move || entries(&app, &job, wants)).await?;
    let entries = entries.filter(|entries| !entries.is_empty()).ok_or_else(Refusal::not_found)?;
    let place =
        ZipTurn::take().ok_or_else(|| Refusal::busy(text!("other archives are being made")))?;

    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(CONTENT_LENGTH, archive::size(&entries).into());
    let name = wanted.unwrap_or(name);
    let name = if name.trim().is_empty() { "lote".to_owned() } else { name };
    let name: String = name.chars().take(MAX_NAME_CHARS).collect();
    let name = format!("{}.zip", name.trim().replace(['/', '\\'], "_"));
    headers.insert(CONTENT_DISPOSITION, file::disposition("attachment", &name));

    let (sender, receiver) = mpsc::channel(CHUNKS);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut out = Out { runtime, sender, chunk: Vec::with_capacity(CHUNK_BYTES) };
        let written = archive::write(&entries, &mut out).and_then(|()| out.flush());
        if let Err(error) = written {
            // The browser sees that bytes are missing.
            let _ = out.send(Err(error));
        }
        drop(place);
    });
    let chunks = stream::unfold(receiver, async |mut receiver| {
        let chunk = receiver.recv().await?;
        Some((chunk, receiver))
    });
    Ok((headers, Body::from_stream(chunks)).into_response())
}

/// The files of a job that are wanted; `None` if there is no such job.
fn entries(
    app: &App,
    job: &str,
    wants: impl Fn(&OutputRecord) -> bool,
) -> Option<Vec<ArchivedFile>> {
    let folder = app.jobs.output_folder(job)?;
    let mut names = Names::default();
    let outputs = app.jobs.outputs(job)?.into_iter();
    let wanted = outputs.filter(|output| output.status == Status::Ok && wants(output));
    let entry = |output: OutputRecord| {
        let below = output.path.strip_prefix(&folder).ok()?;
        ArchivedFile::new(output.folder, output.path.clone(), names.of(below))
    };
    Some(wanted.filter_map(entry).collect())
}

/// Hands an archive on in chunks. It waits for the browser, but not for ever.
struct Out {
    runtime: Handle,
    sender: mpsc::Sender<io::Result<Bytes>>,
    chunk: Vec<u8>,
}

impl Out {
    fn send(&self, chunk: io::Result<Bytes>) -> io::Result<()> {
        let sent = self.runtime.block_on(timeout(STALLED, self.sender.send(chunk)));
        match sent {
            Ok(Ok(())) => Ok(()),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK_BYTES));
        self.send(Ok(chunk.into()))
    }
}

static ARCHIVES: AtomicUsize = AtomicUsize::new(0);

/// One of the few places for archives in the making.
struct ZipTurn;

impl ZipTurn {
    fn take() -> Option<Self> {
        let more = |now| (now < MAX_ARCHIVES).then_some(now + 1);
        ARCHIVES.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Self)
    }
}

impl Drop for ZipTurn {
    fn drop(&mut self) {
        ARCHIVES.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_listed_singly_and_by_ranges() {
        let numbers = Numbers::try_from("0,2-4".to_owned()).unwrap();
        let has: Vec<_> = (0..6).map(|number| numbers.has(number)).collect();
        assert_eq!(has, [true, false, true, true, true, false]);
        for text in ["", "x", "1-", "-1", "1,,2"] {
            assert!(Numbers::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
