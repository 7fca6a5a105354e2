//! Small pictures on demand: thumbnails, previews, and what they tell about their images.
//!
//! A request is an ordinary task, run by a worker process of its own, so that the
//! batch's code makes every pixel and a picture that kills its worker costs nobody else anything.
//! This module knows no images, jobs or connections: it is given paths and gives back files.

mod queue;
mod thumbs;
mod workers;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lote_engine::lang::Text;
use lote_engine::plan::{self, Access, Asset};
use lote_protocol::filter::{FilterCall, VariantSpec};
use lote_protocol::message::Size;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Encoding;
use lote_protocol::text;
use tokio::sync::{Notify, oneshot};

use queue::{Queue, Ticket};
use thumbs::Thumbs;
pub use thumbs::{Thumbnail, fit};

/// The most pictures that are asked for at a time.
const MAX_ORDERS: u32 = 64;
/// So many fonts a worker can have open before it is replaced by another.
const MAX_ASSETS: u32 = 256;

/// Who makes previews; clones are the same.
#[derive(Debug, Clone)]
pub struct Previews(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    read: Vec<PathBuf>,
    /// The folder of files that parameters name.
    assets: PathBuf,
    queue: Mutex<Queue>,
    news: Notify,
    thumbs: Thumbs,
}

/// How soon something is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody waits for it; the newest comes first.
    Preview,
    /// When nothing else is to be done, in turn.
    Thumbnail,
    /// A program waits for it; in turn.
    Conversion,
}

/// A picture to be made of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Filters, in turn.
    pub steps: Vec<FilterCall>,
    /// How it is encoded.
    pub encoding: Encoding,
}

/// A picture that was made. Its file goes with it.
#[derive(Debug)]
pub struct Print {
    file: PathBuf,
    /// Size of the file, bytes.
    pub bytes: u64,
    /// Size of the picture, px.
    pub size: Size,
    /// Size of the image it was made of, upright, px.
    pub source: Size,
    /// Time of the worker, with its share of decoding, ms.
    pub work_ms: f64,
}

impl Print {
    /// The content of its file.
    pub async fn read(&self) -> io::Result<Vec<u8>> {
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || std::fs::read(file)).await.map_err(io::Error::other)?
    }

    /// Where its file is, for as long as it lives.
    pub fn path(&self) -> &Path {
        &self.file
    }
}

impl Drop for Print {
    fn drop(&mut self) {
        // It may have been moved away.
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too much waits already.
    Busy,
    /// The image, or a filter, is the reason.
    Failed(Failure),
    /// There is no worker to make it.
    NoWorker(Text),
}

impl Refused {
    /// Why, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::Busy => text!("too much waits for a worker; try again in a moment"),
            Self::Failed(failure) => failure.message.clone(),
            Self::NoWorker(why) => text!("no worker could be started: {}", why.clone()),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl Previews {
    /// With a folder that exists, is empty and nobody else's. Only images that are really below the
    /// folders `read` are opened, as there is no job that names them. Files of parameters are in
    /// `assets`, which is below one of these.
    pub fn new(folder: PathBuf, read: Vec<PathBuf>, assets: PathBuf) -> io::Result<Self> {
        let thumbs = Thumbs::new(folder.join("thumbs"))?;
        let (queue, news) = (Mutex::default(), Notify::new());
        Ok(Self(Arc::new(Shared { folder, read, assets, queue, news, thumbs })))
    }

    /// What is opened for its workers.
    fn access(&self) -> Access {
        let within = self.0.read.iter().filter_map(|path| std::path::absolute(path).ok());
        Access {
            within: within.collect(),
            outputs: MAX_ORDERS,
            assets: MAX_ASSETS,
            ..Access::default()
        }
    }

    /// Makes pictures of the image at `input`, which is decoded once; there are as many prints as
    /// orders. If the returned future is dropped the request is, too.
    pub async fn make(
        &self,
        urgency: Urgency,
        input: &Path,
        orders: Vec<Order>,
    ) -> Result<Vec<Print>, Refused> {
        let assets = assets(&orders, self.0.assets.clone()).await?;
        let (reply, answer) = oneshot::channel();
        let ticket = Ticket { input: input.to_owned(), orders, assets, reply, deaths: 0 };
        self.queue().add(urgency, ticket)?;
        self.0.news.notify_one();
        answer.await.unwrap_or_else(|_| Err(Refused::NoWorker(text!("the server is about to end"))))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What filters need beside an image: files in that folder, and fonts of the system.
async fn assets(orders: &[Order], folder: PathBuf) -> Result<Vec<Asset>, Refused> {
    let variant = |order: &Order| VariantSpec {
        name: String::new(),
        steps: order.steps.clone(),
        files: Vec::new(),
    };
    let variants: Vec<_> = orders.iter().map(variant).collect();
    // Fonts may have to be looked for.
    let look = move || plan::assets(&variants, &folder, &[]);
    let failed = |what: Text| Refused::Failed(Failure::new(FailureKind::Filter, what));
    let found = tokio::task::spawn_blocking(look)
        .await
        .map_err(|error| failed(error.to_string().into()))?;
    let mut assets: Vec<Asset> = Vec::new();
    for asset in found.map_err(|error| failed(error.text()))?.concat() {
        if !assets.contains(&asset) {
            assets.push(asset);
        }
    }
    Ok(assets)
}
