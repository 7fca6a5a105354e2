//! Contrast: away from the picture's mean luminance, or towards it.

use lote_protocol::filter::{Bilingual, FilterSpec};

use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::luma;
use super::kernels::point::{Point, PointOp, blend};
use super::kernels::sample::Sample;
use super::place::factor;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// `contraste`.
pub static CONTRAST: Registered = Registered {
    spec: FilterSpec {
        id: "contraste",
        id_en: "contrast",
        label: Bilingual { es: "Contraste", en: "Contrast" },
        help: Bilingual {
            es: "Separa los tonos claros de los oscuros, o los acerca con un factor menor que 1.",
            en: "Sets light and dark apart, or brings them together with a factor below 1.",
        },
        params: &[factor(Bilingual {
            es: "0 da un gris uniforme, 1 no cambia nada, más de 1 aumenta el contraste.",
            en: "0 gives plain gray, 1 changes nothing, above 1 gives more contrast.",
        })],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        let factor = params.float("factor").unwrap_or(1.0) as f32;
        Ok(Box::new(Contrast { factor }))
    },
};

#[derive(Debug)]
struct Contrast {
    factor: f32,
}

#[derive(Clone, Copy)]
struct AwayFrom {
    /// Mean luminance, at the depth of the samples.
    mean: u32,
    factor: f32,
}

impl PointOp for AwayFrom {
    #[inline(always)]
    fn apply<T: Sample>(self, value: T) -> T {
        blend(T::new(self.mean), value, self.factor)
    }
}

impl Draw for Contrast {
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, pool: &mut Pool) {
        let mean = luma::mean(canvas.original(), canvas.channels).get();
        Point(AwayFrom { mean, factor: self.factor }).draw(canvas, pool);
    }
}

impl Filter for Contrast {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, self))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        let Samples::U8(samples) = &picture.samples else { return None };
        let mean = luma::mean(samples, picture.channels).get();
        canvas::by_rows(picture, Point(AwayFrom { mean, factor: self.factor }))
    }
}
