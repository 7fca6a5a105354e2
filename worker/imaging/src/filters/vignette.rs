//! Vignette: darker towards the corners.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};
use multiversion::multiversion;

use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Channels, Picture};
use crate::pool::Pool;

/// `vineta`.
pub static VIGNETTE: Registered = Registered {
    spec: FilterSpec {
        id: "vineta",
        id_en: "vignette",
        label: Bilingual { es: "Viñeta", en: "Vignette" },
        help: Bilingual {
            es: "Oscurece la imagen hacia las esquinas, como un objetivo antiguo.",
            en: "Darkens the picture towards its corners, as an old lens does.",
        },
        params: &[ParamSpec {
            id: "fuerza",
            id_en: "strength",
            label: Bilingual { es: "Fuerza", en: "Strength" },
            help: Bilingual {
                es: "Cuánta luz falta en las esquinas: 0 nada, 1 toda.",
                en: "How much light is missing in the corners: 0 none, 1 all.",
            },
            unit: Unit::None,
            kind: ParamKind::float(0.0, 1.0, 0.05, 0.5),
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        Ok(Box::new(Vignette { strength: params.float("fuerza").unwrap_or_default() as f32 }))
    },
};

/// The fall of light of a simple lens, with the fourth power of the cosine of the angle, which is
/// 45 degrees in the corners; `strength` of it.
#[derive(Debug, Clone, Copy)]
struct Vignette {
    /// 0..=1.
    strength: f32,
}

impl Draw for Vignette {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
        canvas.copy();
        let (w, h) = (canvas.width as f32, canvas.height as f32);
        // Squares of distances from the middle, of which those of a corner add up to 1.
        let half_diagonal = (w * w + h * h) / 4.0;
        let square = |at: usize, length: f32| {
            let offset = at as f32 + 0.5 - length / 2.0;
            offset * offset / half_diagonal
        };
        let columns: Vec<_> = (0..canvas.width).map(|x| square(x, w)).collect();
        let mut lights = vec![1.0; canvas.row_len()];
        let (channels, len) = (canvas.channels, canvas.row_len());
        for (y, row) in (canvas.top..).zip(canvas.samples.chunks_exact_mut(len)) {
            let down = square(y, h);
            match channels {
                Channels::Gray => light::<1, 1>(&mut lights, &columns, down, self.strength),
                Channels::GrayAlpha => light::<2, 1>(&mut lights, &columns, down, self.strength),
                Channels::Rgb => light::<3, 3>(&mut lights, &columns, down, self.strength),
                Channels::Rgba => light::<4, 3>(&mut lights, &columns, down, self.strength),
            }
            darken(row, &lights);
        }
    }
}

/// The light of the samples of a row, `N` a pixel, of which the first `C` are darkened.
#[multiversion(targets = "simd")]
fn light<const N: usize, const C: usize>(
    lights: &mut [f32],
    columns: &[f32],
    down: f32,
    strength: f32,
) {
    for (lights, across) in lights.as_chunks_mut::<N>().0.iter_mut().zip(columns) {
        // (1 + r^2)^-2 is the fourth power of the cosine; at r = 1 it has fallen by 3/4.
        let cosine = 1.0 / (1.0 + across + down);
        lights[..C].fill(1.0 - strength * (1.0 - cosine * cosine) / 0.75);
    }
}

#[multiversion(targets = "simd")]
fn darken<T: Sample>(row: &mut [T], lights: &[f32]) {
    for (sample, light) in row.iter_mut().zip(lights) {
        *sample = T::from_f32(sample.get() as i32 as f32 * light + 0.5);
    }
}

impl Filter for Vignette {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, self))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, *self)
    }
}
