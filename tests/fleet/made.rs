//! How often outputs are made, whoever makes them.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::Errno;

/// Counts the files that are given their names in some folders: each of them is an output that was made,
/// for the first time or once more.
pub(crate) struct Made(OwnedFd);

impl Made {
    /// From now on, in these folders, which are made.
    pub(crate) fn in_folders<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Self {
        let watch = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
        for folder in folders {
            std::fs::create_dir_all(folder).unwrap();
            add_watch(&watch, folder, WatchFlags::MOVED_TO).unwrap();
        }
        Self(watch)
    }

    /// How many there were.
    pub(crate) fn count(self) -> usize {
        let mut bytes = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(self.0, &mut bytes);
        let mut count = 0;
        loop {
            match events.next() {
                // The system keeps 16,384 of them.
                Ok(event) => {
                    let lost = rustix::fs::inotify::ReadFlags::QUEUE_OVERFLOW;
                    assert!(!event.events().contains(lost), "not all were counted");
                    count += 1;
                }
                Err(Errno::WOULDBLOCK) => return count,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
