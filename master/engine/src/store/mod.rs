//! Object stores: where images and outputs lie that are in no folder.
//!
//! A place in a store is written `s3://bucket/key`. A run works on files alone, so it gets a *spool*
//! (`plan/spool`), a folder of its own with a twin of what is in the store: a plan is made of the twins,
//! which begin as empty as a listing is; images are fetched ahead of the workers, and outputs are published
//! behind them (`run/transfer`). Jobs on folders have nothing to do with any of this.

use std::fmt;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use data_encoding::HEXLOWER;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

/// What a place in a store begins with.
pub(crate) const SCHEME: &str = "s3://";

/// The longest key, bytes.
const MAX_KEY_BYTES: usize = 1024;

/// Whether that names a place in a store.
pub fn is_address(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().starts_with(SCHEME.as_bytes())
}

/// The path from that folder on; a place in a store is where it is.
#[must_use]
pub fn from(base: &Path, path: &Path) -> PathBuf {
    if is_address(path) { path.to_owned() } else { base.join(path) }
}

/// A place in a store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The bucket.
    pub bucket: String,
    /// The object's key, or what keys begin with as with a folder: empty for all of the bucket.
    pub key: String,
}

impl Address {
    /// That of a path that names one.
    ///
    /// # Errors
    /// What is wrong with its bucket or key.
    pub fn of(path: &Path) -> Result<Self, Text> {
        let shown = path.display().to_string();
        let Some(text) = path.to_str() else {
            return Err(text!("{}: keys are Unicode, and this name is not", shown));
        };
        let rest = text.strip_prefix(SCHEME).unwrap_or(text);
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if bucket.is_empty() || !bucket.chars().all(is_plain) {
            return Err(text!("{} names no bucket: it is s3://BUCKET/KEY", shown));
        }
        let key = key.strip_suffix('/').unwrap_or(key);
        let is_part = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && !part.contains(|c: char| c.is_ascii_control())
        };
        if !key.is_empty() && !key.split('/').all(is_part) {
            return Err(text!("{}: a key with an empty part, . or .. cannot be used", shown));
        }
        if key.len() > MAX_KEY_BYTES {
            return Err(text!("{}: a key has at most {} bytes", shown, MAX_KEY_BYTES));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// Another key in its bucket, below this one.
    #[must_use]
    pub fn join(&self, below: &str) -> Self {
        let key =
            if self.key.is_empty() { below.to_owned() } else { format!("{}/{below}", self.key) };
        Self { bucket: self.bucket.clone(), key }
    }

    /// As a path.
    pub fn path(&self) -> PathBuf {
        self.to_string().into()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.key.is_empty() { "" } else { "/" };
        write!(f, "{SCHEME}{}{slash}{}", self.bucket, self.key)
    }
}

/// An object as a store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Where it is.
    pub address: Address,
    /// Its size, bytes.
    pub bytes: u64,
    /// When it was last written.
    pub modified: SystemTime,
    /// What changes whenever its content does (`ETag`), if the store says that.
    pub tag: Option<String>,
}

/// What there is below an address.
#[derive(Debug, Default)]
pub struct Listing {
    /// The objects.
    pub objects: Vec<Object>,
    /// Where what is further below was not asked for: the names of what would be folders.
    pub folders: Vec<String>,
}

/// What may be in the place of an object that is published.
#[derive(Debug, Clone, Copy)]
pub enum Put<'a> {
    /// Anything: it is replaced.
    Over,
    /// Nothing but what was published with this same word, which an answer that got lost may have been of.
    New(&'a str),
}

/// What a store does. Each call waits for it, has a bounded time, and tries again by itself for some
/// seconds.
pub trait Store: fmt::Debug + Send + Sync {
    /// What there is below an address, with all that is further below if that is asked for.
    fn list(&self, below: &Address, deep: bool) -> Result<Listing, Error>;

    /// The object with just that key.
    fn look(&self, address: &Address) -> Result<Object, Error>;

    /// Reads an object, or a part of it, and nothing that has come in its place since.
    fn fetch(
        &self,
        object: &Object,
        part: Option<Range<u64>>,
        to: &mut dyn Write,
    ) -> Result<(), Error>;

    /// Makes an object of a file; returns its tag.
    fn publish(
        &self,
        file: &Path,
        to: &Address,
        put: Put<'_>,
        mime: &str,
    ) -> Result<Option<String>, Error>;

    /// Removes an object.
    fn remove(&self, address: &Address) -> Result<(), Error>;
}

/// Why a store has not done what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It does not answer, or is in trouble of its own: another time it may.
    Away(Text),
    /// There is no such object or bucket.
    Missing(Text),
    /// It may not be done.
    Denied(Text),
    /// Something is in its place already.
    Exists,
    /// There is another object in its place than was listed.
    Changed,
    /// It gives objects as a whole only.
    NoParts,
    /// It was understood, and not done.
    Refused(Text),
    /// What was fetched could not be written here; the disk may be full.
    Disk(Text),
}

impl Error {
    /// One line.
    pub fn text(&self) -> Text {
        match self {
            Self::Away(why) | Self::Missing(why) | Self::Denied(why) | Self::Refused(why) => {
                why.clone()
            }
            Self::Exists => text!("the output exists already"),
            Self::Changed => text!("it has changed since the job was planned"),
            Self::NoParts => text!("the store gives objects as a whole only"),
            Self::Disk(why) => text!("it could not be written to the spool: {}", why.clone()),
        }
    }

    /// As the failure of an image that could not be fetched.
    pub(crate) fn of_image(&self) -> Failure {
        let kind = match self {
            Self::Missing(_) => FailureKind::NotFound,
            Self::Denied(_) => FailureKind::Permission,
            _ => FailureKind::Read,
        };
        Failure::new(kind, self.text())
    }

    /// As the failure of an output that could not be published.
    pub(crate) fn of_output(&self) -> Failure {
        let kind = if *self == Self::Exists { FailureKind::Exists } else { FailureKind::Write };
        Failure::new(kind, self.text())
    }
}

/// Where the program's own objects are, below the place of outputs.
pub const OWN: &str = ".lote";

/// Makes sure that outputs can be published there, and if `only_new` that the store replaces nothing where
/// it is told not to. What is tried with is removed again.
///
/// # Errors
/// Those of publishing; [`Error::Refused`] for a store that replaces what it should not.
pub fn probe(store: &dyn Store, output: &Address, only_new: bool) -> Result<(), Error> {
    let file = tempfile::NamedTempFile::new();
    let file = file.and_then(|mut file| file.write_all(b"lote\n").map(|()| file));
    let file = file.map_err(|error| Error::Disk(crate::lang::reason(&error)))?;
    let words = [word()?, word()?];
    let address = output.join(&format!("{OWN}/probe-{}", words[0]));
    let put = |word: &str| store.publish(file.path(), &address, Put::New(word), "text/plain");
    put(&words[0])?;
    let second = if only_new { put(&words[1]) } else { Err(Error::Exists) };
    // It is small, and harms nobody where it may not be removed.
    let _ = store.remove(&address);
    match second {
        Err(Error::Exists) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(Error::Refused(text!(
            "the store at {} replaces what it is asked not to replace",
            output.to_string()
        ))),
    }
}

/// A word that no other has.
pub(crate) fn word() -> Result<String, Error> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| Error::Disk(error.to_string().into()))?;
    Ok(HEXLOWER.encode(&bytes))
}

/// The folder that the records of jobs with outputs at that address are kept in, if this user has one.
pub fn record_folder(output: &Address) -> Option<PathBuf> {
    use etcetera::{BaseStrategy as _, choose_base_strategy};
    let state = choose_base_strategy().ok()?.state_dir()?;
    let folder = state.join("lote/records").join(&output.bucket).join(&output.key);
    state.is_absolute().then_some(folder)
}

/// The folder that spools are made in by themselves: not that of temporary files, which may be memory.
pub fn spool_folder() -> Option<PathBuf> {
    use etcetera::{BaseStrategy as _, choose_base_strategy};
    let cache = choose_base_strategy().ok()?.cache_dir();
    cache.is_absolute().then(|| cache.join("lote/spool"))
}

#[cfg(test)]
mod tests;
