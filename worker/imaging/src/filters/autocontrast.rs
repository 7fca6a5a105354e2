//! Automatic contrast: the darkest tone of each channel becomes black, the lightest one white.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::kernels::canvas;
use super::kernels::curves::{Curves, Histogram};
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `autocontraste`.
pub static AUTOCONTRAST: Registered = Registered {
    spec: FilterSpec {
        id: "autocontraste",
        id_en: "autocontrast",
        label: Bilingual { es: "Autocontraste", en: "Autocontrast" },
        help: Bilingual {
            es: "Estira cada canal para que vaya del negro al blanco.",
            en: "Stretches each channel so that it goes from black to white.",
        },
        params: &[ParamSpec {
            id: "corte",
            id_en: "cutoff",
            label: Bilingual { es: "Corte", en: "Cutoff" },
            help: Bilingual {
                es: "Parte de los píxeles más oscuros, y de los más claros, que no cuenta.",
                en: "Share of the darkest pixels, and of the lightest, that does not count.",
            },
            unit: Unit::Percent,
            kind: ParamKind::Float {
                min: 0.0,
                max: 49.0,
                slider_max: 10.0,
                step: 0.1,
                default: Some(0.0),
            },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        Ok(Box::new(Autocontrast { cutoff: params.float("corte").unwrap_or_default() }))
    },
};

/// As Pillow's `ImageOps.autocontrast`.
#[derive(Debug)]
struct Autocontrast {
    /// Per cent.
    cutoff: f64,
}

impl Autocontrast {
    fn curves(&self, pictures: &[&Picture]) -> Curves {
        Histogram::of(pictures).curves(|counts| self.table(counts))
    }

    fn table(&self, counts: &[u64]) -> Vec<u16> {
        let max = counts.len() - 1;
        let cut = (counts.iter().sum::<u64>() as f64 * self.cutoff / 100.0).floor() as u64;
        let mut left = counts.to_vec();
        take(left.iter_mut(), cut);
        take(left.iter_mut().rev(), cut);
        let lowest = left.iter().position(|&count| count > 0).unwrap_or(max);
        let highest = left.iter().rposition(|&count| count > 0).unwrap_or(0);
        if highest <= lowest {
            return (0..=max).map(|value| value as u16).collect();
        }
        let scale = max as f64 / (highest - lowest) as f64;
        let offset = -(lowest as f64) * scale;
        (0..=max)
            .map(|value| (value as f64 * scale + offset).clamp(0.0, max as f64) as u16)
            .collect()
    }
}

/// Takes `cut` pixels from the first values.
fn take<'a>(counts: impl Iterator<Item = &'a mut u64>, mut cut: u64) {
    for count in counts {
        let taken = cut.min(*count);
        *count -= taken;
        cut -= taken;
        if cut == 0 {
            break;
        }
    }
}

impl Filter for Autocontrast {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let curves = self.curves(&[source.picture()]);
        Ok(canvas::draw(source, pool, &curves))
    }

    fn decide(&self, frames: &[&Picture]) -> Option<Box<dyn Filter>> {
        Some(Box::new(Looked(self.curves(frames))))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, self.curves(&[picture]))
    }
}

/// Tables that were made of pictures, for each of them.
#[derive(Debug)]
pub(super) struct Looked(pub(super) Curves);

impl Filter for Looked {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, &self.0))
    }
}
