//! Small pictures on demand: thumbnails, previews, and what they tell about their images.
//!
//! A request is an ordinary task of a pool of workers, so that the batch's code makes every pixel and a
//! picture that kills its worker costs nobody else anything. What waits, who makes it and what becomes
//! of a request that workers die of is the scheduler's to say. This module knows no images, jobs or
//! connections: it is given paths and gives back files.

mod thumbs;
mod workers;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lote_engine::lang::Text;
use lote_engine::plan::{self, Access, AssetFile};
use lote_engine::scheduler::Priority;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::{FilterCall, VariantSpec};
use lote_protocol::message::Size;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Page;
use lote_protocol::text;
use tokio::sync::{Mutex, mpsc, oneshot};

use thumbs::Thumbs;
pub use thumbs::{Thumbnail, fit};

/// A picture for a page may take a worker this long.
const PAGE_TIME: Duration = Duration::from_secs(30);
/// The most pictures that are asked for at a time.
const MAX_ORDERS: u32 = 64;
/// So many fonts a worker can have open before it is replaced by another.
const MAX_ASSETS: u32 = 256;

/// Who makes previews; clones are the same.
#[derive(Debug, Clone)]
pub struct Previews(Arc<SharedPreviews>);

#[derive(Debug)]
struct SharedPreviews {
    folder: PathBuf,
    read: Vec<PathBuf>,
    /// The folder of files that parameters name.
    assets: PathBuf,
    requests: mpsc::UnboundedSender<Request>,
    /// Where whoever makes them finds them.
    inbox: Mutex<mpsc::UnboundedReceiver<Request>>,
    /// Requests so far.
    count: AtomicU64,
    thumbs: Thumbs,
}

/// What is asked of the main thread.
#[derive(Debug)]
enum Request {
    /// Pictures of an image.
    Make(Ticket),
    /// Nobody waits any more for those of that number.
    Forget(u64),
}

/// A request for pictures of an image.
#[derive(Debug)]
struct Ticket {
    number: u64,
    priority: Priority,
    /// How long it may take a worker.
    time: Duration,
    input: PathBuf,
    /// The frame or page that they are of; `None` is all of them.
    page: Option<Page>,
    orders: Vec<PrintOrder>,
    /// What they need beside the image.
    assets: Vec<AssetFile>,
    /// `None` once it has been answered.
    reply: Option<oneshot::Sender<Result<Vec<Print>, Refused>>>,
}

impl Ticket {
    /// Whether nobody waits for it any more.
    fn is_void(&self) -> bool {
        self.reply.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// Answers it, once.
    fn answer(&mut self, result: Result<Vec<Print>, Refused>) {
        if let Some(reply) = self.reply.take() {
            // Who asked may have left.
            let _ = reply.send(result);
        }
    }
}

/// Tells that nobody waits for a request, when this is dropped.
struct Waiting<'a>(&'a SharedPreviews, u64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.ask(Request::Forget(self.1));
    }
}

/// A picture to be made of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct PrintOrder {
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
        let (requests, inbox) = mpsc::unbounded_channel();
        let (inbox, count) = (Mutex::new(inbox), AtomicU64::new(0));
        Ok(Self(Arc::new(SharedPreviews { folder, read, assets, requests, inbox, count, thumbs })))
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

    /// Makes pictures for whoever looks at the image at `input`, or at one of its frames or pages; it is
    /// decoded once, and there are as many prints as orders. If the returned future is dropped the request
    /// is, too.
    pub async fn make(
        &self,
        priority: Priority,
        input: (&Path, Option<Page>),
        orders: Vec<PrintOrder>,
    ) -> Result<Vec<Print>, Refused> {
        self.ask(priority, PAGE_TIME, input, orders).await
    }

    /// Makes a picture for a program, which may take a worker so long.
    pub async fn convert(
        &self,
        input: &Path,
        order: PrintOrder,
        time: Duration,
    ) -> Result<Print, Refused> {
        let mut prints = self.ask(Priority::Usual, time, (input, None), vec![order]).await?;
        let missing = || Failure::new(FailureKind::Filter, text!("there is no picture"));
        prints.pop().ok_or_else(|| Refused::Failed(missing()))
    }

    async fn ask(
        &self,
        priority: Priority,
        time: Duration,
        (input, page): (&Path, Option<Page>),
        orders: Vec<PrintOrder>,
    ) -> Result<Vec<Print>, Refused> {
        let assets = assets(&orders, self.0.assets.clone()).await?;
        let (reply, answer) = oneshot::channel();
        let number = self.0.count.fetch_add(1, Ordering::Relaxed);
        let (input, reply) = (input.to_owned(), Some(reply));
        let ticket = Ticket { number, priority, time, input, page, orders, assets, reply };
        self.0.ask(Request::Make(ticket));
        let _waiting = Waiting(&self.0, number);
        answer.await.unwrap_or_else(|_| Err(Refused::NoWorker(text!("the server is about to end"))))
    }
}

impl SharedPreviews {
    fn ask(&self, request: Request) {
        // The receiver lives as long as this does.
        drop(self.requests.send(request));
    }

    /// Where the picture goes that a request has in that place.
    fn file(&self, number: u64, place: u32) -> PathBuf {
        self.folder.join(format!("{number}-{place}"))
    }
}

/// What filters need beside an image: files in that folder, and fonts of the system.
async fn assets(orders: &[PrintOrder], folder: PathBuf) -> Result<Vec<AssetFile>, Refused> {
    let variant = |order: &PrintOrder| VariantSpec {
        name: String::new(),
        steps: order.steps.clone(),
        files: Vec::new(),
        pattern: None,
    };
    let variants: Vec<_> = orders.iter().map(variant).collect();
    // Fonts may have to be looked for.
    let look = move || plan::assets(&variants, &folder, &[], &[]);
    let failed = |what: Text| Refused::Failed(Failure::new(FailureKind::Filter, what));
    let found = tokio::task::spawn_blocking(look)
        .await
        .map_err(|error| failed(error.to_string().into()))?;
    let mut assets: Vec<AssetFile> = Vec::new();
    for asset in found.map_err(|error| failed(error.text()))?.concat() {
        if !assets.contains(&asset) {
            assets.push(asset);
        }
    }
    Ok(assets)
}
