//! Sepia: the brown of old photographs.

use bytemuck::{cast_slice, cast_slice_mut};
use lote_protocol::filter::{Bilingual, FilterSpec};
use multiversion::multiversion;

use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::color;
use super::kernels::planes::{LANES, Recolor, recolor};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Channels, Picture};
use crate::pool::Pool;

/// `sepia`.
pub static SEPIA: Registered = Registered {
    spec: FilterSpec {
        id: "sepia",
        id_en: "sepia",
        label: Bilingual { es: "Sepia", en: "Sepia" },
        help: Bilingual {
            es: "Da el tono marrón de las fotografías antiguas.",
            en: "Gives the brown tone of old photographs.",
        },
        params: &[],
        conflicts: &[],
    },
    size: same_size,
    build: |_, _| Ok(Box::new(Sepia)),
};

#[derive(Debug, Clone, Copy)]
struct Sepia;

impl Draw for Sepia {
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let (channels, is_bytes) = (canvas.channels, T::MAX == 255);
        canvas.in_pieces(|from, to| match channels {
            Channels::Rgb if is_bytes => {
                recolor::<_, 3>(cast_slice(from), cast_slice_mut(to), *self);
            }
            Channels::Rgba if is_bytes => {
                recolor::<_, 4>(cast_slice(from), cast_slice_mut(to), *self);
            }
            Channels::Rgb => tone::<T, 3>(from, to),
            Channels::Rgba => tone::<T, 4>(from, to),
            // `apply` has given them a colour.
            Channels::Gray | Channels::GrayAlpha => {}
        });
    }
}

impl Filter for Sepia {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let source = color::with_color(source, pool);
        Ok(canvas::draw(source, pool, self))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        picture.channels.is_color().then(|| canvas::by_rows(picture, *self)).flatten()
    }
}

/// Weights of red, green and blue in the new red, green and blue, in thousandths.
const WEIGHTS: [[i16; 3]; 3] = [[393, 769, 189], [349, 686, 168], [272, 534, 131]];

/// Tones pixels of `N` samples.
#[multiversion(targets = "simd")]
fn tone<T: Sample, const N: usize>(from: &[T], to: &mut [T]) {
    for (from, to) in from.as_chunks::<N>().0.iter().zip(to.as_chunks_mut::<N>().0) {
        *to = *from;
        for (channel, to) in to.iter_mut().enumerate().take(3) {
            *to = toned([from[0], from[1], from[2]], channel);
        }
    }
}

/// The formula as it was written in Python: in double precision, cut off.
#[inline(always)]
fn toned<T: Sample>(color: [T; 3], channel: usize) -> T {
    let [r, g, b] = WEIGHTS[channel].map(|weight| f64::from(weight) / 1000.0);
    let [red, green, blue] = color.map(|sample| f64::from(sample.get() as i32));
    T::from_f64(r * red + g * green + b * blue)
}

/// The same for bytes in 16 bits: eighths of the sum, and what they leave over, by themselves. Where
/// the exact value is a whole number, the sum in double precision can fall short of it (859 colours of
/// 16.7 million do).
impl Recolor for Sepia {
    #[inline(always)]
    fn recolor(self, colors: [&[u8; LANES]; 3], mut to: [&mut [u8; LANES]; 3]) {
        let mut wholes = [0; LANES];
        for lane in 0..LANES {
            let color = [0, 1, 2].map(|channel: usize| i16::from(colors[channel][lane]));
            let mut whole = u16::MAX;
            for channel in 0..3 {
                let sum = |weights: [i16; 3]| {
                    let [r, g, b] = [0, 1, 2].map(|i: usize| color[i].wrapping_mul(weights[i]));
                    r.wrapping_add(g).wrapping_add(b)
                };
                // Of -4..=3, and so of -2040..=1530 in all.
                let left = sum(WEIGHTS[channel].map(|weight| weight - 8 * eighth(weight)));
                // At most 255 * 1351 / 8, which is below 2^16.
                let eighths = sum(WEIGHTS[channel].map(eighth)).wrapping_add(left >> 3) as u16;
                // Divided by 125, which is exact for all of them.
                let value = ((u32::from(eighths) * 33555) >> 16) as i16 >> 6;
                to[channel][lane] = value.clamp(0, 255) as u8;
                whole = whole.min(eighths.wrapping_mul(OF_125) | (left as u16) << 13);
            }
            // Black stays black.
            wholes[lane] = whole.wrapping_sub(1);
        }
        if wholes.iter().fold(u16::MAX, |least, &whole| least.min(whole)) < MULTIPLES {
            for lane in (0..LANES).filter(|&lane| wholes[lane] < MULTIPLES) {
                let color = colors.map(|plane| plane[lane]);
                for (channel, to) in to.iter_mut().enumerate() {
                    to[lane] = toned(color, channel);
                }
            }
        }
    }
}

const fn eighth(weight: i16) -> i16 {
    (weight + 4) >> 3
}

/// What 125 is multiplied by to be 1 in 16 bits. It makes multiples of 125 small and all others large.
const OF_125: u16 = 30_933;
/// How many multiples of 125, but for 0, there are in 16 bits.
const MULTIPLES: u16 = u16::MAX / 125;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_color_becomes_what_the_formula_gives_in_double_precision() {
        for red in 0..=255 {
            let mut samples = Vec::with_capacity(3 << 16);
            for green in 0..=255 {
                for blue in 0..=255 {
                    samples.extend([red, green, blue]);
                }
            }
            let mut toned = vec![0; samples.len()];
            recolor::<_, 3>(&samples, &mut toned, Sepia);
            for (color, toned) in samples.as_chunks::<3>().0.iter().zip(toned.as_chunks().0) {
                let [r, g, b] = color.map(f64::from);
                let expected: [u8; 3] = [
                    (0.393 * r + 0.769 * g + 0.189 * b) as u8,
                    (0.349 * r + 0.686 * g + 0.168 * b) as u8,
                    (0.272 * r + 0.534 * g + 0.131 * b) as u8,
                ];
                assert_eq!(*toned, expected, "{color:?}");
            }
        }
    }
}
