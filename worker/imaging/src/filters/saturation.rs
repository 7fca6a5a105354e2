//! Saturation: away from gray, or towards it.

use bytemuck::{cast_slice, cast_slice_mut};
use lote_protocol::filter::{Bilingual, FilterSpec};
use multiversion::multiversion;

use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::luma::{luma, luma_of_bytes};
use super::kernels::planes::{LANES, Recolor, recolor};
use super::kernels::point::{Steps, blend};
use super::kernels::sample::Sample;
use super::place::factor;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Channels, Picture};
use crate::pool::Pool;

/// `saturacion`.
pub static SATURATION: Registered = Registered {
    spec: FilterSpec {
        id: "saturacion",
        id_en: "saturation",
        label: Bilingual { es: "Saturación", en: "Saturation" },
        help: Bilingual {
            es: "Hace los colores más vivos, o más apagados con un factor menor que 1.",
            en: "Makes the colours stronger, or weaker with a factor below 1.",
        },
        params: &[factor(Bilingual {
            es: "0 deja solo grises, 1 no cambia nada, más de 1 da colores más vivos.",
            en: "0 leaves grays only, 1 changes nothing, above 1 gives stronger colours.",
        })],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        Ok(Box::new(Saturation { factor: params.float("factor").unwrap_or(1.0) as f32 }))
    },
};

/// As Pillow's `ImageEnhance.Color`.
#[derive(Debug, Clone, Copy)]
struct Saturation {
    factor: f32,
}

impl Draw for Saturation {
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let channels = canvas.channels;
        let steps = if T::MAX == 255 { Steps::of(self.factor) } else { None };
        canvas.in_pieces(|from, to| match (channels, steps) {
            (Channels::Rgb, Some(steps)) => {
                recolor::<_, 3>(cast_slice(from), cast_slice_mut(to), steps);
            }
            (Channels::Rgba, Some(steps)) => {
                recolor::<_, 4>(cast_slice(from), cast_slice_mut(to), steps);
            }
            (Channels::Rgb, None) => saturate::<T, 3>(from, to, self.factor),
            (Channels::Rgba, None) => saturate::<T, 4>(from, to, self.factor),
            (Channels::Gray | Channels::GrayAlpha, _) => to.copy_from_slice(from),
        });
    }
}

#[multiversion(targets = "simd")]
fn saturate<T: Sample, const N: usize>(from: &[T], to: &mut [T], factor: f32) {
    for (from, to) in from.as_chunks::<N>().0.iter().zip(to.as_chunks_mut::<N>().0) {
        let gray = T::new(luma(from[0], from[1], from[2]));
        *to = *from;
        for channel in 0..3 {
            to[channel] = blend(gray, from[channel], factor);
        }
    }
}

/// The same for bytes, in 16 bits.
impl Recolor for Steps {
    #[inline(always)]
    fn recolor(self, colors: [&[u8; LANES]; 3], to: [&mut [u8; LANES]; 3]) {
        for lane in 0..LANES {
            let color = [0, 1, 2].map(|channel: usize| u16::from(colors[channel][lane]));
            let gray = luma_of_bytes(color[0], color[1], color[2]) as i16;
            for channel in 0..3 {
                let value = gray + self.times(color[channel] as i16 - gray);
                to[channel][lane] = value.clamp(0, 255) as u8;
            }
        }
    }
}

impl Filter for Saturation {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, self))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, *self)
    }
}
