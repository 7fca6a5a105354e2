//! Lossy WebP through libwebp. The only file that names `libwebp_sys`, and the only one of the
//! codecs with unsafe code: two C functions that encode, and one that frees.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::ptr;

use libwebp_sys::{WebPEncodeRGB, WebPEncodeRGBA, WebPFree};

/// Encodes 8-bit RGB (3 samples a pixel) or RGBA (4) at a quality of 1..=100, appending a file
/// without metadata. `false` when libwebp refuses or the sizes do not fit together.
pub(crate) fn encode(
    samples: &[u8],
    width: u32,
    height: u32,
    has_alpha: bool,
    quality: u8,
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
    let encode = if has_alpha { WebPEncodeRGBA } else { WebPEncodeRGB };
    let mut encoded: *mut u8 = ptr::null_mut();
    // SAFETY: `samples` holds `rows` rows of `stride` bytes, as checked above, and is only read.
    // `encoded` is a valid place for a pointer, which is set when the result is not 0.
    let len = unsafe {
        encode(samples.as_ptr(), columns, rows, stride, f32::from(quality), &raw mut encoded)
    };
    if encoded.is_null() {
        return false;
    }
    if len > 0 {
        // SAFETY: libwebp returned a buffer of `len` initialised bytes, which nobody else uses.
        out.extend_from_slice(unsafe { std::slice::from_raw_parts(encoded, len) });
    }
    // SAFETY: the buffer comes from libwebp, is not used any more, and is freed once.
    unsafe { WebPFree(encoded.cast()) };
    len > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_do_not_fit_together_are_refused() {
        let mut out = Vec::new();
        assert!(!encode(&[0; 11], 2, 2, false, 75, &mut out));
        assert!(!encode(&[], 0, 0, false, 75, &mut out));
        assert!(!encode(&[0; 12], u32::MAX, 1, false, 75, &mut out));
        assert!(out.is_empty());
        assert!(encode(&[9; 12], 2, 2, false, 75, &mut out));
        assert!(out.starts_with(b"RIFF"));
    }
}
