//! Edges: how much each pixel differs from its neighbours.

use lote_protocol::filter::{Bilingual, FilterSpec};

use super::kernels::canvas;
use super::kernels::convolve::{Convolve, NeighborOp, Neighbors};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `bordes`.
pub static EDGES: Registered = Registered {
    spec: FilterSpec {
        id: "bordes",
        id_en: "edges",
        label: Bilingual { es: "Detectar bordes", en: "Find edges" },
        help: Bilingual {
            es: "Deja solo los contornos, claros sobre negro.",
            en: "Leaves the outlines only, light on black.",
        },
        params: &[],
        conflicts: &[],
    },
    size: same_size,
    build: |_, _| Ok(Box::new(Edges)),
};

/// Pillow's `FIND_EDGES`: 8 in the middle, -1 around it.
#[derive(Debug, Clone, Copy)]
struct Edges;

impl NeighborOp for Edges {
    #[inline(always)]
    fn apply<T: Sample>(self, &[a, b, c, d, e, f, g, h, i]: &Neighbors<T>) -> T {
        T::saturate(e * 8.into() - (a + b + c + d + f + g + h + i))
    }
}

impl Filter for Edges {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, &Convolve(*self)))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, Convolve(*self))
    }
}
