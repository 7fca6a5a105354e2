//! Hue: all colours turn on the colour wheel.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::kernels::canvas;
use super::kernels::curves::{ColorOp, Colors};
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `tono`.
pub static HUE: Registered = Registered {
    spec: FilterSpec {
        id: "tono",
        id_en: "hue",
        label: Bilingual { es: "Tono", en: "Hue" },
        help: Bilingual {
            es: "Gira todos los colores en el círculo cromático.",
            en: "Turns all colours on the colour wheel.",
        },
        params: &[ParamSpec {
            id: "grados",
            id_en: "degrees",
            label: Bilingual { es: "Grados", en: "Degrees" },
            help: Bilingual {
                es: "De 120 en 120, el rojo pasa a verde y este a azul.",
                en: "By 120, red becomes green, and green blue.",
            },
            unit: Unit::Degrees,
            kind: ParamKind::Float {
                min: -360.0,
                max: 360.0,
                slider_max: 180.0,
                step: 1.0,
                default: Some(90.0),
            },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        let degrees = params.float("grados").unwrap_or_default();
        Ok(Box::new(Hue { sixths: (degrees / 60.0).rem_euclid(6.0) as f32 }))
    },
};

/// A turn in the HSV model (A. R. Smith, "Color Gamut Transform Pairs", 1978): value and saturation
/// stay.
#[derive(Debug, Clone, Copy)]
struct Hue {
    /// Sixths of a full turn, 0..6.
    sixths: f32,
}

impl ColorOp for Hue {
    #[inline(always)]
    fn apply(self, [r, g, b]: [f32; 3]) -> [f32; 3] {
        let (max, min) = (r.max(g).max(b), r.min(g).min(b));
        let chroma = max - min;
        let divisor = if chroma > 0.0 { chroma } else { 1.0 };
        let hue = if r >= max {
            (g - b) / divisor
        } else if g >= max {
            (b - r) / divisor + 2.0
        } else {
            (r - g) / divisor + 4.0
        };
        let hue = hue + self.sixths + 6.0;
        let at = |offset: f32| {
            let place = hue + offset;
            let place = place - 6.0 * (place / 6.0).floor();
            max - chroma * place.min(4.0 - place).clamp(0.0, 1.0)
        };
        [at(5.0), at(3.0), at(1.0)]
    }
}

impl Filter for Hue {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, &Colors(*self)))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, Colors(*self))
    }
}
