//! Makes a picture what a format can hold: fewer bits, no alpha, colour in place of gray.

use std::borrow::Cow;

use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::holds::Holds;
use crate::picture::{Channels, Picture, Samples, rounded};
use crate::pool::Pool;

/// The picture as the format can hold it. Where alpha has to go, the picture is laid over
/// `background` (sRGB); where bits have to go, samples are rounded. What is lost is noted.
pub(crate) fn fit<'a>(
    picture: &'a Picture,
    holds: Holds,
    name: &str,
    background: [u8; 3],
    pool: &mut Pool,
    notes: &mut Vec<Text>,
) -> Cow<'a, Picture> {
    let mut fitted = Cow::Borrowed(picture);
    if picture.channels.has_alpha() && !holds.alpha {
        let (flat, visible) = flatten(&fitted, background, pool);
        if visible {
            notes.push(text!("transparency replaced by the background colour: {} has none", name));
        }
        replace(&mut fitted, flat, pool);
    }
    if !holds.deep && matches!(fitted.samples, Samples::U16(_)) {
        notes.push(text!("16 bits a channel rounded to 8: {} holds no more here", name));
        let shallow = to_8_bits(&fitted, pool);
        replace(&mut fitted, shallow, pool);
    }
    if !holds.gray && !fitted.channels.is_color() {
        let colored = to_color(&fitted, pool);
        replace(&mut fitted, colored, pool);
    }
    fitted
}

/// Gives a picture's buffer back to the pool if it was made by [`fit`].
pub(crate) fn give_back(fitted: Cow<'_, Picture>, pool: &mut Pool) {
    if let Cow::Owned(picture) = fitted {
        pool.give(picture);
    }
}

fn replace(fitted: &mut Cow<'_, Picture>, picture: Picture, pool: &mut Pool) {
    give_back(std::mem::replace(fitted, Cow::Owned(picture)), pool);
}

/// The picture over a background, and whether any of the background is visible.
fn flatten(picture: &Picture, background: [u8; 3], pool: &mut Pool) -> (Picture, bool) {
    let [red, green, blue] = background;
    let gray_is_enough = red == green && green == blue;
    let color = picture.channels.is_color();
    let channels = if color || !gray_is_enough { Channels::Rgb } else { Channels::Gray };
    let len = picture.width as usize * picture.height as usize * channels.count();
    let (samples, visible) = match &picture.samples {
        Samples::U8(from) => {
            let mut to = pool.bytes(len);
            let background = background.map(u32::from);
            let visible = lay_over::<u8, 255>(from, &mut to, color, channels, background);
            (Samples::U8(to), visible)
        }
        Samples::U16(from) => {
            let mut to = pool.words(len);
            let background = background.map(|v| u32::from(v) * 257);
            let visible = lay_over::<u16, 65_535>(from, &mut to, color, channels, background);
            (Samples::U16(to), visible)
        }
    };
    let flat = Picture { width: picture.width, height: picture.height, channels, samples };
    (flat, visible)
}

fn lay_over<T: Copy + Into<u32> + TryFrom<u32> + Default, const MAX: u32>(
    from: &[T],
    to: &mut [T],
    color: bool,
    channels: Channels,
    background: [u32; 3],
) -> bool {
    match (color, channels.count()) {
        (true, _) => lay_pixels::<T, 4, 3, MAX>(from, to, background),
        (false, 3) => lay_pixels::<T, 2, 3, MAX>(from, to, background),
        (false, _) => lay_pixels::<T, 2, 1, MAX>(from, to, background),
    }
}

fn lay_pixels<T, const FROM: usize, const TO: usize, const MAX: u32>(
    from: &[T],
    to: &mut [T],
    background: [u32; 3],
) -> bool
where
    T: Copy + Into<u32> + TryFrom<u32> + Default,
{
    let (from, _) = from.as_chunks::<FROM>();
    let (to, _) = to.as_chunks_mut::<TO>();
    let mut least = MAX;
    for (source, target) in from.iter().zip(to) {
        let alpha: u32 = source[FROM - 1].into();
        least = least.min(alpha);
        for (i, sample) in target.iter_mut().enumerate() {
            let value: u32 = source[i.min(FROM - 2)].into();
            // 65,535 * 65,535 + 32,767 still fits 32 bits.
            let mixed = (value * alpha + background[i] * (MAX - alpha) + MAX / 2) / MAX;
            *sample = T::try_from(mixed).unwrap_or_default();
        }
    }
    least < MAX
}

fn to_8_bits(picture: &Picture, pool: &mut Pool) -> Picture {
    let samples = match &picture.samples {
        Samples::U8(samples) => {
            let mut copy = pool.bytes(samples.len());
            copy.copy_from_slice(samples);
            copy
        }
        Samples::U16(samples) => {
            let mut reduced = pool.bytes(samples.len());
            for (target, &source) in reduced.iter_mut().zip(samples) {
                *target = rounded(source);
            }
            reduced
        }
    };
    Picture { samples: Samples::U8(samples), ..*picture }
}

fn to_color(picture: &Picture, pool: &mut Pool) -> Picture {
    let channels = if picture.channels.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    let len = picture.width as usize * picture.height as usize * channels.count();
    let samples = match &picture.samples {
        Samples::U8(from) => {
            let mut to = pool.bytes(len);
            spread(from, &mut to, channels);
            Samples::U8(to)
        }
        Samples::U16(from) => {
            let mut to = pool.words(len);
            spread(from, &mut to, channels);
            Samples::U16(to)
        }
    };
    Picture { channels, samples, ..*picture }
}

/// Repeats gray in three channels.
fn spread<T: Copy>(from: &[T], to: &mut [T], channels: Channels) {
    if channels.has_alpha() {
        let (from, to) = (from.as_chunks::<2>().0, to.as_chunks_mut::<4>().0);
        for (&[gray, alpha], target) in from.iter().zip(to) {
            *target = [gray, gray, gray, alpha];
        }
    } else {
        for (&gray, target) in from.iter().zip(to.as_chunks_mut::<3>().0) {
            *target = [gray; 3];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_ALPHA: Holds = crate::formats::JPEG.holds;

    fn pixels(channels: Channels, samples: Samples) -> Picture {
        Picture { width: (samples.len() / channels.count()) as u32, height: 1, channels, samples }
    }

    fn fitted(picture: &Picture, holds: Holds, background: [u8; 3]) -> (Picture, Vec<Text>) {
        let mut notes = Vec::new();
        let mut pool = Pool::new();
        let fitted = fit(picture, holds, "JPEG", background, &mut pool, &mut notes).into_owned();
        (fitted, notes)
    }

    #[test]
    fn what_fits_is_not_copied() {
        let picture = pixels(Channels::Rgb, Samples::U8(vec![1, 2, 3]));
        let mut pool = Pool::new();
        let fitted = fit(&picture, NO_ALPHA, "JPEG", [255; 3], &mut pool, &mut Vec::new());
        assert!(matches!(fitted, Cow::Borrowed(_)));
    }

    #[test]
    fn transparency_shows_the_background() {
        let picture = pixels(
            Channels::Rgba,
            Samples::U8(vec![200, 100, 0, 0, 200, 100, 0, 255, 0, 0, 0, 128]),
        );
        let (white, notes) = fitted(&picture, NO_ALPHA, [255; 3]);
        assert_eq!(white.samples, Samples::U8(vec![255, 255, 255, 200, 100, 0, 127, 127, 127]));
        assert_eq!(notes.len(), 1);
        let (red, _) = fitted(&picture, NO_ALPHA, [255, 0, 0]);
        assert_eq!(red.samples, Samples::U8(vec![255, 0, 0, 200, 100, 0, 127, 0, 0]));
    }

    #[test]
    fn alpha_that_hides_nothing_goes_without_a_note() {
        let picture = pixels(Channels::GrayAlpha, Samples::U8(vec![7, 255, 9, 255]));
        let (flat, notes) = fitted(&picture, NO_ALPHA, [255; 3]);
        assert_eq!(flat, pixels(Channels::Gray, Samples::U8(vec![7, 9])));
        assert!(notes.is_empty());
    }

    #[test]
    fn gray_over_a_colour_becomes_colour() {
        let picture = pixels(Channels::GrayAlpha, Samples::U8(vec![9, 255, 9, 0]));
        let (flat, _) = fitted(&picture, NO_ALPHA, [1, 2, 3]);
        assert_eq!(flat, pixels(Channels::Rgb, Samples::U8(vec![9, 9, 9, 1, 2, 3])));
    }

    #[test]
    fn sixteen_bits_are_rounded_to_the_nearest_of_eight() {
        for sample in 0..=u16::MAX {
            let exact = (f64::from(sample) / 257.0).round() as u8;
            assert_eq!(rounded(sample), exact, "sample {sample}");
        }
        let deep =
            pixels(Channels::Rgba, Samples::U16(vec![65_535, 32_768, 0, 65_535, 0, 0, 0, 0]));
        let (shallow, notes) = fitted(&deep, NO_ALPHA, [255, 128, 0]);
        assert_eq!(shallow.samples, Samples::U8(vec![255, 128, 0, 255, 128, 0]));
        assert_eq!(notes.len(), 2);
    }

    #[test]
    fn gray_is_repeated_where_colour_is_needed() {
        let holds = Holds { gray: false, alpha: true, ..NO_ALPHA };
        let picture = pixels(Channels::GrayAlpha, Samples::U8(vec![5, 6]));
        let (colored, _) = fitted(&picture, holds, [255; 3]);
        assert_eq!(colored, pixels(Channels::Rgba, Samples::U8(vec![5, 5, 5, 6])));
    }
}
