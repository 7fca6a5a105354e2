//! Colours that no filter works in, or that the user wants otherwise, turned into sRGB. The only file
//! that names `moxcms`.

pub(crate) mod icc;
mod profile;
mod signal;

use std::sync::Arc;

use cms::{ColorProfile, Layout, RenderingIntent, Transform16BitExecutor, TransformOptions};
pub(crate) use signal::Signal;

use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::picture::{Channels, Picture, Samples, rounded};
use crate::pool::Pool;

/// What is taken of the crate, here and in the files beside this one.
mod cms {
    pub(super) use moxcms::{
        Chromaticity, CicpColorPrimaries, ColorPrimaries, ColorProfile, Layout, Matrix3d,
        RenderingIntent, ToneReprCurve, TransferCharacteristics, Transform16BitExecutor,
        TransformOptions, Vector3d, Xyz, adaption_matrix_d,
    };
}

/// A profile of sRGB; `None` is none.
pub(crate) fn srgb() -> Option<Vec<u8>> {
    let colors = (profile::D65, cms::ColorPrimaries::BT_709);
    profile::write("sRGB IEC61966-2.1", Some(colors), &ColorProfile::new_srgb().red_trc?)
}

/// Colour spaces that a file may name instead of holding their profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    AdobeRgb,
    ProPhotoRgb,
}

/// The profile of a space; `None` is none.
pub(crate) fn profile(space: Space) -> Option<Vec<u8>> {
    let (name, white, primaries, like) = match space {
        Space::AdobeRgb => (
            "Adobe RGB 1998",
            profile::D65,
            cms::ColorPrimaries::ADOBE_RGB,
            ColorProfile::new_adobe_rgb(),
        ),
        Space::ProPhotoRgb => (
            "ProPhoto RGB",
            cms::Chromaticity::new(0.3457, 0.3585),
            cms::ColorPrimaries::PRO_PHOTO_RGB,
            ColorProfile::new_pro_photo_rgb(),
        ),
    };
    profile::write(name, Some((white, primaries)), &like.red_trc?)
}

/// Turns samples into sRGB by the profile that describes them.
pub(crate) struct ToSrgb {
    transform: Arc<Transform16BitExecutor>,
    space: icc::ColorSpace,
}

impl ToSrgb {
    /// `None` when the profile cannot be used, or is one of inks.
    pub(crate) fn new(profile: &[u8]) -> Option<Self> {
        let space = icc::check(profile).ok()?;
        let from = match space {
            icc::ColorSpace::Gray => Layout::Gray,
            icc::ColorSpace::Rgb => Layout::Rgb,
            icc::ColorSpace::Cmyk => return None,
        };
        let options = TransformOptions {
            rendering_intent: RenderingIntent::Perceptual,
            ..TransformOptions::default()
        };
        let profile = ColorProfile::new_from_slice(profile).ok()?;
        let transform = profile
            .create_transform_16bit(from, &ColorProfile::new_srgb(), Layout::Rgb, options)
            .ok()?;
        Some(Self { transform, space })
    }

    /// Whether it changes nothing that can be seen: the samples are sRGB.
    pub(crate) fn is_identity(&self) -> bool {
        // So far samples may be apart that become the same of 256 levels.
        const SAME: u16 = 200;
        const LEVELS: [u16; 6] = [0, 0x2000, 0x5555, 0x9000, 0xd000, 0xffff];
        let colors: Vec<[u16; 3]> = match self.space {
            icc::ColorSpace::Gray => LEVELS.map(|level| [level; 3]).to_vec(),
            _ => LEVELS
                .iter()
                .flat_map(|&r| LEVELS.iter().flat_map(move |&g| LEVELS.map(|b| [r, g, b])))
                .collect(),
        };
        let mut converted = vec![0; colors.len() * 3];
        let from: Vec<u16> = match self.space {
            icc::ColorSpace::Gray => LEVELS.to_vec(),
            _ => colors.as_flattened().to_vec(),
        };
        self.transform.transform(&from, &mut converted).is_ok()
            && colors.as_flattened().iter().zip(converted).all(|(a, b)| a.abs_diff(b) <= SAME)
    }

    /// The picture in sRGB, of the same channels. Gray of any kind, and colours that are described
    /// as gray (painted on a gray picture), are converted channel by channel.
    pub(crate) fn convert(&self, picture: &Picture, pool: &mut Pool) -> Picture {
        let Picture { width, height, channels, .. } = *picture;
        let by_curve = self.space == icc::ColorSpace::Gray || !channels.is_color();
        let samples = match &picture.samples {
            Samples::U8(from) => {
                let mut to = pool.bytes(from.len());
                to.copy_from_slice(from);
                if by_curve {
                    let curve: Vec<u8> = self
                        .curve((0..=255).map(|level| level * 257))
                        .into_iter()
                        .map(rounded)
                        .collect();
                    along(&mut to, channels, |sample| curve[usize::from(sample)]);
                } else {
                    self.colors(&mut to, channels, |v| u16::from(v) * 257, rounded);
                }
                Samples::U8(to)
            }
            Samples::U16(from) => {
                let mut to = pool.words(from.len());
                to.copy_from_slice(from);
                if by_curve {
                    let curve = self.curve(0..=u16::MAX);
                    along(&mut to, channels, |sample| curve[usize::from(sample)]);
                } else {
                    self.colors(&mut to, channels, |v| v, |v| v);
                }
                Samples::U16(to)
            }
        };
        Picture { width, height, channels, samples }
    }

    /// What becomes of grays.
    fn curve(&self, levels: impl Iterator<Item = u16>) -> Vec<u16> {
        let from: Vec<u16> = match self.space {
            icc::ColorSpace::Gray => levels.collect(),
            _ => levels.flat_map(|level| [level; 3]).collect(),
        };
        let pixels = from.len() / if self.space == icc::ColorSpace::Gray { 1 } else { 3 };
        let mut to = vec![0; pixels * 3];
        // The lengths fit, and they are all that it can refuse.
        if self.transform.transform(&from, &mut to).is_err() {
            return from;
        }
        to.as_chunks::<3>().0.iter().map(|pixel| pixel[1]).collect()
    }

    fn colors<T: Copy>(
        &self,
        samples: &mut [T],
        channels: Channels,
        widen: impl Fn(T) -> u16,
        narrow: impl Fn(u16) -> T,
    ) {
        let n = channels.count();
        let (mut from, mut to) = (vec![0; BATCH * 3], vec![0; BATCH * 3]);
        for pixels in samples.chunks_mut(BATCH * n) {
            let count = pixels.len() / n * 3;
            for (color, pixel) in from.chunks_exact_mut(3).zip(pixels.chunks_exact(n)) {
                for (wide, &sample) in color.iter_mut().zip(pixel) {
                    *wide = widen(sample);
                }
            }
            if self.transform.transform(&from[..count], &mut to[..count]).is_err() {
                continue;
            }
            for (color, pixel) in to.chunks_exact(3).zip(pixels.chunks_exact_mut(n)) {
                for (&wide, sample) in color.iter().zip(pixel) {
                    *sample = narrow(wide);
                }
            }
        }
    }
}

/// Changes all samples but alpha.
fn along<T: Copy>(samples: &mut [T], channels: Channels, change: impl Fn(T) -> T) {
    let colors = channels.count() - usize::from(channels.has_alpha());
    for pixel in samples.chunks_exact_mut(channels.count()) {
        for sample in &mut pixel[..colors] {
            *sample = change(*sample);
        }
    }
}

/// How samples of cyan, magenta, yellow and black are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// The largest value is full ink.
    Direct,
    /// 0 is full ink, as Adobe writes JPEG.
    Inverted,
}

/// A picture in sRGB, and what the user should know about how it came to be.
pub(crate) struct Converted {
    pub(crate) picture: Picture,
    pub(crate) note: Text,
}

/// Converts four inks to sRGB: by the profile if it is a sound one for inks, else as if the inks
/// were ideal. `inks` has four samples a pixel, whatever its channels are called.
pub(crate) fn from_cmyk(
    inks: Picture,
    ink: Ink,
    profile: Option<&[u8]>,
    pool: &mut Pool,
) -> Converted {
    let Picture { width, height, .. } = inks;
    let len = width as usize * height as usize * Channels::Rgb.count();
    let profile = profile
        .filter(|profile| icc::check(profile) == Ok(icc::ColorSpace::Cmyk))
        .and_then(Inks::new);
    let by_profile = profile.is_some();
    let samples = match inks.samples {
        Samples::U8(mut from) => {
            if ink == Ink::Inverted {
                for sample in &mut from {
                    *sample = !*sample;
                }
            }
            let mut to = pool.bytes(len);
            match profile {
                Some(profile) => profile.convert(&from, &mut to, |v| u16::from(v) * 257, rounded),
                None => ideal_inks::<u8, 255>(&from, &mut to),
            }
            pool.give_bytes(from);
            Samples::U8(to)
        }
        Samples::U16(mut from) => {
            if ink == Ink::Inverted {
                for sample in &mut from {
                    *sample = !*sample;
                }
            }
            let mut to = pool.words(len);
            match profile {
                Some(profile) => profile.convert(&from, &mut to, |v| v, |v| v),
                None => ideal_inks::<u16, 65_535>(&from, &mut to),
            }
            pool.give_words(from);
            Samples::U16(to)
        }
    };
    let note = if by_profile {
        text!("CMYK converted to sRGB by its ICC profile")
    } else {
        text!("CMYK converted to RGB without a profile: colours are approximate")
    };
    Converted { picture: Picture { width, height, channels: Channels::Rgb, samples }, note }
}

/// A profile of four inks, ready to convert to sRGB with black point compensation (ISO 18619): ink
/// is never quite black, and what is darkest on paper is to be black on the screen.
struct Inks {
    transform: Arc<Transform16BitExecutor>,
    /// Output sample by output sample, both as sRGB: the compensation.
    compensated: Vec<u16>,
}

/// Pixels that are converted at once: what they need stays in the first-level cache.
const BATCH: usize = 1024;

impl Inks {
    /// `None` when the profile cannot be used.
    fn new(profile: &[u8]) -> Option<Self> {
        let transform = ColorProfile::new_from_slice(profile)
            .ok()?
            .create_transform_16bit(
                Layout::Rgba,
                &ColorProfile::new_srgb(),
                Layout::Rgb,
                TransformOptions {
                    rendering_intent: RenderingIntent::Perceptual,
                    ..TransformOptions::default()
                },
            )
            .ok()?;
        let mut darkest = [0; 3];
        transform.transform(&[u16::MAX; 4], &mut darkest).ok()?;
        let [r, g, b] = darkest.map(|v| linear(f32::from(v) / 65_535.0));
        // Its luminance, as far as it can be called dark: L* of 50 at most.
        let black = (0.2126 * r + 0.7152 * g + 0.0722 * b).min(0.184);
        let compensated = (0..=u16::MAX)
            .map(|v| {
                let light = (linear(f32::from(v) / 65_535.0) - black) / (1.0 - black);
                (encoded(light) * 65_535.0 + 0.5) as u16
            })
            .collect();
        Some(Self { transform, compensated })
    }

    fn convert<T: Copy>(
        &self,
        from: &[T],
        to: &mut [T],
        widen: impl Fn(T) -> u16,
        narrow: impl Fn(u16) -> T,
    ) {
        let mut inks = [0; BATCH * 4];
        let mut colors = [0; BATCH * 3];
        for (from, to) in from.chunks(BATCH * 4).zip(to.chunks_mut(BATCH * 3)) {
            for (ink, &sample) in inks.iter_mut().zip(from) {
                *ink = widen(sample);
            }
            let colors = &mut colors[..to.len()];
            // The lengths fit, and they are all that it can refuse.
            if self.transform.transform(&inks[..from.len()], colors).is_err() {
                colors.fill(0);
            }
            for (sample, &color) in to.iter_mut().zip(&*colors) {
                *sample = narrow(self.compensated[usize::from(color)]);
            }
        }
    }
}

/// The transfer curve of sRGB (IEC 61966-2-1), 0.0..=1.0: to light.
fn linear(value: f32) -> f32 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// The other way round; what is outside of 0.0..=1.0 is cut off.
fn encoded(light: f32) -> f32 {
    let light = light.clamp(0.0, 1.0);
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// What ideal inks leave of the light: `(1 - ink) * (1 - black)`, rounded.
fn ideal_inks<T: Copy + Into<u32> + TryFrom<u32> + Default, const MAX: u32>(
    from: &[T],
    to: &mut [T],
) {
    let (from, to) = (from.as_chunks::<4>().0, to.as_chunks_mut::<3>().0);
    for (inks, target) in from.iter().zip(to) {
        let light = MAX - inks[3].into();
        for (sample, &ink) in target.iter_mut().zip(inks) {
            let left = (light * (MAX - ink.into()) + MAX / 2) / MAX;
            *sample = T::try_from(left).unwrap_or_default();
        }
    }
}

/// CIE L*a*b* under D50 (L 0..=100) to sRGB, 0.0..=1.0 a channel: to XYZ, by the Bradford-adapted
/// sRGB matrix of IEC 61966-2-1 and ICC.1, and its transfer curve.
pub(crate) fn from_lab(l: f32, a: f32, b: f32) -> [f32; 3] {
    const WHITE_D50: [f32; 3] = [0.964_22, 1.0, 0.825_21];
    const XYZ_TO_LINEAR: [[f32; 3]; 3] = [
        [3.133_856, -1.616_867, -0.490_615],
        [-0.978_768, 1.916_141, 0.033_454],
        [0.071_945, -0.228_991, 1.405_243],
    ];
    let y = (l + 16.0) / 116.0;
    let [x, y, z] = [y + a / 500.0, y, y - b / 200.0]
        .map(|t| if t > 6.0 / 29.0 { t * t * t } else { (t - 4.0 / 29.0) * 108.0 / 841.0 });
    let xyz = [x * WHITE_D50[0], y * WHITE_D50[1], z * WHITE_D50[2]];
    XYZ_TO_LINEAR.map(|row| {
        let light: f32 = row.iter().zip(xyz).map(|(m, v)| m * v).sum();
        encoded(light)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inks(samples: Samples) -> Picture {
        Picture { width: (samples.len() / 4) as u32, height: 1, channels: Channels::Rgba, samples }
    }

    #[test]
    fn ideal_inks_take_their_colour_from_white() {
        let stored = vec![0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 128, 255, 55];
        let expected = vec![255, 255, 255, 0, 255, 255, 0, 0, 0, 200, 100, 0];
        let mut pool = Pool::new();
        let direct = from_cmyk(inks(Samples::U8(stored.clone())), Ink::Direct, None, &mut pool);
        assert_eq!(direct.picture.samples, Samples::U8(expected.clone()));
        let inverted = stored.iter().map(|v| 255 - v).collect();
        let inverted = from_cmyk(inks(Samples::U8(inverted)), Ink::Inverted, None, &mut pool);
        assert_eq!(inverted.picture.samples, Samples::U8(expected));
    }

    #[test]
    fn sixteen_bit_inks_stay_sixteen_bit() {
        let stored = vec![0, 0x8000, 0xffff, 0x3737];
        let converted = from_cmyk(inks(Samples::U16(stored)), Ink::Direct, None, &mut Pool::new());
        assert_eq!(converted.picture.samples, Samples::U16(vec![0xc8c8, 0x6464, 0]));
    }

    #[test]
    fn a_profile_that_is_none_for_inks_is_not_used() {
        for profile in [icc::sample(*b"RGB "), icc::sample(*b"CMYK"), vec![7; 300]] {
            let converted = from_cmyk(
                inks(Samples::U8(vec![255, 0, 0, 0])),
                Ink::Direct,
                Some(&profile),
                &mut Pool::new(),
            );
            assert_eq!(converted.picture.samples, Samples::U8(vec![0, 255, 255]));
        }
    }

    /// A printer's profile of two grid points an ink (ICC.1:2022, 10.11): paper is white, black ink
    /// has a lightness of 20, all else one of 60.
    fn printer() -> Vec<u8> {
        let mut table = b"mft1\0\0\0\0\x04\x03\x02\0".to_vec();
        for row in 0..3 {
            for column in 0..3 {
                table.extend((i32::from(row == column) << 16).to_be_bytes());
            }
        }
        table.extend((0..4).flat_map(|_| 0..=255u8));
        for node in 0..16 {
            let lightness = match node {
                0 => 255,
                node if node % 2 == 1 => 51,
                _ => 153,
            };
            table.extend([lightness, 128, 128]);
        }
        table.extend((0..3).flat_map(|_| 0..=255u8));

        let mut profile = vec![0; 128];
        profile[8..12].copy_from_slice(&0x0240_0000u32.to_be_bytes());
        profile[12..24].copy_from_slice(b"prtrCMYKLab ");
        profile[36..40].copy_from_slice(b"acsp");
        for (at, value) in [(68, 0xf6d6u32), (72, 0x1_0000), (76, 0xd32d)] {
            profile[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        profile.extend(1u32.to_be_bytes());
        profile.extend(b"A2B0");
        profile.extend(144u32.to_be_bytes());
        profile.extend((table.len() as u32).to_be_bytes());
        profile.extend(table);
        let len = profile.len() as u32;
        profile[..4].copy_from_slice(&len.to_be_bytes());
        profile
    }

    #[test]
    fn a_profile_decides_the_colours_and_its_darkest_is_black() {
        let stored = vec![0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 255, 0, 0, 0];
        let converted =
            from_cmyk(inks(Samples::U8(stored)), Ink::Direct, Some(&printer()), &mut Pool::new());
        assert!(converted.note.to_string().contains("by its ICC profile"));
        let Samples::U8(samples) = converted.picture.samples else { unreachable!() };
        // A lightness of 60 is a luminance of 0.281; that of 20, which becomes 0, is 0.030.
        let gray = (encoded((0.281 - 0.030) / (1.0 - 0.030)) * 255.0) as i32;
        for (pixel, wanted) in samples.chunks(3).zip([255, 0, 0, gray]) {
            for &sample in pixel {
                assert!((i32::from(sample) - wanted).abs() <= 4, "{samples:?}");
            }
        }
    }

    #[test]
    fn lab_has_the_known_colours() {
        // sRGB primaries and gray in L*a*b* under D50, from the definition of the space.
        let known = [
            ((0.0, 0.0, 0.0), [0, 0, 0]),
            ((100.0, 0.0, 0.0), [255, 255, 255]),
            ((53.585, 0.0, 0.0), [128, 128, 128]),
            ((54.29, 80.81, 69.89), [255, 0, 0]),
            ((29.57, 68.30, -112.03), [0, 0, 255]),
        ];
        for ((l, a, b), expected) in known {
            let rgb = from_lab(l, a, b).map(|v| (v * 255.0).round() as i32);
            for (got, expected) in rgb.into_iter().zip(expected) {
                assert!((got - expected).abs() <= 1, "{l} {a} {b}: {rgb:?}");
            }
        }
    }
}
