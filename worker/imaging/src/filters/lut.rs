//! Colour table: the look of a `.cube` file.

use std::sync::Arc;

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::kernels::canvas;
use super::kernels::color;
use super::kernels::cube::{Cube, Graded};
use super::{Filter, FilterError, Registered, Rows, Source, same_size};
use crate::picture::{Channels, Picture};
use crate::pool::Pool;

/// `lut`.
pub static LUT: Registered = Registered {
    spec: FilterSpec {
        id: "lut",
        id_en: "lut",
        label: Bilingual { es: "Tabla de color (LUT)", en: "Colour table (LUT)" },
        help: Bilingual {
            es: "Da a los colores el aspecto de un archivo .cube, de una o tres dimensiones.",
            en: "Gives the colours the look of a .cube file, of one or three dimensions.",
        },
        params: &[
            ParamSpec {
                id: "archivo",
                id_en: "file",
                label: Bilingual { es: "Archivo", en: "File" },
                help: Bilingual { es: "El archivo .cube.", en: "The .cube file." },
                unit: Unit::None,
                kind: ParamKind::File { endings: &["cube"] },
            },
            ParamSpec {
                id: "fuerza",
                id_en: "strength",
                label: Bilingual { es: "Fuerza", en: "Strength" },
                help: Bilingual {
                    es: "0 no cambia nada, 1 aplica la tabla del todo.",
                    en: "0 changes nothing, 1 applies all of the table.",
                },
                unit: Unit::None,
                kind: ParamKind::float(0.0, 1.0, 0.05, 1.0),
            },
        ],
        conflicts: &[],
    },
    size: same_size,
    build: |params, context| {
        let cube = context.asset(params.text("archivo"), |asset| asset.cube())?;
        Ok(Box::new(Lut { cube, strength: params.float("fuerza").unwrap_or(1.0) as f32 }))
    },
};

#[derive(Debug)]
struct Lut {
    cube: Arc<Cube>,
    /// 0..=1.
    strength: f32,
}

impl Filter for Lut {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let source = color::with_color(source, pool);
        Ok(canvas::draw(source, pool, &Graded { cube: &*self.cube, strength: self.strength }))
    }

    fn by_rows<'a>(&self, picture: &'a Picture, _pool: &mut Pool) -> Option<Box<dyn Rows + 'a>> {
        let graded = Graded { cube: Arc::clone(&self.cube), strength: self.strength };
        (picture.channels == Channels::Rgb).then(|| canvas::by_rows(picture, graded)).flatten()
    }
}
