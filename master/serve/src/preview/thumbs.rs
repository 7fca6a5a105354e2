//! Thumbnails, made once and kept as files.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use lote_engine::scheduler::Priority;
use lote_imaging::formats::JPEG;
use lote_protocol::encoding::Encoding;
use lote_protocol::filter::{FilterCall, Value};
use lote_protocol::message::Size;
use lote_protocol::task::Page;
use lote_protocol::text;

use super::{Previews, PrintOrder, Refused};

/// Longest side of a thumbnail, px.
const SIDE_PX: i64 = 240;
const QUALITY: u8 = 80;
/// At most so many files are kept; about 160 MB.
const KEPT: usize = 20_000;

/// A thumbnail.
#[derive(Debug)]
pub struct Thumbnail {
    /// A JPEG file.
    pub jpeg: Vec<u8>,
    /// Size of the image, upright, px, if it was looked at just now.
    pub source: Option<Size>,
}

/// The thumbnails that there are.
#[derive(Debug)]
pub(super) struct Thumbs {
    folder: PathBuf,
    kept: Mutex<VecDeque<String>>,
}

impl Thumbs {
    pub(super) fn new(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir(&folder)?;
        Ok(Self { folder, kept: Mutex::default() })
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.jpg"))
    }

    /// Keeps a file under that name, in the place of the oldest if there are too many.
    fn keep(&self, key: &str, file: &Path) -> io::Result<()> {
        let is_new = !self.path(key).exists();
        fs::rename(file, self.path(key))?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if is_new {
            kept.push_back(key.to_owned());
        }
        while kept.len() > KEPT
            && let Some(oldest) = kept.pop_front()
        {
            // It may be gone.
            let _ = fs::remove_file(self.path(&oldest));
        }
        Ok(())
    }
}

/// A resizing to fit into a square or a rectangle; nothing is enlarged.
pub fn fit(width: i64, height: i64) -> FilterCall {
    let params = [("ancho", width), ("alto", height)];
    let params = params.map(|(id, px)| (id.to_owned(), Value::Integer(px.clamp(1, 65535))));
    FilterCall { filter: "redimensionar".into(), params: BTreeMap::from(params) }
}

impl Previews {
    /// The thumbnail of a file, or of one of its frames or pages. `key` stands for its content and
    /// consists of letters, digits, `-` and `_`.
    pub async fn thumbnail(
        &self,
        key: &str,
        input: (&Path, Option<Page>),
    ) -> Result<Thumbnail, Refused> {
        let path = self.0.thumbs.path(key);
        let read = tokio::task::spawn_blocking(move || fs::read(path)).await;
        if let Ok(Ok(jpeg)) = read {
            return Ok(Thumbnail { jpeg, source: None });
        }
        let encoding =
            Encoding { format: Some(JPEG.id), quality: Some(QUALITY), ..Encoding::default() };
        let order = PrintOrder { steps: vec![fit(SIDE_PX, SIDE_PX)], encoding };
        let mut prints = self.make(Priority::Spare, input, vec![order]).await?;
        let Some(print) = prints.pop() else {
            return Err(Refused::NoWorker(text!("a worker made nothing")));
        };
        let unkept = |error: &dyn std::fmt::Display| {
            Refused::NoWorker(text!("a thumbnail could not be kept: {}", error.to_string()))
        };
        let source = Some(print.source);
        let (previews, key) = (self.clone(), key.to_owned());
        let jpeg = tokio::task::spawn_blocking(move || {
            let jpeg = fs::read(print.path())?;
            previews.0.thumbs.keep(&key, print.path())?;
            Ok::<_, io::Error>(jpeg)
        });
        match jpeg.await {
            Ok(Ok(jpeg)) => Ok(Thumbnail { jpeg, source }),
            Ok(Err(error)) => Err(unkept(&error)),
            Err(error) => Err(unkept(&error)),
        }
    }
}
