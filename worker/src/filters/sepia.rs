//! Sepia: the brown of old photographs.

use lote_protocol::filter::{FilterSpec, Text};
use multiversion::multiversion;

use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::color;
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Source};
use crate::picture::{Channels, Picture};
use crate::pool::Pool;

/// `sepia`.
pub static SEPIA: Registered = Registered {
    spec: FilterSpec {
        id: "sepia",
        id_en: "sepia",
        label: Text { es: "Sepia", en: "Sepia" },
        help: Text {
            es: "Da el tono marrón de las fotografías antiguas.",
            en: "Gives the brown tone of old photographs.",
        },
        params: &[],
    },
    build: |_| Box::new(Sepia),
};

#[derive(Debug, Clone, Copy)]
struct Sepia;

impl Draw for Sepia {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
        canvas.copy();
        match canvas.channels {
            Channels::Rgb => tone::<T, 3>(canvas.samples),
            Channels::Rgba => tone::<T, 4>(canvas.samples),
            Channels::Gray | Channels::GrayAlpha => {}
        }
    }
}

impl Filter for Sepia {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let source = color::with_color(source, pool);
        Ok(canvas::draw(source, pool, self))
    }
}

/// Weights of red, green and blue in the new red, green and blue.
const WEIGHTS: [[f64; 3]; 3] =
    [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]];

#[multiversion(targets = "simd")]
fn tone<T: Sample, const N: usize>(samples: &mut [T]) {
    for pixel in samples.as_chunks_mut::<N>().0 {
        let [r, g, b] = [0, 1, 2].map(|channel| f64::from(pixel[channel].get()));
        for (sample, weights) in pixel.iter_mut().zip(WEIGHTS) {
            let value = weights[0] * r + weights[1] * g + weights[2] * b;
            *sample = T::new((value as u32).min(T::MAX));
        }
    }
}
