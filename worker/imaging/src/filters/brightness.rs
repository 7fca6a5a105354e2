//! Brightness: every sample times a factor.

use lote_protocol::filter::{FilterSpec, ParamKind, ParamSpec, Text, Unit};

use super::kernels::canvas;
use super::kernels::point::{Point, PointOp, blend};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `brillo`.
pub static BRIGHTNESS: Registered = Registered {
    spec: FilterSpec {
        id: "brillo",
        id_en: "brightness",
        label: Text { es: "Brillo", en: "Brightness" },
        help: Text {
            es: "Aclara la imagen, o la oscurece con un factor menor que 1.",
            en: "Makes the picture lighter, or darker with a factor below 1.",
        },
        params: &[ParamSpec {
            id: "factor",
            id_en: "factor",
            label: Text { es: "Factor", en: "Factor" },
            help: Text {
                es: "0 da negro, 1 no cambia nada, más de 1 aclara.",
                en: "0 gives black, 1 changes nothing, above 1 lightens.",
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
        let factor = params.float("factor").unwrap_or(1.0) as f32;
        Ok(Box::new(Brightness { factor }))
    },
};

#[derive(Debug, Clone, Copy)]
struct Brightness {
    factor: f32,
}

impl PointOp for Brightness {
    #[inline(always)]
    fn apply<T: Sample>(self, value: T) -> T {
        blend(T::new(0), value, self.factor)
    }
}

impl Filter for Brightness {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, &Point(*self)))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, Point(*self))
    }
}
