//! Trim: borders of one colour are cut off.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::crop::cut;
use super::kernels::background::{Bounds, bounds};
use super::{Filter, FilterError, Registered, ResultSize, Source};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// `bordes_fuera`.
pub static TRIM: Registered = Registered {
    spec: FilterSpec {
        id: "bordes_fuera",
        id_en: "trim",
        label: Bilingual { es: "Quitar bordes", en: "Trim" },
        help: Bilingual {
            es: "Quita los bordes del color que hay en la esquina superior izquierda.",
            en: "Cuts off borders of the colour that is in the upper left corner.",
        },
        params: &[ParamSpec {
            id: "tolerancia",
            id_en: "tolerance",
            label: Bilingual { es: "Tolerancia", en: "Tolerance" },
            help: Bilingual {
                es: "Cuánto puede apartarse un píxel del color del borde sin dejar de serlo.",
                en: "How far a pixel may be from the border's colour and still be part of it.",
            },
            unit: Unit::None,
            kind: ParamKind::Integer { min: 0, max: 255, default: Some(10) },
        }],
        conflicts: &[],
    },
    size: |_, size| ResultSize::AtMost(size),
    build: |params, _| {
        Ok(Box::new(Trim { tolerance: params.integer("tolerancia").unwrap_or_default() as u32 }))
    },
};

#[derive(Debug)]
struct Trim {
    /// 0..=255.
    tolerance: u32,
}

impl Trim {
    /// What is not border, on any of these pictures; `None` if all of it is.
    fn find(&self, frames: &[&Picture]) -> Option<Bounds> {
        let of = |picture: &&Picture| match &picture.samples {
            Samples::U8(samples) => bounds(picture, samples, self.tolerance),
            Samples::U16(samples) => bounds(picture, samples, self.tolerance * 257),
        };
        frames.iter().filter_map(of).reduce(Bounds::hull)
    }
}

impl Filter for Trim {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let found = self.find(&[source.picture()]);
        Trimmed(found).apply(source, pool)
    }

    fn decide(&self, frames: &[&Picture]) -> Option<Box<dyn Filter>> {
        Some(Box::new(Trimmed(self.find(frames))))
    }

    fn is_in_place(&self) -> bool {
        false
    }
}

/// What is to be left; `None` leaves all.
#[derive(Debug)]
struct Trimmed(Option<Bounds>);

impl Filter for Trimmed {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let picture = source.picture();
        let all = Bounds::of(picture.width, picture.height);
        let left = self.0.unwrap_or(all);
        if left == all {
            return Ok(source.into_owned(pool));
        }
        let corner = (left.columns.0, left.rows.0);
        let size = (left.columns.1 - left.columns.0, left.rows.1 - left.rows.0);
        Ok(cut(source, corner, size, pool))
    }

    fn is_in_place(&self) -> bool {
        false
    }
}
