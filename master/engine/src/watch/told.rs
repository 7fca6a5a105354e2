//! What the system tells of changes: that there are some, and which files are being written.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::system::open_to_writers;

/// Whoever writes to a file and has not closed it is waited for, unless it pauses for so long.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Wakes the watch. However often it is rung meanwhile, it is answered once.
#[derive(Debug, Clone)]
pub(super) struct Bell(Arc<SharedTold>);

#[derive(Debug)]
struct SharedTold {
    ring: SyncSender<()>,
    ended: AtomicBool,
    /// Events are missing: it may be that some of them were of files being written.
    is_behind: AtomicBool,
    /// Files, absolute, that have been written to and not closed since.
    written: Mutex<HashSet<PathBuf>>,
}

impl Bell {
    pub(super) fn new() -> (Self, Receiver<()>) {
        let (ring, rung) = sync_channel(1);
        let (ended, is_behind) = (AtomicBool::new(false), AtomicBool::new(false));
        (Self(Arc::new(SharedTold { ring, ended, is_behind, written: Mutex::default() })), rung)
    }

    fn ring(&self) {
        // One that has not been answered is enough.
        let _ = self.0.ring.try_send(());
    }

    /// There is nothing more to wait for.
    pub(super) fn end(&self) {
        self.0.ended.store(true, Ordering::Relaxed);
        self.ring();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.0.ended.load(Ordering::Relaxed)
    }

    /// Whether that file (absolute) is known to be open to a writer.
    pub(super) fn is_written(&self, path: &Path) -> bool {
        self.written().contains(path)
    }

    fn written(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.0.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds out which files below these folders are being written, as events do not tell of what
    /// began before them.
    fn catch_up(&self, folders: &[PathBuf], base: &Path) {
        self.written().clear();
        for folder in folders {
            let Ok(real) = std::fs::canonicalize(folder) else { continue };
            let open = open_to_writers(&real).into_iter();
            let named = open.map(|path| match path.strip_prefix(&real) {
                Ok(below) => base.join(folder).join(below),
                Err(_) => path,
            });
            self.written().extend(named);
        }
    }

    fn take_in(&self, event: notify::Result<Event>) {
        let Ok(event) = event else { return self.ring() };
        if event.need_rescan() {
            self.0.is_behind.store(true, Ordering::Relaxed);
            return self.ring();
        }
        match event.kind {
            EventKind::Modify(ModifyKind::Data(_)) => self.written().extend(event.paths),
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Remove(_)
            | EventKind::Modify(ModifyKind::Name(_)) => {
                let mut written = self.written();
                event.paths.iter().for_each(|path| {
                    written.remove(path);
                });
            }
            // Reading a file is no change, and would go on for ever.
            EventKind::Access(_) => return,
            _ => {}
        }
        self.ring();
    }
}

/// Has the system tell of changes, as far as it can; the rest is found by looking.
pub(super) struct Listener {
    pub(super) bell: Bell,
    watcher: Option<RecommendedWatcher>,
    /// The folders that it tells of, as they were when it was asked to.
    folders: Vec<Option<Identity>>,
}

impl Listener {
    pub(super) fn new(bell: Bell) -> Self {
        Self { bell, watcher: None, folders: Vec::new() }
    }

    /// Sees to it that the system tells of these folders, also if others have taken their places.
    pub(super) fn follow(&mut self, folders: &[PathBuf], base: &Path) {
        let identities: Vec<_> = folders.iter().map(|folder| identity(folder)).collect();
        let are_others = identities != self.folders;
        if are_others {
            self.folders = identities;
            self.ask(folders, base);
        }
        if self.bell.0.is_behind.swap(false, Ordering::Relaxed) || are_others {
            self.bell.catch_up(folders, base);
        }
    }

    fn ask(&mut self, folders: &[PathBuf], base: &Path) {
        self.watcher = None;
        let bell = self.bell.clone();
        let watcher = notify::recommended_watcher(move |event| bell.take_in(event));
        self.watcher = watcher
            .map(|mut watcher| {
                for folder in folders {
                    // Some folders may be told of, although others cannot be.
                    if let Err(error) = watcher.watch(&base.join(folder), RecursiveMode::Recursive)
                    {
                        tracing::warn!(%error, "the system tells of not all changes");
                    }
                }
                watcher
            })
            .inspect_err(|error| tracing::warn!(%error, "the system tells of no changes"))
            .ok();
    }
}

/// A folder itself, whatever its path.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(folder: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(folder).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(folder: &Path) -> Option<Identity> {
    folder.is_dir().then_some(())
}

#[cfg(test)]
mod tests {
    use notify::event::{DataChange, Flag};

    use super::*;

    fn event(kind: EventKind, path: &str) -> Event {
        Event::new(kind).add_path(path.into())
    }

    #[test]
    fn a_file_is_being_written_until_it_is_closed_also_where_events_are_lost() {
        let (bell, rung) = Bell::new();
        let data = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let close = |mode| EventKind::Access(AccessKind::Close(mode));
        bell.take_in(Ok(event(data, "/a")));
        bell.take_in(Ok(event(data, "/b")));
        assert!(bell.is_written(Path::new("/a")) && bell.is_written(Path::new("/b")));
        assert!(rung.try_recv().is_ok() && rung.try_recv().is_err(), "answered once");
        bell.take_in(Ok(event(close(AccessMode::Read), "/a")));
        assert!(bell.is_written(Path::new("/a")));
        assert!(rung.try_recv().is_err(), "reading is no change");
        bell.take_in(Ok(event(close(AccessMode::Write), "/a")));
        assert!(!bell.is_written(Path::new("/a")) && bell.is_written(Path::new("/b")));
        bell.take_in(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
        assert!(rung.try_recv().is_ok());
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("half"), folder.path().join("read"));
        std::fs::write(&other, b"").unwrap();
        let _open = (std::fs::File::create(&path).unwrap(), std::fs::File::open(&other).unwrap());
        Listener::new(bell.clone()).follow(&[folder.path().to_owned()], Path::new("/"));
        assert!(!bell.is_written(Path::new("/b")) && !bell.is_written(&other));
        assert_eq!(bell.is_written(&path), cfg!(target_os = "linux"));
    }
}
