//! Canvas: the picture on a background of other proportions or another size.

use lote_protocol::filter::{
    Bilingual, FilterSpec, Length, ParamKind, ParamSpec, Params, TRANSPARENT, Unit,
};
use lote_protocol::message::Size;

use super::kernels::color::Fill;
use super::kernels::lanczos::Kernel;
use super::kernels::remake::{self, Place as Placed};
use super::kernels::size::Plan;
use super::place::{PLACES, Place, aspect, height, width};
use super::{Filter, FilterError, Registered, ResultSize, Source, resize};
use crate::picture::Picture;
use crate::pool::Pool;

/// `lienzo`.
pub static PAD: Registered = Registered {
    spec: FilterSpec {
        id: "lienzo",
        id_en: "pad",
        label: Bilingual { es: "Lienzo", en: "Pad" },
        help: Bilingual {
            es: "Pone la imagen entera sobre un fondo de otras proporciones o de otro tamaño.",
            en: "Puts the whole picture on a background of other proportions or another size.",
        },
        params: PARAMS,
        conflicts: &[&["aspecto", "ancho", "alto"]],
    },
    size: |params, size| {
        let (width, height) = Pad::new(params).canvas(size.width, size.height);
        ResultSize::Exactly(Size { width, height })
    },
    build: |params, _| Ok(Box::new(Pad::new(params))),
};

const PARAMS: &[ParamSpec] = &[
    aspect(Bilingual {
        es: "Ancho y alto, como 4:5; solo, el fondo crece hasta tenerlas. Sin nada más, 1:1.",
        en: "Width to height, as 4:5; alone, the background grows to them. With nothing else, 1:1.",
    }),
    width(
        1000.0,
        Bilingual {
            es: "Ancho del fondo; la imagen se reduce o amplía hasta caber en él.",
            en: "Width of the background; the picture is scaled to fit into it.",
        },
    ),
    height(
        1000.0,
        Bilingual {
            es: "Alto del fondo; la imagen se reduce o amplía hasta caber en él.",
            en: "Height of the background; the picture is scaled to fit into it.",
        },
    ),
    ParamSpec {
        id: "color",
        id_en: "colour",
        label: Bilingual { es: "Color", en: "Colour" },
        help: Bilingual { es: "Color del fondo.", en: "Colour of the background." },
        unit: Unit::None,
        kind: ParamKind::Color { default: "#ffffff", transparent: true },
    },
    ParamSpec {
        id: "posicion",
        id_en: "position",
        label: Bilingual { es: "Posición", en: "Position" },
        help: Bilingual {
            es: "En qué parte del fondo está la imagen.",
            en: "Where on the background the picture is.",
        },
        unit: Unit::None,
        kind: ParamKind::Choice { options: PLACES, default: "centro" },
    },
];

#[derive(Debug)]
struct Pad {
    ratio: Option<f64>,
    sides: (Option<Length>, Option<Length>),
    fill: Fill,
    place: Place,
}

impl Pad {
    fn new(params: &Params<'_>) -> Self {
        Self {
            ratio: params.ratio("aspecto"),
            sides: (params.length("ancho"), params.length("alto")),
            fill: Fill::of(params, "color"),
            place: Place::named(params.text("posicion")),
        }
    }

    /// Columns and rows of the background for a picture of that size, px.
    fn canvas(&self, width: u32, height: u32) -> (u32, u32) {
        let side = |length: f64| (length.round() as u32).max(1);
        let (w, h) = (f64::from(width), f64::from(height));
        let given = (
            self.sides.0.map(|length| length.whole_px(width).max(1)),
            self.sides.1.map(|length| length.whole_px(height).max(1)),
        );
        match (given, self.ratio) {
            ((Some(to_width), Some(to_height)), _) => (to_width, to_height),
            ((Some(to_width), None), Some(ratio)) => (to_width, side(f64::from(to_width) / ratio)),
            ((None, Some(to_height)), Some(ratio)) => {
                (side(f64::from(to_height) * ratio), to_height)
            }
            ((Some(to_width), None), None) => (to_width, height),
            ((None, Some(to_height)), None) => (width, to_height),
            ((None, None), ratio) => {
                let ratio = ratio.unwrap_or(1.0);
                if w < h * ratio { (side(h * ratio), height) } else { (width, side(w / ratio)) }
            }
        }
    }

    /// The size of the picture on it, as Pillow's `ImageOps.contain` finds it.
    fn contained(from: (u32, u32), to: (u32, u32)) -> (u32, u32) {
        let (w, h) = (f64::from(from.0), f64::from(from.1));
        let (from_ratio, to_ratio) = (w / h, f64::from(to.0) / f64::from(to.1));
        let side = |length: f64| (length.round_ties_even() as u32).max(1);
        if from_ratio > to_ratio {
            (to.0, side(h / w * f64::from(to.0)).min(to.1))
        } else if from_ratio < to_ratio {
            (side(w / h * f64::from(to.1)).min(to.0), to.1)
        } else {
            to
        }
    }
}

impl Filter for Pad {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let Picture { width, height, .. } = *source.picture();
        let canvas = self.canvas(width, height);
        let (to_width, to_height) = Self::contained((width, height), canvas);
        let plan = Plan { width: to_width, height: to_height, ..Plan::unchanged(width, height) };
        let source = if (to_width, to_height) == (width, height) {
            source
        } else {
            Source::Owned(resize::resampled(source, &plan, Kernel::Bicubic, pool))
        };
        if canvas == (to_width, to_height) {
            return Ok(source.into_owned(pool));
        }
        let source = self.fill.make_room(source, pool);
        let (left, top) = self.place.share((canvas.0 - to_width, canvas.1 - to_height));
        let corner = (i64::from(left), i64::from(top));
        Ok(remake::remake(source, pool, &Placed { size: canvas, corner, fill: self.fill }))
    }

    fn is_in_place(&self) -> bool {
        false
    }
}

impl Fill {
    /// The colour of that parameter, or nothing if it is `transparente`.
    pub(super) fn of(params: &Params<'_>, id: &str) -> Self {
        debug_assert!(params.color(id).is_some() || params.text(id) == TRANSPARENT);
        Self(params.color(id))
    }
}
