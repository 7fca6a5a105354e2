//! The numbers of a TIFF, of any width and kind, as samples of 8 or 16 bits.

use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::picture::Samples;
use crate::pool::Pool;

/// What a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SampleKind {
    /// A whole number of 1 to 32 bits.
    Unsigned(u8),
    /// A whole number of 8, 16 or 32 bits, less than 0 or not.
    Signed(u8),
    /// A floating-point number of 16, 32 or 64 bits.
    Float(u8),
}

impl SampleKind {
    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::Unsigned(bits) | Self::Signed(bits) | Self::Float(bits) => bits,
        }
    }
}

/// What the samples of a pixel mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Model {
    /// Luminance.
    Gray,
    /// Darkness.
    WhiteIsZero,
    /// Red, green, blue.
    Rgb,
    /// An index into a colour map: all reds, all greens, all blues, 16 bits each.
    Palette(Vec<u16>),
    /// Cyan, magenta, yellow, black.
    Cmyk,
    /// Luminance and two differences of 8 bits (TIFF 6.0, section 21).
    YCbCr {
        /// What red, green and blue are of the luminance.
        coefficients: [f64; 3],
        /// What stands for black and for white, or for the largest difference, of each.
        range: [f64; 6],
    },
    /// CIE L*a*b* with signed a and b.
    Lab,
    /// CIE L*a*b* with a and b shifted by half their range.
    IccLab,
}

impl Model {
    /// Samples of a pixel without extra ones.
    pub(crate) const fn colors(&self) -> usize {
        match self {
            Self::Gray | Self::WhiteIsZero | Self::Palette(_) => 1,
            Self::Rgb | Self::YCbCr { .. } | Self::Lab | Self::IccLab => 3,
            Self::Cmyk => 4,
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
    pub(crate) kind: SampleKind,
    pub(crate) model: Model,
    /// Meaning of the sample behind those of the model.
    pub(crate) extra: Extra,
    /// Whether all first samples come first.
    pub(crate) planar: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Takes the numbers from `raw` as samples of 8 or 16 bits, scaled to their range unless they are
/// indices. What the user should know is added to `notes`.
pub(crate) fn to_samples(raw: &mut Raw, pool: &mut Pool, notes: &mut Vec<Text>) -> Samples {
    let scaled = !matches!(raw.model, Model::Palette(_));
    let row = raw.width as usize * if raw.planar { 1 } else { raw.count };
    let rows = raw.height as usize * if raw.planar { raw.count } else { 1 };
    let bytes = std::mem::take(&mut raw.bytes);
    let samples = match raw.kind {
        SampleKind::Unsigned(8) => Samples::U8(bytes),
        SampleKind::Unsigned(bits @ 1..8) => {
            let mut out = pool.bytes(row * rows);
            let factors = if scaled { (255, (1 << bits) - 1) } else { (1, 1) };
            unpack(&bytes, row, bits, &mut out, |v| {
                ((v * factors.0 + factors.1 / 2) / factors.1) as u8
            });
            pool.give_bytes(bytes);
            Samples::U8(out)
        }
        SampleKind::Unsigned(16) => words(bytes, pool, |v| u16::from_ne_bytes(*v)),
        SampleKind::Unsigned(32) => words(bytes, pool, |v| (u32::from_ne_bytes(*v) >> 16) as u16),
        SampleKind::Unsigned(bits) => {
            let mut out = pool.words(row * rows);
            let largest = (1u64 << bits) - 1;
            match bits {
                24 => {
                    for (sample, &[a, b, c]) in out.iter_mut().zip(bytes.as_chunks::<3>().0) {
                        let high = if cfg!(target_endian = "little") { [b, c] } else { [a, b] };
                        *sample = u16::from_ne_bytes(high);
                    }
                }
                _ if scaled => unpack(&bytes, row, bits, &mut out, |v| {
                    ((u64::from(v) * 65_535 + largest / 2) / largest) as u16
                }),
                _ => unpack(&bytes, row, bits, &mut out, |v| v as u16),
            }
            pool.give_bytes(bytes);
            Samples::U16(out)
        }
        SampleKind::Signed(bits) => {
            let least = -(1i64 << (bits - 1));
            notes.push(text!("signed samples: {} is black, {} is white", least, -(least + 1)));
            match bits {
                8 => {
                    let mut bytes = bytes;
                    for byte in &mut bytes {
                        *byte ^= 0x80;
                    }
                    Samples::U8(bytes)
                }
                16 => words(bytes, pool, |v| u16::from_ne_bytes(*v) ^ 0x8000),
                _ => words(bytes, pool, |v| (u32::from_ne_bytes(*v) >> 16) as u16 ^ 0x8000),
            }
        }
        SampleKind::Float(16) => floats(raw, bytes, pool, notes, |v| half(u16::from_ne_bytes(*v))),
        SampleKind::Float(32) => {
            floats(raw, bytes, pool, notes, |v| f64::from(f32::from_ne_bytes(*v)))
        }
        SampleKind::Float(_) => floats(raw, bytes, pool, notes, |v| f64::from_ne_bytes(*v)),
    };
    if matches!(raw.kind, SampleKind::Unsigned(17..) | SampleKind::Signed(17..)) {
        notes.push(text!("{} bits a channel reduced to 16", raw.kind.bits()));
    }
    samples
}

/// Whole samples from rows of bits, the highest of a byte first; every row begins with a byte.
fn unpack<T>(packed: &[u8], row: usize, bits: u8, out: &mut [T], convert: impl Fn(u32) -> T) {
    let bits = u32::from(bits);
    let mask = (1u64 << bits) - 1;
    let rows = packed.chunks_exact((row * bits as usize).div_ceil(8).max(1));
    for (packed, out) in rows.zip(out.chunks_exact_mut(row.max(1))) {
        let mut packed = packed.iter();
        let (mut window, mut held) = (0u64, 0);
        for sample in out {
            while held < bits {
                window = window << 8 | packed.next().map_or(0, |&byte| byte.into());
                held += 8;
            }
            held -= bits;
            *sample = convert((window >> held & mask) as u32);
        }
    }
}

fn words<const N: usize>(
    bytes: Vec<u8>,
    pool: &mut Pool,
    convert: impl Fn(&[u8; N]) -> u16,
) -> Samples {
    let values = bytes.as_chunks::<N>().0;
    let mut out = pool.words(values.len());
    for (sample, value) in out.iter_mut().zip(values) {
        *sample = convert(value);
    }
    pool.give_bytes(bytes);
    Samples::U16(out)
}

/// Colours are spread over their range, alpha is 0.0..=1.0 whatever they are; colours that were multiplied
/// by it are divided before.
fn floats<const N: usize>(
    raw: &mut Raw,
    bytes: Vec<u8>,
    pool: &mut Pool,
    notes: &mut Vec<Text>,
    read: impl Fn(&[u8; N]) -> f64,
) -> Samples {
    let values = bytes.as_chunks::<N>().0;
    let (count, colors) = (raw.count, raw.model.colors());
    let area = (raw.width as usize * raw.height as usize).max(1);
    let planar = raw.planar;
    // Which sample of its pixel a value is.
    let place = |at: usize| if planar { at / area } else { at % count };
    let of_colors = values.iter().enumerate().filter(|(at, _)| place(*at) < colors);
    let (low, high) = range(of_colors.map(|(_, value)| read(value)));
    notes.push(text!(
        "floating-point samples reduced to 16 bits: {} is black, {} is white",
        low,
        high
    ));
    let is_multiplied = raw.extra == Extra::Premultiplied && count > colors;
    let mut out = pool.words(values.len());
    for (at, (sample, value)) in out.iter_mut().zip(values).enumerate() {
        let value = read(value);
        *sample = if place(at) >= colors {
            level(value, 0.0, 1.0)
        } else {
            let alpha = if planar { colors * area + at % area } else { at - at % count + colors };
            let alpha = values.get(alpha).filter(|_| is_multiplied).map_or(1.0, &read);
            level(if alpha > 0.0 { value / alpha } else { value }, low, high)
        };
    }
    if is_multiplied {
        raw.extra = Extra::Alpha;
    }
    pool.give_bytes(bytes);
    Samples::U16(out)
}

/// A floating-point number of 16 bits (IEEE 754).
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tiff::samples::tests::{raw, samples};

    #[test]
    fn parts_of_bytes_are_unpacked_and_scaled() {
        let bits = raw(SampleKind::Unsigned(1), Model::Gray, 1, vec![0b1010_0001]);
        assert_eq!(samples(bits), Samples::U8(vec![255, 0, 255, 0, 0, 0, 0, 255]));
        let pairs = raw(SampleKind::Unsigned(2), Model::Gray, 1, vec![0b0001_1011]);
        assert_eq!(samples(pairs), Samples::U8(vec![0, 85, 170, 255]));
        let odd = Raw {
            width: 3,
            height: 2,
            ..raw(SampleKind::Unsigned(4), Model::Gray, 1, vec![0x12, 0x3f, 0xf0, 0x8f])
        };
        assert_eq!(samples(odd), Samples::U8(vec![17, 34, 51, 255, 0, 136]));
    }

    #[test]
    fn twelve_bits_become_sixteen() {
        let twelve =
            raw(SampleKind::Unsigned(12), Model::Gray, 1, vec![0xff, 0xf0, 0x00, 0x80, 0x00, 0x10]);
        assert_eq!(samples(twelve), Samples::U16(vec![65_535, 0, 32_776, 256]));
    }

    #[test]
    fn signed_samples_are_shifted_by_half_their_range() {
        let bytes = raw(SampleKind::Signed(8), Model::Gray, 1, vec![0x80, 0, 0x7f]);
        assert_eq!(samples(bytes), Samples::U8(vec![0, 128, 255]));
        let words: Vec<u8> = [i16::MIN, 0, i16::MAX].iter().flat_map(|v| v.to_ne_bytes()).collect();
        let words = raw(SampleKind::Signed(16), Model::Gray, 1, words);
        assert_eq!(samples(words), Samples::U16(vec![0, 32_768, 65_535]));
    }

    #[test]
    fn halves_are_numbers() {
        let known =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x3555, 0.333_251_953_125), (1, 2f64.powi(-24))];
        for (bits, value) in known {
            assert!((half(bits) - value).abs() < f64::EPSILON, "{bits:x}");
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }

    #[test]
    fn floats_are_spread_over_their_range() {
        let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_ne_bytes()).collect();
        let unit = raw(SampleKind::Float(32), Model::Gray, 1, bytes(&[0.0, 0.5, 1.0]));
        assert_eq!(samples(unit), Samples::U16(vec![0, 32_768, 65_535]));
        let wide = [0.0, 255.0, f32::NAN, f32::INFINITY];
        let wide = raw(SampleKind::Float(32), Model::Gray, 1, bytes(&wide));
        assert_eq!(samples(wide), Samples::U16(vec![0, 65_535, 0, 65_535]));
    }

    #[test]
    fn alpha_beside_floats_is_spread_over_none_of_their_range() {
        let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_ne_bytes()).collect();
        // From -1 to 4, so that 0 is 13,107 and 1 is 26,214.
        let values = [-1.0, 0.0, 4.0, 1.0, 1.0, 0.0, 0.5, 0.5];
        let pixels = |extra, values: &[f32]| {
            samples(Raw { extra, ..raw(SampleKind::Float(32), Model::Rgb, 4, bytes(values)) })
        };
        let first = [0, 13_107, 65_535, 65_535];
        let straight = [first, [26_214, 13_107, 19_661, 32_768]].concat();
        assert_eq!(pixels(Extra::Alpha, &values), Samples::U16(straight));
        let divided = [first, [39_321, 13_107, 26_214, 32_768]].concat();
        assert_eq!(pixels(Extra::Premultiplied, &values), Samples::U16(divided.clone()));
        let planes = [-1.0, 1.0, 0.0, 0.0, 4.0, 0.5, 1.0, 0.5];
        let planes = raw(SampleKind::Float(32), Model::Rgb, 4, bytes(&planes));
        let planes = Raw { extra: Extra::Premultiplied, planar: true, ..planes };
        assert_eq!(samples(planes), Samples::U16(divided));
        // What is left out is of no weight.
        let distance = raw(SampleKind::Float(32), Model::Gray, 2, bytes(&[0.5, 900.0]));
        assert_eq!(samples(distance), Samples::U16(vec![32_768]));
    }
}
