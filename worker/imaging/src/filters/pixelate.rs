//! Pixelate: squares of one colour.

use lote_protocol::filter::{Bilingual, FilterSpec, Length, ParamKind, ParamSpec, Unit};
use multiversion::multiversion;

use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `pixelar`.
pub static PIXELATE: Registered = Registered {
    spec: FilterSpec {
        id: "pixelar",
        id_en: "pixelate",
        label: Bilingual { es: "Pixelar", en: "Pixelate" },
        help: Bilingual {
            es: "Hace de la imagen un mosaico de cuadrados de un solo color.",
            en: "Makes the picture a mosaic of squares of one colour each.",
        },
        params: &[ParamSpec {
            id: "tamano",
            id_en: "size",
            label: Bilingual { es: "Tamaño", en: "Size" },
            help: Bilingual {
                es: "Lado de los cuadrados; en %, del lado más corto de la imagen.",
                en: "Side of the squares; in %, of the picture's shorter side.",
            },
            unit: Unit::Px,
            kind: ParamKind::Length { min: 1, max: 65535, max_percent: 100.0, default: "10" },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        Ok(Box::new(Pixelate { side: params.length("tamano").unwrap_or(Length::Px(10)) }))
    },
};

#[derive(Debug, Clone, Copy)]
struct Pixelate {
    side: Length,
}

impl Draw for Pixelate {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let shorter = canvas.width.min(canvas.height) as u32;
        let side = self.side.whole_px(shorter).max(1) as usize;
        let (count, len) = (canvas.channels.count(), canvas.row_len());
        let has_alpha = canvas.channels.has_alpha();
        if !has_alpha {
            return opaque(&mut canvas, side);
        }
        canvas.copy();
        for band in canvas.samples.chunks_mut(side.saturating_mul(len)) {
            for start in (0..len).step_by(side.saturating_mul(count)) {
                let columns = start..(start + side.saturating_mul(count)).min(len);
                let mean = mean(band, len, columns.clone(), count, has_alpha);
                for row in band.chunks_exact_mut(len) {
                    for pixel in row[columns.clone()].chunks_exact_mut(count) {
                        pixel.copy_from_slice(&mean[..count]);
                    }
                }
            }
        }
    }
}

/// The same without alpha: the rows of a square are added up side by side.
fn opaque<T: Sample>(canvas: &mut Canvas<'_, T>, side: usize) {
    let (count, len) = (canvas.channels.count(), canvas.row_len());
    let mut sums = vec![0; len];
    let mut line = vec![T::default(); len];
    let mut left = canvas.source_rows();
    for band in canvas.samples.chunks_mut(side.saturating_mul(len)) {
        sums.fill(0);
        match &mut left {
            Some(source) => {
                let (rows, rest) = source.split_at(band.len());
                add_rows(rows, &mut sums);
                *source = rest;
            }
            None => add_rows(band, &mut sums),
        }
        let rows = (band.len() / len) as u64;
        let square = side.saturating_mul(count);
        for (sums, to) in sums.chunks(square).zip(line.chunks_mut(square)) {
            let pixels = rows * (sums.len() / count) as u64;
            let mut mean = [T::default(); 4];
            for (channel, mean) in mean.iter_mut().enumerate().take(count) {
                let sum: u64 =
                    sums.iter().skip(channel).step_by(count).map(|&sum| u64::from(sum)).sum();
                *mean = T::new(((sum + pixels / 2) / pixels) as u32);
            }
            to.chunks_exact_mut(count).for_each(|pixel| pixel.copy_from_slice(&mean[..count]));
        }
        band.chunks_exact_mut(len).for_each(|row| row.copy_from_slice(&line));
    }
}

/// Adds up rows; at most 65535 of them are a square's.
#[multiversion(targets = "simd")]
fn add_rows<T: Sample>(rows: &[T], sums: &mut [u32]) {
    for row in rows.chunks_exact(sums.len()) {
        for (sum, sample) in sums.iter_mut().zip(row) {
            *sum += sample.get();
        }
    }
}

/// The mean of those columns of all rows, rounded; each colour counts as much as it is visible.
fn mean<T: Sample>(
    rows: &[T],
    len: usize,
    columns: std::ops::Range<usize>,
    count: usize,
    has_alpha: bool,
) -> [T; 4] {
    let mut sums = [0_u64; 4];
    let (mut weights, mut pixels) = (0_u64, 0_u64);
    let colors = count - usize::from(has_alpha);
    for row in rows.chunks_exact(len) {
        for pixel in row[columns.clone()].chunks_exact(count) {
            let weight = if has_alpha { u64::from(pixel[colors].get()) } else { 1 };
            for (sum, sample) in sums.iter_mut().zip(&pixel[..colors]) {
                *sum += u64::from(sample.get()) * weight;
            }
            weights += weight;
            pixels += 1;
        }
    }
    let rounded = |sum: u64, by: u64| T::new(((sum + by / 2) / by.max(1)) as u32);
    let mut mean = sums.map(|sum| rounded(sum, weights));
    if has_alpha {
        mean[colors] = rounded(weights, pixels);
    }
    mean
}

impl Filter for Pixelate {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, self))
    }
}
