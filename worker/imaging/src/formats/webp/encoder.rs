//! WebP through libwebp. The only file that names `libwebp_sys`, and the only one of the codecs with
//! unsafe code: C functions that take in a picture, encode it, and free what they took.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::slice;

use libwebp_sys::{
    WebPConfig, WebPConfigLosslessPreset, WebPEncode, WebPPicture, WebPPictureFree,
    WebPPictureImportRGB, WebPPictureImportRGBA, WebPPreset,
};

/// How the samples of a file become smaller.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// 1..=100, where something may be lost.
    pub(super) quality: u8,
    /// How near samples stay where the file is coded without loss, 0..=100, which is exactly.
    pub(super) exact: Option<u8>,
    /// 0..=10; `None` is what libwebp has by itself, or without loss something quicker.
    pub(super) effort: Option<u8>,
}

/// The most that libwebp spends: methods for what is lossy, levels of presets for what is not.
const METHODS: u8 = 6;
const LEVELS: u8 = 9;

/// The level without loss where nobody says it: a photo was 1.5 % larger than at the last one, in a
/// twentieth of its time.
const USUAL_LEVEL: u8 = 3;

impl How {
    fn config(self) -> Option<WebPConfig> {
        let quality = f32::from(self.quality);
        let mut config =
            WebPConfig::new_with_preset(WebPPreset::WEBP_PRESET_DEFAULT, quality).ok()?;
        let of = |most: u8| self.effort.map(|effort| effort.min(10) * most / 10);
        let Some(near) = self.exact else {
            if let Some(method) = of(METHODS) {
                config.method = method.into();
            }
            return Some(config);
        };
        let level = of(LEVELS).unwrap_or(USUAL_LEVEL);
        // SAFETY: the configuration is initialised, and nobody else has it.
        if unsafe { WebPConfigLosslessPreset(&raw mut config, level.into()) } == 0 {
            return None;
        }
        config.near_lossless = near.min(100).into();
        // Colours stay where nothing is seen of them; where they do, libwebp changes no others either.
        config.exact = (near >= 100).into();
        Some(config)
    }
}

/// Appends what libwebp has written to the buffer that the picture was given.
unsafe extern "C" fn append(data: *const u8, len: usize, picture: *const WebPPicture) -> c_int {
    if len > 0 {
        // SAFETY: libwebp calls this while it encodes, with `len` bytes that it has written and the
        // picture that `encode` made, whose `custom_ptr` is a buffer that nobody else uses then.
        unsafe {
            let out: *mut Vec<u8> = (*picture).custom_ptr.cast();
            (*out).extend_from_slice(slice::from_raw_parts(data, len));
        }
    }
    1
}

/// Encodes 8-bit RGB (3 samples a pixel) or RGBA (4), appending a file without metadata. `false` when
/// libwebp refuses or the sizes do not fit together.
pub(super) fn encode(
    samples: &[u8],
    (width, height): (u32, u32),
    has_alpha: bool,
    how: How,
    out: &mut Vec<u8>,
) -> bool {
    let channels: u32 = if has_alpha { 4 } else { 3 };
    let pixels = u64::from(width) * u64::from(height);
    let (Ok(columns), Ok(rows)) = (c_int::try_from(width), c_int::try_from(height)) else {
        return false;
    };
    let Some(Ok(stride)) = width.checked_mul(channels).map(c_int::try_from) else {
        return false;
    };
    if pixels == 0 || samples.len() as u64 != pixels * u64::from(channels) {
        return false;
    }
    let (Some(config), Ok(mut picture)) = (how.config(), WebPPicture::new()) else { return false };
    picture.use_argb = how.exact.is_some().into();
    (picture.width, picture.height) = (columns, rows);
    picture.writer = Some(append);
    let before = out.len();
    picture.custom_ptr = (&raw mut *out).cast::<c_void>();
    let import = if has_alpha { WebPPictureImportRGBA } else { WebPPictureImportRGB };
    // SAFETY: the picture is initialised, and `samples` holds `rows` rows of `stride` bytes, as checked
    // above; they are only read. While it encodes, libwebp calls `append` with this picture, whose
    // buffer outlives it; what the picture has allocated is freed once.
    let done = unsafe {
        let done = import(&raw mut picture, samples.as_ptr(), stride) != 0
            && WebPEncode(&raw const config, &raw mut picture) != 0;
        WebPPictureFree(&raw mut picture);
        done
    };
    if !done {
        out.truncate(before);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOW: How = How { quality: 75, exact: None, effort: None };

    #[test]
    fn sizes_that_do_not_fit_together_are_refused() {
        let mut out = Vec::new();
        assert!(!encode(&[0; 11], (2, 2), false, HOW, &mut out));
        assert!(!encode(&[], (0, 0), false, HOW, &mut out));
        assert!(!encode(&[0; 12], (u32::MAX, 1), false, HOW, &mut out));
        assert!(out.is_empty());
        assert!(encode(&[9; 12], (2, 2), false, HOW, &mut out));
        assert!(out.starts_with(b"RIFF"));
    }

    #[test]
    fn more_effort_makes_smaller_files() {
        let samples: Vec<u8> = (0..96 * 96u32)
            .flat_map(|i| {
                let (x, y) = (i % 96, i / 96);
                let noise = (i.wrapping_mul(i) ^ i.wrapping_mul(0x9e37_79b1))
                    .wrapping_mul(0x85eb_ca6b)
                    >> 29;
                [(x * 2 + noise) as u8, (y * 2 + noise) as u8, (x + y / 3) as u8]
            })
            .collect();
        let len = |how| {
            let mut out = Vec::new();
            assert!(encode(&samples, (96, 96), false, how, &mut out));
            out.len()
        };
        let exact = |effort| How { exact: Some(100), effort: Some(effort), ..HOW };
        assert!(len(exact(10)) < len(exact(0)));
        let lossy = |effort| How { effort: Some(effort), ..HOW };
        assert!(len(lossy(10)) < len(lossy(0)));
    }
}
