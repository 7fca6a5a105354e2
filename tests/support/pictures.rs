//! Pictures made by code.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, RgbImage};

/// A picture of noise over a gradient, the same for the same `seed`.
pub(crate) fn noise(width: u32, height: u32, seed: u32) -> RgbImage {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    RgbImage::from_fn(width, height, |x, y| {
        // Xorshift, as in Marsaglia, "Xorshift RNGs", 2003.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let [r, g, b, _] = state.to_le_bytes();
        let ramp = |position: u32, size: u32| (position * 191 / size) as u8;
        image::Rgb([ramp(x, width) + (r >> 2), ramp(y, height) + (g >> 2), b])
    })
}

/// A picture of noise in that format.
pub(crate) fn encoded(format: ImageFormat, width: u32, height: u32, seed: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    noise(width, height, seed).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG of noise.
pub(crate) fn png(width: u32, height: u32, seed: u32) -> Vec<u8> {
    encoded(ImageFormat::Png, width, height, seed)
}

/// A GIF of so many frames, black and white in turn.
pub(crate) fn gif(frames: usize, (width, height): (u16, u16)) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend(b"\x80\0\0\0\0\0\xff\xff\xff");
    for frame in 0..frames {
        // Codes of three bits: each pixel behind a code that clears the table, and the end.
        let pixel = [4, (frame % 2) as u32];
        let mut codes = pixel.repeat(usize::from(width) * usize::from(height));
        codes.push(5);
        let mut bits: Vec<u8> = Vec::new();
        let (mut pending, mut count) = (0_u32, 0);
        for code in codes {
            pending |= code << count;
            count += 3;
            while count >= 8 {
                bits.push(pending as u8);
                pending >>= 8;
                count -= 8;
            }
        }
        bits.push(pending as u8);
        file.extend([0x2c, 0, 0, 0, 0]);
        file.extend(width.to_le_bytes());
        file.extend(height.to_le_bytes());
        file.extend([0, 2]);
        for block in bits.chunks(255) {
            file.push(block.len() as u8);
            file.extend(block);
        }
        file.push(0);
    }
    file.push(0x3b);
    file
}

/// A JPEG of noise.
pub(crate) fn jpeg(width: u32, height: u32, seed: u32) -> Vec<u8> {
    encoded(ImageFormat::Jpeg, width, height, seed)
}

/// A PNG of noise that shines through everywhere: filters that mix its pixels need four times the
/// memory of the picture.
pub(crate) fn translucent_png(width: u32, height: u32, seed: u32) -> Vec<u8> {
    let opaque = noise(width, height, seed);
    let picture = image::RgbaImage::from_fn(width, height, |x, y| {
        let image::Rgb([r, g, b]) = *opaque.get_pixel(x, y);
        image::Rgba([r, g, b, 200])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A JPEG, red above and blue below as it is stored, with an EXIF orientation (1..=8) and an ICC
/// profile.
pub(crate) fn jpeg_with_metadata(orientation: u8, icc: Vec<u8>) -> Vec<u8> {
    let picture = RgbImage::from_fn(32, 64, |_, y| {
        if y < 32 { image::Rgb([255, 0, 0]) } else { image::Rgb([0, 0, 255]) }
    });
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder.set_icc_profile(icc).unwrap();
    encoder.set_exif_metadata(exif(orientation)).unwrap();
    encoder.encode_image(&picture).unwrap();
    bytes
}

/// A TIFF structure with one entry: Orientation (0x0112), a SHORT, one value.
fn exif(orientation: u8) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0\x01\0".to_vec();
    bytes.extend_from_slice(&[0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

/// What a viewer makes of a file: its pixels as stored, its orientation, its ICC profile.
pub(crate) fn open(bytes: &[u8]) -> (DynamicImage, Orientation, Option<Vec<u8>>) {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap();
    let mut decoder = reader.into_decoder().unwrap();
    let orientation = decoder.orientation().unwrap();
    let icc = decoder.icc_profile().unwrap();
    (DynamicImage::from_decoder(decoder).unwrap(), orientation, icc)
}

/// Pixels only.
pub(crate) fn decode(bytes: &[u8]) -> RgbImage {
    open(bytes).0.into_rgb8()
}
