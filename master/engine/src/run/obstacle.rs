//! What keeps all outputs from being written: a full disk, which is waited for, and a folder that
//! is gone or closed, which ends the run. Neither is held against an image.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use super::{Feed, Run};
use crate::event::Event;
use crate::plan::error::reason;
use crate::scheduler::{Input, TaskId};
use crate::system;

/// How often it is looked whether a full disk has room again.
const LOOK: Duration = Duration::from_secs(1);

/// After this time it is tried without any sign of room: quotas and numbers of files do not show.
const TRY: Duration = Duration::from_secs(30);

/// What an output is taken to need while none has been written, bytes.
const UNKNOWN_OUTPUT_BYTES: u64 = 64 << 10;

/// So many outputs in a row that cannot be written, of whatever images, end the run.
const MAX_IN_A_ROW: u32 = 20;

/// A disk that is full.
#[derive(Debug)]
pub(super) struct Full {
    /// What was free when an output last found no room, bytes.
    free: u64,
    look_at: Instant,
    try_at: Instant,
    /// Whether it is being tried.
    trying: bool,
}

/// Why a failure to write is not an output's own.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// There is no room.
    NoSpace,
    /// The folder is not what it was, which will not heal by itself.
    Lost(Text),
}

impl<F: Feed> Run<'_, F> {
    /// Whether that failure has a cause that all outputs share.
    pub(super) async fn obstacle(&mut self, failure: &Failure, output: &Path) -> Option<Obstacle> {
        match failure.kind {
            FailureKind::NoSpace => Some(Obstacle::NoSpace),
            FailureKind::Write => {
                self.unwritten_in_a_row += 1;
                let folder = output.parent().map(Path::to_owned);
                let look = move || folder.as_deref().and_then(closed);
                let lost = system::waiting(look).await.flatten();
                let lost = lost.or_else(|| {
                    (self.unwritten_in_a_row >= MAX_IN_A_ROW).then(|| {
                        let times = self.unwritten_in_a_row;
                        text!("{} outputs in a row failed: {}", times, failure.message.clone())
                    })
                });
                lost.map(Obstacle::Lost)
            }
            _ => None,
        }
    }

    /// Meets an obstacle: the output stays open, and nothing more is started.
    pub(super) async fn meet(&mut self, obstacle: Obstacle, task: TaskId) {
        self.pool.put_off(task);
        match obstacle {
            Obstacle::Lost(why) => {
                if self.halted.is_none() {
                    self.halted = Some(why);
                    self.pool.tell(Input::Cancel);
                }
            }
            Obstacle::NoSpace if self.pool.is_cancelled() || self.halted.is_some() => {}
            Obstacle::NoSpace => {
                let now = Instant::now();
                let free = self.free_bytes().await.unwrap_or(0);
                let again = self.full.take();
                let try_at = again.as_ref().map_or(now + TRY, |full| full.try_at);
                self.full = Some(Full { free, look_at: now + LOOK, try_at, trying: false });
                self.pool.tell(Input::Pause);
                if again.is_none() {
                    let needed_bytes = self.needed();
                    self.books.bus.publish(Event::Paused { needed_bytes, free_bytes: free }).await;
                }
            }
        }
    }

    /// Meets an output that could not be published: the run ends if that is so with one after another.
    pub(super) fn meet_unpublished(&mut self, failure: &Failure) {
        if failure.kind != FailureKind::Write {
            return;
        }
        self.unpublished_in_a_row += 1;
        if self.unpublished_in_a_row >= MAX_IN_A_ROW && self.halted.is_none() {
            let times = self.unpublished_in_a_row;
            let why = text!("{} outputs in a row failed: {}", times, failure.message.clone());
            self.halted = Some(why);
            self.pool.tell(Input::Cancel);
        }
    }

    /// Notes that an output has been written.
    pub(super) async fn has_written(&mut self) {
        self.unwritten_in_a_row = 0;
        if self.full.as_ref().is_some_and(|full| full.trying) {
            self.full = None;
            self.books.bus.publish(Event::Resumed).await;
        }
    }

    /// Tries again if a full disk seems to have room, or it has been long enough.
    pub(super) async fn look_for_space(&mut self) {
        let now = Instant::now();
        let each = self.each();
        let slots = u64::from(self.slots);
        let is_due = |full: &Full| !full.trying && now >= full.look_at;
        if self.user_paused || !self.full.as_ref().is_some_and(is_due) {
            return;
        }
        let free = self.free_bytes().await;
        let Some(full) = &mut self.full else { return };
        full.look_at = now + LOOK;
        let has_grown = free.is_some_and(|free| free > full.free && free >= each * slots);
        if has_grown || now >= full.try_at {
            full.trying = true;
            full.try_at = now + TRY;
            self.pool.tell(Input::Resume);
        }
    }

    /// What is free where outputs go, bytes.
    async fn free_bytes(&self) -> Option<u64> {
        let folder = self.books.feed.plan().folder();
        system::waiting(move || system::free_bytes(&folder)).await?
    }

    /// What an output takes, about, bytes.
    fn each(&self) -> u64 {
        self.books.figures.mean_bytes().unwrap_or(UNKNOWN_OUTPUT_BYTES)
    }

    /// What is left to be written, about, bytes.
    fn needed(&self) -> u64 {
        self.each().saturating_mul(self.books.figures.open() as u64)
    }
}

/// Why nothing can be written in a folder, if that is so.
fn closed(folder: &Path) -> Option<Text> {
    let shown = folder.display().to_string();
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => {
            let error = writable(folder).err()?;
            Some(text!("cannot write to {} any more: {}", shown, reason(&error)))
        }
        Ok(_) => Some(text!("{} is no folder any more", shown)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Some(text!("the output folder {} is gone", shown))
        }
        Err(error) => Some(text!("cannot reach {} any more: {}", shown, reason(&error))),
    }
}

#[cfg(unix)]
fn writable(folder: &Path) -> io::Result<()> {
    use rustix::fs::{Access, access};
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

#[cfg(not(unix))]
fn writable(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_closed_when_it_is_gone_or_a_file_and_open_otherwise() {
        let parent = tempfile::tempdir().unwrap();
        let (gone, file) = (parent.path().join("gone"), parent.path().join("file"));
        fs::write(&file, "").unwrap();
        assert_eq!(closed(parent.path()), None);
        assert!(closed(&gone).unwrap().to_string().ends_with("gone is gone"));
        assert!(closed(&file).unwrap().to_string().ends_with("is no folder any more"));
        assert!(closed(&file.join("x")).unwrap().to_string().starts_with("cannot reach "));
    }
}
