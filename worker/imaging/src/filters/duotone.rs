//! Duotone: from one colour in the shadows to another one in the highlights.

use lote_protocol::filter::{FilterSpec, ParamKind, ParamSpec, Text, Unit};

use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::color;
use super::kernels::luma::luma;
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Channels, Picture};
use crate::pool::Pool;

/// `tinte`.
pub static DUOTONE: Registered = Registered {
    spec: FilterSpec {
        id: "tinte",
        id_en: "duotone",
        label: Text { es: "Tinte", en: "Duotone" },
        help: Text {
            es: "Pinta la imagen con dos colores, de las sombras a las luces.",
            en: "Paints the picture in two colours, from the shadows to the highlights.",
        },
        params: &[
            ParamSpec {
                id: "sombras",
                id_en: "shadows",
                label: Text { es: "Sombras", en: "Shadows" },
                help: Text { es: "Color de lo negro.", en: "Colour of what is black." },
                unit: Unit::None,
                kind: ParamKind::Color { default: "#1b2a4a", transparent: false },
            },
            ParamSpec {
                id: "luces",
                id_en: "highlights",
                label: Text { es: "Luces", en: "Highlights" },
                help: Text { es: "Color de lo blanco.", en: "Colour of what is white." },
                unit: Unit::None,
                kind: ParamKind::Color { default: "#f6e7c8", transparent: false },
            },
        ],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        let color = |id| params.color(id).unwrap_or_default();
        Ok(Box::new(Duotone { shadows: color("sombras"), highlights: color("luces") }))
    },
};

/// As Pillow's `ImageOps.colorize`.
#[derive(Debug, Clone, Copy)]
struct Duotone {
    shadows: [u8; 3],
    highlights: [u8; 3],
}

impl Draw for Duotone {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
        canvas.copy();
        let max = i64::from(T::MAX);
        let scale = max / 255;
        let tables = [0, 1, 2].map(|channel| {
            let [from, to] =
                [self.shadows, self.highlights].map(|color| i64::from(color[channel]) * scale);
            let at = |value: i64| T::new((from + (value * (to - from)).div_euclid(max)) as u32);
            (0..=max).map(at).collect::<Vec<_>>()
        });
        for pixel in canvas.samples.chunks_exact_mut(canvas.channels.count()) {
            if let [red, green, blue, ..] = pixel {
                let gray = luma(*red, *green, *blue) as usize;
                [*red, *green, *blue] = [0, 1, 2].map(|channel: usize| tables[channel][gray]);
            }
        }
    }
}

impl Filter for Duotone {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let source = color::with_color(source, pool);
        Ok(canvas::draw(source, pool, self))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        (picture.channels == Channels::Rgb).then(|| canvas::by_rows(picture, *self)).flatten()
    }
}
