//! Sepia: the brown of old photographs.

use lote_protocol::filter::{FilterSpec, Text};
use multiversion::multiversion;

use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::color;
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Channels, Picture};
use crate::pool::Pool;

/// `sepia`.
pub static SEPIA: Registered = Registered {
    spec: FilterSpec {
        id: "sepia",
        id_en: "sepia",
        label: Text { es: "Sepia", en: "Sepia" },
        help: Text {
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
        let source = canvas.source_rows();
        let Canvas { channels, samples, .. } = canvas;
        match channels {
            Channels::Rgb => tone::<T, 3>(samples, source),
            Channels::Rgba => tone::<T, 4>(samples, source),
            // `apply` has given them a colour.
            Channels::Gray | Channels::GrayAlpha => {}
        }
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
const WEIGHTS: [[u16; 3]; 3] = [[393, 769, 189], [349, 686, 168], [272, 534, 131]];

/// Pixels that are taken apart into planes at a time.
const BLOCK: usize = 64;

/// A few red, green and blue samples.
type Planes<T> = [[T; BLOCK]; 3];

/// Tones pixels of `N` samples, from `source` or in place.
#[multiversion(targets = "simd")]
fn tone<T: Sample, const N: usize>(samples: &mut [T], source: Option<&[T]>) {
    // Whole blocks, then one that is filled up with black.
    let len = BLOCK * N;
    for (index, block) in samples.chunks_mut(len).enumerate() {
        if let Some(source) = source {
            block.copy_from_slice(&source[index * len..][..block.len()]);
        }
        if block.len() == len {
            tone_block::<T, N>(block);
        } else {
            let mut filled = [T::default(); 4 * BLOCK];
            filled[..block.len()].copy_from_slice(block);
            tone_block::<T, N>(&mut filled[..len]);
            block.copy_from_slice(&filled[..block.len()]);
        }
    }
}

#[inline(always)]
fn tone_block<T: Sample, const N: usize>(block: &mut [T]) {
    let pixels = &mut block.as_chunks_mut::<N>().0[..BLOCK];
    let mut planes = [[T::default(); BLOCK]; 3];
    for (index, pixel) in pixels.iter().enumerate() {
        for channel in 0..3 {
            planes[channel][index] = pixel[channel];
        }
    }
    let toned = WEIGHTS.map(|weights| {
        let bytes = if T::MAX == 255 { tone_bytes(&planes, weights) } else { None };
        bytes.unwrap_or_else(|| tone_doubles(&planes, weights))
    });
    for (index, pixel) in pixels.iter_mut().enumerate() {
        for channel in 0..3 {
            pixel[channel] = toned[channel][index];
        }
    }
}

/// The formula as it was written in Python: in double precision, cut off.
#[inline(always)]
fn tone_doubles<T: Sample>(planes: &Planes<T>, weights: [u16; 3]) -> [T; BLOCK] {
    let [r, g, b] = weights.map(|weight| f64::from(weight) / 1000.0);
    std::array::from_fn(|index| {
        let [red, green, blue] =
            [0, 1, 2].map(|channel: usize| f64::from(planes[channel][index].get() as i32));
        T::from_f64(r * red + g * green + b * blue)
    })
}

/// The same for bytes in whole numbers. Where the exact value is a whole number, the sum in double
/// precision can fall short of it (859 colours of 16.7 million do): then there is no result.
#[inline(always)]
fn tone_bytes<T: Sample>(planes: &Planes<T>, weights: [u16; 3]) -> Option<[T; BLOCK]> {
    let [r, g, b] = weights.map(u32::from);
    let mut toned = [T::default(); BLOCK];
    let mut whole = 0;
    for index in 0..BLOCK {
        let [red, green, blue] = [0, 1, 2].map(|channel: usize| planes[channel][index].get());
        let sum = r * red + g * green + b * blue;
        // Divided by 8 and then by 125, which is exact for sums up to 255 * 1351.
        let value = ((sum >> 3) * 33555) >> 22;
        whole |= u32::from(sum == value * 1000) & u32::from(sum != 0);
        toned[index] = T::new(value.min(T::MAX));
    }
    (whole == 0).then_some(toned)
}

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
            tone::<u8, 3>(&mut toned, Some(&samples));
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
