//! Saturation: away from gray, or towards it.

use lote_protocol::filter::{FilterSpec, ParamKind, ParamSpec, Text, Unit};
use multiversion::multiversion;

use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::luma::luma;
use super::kernels::point::blend;
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Channels, Picture};
use crate::pool::Pool;

/// `saturacion`.
pub static SATURATION: Registered = Registered {
    spec: FilterSpec {
        id: "saturacion",
        id_en: "saturation",
        label: Text { es: "Saturación", en: "Saturation" },
        help: Text {
            es: "Hace los colores más vivos, o más apagados con un factor menor que 1.",
            en: "Makes the colours stronger, or weaker with a factor below 1.",
        },
        params: &[ParamSpec {
            id: "factor",
            id_en: "factor",
            label: Text { es: "Factor", en: "Factor" },
            help: Text {
                es: "0 deja solo grises, 1 no cambia nada, más de 1 da colores más vivos.",
                en: "0 leaves grays only, 1 changes nothing, above 1 gives stronger colours.",
            },
            unit: Unit::None,
            kind: ParamKind::Float {
                min: 0.0,
                max: 10.0,
                slider_max: 3.0,
                step: 0.05,
                default: Some(1.5),
            },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        Ok(Box::new(Saturation { factor: params.float("factor").unwrap_or(1.0) as f32 }))
    },
};

/// As Pillow's `ImageEnhance.Color`.
#[derive(Debug, Clone, Copy)]
struct Saturation {
    factor: f32,
}

impl Draw for Saturation {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
        canvas.copy();
        match canvas.channels {
            Channels::Rgb => saturate::<T, 3>(canvas.samples, self.factor),
            Channels::Rgba => saturate::<T, 4>(canvas.samples, self.factor),
            Channels::Gray | Channels::GrayAlpha => {}
        }
    }
}

#[multiversion(targets = "simd")]
fn saturate<T: Sample, const N: usize>(samples: &mut [T], factor: f32) {
    for pixel in samples.as_chunks_mut::<N>().0 {
        let gray = T::new(luma(pixel[0], pixel[1], pixel[2]));
        for sample in &mut pixel[..3] {
            *sample = blend(gray, *sample, factor);
        }
    }
}

impl Filter for Saturation {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, self))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, *self)
    }
}
