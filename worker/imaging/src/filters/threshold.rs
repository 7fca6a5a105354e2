//! Threshold: black and white, and nothing between.

use lote_protocol::filter::{Bilingual, Choice, FilterSpec, ParamKind, ParamSpec, Unit};

use super::grayscale;
use super::kernels::canvas;
use super::kernels::curves::Histogram;
use super::kernels::point::{Point, PointOp};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `umbral`.
pub static THRESHOLD: Registered = Registered {
    spec: FilterSpec {
        id: "umbral",
        id_en: "threshold",
        label: Bilingual { es: "Umbral", en: "Threshold" },
        help: Bilingual {
            es: "Deja solo blanco y negro: blanco lo más claro que un nivel.",
            en: "Leaves black and white only: white is what is lighter than a level.",
        },
        params: &[ParamSpec {
            id: "nivel",
            id_en: "level",
            label: Bilingual { es: "Nivel", en: "Level" },
            help: Bilingual {
                es: "De 0 a 255, u otsu, que lo busca en cada imagen.",
                en: "From 0 to 255, or otsu, which looks for it in each picture.",
            },
            unit: Unit::None,
            kind: ParamKind::Level {
                min: 0,
                max: 255,
                options: &[Choice {
                    id: "otsu",
                    id_en: "otsu",
                    label: Bilingual { es: "Otsu (automático)", en: "Otsu (automatic)" },
                }],
                default: "128",
            },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        Ok(match params.level("nivel") {
            Some(level) => Box::new(Above(level as u32)),
            None => Box::new(Otsu),
        })
    },
};

/// White is what is above this level, 0..=255.
#[derive(Debug, Clone, Copy)]
struct Above(u32);

impl PointOp for Above {
    #[inline(always)]
    fn apply<T: Sample>(self, value: T) -> T {
        let scale = T::MAX / 255;
        // At 16 bits, what rounds to more than the level.
        let most = self.0 * scale + scale / 2;
        T::new(if value.get() > most { T::MAX } else { 0 })
    }
}

impl Filter for Above {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let gray = grayscale::gray(source, pool);
        Ok(canvas::draw(Source::Owned(gray), pool, &Point(*self)))
    }

    fn is_in_place(&self) -> bool {
        false
    }
}

/// The level that parts the tones best.
#[derive(Debug)]
struct Otsu;

impl Filter for Otsu {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let gray = grayscale::gray(source, pool);
        let level = otsu(&[&gray]);
        Ok(canvas::draw(Source::Owned(gray), pool, &Point(Above(level))))
    }

    fn decide(&self, frames: &[&Picture]) -> Option<Box<dyn Filter>> {
        let mut pool = Pool::new();
        let gray: Vec<_> =
            frames.iter().map(|frame| grayscale::gray(Source::Shared(frame), &mut pool)).collect();
        Some(Box::new(Above(otsu(&gray.iter().collect::<Vec<_>>()))))
    }

    fn is_in_place(&self) -> bool {
        false
    }
}

/// The level with the largest variance between what is above it and what is not (N. Otsu, "A
/// Threshold Selection Method from Gray-Level Histograms", 1979), of 0..=255. One tone alone has no
/// such level: it is 0 then, as in `OpenCV`.
fn otsu(gray: &[&Picture]) -> u32 {
    let histogram = Histogram::of(gray);
    let scale = histogram.max / 255;
    let mut counts = [0_u64; 256];
    for (value, count) in (0..).zip(histogram.counts.iter().flatten()) {
        counts[((value + scale / 2) / scale) as usize] += count;
    }
    let whole: u64 = counts.iter().sum();
    let sum: u64 = (0..).zip(counts).map(|(value, count)| value * count).sum();
    let (mut below, mut sum_below) = (0, 0);
    let mut best = (0.0, 0);
    for (level, count) in (0..).zip(counts) {
        below += count;
        sum_below += u64::from(level) * count;
        let above = whole - below;
        if below == 0 || above == 0 {
            continue;
        }
        let mean = |sum: u64, count: u64| sum as f64 / count as f64;
        let apart = mean(sum_below, below) - mean(sum - sum_below, above);
        let variance = below as f64 * above as f64 * apart * apart;
        if variance > best.0 {
            best = (variance, level);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Channels, Samples};

    #[test]
    fn one_tone_alone_has_level_0() {
        for tone in [0, 1, 90, 255] {
            let samples = Samples::U8(vec![tone; 12]);
            let picture = Picture { width: 4, height: 3, channels: Channels::Gray, samples };
            assert_eq!(otsu(&[&picture]), 0, "{tone}");
        }
    }

    #[test]
    fn two_heaps_of_tones_are_parted_between_them_at_both_depths() {
        let tones: Vec<u8> =
            (0..4000_u32).map(|i| (if i % 3 == 0 { 40 } else { 180 } + i * 7 % 25) as u8).collect();
        let narrow = Picture {
            width: 80,
            height: 50,
            channels: Channels::Gray,
            samples: Samples::U8(tones.clone()),
        };
        let wide = tones.iter().map(|&tone| u16::from(tone) * 257).collect();
        let wide = Picture { samples: Samples::U16(wide), ..narrow };
        let level = otsu(&[&narrow]);
        assert!((64..180).contains(&level), "{level}");
        assert_eq!(otsu(&[&wide]), level);
    }
}
