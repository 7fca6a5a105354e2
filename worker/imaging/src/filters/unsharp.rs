//! Unsharp mask: away from a blurred copy of the picture.

use lote_protocol::filter::{Bilingual, FilterSpec, ParamKind, ParamSpec, Unit};

use super::blur;
use super::kernels::alpha;
use super::kernels::box_blur::ExtendedBox;
use super::kernels::canvas::{self, Canvas, Draw};
use super::kernels::point::Steps;
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
        label: Bilingual { es: "Enfocar", en: "Unsharp mask" },
        help: Bilingual {
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
        label: Bilingual { es: "Radio", en: "Radius" },
        help: Bilingual {
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
        label: Bilingual { es: "Cantidad", en: "Amount" },
        help: Bilingual { es: "Cuánto se realzan.", en: "How much they are brought out." },
        unit: Unit::Percent,
        kind: ParamKind::Integer { min: 0, max: 1000, default: Some(150) },
    },
    ParamSpec {
        id: "umbral",
        id_en: "threshold",
        label: Bilingual { es: "Umbral", en: "Threshold" },
        help: Bilingual {
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
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let mut blurred: &[T] = match &self.blurred.samples {
            Samples::U8(blurred) => bytemuck::cast_slice(blurred),
            Samples::U16(blurred) => bytemuck::cast_slice(blurred),
        };
        let channels = canvas.channels;
        let threshold = self.threshold * (T::MAX / 255) as i32;
        let steps = if T::MAX == 255 { Steps::of_percent(self.amount) } else { None };
        canvas.in_pieces(|from, to| {
            let (piece, rest) = blurred.split_at(to.len());
            blurred = rest;
            match steps {
                Some(steps) => sharpen_bytes(from, piece, to, steps, threshold as i16),
                None => sharpen(from, piece, to, self.amount, threshold),
            }
            alpha::restore(to, from, channels);
        });
    }
}

#[multiversion(targets = "simd")]
fn sharpen<T: Sample>(from: &[T], blurred: &[T], to: &mut [T], amount: i32, threshold: i32) {
    for ((to, from), blurred) in to.iter_mut().zip(from).zip(blurred) {
        let value = from.get() as i32;
        let difference = value - blurred.get() as i32;
        // At most 65535 * 1000, cut off towards zero as in C.
        let sharpened = (value + difference * amount / 100).clamp(0, T::MAX as i32);
        let changed = difference.abs() > threshold;
        *to = T::new((if changed { sharpened } else { value }) as u32);
    }
}

/// The same for bytes, in 16 bits.
#[multiversion(targets = "simd")]
fn sharpen_bytes<T: Sample>(
    from: &[T],
    blurred: &[T],
    to: &mut [T],
    amount: Steps,
    threshold: i16,
) {
    for ((to, from), blurred) in to.iter_mut().zip(from).zip(blurred) {
        let value = from.get() as i16;
        let difference = value - blurred.get() as i16;
        let away = amount.times(difference.abs());
        let sharpened = value + if difference < 0 { -away } else { away };
        let changed = difference.abs() > threshold;
        *to = T::new((if changed { sharpened.clamp(0, 255) } else { value }) as u32);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_in_16_bits_what_the_division_gives() {
        let pairs: Vec<[u8; 2]> =
            (0..=255).flat_map(|from| (0..=255).map(move |blurred| [from, blurred])).collect();
        let [from, blurred] =
            [0, 1].map(|at| pairs.iter().map(|pair| pair[at]).collect::<Vec<_>>());
        let (mut quick, mut divided) = (from.clone(), from.clone());
        for amount in 0..=1000 {
            let Some(steps) = Steps::of_percent(amount) else { continue };
            sharpen_bytes(&from, &blurred, &mut quick, steps, 3);
            sharpen(&from, &blurred, &mut divided, amount, 3);
            assert!(quick == divided, "{amount} %");
        }
        assert!([50, 80, 100, 120, 150, 200].map(Steps::of_percent).iter().all(Option::is_some));
    }
}
