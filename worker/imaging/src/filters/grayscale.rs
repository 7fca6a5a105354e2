//! Shades of gray: the result has one colour channel.

use std::ops::Range;

use lote_protocol::filter::{Bilingual, FilterSpec};

use super::kernels::luma;
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// `grises`.
pub static GRAYSCALE: Registered = Registered {
    spec: FilterSpec {
        id: "grises",
        id_en: "grayscale",
        label: Bilingual { es: "Escala de grises", en: "Grayscale" },
        help: Bilingual {
            es: "Quita el color y deja la luminosidad.",
            en: "Takes the colour away and leaves the lightness.",
        },
        params: &[],
        conflicts: &[],
    },
    size: same_size,
    build: |_, _| Ok(Box::new(Grayscale)),
};

#[derive(Debug, Clone, Copy)]
struct Grayscale;

impl Filter for Grayscale {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(gray(source, pool))
    }

    fn is_in_place(&self) -> bool {
        false
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        match &picture.samples {
            Samples::U8(samples) if picture.channels == Channels::Rgb => {
                Some(Box::new(GrayRows { samples, len: picture.row_len() }))
            }
            _ => None,
        }
    }
}

/// The picture without colours.
pub(super) fn gray(source: Source<'_>, pool: &mut Pool) -> Picture {
    let picture = source.picture();
    let channels = match picture.channels {
        Channels::Gray | Channels::GrayAlpha => return source.into_owned(pool),
        Channels::Rgb => Channels::Gray,
        Channels::Rgba => Channels::GrayAlpha,
    };
    let samples = match &picture.samples {
        Samples::U8(samples) => to_gray(samples, picture.channels, channels, pool),
        Samples::U16(samples) => to_gray(samples, picture.channels, channels, pool),
    };
    let gray = Picture { channels, samples, ..*picture };
    source.recycle(pool);
    gray
}

/// An RGB picture as it becomes gray.
struct GrayRows<'a> {
    samples: &'a [u8],
    /// Samples in a row of it.
    len: usize,
}

impl Rows for GrayRows<'_> {
    fn channels(&self) -> Channels {
        Channels::Gray
    }

    fn draw(&mut self, rows: Range<usize>, to: &mut [u8], _pool: &mut Pool) {
        luma::to_gray(&self.samples[rows.start * self.len..rows.end * self.len], Channels::Rgb, to);
    }
}

fn to_gray<T: Sample>(samples: &[T], from: Channels, to: Channels, pool: &mut Pool) -> Samples {
    let mut gray = T::take(pool, samples.len() / from.count() * to.count());
    luma::to_gray(samples, from, &mut gray);
    T::wrap(gray)
}
