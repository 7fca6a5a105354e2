//! Another size, by Lanczos resampling.

use lote_protocol::filter::{
    Bilingual, Choice, FilterSpec, Length, ParamKind, ParamSpec, Params, Unit,
};
use lote_protocol::message::Size;

use super::kernels::alpha;
use super::kernels::lanczos::{self, Kernel, Weighted};
use super::kernels::size::{Fit, Plan, WantedSize};
use super::{Filter, FilterError, Registered, ResultSize, Source};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// `redimensionar`.
pub static RESIZE: Registered = Registered {
    spec: FilterSpec {
        id: "redimensionar",
        id_en: "resize",
        label: Bilingual { es: "Redimensionar", en: "Resize" },
        help: Bilingual {
            es: "Cambia el tamaño: por porcentaje, o a un ancho, un alto, un lado o unos megapíxeles.",
            en: "Changes the size: by percentage, or to a width, height, edge or megapixels.",
        },
        params: PARAMS,
        conflicts: &[
            &["lado_corto", "porcentaje"],
            &["lado_corto", "ancho"],
            &["lado_corto", "alto"],
            &["lado_corto", "lado_largo"],
            &["megapixeles", "porcentaje"],
            &["megapixeles", "ancho"],
            &["megapixeles", "alto"],
            &["megapixeles", "lado_largo"],
            &["megapixeles", "lado_corto"],
        ],
    },
    size: |params, size| {
        let plan = Resize::new(params).plan(size.width, size.height);
        ResultSize::Exactly(Size { width: plan.width, height: plan.height })
    },
    build: |params, _| Ok(Box::new(Resize::new(params))),
};

/// A length of the result.
const LENGTH: ParamKind =
    ParamKind::Length { min: 1, max: 65535, max_percent: 1000.0, default: "" };

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        id: "porcentaje",
        id_en: "percent",
        label: Bilingual { es: "Porcentaje", en: "Percentage" },
        help: Bilingual {
            es: "Tamaño respecto al original; no cuenta si se da otra medida.",
            en: "Size relative to the original; not used if another measure is given.",
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
        label: Bilingual { es: "Ancho", en: "Width" },
        help: Bilingual {
            es: "Ancho del resultado; sin alto, se conservan las proporciones.",
            en: "Width of the result; without a height the proportions are kept.",
        },
        unit: Unit::Px,
        kind: LENGTH,
    },
    ParamSpec {
        id: "alto",
        id_en: "height",
        label: Bilingual { es: "Alto", en: "Height" },
        help: Bilingual {
            es: "Alto del resultado; sin ancho, se conservan las proporciones.",
            en: "Height of the result; without a width the proportions are kept.",
        },
        unit: Unit::Px,
        kind: LENGTH,
    },
    ParamSpec {
        id: "lado_largo",
        id_en: "long_edge",
        label: Bilingual { es: "Lado largo", en: "Long edge" },
        help: Bilingual {
            es: "Longitud del lado más largo, sea el ancho o el alto; no cuenta si se da uno de ellos.",
            en: "Length of the longer side, be it width or height; not used if one of them is given.",
        },
        unit: Unit::Px,
        kind: LENGTH,
    },
    ParamSpec {
        id: "lado_corto",
        id_en: "short_edge",
        label: Bilingual { es: "Lado corto", en: "Short edge" },
        help: Bilingual {
            es: "Longitud del lado más corto, sea el ancho o el alto.",
            en: "Length of the shorter side, be it width or height.",
        },
        unit: Unit::Px,
        kind: LENGTH,
    },
    ParamSpec {
        id: "megapixeles",
        id_en: "megapixels",
        label: Bilingual { es: "Megapíxeles", en: "Megapixels" },
        help: Bilingual {
            es: "Superficie del resultado en millones de píxeles; no la supera.",
            en: "Area of the result in millions of pixels; it is not exceeded.",
        },
        unit: Unit::Megapixels,
        kind: ParamKind::Float {
            min: 0.001,
            max: 1000.0,
            slider_max: 50.0,
            step: 0.5,
            default: None,
        },
    },
    ParamSpec {
        id: "ajuste",
        id_en: "fit",
        label: Bilingual { es: "Ajuste", en: "Fit" },
        help: Bilingual {
            es: "Qué hacer si el ancho y el alto dados no tienen las proporciones de la imagen.",
            en: "What to do if the given width and height do not have the picture's proportions.",
        },
        unit: Unit::None,
        kind: ParamKind::Choice {
            options: &[
                Choice {
                    id: "contener",
                    id_en: "contain",
                    label: Bilingual { es: "Que quepa entera", en: "All of it fits" },
                },
                Choice {
                    id: "cubrir",
                    id_en: "cover",
                    label: Bilingual { es: "Llenar y recortar", en: "Fill and crop" },
                },
                Choice {
                    id: "estirar",
                    id_en: "stretch",
                    label: Bilingual { es: "Estirar", en: "Stretch" },
                },
            ],
            default: "contener",
        },
    },
    ParamSpec {
        id: "ampliar",
        id_en: "enlarge",
        label: Bilingual { es: "Ampliar", en: "Enlarge" },
        help: Bilingual {
            es: "Permite ampliar imágenes menores que la medida dada; el porcentaje amplía siempre.",
            en: "Allows enlarging pictures smaller than the given measure; a percentage always does.",
        },
        unit: Unit::None,
        kind: ParamKind::Bool { default: false },
    },
];

#[derive(Debug)]
struct Resize {
    mode: Mode,
    enlarge: bool,
}

/// What the size is given by.
#[derive(Debug)]
enum Mode {
    /// In per cent of the original.
    Percent(f64),
    /// The longer side.
    LongEdge(Length),
    /// The shorter side.
    ShortEdge(Length),
    /// Millions of pixels.
    Megapixels(f64),
    /// Width and height; one that is missing follows from the other.
    Sides(Option<Length>, Option<Length>, Fit),
}

impl Resize {
    fn new(params: &Params<'_>) -> Self {
        let fit = match params.text("ajuste") {
            "cubrir" => Fit::Cover,
            "estirar" => Fit::Stretch,
            _ => Fit::Contain,
        };
        let sides = (params.length("ancho"), params.length("alto"));
        let (long, short) = (params.length("lado_largo"), params.length("lado_corto"));
        let mode = match (sides, long, short, params.float("megapixeles")) {
            ((None, None), None, None, None) => {
                Mode::Percent(params.float("porcentaje").unwrap_or(100.0))
            }
            ((None, None), None, None, Some(megapixels)) => Mode::Megapixels(megapixels),
            ((None, None), None, Some(edge), _) => Mode::ShortEdge(edge),
            ((None, None), Some(edge), ..) => Mode::LongEdge(edge),
            ((width, height), ..) => Mode::Sides(width, height, fit),
        };
        Self { mode, enlarge: params.flag("ampliar") }
    }

    /// The plan for a picture of `width` x `height` px.
    fn plan(&self, width: u32, height: u32) -> Plan {
        let enlarge = self.enlarge;
        let px = |length: Length, whole: u32| length.whole_px(whole).max(1);
        let wanted = match self.mode {
            Mode::Percent(percent) => WantedSize::Percent(percent),
            Mode::LongEdge(edge) => {
                WantedSize::LongEdge { edge: px(edge, width.max(height)), enlarge }
            }
            Mode::ShortEdge(edge) => {
                WantedSize::ShortEdge { edge: px(edge, width.min(height)), enlarge }
            }
            Mode::Megapixels(megapixels) => WantedSize::Area { pixels: megapixels * 1e6, enlarge },
            Mode::Sides(to_width, to_height, fit) => WantedSize::Box {
                width: to_width.map(|length| px(length, width)),
                height: to_height.map(|length| px(length, height)),
                fit,
                enlarge,
            },
        };
        wanted.plan(width, height)
    }
}

impl Filter for Resize {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let picture = source.picture();
        let plan = self.plan(picture.width, picture.height);
        Ok(resampled(source, &plan, Kernel::Lanczos, pool))
    }

    fn is_in_place(&self) -> bool {
        false
    }
}

/// The picture at another size.
pub(super) fn resampled(
    source: Source<'_>,
    plan: &Plan,
    kernel: Kernel,
    pool: &mut Pool,
) -> Picture {
    let picture = source.picture();
    if *plan == Plan::unchanged(picture.width, picture.height) {
        return source.into_owned(pool);
    }
    let samples = match &picture.samples {
        Samples::U8(samples) => resample(picture, samples, plan, kernel, pool),
        Samples::U16(samples) => resample(picture, samples, plan, kernel, pool),
    };
    let resized =
        Picture { width: plan.width, height: plan.height, channels: picture.channels, samples };
    source.recycle(pool);
    resized
}

fn resample<T: Weighted>(
    picture: &Picture,
    samples: &[T],
    plan: &Plan,
    kernel: Kernel,
    pool: &mut Pool,
) -> Samples {
    let (size, channels) = ((picture.width, picture.height), picture.channels);
    let len = plan.width as usize * plan.height as usize * channels.count();
    let mut resized = T::take(pool, len);
    if alpha::is_even(samples, channels) {
        lanczos::resample(samples, size, channels, (plan, kernel), &mut resized, pool);
    } else {
        // At 16 bits even on 8-bit pictures: little alpha leaves few bits to premultiplied colour.
        let (mut from, mut to) = (pool.words(samples.len()), pool.words(len));
        alpha::premultiply(samples, channels, &mut from);
        lanczos::resample(&from, size, channels, (plan, kernel), &mut to, pool);
        alpha::unpremultiply(&to, channels, &mut resized);
        pool.give_words(from);
        pool.give_words(to);
    }
    T::wrap(resized)
}
