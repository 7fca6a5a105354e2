//! S3, and what speaks as it does, as a store of the engine.
//!
//! `object_store` and its HTTP live on a thread of their own. Whoever asks waits for the answer on theirs,
//! so nothing here may be called where a runtime works.

mod error;
mod settings;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use lote_engine::lang::{Text, reason};
use lote_engine::store::{Address, Error, Listing, Object, Put, Store};
use lote_protocol::text;
use object_store::aws::AmazonS3;
use object_store::path::Path as Key;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, MultipartUpload as _, ObjectMeta,
    ObjectStore as _, ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload,
};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use settings::Settings;

/// What is sent at a time of an object that is larger, and may replace what is there: a part of it, bytes.
const PART: usize = 8 << 20;

/// What is slower than that has stopped, bytes a second.
const SLOWEST: u64 = 32 << 10;

/// What any answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The name of the word by which this program knows its own objects again, in their metadata.
const WORD: &str = "lote";

/// S3 with the credentials of the environment.
#[derive(Debug)]
pub struct S3 {
    settings: Settings,
    handle: Handle,
    /// The thread ends when this goes.
    _end: oneshot::Sender<()>,
    buckets: Mutex<HashMap<String, Arc<AmazonS3>>>,
}

impl S3 {
    /// As the environment says. Nothing is asked of any server yet.
    ///
    /// # Errors
    /// What cannot be used in the environment.
    pub fn open() -> Result<Self, Text> {
        let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
        // Somebody may have chosen one before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let problem =
            |error: io::Error| text!("the program could not be set up: {}", reason(&error));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(problem)?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let serve = move || {
            // Whichever way it ends, it is the end.
            let _ = runtime.block_on(ended);
            runtime.shutdown_background();
        };
        thread::Builder::new().name("s3".into()).spawn(serve).map_err(problem)?;
        Ok(Self { settings, handle, _end: end, buckets: Mutex::default() })
    }

    /// The client of a bucket, once it is sure that there are credentials.
    fn bucket(&self, address: &Address) -> Result<Arc<AmazonS3>, Error> {
        let known = |buckets: &HashMap<_, Arc<_>>| buckets.get(&address.bucket).cloned();
        let buckets = || self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = known(&buckets()) {
            return Ok(client);
        }
        let client = self.settings.client(&address.bucket)?;
        if !self.settings.are_given() {
            let asked = client.credentials().get_credential();
            let asked = self.handle.block_on(async { tokio::time::timeout(PATIENCE, asked).await });
            if !matches!(asked, Ok(Ok(_))) {
                return Err(Error::Denied(self.settings.no_credentials(address)));
            }
        }
        let client = Arc::new(client);
        buckets().insert(address.bucket.clone(), Arc::clone(&client));
        Ok(client)
    }

    /// Waits for something that moves so many bytes.
    fn wait<T>(
        &self,
        address: &Address,
        bytes: u64,
        act: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, Error> {
        let limit = PATIENCE + Duration::from_secs(bytes / SLOWEST);
        match self.handle.block_on(async { tokio::time::timeout(limit, act).await }) {
            Ok(done) => done.map_err(|error| error::of(&error, address, &self.settings)),
            Err(_) => Err(self.settings.away(text!("no answer for {} s", limit.as_secs()))),
        }
    }

    /// Whether what is there was published with that word; its tag.
    fn is_own(
        &self,
        client: &AmazonS3,
        address: &Address,
        word: &str,
    ) -> Result<Option<String>, Error> {
        let key = key(address)?;
        let head = GetOptions { head: true, ..GetOptions::default() };
        let there = self.wait(address, 0, client.get_opts(&key, head))?;
        let own = there.attributes.get(&Attribute::Metadata(WORD.into()));
        if own.is_some_and(|own| own.as_ref() == word) {
            Ok(tag(there.meta.e_tag))
        } else {
            Err(Error::Exists)
        }
    }
}

impl Store for S3 {
    fn list(&self, below: &Address, deep: bool) -> Result<Listing, Error> {
        let client = self.bucket(below)?;
        let prefix = key(below)?;
        let prefix = (!below.key.is_empty()).then_some(&prefix);
        let object = |meta: ObjectMeta| object(&below.bucket, meta);
        let listed = self.handle.block_on(async {
            if deep {
                let objects = client.list(prefix).map_ok(object).try_collect().await?;
                return Ok(Listing { objects, folders: Vec::new() });
            }
            let listed = client.list_with_delimiter(prefix).await?;
            let name = |folder: &Key| folder.filename().map(str::to_owned);
            Ok(Listing {
                objects: listed.objects.into_iter().map(object).collect(),
                folders: listed.common_prefixes.iter().filter_map(name).collect(),
            })
        });
        listed.map_err(|error| error::of(&error, below, &self.settings))
    }

    fn look(&self, address: &Address) -> Result<Object, Error> {
        let client = self.bucket(address)?;
        let key = key(address)?;
        let meta = self.wait(address, 0, client.head(&key))?;
        Ok(object(&address.bucket, meta))
    }

    fn fetch(
        &self,
        object: &Object,
        part: Option<Range<u64>>,
        to: &mut dyn Write,
    ) -> Result<(), Error> {
        let address = &object.address;
        let client = self.bucket(address)?;
        let key = key(address)?;
        let wanted = part.as_ref().map_or(object.bytes, |part| part.end - part.start);
        let options = GetOptions {
            if_match: object.tag.as_ref().map(|tag| format!("\"{tag}\"")),
            range: part.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let mut unwritten = None;
        let fetched = self.wait(address, object.bytes, async {
            let mut stream = client.get_opts(&key, options).await?.into_stream();
            let mut bytes = 0;
            while let Some(piece) = stream.next().await {
                let piece = piece?;
                bytes += piece.len() as u64;
                if let Err(error) = to.write_all(&piece) {
                    unwritten = Some(error);
                    break;
                }
            }
            Ok(bytes)
        });
        match unwritten {
            Some(error) => Err(Error::Disk(reason(&error))),
            None if fetched? == wanted => Ok(()),
            None => Err(Error::Changed),
        }
    }

    fn publish(
        &self,
        file: &Path,
        to: &Address,
        put: Put<'_>,
        mime: &str,
    ) -> Result<Option<String>, Error> {
        let client = self.bucket(to)?;
        let key = key(to)?;
        let disk = |error: io::Error| Error::Disk(reason(&error));
        let bytes = fs::metadata(file).map_err(disk)?.len();
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, mime.to_owned().into());
        let word = match put {
            Put::Over if bytes > PART as u64 => {
                let mut file = File::open(file).map_err(disk)?;
                return self.in_parts(&client, to, &key, &mut file, (bytes, attributes));
            }
            Put::Over => None,
            Put::New(word) => {
                attributes.insert(Attribute::Metadata(WORD.into()), word.to_owned().into());
                Some(word)
            }
        };
        let mode = if word.is_some() { PutMode::Create } else { PutMode::Overwrite };
        let payload = PutPayload::from(fs::read(file).map_err(disk)?);
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        match (self.wait(to, bytes, client.put_opts(&key, payload, options)), word) {
            // It may be that of a try whose answer got lost.
            (Err(Error::Exists), Some(word)) => self.is_own(&client, to, word),
            (done, _) => Ok(tag(done?.e_tag)),
        }
    }

    fn remove(&self, address: &Address) -> Result<(), Error> {
        let client = self.bucket(address)?;
        let key = key(address)?;
        self.wait(address, 0, client.delete(&key))
    }
}

impl S3 {
    /// Publishes a file part by part.
    fn in_parts(
        &self,
        client: &AmazonS3,
        to: &Address,
        key: &Key,
        file: &mut File,
        (bytes, attributes): (u64, Attributes),
    ) -> Result<Option<String>, Error> {
        let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        let mut unread = None;
        let sent = self.wait(to, bytes, async {
            let mut upload = client.put_multipart_opts(key, options).await?;
            let mut send = async || {
                loop {
                    let mut part = Vec::with_capacity(PART);
                    match (&mut *file).take(PART as u64).read_to_end(&mut part) {
                        Ok(0) => break,
                        Ok(_) => upload.put_part(part.into()).await?,
                        Err(error) => {
                            unread = Some(error);
                            break;
                        }
                    }
                }
                if unread.is_some() { Ok(None) } else { upload.complete().await.map(Some) }
            };
            let sent = send().await;
            if !matches!(sent, Ok(Some(_))) {
                // What was sent of it would be kept, and paid for.
                let _ = upload.abort().await;
            }
            sent
        })?;
        match (sent, unread) {
            (Some(sent), _) => Ok(tag(sent.e_tag)),
            (None, Some(error)) => Err(Error::Disk(reason(&error))),
            (None, None) => Err(Error::Changed),
        }
    }
}

fn object(bucket: &str, meta: ObjectMeta) -> Object {
    let address = Address { bucket: bucket.to_owned(), key: meta.location.into() };
    Object { address, bytes: meta.size, modified: meta.last_modified.into(), tag: tag(meta.e_tag) }
}

/// A tag without its quotes. One that says no more than that contents mean the same is none.
fn tag(tag: Option<String>) -> Option<String> {
    let tag = tag.filter(|tag| !tag.starts_with("W/"))?;
    Some(tag.trim_matches('"').to_owned())
}

/// A key as it is: `Path::from` would make another one of ñ, blanks and `%`.
fn key(address: &Address) -> Result<Key, Error> {
    Key::parse(&address.key).map_err(|_| {
        Error::Refused(text!(
            "{}: a key with an empty part, . or .. cannot be used",
            address.to_string()
        ))
    })
}
