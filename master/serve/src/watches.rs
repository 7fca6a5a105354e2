//! Folders that the server watches: jobs that do not end, beside those that do.
//!
//! Commands come from connections, on any thread. What is found is made on the main thread, as
//! workers die with the thread that started them. What becomes of a watch is kept in [`Live`] and,
//! output by output, in its journal: one that is started again goes on where the last one ended.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use crate::images::Images;
use crate::jobs::{Config, JobError, JobRequest};
use crate::live::Live;
use crate::live::shapes::{Watch, WatchState};
use crate::redact;
use crate::said::Trouble;
use lote_engine::event::{Bus, Event, OutputCounts, Status};
use lote_engine::job::Options;
use lote_engine::journal::{By, Header, How};
use lote_engine::run::{self, RunOrder, Settings};
use lote_engine::watch::{Round, Watching};
use lote_protocol::text;

/// Most folders that are watched.
const MAX_WATCHES: usize = 8;

/// So long a file has to stand still.
const SETTLE: Duration = Duration::from_secs(3);

/// A handle to the watches; clones are the same.
#[derive(Debug, Clone)]
pub struct Watches(Arc<SharedWatches>);

#[derive(Debug)]
struct SharedWatches {
    live: Live,
    images: Images,
    config: Config,
    desk: Mutex<Desk>,
    /// There is one to begin with, or no more is to come.
    news: Notify,
}

#[derive(Debug, Default)]
struct Desk {
    so_far: u64,
    new: Vec<Begun>,
    /// Where orders go, and the folders that it reads and writes, of each watch that has not ended.
    going_on: HashMap<String, (mpsc::Sender<RunOrder>, PathBuf, PathBuf)>,
    is_closed: bool,
}

/// A watch that is to be followed.
#[derive(Debug)]
struct Begun {
    id: String,
    watching: Watching,
    settings: Settings,
    /// The folders of which pages know the names.
    folders: [(PathBuf, String); 2],
    inbox: mpsc::Receiver<RunOrder>,
}

impl Watches {
    /// None so far.
    pub fn new(live: Live, images: Images, config: Config) -> Self {
        let (desk, news) = (Mutex::default(), Notify::new());
        Self(Arc::new(SharedWatches { live, images, config, desk, news }))
    }

    /// Watches the folder of the list; returns the id of the watch.
    ///
    /// # Errors
    /// The request makes no sense, the list is of no folder that stays, it is watched for the same
    /// outputs already, or there are too many watches.
    pub fn start(&self, request: &JobRequest) -> Result<String, JobError> {
        let config = &self.0.config;
        request.check(config.max_workers)?;
        let selection = self.0.images.folder().ok_or_else(|| {
            JobError::not_now(
                "no_folder",
                text!("only the input folder or a chosen one can be watched"),
            )
        })?;
        let asked = request.plan_request(&selection, &config.output, &config.assets())?;
        let settings =
            Settings { mode: request.mode, slots: request.workers, ..config.settings.clone() };
        let options =
            Options { durable: Some(settings.durable), ..request.options_for(&selection) };
        let mut desk = self.desk();
        let output = asked.output.clone();
        let is_watched =
            |(_, root, to): &(_, PathBuf, PathBuf)| *root == selection.root && *to == output;
        if desk.going_on.values().any(is_watched) {
            return Err(JobError::not_now("watched", text!("that folder is watched already")));
        }
        if desk.is_closed || desk.going_on.len() >= MAX_WATCHES {
            return Err(JobError::not_now(
                "too_many_watches",
                text!("too many folders are watched"),
            ));
        }
        desk.so_far += 1;
        let id = format!("w{}", desk.so_far);
        let header = Header::new(&asked, options, By::Run);
        let watching = Watching::start(asked, header, SETTLE)
            .map_err(|error| JobError::Internal(error.to_string().into()))?;
        let folder = request.output.folder.as_ref().map(|folder| format!("/{folder}"));
        let output_label = format!("{}{}", config.output_label, folder.unwrap_or_default());
        let (orders, inbox) = mpsc::channel(16);
        let folders = [
            (selection.root.clone(), selection.label.clone()),
            (output.clone(), output_label.clone()),
        ];
        desk.new.push(Begun { id: id.clone(), watching, settings, folders, inbox });
        desk.going_on.insert(id.clone(), (orders, selection.root, output));
        self.0.live.with(|model, t| {
            model.set_watch(Watch {
                id: id.clone(),
                name: selection.label,
                output_label,
                variants: request.variants.iter().map(|variant| variant.name.clone()).collect(),
                state: WatchState::Waiting,
                ok: 0,
                failed: 0,
                last: None,
                error: Trouble::default(),
                started_ms: t,
            });
        });
        self.0.news.notify_one();
        Ok(id)
    }

    /// Ends a watch: what it has started is finished. Told again, it is left as it is, at once.
    ///
    /// # Errors
    /// There is no such watch.
    pub fn stop(&self, id: &str) -> Result<(), JobError> {
        let is_stopping = self.0.live.with(|model, _| {
            let state = model.watch(id).map(|watch| watch.state);
            if state == Some(WatchState::Failed) {
                model.forget_watch(id);
            }
            state.map(|state| state == WatchState::Stopping)
        });
        let is_stopping = is_stopping.ok_or(JobError::NotFound)?;
        if let Some((orders, ..)) = self.desk().going_on.get(id) {
            // If so many orders wait it has been told often enough.
            let _ = orders.try_send(if is_stopping { RunOrder::Abort } else { RunOrder::Cancel });
            self.change(id, |watch| watch.state = WatchState::Stopping);
        }
        Ok(())
    }

    /// Begins nothing more, and ends all watches.
    pub fn close(&self) {
        let ids: Vec<_> = {
            let mut desk = self.desk();
            desk.is_closed = true;
            desk.going_on.keys().cloned().collect()
        };
        for id in ids {
            let _ = self.stop(&id);
        }
        self.0.news.notify_one();
    }

    /// Makes what is found, until [`Watches::close`] and all have ended. To be called on the main
    /// thread.
    pub async fn work(&self) {
        let mut all = JoinSet::new();
        loop {
            let (new, is_closed) = {
                let mut desk = self.desk();
                (std::mem::take(&mut desk.new), desk.is_closed)
            };
            for begun in new {
                let watches = self.clone();
                all.spawn(async move { watches.follow(begun).await });
            }
            if is_closed && all.is_empty() {
                return;
            }
            tokio::select! {
                () = self.0.news.notified() => {}
                Some(_) = all.join_next() => {}
            }
        }
    }

    /// Follows a watch to its end.
    async fn follow(&self, mut begun: Begun) {
        loop {
            let found = tokio::select! {
                found = begun.watching.next() => found,
                _ = begun.inbox.recv() => break,
            };
            match found {
                Some(Ok(round)) => {
                    if !self.run(&mut begun, round).await {
                        break;
                    }
                }
                Some(Err(error)) => {
                    let [from, to] = &begun.folders;
                    let folders = [(&*from.0, &*from.1), (&*to.0, &*to.1)];
                    let error = error.with_paths(|path: &Path| redact::path(path, &folders));
                    self.change(&begun.id, |watch| watch.error = error.text().into());
                }
                None => {
                    self.desk().going_on.remove(&begun.id);
                    return self.change(&begun.id, |watch| watch.state = WatchState::Failed);
                }
            }
        }
        self.desk().going_on.remove(&begun.id);
        self.0.live.with(|model, _| model.forget_watch(&begun.id));
    }

    /// Makes what was found; tells whether the watch goes on.
    async fn run(&self, begun: &mut Begun, Round { plan, journal, over }: Round) -> bool {
        let id = &begun.id;
        let set = |state: WatchState| {
            self.change(id, |watch| {
                if watch.state != WatchState::Stopping {
                    watch.state = state;
                }
            });
        };
        set(WatchState::Working);
        let mut bus = Bus::new();
        let mut events = bus.listen();
        let (watches, name, planned) = (self.clone(), id.clone(), Arc::clone(&plan));
        let mut journal = journal
            .inspect_err(|error| tracing::warn!(%error, "there is no journal of a watch"))
            .ok();
        // On a thread of its own, so that no disk can hold up the dispatch of tasks.
        let listener = tokio::task::spawn_blocking(move || {
            while let Some(event) = events.blocking_recv() {
                let mut next = Some(event);
                while let Some(event) = next {
                    if let Some(journal) = &mut journal {
                        journal.event(&event, &planned);
                    }
                    watches.count(&name, &event);
                    next = events.try_recv().ok();
                }
                // What the disk does not take now is kept.
                if let Some(journal) = &mut journal {
                    drop(journal.flush());
                }
            }
            if let Some(mut journal) = journal {
                journal.end(How::Finished);
                drop(journal.flush());
            }
        });
        let ended = run::run(&*plan, &begun.settings, &mut bus, &mut begun.inbox).await;
        drop(bus);
        if listener.await.is_err() {
            tracing::error!("a defect in Lote: what a watch made could not be followed to its end");
        }
        let (error, goes_on) = match ended {
            Ok(ended) => {
                over.tell(&ended);
                let workers = ended.no_workers.map(|why| text!("no worker is left: {}", why));
                (ended.halted.or(workers), !ended.cancelled)
            }
            Err(error) => (Some(error.text()), true),
        };
        self.change(id, |watch| watch.error = error.map(Trouble::from).unwrap_or_default());
        set(WatchState::Waiting);
        goes_on
    }

    fn count(&self, id: &str, event: &Event) {
        let Event::Output(ended) = event else { return };
        self.change(id, |watch| {
            if ended.status == Status::Skipped {
                return;
            }
            let mut counts =
                OutputCounts { ok: watch.ok, failed: watch.failed, ..OutputCounts::default() };
            counts.add(ended);
            (watch.ok, watch.failed) = (counts.ok, counts.failed);
            watch.last = Some(ended.image.clone());
        });
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Watch)) {
        self.0.live.with(|model, _| {
            if let Some(watch) = model.watch(id) {
                let mut watch = watch.clone();
                change(&mut watch);
                model.set_watch(watch);
            }
        });
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
