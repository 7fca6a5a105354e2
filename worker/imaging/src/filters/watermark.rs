//! Watermark: a line of text over the picture.

use std::sync::Arc;

use lote_protocol::filter::{
    Bilingual, Choice, FilterSpec, Length, ParamKind, ParamSpec, Params, Unit,
};

use super::kernels::affine::{Affine, Turned};
use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::color::{self, Fill};
use super::kernels::ink::{Ink, seen};
use super::kernels::luma::luma;
use super::kernels::remake;
use super::kernels::sample::Sample;
use super::place::{ANGLE, Place, TILE, margin, position, tiles};
use super::{Asset, Context, Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;
use crate::text::{Fonts, Mask, draw, extent, fill_in, outlined};

/// `marca_agua`.
pub static WATERMARK: Registered = Registered {
    spec: FilterSpec {
        id: "marca_agua",
        id_en: "watermark",
        label: Bilingual { es: "Marca de agua", en: "Watermark" },
        help: Bilingual {
            es: "Escribe un texto semitransparente sobre la imagen.",
            en: "Writes a translucent text over the picture.",
        },
        params: PARAMS,
        conflicts: &[],
    },
    size: same_size,
    build: |params, context| Ok(Box::new(Watermark::new(params, context)?)),
};

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        id: "texto",
        id_en: "text",
        label: Bilingual { es: "Texto", en: "Text" },
        help: Bilingual {
            es: "Lo que se escribe; {date}, {time}, {name}, {artist}, {copyright} y {n} son de cada imagen.",
            en: "What is written; {date}, {time}, {name}, {artist}, {copyright} and {n} are each image's.",
        },
        unit: Unit::None,
        kind: ParamKind::Text { max_chars: 200, default: "PROCESADO" },
    },
    ParamSpec {
        id: "opacidad",
        id_en: "opacity",
        label: Bilingual { es: "Opacidad", en: "Opacity" },
        help: Bilingual {
            es: "0 no se ve, 1 tapa del todo la imagen.",
            en: "0 is invisible, 1 hides the picture under it.",
        },
        unit: Unit::None,
        kind: ParamKind::float(0.0, 1.0, 0.05, 0.3),
    },
    ParamSpec {
        id: "tamano",
        id_en: "size",
        label: Bilingual { es: "Tamaño", en: "Size" },
        help: Bilingual {
            es: "Tamaño de la letra; en %, del lado más corto; 0 o sin dar, según la imagen.",
            en: "Size of the letters; in %, of the shorter side; 0 or not given, to suit the picture.",
        },
        unit: Unit::Px,
        kind: ParamKind::Length { min: 0, max: 4000, max_percent: 100.0, default: "" },
    },
    position("centro"),
    ParamSpec {
        id: "color",
        id_en: "colour",
        label: Bilingual { es: "Color", en: "Colour" },
        help: Bilingual { es: "Color del texto.", en: "Colour of the text." },
        unit: Unit::None,
        kind: ParamKind::Color { default: "#ffffff", transparent: false },
    },
    margin(
        "",
        Bilingual {
            es: "Distancia a los bordes; en %, del lado más corto. Sin dar, media letra. En un mosaico, entre textos.",
            en: "Distance from the edges; in %, of the shorter side. Not given, half a letter. Tiled, between texts.",
        },
    ),
    ANGLE,
    TILE,
    ParamSpec {
        id: "fuente",
        id_en: "font",
        label: Bilingual { es: "Fuente", en: "Font" },
        help: Bilingual {
            es: "Un archivo, o una familia de las que hay en el sistema.",
            en: "A file, or a family that the system has.",
        },
        unit: Unit::None,
        kind: ParamKind::Font,
    },
    ParamSpec {
        id: "contorno",
        id_en: "outline",
        label: Bilingual { es: "Contorno", en: "Outline" },
        help: Bilingual {
            es: "Color de un contorno alrededor de las letras; sin dar, ninguno.",
            en: "Colour of an outline around the letters; not given, none.",
        },
        unit: Unit::None,
        kind: ParamKind::Color { default: "", transparent: false },
    },
    ParamSpec {
        id: "contraste",
        id_en: "contrast",
        label: Bilingual { es: "Contraste", en: "Contrast" },
        help: Bilingual {
            es: "auto escribe en blanco sobre lo oscuro y en negro sobre lo claro.",
            en: "auto writes in white on what is dark and in black on what is light.",
        },
        unit: Unit::None,
        kind: ParamKind::Choice {
            options: &[
                Choice {
                    id: "no",
                    id_en: "none",
                    label: Bilingual { es: "El color dado", en: "The given colour" },
                },
                Choice {
                    id: "auto",
                    id_en: "auto",
                    label: Bilingual { es: "Automático", en: "Automatic" },
                },
            ],
            default: "no",
        },
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

/// How often a text is made smaller until it fits.
const TRIES: usize = 12;
/// Width of an outline, in em.
const OUTLINE: f32 = 1.0 / 24.0;
/// Luminance under a text from which on it is written in black, of 255.
const LIGHT: f64 = 140.0;

#[derive(Debug, Clone)]
struct Watermark {
    font: Option<Arc<Asset>>,
    /// For what the font, and the one that is part of the program, cannot write.
    others: Vec<Arc<Asset>>,
    text: String,
    opacity: f32,
    /// Em; `None` to suit the picture.
    size: Option<Length>,
    place: Place,
    margin: Option<Length>,
    /// Degrees, counter-clockwise.
    angle: f64,
    tile: bool,
    /// `None` for black or white, whichever is seen better.
    color: Option<[u8; 3]>,
    outline: Option<[u8; 3]>,
}

impl Watermark {
    fn new(params: &Params<'_>, context: &Context<'_>) -> Result<Self, FilterError> {
        let font = match params.text("fuente") {
            "" => None,
            name => {
                let font = |asset: &Arc<Asset>| match asset.face() {
                    Some(_) => Ok(Arc::clone(asset)),
                    None => Err(lote_protocol::text!("it is no font that can be read")),
                };
                Some(context.asset(name, font)?)
            }
        };
        let watermark = Self {
            font,
            others: context.assets.fonts().to_vec(),
            text: fill_in(params.text("texto"), context.facts),
            opacity: params.float("opacidad").unwrap_or(1.0) as f32,
            size: params.length("tamano").filter(|length| length.px(1.0) > 0.0),
            place: Place::named(params.text("posicion")),
            margin: params.length("margen"),
            angle: params.float("angulo").unwrap_or_default(),
            tile: params.flag("mosaico"),
            color: match params.text("contraste") {
                "auto" => None,
                _ => Some(params.color("color").unwrap_or([255; 3])),
            },
            outline: params.color("contorno"),
        };
        let characters = watermark.fonts().missing(&watermark.text);
        if characters.is_empty() {
            Ok(watermark)
        } else {
            Err(FilterError::Unwritable { characters })
        }
    }

    fn fonts(&self) -> Fonts<'_> {
        let given = self.font.as_ref().and_then(|asset| asset.face());
        Fonts::new(given, self.others.iter().filter_map(|asset| asset.face()))
    }

    /// The em on a picture of that size, px.
    fn em(&self, fonts: &Fonts<'_>, width: f32, height: f32) -> f32 {
        let side = width.min(height);
        let (size, widest) = match self.size {
            Some(Length::Px(px)) => (px as f32, 1.0),
            // With room for an outline.
            Some(Length::Percent(percent)) => (side * percent as f32 / 100.0, 0.95),
            None => ((side * EM_PER_SIDE).max(SMALLEST), WIDEST),
        };
        let (ink_width, ink_height) = extent(fonts, &self.text, size);
        let (ink_width, ink_height) = match self.angle {
            0.0 => (ink_width, ink_height),
            angle => {
                let (sin, cos) = (angle as f32).to_radians().sin_cos();
                let (sin, cos) = (sin.abs(), cos.abs());
                (ink_width * cos + ink_height * sin, ink_width * sin + ink_height * cos)
            }
        };
        let room = (widest * width / ink_width).min(widest * height / ink_height);
        // Without ink there is nothing to fit, and the division gives infinity.
        size * room.min(1.0)
    }

    /// The text's ink at that size, turned, with its outline's; `None` if it has none.
    fn inked(&self, fonts: &Fonts<'_>, em: f32, pool: &mut Pool) -> Option<Inked> {
        let mask = draw(fonts, &self.text, em, pool)?;
        let reach = ((em * OUTLINE).round() as usize).max(1);
        let around = self.outline.map(|color| (outlined(&mask, reach, pool), color));
        let turn = |mask: Mask, pool: &mut Pool| match self.angle {
            0.0 => mask,
            angle => turned(mask, angle, pool),
        };
        let around = around.map(|(mask, color)| (turn(mask, pool), color));
        Some(Inked { mask: turn(mask, pool), around })
    }

    /// The text as it lies on that picture; `None` if nothing of it is visible.
    fn written(&self, picture: &Picture, pool: &mut Pool) -> Option<Written> {
        let fonts = self.fonts();
        let (width, height) = (picture.width as f32, picture.height as f32);
        let mut em = self.em(&fonts, width, height);
        let mut inked = self.inked(&fonts, em, pool)?;
        // Rounded outwards, it may be a px or two too large yet.
        for _ in 0..TRIES {
            let (ink_width, ink_height) = inked.size();
            let over = (ink_width as f32 / width).max(ink_height as f32 / height);
            if over <= 1.0 {
                break;
            }
            em /= over * 1.02;
            pool.give_bytes(inked.mask.coverage);
            inked = self.inked(&fonts, em, pool)?;
        }
        let (size, Inked { mask, around }) = (inked.size(), inked);
        if size.0 > picture.width as usize || size.1 > picture.height as usize {
            // Not even a speck has room.
            return None;
        }
        let on = (picture.width, picture.height);
        let margin = self.margin.map_or((em * MARGIN) as i64, |margin| {
            i64::from(margin.whole_px(picture.width.min(picture.height)))
        });
        let inside = (((size.0 - mask.width) / 2) as i64, ((size.1 - mask.height) / 2) as i64);
        let outer = if self.tile {
            tiles(on, size, self.margin.map_or(2 * em as i64, |_| margin))
        } else {
            vec![self.place.corner(on, size, margin)]
        };
        let corners: Vec<_> = outer.iter().map(|(x, y)| (x + inside.0, y + inside.1)).collect();
        let color = self.color.unwrap_or_else(|| contrasting(picture, &mask, &corners));
        Some(Written { mask, corners, color, around, outer, opacity: self.opacity })
    }

    /// Whether it stays gray on a gray picture.
    fn is_gray(&self) -> bool {
        let gray = |color: Option<[u8; 3]>| {
            color.is_none_or(|[red, green, blue]| red == green && green == blue)
        };
        gray(self.color) && gray(self.outline)
    }
}

/// The ink of a text, and that of its outline with its colour.
struct Inked {
    mask: Mask,
    around: Option<(Mask, [u8; 3])>,
}

impl Inked {
    /// Columns and rows, px. An outline is part of what must not leave the picture.
    fn size(&self) -> (usize, usize) {
        let outer = self.around.as_ref().map_or(&self.mask, |(outer, _)| outer);
        (outer.width, outer.height)
    }
}

/// A text on a picture.
struct Written {
    mask: Mask,
    /// Upper left corners of `mask`.
    corners: Vec<(i64, i64)>,
    color: [u8; 3],
    /// The outline's mask and colour.
    around: Option<(Mask, [u8; 3])>,
    /// Upper left corners of it.
    outer: Vec<(i64, i64)>,
    opacity: f32,
}

impl Draw for Written {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, pool: &mut Pool) {
        canvas.copy();
        let Canvas { width, height, channels, top, samples, .. } = canvas;
        let opacity = self.opacity;
        let over = Canvas { width, height, channels, top, samples: &mut *samples, source: None };
        if let Some((mask, color)) = &self.around {
            Ink { mask, corners: &self.outer, color: *color, opacity }.draw(over, pool);
        }
        let over = Canvas { width, height, channels, top, samples, source: None };
        Ink { mask: &self.mask, corners: &self.corners, color: self.color, opacity }
            .draw(over, pool);
    }
}

/// The mask, turned counter-clockwise.
fn turned(mask: Mask, degrees: f64, pool: &mut Pool) -> Mask {
    // Its ink ends at its edges, which would be cut sharply.
    let (width, height) = (mask.width as u32 + 2, mask.height as u32 + 2);
    let picture = Picture {
        width: mask.width as u32,
        height: mask.height as u32,
        channels: Channels::Gray,
        samples: Samples::U8(mask.coverage),
    };
    let fill = Fill(Some([0; 3]));
    let place = remake::Place { size: (width, height), corner: (1, 1), fill };
    let picture = remake::remake(Source::Owned(picture), pool, &place);
    let affine = Affine::rotation(width, height, degrees.rem_euclid(360.0), true);
    let picture = remake::remake(Source::Owned(picture), pool, &Turned { affine, fill });
    let (width, height) = (picture.width as usize, picture.height as usize);
    let coverage = match picture.samples {
        Samples::U8(coverage) => coverage,
        Samples::U16(_) => Vec::new(),
    };
    Mask { width, height, coverage }
}

/// White on what is dark under the ink, black on what is light.
fn contrasting(picture: &Picture, mask: &Mask, corners: &[(i64, i64)]) -> [u8; 3] {
    let luminance = match &picture.samples {
        Samples::U8(samples) => luminance_under(picture, samples, mask, corners),
        Samples::U16(samples) => luminance_under(picture, samples, mask, corners) / 257.0,
    };
    if luminance < LIGHT { [255; 3] } else { [0; 3] }
}

/// The mean luminance of what the ink lies on.
fn luminance_under<T: Sample>(
    picture: &Picture,
    samples: &[T],
    mask: &Mask,
    corners: &[(i64, i64)],
) -> f64 {
    let (count, len) = (picture.channels.count(), picture.row_len());
    let (mut sum, mut weight) = (0_u64, 0_u64);
    for &(left, top) in corners {
        for row in seen(top, picture.height as usize, mask.height) {
            for column in seen(left, picture.width as usize, mask.width) {
                let ink = u64::from(mask.coverage[row as usize * mask.width + column as usize]);
                let at = (top + row) as usize * len + (left + column) as usize * count;
                let luminance = if picture.channels.is_color() {
                    luma(samples[at], samples[at + 1], samples[at + 2])
                } else {
                    samples[at].get()
                };
                sum += u64::from(luminance) * ink;
                weight += ink;
            }
        }
    }
    sum as f64 / weight.max(1) as f64
}

impl Filter for Watermark {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let Some(written) = self.written(source.picture(), pool) else {
            return Ok(source.into_owned(pool));
        };
        let source = if self.is_gray() { source } else { color::with_color(source, pool) };
        let picture = canvas::draw(source, pool, &written);
        pool.give_bytes(written.mask.coverage);
        Ok(picture)
    }

    fn decide(&self, frames: &[&Picture]) -> Option<Box<dyn Filter>> {
        if self.color.is_some() {
            return None;
        }
        // Most frames have it.
        let mut pool = Pool::new();
        let colors = frames.iter().filter_map(|frame| Some(self.written(frame, &mut pool)?.color));
        let (white, all) = colors
            .fold((0, 0), |(white, all), color| (white + usize::from(color == [255; 3]), all + 1));
        let color = if white * 2 >= all { [255; 3] } else { [0; 3] };
        Some(Box::new(Self { color: Some(color), ..self.clone() }))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        if !picture.channels.is_color() && !self.is_gray() {
            return None;
        }
        canvas::by_rows(picture, self.written(picture, pool)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lote_protocol::filter::Value;
    use lote_protocol::task::Limits;
    use proptest::strategy::Strategy as _;

    use super::*;
    use crate::filters::Context;
    use crate::filters::place::PLACES;
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
    fn a_text_larger_than_the_picture_is_made_to_fit() {
        for position in PLACES {
            let given = [("posicion", text(position.id)), ("tamano", Value::Integer(300))];
            let [left, right, ..] = lit(&marked(flat(200, 100, Channels::Gray, &[0]), &given));
            assert!(right - left > 180, "{}: {left} {right}", position.id);
        }
    }

    proptest::proptest! {
        #[test]
        fn it_never_leaves_the_picture(
            on in (1_u32..200, 1_u32..200),
            size in proptest::prop_oneof![
                proptest::strategy::Just(None),
                (1_i64..4000).prop_map(|px| Some(Length::Px(px))),
                (0.1..100.0).prop_map(|percent| Some(Length::Percent(percent))),
            ],
            margin in proptest::option::of((0_i64..5000).prop_map(Length::Px)),
            angle in -360.0..360.0,
            place in 0..PLACES.len(),
            outline in proptest::option::of(proptest::strategy::Just([0, 0, 0])),
            text in proptest::sample::select(vec!["i", "PROCESADO", "© Ana Gómez 2024", "—"]),
        ) {
            let mark = Watermark {
                font: None,
                others: Vec::new(),
                text: text.to_owned(),
                opacity: 1.0,
                size,
                place: Place::named(PLACES[place].id),
                margin,
                angle,
                tile: false,
                color: Some([255; 3]),
                outline,
            };
            let picture = flat(on.0, on.1, Channels::Gray, &[0]);
            let Some(written) = mark.written(&picture, &mut Pool::new()) else { return Ok(()) };
            let outer = written.around.as_ref().map_or(&written.mask, |(outer, _)| outer);
            for (mask, corners) in [(&written.mask, &written.corners), (outer, &written.outer)] {
                for &(left, top) in corners {
                    let fits = |at: i64, length: usize, whole: u32| {
                        at >= 0 && at + length as i64 <= i64::from(whole)
                    };
                    proptest::prop_assert!(fits(left, mask.width, on.0));
                    proptest::prop_assert!(fits(top, mask.height, on.1));
                }
            }
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
