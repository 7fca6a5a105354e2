//! Crop: a rectangle of the picture.

use lote_protocol::filter::{
    Bilingual, Choice, FilterSpec, Length, ParamKind, ParamSpec, Params, Unit,
};
use lote_protocol::message::Size;

use super::kernels::color::Fill;
use super::kernels::interest::Interest;
use super::kernels::remake::{self, Place as Placed};
use super::place::{PLACES, Place, aspect, height, place, width};
use super::{Filter, FilterError, Registered, ResultSize, Source};
use crate::picture::Picture;
use crate::pool::Pool;

/// `recortar`.
pub static CROP: Registered = Registered {
    spec: FilterSpec {
        id: "recortar",
        id_en: "crop",
        label: Bilingual { es: "Recortar", en: "Crop" },
        help: Bilingual {
            es: "Deja un rectángulo de la imagen: por proporciones, por medidas o por su sitio.",
            en: "Leaves a rectangle of the picture: by proportions, by measures or by its place.",
        },
        params: PARAMS,
        conflicts: &[&["aspecto", "ancho", "alto"], &["gravedad", "x"], &["gravedad", "y"]],
    },
    size: |params, size| {
        let (width, height) = Crop::new(params).size(size.width, size.height);
        ResultSize::Exactly(Size { width, height })
    },
    build: |params, _| Ok(Box::new(Crop::new(params))),
};

const OFFSET: ParamKind = ParamKind::Length { min: 0, max: 65535, max_percent: 100.0, default: "" };

/// The nine places, and where the most interesting part is.
const GRAVITIES: &[Choice] = &{
    let mut all =
        [place("interes", "interest", "Lo más interesante", "What is of most interest"); 10];
    let mut index = 0;
    while index < PLACES.len() {
        all[index] = PLACES[index];
        index += 1;
    }
    all
};

const PARAMS: &[ParamSpec] = &[
    aspect(Bilingual {
        es: "Ancho y alto, como 4:5, en el mayor tamaño posible. Sin nada más, 4:5.",
        en: "Width to height, as 4:5, as large as possible. With nothing else, 4:5.",
    }),
    width(
        100.0,
        Bilingual {
            es: "Ancho del resultado; si no hay tanto, el de la imagen.",
            en: "Width of the result; if there is less, the picture's.",
        },
    ),
    height(
        100.0,
        Bilingual {
            es: "Alto del resultado; si no hay tanto, el de la imagen.",
            en: "Height of the result; if there is less, the picture's.",
        },
    ),
    ParamSpec {
        id: "gravedad",
        id_en: "gravity",
        label: Bilingual { es: "Gravedad", en: "Gravity" },
        help: Bilingual {
            es: "Qué parte de la imagen queda; interes busca detalle, piel y color.",
            en: "Which part of the picture stays; interest looks for detail, skin and colour.",
        },
        unit: Unit::None,
        kind: ParamKind::Choice { options: GRAVITIES, default: "centro" },
    },
    ParamSpec {
        id: "x",
        id_en: "x",
        label: Bilingual { es: "X", en: "X" },
        help: Bilingual {
            es: "Columnas que se quitan a la izquierda; con x o y no hay gravedad.",
            en: "Columns that are cut off at the left; with x or y there is no gravity.",
        },
        unit: Unit::Px,
        kind: OFFSET,
    },
    ParamSpec {
        id: "y",
        id_en: "y",
        label: Bilingual { es: "Y", en: "Y" },
        help: Bilingual {
            es: "Filas que se quitan arriba; con x o y no hay gravedad.",
            en: "Rows that are cut off at the top; with x or y there is no gravity.",
        },
        unit: Unit::Px,
        kind: OFFSET,
    },
];

#[derive(Debug, Clone)]
struct Crop {
    ratio: Option<f64>,
    sides: (Option<Length>, Option<Length>),
    at: At,
}

/// Where the rectangle is.
#[derive(Debug, Clone)]
enum At {
    Place(Place),
    /// Its upper left corner.
    Corner(Length, Length),
    /// Where the most interesting part is.
    Interest,
}

impl Crop {
    fn new(params: &Params<'_>) -> Self {
        let at = match (params.length("x"), params.length("y")) {
            (None, None) if params.text("gravedad") == "interes" => At::Interest,
            (None, None) => At::Place(Place::named(params.text("gravedad"))),
            (x, y) => At::Corner(x.unwrap_or(Length::Px(0)), y.unwrap_or(Length::Px(0))),
        };
        let sides = (params.length("ancho"), params.length("alto"));
        Self { ratio: params.ratio("aspecto"), sides, at }
    }

    /// The rectangle's upper left corner, if it was given.
    fn corner(&self, width: u32, height: u32) -> (u32, u32) {
        match self.at {
            // At least one column and one row are left.
            At::Corner(x, y) => {
                (x.whole_px(width).min(width - 1), y.whole_px(height).min(height - 1))
            }
            At::Place(_) | At::Interest => (0, 0),
        }
    }

    /// Columns and rows of the rectangle on a picture of that size, px.
    fn size(&self, width: u32, height: u32) -> (u32, u32) {
        let (left, top) = self.corner(width, height);
        let room = (width - left, height - top);
        let given = (
            self.sides.0.map(|length| length.whole_px(width).clamp(1, room.0)),
            self.sides.1.map(|length| length.whole_px(height).clamp(1, room.1)),
        );
        let nothing_else = given == (None, None) && !matches!(self.at, At::Corner(..));
        let ratio = self.ratio.or_else(|| nothing_else.then_some(4.0 / 5.0));
        let Some(ratio) = ratio else {
            return (given.0.unwrap_or(room.0), given.1.unwrap_or(room.1));
        };
        // The largest of those proportions within what is given or there.
        let (w, h) = (given.0.unwrap_or(room.0), given.1.unwrap_or(room.1));
        let side = |length: f64, most: u32| (length.round() as u32).clamp(1, most);
        if f64::from(w) > f64::from(h) * ratio {
            (side(f64::from(h) * ratio, w), h)
        } else {
            (w, side(f64::from(w) / ratio, h))
        }
    }

    /// The rectangle's upper left corner on all of these pictures, px.
    fn find(&self, frames: &[&Picture]) -> (u32, u32) {
        let Some(Picture { width, height, .. }) = frames.first() else { return (0, 0) };
        let (to_width, to_height) = self.size(*width, *height);
        let free = (width - to_width, height - to_height);
        match self.at {
            At::Place(place) => place.share(free),
            At::Corner(..) => self.corner(*width, *height),
            At::Interest => Interest::of(frames).corner((to_width, to_height)),
        }
    }
}

impl Filter for Crop {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let picture = source.picture();
        let size = self.size(picture.width, picture.height);
        if size == (picture.width, picture.height) {
            return Ok(source.into_owned(pool));
        }
        let corner = self.find(&[picture]);
        Ok(cut(source, corner, size, pool))
    }

    fn decide(&self, frames: &[&Picture]) -> Option<Box<dyn Filter>> {
        let At::Interest = self.at else { return None };
        let (x, y) = self.find(frames);
        let first = frames.first()?;
        let (width, height) = self.size(first.width, first.height);
        let px = |length: u32| Length::Px(i64::from(length));
        let sides = (Some(px(width)), Some(px(height)));
        Some(Box::new(Self { ratio: None, sides, at: At::Corner(px(x), px(y)) }))
    }

    fn is_in_place(&self) -> bool {
        false
    }
}

/// The rectangle of that size whose upper left corner is at `left`, `top`, px; it lies within.
pub(super) fn cut(
    source: Source<'_>,
    (left, top): (u32, u32),
    size: (u32, u32),
    pool: &mut Pool,
) -> Picture {
    let corner = (-i64::from(left), -i64::from(top));
    remake::remake(source, pool, &Placed { size, corner, fill: Fill(None) })
}
