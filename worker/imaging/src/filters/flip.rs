//! Flip: left and right, or top and bottom, change places.

use lote_protocol::filter::{Bilingual, Choice, FilterSpec, ParamKind, ParamSpec, Unit};

use super::{Filter, FilterError, Registered, Source, same_size};
use crate::metadata::orientation::{Orientation, turned, upright};
use crate::picture::Picture;
use crate::pool::Pool;

/// `voltear`.
pub static FLIP: Registered = Registered {
    spec: FilterSpec {
        id: "voltear",
        id_en: "flip",
        label: Bilingual { es: "Voltear", en: "Flip" },
        help: Bilingual {
            es: "Da la vuelta a la imagen, como en un espejo.",
            en: "Turns the picture over, as a mirror does.",
        },
        params: &[ParamSpec {
            id: "direccion",
            id_en: "direction",
            label: Bilingual { es: "Dirección", en: "Direction" },
            help: Bilingual {
                es: "Horizontal cambia la izquierda por la derecha; vertical, arriba por abajo.",
                en: "Horizontal swaps left and right; vertical swaps top and bottom.",
            },
            unit: Unit::None,
            kind: ParamKind::Choice {
                options: &[
                    Choice {
                        id: "horizontal",
                        id_en: "horizontal",
                        label: Bilingual { es: "Horizontal", en: "Horizontal" },
                    },
                    Choice {
                        id: "vertical",
                        id_en: "vertical",
                        label: Bilingual { es: "Vertical", en: "Vertical" },
                    },
                ],
                default: "horizontal",
            },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        Ok(Box::new(Flip(match params.text("direccion") {
            "vertical" => Orientation::MirrorRows,
            _ => Orientation::MirrorColumns,
        })))
    },
};

#[derive(Debug)]
struct Flip(Orientation);

impl Filter for Flip {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        Ok(match source {
            Source::Shared(picture) => turned(picture, self.0, pool),
            Source::Owned(picture) => upright(picture, self.0, pool),
        })
    }
}
