//! What a TIFF holds, in any of its many ways, to a picture.

use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::color::{self, Ink};
use crate::formats::tiff::numbers::{Extra, Model, Raw, to_samples};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Turns samples as the file holds them into a picture. `Err` says what cannot be read; the second value is what the user
/// should know.
pub(crate) fn to_picture(
    mut raw: Raw,
    icc: Option<&[u8]>,
    pool: &mut Pool,
) -> Result<(Picture, Vec<Text>), Text> {
    let (width, height, count) = (raw.width, raw.height, raw.count);
    let mut notes = Vec::new();
    let samples = to_samples(&mut raw, pool, &mut notes);
    let pixels = width as usize * height as usize;
    if samples.len() != pixels * count {
        return Err(text!("its size does not match its samples"));
    }
    let samples = match samples {
        Samples::U8(samples) if raw.planar => Samples::U8(interleaved(&samples, count)),
        Samples::U16(samples) if raw.planar => Samples::U16(interleaved(&samples, count)),
        samples => samples,
    };
    let picture = |channels, samples| Picture { width, height, channels, samples };
    if raw.extra == Extra::Other && count > raw.model.colors() {
        let left_out = count - raw.model.colors();
        notes.push(text!("extra samples without a meaning left out: {} a pixel", left_out));
    }
    let takes_alpha =
        matches!(raw.model, Model::Gray | Model::WhiteIsZero | Model::Rgb | Model::Palette(_));
    if raw.extra != Extra::Other && count > raw.model.colors() && !takes_alpha {
        notes.push(text!("alpha left out: it is read beside gray, RGB and palettes only"));
    }
    let picture = match raw.model {
        Model::Gray | Model::WhiteIsZero => {
            let has_alpha = raw.extra != Extra::Other && count >= 2;
            let kept = if has_alpha { 2 } else { 1 };
            let mut samples = first(samples, count, kept);
            if raw.model == Model::WhiteIsZero {
                invert(&mut samples, kept);
            }
            straighten(&mut samples, kept, if has_alpha { raw.extra } else { Extra::Other });
            picture(if has_alpha { Channels::GrayAlpha } else { Channels::Gray }, samples)
        }
        Model::Rgb if raw.extra != Extra::Other && count >= 4 => {
            let mut samples = first(samples, count, 4);
            straighten(&mut samples, 4, raw.extra);
            picture(Channels::Rgba, samples)
        }
        Model::Rgb if count >= 3 => picture(Channels::Rgb, first(samples, count, 3)),
        Model::Palette(map) if raw.extra != Extra::Other && count >= 2 => {
            let alphas = alphas(&samples, count, raw.kind.bits().into());
            let colors = colored(&first(samples, count, 1), &map);
            let mut samples = with_alphas(&colors, &alphas);
            straighten(&mut samples, 4, raw.extra);
            picture(Channels::Rgba, samples)
        }
        Model::Palette(map) => picture(Channels::Rgb, colored(&first(samples, count, 1), &map)),
        Model::Cmyk if count >= 4 => {
            let inks = picture(Channels::Rgba, first(samples, count, 4));
            let converted = color::from_cmyk(inks, Ink::Direct, icc, pool);
            notes.push(converted.note);
            converted.picture
        }
        Model::YCbCr { coefficients, range } if count >= 3 => {
            let mut samples = first(samples, count, 3);
            if !from_ycbcr(&mut samples, coefficients, range) {
                return Err(text!("YCbCr of more than 8 bits"));
            }
            picture(Channels::Rgb, samples)
        }
        Model::Lab | Model::IccLab if count >= 3 => {
            let mut samples = first(samples, count, 3);
            from_lab(&mut samples, raw.model == Model::Lab);
            notes.push(text!("L*a*b* converted to sRGB"));
            picture(Channels::Rgb, samples)
        }
        _ => return Err(text!("{} samples a pixel for its colour model", count)),
    };
    Ok((picture, notes))
}

fn interleaved<T: Copy + Default>(planes: &[T], count: usize) -> Vec<T> {
    let mut out = vec![T::default(); planes.len()];
    for (at, plane) in planes.chunks_exact((planes.len() / count).max(1)).enumerate() {
        for (sample, &value) in out.iter_mut().skip(at).step_by(count).zip(plane) {
            *sample = value;
        }
    }
    out
}

/// The first `keep` samples of each pixel.
fn first(samples: Samples, count: usize, keep: usize) -> Samples {
    fn keep_first<T: Copy>(mut samples: Vec<T>, count: usize, keep: usize) -> Vec<T> {
        if keep < count {
            let pixels = samples.len() / count;
            for i in 0..pixels {
                samples.copy_within(i * count..i * count + keep, i * keep);
            }
            samples.truncate(pixels * keep);
        }
        samples
    }
    match samples {
        Samples::U8(samples) => Samples::U8(keep_first(samples, count, keep)),
        Samples::U16(samples) => Samples::U16(keep_first(samples, count, keep)),
    }
}

/// Turns darkness, the first of so many samples, into luminance.
fn invert(samples: &mut Samples, count: usize) {
    match samples {
        Samples::U8(samples) => samples.iter_mut().step_by(count).for_each(|v| *v = !*v),
        Samples::U16(samples) => samples.iter_mut().step_by(count).for_each(|v| *v = !*v),
    }
}

/// Divides colours by the alpha that they were multiplied by.
fn straighten(samples: &mut Samples, count: usize, extra: Extra) {
    fn divide<T: Copy + Into<u32> + TryFrom<u32>>(samples: &mut [T], count: usize, max: u32) {
        for pixel in samples.chunks_exact_mut(count) {
            let Some((alpha, colors)) = pixel.split_last_mut() else {
                continue;
            };
            let alpha: u32 = (*alpha).into();
            if alpha == 0 || alpha == max {
                continue;
            }
            for sample in colors {
                let value: u32 = (*sample).into();
                // A product of two 16-bit numbers and a half.
                let straight = ((value * max + alpha / 2) / alpha).min(max);
                if let Ok(straight) = T::try_from(straight) {
                    *sample = straight;
                }
            }
        }
    }
    if extra == Extra::Premultiplied {
        match samples {
            Samples::U8(samples) => divide(samples, count, 255),
            Samples::U16(samples) => divide(samples, count, 65_535),
        }
    }
}

/// Looks indices up. Writers that put 8-bit values into the map are understood, as by libtiff.
fn colored(indices: &Samples, map: &[u16]) -> Samples {
    let colors = map.len() / 3;
    let shift = if map.iter().any(|&v| v > 255) { 8 } else { 0 };
    let table: Vec<[u8; 3]> = (0..colors)
        .map(|i| [0, 1, 2].map(|channel| (map[channel * colors + i] >> shift) as u8))
        .collect();
    let color = |index: usize| table.get(index).copied().unwrap_or_default();
    Samples::U8(match indices {
        Samples::U8(indices) => indices.iter().flat_map(|&i| color(i.into())).collect(),
        Samples::U16(indices) => indices.iter().flat_map(|&i| color(i.into())).collect(),
    })
}

/// The second samples of so many, which have so many bits, as alpha of 8 bits.
fn alphas(samples: &Samples, count: usize, bits: u32) -> Vec<u8> {
    let most = (1_u32 << bits.clamp(1, 16)) - 1;
    let spread = |v: u32| ((v.min(most) * 255 + most / 2) / most) as u8;
    match samples {
        Samples::U8(samples) => {
            samples.iter().skip(1).step_by(count).map(|&v| spread(v.into())).collect()
        }
        Samples::U16(samples) => {
            samples.iter().skip(1).step_by(count).map(|&v| spread(v.into())).collect()
        }
    }
}

fn with_alphas(colors: &Samples, alphas: &[u8]) -> Samples {
    let Samples::U8(colors) = colors else { return colors.clone() };
    let colors = colors.as_chunks::<3>().0.iter();
    Samples::U8(colors.zip(alphas).flat_map(|(&[r, g, b], &alpha)| [r, g, b, alpha]).collect())
}

/// TIFF 6.0, section 21, with the range of section 20.
fn from_ycbcr(samples: &mut Samples, [red, green, blue]: [f64; 3], range: [f64; 6]) -> bool {
    let Samples::U8(samples) = samples else {
        return false;
    };
    let luminance = |code: f64| (code - range[0]) * 255.0 / (range[1] - range[0]);
    let difference = |code: f64, low: f64, high: f64| (code - low) * 127.0 / (high - low);
    for pixel in samples.as_chunks_mut::<3>().0 {
        let [y, cb, cr] = pixel.map(f64::from);
        let y = luminance(y);
        let cb = difference(cb, range[2], range[3]);
        let cr = difference(cr, range[4], range[5]);
        let r = cr * (2.0 - 2.0 * red) + y;
        let b = cb * (2.0 - 2.0 * blue) + y;
        let g = (y - blue * b - red * r) / green;
        // A cast saturates, and takes what is no number to 0.
        *pixel = [r, g, b].map(|v| (v + 0.5) as u8);
    }
    true
}

/// L*a*b* of 8 or 16 bits to sRGB of the same depth.
fn from_lab(samples: &mut Samples, signed: bool) {
    match samples {
        Samples::U8(samples) => {
            for pixel in samples.as_chunks_mut::<3>().0 {
                let [l, a, b] = *pixel;
                let [a, b] =
                    [a, b].map(|v| if signed { f32::from(v as i8) } else { f32::from(v) - 128.0 });
                let rgb = color::from_lab(f32::from(l) / 2.55, a, b);
                *pixel = rgb.map(|v| (v * 255.0 + 0.5) as u8);
            }
        }
        Samples::U16(samples) => {
            for pixel in samples.as_chunks_mut::<3>().0 {
                let [l, a, b] = *pixel;
                let [a, b] = [a, b].map(|v| {
                    if signed { f32::from(v as i16) / 256.0 } else { f32::from(v) / 256.0 - 128.0 }
                });
                let rgb = color::from_lab(f32::from(l) / 655.35, a, b);
                *pixel = rgb.map(|v| (v * 65_535.0 + 0.5) as u16);
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::formats::tiff::numbers::SampleKind;

    pub(crate) fn raw(kind: SampleKind, model: Model, count: usize, bytes: Vec<u8>) -> Raw {
        let row = (bytes.len() * 8 / usize::from(kind.bits())) / count;
        Raw {
            width: row as u32,
            height: 1,
            count,
            kind,
            model,
            extra: Extra::Other,
            planar: false,
            bytes,
        }
    }

    pub(crate) fn samples(raw: Raw) -> Samples {
        to_picture(raw, None, &mut Pool::new()).unwrap().0.samples
    }

    #[test]
    fn a_palette_is_looked_up() {
        let mut map = vec![0; 768];
        for (at, value) in [(0, 0x1000), (1, 0xff00), (256, 0x2000), (512, 0x3000), (513, 0x8000)] {
            map[at] = value;
        }
        let indices = raw(SampleKind::Unsigned(8), Model::Palette(map), 1, vec![1, 0, 7]);
        assert_eq!(samples(indices), Samples::U8(vec![0xff, 0, 0x80, 0x10, 0x20, 0x30, 0, 0, 0]));
        let map = vec![1, 2, 3];
        let eight = raw(SampleKind::Unsigned(8), Model::Palette(map), 1, vec![0]);
        assert_eq!(samples(eight), Samples::U8(vec![1, 2, 3]));
    }

    #[test]
    fn a_palette_may_have_alpha_beside_it() {
        let map = [[0x1000, 0xff00], [0x2000, 0], [0x3000, 0x8000]].concat();
        for (bits, bytes) in [(8, vec![1, 128, 0, 255]), (4, vec![0x18, 0x0f])] {
            let raw = raw(SampleKind::Unsigned(bits), Model::Palette(map.clone()), 2, bytes);
            let shown = samples(Raw { extra: Extra::Alpha, ..raw });
            let alpha = if bits == 8 { 128 } else { 136 };
            assert_eq!(shown, Samples::U8(vec![0xff, 0, 0x80, alpha, 0x10, 0x20, 0x30, 255]));
        }
    }

    #[test]
    fn planes_are_interleaved() {
        let planes = Raw {
            planar: true,
            ..raw(SampleKind::Unsigned(8), Model::Rgb, 3, vec![1, 2, 3, 4, 5, 6])
        };
        assert_eq!(samples(planes), Samples::U8(vec![1, 3, 5, 2, 4, 6]));
    }

    #[test]
    fn premultiplied_colours_are_divided() {
        let pixel = Raw {
            extra: Extra::Premultiplied,
            ..raw(SampleKind::Unsigned(8), Model::Rgb, 4, vec![64, 0, 128, 128])
        };
        assert_eq!(samples(pixel), Samples::U8(vec![128, 0, 255, 128]));
    }

    #[test]
    fn alpha_beside_inks_or_lab_is_left_out_with_a_note() {
        let opaque = |model: Model, count| {
            let raw = raw(SampleKind::Unsigned(8), model, count, vec![0; count]);
            let (picture, notes) =
                to_picture(Raw { extra: Extra::Alpha, ..raw }, None, &mut Pool::new()).unwrap();
            assert_eq!(picture.channels, Channels::Rgb);
            notes.iter().any(|note| note.to_string().starts_with("alpha left out"))
        };
        assert!(opaque(Model::Cmyk, 5) && opaque(Model::Lab, 4) && opaque(Model::IccLab, 4));
        assert!(!opaque(Model::Cmyk, 4) && !opaque(Model::Lab, 3));
    }

    #[test]
    fn extra_samples_without_meaning_are_left_out() {
        let pixel = raw(SampleKind::Unsigned(8), Model::Rgb, 5, vec![1, 2, 3, 4, 5]);
        assert_eq!(samples(pixel), Samples::U8(vec![1, 2, 3]));
    }

    #[test]
    fn what_does_not_fit_its_model_is_an_error() {
        let pixel = raw(SampleKind::Unsigned(8), Model::Cmyk, 3, vec![1, 2, 3]);
        assert!(to_picture(pixel, None, &mut Pool::new()).is_err());
    }
}
