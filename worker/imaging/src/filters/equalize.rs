//! Equalize: all tones become about as frequent.

use lote_protocol::filter::{Bilingual, FilterSpec};

use super::autocontrast::Looked;
use super::kernels::canvas;
use super::kernels::curves::{Curves, Histogram};
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `ecualizar`.
pub static EQUALIZE: Registered = Registered {
    spec: FilterSpec {
        id: "ecualizar",
        id_en: "equalize",
        label: Bilingual { es: "Ecualizar", en: "Equalize" },
        help: Bilingual {
            es: "Reparte los tonos de cada canal para que todos sean igual de frecuentes.",
            en: "Spreads the tones of each channel so that all are about as frequent.",
        },
        params: &[],
        conflicts: &[],
    },
    size: same_size,
    build: |_, _| Ok(Box::new(Equalize)),
};

/// As Pillow's `ImageOps.equalize`; 16-bit values are found with its step for 8 bits.
#[derive(Debug)]
struct Equalize;

fn curves(pictures: &[&Picture]) -> Curves {
    Histogram::of(pictures).curves(table)
}

fn table(counts: &[u64]) -> Vec<u16> {
    let max = counts.len() as u64 - 1;
    let last = counts.iter().rfind(|count| **count > 0).copied().unwrap_or_default();
    let step = (counts.iter().sum::<u64>() - last) / 255;
    if step == 0 {
        return (0..=max).map(|value| value as u16).collect();
    }
    let mut sum = step / 2;
    let place = |count: &u64| {
        let value = (sum * (max / 255) / step).min(max);
        sum += count;
        value as u16
    };
    counts.iter().map(place).collect()
}

impl Filter for Equalize {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let curves = curves(&[source.picture()]);
        Ok(canvas::draw(source, pool, &curves))
    }

    fn decide(&self, frames: &[&Picture]) -> Option<Box<dyn Filter>> {
        Some(Box::new(Looked(curves(frames))))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, curves(&[picture]))
    }
}
