//! Logo: a picture over the picture.

use std::sync::Arc;

use lote_protocol::filter::{FilterSpec, Length, ParamKind, ParamSpec, Params, Text, Unit};

use super::kernels::lanczos::Kernel;
use super::kernels::size::Plan;
use super::kernels::stamp::Stamp;
use super::kernels::{canvas, color};
use super::place::{PLACES, Place, tiles};
use super::rotate::turned;
use super::{Context, Filter, FilterError, Registered, Source, resize, same_size};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// `logo`.
pub static LOGO: Registered = Registered {
    spec: FilterSpec {
        id: "logo",
        id_en: "logo",
        label: Text { es: "Logotipo", en: "Logo" },
        help: Text {
            es: "Pone una imagen encima, con su propia transparencia.",
            en: "Puts a picture on top, as transparent as it is.",
        },
        params: PARAMS,
        conflicts: &[],
    },
    size: same_size,
    build: |params, context| Ok(Box::new(Logo::new(params, context)?)),
};

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        id: "archivo",
        id_en: "file",
        label: Text { es: "Archivo", en: "File" },
        help: Text { es: "La imagen del logotipo.", en: "The logo's picture." },
        unit: Unit::None,
        kind: ParamKind::File { endings: &["png", "webp"] },
    },
    ParamSpec {
        id: "tamano",
        id_en: "size",
        label: Text { es: "Tamaño", en: "Size" },
        help: Text {
            es: "Ancho del logotipo; en %, del ancho de la imagen.",
            en: "Width of the logo; in %, of the picture's width.",
        },
        unit: Unit::Px,
        kind: ParamKind::Length { min: 1, max: 65535, max_percent: 100.0, default: "15%" },
    },
    ParamSpec {
        id: "posicion",
        id_en: "position",
        label: Text { es: "Posición", en: "Position" },
        help: Text { es: "En qué parte de la imagen está.", en: "Where on the picture it is." },
        unit: Unit::None,
        kind: ParamKind::Choice { options: PLACES, default: "abajo_derecha" },
    },
    ParamSpec {
        id: "margen",
        id_en: "margin",
        label: Text { es: "Margen", en: "Margin" },
        help: Text {
            es: "Distancia a los bordes; en %, del ancho de la imagen. En un mosaico, entre logotipos.",
            en: "Distance from the edges; in %, of the picture's width. Tiled, between logos.",
        },
        unit: Unit::Px,
        kind: ParamKind::Length { min: 0, max: 65535, max_percent: 50.0, default: "3%" },
    },
    ParamSpec {
        id: "opacidad",
        id_en: "opacity",
        label: Text { es: "Opacidad", en: "Opacity" },
        help: Text {
            es: "0 no se ve, 1 lo deja como es.",
            en: "0 is invisible, 1 leaves it as it is.",
        },
        unit: Unit::None,
        kind: ParamKind::Float {
            min: 0.0,
            max: 1.0,
            slider_max: 1.0,
            step: 0.05,
            default: Some(1.0),
        },
    },
    ParamSpec {
        id: "angulo",
        id_en: "angle",
        label: Text { es: "Ángulo", en: "Angle" },
        help: Text {
            es: "Cuánto gira en contra de las agujas del reloj.",
            en: "How far it is turned counter-clockwise.",
        },
        unit: Unit::Degrees,
        kind: ParamKind::Float {
            min: -360.0,
            max: 360.0,
            slider_max: 180.0,
            step: 1.0,
            default: Some(0.0),
        },
    },
    ParamSpec {
        id: "mosaico",
        id_en: "tile",
        label: Text { es: "Mosaico", en: "Tile" },
        help: Text { es: "Lo repite por toda la imagen.", en: "Repeats it all over the picture." },
        unit: Unit::None,
        kind: ParamKind::Bool { default: false },
    },
];

#[derive(Debug)]
struct Logo {
    picture: Arc<Picture>,
    is_gray: bool,
    size: Length,
    place: Place,
    margin: Length,
    opacity: f32,
    /// Degrees, counter-clockwise.
    angle: f64,
    tile: bool,
}

impl Logo {
    fn new(params: &Params<'_>, context: &Context<'_>) -> Result<Self, FilterError> {
        let logo = context.asset(params.text("archivo"), |asset| asset.logo(context.limits))?;
        Ok(Self {
            is_gray: is_gray(&logo),
            picture: logo,
            size: params.length("tamano").unwrap_or(Length::Percent(15.0)),
            place: Place::named(params.text("posicion")),
            margin: params.length("margen").unwrap_or(Length::Px(0)),
            opacity: params.float("opacidad").unwrap_or(1.0) as f32,
            angle: params.float("angulo").unwrap_or_default(),
            tile: params.flag("mosaico"),
        })
    }

    /// The logo as it lies on a picture of that size.
    fn stamp(&self, width: u32, height: u32, pool: &mut Pool) -> Picture {
        let (own_width, own_height) = (self.picture.width, self.picture.height);
        let mut scale = self.size.px(f64::from(width)) / f64::from(own_width);
        // Turned, it may take more room; it must not leave the picture.
        let angle = self.angle.to_radians();
        let (sin, cos) = (angle.sin().abs(), angle.cos().abs());
        let (w, h) = (f64::from(own_width), f64::from(own_height));
        let room = f64::min(
            f64::from(width) / (w * cos + h * sin),
            f64::from(height) / (w * sin + h * cos),
        );
        scale = scale.min(room);
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        let size = (side(own_width).min(width), side(own_height).min(height));
        let plan = Plan { width: size.0, height: size.1, ..Plan::unchanged(own_width, own_height) };
        let scaled = resize::resampled(Source::Shared(&self.picture), &plan, Kernel::Lanczos, pool);
        if self.angle == 0.0 {
            return scaled;
        }
        let scaled = color::with_alpha(Source::Owned(scaled), pool);
        turned(scaled, self.angle, pool)
    }
}

/// Whether it has no colours.
fn is_gray(picture: &Picture) -> bool {
    fn gray<T: PartialEq>(samples: &[T], count: usize) -> bool {
        samples.chunks_exact(count).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2])
    }
    let count = picture.channels.count();
    !picture.channels.is_color()
        || match &picture.samples {
            Samples::U8(samples) => gray(samples, count),
            Samples::U16(samples) => gray(samples, count),
        }
}

impl Filter for Logo {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let Picture { width, height, .. } = *source.picture();
        let stamp = self.stamp(width, height, pool);
        let margin = i64::from(self.margin.whole_px(width));
        let size = (stamp.width as usize, stamp.height as usize);
        let corners = if self.tile {
            tiles((width, height), size, margin)
        } else {
            vec![self.place.corner((width, height), size, margin)]
        };
        let source = if self.is_gray { source } else { color::with_color(source, pool) };
        let stamped = Stamp { picture: &stamp, corners: &corners, opacity: self.opacity };
        let picture = canvas::draw(source, pool, &stamped);
        pool.give(stamp);
        Ok(picture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Channels;

    fn logo(size: Length, tile: bool) -> Logo {
        // A red square whose upper half is half transparent.
        let pixels = (0..40 * 20).flat_map(|at| [250, 10, 20, if at < 400 { 128 } else { 255 }]);
        let samples = Samples::U8(pixels.collect());
        Logo {
            picture: Arc::new(Picture { width: 40, height: 20, channels: Channels::Rgba, samples }),
            is_gray: false,
            size,
            place: Place::named("abajo_derecha"),
            margin: Length::Percent(5.0),
            opacity: 1.0,
            angle: 0.0,
            tile,
        }
    }

    fn stamped(logo: &Logo, width: u32, height: u32) -> Vec<[u8; 3]> {
        let samples = Samples::U8(vec![100; width as usize * height as usize]);
        let picture = Picture { width, height, channels: Channels::Gray, samples };
        let result = logo.apply(Source::Owned(picture), &mut Pool::new()).unwrap();
        let Samples::U8(samples) = result.samples else { panic!("8 bits") };
        samples.as_chunks::<3>().0.to_vec()
    }

    #[test]
    fn at_its_own_size_its_pixels_are_laid_over_exactly() {
        let pixels = stamped(&logo(Length::Px(40), false), 200, 100);
        let at = |x: usize, y: usize| pixels[y * 200 + x];
        assert_eq!(at(189, 89), [250, 10, 20]);
        assert_eq!(at(190, 89), [100; 3]);
        // 100 + (250 - 100) * 128 / 255, and so on, rounded.
        assert_eq!(at(150, 70), [175, 55, 60]);
        assert_eq!(at(149, 70), [100; 3]);
    }

    #[test]
    fn a_share_and_its_margin_are_the_same_on_small_and_large_pictures() {
        for (width, height) in [(400, 300), (300, 400), (1600, 1200), (2400, 1000)] {
            let pixels = stamped(&logo(Length::Percent(10.0), false), width, height);
            let is_logo = |at: &usize| pixels[*at] != [100; 3];
            let columns = (0..pixels.len()).filter(is_logo).map(|at| at as u32 % width);
            let (first, last) = (columns.clone().min().unwrap(), columns.max().unwrap());
            assert_eq!(last - first + 1, width / 10, "{width}x{height}");
            assert_eq!(width - 1 - last, width / 20, "{width}x{height}");
        }
    }

    #[test]
    fn tiles_reach_every_corner() {
        let pixels =
            stamped(&Logo { margin: Length::Px(0), ..logo(Length::Px(40), true) }, 210, 95);
        let marked = pixels.iter().filter(|pixel| **pixel != [100; 3]).count();
        assert!(marked * 10 > pixels.len() * 9, "{marked} of {}", pixels.len());
    }

    #[test]
    fn what_is_larger_than_the_picture_is_made_to_fit() {
        let wide = Logo { angle: 30.0, ..logo(Length::Percent(100.0), false) };
        let stamp = wide.stamp(300, 50, &mut Pool::new());
        assert!(stamp.width <= 300 && stamp.height <= 52, "{} {}", stamp.width, stamp.height);
    }
}
