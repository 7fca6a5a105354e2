//! Temperature: corrects for the colour of the light.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::kernels::canvas;
use super::kernels::color;
use super::kernels::light::{Correction, NEUTRAL_KELVIN};
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Channels, Picture};
use crate::pool::Pool;

/// `temperatura`.
pub static TEMPERATURE: Registered = Registered {
    spec: FilterSpec {
        id: "temperatura",
        id_en: "temperature",
        label: Bilingual { es: "Temperatura", en: "Temperature" },
        help: Bilingual {
            es: "Corrige el color de la luz, para que lo gris sea gris.",
            en: "Corrects for the colour of the light, so that what is gray is gray.",
        },
        params: PARAMS,
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        let kelvin = params.float("kelvin").unwrap_or(NEUTRAL_KELVIN);
        let tint = params.float("tinte").unwrap_or_default();
        Ok(Box::new(Temperature(Correction::new(kelvin, tint))))
    },
};

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        id: "kelvin",
        id_en: "kelvin",
        label: Bilingual { es: "Luz", en: "Light" },
        help: Bilingual {
            es: "Temperatura de la luz que había: 2850 una bombilla, 6500 no cambia nada, más en la sombra.",
            en: "Temperature of the light that there was: 2850 a bulb, 6500 changes nothing, more in shade.",
        },
        unit: Unit::Kelvin,
        kind: ParamKind::Float {
            min: 1000.0,
            max: 25_000.0,
            slider_max: 12_000.0,
            step: 50.0,
            default: Some(NEUTRAL_KELVIN),
        },
    },
    ParamSpec {
        id: "tinte",
        id_en: "tint",
        label: Bilingual { es: "Tinte", en: "Tint" },
        help: Bilingual {
            es: "Más de 0 quita verde, como el de los fluorescentes; menos de 0, magenta.",
            en: "Above 0 takes away green, as of fluorescent lamps; below 0, magenta.",
        },
        unit: Unit::None,
        kind: ParamKind::float(-150.0, 150.0, 1.0, 0.0),
    },
];

#[derive(Debug)]
struct Temperature(Correction);

impl Filter for Temperature {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        if self.0.changes_nothing() {
            return Ok(source.into_owned(pool));
        }
        let source = color::with_color(source, pool);
        Ok(canvas::draw(source, pool, &self.0))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        (picture.channels == Channels::Rgb)
            .then(|| canvas::by_rows(picture, self.0.clone()))
            .flatten()
    }
}
