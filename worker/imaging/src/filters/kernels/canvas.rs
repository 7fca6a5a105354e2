//! Filters whose result has the size and the channels of their source: in place on a picture that
//! nobody else needs, or else in one pass into a buffer of the pool, or a few rows at a time.

use std::ops::Range;

use super::sample::Sample;
use crate::filters::{Rows, Source};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Samples that are worked on at a time, so that they stay in the first-level cache: whole pixels.
const PIECE: usize = 12 << 9;

/// Where such a filter works.
pub(crate) struct Canvas<'a, T> {
    /// Columns, px.
    pub(crate) width: usize,
    /// Rows, px.
    pub(crate) height: usize,
    /// What a pixel consists of.
    pub(crate) channels: Channels,
    /// The row of the picture that is the first in `samples`.
    pub(crate) top: usize,
    /// Where rows of the result go: all of them, or some if `source` is given. Without `source` it
    /// holds the picture to begin with.
    pub(crate) samples: &'a mut [T],
    /// The whole picture, if it is elsewhere.
    pub(crate) source: Option<&'a [T]>,
}

impl<'a, T: Sample> Canvas<'a, T> {
    /// Samples in one row.
    pub(crate) fn row_len(&self) -> usize {
        self.width * self.channels.count()
    }

    /// The picture as it is now: its source, or what is in place.
    pub(crate) fn original(&self) -> &[T] {
        self.source.unwrap_or(self.samples)
    }

    /// The rows of the source that are to become `samples`, if it is elsewhere.
    pub(crate) fn source_rows(&self) -> Option<&'a [T]> {
        let start = self.top * self.row_len();
        self.source.map(|source| &source[start..start + self.samples.len()])
    }

    /// Has `work` make the samples from those of the picture, a piece of whole pixels at a time.
    pub(crate) fn in_pieces(self, mut work: impl FnMut(&[T], &mut [T])) {
        if let Some(source) = self.source_rows() {
            source
                .chunks(PIECE)
                .zip(self.samples.chunks_mut(PIECE))
                .for_each(|(from, to)| work(from, to));
            return;
        }
        let mut original = [T::default(); PIECE];
        for piece in self.samples.chunks_mut(PIECE) {
            let original = &mut original[..piece.len()];
            original.copy_from_slice(piece);
            work(original, piece);
        }
    }

    /// Copies the source into place where it is elsewhere.
    pub(crate) fn copy(&mut self) {
        if let Some(source) = self.source_rows() {
            self.samples.copy_from_slice(source);
        }
    }
}

/// What such a filter does, for 8 and 16 bits.
pub(crate) trait Draw {
    /// Does it.
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, pool: &mut Pool);
}

/// The picture in a buffer of its own.
pub(crate) fn copy(source: Source<'_>, pool: &mut Pool) -> Picture {
    struct Copy;
    impl Draw for Copy {
        fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
            canvas.copy();
        }
    }
    draw(source, pool, &Copy)
}

/// Applies it.
pub(crate) fn draw(source: Source<'_>, pool: &mut Pool, work: &impl Draw) -> Picture {
    match source {
        Source::Owned(mut picture) => {
            let Picture { width, height, channels, ref mut samples } = picture;
            match samples {
                Samples::U8(samples) => {
                    work.draw(canvas(width, height, channels, samples, None), pool);
                }
                Samples::U16(samples) => {
                    work.draw(canvas(width, height, channels, samples, None), pool);
                }
            }
            picture
        }
        Source::Shared(picture) => {
            let samples = match &picture.samples {
                Samples::U8(samples) => draw_copy(picture, samples, pool, work),
                Samples::U16(samples) => draw_copy(picture, samples, pool, work),
            };
            Picture { samples, ..*picture }
        }
    }
}

fn draw_copy<T: Sample>(
    &Picture { width, height, channels, .. }: &Picture,
    source: &[T],
    pool: &mut Pool,
    work: &impl Draw,
) -> Samples {
    let mut buffer = T::take(pool, source.len());
    work.draw(canvas(width, height, channels, &mut buffer, Some(source)), pool);
    T::wrap(buffer)
}

fn canvas<'a, T>(
    width: u32,
    height: u32,
    channels: Channels,
    samples: &'a mut [T],
    source: Option<&'a [T]>,
) -> Canvas<'a, T> {
    let (width, height) = (width as usize, height as usize);
    Canvas { width, height, channels, top: 0, samples, source }
}

/// Such work a few rows at a time, on pictures with 8 bits a sample and without alpha.
pub(crate) fn by_rows<'a, W: Draw + 'a>(
    picture: &'a Picture,
    work: W,
) -> Option<Box<dyn Rows + 'a>> {
    match &picture.samples {
        Samples::U8(source) if !picture.channels.has_alpha() => {
            Some(Box::new(Drawn { picture, source, work }))
        }
        _ => None,
    }
}

struct Drawn<'a, W> {
    picture: &'a Picture,
    source: &'a [u8],
    work: W,
}

impl<W: Draw> Rows for Drawn<'_, W> {
    fn channels(&self) -> Channels {
        self.picture.channels
    }

    fn draw(&mut self, rows: Range<usize>, to: &mut [u8], pool: &mut Pool) {
        let Picture { width, height, channels, .. } = *self.picture;
        let canvas = canvas(width, height, channels, to, Some(self.source));
        self.work.draw(Canvas { top: rows.start, ..canvas }, pool);
    }
}
