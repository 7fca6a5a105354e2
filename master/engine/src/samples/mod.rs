//! Sample images to try Lote on: a few photos, and gradients, geometric figures and patterns.
//!
//! The latter are drawn, not stored. They are always the same: the n-th image does not depend on
//! how many are made, on the machine or on the time.

mod canvas;
mod chance;
mod color;
mod gradients;
mod patterns;
mod photos;
mod shapes;

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Range;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use lote_imaging::formats::{Document, Format, JPEG, PNG, encode};
use lote_imaging::pool::Pool;
use lote_protocol::encoding::Encoding;
use lote_protocol::lang::{Text, reason};
use lote_protocol::outcome::Failure;
use lote_protocol::text;

use crate::system;
use crate::system::files::read_regular;
use canvas::Drawing;
use chance::Chance;
use color::{Palette, palette};
pub use photos::write_photos;

/// Sizes in turn, px. Their number shares no factor with that of the kinds, so that every kind
/// comes in every size.
const SIZES: [(u32, u32); 7] =
    [(1200, 800), (1600, 1200), (1024, 768), (900, 1200), (1400, 900), (800, 600), (1600, 900)];

/// Quality of the JPEG files, 1..=100: high, as these are inputs.
const QUALITY: u8 = 92;

/// Why samples could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SamplesError {
    /// A folder or file could not be written.
    Write {
        /// The folder or file.
        path: PathBuf,
        /// What stands in the way.
        source: io::Error,
    },
    /// Something else has a sample's name; it is left alone.
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// An image could not be encoded.
    Encode {
        /// The file.
        path: PathBuf,
        /// Why.
        failure: Failure,
    },
}

impl SamplesError {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::Write { path, source } => {
                text!("cannot write {}: {}", path.display().to_string(), reason(source))
            }
            Self::Exists { path } => text!(
                "{} exists and is something else; choose another folder",
                path.display().to_string()
            ),
            Self::Encode { path, failure } => {
                text!("cannot encode {}: {}", path.display().to_string(), failure.message.clone())
            }
        }
    }
}

impl fmt::Display for SamplesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

/// Writes `count` samples to a folder, which is made if need be, and returns their paths. A sample
/// that is there already is kept; any other file of that name is an error, never replaced.
pub fn write(dir: &Path, count: usize) -> Result<Vec<PathBuf>, SamplesError> {
    make_folder(dir)?;
    let threads = system::cores() as usize;
    let share = count.div_ceil(threads).max(1);
    let shares = (0..count).step_by(share);
    thread::scope(|scope| {
        let running: Vec<_> = shares
            .map(|start| scope.spawn(move || write_range(dir, start..count.min(start + share))))
            .collect();
        let mut paths = Vec::with_capacity(count);
        for thread in running {
            paths.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        Ok(paths)
    })
}

fn make_folder(dir: &Path) -> Result<(), SamplesError> {
    fs::create_dir_all(dir).map_err(|source| SamplesError::Write { path: dir.to_owned(), source })
}

fn write_range(dir: &Path, indices: Range<usize>) -> Result<Vec<PathBuf>, SamplesError> {
    let mut pool = Pool::new();
    indices.map(|index| write_one(dir, &Sample::new(index), &mut pool)).collect()
}

fn write_one(dir: &Path, sample: &Sample, pool: &mut Pool) -> Result<PathBuf, SamplesError> {
    let path = dir.join(sample.name());
    let mut bytes = pool.file();
    if let Err(failure) = sample.encode(pool, &mut bytes) {
        return Err(SamplesError::Encode { path, failure });
    }
    let kept = keep(path, &bytes);
    pool.give_bytes(bytes);
    kept
}

/// Writes a file, or keeps it if it is there already.
fn keep(path: PathBuf, bytes: &[u8]) -> Result<PathBuf, SamplesError> {
    use io::ErrorKind::{FileTooLarge, InvalidInput};
    let written = match create(&path, bytes) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            match read_regular(&path, bytes.len() as u64) {
                Ok(existing) => Ok(existing == bytes),
                // Larger, or no file.
                Err(error) if matches!(error.kind(), FileTooLarge | InvalidInput) => Ok(false),
                Err(error) => Err(error),
            }
        }
        created => created.map(|()| true),
    };
    match written {
        Ok(true) => Ok(path),
        Ok(false) => Err(SamplesError::Exists { path }),
        Err(source) => Err(SamplesError::Write { path, source }),
    }
}

/// Writes a new file, whole or not at all.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes).inspect_err(|_| {
        // It is ours and incomplete; that it could not be written is the error to report.
        let _ = fs::remove_file(path);
    })
}

/// Draws one picture on an empty canvas.
type Draw = fn(&mut Drawing, &Palette, &mut Chance);

/// What there is to draw, by kind: the kind's name, and its pictures.
const KINDS: [(&str, &[Draw]); 3] = [
    ("gradient", &[gradients::dunes, gradients::clouds, gradients::sweep]),
    ("shapes", &[shapes::tiles, shapes::scattered, shapes::turned]),
    ("pattern", &[patterns::waves, patterns::cubes, patterns::arcs, patterns::dots]),
];

/// One sample image.
struct Sample {
    index: usize,
    kind: &'static str,
    draw: Draw,
}

impl Sample {
    /// The sample of that number, from 0.
    fn new(index: usize) -> Self {
        let (kind, pictures) = KINDS[index % KINDS.len()];
        Self { index, kind, draw: pictures[index / KINDS.len() % pictures.len()] }
    }

    fn name(&self) -> String {
        let ending = self.format().endings[0];
        format!("{}-{:03}.{ending}", self.kind, self.index + 1)
    }

    /// Figures are PNG, some with a transparent background; the others are JPEG.
    fn format(&self) -> &'static Format {
        if self.kind == "shapes" { &PNG } else { &JPEG }
    }

    fn size(&self) -> (u32, u32) {
        SIZES[self.index % SIZES.len()]
    }

    /// Draws it in any size, px.
    fn draw(&self, (width, height): (u32, u32)) -> Drawing {
        let mut canvas = Drawing::new(width, height);
        // So that neither a size nor a picture always has the same colours.
        let colors = palette(self.index + self.index / KINDS.len());
        (self.draw)(&mut canvas, &colors, &mut Chance::new(self.index as u64));
        canvas
    }

    fn encode(&self, pool: &mut Pool, out: &mut Vec<u8>) -> Result<(), Failure> {
        let picture = self.draw(self.size()).into_picture(pool);
        let document = Document::still(self.format(), picture);
        let encoding = Encoding { quality: Some(QUALITY), ..Encoding::default() };
        encode(&document, &encoding, pool, out)?;
        for frame in document.frames {
            pool.give(frame.picture);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use lote_imaging::formats::{by_ending, decode};
    use lote_imaging::picture::Picture;
    use lote_protocol::task::Limits;

    use super::*;

    fn small(index: usize, size: (u32, u32)) -> Picture {
        Sample::new(index).draw(size).into_picture(&mut Pool::new())
    }

    #[test]
    fn samples_are_readable_images_in_the_format_that_their_names_say() {
        let dir = tempfile::tempdir().unwrap();
        let paths = write(&dir.path().join("new"), 2).unwrap();
        let mut formats = HashSet::new();
        for (index, path) in paths.iter().enumerate() {
            let bytes = fs::read(path).unwrap();
            let document = decode(&bytes, &Limits::default(), &mut Pool::new()).unwrap();
            let ending = path.extension().unwrap().to_str().unwrap();
            assert_eq!(by_ending(ending), Some(document.format));
            let picture = &document.frames[0].picture;
            assert_eq!((picture.width, picture.height), SIZES[index]);
            formats.insert(document.format.id);
        }
        assert_eq!(formats.len(), 2);
        assert_eq!(write(&dir.path().join("new"), 2).unwrap(), paths);
    }

    #[test]
    fn every_sample_is_a_picture_of_its_own_and_the_same_every_time() {
        let all: HashSet<_> = (0..30)
            .map(|index| match small(index, (60, 40)).samples {
                lote_imaging::picture::Samples::U8(samples) => samples,
                lote_imaging::picture::Samples::U16(_) => panic!("16 bits"),
            })
            .collect();
        assert_eq!(all.len(), 30);
        assert!((0..12).all(|index| small(index, (61, 40)) == small(index, (61, 40))));
    }

    #[test]
    fn samples_can_be_drawn_in_any_size() {
        for size in [(1, 1), (1, 50), (50, 1)] {
            for index in 0..12 {
                assert_eq!(small(index, size).width, size.0);
            }
        }
    }

    #[test]
    fn some_samples_have_a_transparent_background_and_some_have_none() {
        let alpha = |index| small(index, (90, 60)).channels.has_alpha();
        assert!((0..6).any(alpha) && !(0..6).all(alpha));
    }

    #[test]
    fn another_file_of_a_samples_name_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(Sample::new(0).name());
        fs::write(&path, "mine").unwrap();
        let error = write(dir.path(), 1).unwrap_err();
        assert!(matches!(error, SamplesError::Exists { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }
}
