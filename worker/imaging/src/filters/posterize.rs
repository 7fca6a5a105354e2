//! Posterize: fewer tones per channel.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::kernels::canvas;
use super::kernels::point::{Point, PointOp};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `posterizar`.
pub static POSTERIZE: Registered = Registered {
    spec: FilterSpec {
        id: "posterizar",
        id_en: "posterize",
        label: Bilingual { es: "Posterizar", en: "Posterize" },
        help: Bilingual {
            es: "Reduce el número de tonos, como en un cartel impreso.",
            en: "Reduces the number of tones, as on a printed poster.",
        },
        params: &[ParamSpec {
            id: "bits",
            id_en: "bits",
            label: Bilingual { es: "Bits por canal", en: "Bits per channel" },
            help: Bilingual {
                es: "Bits que se conservan: 1 deja 2 tonos por canal, 8 los deja todos.",
                en: "Bits that are kept: 1 leaves 2 tones per channel, 8 leaves all.",
            },
            unit: Unit::Bits,
            kind: ParamKind::Integer { min: 1, max: 8, default: Some(4) },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        let bits = params.integer("bits").unwrap_or(8).clamp(1, 8) as u32;
        Ok(Box::new(Posterize { bits }))
    },
};

/// Keeps the top `bits` of each sample.
#[derive(Debug, Clone, Copy)]
struct Posterize {
    bits: u32,
}

impl PointOp for Posterize {
    #[inline(always)]
    fn apply<T: Sample>(self, value: T) -> T {
        T::new(value.get() & !(T::MAX >> self.bits))
    }
}

impl Filter for Posterize {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(canvas::draw(source, pool, &Point(*self)))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, Point(*self))
    }
}
