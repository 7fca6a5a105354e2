//! The nine places of a picture, what is in one of them, and parameters that several filters have.

use lote_protocol::filter::{Bilingual, Choice, ParamKind, ParamSpec, Unit};

/// The nine places, row by row.
pub(super) const PLACES: &[Choice] = &[
    place("arriba_izquierda", "top_left", "Arriba a la izquierda", "Top left"),
    place("arriba", "top", "Arriba", "Top"),
    place("arriba_derecha", "top_right", "Arriba a la derecha", "Top right"),
    place("izquierda", "left", "Izquierda", "Left"),
    place("centro", "center", "Centro", "Centre"),
    place("derecha", "right", "Derecha", "Right"),
    place("abajo_izquierda", "bottom_left", "Abajo a la izquierda", "Bottom left"),
    place("abajo", "bottom", "Abajo", "Bottom"),
    place("abajo_derecha", "bottom_right", "Abajo a la derecha", "Bottom right"),
];

/// A word for a place.
pub(super) const fn place(
    id: &'static str,
    id_en: &'static str,
    es: &'static str,
    en: &'static str,
) -> Choice {
    Choice { id, id_en, label: Bilingual { es, en } }
}

/// The place of a mark, at first the one of that id.
pub(super) const fn position(default: &'static str) -> ParamSpec {
    ParamSpec {
        id: "posicion",
        id_en: "position",
        label: Bilingual { es: "Posición", en: "Position" },
        help: Bilingual {
            es: "En qué parte de la imagen está.",
            en: "Where on the picture it is.",
        },
        unit: Unit::None,
        kind: ParamKind::Choice { options: PLACES, default },
    }
}

/// How far a mark keeps from the edges.
pub(super) const fn margin(default: &'static str, help: Bilingual) -> ParamSpec {
    ParamSpec {
        id: "margen",
        id_en: "margin",
        label: Bilingual { es: "Margen", en: "Margin" },
        help,
        unit: Unit::Px,
        kind: ParamKind::Length { min: 0, max: 65535, max_percent: 50.0, default },
    }
}

/// How far a mark is turned.
pub(super) const ANGLE: ParamSpec = ParamSpec {
    id: "angulo",
    id_en: "angle",
    label: Bilingual { es: "Ángulo", en: "Angle" },
    help: Bilingual {
        es: "Cuánto gira en contra de las agujas del reloj.",
        en: "How far it is turned counter-clockwise.",
    },
    unit: Unit::Degrees,
    kind: ParamKind::Float {
        min: -360.0,
        max: 360.0,
        slider_max: 180.0,
        step: 1.0,
        default: Some(0.0),
    },
};

/// Whether a mark is all over the picture.
pub(super) const TILE: ParamSpec = ParamSpec {
    id: "mosaico",
    id_en: "tile",
    label: Bilingual { es: "Mosaico", en: "Tile" },
    help: Bilingual { es: "Lo repite por toda la imagen.", en: "Repeats it all over the picture." },
    unit: Unit::None,
    kind: ParamKind::Bool { default: false },
};

/// How far a picture is from what `help` says that 0 gives; 1 is the picture itself.
pub(super) const fn factor(help: Bilingual) -> ParamSpec {
    ParamSpec {
        id: "factor",
        id_en: "factor",
        label: Bilingual { es: "Factor", en: "Factor" },
        help,
        unit: Unit::None,
        kind: ParamKind::Float {
            min: 0.0,
            max: 10.0,
            slider_max: 3.0,
            step: 0.05,
            default: Some(1.5),
        },
    }
}

/// Proportions of a result.
pub(super) const fn aspect(help: Bilingual) -> ParamSpec {
    ParamSpec {
        id: "aspecto",
        id_en: "aspect",
        label: Bilingual { es: "Proporciones", en: "Proportions" },
        help,
        unit: Unit::None,
        kind: ParamKind::Ratio { default: "" },
    }
}

/// Width of a result.
pub(super) const fn width(max_percent: f64, help: Bilingual) -> ParamSpec {
    ParamSpec {
        id: "ancho",
        id_en: "width",
        label: Bilingual { es: "Ancho", en: "Width" },
        help,
        unit: Unit::Px,
        kind: ParamKind::Length { min: 1, max: 65535, max_percent, default: "" },
    }
}

/// Height of a result.
pub(super) const fn height(max_percent: f64, help: Bilingual) -> ParamSpec {
    ParamSpec {
        id: "alto",
        id_en: "height",
        label: Bilingual { es: "Alto", en: "Height" },
        help,
        unit: Unit::Px,
        kind: ParamKind::Length { min: 1, max: 65535, max_percent, default: "" },
    }
}

/// One of the nine places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// 0 (left) to 2 (right).
    pub(super) column: u32,
    /// 0 (top) to 2 (bottom).
    pub(super) row: u32,
}

impl Place {
    /// The middle.
    pub(super) const CENTER: Self = Self { column: 1, row: 1 };

    /// The place with that id; the middle if there is none.
    pub(super) fn named(id: &str) -> Self {
        PLACES
            .iter()
            .position(|place| place.id == id)
            .map_or(Self::CENTER, |index| Self { column: index as u32 % 3, row: index as u32 / 3 })
    }

    /// Where a mark of that size goes on a picture of `on` px: `margin` px from its edges. Where there
    /// is no room for that it is in the middle, so that it stays inside.
    pub(super) fn corner(self, on: (u32, u32), mark: (usize, usize), margin: i64) -> (i64, i64) {
        let at = |length: u32, mark: usize, part: u32| {
            let free = i64::from(length) - mark as i64;
            let margin = if margin <= free { margin } else { free / 2 }.max(0);
            match part {
                0 => margin,
                1 => free.div_euclid(2),
                _ => free - margin,
            }
        };
        (at(on.0, mark.0, self.column), at(on.1, mark.1, self.row))
    }

    /// How many of `free` columns and rows are to the left and above of what is there; of an odd
    /// number in the middle, half is rounded to even, as Pillow does.
    pub(super) fn share(self, free: (u32, u32)) -> (u32, u32) {
        let share = |free: u32, part: u32| match part {
            0 => 0,
            1 => (f64::from(free) / 2.0).round_ties_even() as u32,
            _ => free,
        };
        (share(free.0, self.column), share(free.1, self.row))
    }
}

/// The upper left corners of marks of that size that cover a picture of `on` px: in rows, every
/// other one moved by half a step, with `gap` px between them.
pub(super) fn tiles(on: (u32, u32), mark: (usize, usize), gap: i64) -> Vec<(i64, i64)> {
    let step = (mark.0 as i64 + gap.max(1), mark.1 as i64 + gap.max(1));
    let mut corners = Vec::new();
    for (row, top) in
        (0..).map(|row| (row, row * step.1 + gap / 2)).take_while(|(_, top)| *top < i64::from(on.1))
    {
        let first = gap / 2 - if row % 2 == 0 { 0 } else { step.0 / 2 };
        let columns = (0..).map(|column| first + column * step.0);
        corners.extend(columns.take_while(|left| *left < i64::from(on.0)).map(|left| (left, top)));
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_kept_as_long_as_the_mark_stays_inside() {
        let below = Place { column: 2, row: 2 };
        assert_eq!(below.corner((8000, 1000), (800, 400), 320), (6880, 280));
        assert_eq!(below.corner((8000, 700), (800, 400), 320), (6880, 150));
        assert_eq!(below.corner((800, 400), (800, 400), 320), (0, 0));
    }
}
