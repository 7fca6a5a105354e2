//! Levels: what is to be black, what white, and how bright what is between.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::kernels::canvas;
use super::kernels::curves::Curves;
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::Picture;
use crate::pool::Pool;

/// `niveles`.
pub static LEVELS: Registered = Registered {
    spec: FilterSpec {
        id: "niveles",
        id_en: "levels",
        label: Bilingual { es: "Niveles", en: "Levels" },
        help: Bilingual {
            es: "Elige qué tono es negro y cuál blanco, y aclara u oscurece los intermedios.",
            en: "Chooses which tone is black and which white, and brightens or darkens the middle.",
        },
        params: PARAMS,
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        let level = |id| params.float(id).unwrap_or_default() / 255.0;
        let gamma = params.float("gamma").unwrap_or(1.0);
        Ok(Box::new(Levels { black: level("negro"), white: level("blanco"), gamma }))
    },
};

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        id: "negro",
        id_en: "black",
        label: Bilingual { es: "Negro", en: "Black" },
        help: Bilingual {
            es: "Este tono y los inferiores serán negros.",
            en: "This tone and those below become black.",
        },
        unit: Unit::None,
        kind: ParamKind::float(0.0, 255.0, 1.0, 0.0),
    },
    ParamSpec {
        id: "blanco",
        id_en: "white",
        label: Bilingual { es: "Blanco", en: "White" },
        help: Bilingual {
            es: "Este tono y los superiores serán blancos.",
            en: "This tone and those above become white.",
        },
        unit: Unit::None,
        kind: ParamKind::float(0.0, 255.0, 1.0, 255.0),
    },
    ParamSpec {
        id: "gamma",
        id_en: "gamma",
        label: Bilingual { es: "Gamma", en: "Gamma" },
        help: Bilingual {
            es: "Más de 1 aclara los tonos medios, menos de 1 los oscurece.",
            en: "Above 1 brightens the middle tones, below 1 darkens them.",
        },
        unit: Unit::None,
        kind: ParamKind::Float {
            min: 0.1,
            max: 10.0,
            slider_max: 3.0,
            step: 0.05,
            default: Some(1.0),
        },
    },
];

/// As `ImageMagick`'s `-level`.
#[derive(Debug, Clone, Copy)]
struct Levels {
    /// 0..=1.
    black: f64,
    /// 0..=1. Below `black` the tones change places.
    white: f64,
    gamma: f64,
}

impl Levels {
    fn curves(self, picture: &Picture) -> Curves {
        let Self { black, white, gamma } = self;
        Curves::of(picture, |_, value| {
            let range = white - black;
            if range == 0.0 {
                return if value < black { 0.0 } else { 1.0 };
            }
            ((value - black) / range).clamp(0.0, 1.0).powf(1.0 / gamma)
        })
    }
}

impl Filter for Levels {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let curves = self.curves(source.picture());
        Ok(canvas::draw(source, pool, &curves))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        canvas::by_rows(picture, self.curves(picture))
    }
}
