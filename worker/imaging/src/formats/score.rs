//! How near a file comes to the picture that it was made of: SSIMULACRA2, up to 100 (90 can hardly be
//! told from it, 70 is good, 50 is seen). The only file that names `fast_ssim2`, whose scores are the
//! same with and without the processor's vector instructions.
//!
//! Samples are taken for sRGB, and what shines through for the background.

use fast_ssim2::{PixelDescriptor, PixelSlice, Ssimulacra2Reference};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use super::Frame;
use super::table::Shown;
use crate::picture::{Channels, Picture, Samples};

/// Bytes a pixel that scoring takes up beside the pictures, for the planes of both at all scales: more
/// than the 120 that were seen of a picture of 7 megapixels.
pub const SCORE_PIXEL_BYTES: u64 = 170;

/// The pictures that files are compared with.
pub(super) struct Reference {
    frames: Vec<Ssimulacra2Reference>,
    background: [u8; 3],
}

impl Reference {
    pub(super) fn new(frames: &[Shown<'_>], background: [u8; 3]) -> Result<Self, Failure> {
        let frames = frames.iter().map(|frame| {
            let rgb = rgb(&frame.picture, background);
            Ssimulacra2Reference::new(&slice(&frame.picture, &rgb)?).map_err(|e| failure(&e))
        });
        Ok(Self { frames: frames.collect::<Result<_, _>>()?, background })
    }

    /// The least score of any of the pictures.
    pub(super) fn score(&self, frames: &[Frame]) -> Result<f64, Failure> {
        let scores = self.frames.iter().zip(frames).map(|(reference, frame)| {
            let rgb = rgb(&frame.picture, self.background);
            reference.compare(&slice(&frame.picture, &rgb)?).map_err(|e| failure(&e))
        });
        scores.into_iter().try_fold(100.0, |least: f64, score| Ok(least.min(score?)))
    }
}

fn slice<'a>(picture: &Picture, rgb: &'a [u8]) -> Result<PixelSlice<'a>, Failure> {
    let Picture { width, height, .. } = *picture;
    PixelSlice::new(rgb, width, height, width as usize * 3, PixelDescriptor::RGB8_SRGB)
        .map_err(|e| failure(&e))
}

/// Samples of 8 bits, red, green and blue, on the background.
fn rgb(picture: &Picture, background: [u8; 3]) -> Vec<u8> {
    let rounded: Vec<u8>;
    let samples = match &picture.samples {
        Samples::U8(samples) => samples,
        Samples::U16(words) => {
            rounded = words.iter().map(|&word| crate::picture::rounded(word)).collect();
            &rounded
        }
    };
    let on = |color: [u8; 3], alpha: u8| -> [u8; 3] {
        let alpha = u32::from(alpha);
        std::array::from_fn(|c| {
            let sum = u32::from(color[c]) * alpha + u32::from(background[c]) * (255 - alpha);
            ((sum + 127) / 255) as u8
        })
    };
    match picture.channels {
        Channels::Gray => samples.iter().flat_map(|&v| [v; 3]).collect(),
        Channels::Rgb => samples.clone(),
        Channels::GrayAlpha => {
            samples.as_chunks::<2>().0.iter().flat_map(|&[v, a]| on([v; 3], a)).collect()
        }
        Channels::Rgba => {
            samples.as_chunks::<4>().0.iter().flat_map(|&[r, g, b, a]| on([r, g, b], a)).collect()
        }
    }
}

fn failure(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        FailureKind::Encode,
        text!("the result could not be scored: {}", error.to_string()),
    )
}

#[cfg(test)]
mod tests {
    use fast_ssim2::{SimdImpl, Ssimulacra2Config, compute_ssimulacra2_with_config};

    use super::*;

    fn noise(width: u32, height: u32, levels: u32) -> Picture {
        let sample = |i: u32| {
            let noise =
                (i.wrapping_mul(i) ^ i.wrapping_mul(0x9e37_79b1)).wrapping_mul(0x85eb_ca6b) >> 24;
            (i / 3 % width * 255 / width + noise % levels).min(255) as u8
        };
        let samples = Samples::U8((0..width * height * 3).map(sample).collect());
        Picture { width, height, channels: Channels::Rgb, samples }
    }

    #[test]
    fn scores_do_not_depend_on_the_processor() {
        let (one, other) = (noise(217, 131, 20), noise(217, 131, 50));
        let (a, b) = (rgb(&one, [0; 3]), rgb(&other, [0; 3]));
        let scores = [SimdImpl::Scalar, SimdImpl::Simd].map(|how| {
            let config = Ssimulacra2Config::new(how);
            let (one, other) = (slice(&one, &a).unwrap(), slice(&other, &b).unwrap());
            compute_ssimulacra2_with_config(&one, &other, &config).unwrap()
        });
        assert_eq!(scores[0].to_bits(), scores[1].to_bits());
        assert!((-50.0..99.0).contains(&scores[0]), "{scores:?}");
    }

    #[test]
    fn nothing_is_as_near_as_the_picture_itself() {
        let picture = noise(64, 40, 30);
        let shown = |picture| Shown {
            picture: std::borrow::Cow::Borrowed(picture),
            delay_ms: 0,
            own: None,
        };
        let reference = Reference::new(&[shown(&picture)], [255; 3]).unwrap();
        let score = |picture| reference.score(&[Frame { picture, delay_ms: 0 }]).unwrap();
        assert!(score(picture.clone()) > 99.99);
        assert!(score(noise(64, 40, 60)) < 90.0);
    }
}
