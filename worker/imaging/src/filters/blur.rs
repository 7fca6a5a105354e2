//! Gaussian blur.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Params, Unit};

use super::kernels::box_blur::{BoxBlur, ExtendedBox};
use super::kernels::sample::Sample;
use super::kernels::{alpha, canvas};
use super::{Filter, FilterError, Registered, Source, same_size};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;

/// `blur`.
pub static BLUR: Registered = Registered {
    spec: FilterSpec {
        id: "blur",
        id_en: "blur",
        label: Bilingual { es: "Desenfoque", en: "Blur" },
        help: Bilingual {
            es: "Desenfoque gaussiano: suaviza la imagen.",
            en: "Gaussian blur: softens the picture.",
        },
        params: &[ParamSpec {
            id: "radio",
            id_en: "radius",
            label: Bilingual { es: "Radio", en: "Radius" },
            help: Bilingual {
                es: "Desviación típica de la curva de Gauss; cuanto mayor, más borroso.",
                en: "Standard deviation of the Gaussian curve; the larger, the softer.",
            },
            unit: Unit::Px,
            kind: ParamKind::Float {
                min: 0.0,
                max: 1000.0,
                slider_max: 50.0,
                step: 0.5,
                default: Some(5.0),
            },
        }],
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| Ok(Box::new(Blur::new(params))),
};

#[derive(Debug)]
struct Blur {
    /// `None` blurs nothing.
    shape: Option<ExtendedBox>,
}

impl Blur {
    fn new(params: &Params<'_>) -> Self {
        let radius = params.float("radio").unwrap_or_default() as f32;
        Self { shape: (radius > 0.0).then(|| ExtendedBox::for_gaussian(radius)) }
    }
}

impl Filter for Blur {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let Some(shape) = self.shape else {
            return Ok(source.into_owned(pool));
        };
        Ok(blurred(source, shape, pool))
    }
}

/// The picture, blurred, in a buffer of its own unless it is owned.
pub(super) fn blurred(source: Source<'_>, shape: ExtendedBox, pool: &mut Pool) -> Picture {
    let picture = source.picture();
    let even = match &picture.samples {
        Samples::U8(samples) => alpha::is_even(samples, picture.channels),
        Samples::U16(samples) => alpha::is_even(samples, picture.channels),
    };
    if even {
        return canvas::draw(source, pool, &BoxBlur(shape));
    }
    let blurred = match &picture.samples {
        Samples::U8(samples) => blur_visible(picture, samples, shape, pool),
        Samples::U16(samples) => blur_visible(picture, samples, shape, pool),
    };
    source.recycle(pool);
    blurred
}

/// Blurs a picture that has transparent pixels: each colour counts as much as it is visible.
fn blur_visible<T: Sample>(
    picture: &Picture,
    samples: &[T],
    shape: ExtendedBox,
    pool: &mut Pool,
) -> Picture {
    let mut words = pool.words(samples.len());
    alpha::premultiply(samples, picture.channels, &mut words);
    let words = Picture { samples: Samples::U16(words), ..*picture };
    let words = canvas::draw(Source::Owned(words), pool, &BoxBlur(shape));
    let mut blurred = T::take(pool, samples.len());
    if let Samples::U16(words) = &words.samples {
        alpha::unpremultiply(words, picture.channels, &mut blurred);
    }
    pool.give(words);
    Picture { samples: T::wrap(blurred), ..*picture }
}
