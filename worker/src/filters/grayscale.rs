//! Shades of gray: the result has one colour channel.

use lote_protocol::filter::{FilterSpec, Text};

use super::kernels::luma;
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Source};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// `grises`.
pub static GRAYSCALE: Registered = Registered {
    spec: FilterSpec {
        id: "grises",
        id_en: "grayscale",
        label: Text { es: "Escala de grises", en: "Grayscale" },
        help: Text {
            es: "Quita el color y deja la luminosidad.",
            en: "Takes the colour away and leaves the lightness.",
        },
        params: &[],
    },
    build: |_| Box::new(Grayscale),
};

#[derive(Debug, Clone, Copy)]
struct Grayscale;

impl Filter for Grayscale {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let picture = source.picture();
        let channels = match picture.channels {
            Channels::Gray | Channels::GrayAlpha => return Ok(source.into_owned(pool)),
            Channels::Rgb => Channels::Gray,
            Channels::Rgba => Channels::GrayAlpha,
        };
        let samples = match &picture.samples {
            Samples::U8(samples) => to_gray(samples, picture.channels, channels, pool),
            Samples::U16(samples) => to_gray(samples, picture.channels, channels, pool),
        };
        let gray = Picture { channels, samples, ..*picture };
        source.recycle(pool);
        Ok(gray)
    }
}

fn to_gray<T: Sample>(samples: &[T], from: Channels, to: Channels, pool: &mut Pool) -> Samples {
    let mut gray = T::take(pool, samples.len() / from.count() * to.count());
    luma::to_gray(samples, from, &mut gray);
    T::wrap(gray)
}
