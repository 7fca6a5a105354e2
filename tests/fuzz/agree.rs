//! Small images of all formats, damaged at random, through two decoders: where both read one and see
//! something else, one of them is wrong. The other one is the crate `image`, which shares nothing with
//! ours for JPEG, BMP and TIFF, and the drawing of frames for GIF. `bench/mutate` does it with Pillow.

use image::{DynamicImage, ImageFormat, ImageReader, Limits as ImageLimits};
use lote_imaging::formats::{Sniffed, decode, sniff};
use lote_imaging::picture::{Picture, Samples};
use lote_imaging::pool::Pool;
use lote_protocol::task::Limits;

use crate::fuzz;
use crate::images::seeds;

/// RGBA of 8 bits, with the colour of what cannot be seen left out.
fn rgba(picture: DynamicImage) -> (u32, u32, Vec<u8>) {
    let mut picture = picture.into_rgba8();
    for pixel in picture.pixels_mut().filter(|pixel| pixel.0[3] == 0) {
        pixel.0 = [0; 4];
    }
    (picture.width(), picture.height(), picture.into_raw())
}

fn as_image(picture: Picture) -> Option<DynamicImage> {
    let Picture { width, height, channels, samples } = picture;
    let image = match (samples, channels.count()) {
        (Samples::U8(samples), 1) => image::GrayImage::from_raw(width, height, samples)?.into(),
        (Samples::U8(samples), 2) => {
            image::GrayAlphaImage::from_raw(width, height, samples)?.into()
        }
        (Samples::U8(samples), 3) => image::RgbImage::from_raw(width, height, samples)?.into(),
        (Samples::U8(samples), _) => image::RgbaImage::from_raw(width, height, samples)?.into(),
        (Samples::U16(samples), 1) => {
            DynamicImage::ImageLuma16(image::ImageBuffer::from_raw(width, height, samples)?)
        }
        (Samples::U16(samples), 2) => {
            DynamicImage::ImageLumaA16(image::ImageBuffer::from_raw(width, height, samples)?)
        }
        (Samples::U16(samples), 3) => {
            DynamicImage::ImageRgb16(image::ImageBuffer::from_raw(width, height, samples)?)
        }
        (Samples::U16(samples), _) => {
            DynamicImage::ImageRgba16(image::ImageBuffer::from_raw(width, height, samples)?)
        }
    };
    Some(image)
}

/// What `image` reads, if it does; a panic of its is not ours.
fn by_image(bytes: &[u8], format: ImageFormat) -> Option<DynamicImage> {
    let read = std::panic::catch_unwind(|| {
        let mut reader = ImageReader::with_format(std::io::Cursor::new(bytes), format);
        let mut limits = ImageLimits::default();
        limits.max_alloc = Some(16 << 20);
        reader.limits(limits);
        reader.decode().ok()
    });
    read.ok().flatten()
}

/// How the two differ, if they do.
fn difference(ours: DynamicImage, theirs: DynamicImage, format: ImageFormat) -> Option<String> {
    let (ours, theirs) = (rgba(ours), rgba(theirs));
    if (ours.0, ours.1) != (theirs.0, theirs.1) {
        // As in browsers, the canvas grows to what the first frame of a GIF draws.
        let has_grown = format == ImageFormat::Gif && ours.0 >= theirs.0 && ours.1 >= theirs.1;
        let what = format!("{} x {} px, not {} x {}", ours.0, ours.1, theirs.0, theirs.1);
        return (!has_grown).then_some(what);
    }
    let apart = ours.2.iter().zip(&theirs.2).map(|(&a, &b)| u64::from(a.abs_diff(b)));
    let (most, sum) = apart.fold((0, 0), |(most, sum), apart| (apart.max(most), sum + apart));
    let limit = match format {
        // Damaged coefficients may be out of range. Ours come out as in libjpeg, to the level, which
        // `bench/mutate` compares; the other decoder's do not.
        ImageFormat::Jpeg => 255,
        _ => 1,
    };
    (most > limit).then(|| format!("at most {most} levels apart, {sum} in all"))
}

#[test]
fn two_decoders_that_read_a_damaged_image_see_the_same() {
    let seeds = seeds();
    let limits = Limits { max_pixels: 1 << 18, max_alloc_bytes: 4 << 20, ..Limits::default() };
    let mut pool = Pool::new();
    let mut findings = Vec::new();
    fuzz("two decoders", 40_000, |chance| {
        let mut bytes = chance.one_of(&seeds).clone();
        chance.change(&mut bytes);
        let Sniffed::Known(format) = sniff(&bytes) else { return false };
        let Ok(document) = decode(&bytes, &limits, &mut pool) else { return false };
        // What is damaged and shown all the same is said to be, and shown as far as it goes.
        let Some(frame) = document.frames.into_iter().next() else { return false };
        if !document.notes.is_empty() || !document.is_as_stored {
            return false;
        }
        // Where pixels begin is not said: they follow, to Pillow as well.
        if format.name == "BMP" && bytes[10..14] == [0; 4] {
            return false;
        }
        let Some(other) = ImageFormat::from_extension(format.id.name()) else { return false };
        let Some((ours, theirs)) = as_image(frame.picture).zip(by_image(&bytes, other)) else {
            return false;
        };
        if let Some(what) = difference(ours, theirs, other) {
            findings.push(format!("{}: {what}: {bytes:02x?}", format.name));
        }
        true
    });
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}
