//! Rotate: by any angle, counter-clockwise.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Params, Unit};
use lote_protocol::message::Size;

use super::kernels::affine::{Affine, Turned, rotated_size};
use super::kernels::alpha;
use super::kernels::color::Fill;
use super::kernels::remake;
use super::{Filter, FilterError, Registered, ResultSize, Source};
use crate::metadata::orientation::{self, Orientation};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// `rotar`.
pub static ROTATE: Registered = Registered {
    spec: FilterSpec {
        id: "rotar",
        id_en: "rotate",
        label: Bilingual { es: "Rotar", en: "Rotate" },
        help: Bilingual {
            es: "Gira la imagen en contra de las agujas del reloj; los cuartos de vuelta son exactos.",
            en: "Turns the picture counter-clockwise; quarter turns are exact.",
        },
        params: PARAMS,
        conflicts: &[],
    },
    size: |params, size| {
        let rotate = Rotate::new(params);
        let (width, height) = match rotate.quarters(size.width, size.height) {
            Some(turn) => turn.upright_size(size.width, size.height),
            None if rotate.expand => rotated_size(size.width, size.height, rotate.angle),
            None => (size.width, size.height),
        };
        ResultSize::Exactly(Size { width, height })
    },
    build: |params, _| Ok(Box::new(Rotate::new(params))),
};

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        id: "angulo",
        id_en: "angle",
        label: Bilingual { es: "Ángulo", en: "Angle" },
        help: Bilingual {
            es: "Cuánto gira; negativo, como las agujas del reloj.",
            en: "How far it is turned; negative turns clockwise.",
        },
        unit: Unit::Degrees,
        kind: ParamKind::Float {
            min: -360.0,
            max: 360.0,
            slider_max: 180.0,
            step: 0.1,
            default: Some(90.0),
        },
    },
    ParamSpec {
        id: "fondo",
        id_en: "background",
        label: Bilingual { es: "Fondo", en: "Background" },
        help: Bilingual {
            es: "Color de las esquinas que quedan vacías.",
            en: "Colour of the corners that are left empty.",
        },
        unit: Unit::None,
        kind: ParamKind::Color { default: "#ffffff", transparent: true },
    },
    ParamSpec {
        id: "expandir",
        id_en: "expand",
        label: Bilingual { es: "Expandir", en: "Expand" },
        help: Bilingual {
            es: "El resultado crece hasta contener la imagen entera; si no, conserva su tamaño.",
            en: "The result grows to hold the whole picture; otherwise it keeps its size.",
        },
        unit: Unit::None,
        kind: ParamKind::Bool { default: true },
    },
];

#[derive(Debug)]
struct Rotate {
    /// Degrees, counter-clockwise, 0 to below 360.
    angle: f64,
    fill: Fill,
    expand: bool,
}

impl Rotate {
    fn new(params: &Params<'_>) -> Self {
        let angle = params.float("angulo").unwrap_or_default().rem_euclid(360.0);
        Self {
            // What is just below 0 is rounded to 360.
            angle: if angle < 360.0 { angle } else { 0.0 },
            fill: Fill::of(params, "fondo"),
            expand: params.flag("expandir"),
        }
    }

    /// The turn that moves whole pixels, if it is one.
    fn quarters(&self, width: u32, height: u32) -> Option<Orientation> {
        let quarters = self.angle / 90.0;
        match quarters as u32 {
            _ if quarters.fract() != 0.0 => None,
            0 => Some(Orientation::Upright),
            2 => Some(Orientation::HalfTurn),
            1 if self.expand || width == height => Some(Orientation::ThreeQuarterTurn),
            3 if self.expand || width == height => Some(Orientation::QuarterTurn),
            _ => None,
        }
    }
}

impl Filter for Rotate {
    fn swaps_sides(&self) -> bool {
        [90.0, 270.0].contains(&self.angle)
    }

    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let Picture { width, height, .. } = *source.picture();
        if let Some(turn) = self.quarters(width, height) {
            return Ok(match source {
                Source::Shared(picture) => orientation::turned(picture, turn, pool),
                Source::Owned(picture) => orientation::upright(picture, turn, pool),
            });
        }
        let source = self.fill.make_room(source, pool);
        let affine = Affine::rotation(width, height, self.angle, self.expand);
        let picture = source.picture();
        let even = match &picture.samples {
            Samples::U8(samples) => alpha::is_even(samples, picture.channels),
            Samples::U16(samples) => alpha::is_even(samples, picture.channels),
        };
        let turned = Turned { affine, fill: self.fill };
        if even {
            return Ok(remake::remake(source, pool, &turned));
        }
        Ok(turn_visible(source, &turned, pool))
    }

    fn is_in_place(&self) -> bool {
        false
    }
}

/// A picture with alpha, turned counter-clockwise, with nothing where it is not.
pub(super) fn turned(source: Source<'_>, degrees: f64, pool: &mut Pool) -> Picture {
    let Picture { width, height, .. } = *source.picture();
    let affine = Affine::rotation(width, height, degrees.rem_euclid(360.0), true);
    turn_visible(source, &Turned { affine, fill: Fill(None) }, pool)
}

/// Turns a picture that has transparent pixels: each colour counts as much as it is visible.
fn turn_visible(source: Source<'_>, turned: &Turned, pool: &mut Pool) -> Picture {
    let picture = source.picture();
    let (channels, eight) = (picture.channels, matches!(picture.samples, Samples::U8(_)));
    let mut words = pool.words(picture.samples.len());
    match &picture.samples {
        Samples::U8(samples) => alpha::premultiply(samples, channels, &mut words),
        Samples::U16(samples) => alpha::premultiply(samples, channels, &mut words),
    }
    let words = Picture { samples: Samples::U16(words), ..*picture };
    source.recycle(pool);
    let words = remake::remake(Source::Owned(words), pool, turned);
    let samples = match &words.samples {
        Samples::U16(from) if eight => {
            let mut to = pool.bytes(from.len());
            alpha::unpremultiply(from, channels, &mut to);
            Samples::U8(to)
        }
        Samples::U16(from) => {
            let mut to = pool.words(from.len());
            alpha::unpremultiply(from, channels, &mut to);
            Samples::U16(to)
        }
        Samples::U8(_) => return words,
    };
    let result = Picture { samples, ..words };
    pool.give(words);
    result
}
