//! The work of a plan whose images are fetched ahead of the workers and whose outputs are published behind
//! them. A store that is away for a while is waited for.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use lote_imaging::formats::by_ending;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;
use tokio::sync::{Notify, mpsc, oneshot};

use super::{Carrying, Feed};
use crate::event::{Event, Place, StoreState};
use crate::plan::error::reason;
use crate::plan::{Plan, Spool, Unfetched};
use crate::store::{Address, Error, Object, Put, Store, word};

/// How many images are fetched at the same time, and how many outputs published.
const AT_ONCE: usize = 8;

/// How long it is waited before a store that is away is asked again: at first, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Something to fetch or to publish. It waits for the store.
type Move = Box<dyn FnOnce() + Send>;

/// A plan on a spool, and the store behind that.
#[derive(Debug)]
pub struct Transfer<'a> {
    plan: &'a Plan,
    spool: Arc<Spool>,
    store: Arc<dyn Store>,
    fetching: Sender<Move>,
    publishing: Sender<Move>,
    line: Arc<Line>,
    room: Arc<Room>,
    unfetched: Unfetched,
    /// The images of units, by their names.
    images: HashMap<&'a Path, Image>,
    /// What tells this run's outputs from others'.
    word: String,
    /// How many units have room, and how many of those can be begun: those before the first whose image
    /// is not here.
    admitted: usize,
    released: usize,
    arrived: mpsc::UnboundedSender<PathBuf>,
    arrivals: mpsc::UnboundedReceiver<PathBuf>,
    news: Option<mpsc::UnboundedReceiver<Event>>,
}

/// An image that is fetched.
#[derive(Debug)]
struct Image {
    object: Object,
    is_asked_for: bool,
    is_here: bool,
    /// How many outputs are yet to be made of it.
    open: usize,
}

impl<'a> Transfer<'a> {
    /// What is to be made of a plan on that spool, which takes about so many bytes at most.
    ///
    /// # Errors
    /// Those of starting threads.
    pub fn new(
        plan: &'a Plan,
        spool: Arc<Spool>,
        store: Arc<dyn Store>,
        max_bytes: u64,
    ) -> io::Result<Self> {
        let mut images = HashMap::<&Path, Image>::new();
        for unit in &plan.units {
            let name = plan.images[unit.image].path.as_path();
            let Some(object) = spool.image(name) else { continue };
            let image = images.entry(name).or_insert_with(|| Image {
                object: object.clone(),
                is_asked_for: false,
                is_here: false,
                open: 0,
            });
            image.open += unit.variants.len();
        }
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let (told, news) = mpsc::unbounded_channel();
        let line = Line {
            told,
            is_away: Mutex::default(),
            is_over: Mutex::default(),
            end: Condvar::new(),
        };
        Ok(Self {
            plan,
            spool,
            store,
            fetching: movers()?,
            publishing: movers()?,
            line: Arc::new(line),
            room: Arc::new(Room { used: AtomicU64::new(0), max: max_bytes, freed: Notify::new() }),
            unfetched: Unfetched::default(),
            images,
            word: word().map_err(|error| io::Error::other(error.text().to_string()))?,
            admitted: 0,
            released: 0,
            arrived,
            arrivals,
            news: Some(news),
        })
    }

    /// Lets units in as long as there is room for them, and has their images fetched.
    fn admit(&mut self) {
        while let Some(unit) = self.plan.units.get(self.admitted) {
            let image = &self.plan.images[unit.image];
            let wanted = self.images.get_mut(&*image.path).filter(|image| !image.is_asked_for);
            let fetched = wanted.as_ref().map_or(0, |image| image.object.bytes);
            // Outputs are taken to be as large as their image until they are there.
            let made = if self.plan.is_stored() { unit.variants.len() as u64 } else { 0 };
            let bytes = fetched.saturating_add(made.saturating_mul(image.bytes));
            if !self.room.fits(bytes) {
                return;
            }
            self.room.take(bytes);
            self.admitted += 1;
            if let Some(image) = wanted {
                image.is_asked_for = true;
                let object = image.object.clone();
                self.fetch(object);
            }
        }
    }

    fn fetch(&self, object: Object) {
        let name = object.address.path();
        let (file, arrived) = (self.spool.place(&name), self.arrived.clone());
        let (line, store, unfetched) =
            (Arc::clone(&self.line), Arc::clone(&self.store), self.unfetched.clone());
        let fetch = move || {
            if let Err(error) = line.patiently(|| fetch(&*store, &object, &file)) {
                unfetched.add(file, error.of_image());
            }
            // Where nobody waits for it any more, the run is over.
            let _ = arrived.send(name);
        };
        // The threads are there as long as this is.
        let _ = self.fetching.send(Box::new(fetch));
    }

    /// Whether the image of a unit is here.
    fn is_here(&self, unit: usize) -> bool {
        let name = &*self.plan.images[self.plan.units[unit].image].path;
        self.images.get(name).is_none_or(|image| image.is_here)
    }
}

impl Feed for Transfer<'_> {
    fn plan(&self) -> &Plan {
        self.plan
    }

    fn is_whole(&self) -> bool {
        self.plan.units.is_empty()
    }

    fn released(&self) -> usize {
        self.released
    }

    async fn more(&mut self) -> bool {
        let all = self.plan.units.len();
        loop {
            self.admit();
            let before = self.released;
            while self.released < self.admitted && self.is_here(self.released) {
                self.released += 1;
            }
            if self.released > before || self.released == all {
                return self.released < all;
            }
            tokio::select! {
                Some(name) = self.arrivals.recv() => {
                    if let Some(image) = self.images.get_mut(&*name) {
                        image.is_here = true;
                    }
                }
                () = self.room.freed.notified() => {}
            }
        }
    }

    fn unfetched(&self) -> Unfetched {
        self.unfetched.clone()
    }

    fn carry(&mut self, place: Place, bytes: u64) -> Option<Carrying> {
        if !self.plan.is_stored() {
            return None;
        }
        let output = self.plan.output(place.image, place.variant);
        let may_replace = self.plan.may_replace(place.image, place.variant);
        let (file, word) = (self.spool.place(&output), self.word.clone());
        let (line, store, room) =
            (Arc::clone(&self.line), Arc::clone(&self.store), Arc::clone(&self.room));
        room.take(bytes);
        let (told, answer) = oneshot::channel();
        let publish = move || {
            let put = if may_replace { Put::Over } else { Put::New(&word) };
            let published = Address::of(&output)
                .map_err(Error::Refused)
                .and_then(|to| line.patiently(|| store.publish(&file, &to, put, mime(&output))));
            // It is emptied, and its name stays taken.
            let _ = File::options().write(true).truncate(true).open(&file);
            room.give(bytes);
            let _ = told.send(published.map_err(|error| error.of_output()));
        };
        let _ = self.publishing.send(Box::new(publish));
        Some(Box::pin(async move {
            answer.await.unwrap_or_else(|_| {
                Err(Failure::new(FailureKind::Cancelled, text!("not started: interrupted")))
            })
        }))
    }

    fn over(&mut self, place: Place) {
        let image = &self.plan.images[place.image];
        if self.plan.is_stored() {
            self.room.give(image.bytes);
        }
        let Some(held) = self.images.get_mut(&*image.path) else { return };
        held.open = held.open.saturating_sub(1);
        if held.open == 0 && held.is_here {
            let file = self.spool.place(&image.path);
            let _ = File::options().write(true).truncate(true).open(file);
            self.room.give(held.object.bytes);
        }
    }

    fn news(&mut self) -> Option<mpsc::UnboundedReceiver<Event>> {
        self.news.take()
    }
}

impl Drop for Transfer<'_> {
    fn drop(&mut self) {
        self.line.end();
    }
}

/// Threads that do what they are sent, one after another, until nobody is left to send.
fn movers() -> io::Result<Sender<Move>> {
    let (sender, queue) = channel::<Move>();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..AT_ONCE {
        let queue = Arc::clone(&queue);
        let next = move || queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        thread::Builder::new().name("store".into()).spawn(move || {
            while let Ok(act) = next() {
                act();
            }
        })?;
    }
    Ok(sender)
}

/// Reads an object into its twin.
fn fetch(store: &dyn Store, object: &Object, twin: &Path) -> Result<(), Error> {
    let disk = |error: io::Error| Error::Disk(reason(&error));
    let mut file = File::options().write(true).truncate(true).open(twin).map_err(disk)?;
    store.fetch(object, None, &mut file)?;
    drop(file);
    let bytes = fs::metadata(twin).map_err(disk)?.len();
    if bytes == object.bytes { Ok(()) } else { Err(Error::Changed) }
}

/// What browsers are told that an output is.
fn mime(output: &Path) -> &'static str {
    let ending = output.extension().and_then(|ending| ending.to_str());
    ending.and_then(by_ending).map_or("application/octet-stream", |format| format.mime)
}

/// The way to the store, which may be cut for a while.
#[derive(Debug)]
struct Line {
    told: mpsc::UnboundedSender<Event>,
    is_away: Mutex<bool>,
    is_over: Mutex<bool>,
    end: Condvar,
}

impl Line {
    /// Does something until it does not fail for want of a store any more, or nobody waits for it.
    fn patiently<T>(&self, act: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        let mut wait = FIRST_WAIT;
        loop {
            match act() {
                Err(error @ (Error::Away(_) | Error::Disk(_))) => {
                    self.is_away(Some(error.text()));
                    if self.is_over_after(wait) {
                        return Err(error);
                    }
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                done => {
                    self.is_away(None);
                    return done;
                }
            }
        }
    }

    /// Tells that the store is away, or here again, if that is news.
    fn is_away(&self, why: Option<Text>) {
        let mut is_away = lock(&self.is_away);
        if std::mem::replace(&mut *is_away, why.is_some()) != why.is_some() {
            let state = if why.is_some() { StoreState::Waiting } else { StoreState::Back };
            let _ = self.told.send(Event::Store { state, reason: why });
        }
    }

    fn is_over_after(&self, wait: Duration) -> bool {
        let is_over = lock(&self.is_over);
        let waited = self.end.wait_timeout_while(is_over, wait, |is_over| !*is_over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn end(&self) {
        *lock(&self.is_over) = true;
        self.end.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the files of the spool take.
#[derive(Debug)]
struct Room {
    used: AtomicU64,
    max: u64,
    freed: Notify,
}

impl Room {
    /// Whether that much can be added. What is larger than all of it comes alone.
    fn fits(&self, bytes: u64) -> bool {
        let used = self.used.load(Ordering::Relaxed);
        used == 0 || used.saturating_add(bytes) <= self.max
    }

    fn take(&self, bytes: u64) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give(&self, bytes: u64) {
        let less = |used: u64| Some(used.saturating_sub(bytes));
        // It always has an answer.
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        self.freed.notify_one();
    }
}
