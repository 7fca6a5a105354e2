//! Sharpness: away from a smoothed copy of the picture, or towards it.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::kernels::canvas;
use super::kernels::convolve::{Convolve, NeighborOp, Neighbors};
use super::kernels::point::blend;
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `nitidez`.
pub static SHARPEN: Registered = Registered {
    spec: FilterSpec {
        id: "nitidez",
        id_en: "sharpen",
        label: Bilingual { es: "Nitidez", en: "Sharpen" },
        help: Bilingual {
            es: "Realza los detalles, o los suaviza con un factor menor que 1.",
            en: "Brings out details, or softens them with a factor below 1.",
        },
        params: &[ParamSpec {
            id: "factor",
            id_en: "factor",
            label: Bilingual { es: "Factor", en: "Factor" },
            help: Bilingual {
                es: "0 suaviza, 1 no cambia nada, más de 1 da más nitidez.",
                en: "0 softens, 1 changes nothing, above 1 sharpens.",
            },
            unit: Unit::None,
            kind: ParamKind::Float {
                min: 0.0,
                max: 20.0,
                slider_max: 5.0,
                step: 0.1,
                default: Some(2.0),
            },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        let factor = params.float("factor").unwrap_or(1.0) as f32;
        Ok(Box::new(Sharpen { factor }))
    },
};

#[derive(Debug, Clone, Copy)]
struct Sharpen {
    factor: f32,
}

impl NeighborOp for Sharpen {
    #[inline(always)]
    fn apply<T: Sample>(self, &[a, b, c, d, e, f, g, h, i]: &Neighbors<T>) -> T {
        let sum = a + b + c + d + e * 5.into() + f + g + h + i;
        blend(T::thirteenth(sum), T::saturate(e), self.factor)
    }
}

impl Filter for Sharpen {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, &Convolve(*self)))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, Convolve(*self))
    }
}
