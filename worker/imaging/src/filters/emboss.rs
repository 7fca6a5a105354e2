//! Emboss: a relief lit from the side, on medium gray.

use lote_protocol::filter::{Bilingual, FilterSpec};

use super::kernels::canvas;
use super::kernels::convolve::{Convolve, NeighborOp, Neighbors};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `relieve`.
pub static EMBOSS: Registered = Registered {
    spec: FilterSpec {
        id: "relieve",
        id_en: "emboss",
        label: Bilingual { es: "Relieve", en: "Emboss" },
        help: Bilingual {
            es: "Da a la imagen el aspecto de un relieve gris.",
            en: "Makes the picture look like a gray relief.",
        },
        params: &[],
        conflicts: &[],
    },
    size: same_size,
    build: |_, _| Ok(Box::new(Emboss)),
};

/// Pillow's `EMBOSS`: the difference to the neighbour at the lower left, added to medium gray.
/// (Pillow lists its kernels' rows from the bottom up.)
#[derive(Debug, Clone, Copy)]
struct Emboss;

impl NeighborOp for Emboss {
    #[inline(always)]
    fn apply<T: Sample>(self, &[_, _, _, _, center, _, lower_left, _, _]: &Neighbors<T>) -> T {
        T::saturate(center - lower_left + T::MIDDLE)
    }
}

impl Filter for Emboss {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, &Convolve(*self)))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, Convolve(*self))
    }
}
