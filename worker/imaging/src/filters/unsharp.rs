//! Unsharp mask: away from a blurred copy of the picture.

use lote_protocol::filter::{FilterSpec, ParamKind, ParamSpec, Text, Unit};

use super::blur;
use super::kernels::box_blur::ExtendedBox;
use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::sample::Sample;
use super::{Filter, FilterError, Registered, Source, same_size};
use crate::picture::{Picture, Samples};
use crate::pool::Pool;
use multiversion::multiversion;

/// `enfocar`.
pub static UNSHARP: Registered = Registered {
    spec: FilterSpec {
        id: "enfocar",
        id_en: "unsharp",
        label: Text { es: "Enfocar", en: "Unsharp mask" },
        help: Text {
            es: "Máscara de enfoque: realza los contornos, sobre todo tras reducir la imagen.",
            en: "Unsharp mask: brings out outlines, most of all after the picture was made smaller.",
        },
        params: PARAMS,
        conflicts: &[],
    },
    size: same_size,
    build: |params, _| {
        let radius = params.float("radio").unwrap_or_default() as f32;
        Ok(Box::new(Unsharp {
            shape: (radius > 0.0).then(|| ExtendedBox::for_gaussian(radius)),
            amount: params.integer("cantidad").unwrap_or_default() as i32,
            threshold: params.integer("umbral").unwrap_or_default() as i32,
        }))
    },
};

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        id: "radio",
        id_en: "radius",
        label: Text { es: "Radio", en: "Radius" },
        help: Text {
            es: "Tamaño de los detalles que se realzan.",
            en: "Size of the details that are brought out.",
        },
        unit: Unit::Px,
        kind: ParamKind::Float {
            min: 0.0,
            max: 1000.0,
            slider_max: 20.0,
            step: 0.1,
            default: Some(2.0),
        },
    },
    ParamSpec {
        id: "cantidad",
        id_en: "amount",
        label: Text { es: "Cantidad", en: "Amount" },
        help: Text { es: "Cuánto se realzan.", en: "How much they are brought out." },
        unit: Unit::Percent,
        kind: ParamKind::Integer { min: 0, max: 1000, default: Some(150) },
    },
    ParamSpec {
        id: "umbral",
        id_en: "threshold",
        label: Text { es: "Umbral", en: "Threshold" },
        help: Text {
            es: "Diferencias de hasta este tono no se realzan: así no crece el grano.",
            en: "Differences up to this tone are left alone, so that grain does not grow.",
        },
        unit: Unit::None,
        kind: ParamKind::Integer { min: 0, max: 255, default: Some(3) },
    },
];

/// As Pillow's `ImageFilter.UnsharpMask`.
#[derive(Debug)]
struct Unsharp {
    /// `None` blurs nothing.
    shape: Option<ExtendedBox>,
    /// Per cent.
    amount: i32,
    /// 0..=255.
    threshold: i32,
}

/// The picture that it is drawn over is moved away from this one.
struct AwayFrom<'a> {
    blurred: &'a Picture,
    amount: i32,
    threshold: i32,
}

impl Draw for AwayFrom<'_> {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
        canvas.copy();
        let blurred: &[T] = match &self.blurred.samples {
            Samples::U8(blurred) => bytemuck::cast_slice(blurred),
            Samples::U16(blurred) => bytemuck::cast_slice(blurred),
        };
        let threshold = self.threshold * (T::MAX / 255) as i32;
        if canvas.channels.has_alpha() {
            let count = canvas.channels.count();
            let blurred = blurred.chunks_exact(count);
            for (pixel, blurred) in canvas.samples.chunks_exact_mut(count).zip(blurred) {
                sharpen(&mut pixel[..count - 1], &blurred[..count - 1], self.amount, threshold);
            }
        } else {
            sharpen(canvas.samples, blurred, self.amount, threshold);
        }
    }
}

#[multiversion(targets = "simd")]
fn sharpen<T: Sample>(samples: &mut [T], blurred: &[T], amount: i32, threshold: i32) {
    for (sample, blurred) in samples.iter_mut().zip(blurred) {
        let value = sample.get() as i32;
        let difference = value - blurred.get() as i32;
        // At most 65535 * 1000, cut off towards zero as in C.
        let sharpened = (value + difference * amount / 100).clamp(0, T::MAX as i32);
        let changed = difference.abs() > threshold;
        *sample = T::new((if changed { sharpened } else { value }) as u32);
    }
}

impl Filter for Unsharp {
    fn apply(&self, source: Source<'_>, pool: &mut Pool) -> Result<Picture, FilterError> {
        let Some(shape) = self.shape else {
            return Ok(source.into_owned(pool));
        };
        let blurred = blur::blurred(Source::Shared(source.picture()), shape, pool);
        let (amount, threshold) = (self.amount, self.threshold);
        let sharp = canvas::draw(source, pool, &AwayFrom { blurred: &blurred, amount, threshold });
        pool.give(blurred);
        Ok(sharp)
    }

    fn is_in_place(&self) -> bool {
        false
    }
}
