//! Negative: white becomes black, each colour its opposite.

use lote_protocol::filter::{Bilingual, FilterSpec};

use super::kernels::canvas;
use super::kernels::point::{Point, PointOp};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `invertir`.
pub static INVERT: Registered = Registered {
    spec: FilterSpec {
        id: "invertir",
        id_en: "invert",
        label: Bilingual { es: "Invertir colores", en: "Invert colours" },
        help: Bilingual {
            es: "Convierte la imagen en su negativo.",
            en: "Turns the picture into its negative.",
        },
        params: &[],
        conflicts: &[],
    },
    size: same_size,
    build: |_, _| Ok(Box::new(Invert)),
};

#[derive(Debug, Clone, Copy)]
struct Invert;

impl PointOp for Invert {
    #[inline(always)]
    fn apply<T: Sample>(self, value: T) -> T {
        T::new(T::MAX - value.get())
    }
}

impl Filter for Invert {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, &Point(*self)))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, Point(*self))
    }
}
