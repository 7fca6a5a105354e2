//! Median: each pixel becomes the middle one of those around it, so that specks go and edges stay.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::kernels::median::Median as Work;
use super::kernels::remake;
use super::{Filter, FilterError, Registered, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `mediana`.
pub static MEDIAN: Registered = Registered {
    spec: FilterSpec {
        id: "mediana",
        id_en: "median",
        label: Bilingual { es: "Mediana", en: "Median" },
        help: Bilingual {
            es: "Quita motas y grano sin desenfocar los contornos.",
            en: "Takes away specks and grain without blurring outlines.",
        },
        params: &[ParamSpec {
            id: "radio",
            id_en: "radius",
            label: Bilingual { es: "Radio", en: "Radius" },
            help: Bilingual {
                es: "Hasta dónde se mira: 1 es un cuadrado de 3x3.",
                en: "How far it looks: 1 is a square of 3x3.",
            },
            unit: Unit::Px,
            kind: ParamKind::Integer { min: 1, max: 50, default: Some(1) },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        Ok(Box::new(Median { radius: params.integer("radio").unwrap_or(1).max(1) as usize }))
    },
};

/// As Pillow's `ImageFilter.MedianFilter`.
#[derive(Debug)]
struct Median {
    /// px.
    radius: usize,
}

impl Filter for Median {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let Picture { width, height, .. } = *source.picture();
        let work = Work { size: (width, height), radius: self.radius };
        Ok(remake::remake(source, pool, &work))
    }

    fn is_in_place(&self) -> bool {
        false
    }
}
