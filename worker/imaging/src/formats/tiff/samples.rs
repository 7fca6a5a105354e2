//! What a TIFF holds, in any of its many ways, to a picture.

use crate::color::{self, Ink};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// What the samples of a pixel mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Model {
    /// Luminance.
    Gray,
    /// Red, green, blue.
    Rgb,
    /// An index into a colour map: all reds, all greens, all blues, 16 bits each.
    Palette(Vec<u16>),
    /// Cyan, magenta, yellow, black.
    Cmyk,
    /// Luminance and two differences, as in JPEG.
    YCbCr,
    /// CIE L*a*b* with signed a and b.
    Lab,
    /// CIE L*a*b* with a and b shifted by half their range.
    IccLab,
}

/// What a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole number of 1, 2, 4, 8, 16 or 32 bits.
    Unsigned(u8),
    /// A floating-point number of 32 or 64 bits.
    Float(u8),
}

impl Kind {
    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::Unsigned(bits) | Self::Float(bits) => bits,
        }
    }
}

/// What an extra sample means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extra {
    /// None, or nothing that is known.
    Other,
    /// Alpha by which the colours have been multiplied.
    Premultiplied,
    /// Alpha.
    Alpha,
}

/// Samples as the file holds them, in the byte order of the machine. Rows of less than 8 bits a
/// sample are filled up to whole bytes.
pub(crate) struct Raw {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Samples of a pixel, with extra ones.
    pub(crate) count: usize,
    pub(crate) kind: Kind,
    pub(crate) model: Model,
    /// Meaning of the sample behind those of the model.
    pub(crate) extra: Extra,
    /// Whether all first samples come first.
    pub(crate) planar: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Turns them into a picture. `Err` says what cannot be read; the second value is what the user
/// should know.
pub(crate) fn to_picture(
    raw: Raw,
    icc: Option<&[u8]>,
    pool: &mut Pool,
) -> Result<(Picture, Option<String>), String> {
    let (width, height, count) = (raw.width, raw.height, raw.count);
    let mut note = None;
    let samples = match raw.kind {
        Kind::Unsigned(bits @ (1 | 2 | 4)) => {
            let scaled = !matches!(raw.model, Model::Palette(_));
            let row = width as usize * count;
            let mut out = pool.bytes(row * height as usize);
            unpack(&raw.bytes, &mut out, row, bits, scaled);
            Samples::U8(out)
        }
        Kind::Unsigned(8) => {
            let mut out = pool.bytes(raw.bytes.len());
            out.copy_from_slice(&raw.bytes);
            Samples::U8(out)
        }
        Kind::Unsigned(16) => words(raw.bytes.as_chunks::<2>().0, pool, |v| u16::from_ne_bytes(*v)),
        Kind::Unsigned(32) => {
            note = Some("32 bits a channel reduced to 16".into());
            words(raw.bytes.as_chunks::<4>().0, pool, |v| (u32::from_ne_bytes(*v) >> 16) as u16)
        }
        Kind::Float(32) => {
            let values = raw.bytes.as_chunks::<4>().0;
            let read = |v: &[u8; 4]| f64::from(f32::from_ne_bytes(*v));
            let (low, high) = range(values.iter().map(read));
            note = Some(float_note(low, high));
            words(values, pool, |v| level(read(v), low, high))
        }
        Kind::Float(64) => {
            let values = raw.bytes.as_chunks::<8>().0;
            let read = |v: &[u8; 8]| f64::from_ne_bytes(*v);
            let (low, high) = range(values.iter().map(read));
            note = Some(float_note(low, high));
            words(values, pool, |v| level(read(v), low, high))
        }
        Kind::Unsigned(bits) | Kind::Float(bits) => {
            pool.give_bytes(raw.bytes);
            return Err(format!("{bits} bits a sample"));
        }
    };
    pool.give_bytes(raw.bytes);
    let pixels = width as usize * height as usize;
    if samples.len() != pixels * count {
        return Err("its size does not match its samples".into());
    }
    let samples = match samples {
        Samples::U8(samples) if raw.planar => Samples::U8(interleaved(&samples, count)),
        Samples::U16(samples) if raw.planar => Samples::U16(interleaved(&samples, count)),
        samples => samples,
    };
    let picture = |channels, samples| Picture { width, height, channels, samples };
    let picture = match raw.model {
        Model::Gray if raw.extra != Extra::Other && count >= 2 => {
            let mut samples = first(samples, count, 2);
            straighten(&mut samples, 2, raw.extra);
            picture(Channels::GrayAlpha, samples)
        }
        Model::Gray => picture(Channels::Gray, first(samples, count, 1)),
        Model::Rgb if raw.extra != Extra::Other && count >= 4 => {
            let mut samples = first(samples, count, 4);
            straighten(&mut samples, 4, raw.extra);
            picture(Channels::Rgba, samples)
        }
        Model::Rgb if count >= 3 => picture(Channels::Rgb, first(samples, count, 3)),
        Model::Palette(map) => {
            let samples = colored(&first(samples, count, 1), &map)?;
            picture(Channels::Rgb, samples)
        }
        Model::Cmyk if count >= 4 => {
            let inks = picture(Channels::Rgba, first(samples, count, 4));
            let converted = color::from_cmyk(inks, Ink::Direct, icc, pool);
            note = note.or(converted.note);
            converted.picture
        }
        Model::YCbCr if count >= 3 => {
            let mut samples = first(samples, count, 3);
            if !from_ycbcr(&mut samples) {
                return Err("YCbCr of more than 8 bits".into());
            }
            picture(Channels::Rgb, samples)
        }
        Model::Lab | Model::IccLab if count >= 3 => {
            let mut samples = first(samples, count, 3);
            from_lab(&mut samples, raw.model == Model::Lab);
            note = note.or_else(|| Some("L*a*b* converted to sRGB".into()));
            picture(Channels::Rgb, samples)
        }
        _ => return Err(format!("{count} samples a pixel for its colour model")),
    };
    Ok((picture, note))
}

/// Whole samples from parts of bytes, the highest bits first; scaled to 0..=255 or as they are.
fn unpack(packed: &[u8], out: &mut [u8], row: usize, bits: u8, scaled: bool) {
    let per_byte = usize::from(8 / bits);
    let largest = (1u16 << bits) - 1;
    let factor = if scaled { (255 / largest) as u8 } else { 1 };
    let rows = packed.chunks_exact(row.div_ceil(per_byte).max(1));
    for (packed, out) in rows.zip(out.chunks_exact_mut(row.max(1))) {
        for (x, sample) in out.iter_mut().enumerate() {
            let shift = 8 - usize::from(bits) * (x % per_byte + 1);
            *sample = (packed[x / per_byte] >> shift & largest as u8) * factor;
        }
    }
}

fn words<T>(values: &[T], pool: &mut Pool, convert: impl Fn(&T) -> u16) -> Samples {
    let mut out = pool.words(values.len());
    for (sample, value) in out.iter_mut().zip(values) {
        *sample = convert(value);
    }
    Samples::U16(out)
}

/// What is black and what is white among floating-point samples: 0 and 1 if all are between, as
/// most writers mean it, else the least and the greatest.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((0f64, 0f64), |(low, high), v| (low.min(v), high.max(v)));
    if high <= 1.0 { (low, 1.0) } else { (low, high) }
}

fn level(value: f64, low: f64, high: f64) -> u16 {
    // A cast takes NaN to 0 and saturates.
    ((value - low) / (high - low) * 65_535.0 + 0.5) as u16
}

fn float_note(low: f64, high: f64) -> String {
    format!("floating-point samples reduced to 16 bits: {low} is black, {high} is white")
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
fn colored(indices: &Samples, map: &[u16]) -> Result<Samples, String> {
    let Samples::U8(indices) = indices else {
        return Err("a palette of more than 256 colours".into());
    };
    let colors = map.len() / 3;
    let shift = if map.iter().any(|&v| v > 255) { 8 } else { 0 };
    let color = |index: u8| {
        [0, 1, 2].map(|channel| {
            let at = (usize::from(index) < colors).then(|| channel * colors + usize::from(index));
            at.and_then(|at| map.get(at)).map_or(0, |v| (v >> shift) as u8)
        })
    };
    let table: Vec<[u8; 3]> = (0..=255).map(color).collect();
    Ok(Samples::U8(indices.iter().flat_map(|&index| table[usize::from(index)]).collect()))
}

/// ITU-R BT.601 with full range, as JFIF has it.
fn from_ycbcr(samples: &mut Samples) -> bool {
    let Samples::U8(samples) = samples else {
        return false;
    };
    for pixel in samples.as_chunks_mut::<3>().0 {
        let [y, cb, cr] = pixel.map(f32::from);
        let (cb, cr) = (cb - 128.0, cr - 128.0);
        // A cast saturates.
        *pixel = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
            .map(|v| (v + 0.5) as u8);
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
mod tests {
    use super::*;

    fn raw(kind: Kind, model: Model, count: usize, bytes: Vec<u8>) -> Raw {
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

    fn samples(raw: Raw) -> Samples {
        to_picture(raw, None, &mut Pool::new()).unwrap().0.samples
    }

    #[test]
    fn parts_of_bytes_are_unpacked_and_scaled() {
        let bits = raw(Kind::Unsigned(1), Model::Gray, 1, vec![0b1010_0001]);
        assert_eq!(samples(bits), Samples::U8(vec![255, 0, 255, 0, 0, 0, 0, 255]));
        let pairs = raw(Kind::Unsigned(2), Model::Gray, 1, vec![0b0001_1011]);
        assert_eq!(samples(pairs), Samples::U8(vec![0, 85, 170, 255]));
        let odd = Raw {
            width: 3,
            height: 2,
            ..raw(Kind::Unsigned(4), Model::Gray, 1, vec![0x12, 0x3f, 0xf0, 0x8f])
        };
        assert_eq!(samples(odd), Samples::U8(vec![17, 34, 51, 255, 0, 136]));
    }

    #[test]
    fn a_palette_is_looked_up() {
        let map = vec![0x1000, 0xff00, 0x2000, 0, 0x3000, 0x8000];
        let indices = raw(Kind::Unsigned(8), Model::Palette(map), 1, vec![1, 0, 7]);
        assert_eq!(samples(indices), Samples::U8(vec![0xff, 0, 0x80, 0x10, 0x20, 0x30, 0, 0, 0]));
        let map = vec![1, 2, 3];
        let eight = raw(Kind::Unsigned(8), Model::Palette(map), 1, vec![0]);
        assert_eq!(samples(eight), Samples::U8(vec![1, 2, 3]));
    }

    #[test]
    fn planes_are_interleaved() {
        let planes =
            Raw { planar: true, ..raw(Kind::Unsigned(8), Model::Rgb, 3, vec![1, 2, 3, 4, 5, 6]) };
        assert_eq!(samples(planes), Samples::U8(vec![1, 3, 5, 2, 4, 6]));
    }

    #[test]
    fn premultiplied_colours_are_divided() {
        let pixel = Raw {
            extra: Extra::Premultiplied,
            ..raw(Kind::Unsigned(8), Model::Rgb, 4, vec![64, 0, 128, 128])
        };
        assert_eq!(samples(pixel), Samples::U8(vec![128, 0, 255, 128]));
    }

    #[test]
    fn extra_samples_without_meaning_are_left_out() {
        let pixel = raw(Kind::Unsigned(8), Model::Rgb, 5, vec![1, 2, 3, 4, 5]);
        assert_eq!(samples(pixel), Samples::U8(vec![1, 2, 3]));
    }

    #[test]
    fn floats_are_spread_over_their_range() {
        let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_ne_bytes()).collect();
        let unit = raw(Kind::Float(32), Model::Gray, 1, bytes(&[0.0, 0.5, 1.0]));
        assert_eq!(samples(unit), Samples::U16(vec![0, 32_768, 65_535]));
        let wide = [0.0, 255.0, f32::NAN, f32::INFINITY];
        let wide = raw(Kind::Float(32), Model::Gray, 1, bytes(&wide));
        assert_eq!(samples(wide), Samples::U16(vec![0, 65_535, 0, 65_535]));
    }

    #[test]
    fn what_does_not_fit_its_model_is_an_error() {
        let pixel = raw(Kind::Unsigned(8), Model::Cmyk, 3, vec![1, 2, 3]);
        assert!(to_picture(pixel, None, &mut Pool::new()).is_err());
        let odd = raw(Kind::Unsigned(13), Model::Gray, 1, vec![1, 2]);
        assert!(to_picture(odd, None, &mut Pool::new()).is_err());
    }
}
