//! The state that all pages see, and its way to them.
//!
//! [`model`] reduces what happens to a state. [`stream`] sends it: a snapshot, then numbered
//! batches of changes, at most thirty a second, the same text for all. Whoever is too slow for the
//! batches gets a fresh snapshot, so that nobody's slowness costs more than that. [`origin`] says
//! the same in the vocabulary of Lote's origin.

mod book;
mod history;
mod isolation;
mod lanes;
pub mod machines;
mod model;
mod origin;
mod outputs;
pub mod shapes;
mod snapshot;
mod stopwatch;
mod stream;
mod totals;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::{Notify, broadcast};

pub use book::{Book, End, ImageRef};
pub use isolation::Evidence;
pub use model::{Changes, Model};
pub use snapshot::Snapshot;
pub use stream::Subscription;
pub use totals::Totals;

/// A message, as text; clones share it.
pub type Message = Arc<str>;

/// A handle to the state; clones are the same.
#[derive(Debug, Clone)]
pub struct Live(Arc<SharedLive>);

#[derive(Debug)]
struct SharedLive {
    start: Instant,
    instance: String,
    model: Mutex<Model>,
    /// There is something to be told.
    news: Notify,
    queue: Mutex<stream::Waiting>,
    batches: broadcast::Sender<Message>,
    origin: broadcast::Sender<Arc<[Message]>>,
    /// The last word to clients of the origin's vocabulary about a job that has ended.
    origin_end: Mutex<Option<Message>>,
}

/// So many batches may wait for a client before it gets a snapshot instead.
const BATCHES: usize = 64;

impl Live {
    /// A state in which nothing has happened. `images` is the summary of the list of images.
    pub fn new(images: Value) -> Self {
        // Different at each start is all that is asked of it.
        let mut random = [0; 8];
        let instance = match getrandom::fill(&mut random) {
            Ok(()) => format!("{:010x}", u64::from_be_bytes(random) >> 24),
            Err(_) => format!("p{}", std::process::id()),
        };
        Self(Arc::new(SharedLive {
            start: Instant::now(),
            instance,
            model: Mutex::new(Model::new(images)),
            news: Notify::new(),
            queue: Mutex::default(),
            batches: broadcast::channel(BATCHES).0,
            origin: broadcast::channel(BATCHES).0,
            origin_end: Mutex::default(),
        }))
    }

    /// What tells this start of the server from all others: letters and digits.
    pub fn instance(&self) -> &str {
        &self.0.instance
    }

    /// Milliseconds since the start, to a tenth.
    pub fn now_ms(&self) -> f64 {
        (self.0.start.elapsed().as_secs_f64() * 10_000.0).round() / 10.0
    }

    /// Looks at the state or changes it; the second argument is the time, ms.
    pub fn with<T>(&self, work: impl FnOnce(&mut Model, f64) -> T) -> T {
        let result = {
            let mut model = self.model();
            // The time is read inside, so that times never go back.
            let t = self.now_ms();
            work(&mut model, t)
        };
        self.0.news.notify_one();
        result
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        self.0.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
