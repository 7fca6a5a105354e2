//! What a plan looks at in an image, fetched before it does: a few blocks at known places.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::Spool;
use crate::plan::error::reason;
use crate::plan::look_through;
use crate::store::{Error, Object, Store};

/// How many images are looked at at the same time: what takes long is the way to the store.
const AT_ONCE: usize = 16;

/// What is fetched at a time, bytes.
const BLOCK: u64 = 64 << 10;

/// Fetches into their twins what a plan looks at, also the frames and pages if they are counted. What can be
/// fetched of some objects only is told of the others.
pub(super) fn look(
    store: &dyn Store,
    spool: &Spool,
    objects: Vec<Object>,
    pages: bool,
) -> Result<Vec<(Object, Error)>, Error> {
    let queue = Mutex::new(VecDeque::from(objects));
    let (unseen, away) = (Mutex::new(Vec::new()), Mutex::new(None));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = || {
        while let Some(object) = next() {
            match look_at(store, spool, &object, pages) {
                Ok(()) => {}
                Err(error @ (Error::Away(_) | Error::Disk(_))) => {
                    queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
                    *away.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
                Err(error) => {
                    unseen.lock().unwrap_or_else(PoisonError::into_inner).push((object, error));
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..AT_ONCE {
            // Where no more can begin, those that are there do it.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    match away.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(unseen.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

fn look_at(store: &dyn Store, spool: &Spool, object: &Object, pages: bool) -> Result<(), Error> {
    let disk = |error: io::Error| Error::Disk(reason(&error));
    let path = spool.place(&object.address.path());
    let file = File::options().read(true).write(true).open(path).map_err(disk)?;
    let mut head =
        Head { store, object, file: &file, here: HashSet::new(), place: 0, failed: None };
    look_through(&mut head, pages);
    let failed = head.failed.take();
    file.set_modified(object.modified).map_err(disk)?;
    failed.map_or(Ok(()), Err)
}

/// An object that is read block by block, and kept in its twin.
struct Head<'a> {
    store: &'a dyn Store,
    object: &'a Object,
    file: &'a File,
    here: HashSet<u64>,
    place: u64,
    failed: Option<Error>,
}

impl Head<'_> {
    fn fetch(&mut self, block: u64) -> Result<(), Error> {
        let start = block * BLOCK;
        let end = (start + BLOCK).min(self.object.bytes);
        let disk = |error: io::Error| Error::Disk(reason(&error));
        let mut bytes = Vec::new();
        match self.store.fetch(self.object, Some(start..end), &mut bytes) {
            Err(Error::NoParts) => {
                self.file.seek(SeekFrom::Start(0)).map_err(disk)?;
                self.store.fetch(self.object, None, &mut self.file)?;
                self.here.extend(0..=self.object.bytes / BLOCK);
                Ok(())
            }
            fetched => {
                fetched?;
                self.file.seek(SeekFrom::Start(start)).map_err(disk)?;
                self.file.write_all(&bytes).map_err(disk)?;
                self.here.insert(block);
                Ok(())
            }
        }
    }
}

impl Read for Head<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.place >= self.object.bytes || buffer.is_empty() {
            return Ok(0);
        }
        let block = self.place / BLOCK;
        if !self.here.contains(&block)
            && let Err(error) = self.fetch(block)
        {
            let why = io::Error::other(error.text().to_string());
            self.failed.get_or_insert(error);
            return Err(why);
        }
        self.file.seek(SeekFrom::Start(self.place))?;
        let left = (block + 1) * BLOCK - self.place;
        let read = self.file.take(left.min(self.object.bytes - self.place)).read(buffer)?;
        self.place += read as u64;
        Ok(read)
    }
}

impl Seek for Head<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.object.bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.place.checked_add_signed(by),
        };
        self.place = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}
