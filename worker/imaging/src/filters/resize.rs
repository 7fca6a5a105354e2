//! Another size, by Lanczos resampling.

use lote_protocol::filter::{
    Choice, FilterCall, FilterSpec, ParamKind, ParamSpec, Params, Text, Unit,
};

use super::kernels::alpha;
use super::kernels::lanczos::{self, Weighted};
use super::kernels::size::{Fit, Plan, Wanted};
use super::{Context, Filter, FilterError, Registered, Source};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// `redimensionar`.
pub static RESIZE: Registered = Registered {
    spec: FilterSpec {
        id: "redimensionar",
        id_en: "resize",
        label: Text { es: "Redimensionar", en: "Resize" },
        help: Text {
            es: "Cambia el tamaño: por porcentaje, o a un ancho, un alto o un lado largo.",
            en: "Changes the size: by percentage, or to a width, a height or a long edge.",
        },
        params: PARAMS,
    },
    build: |params, context| Ok(Box::new(Resize::new(params, context))),
};

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        id: "porcentaje",
        id_en: "percent",
        label: Text { es: "Porcentaje", en: "Percentage" },
        help: Text {
            es: "Tamaño respecto al original; no cuenta si se da un ancho, un alto o un lado largo.",
            en: "Size relative to the original; not used if a width, height or long edge is given.",
        },
        unit: Unit::Percent,
        kind: ParamKind::Float {
            min: 0.1,
            max: 1000.0,
            slider_max: 200.0,
            step: 1.0,
            default: Some(50.0),
        },
    },
    ParamSpec {
        id: "ancho",
        id_en: "width",
        label: Text { es: "Ancho", en: "Width" },
        help: Text {
            es: "Ancho del resultado; sin alto, se conservan las proporciones.",
            en: "Width of the result; without a height the proportions are kept.",
        },
        unit: Unit::Px,
        kind: ParamKind::Integer { min: 1, max: 65535, default: None },
    },
    ParamSpec {
        id: "alto",
        id_en: "height",
        label: Text { es: "Alto", en: "Height" },
        help: Text {
            es: "Alto del resultado; sin ancho, se conservan las proporciones.",
            en: "Height of the result; without a width the proportions are kept.",
        },
        unit: Unit::Px,
        kind: ParamKind::Integer { min: 1, max: 65535, default: None },
    },
    ParamSpec {
        id: "lado_largo",
        id_en: "long_edge",
        label: Text { es: "Lado largo", en: "Long edge" },
        help: Text {
            es: "Longitud del lado más largo, sea el ancho o el alto; no cuenta si se da uno de ellos.",
            en: "Length of the longer side, be it width or height; not used if one of them is given.",
        },
        unit: Unit::Px,
        kind: ParamKind::Integer { min: 1, max: 65535, default: None },
    },
    ParamSpec {
        id: "ajuste",
        id_en: "fit",
        label: Text { es: "Ajuste", en: "Fit" },
        help: Text {
            es: "Qué hacer si el ancho y el alto dados no tienen las proporciones de la imagen.",
            en: "What to do if the given width and height do not have the picture's proportions.",
        },
        unit: Unit::None,
        kind: ParamKind::Choice {
            options: &[
                Choice {
                    id: "contener",
                    id_en: "contain",
                    label: Text { es: "Que quepa entera", en: "All of it fits" },
                },
                Choice {
                    id: "cubrir",
                    id_en: "cover",
                    label: Text { es: "Llenar y recortar", en: "Fill and crop" },
                },
                Choice {
                    id: "estirar",
                    id_en: "stretch",
                    label: Text { es: "Estirar", en: "Stretch" },
                },
            ],
            default: "contener",
        },
    },
    ParamSpec {
        id: "ampliar",
        id_en: "enlarge",
        label: Text { es: "Ampliar", en: "Enlarge" },
        help: Text {
            es: "Permite ampliar imágenes menores que el ancho, el alto o el lado largo dados.",
            en: "Allows enlarging pictures smaller than the given width, height or long edge.",
        },
        unit: Unit::None,
        kind: ParamKind::Bool { default: false },
    },
];

#[derive(Debug)]
struct Resize {
    wanted: Wanted,
    max_pixels: u64,
}

/// Filters that leave the size as it is.
const SAME_SIZE: [&str; 11] = [
    "invertir",
    "grises",
    "blur",
    "nitidez",
    "brillo",
    "contraste",
    "sepia",
    "bordes",
    "relieve",
    "posterizar",
    "marca_agua",
];

/// Width and height, px, of a picture of that size after these steps; or the first filter whose
/// result depends on more than the size.
pub fn result_size(steps: &[FilterCall], size: (u32, u32)) -> Result<(u32, u32), &str> {
    steps.iter().try_fold(size, |(width, height), step| match step.filter.as_str() {
        "redimensionar" => Ok(resized(&Params::new(&RESIZE.spec, &step.params), width, height)),
        same if SAME_SIZE.contains(&same) => Ok((width, height)),
        other => Err(other),
    })
}

/// Width and height, px, of the result of a picture of that size.
fn resized(params: &Params<'_>, width: u32, height: u32) -> (u32, u32) {
    let plan = wanted(params).plan(width, height);
    (plan.width, plan.height)
}

fn wanted(params: &Params<'_>) -> Wanted {
    let length = |id| params.integer(id).and_then(|px| u32::try_from(px.max(1)).ok());
    let fit = match params.text("ajuste") {
        "cubrir" => Fit::Cover,
        "estirar" => Fit::Stretch,
        _ => Fit::Contain,
    };
    let enlarge = params.flag("ampliar");
    match (length("ancho"), length("alto"), length("lado_largo")) {
        (None, None, None) => Wanted::Percent(params.float("porcentaje").unwrap_or(100.0)),
        (None, None, Some(edge)) => Wanted::LongEdge { edge, enlarge },
        (width, height, _) => Wanted::Box { width, height, fit, enlarge },
    }
}

impl Resize {
    fn new(params: &Params<'_>, context: &Context<'_>) -> Self {
        Self { wanted: wanted(params), max_pixels: context.limits.max_pixels }
    }
}

impl Filter for Resize {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let picture = source.picture();
        let plan = self.wanted.plan(picture.width, picture.height);
        let (width, height) = (u64::from(plan.width), u64::from(plan.height));
        if width * height > self.max_pixels {
            return Err(FilterError::TooLarge { width, height, max_pixels: self.max_pixels });
        }
        if plan == Plan::unchanged(picture.width, picture.height) {
            return Ok(source.into_owned(pool));
        }
        let samples = match &picture.samples {
            Samples::U8(samples) => resize(picture, samples, &plan, pool),
            Samples::U16(samples) => resize(picture, samples, &plan, pool),
        };
        let resized =
            Picture { width: plan.width, height: plan.height, channels: picture.channels, samples };
        source.recycle(pool);
        Ok(resized)
    }

    fn is_in_place(&self) -> bool {
        false
    }
}

fn resize<T: Weighted>(picture: &Picture, samples: &[T], plan: &Plan, pool: &mut Pool) -> Samples {
    let (size, channels) = ((picture.width, picture.height), picture.channels);
    let len = plan.width as usize * plan.height as usize * channels.count();
    let mut resized = T::take(pool, len);
    if alpha::is_opaque(samples, channels) {
        lanczos::resample(samples, size, channels, plan, &mut resized, pool);
    } else {
        // At 16 bits even on 8-bit pictures: little alpha leaves few bits to premultiplied colour.
        let (mut from, mut to) = (pool.words(samples.len()), pool.words(len));
        alpha::premultiply(samples, channels, &mut from);
        lanczos::resample(&from, size, channels, plan, &mut to, pool);
        alpha::unpremultiply(&to, channels, &mut resized);
        pool.give_words(from);
        pool.give_words(to);
    }
    T::wrap(resized)
}
