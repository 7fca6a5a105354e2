//! Watermark: a line of text over the picture.

use ab_glyph::FontRef;
use lote_protocol::filter::{FilterSpec, ParamKind, ParamSpec, Params, Text, Unit};

use super::kernels::ink::Ink;
use super::kernels::{canvas, color, glyphs};
use super::place::PLACES;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `marca_agua`.
pub static WATERMARK: Registered = Registered {
    spec: FilterSpec {
        id: "marca_agua",
        id_en: "watermark",
        label: Text { es: "Marca de agua", en: "Watermark" },
        help: Text {
            es: "Escribe un texto semitransparente sobre la imagen.",
            en: "Writes a translucent text over the picture.",
        },
        params: PARAMS,
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| Ok(Box::new(Watermark::new(params))),
};

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        id: "texto",
        id_en: "text",
        label: Text { es: "Texto", en: "Text" },
        help: Text { es: "Lo que se escribe, en una línea.", en: "What is written, on one line." },
        unit: Unit::None,
        kind: ParamKind::Text { max_chars: 200, default: "PROCESADO" },
    },
    ParamSpec {
        id: "opacidad",
        id_en: "opacity",
        label: Text { es: "Opacidad", en: "Opacity" },
        help: Text {
            es: "0 no se ve, 1 tapa del todo la imagen.",
            en: "0 is invisible, 1 hides the picture under it.",
        },
        unit: Unit::None,
        kind: ParamKind::Float {
            min: 0.0,
            max: 1.0,
            slider_max: 1.0,
            step: 0.05,
            default: Some(0.3),
        },
    },
    ParamSpec {
        id: "tamano",
        id_en: "size",
        label: Text { es: "Tamaño", en: "Size" },
        help: Text {
            es: "Tamaño de la letra; 0 o sin dar, según el tamaño de la imagen.",
            en: "Size of the letters; 0 or not given, to suit the size of the picture.",
        },
        unit: Unit::Px,
        kind: ParamKind::Integer { min: 0, max: 4000, default: None },
    },
    ParamSpec {
        id: "posicion",
        id_en: "position",
        label: Text { es: "Posición", en: "Position" },
        help: Text {
            es: "En qué parte de la imagen se escribe.",
            en: "Where on the picture it is written.",
        },
        unit: Unit::None,
        kind: ParamKind::Choice { options: PLACES, default: "centro" },
    },
    ParamSpec {
        id: "color",
        id_en: "colour",
        label: Text { es: "Color", en: "Colour" },
        help: Text { es: "Color del texto.", en: "Colour of the text." },
        unit: Unit::None,
        kind: ParamKind::Color { default: "#ffffff", transparent: false },
    },
];

/// Automatic size: this part of the shorter side is the em. On 640 x 480 px it gives 60 px, which
/// is what the origin writes with on any picture.
const EM_PER_SIDE: f32 = 1.0 / 8.0;
/// Automatic size is not below this, px, unless the text does not fit.
const SMALLEST: f32 = 12.0;
/// Part of either side that the ink takes at most at automatic size.
const WIDEST: f32 = 0.9;
/// Distance from the picture's edge, in em.
const MARGIN: f32 = 0.5;

#[derive(Debug)]
struct Watermark {
    /// `None` if the embedded font is damaged.
    font: Option<FontRef<'static>>,
    text: String,
    opacity: f32,
    /// Em, px; `None` to suit the picture.
    size: Option<f32>,
    /// Where in the free space, 0 (left) to 2 (right).
    column: usize,
    /// Where in the free space, 0 (top) to 2 (bottom).
    row: usize,
    color: [u8; 3],
}

impl Watermark {
    fn new(params: &Params<'_>) -> Self {
        let place = params.text("posicion");
        // The nine places are listed row by row.
        let place = PLACES.iter().position(|position| position.id == place).unwrap_or(4);
        Self {
            font: glyphs::font(),
            text: params.text("texto").to_owned(),
            opacity: params.float("opacidad").unwrap_or(1.0) as f32,
            size: params.integer("tamano").filter(|&px| px > 0).map(|px| px as f32),
            column: place % 3,
            row: place / 3,
            color: params.color("color").unwrap_or([255; 3]),
        }
    }

    /// The em that suits a picture of that size, px.
    fn automatic_size(&self, font: &FontRef<'_>, width: f32, height: f32) -> f32 {
        let size = (width.min(height) * EM_PER_SIDE).max(SMALLEST);
        let (ink_width, ink_height) = glyphs::extent(font, &self.text, size);
        let room = (WIDEST * width / ink_width).min(WIDEST * height / ink_height);
        // Without ink there is nothing to fit, and the division gives infinity.
        size * room.min(1.0)
    }
}

impl Watermark {
    /// The text as it lies on that picture; `None` if nothing of it is visible.
    fn ink(&self, picture: &Picture, pool: &mut Pool) -> Result<Option<Ink>, FilterError> {
        let font = self.font.as_ref().ok_or(FilterError::Font)?;
        let (width, height) = (picture.width as f32, picture.height as f32);
        let size = self.size.unwrap_or_else(|| self.automatic_size(font, width, height));
        let Some(mask) = glyphs::draw(font, &self.text, size, pool) else { return Ok(None) };
        let place = |length: u32, ink: usize, part: usize| {
            let free = i64::from(length) - ink as i64;
            // Less margin where there is little room, so that the text stays inside.
            let margin = ((size * MARGIN) as i64).min(free / 2).max(0);
            [margin, free.div_euclid(2), free - margin][part]
        };
        let left = place(picture.width, mask.width, self.column);
        let top = place(picture.height, mask.height, self.row);
        Ok(Some(Ink { mask, left, top, color: self.color, opacity: self.opacity }))
    }

    /// Whether it stays gray on a gray picture.
    fn is_gray(&self) -> bool {
        let [red, green, blue] = self.color;
        red == green && green == blue
    }
}

impl Filter for Watermark {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let Some(ink) = self.ink(source.picture(), pool)? else {
            return Ok(source.into_owned(pool));
        };
        let source = if self.is_gray() { source } else { color::with_color(source, pool) };
        let picture = canvas::draw(source, pool, &ink);
        pool.give_bytes(ink.mask.coverage);
        Ok(picture)
    }

    fn by_rows<'a>(&self, picture: &'a Picture, pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        if !picture.channels.is_color() && !self.is_gray() {
            return None;
        }
        canvas::by_rows(picture, self.ink(picture, pool).ok()??)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lote_protocol::filter::Value;

    use lote_protocol::task::Limits;

    use super::*;
    use crate::filters::Context;
    use crate::picture::{Channels, Samples};

    fn marked(picture: Picture, given: &[(&str, Value)]) -> Picture {
        let given: BTreeMap<_, _> =
            given.iter().map(|(id, value)| ((*id).to_owned(), value.clone())).collect();
        let filter = (WATERMARK.build)(
            &Params::new(&WATERMARK.spec, &given),
            &Context::new(&Limits::default()),
        )
        .unwrap();
        filter.apply(Source::Owned(picture), &mut Pool::new()).unwrap()
    }

    fn flat(width: u32, height: u32, channels: Channels, pixel: &[u8]) -> Picture {
        let samples = Samples::U8(pixel.repeat((width * height) as usize));
        Picture { width, height, channels, samples }
    }

    fn bytes(picture: &Picture) -> &[u8] {
        match &picture.samples {
            Samples::U8(samples) => samples,
            Samples::U16(_) => panic!("not 8 bits"),
        }
    }

    /// Columns and rows of a gray picture that are not as dark as the rest: first and last.
    fn lit(picture: &Picture) -> [u32; 4] {
        let samples = bytes(picture);
        let darkest = *samples.iter().min().unwrap();
        let at = |index: usize| (index as u32 % picture.width, index as u32 / picture.width);
        let lit: Vec<_> =
            (0..samples.len()).filter(|&index| samples[index] > darkest).map(at).collect();
        let (columns, rows) = (lit.iter().map(|&(x, _)| x), lit.iter().map(|&(_, y)| y));
        [
            columns.clone().min().unwrap(),
            columns.max().unwrap(),
            rows.clone().min().unwrap(),
            rows.max().unwrap(),
        ]
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn the_ink_is_in_the_very_middle() {
        for size in [(640, 480), (641, 479), (64, 64), (4000, 200)] {
            let [left, right, top, bottom] =
                lit(&marked(flat(size.0, size.1, Channels::Gray, &[0]), &[]));
            assert!(left.abs_diff(size.0 - 1 - right) <= 1, "{size:?}: {left} {right}");
            assert!(top.abs_diff(size.1 - 1 - bottom) <= 1, "{size:?}: {top} {bottom}");
        }
    }

    #[test]
    fn the_automatic_size_suits_large_and_small_pictures() {
        for (width, height) in [(64, 64), (640, 480), (480, 640), (2000, 1500), (1500, 60)] {
            let [left, right, ..] = lit(&marked(flat(width, height, Channels::Gray, &[0]), &[]));
            let part = f64::from(right - left + 1) / f64::from(width.min(height * 4 / 3));
            assert!((0.4..=1.0).contains(&part), "{width}x{height}: {part}");
        }
    }

    #[test]
    fn a_long_text_is_made_to_fit() {
        let given = [("texto", text(&"larguísimo ".repeat(15)))];
        let [left, right, ..] = lit(&marked(flat(800, 600, Channels::Gray, &[0]), &given));
        assert!(left >= 20 && right < 780, "{left} {right}");
    }

    #[test]
    fn opacity_is_the_part_of_the_colour_in_the_result() {
        let full = |given: &[(&str, Value)], below: u8| {
            let picture = marked(flat(640, 480, Channels::Gray, &[below]), given);
            *bytes(&picture).iter().max_by_key(|value| value.abs_diff(below)).unwrap()
        };
        // 0 + (255 - 0) * 0.3 and 100 + (255 - 100) * 0.3, rounded.
        assert_eq!(full(&[], 0), 77);
        assert_eq!(full(&[], 100), 147);
        assert_eq!(full(&[("opacidad", Value::Float(1.0))], 100), 255);
        assert_eq!(full(&[("opacidad", Value::Float(0.0))], 100), 100);
        assert_eq!(full(&[("color", text("#000000"))], 100), 70);
    }

    #[test]
    fn the_ink_is_seen_over_nothing_and_does_not_touch_opaque_alpha() {
        let over_nothing = marked(flat(640, 480, Channels::GrayAlpha, &[9, 0]), &[]);
        let inked: Vec<_> = bytes(&over_nothing).chunks(2).filter(|pixel| pixel[1] > 0).collect();
        assert!(inked.iter().all(|pixel| pixel[0] == 255));
        assert_eq!(inked.iter().map(|pixel| pixel[1]).max(), Some(77));

        let over_opaque = marked(flat(640, 480, Channels::Rgba, &[0, 0, 0, 255]), &[]);
        assert!(bytes(&over_opaque).chunks(4).all(|pixel| pixel[3] == 255));
    }

    #[test]
    fn each_place_is_where_its_name_says() {
        for (index, position) in PLACES.iter().enumerate() {
            let given = [("posicion", text(position.id)), ("tamano", Value::Integer(40))];
            let [left, right, top, bottom] =
                lit(&marked(flat(900, 900, Channels::Gray, &[0]), &given));
            let third = |first: u32, last: u32| (u32::midpoint(first, last) / 300) as usize;
            assert_eq!(third(left, right), index % 3, "{}", position.id);
            assert_eq!(third(top, bottom), index / 3, "{}", position.id);
        }
    }

    #[test]
    fn a_text_larger_than_the_picture_is_cut_off() {
        for position in PLACES {
            let given = [("posicion", text(position.id)), ("tamano", Value::Integer(300))];
            let picture = marked(flat(50, 20, Channels::Gray, &[0]), &given);
            assert!(bytes(&picture).contains(&77), "{}", position.id);
        }
    }

    #[test]
    fn a_color_turns_a_gray_picture_into_a_colored_one() {
        let given = [("color", text("#ff8000")), ("opacidad", Value::Float(1.0))];
        let picture = marked(flat(640, 480, Channels::Gray, &[20]), &given);
        assert_eq!(picture.channels, Channels::Rgb);
        assert!(bytes(&picture).chunks(3).any(|pixel| pixel == [255, 128, 0]));
    }
}
