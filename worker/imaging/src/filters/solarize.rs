//! Solarize: light tones are inverted.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::kernels::canvas;
use super::kernels::point::{Point, PointOp};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `solarizar`.
pub static SOLARIZE: Registered = Registered {
    spec: FilterSpec {
        id: "solarizar",
        id_en: "solarize",
        label: Bilingual { es: "Solarizar", en: "Solarize" },
        help: Bilingual {
            es: "Invierte los tonos claros, como una película velada.",
            en: "Inverts the light tones, like film that saw light while it was developed.",
        },
        params: &[ParamSpec {
            id: "umbral",
            id_en: "threshold",
            label: Bilingual { es: "Umbral", en: "Threshold" },
            help: Bilingual {
                es: "Desde este tono se invierten.",
                en: "From this tone on they are inverted.",
            },
            unit: Unit::None,
            kind: ParamKind::Integer { min: 0, max: 255, default: Some(128) },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        Ok(Box::new(Solarize { threshold: params.integer("umbral").unwrap_or_default() as u32 }))
    },
};

/// As Pillow's `ImageOps.solarize`.
#[derive(Debug, Clone, Copy)]
struct Solarize {
    /// 0..=255.
    threshold: u32,
}

impl PointOp for Solarize {
    #[inline(always)]
    fn apply<T: Sample>(self, value: T) -> T {
        let value = value.get();
        T::new(if value < self.threshold * (T::MAX / 255) { value } else { T::MAX - value })
    }
}

impl Filter for Solarize {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, &Point(*self)))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, Point(*self))
    }
}
