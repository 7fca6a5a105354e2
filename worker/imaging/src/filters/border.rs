//! Border: a frame around the picture, with round corners if wanted.

use lote_protocol::filter::{Bilingual, FilterSpec, Length, ParamKind, ParamSpec, Params, Unit};
use lote_protocol::message::Size;

use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::color::{self, Fill};
use super::kernels::ink::mix;
use super::kernels::remake::{self, Place};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, ResultSize, Source};
use crate::picture::Picture;
use crate::pool::Pool;

/// `marco`.
pub static BORDER: Registered = Registered {
    spec: FilterSpec {
        id: "marco",
        id_en: "border",
        label: Bilingual { es: "Marco", en: "Border" },
        help: Bilingual {
            es: "Pone un marco alrededor de la imagen y redondea sus esquinas.",
            en: "Puts a border around the picture and rounds its corners.",
        },
        params: PARAMS,
        conflicts: &[],
    },
    size: |params, size| {
        let extra = 2 * Border::new(params).px(size).0;
        ResultSize::Exactly(Size { width: size.width + extra, height: size.height + extra })
    },
    build: |params, _| Ok(Box::new(Border::new(params))),
};

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        id: "ancho",
        id_en: "width",
        label: Bilingual { es: "Ancho", en: "Width" },
        help: Bilingual {
            es: "Ancho del marco; en %, del lado más corto de la imagen.",
            en: "Width of the border; in %, of the picture's shorter side.",
        },
        unit: Unit::Px,
        kind: ParamKind::Length { min: 0, max: 10_000, max_percent: 100.0, default: "5%" },
    },
    ParamSpec {
        id: "color",
        id_en: "colour",
        label: Bilingual { es: "Color", en: "Colour" },
        help: Bilingual { es: "Color del marco.", en: "Colour of the border." },
        unit: Unit::None,
        kind: ParamKind::Color { default: "#ffffff", transparent: true },
    },
    ParamSpec {
        id: "radio",
        id_en: "radius",
        label: Bilingual { es: "Radio", en: "Radius" },
        help: Bilingual {
            es: "Radio de las esquinas redondas, transparentes por fuera; en %, del lado más corto.",
            en: "Radius of round corners, transparent outside; in %, of the shorter side.",
        },
        unit: Unit::Px,
        kind: ParamKind::Length { min: 0, max: 10_000, max_percent: 50.0, default: "0" },
    },
];

#[derive(Debug)]
struct Border {
    width: Length,
    radius: Length,
    fill: Fill,
}

impl Border {
    fn new(params: &Params<'_>) -> Self {
        let length = |id| params.length(id).unwrap_or(Length::Px(0));
        let fill = Fill::of(params, "color");
        Self { width: length("ancho"), radius: length("radio"), fill }
    }

    /// Width and radius on a picture of that size, px. A border that is asked for is seen.
    fn px(&self, size: Size) -> (u32, f64) {
        let side = size.width.min(size.height);
        let least = u32::from(self.width.px(f64::from(side)) > 0.0);
        (self.width.whole_px(side).max(least), self.radius.px(f64::from(side)))
    }
}

/// The round corners of a picture that has its border.
struct Corners {
    /// Width of the border, px.
    width: f64,
    /// Radius of the outer corners, px; those of the picture within have what is left of it.
    radius: f64,
    fill: Fill,
}

impl Draw for Corners {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
        canvas.copy();
        let (width, height, channels) = (canvas.width, canvas.height, canvas.channels);
        let count = channels.count();
        let (outside, around) = (Fill(None).pixel::<T>(channels), self.fill.pixel::<T>(channels));
        let (w, h) = (width as f64, height as f64);
        let radius = self.radius.min(w / 2.0).min(h / 2.0);
        let reach = radius.ceil() as usize;
        let inner = (radius - self.width).max(0.0);
        let row_len = canvas.row_len();
        for y in (0..reach).chain(height.saturating_sub(reach).max(reach)..height) {
            for x in (0..reach).chain(width.saturating_sub(reach).max(reach)..width) {
                let pixel = &mut canvas.samples[y * row_len + x * count..][..count];
                let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
                // From the nearest corner inwards, px.
                let (dx, dy) = (x.min(w - x), y.min(h - y));
                if self.width > 0.0 && dx > self.width && dy > self.width {
                    let shown = coverage(dx - self.width, dy - self.width, inner);
                    mix(pixel, &around[..count], shown, channels);
                }
                mix(pixel, &outside[..count], coverage(dx, dy, radius), channels);
            }
        }
    }
}

/// How much of the pixel whose middle is there, px from the corner, lies within a corner of that
/// radius, 0..=1.
fn coverage(x: f64, y: f64, radius: f64) -> f32 {
    if x >= radius || y >= radius {
        return 1.0;
    }
    (radius - (radius - x).hypot(radius - y) + 0.5).clamp(0.0, 1.0) as f32
}

impl Filter for Border {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let Picture { width, height, .. } = *source.picture();
        let (border, radius) = self.px(Size { width, height });
        let source = if border > 0 { self.fill.make_room(source, pool) } else { source };
        let source = if radius > 0.0 { color::with_alpha(source, pool) } else { source };
        let place = Place {
            size: (width + 2 * border, height + 2 * border),
            corner: (i64::from(border), i64::from(border)),
            fill: self.fill,
        };
        let source = match border {
            0 => source,
            _ => Source::Owned(remake::remake(source, pool, &place)),
        };
        if radius == 0.0 {
            return Ok(source.into_owned(pool));
        }
        let corners = Corners { width: f64::from(border), radius, fill: self.fill };
        Ok(canvas::draw(source, pool, &corners))
    }

    fn is_in_place(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lote_protocol::filter::Value;

    use super::*;
    use crate::picture::{Channels, Samples};

    fn bordered(given: &[(&str, Value)]) -> Picture {
        let picture = Picture {
            width: 40,
            height: 30,
            channels: Channels::Rgb,
            samples: Samples::U8(vec![100; 40 * 30 * 3]),
        };
        let given: BTreeMap<_, _> =
            given.iter().map(|(id, value)| ((*id).to_owned(), value.clone())).collect();
        let border = Border::new(&Params::new(&BORDER.spec, &given));
        border.apply(Source::Owned(picture), &mut Pool::new()).unwrap()
    }

    fn pixel(picture: &Picture, x: usize, y: usize) -> Vec<u8> {
        let Samples::U8(samples) = &picture.samples else { panic!("8 bits") };
        let count = picture.channels.count();
        samples[(y * picture.width as usize + x) * count..][..count].to_vec()
    }

    #[test]
    fn a_width_in_per_cent_is_of_the_shorter_side() {
        let picture = bordered(&[("ancho", Value::Text("10%".into()))]);
        assert_eq!((picture.width, picture.height, picture.channels), (46, 36, Channels::Rgb));
        assert_eq!((pixel(&picture, 2, 9), pixel(&picture, 3, 9)), (vec![255; 3], vec![100; 3]));
    }

    #[test]
    fn a_border_is_there_on_a_picture_of_one_pixel() {
        let given = [("ancho".to_owned(), Value::Text("6%".into()))].into();
        let border = Border::new(&Params::new(&BORDER.spec, &given));
        assert_eq!(border.px(Size { width: 1, height: 1 }).0, 1);
        let given = [("ancho".to_owned(), Value::Text("0%".into()))].into();
        let none = Border::new(&Params::new(&BORDER.spec, &given));
        assert_eq!(none.px(Size { width: 1, height: 1 }).0, 0);
    }

    #[test]
    fn round_corners_are_transparent_outside_and_soft_on_the_edge() {
        let picture = bordered(&[("ancho", Value::Integer(0)), ("radio", Value::Integer(10))]);
        assert_eq!((picture.width, picture.channels), (40, Channels::Rgba));
        assert_eq!(pixel(&picture, 0, 0)[3], 0);
        assert_eq!(pixel(&picture, 39, 29)[3], 0);
        assert_eq!(pixel(&picture, 20, 0), [100, 100, 100, 255]);
        let soft: Vec<_> = (0..10).map(|x| pixel(&picture, x, 2)).collect();
        assert!(soft.iter().any(|pixel| (1..255).contains(&pixel[3])), "{soft:?}");
        assert!(soft.iter().all(|pixel| pixel[3] == 0 || pixel[0] == 100), "{soft:?}");
        // The area that is cut off a corner: (1 - pi / 4) r^2.
        let cut: f64 = (0..10)
            .flat_map(|y| (0..10).map(move |x| (x, y)))
            .map(|(x, y)| 1.0 - f64::from(pixel(&picture, x, y)[3]) / 255.0)
            .sum();
        assert!((cut - 21.46).abs() < 0.3, "{cut}");
    }

    #[test]
    fn the_picture_within_a_round_border_is_round_by_what_is_left() {
        let given = [("ancho", Value::Integer(4)), ("radio", Value::Integer(12))];
        let picture = bordered(&given);
        assert_eq!(pixel(&picture, 4, 4), [255; 4]);
        assert_eq!(pixel(&picture, 12, 12), [100, 100, 100, 255]);
        assert_eq!(pixel(&picture, 0, 0)[3], 0);
    }
}
