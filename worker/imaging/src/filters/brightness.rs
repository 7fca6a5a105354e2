//! Brightness: every sample times a factor.

use lote_protocol::filter::{Bilingual, FilterSpec};

use super::kernels::canvas;
use super::kernels::point::{Point, PointOp, blend};
use super::kernels::sample::Sample;
use super::place::factor;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `brillo`.
pub static BRIGHTNESS: Registered = Registered {
    spec: FilterSpec {
        id: "brillo",
        id_en: "brightness",
        label: Bilingual { es: "Brillo", en: "Brightness" },
        help: Bilingual {
            es: "Aclara la imagen, o la oscurece con un factor menor que 1.",
            en: "Makes the picture lighter, or darker with a factor below 1.",
        },
        params: &[factor(Bilingual {
            es: "0 da negro, 1 no cambia nada, más de 1 aclara.",
            en: "0 gives black, 1 changes nothing, above 1 lightens.",
        })],
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
