//! Duotone: from one colour in the shadows to another one in the highlights.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};
use multiversion::multiversion;

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
        label: Bilingual { es: "Tinte", en: "Duotone" },
        help: Bilingual {
            es: "Pinta la imagen con dos colores, de las sombras a las luces.",
            en: "Paints the picture in two colours, from the shadows to the highlights.",
        },
        params: &[
            ParamSpec {
                id: "sombras",
                id_en: "shadows",
                label: Bilingual { es: "Sombras", en: "Shadows" },
                help: Bilingual { es: "Color de lo negro.", en: "Colour of what is black." },
                unit: Unit::None,
                kind: ParamKind::Color { default: "#1b2a4a", transparent: false },
            },
            ParamSpec {
                id: "luces",
                id_en: "highlights",
                label: Bilingual { es: "Luces", en: "Highlights" },
                help: Bilingual { es: "Color de lo blanco.", en: "Colour of what is white." },
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
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let max = i64::from(T::MAX);
        let scale = max / 255;
        let tint = |value: i64| {
            [0, 1, 2].map(|channel| {
                let [from, to] =
                    [self.shadows, self.highlights].map(|color| i64::from(color[channel]) * scale);
                T::new((from + (value * (to - from)).div_euclid(max)) as u32)
            })
        };
        let tints: Vec<[T; 3]> = (0..=max).map(tint).collect();
        let channels = canvas.channels;
        let mut gray = Vec::new();
        canvas.in_pieces(|from, to| {
            gray.resize(from.len() / channels.count(), T::default());
            match channels {
                Channels::Rgba => recolor::<T, 4>(from, to, &mut gray, &tints),
                _ => recolor::<T, 3>(from, to, &mut gray, &tints),
            }
        });
    }
}

/// Gives each pixel of `N` samples the tint of its luminance, which goes to `gray`.
fn recolor<T: Sample, const N: usize>(from: &[T], to: &mut [T], gray: &mut [T], tints: &[[T; 3]]) {
    // With this length no value of 8 bits has to be checked.
    let tints = &tints[..=T::MAX as usize];
    lumas::<T, N>(from, gray);
    let pixels = from.as_chunks::<N>().0.iter().zip(to.as_chunks_mut::<N>().0);
    for ((from, to), gray) in pixels.zip(gray) {
        *to = *from;
        to[..3].copy_from_slice(&tints[gray.get() as usize]);
    }
}

#[multiversion(targets = "simd")]
fn lumas<T: Sample, const N: usize>(samples: &[T], to: &mut [T]) {
    for (pixel, to) in samples.as_chunks::<N>().0.iter().zip(to) {
        *to = T::new(luma(pixel[0], pixel[1], pixel[2]));
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
