//! A unit of work: one image, and the outputs to make of it.

use std::fs::File;

use serde::{Deserialize, Serialize};

use crate::encoding::Encoding;
use crate::filter::FilterCall;
use crate::outcome::Failure;

/// What a worker refuses to load. Checked against the file's header before anything is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest picture, in pixels (width x height x frames).
    pub max_pixels: u64,
    /// Most frames of an animation, or pages of a file.
    pub max_frames: u64,
    /// Largest allocation for one decoded picture, in bytes.
    pub max_alloc_bytes: u64,
    /// Largest input file, in bytes.
    pub max_file_bytes: u64,
    /// Largest ICC profile or EXIF block, in bytes; what is larger is dropped with a note.
    pub max_metadata_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: 250_000_000,
            max_frames: 5000,
            max_alloc_bytes: 1 << 30,
            max_file_bytes: 1 << 30,
            max_metadata_bytes: 4 << 20,
        }
    }
}

/// One output of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Which of the job's variants this is.
    pub variant: u32,
    /// Filters, applied in turn; none only converts. Orders of the same steps beside each other are
    /// several files of one picture, which is filtered once.
    pub steps: Vec<FilterCall>,
    /// Whether it must be on the disk, beyond a power cut, before its end is reported.
    pub durable: bool,
    /// Whether its SHA-256 is to be told.
    pub sha256: bool,
    /// How it is encoded.
    pub encoding: Encoding,
}

/// A file that filters need beside the image: a logo, a colour table, a font.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// The name that parameters have for it; empty for a font that is there for what others cannot
    /// write.
    pub name: String,
    /// Which of several fonts in it.
    pub index: u32,
    /// SHA-256 of its content: what has changed since is refused.
    pub sha256: [u8; 32],
}

/// One of several frames or pages of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Which one, from 1.
    pub number: u32,
    /// How many its file has, by what its header declares.
    pub of: u32,
}

/// One image and the outputs to make of it; it is decoded once. It names no path: what is to be read
/// and written comes open, as [`Files`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Task {
    /// Unique within a run.
    pub id: u64,
    /// The image's name without its ending, for texts that show it.
    pub name: String,
    /// What to make of it, at least one.
    pub orders: Vec<Order>,
    /// What its filters need beside it.
    pub assets: Vec<Asset>,
    /// The image's place among those of the job, from 1 on.
    pub number: u64,
    /// The frame or page that is made into the outputs; `None` is all of them.
    pub page: Option<Page>,
}

/// The files of a task: open ones, or (in messages, as `()`) which ones come beside the message and
/// why others do not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files<F = File> {
    /// The image, to be read.
    pub input: Result<F, Failure>,
    /// An empty file for each order, to be written.
    pub outputs: Vec<Result<F, Failure>>,
    /// Assets by their SHA-256, each once in the life of a worker.
    pub assets: Vec<([u8; 32], Result<F, Failure>)>,
}

impl Files {
    /// What a message says of them, and the open ones in the order in which they travel.
    pub fn take_apart(self) -> (Files<()>, Vec<File>) {
        let mut open = Vec::with_capacity(1 + self.outputs.len() + self.assets.len());
        let mut take = |file: Result<File, Failure>| file.map(|file| open.push(file));
        let input = take(self.input);
        let outputs = self.outputs.into_iter().map(&mut take).collect();
        let assets = self.assets.into_iter().map(|(hash, file)| (hash, take(file))).collect();
        (Files { input, outputs, assets }, open)
    }
}

impl Files<()> {
    /// How many come beside the message.
    pub fn count(&self) -> usize {
        let all = [&self.input].into_iter().chain(&self.outputs);
        all.chain(self.assets.iter().map(|(_, file)| file)).filter(|file| file.is_ok()).count()
    }

    /// The files that have come, in their places; `None` if they are fewer than was said.
    pub fn put_together(self, open: Vec<File>) -> Option<Files> {
        let mut open = open.into_iter();
        let mut put = |file: Result<(), Failure>| match file {
            Ok(()) => open.next().map(Ok),
            Err(failure) => Some(Err(failure)),
        };
        let input = put(self.input)?;
        let outputs = self.outputs.into_iter().map(&mut put).collect::<Option<_>>()?;
        let assets = self.assets.into_iter().map(|(hash, file)| Some((hash, put(file)?)));
        let assets = assets.collect::<Option<_>>()?;
        Some(Files { input, outputs, assets })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::outcome::FailureKind;

    #[test]
    fn files_come_out_in_the_places_where_they_were_put_in() {
        let folder = tempfile::tempdir().unwrap();
        let file = |text: &str| {
            let path = folder.path().join(text);
            std::fs::write(&path, text).unwrap();
            Ok(File::open(path).unwrap())
        };
        let gone = || Err(Failure::new(FailureKind::NotFound, "it is gone"));
        let files = Files {
            input: file("image"),
            outputs: vec![file("one"), gone(), file("two")],
            assets: vec![([1; 32], gone()), ([2; 32], file("logo"))],
        };
        let (said, open) = files.take_apart();
        assert_eq!((said.count(), open.len()), (4, 4));
        assert!(said.clone().put_together(Vec::new()).is_none());
        let files = said.put_together(open).unwrap();
        let text = |file: Result<File, Failure>| {
            file.map(|mut file| {
                let mut text = String::new();
                file.read_to_string(&mut text).map(|_| text).unwrap()
            })
        };
        let outputs: Vec<_> = files.outputs.into_iter().map(text).collect();
        assert_eq!(outputs, [Ok("one".into()), Err(gone().unwrap_err()), Ok("two".into())]);
        let assets: Vec<_> =
            files.assets.into_iter().map(|(hash, file)| (hash[0], text(file).ok())).collect();
        assert_eq!(assets, [(1, None), (2, Some("logo".into()))]);
        assert_eq!(text(files.input).unwrap(), "image");
    }
}
