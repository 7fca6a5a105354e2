//! Logo: a picture or a drawing over the picture.

use lote_protocol::filter::{Bilingual, FilterSpec, Length, ParamKind, ParamSpec, Params, Unit};

use super::kernels::lanczos::Kernel;
use super::kernels::size::Plan;
use super::kernels::stamp::Stamp;
use super::kernels::{canvas, color};
use super::place::{ANGLE, Place, TILE, margin, position, tiles};
use super::rotate::turned;
use super::{Context, Emblem, Filter, FilterError, Registered, Source, resize, same_size};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// `logo`.
pub static LOGO: Registered = Registered {
    spec: FilterSpec {
        id: "logo",
        id_en: "logo",
        label: Bilingual { es: "Logotipo", en: "Logo" },
        help: Bilingual {
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
        label: Bilingual { es: "Archivo", en: "File" },
        help: Bilingual {
            es: "La imagen del logotipo, o un dibujo SVG sin textos ni imágenes dentro.",
            en: "The logo's picture, or a drawing in SVG without texts and images within.",
        },
        unit: Unit::None,
        kind: ParamKind::File { endings: &["png", "webp", "svg"] },
    },
    ParamSpec {
        id: "tamano",
        id_en: "size",
        label: Bilingual { es: "Tamaño", en: "Size" },
        help: Bilingual {
            es: "Ancho del logotipo; en %, del ancho de la imagen.",
            en: "Width of the logo; in %, of the picture's width.",
        },
        unit: Unit::Px,
        kind: ParamKind::Length { min: 1, max: 65535, max_percent: 100.0, default: "15%" },
    },
    position("abajo_derecha"),
    margin(
        "3%",
        Bilingual {
            es: "Distancia a los bordes; en %, del ancho de la imagen. En un mosaico, entre logotipos.",
            en: "Distance from the edges; in %, of the picture's width. Tiled, between logos.",
        },
    ),
    ParamSpec {
        id: "opacidad",
        id_en: "opacity",
        label: Bilingual { es: "Opacidad", en: "Opacity" },
        help: Bilingual {
            es: "0 no se ve, 1 lo deja como es.",
            en: "0 is invisible, 1 leaves it as it is.",
        },
        unit: Unit::None,
        kind: ParamKind::float(0.0, 1.0, 0.05, 1.0),
    },
    ANGLE,
    TILE,
];

/// How often a turned logo is made smaller until it fits.
const TRIES: usize = 4;

#[derive(Debug)]
struct Logo {
    /// The file, as the parameter has it.
    name: String,
    emblem: Emblem,
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
        let name = params.text("archivo");
        Ok(Self {
            name: name.to_owned(),
            emblem: context.asset(name, |asset| asset.logo(context.limits))?,
            size: params.length("tamano").unwrap_or(Length::Percent(15.0)),
            place: Place::named(params.text("posicion")),
            margin: params.length("margen").unwrap_or(Length::Px(0)),
            opacity: params.float("opacidad").unwrap_or(1.0) as f32,
            angle: params.float("angulo").unwrap_or_default(),
            tile: params.flag("mosaico"),
        })
    }

    /// Its width and height, px or units of a drawing.
    fn own_size(&self) -> (f64, f64) {
        match &self.emblem {
            Emblem::Picture(picture) => (f64::from(picture.width), f64::from(picture.height)),
            Emblem::Drawing(drawing) => drawing.size(),
        }
    }

    /// The logo as it lies on a picture of that size.
    fn stamp(&self, width: u32, height: u32, pool: &mut Pool) -> Result<Picture, FilterError> {
        let (own_width, own_height) = self.own_size();
        let scale = self.size.px(f64::from(width)) / own_width;
        // Turned, it may take more room; it must not leave the picture.
        let angle = self.angle.to_radians();
        let (sin, cos) = (angle.sin().abs(), angle.cos().abs());
        let room = f64::min(
            f64::from(width) / (own_width * cos + own_height * sin),
            f64::from(height) / (own_width * sin + own_height * cos),
        );
        let mut scale = scale.min(room);
        // Rounded outwards, it may be a px or two too large yet; where there is no room to be turned
        // in, it is not.
        for _ in 0..TRIES {
            let stamp = self.drawn(scale, self.angle, (width, height), pool)?;
            if stamp.width <= width && stamp.height <= height {
                return Ok(stamp);
            }
            let over = f64::max(
                f64::from(stamp.width) / f64::from(width),
                f64::from(stamp.height) / f64::from(height),
            );
            scale /= over * 1.01;
            pool.give(stamp);
        }
        self.drawn(scale, 0.0, (width, height), pool)
    }

    /// The logo at that scale, turned, before which it is no larger than `most`.
    fn drawn(
        &self,
        scale: f64,
        angle: f64,
        most: (u32, u32),
        pool: &mut Pool,
    ) -> Result<Picture, FilterError> {
        let (own_width, own_height) = self.own_size();
        let side = |length: f64| ((length * scale).round() as u32).max(1);
        let (width, height) = (side(own_width).min(most.0), side(own_height).min(most.1));
        let scaled = match &self.emblem {
            Emblem::Picture(picture) => {
                let plan = Plan { width, height, ..Plan::unchanged(picture.width, picture.height) };
                resize::resampled(Source::Shared(picture), &plan, Kernel::Lanczos, pool)
            }
            Emblem::Drawing(drawing) => drawing
                .draw(width, height)
                .map_err(|what| FilterError::Asset { name: self.name.clone(), what })?,
        };
        if angle == 0.0 {
            return Ok(scaled);
        }
        let scaled = color::with_alpha(Source::Owned(scaled), pool);
        Ok(turned(scaled, angle, pool))
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
        let stamp = self.stamp(width, height, pool)?;
        let margin = i64::from(self.margin.whole_px(width));
        let size = (stamp.width as usize, stamp.height as usize);
        let corners = if self.tile {
            tiles((width, height), size, margin)
        } else {
            vec![self.place.corner((width, height), size, margin)]
        };
        let source = if is_gray(&stamp) { source } else { color::with_color(source, pool) };
        let stamped = Stamp { picture: &stamp, corners: &corners, opacity: self.opacity };
        let picture = canvas::draw(source, pool, &stamped);
        pool.give(stamp);
        Ok(picture)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::strategy::Strategy as _;

    use super::*;
    use crate::filters::place::PLACES;
    use crate::picture::Channels;
    use crate::svg::Svg;

    fn logo(size: Length, tile: bool) -> Logo {
        // A red square whose upper half is half transparent.
        let pixels = (0..40 * 20).flat_map(|at| [250, 10, 20, if at < 400 { 128 } else { 255 }]);
        let samples = Samples::U8(pixels.collect());
        let picture = Picture { width: 40, height: 20, channels: Channels::Rgba, samples };
        Logo {
            name: String::new(),
            emblem: Emblem::Picture(Arc::new(picture)),
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

    /// A red frame around nothing, twice as wide as high.
    fn drawing() -> Emblem {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 20'>\
                   <path fill='#fa0a14' fill-rule='evenodd' d='M0 0h40v20h-40zM10 5v10h20v-10z'/></svg>";
        Emblem::Drawing(Arc::new(Svg::parse(svg.as_bytes()).unwrap()))
    }

    #[test]
    fn a_share_and_its_margin_are_the_same_on_small_and_large_pictures() {
        let sizes =
            [(400, 300), (300, 400), (1600, 1200), (1200, 1600), (8000, 2000), (2000, 8000)];
        for emblem in [logo(Length::Px(1), false).emblem, drawing()] {
            let logo = Logo { emblem, ..logo(Length::Percent(10.0), false) };
            for (width, height) in sizes {
                let pixels = stamped(&logo, width, height);
                let is_logo = |at: &usize| pixels[*at] != [100; 3];
                let at = || (0..pixels.len()).filter(is_logo).map(|at| at as u32);
                let (columns, rows) = (at().map(|at| at % width), at().map(|at| at / width));
                let (first, last) = (columns.clone().min().unwrap(), columns.max().unwrap());
                assert_eq!(last - first + 1, width / 10, "{width}x{height}");
                assert_eq!(width - 1 - last, width / 20, "{width}x{height}");
                let (first, last) = (rows.clone().min().unwrap(), rows.max().unwrap());
                assert_eq!(last - first + 1, width / 20, "{width}x{height}");
                assert_eq!(height - 1 - last, width / 20, "{width}x{height}");
            }
        }
    }

    #[test]
    fn a_drawing_is_as_sharp_on_large_pictures_as_on_small_ones() {
        // Its edges lie on whole px, so that no px is in between.
        for width in [400, 8000] {
            let logo = Logo { emblem: drawing(), ..logo(Length::Percent(10.0), false) };
            let pixels = stamped(&logo, width, width / 2);
            assert!(pixels.iter().all(|pixel| [[100; 3], [250, 10, 20]].contains(pixel)));
        }
    }

    #[test]
    fn a_gray_drawing_leaves_a_gray_picture_gray() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 2'>\
                   <path fill='#fff' d='M0 0h4v2h-4z'/></svg>";
        let emblem = Emblem::Drawing(Arc::new(Svg::parse(svg.as_bytes()).unwrap()));
        let logo = Logo { emblem, ..logo(Length::Percent(50.0), false) };
        let samples = Samples::U8(vec![7; 40 * 40]);
        let picture = Picture { width: 40, height: 40, channels: Channels::Gray, samples };
        let result = logo.apply(Source::Owned(picture), &mut Pool::new()).unwrap();
        assert_eq!(result.channels, Channels::Gray);
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
        let stamp = wide.stamp(300, 50, &mut Pool::new()).unwrap();
        assert!(stamp.width <= 300 && stamp.height <= 50, "{} {}", stamp.width, stamp.height);
    }

    proptest::proptest! {
        #[test]
        fn it_never_leaves_the_picture(
            on in (1_u32..300, 1_u32..300),
            size in proptest::prop_oneof![
                (1_i64..5000).prop_map(Length::Px),
                (0.1..100.0).prop_map(Length::Percent),
            ],
            margin in proptest::prop_oneof![
                (0_i64..5000).prop_map(Length::Px),
                (0.0..50.0).prop_map(Length::Percent),
            ],
            angle in -360.0..360.0,
            place in 0..PLACES.len(),
            is_drawing in proptest::bool::ANY,
        ) {
            let given = logo(size, false);
            let emblem = if is_drawing { drawing() } else { given.emblem.clone() };
            let place = Place::named(PLACES[place].id);
            let logo = Logo { emblem, place, margin, angle, ..given };
            let stamp = logo.stamp(on.0, on.1, &mut Pool::new()).unwrap();
            let size = (stamp.width as usize, stamp.height as usize);
            let corner = place.corner(on, size, i64::from(margin.whole_px(on.0)));
            let fits = |at: i64, length: usize, whole: u32| {
                at >= 0 && at + length as i64 <= i64::from(whole)
            };
            proptest::prop_assert!(fits(corner.0, size.0, on.0) && fits(corner.1, size.1, on.1));
        }
    }
}
