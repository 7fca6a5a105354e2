//! Windows bitmaps. The only file that names the crate `image`.

use std::io::Cursor;

use image::codecs::bmp::{BmpDecoder, BmpEncoder};
use image::error::ImageError;
use image::{ColorType, ExtendedColorType, ImageDecoder};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

use crate::formats::Source;
use crate::formats::extent::{Declared, Header};
use crate::formats::limit;
use crate::formats::table::{Content, Format, Gives, Holds, id};
use crate::metadata::Metadata;
use crate::metadata::resolution::{Resolution, Unit};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// What a BMP holds is what every program reads of it.
pub static FORMAT: Format = Format {
    id: id("bmp"),
    name: "BMP",
    endings: &["bmp", "dib"],
    mime: "image/bmp",
    in_browsers: true,
    has_quality: false,
    gives: Gives::Itself,
    holds: Holds { gray: true, resolution: true, ..Holds::NOTHING },
    magic: is_bmp,
    header: declared,
    decode,
    encode: Some(encode),
};

/// `BM` alone also begins many a text; a bitmap's second header has one of a few sizes.
fn is_bmp(head: &[u8]) -> bool {
    let size = head.get(14..18).and_then(|size| <[u8; 4]>::try_from(size).ok());
    head.starts_with(b"BM")
        && size.is_some_and(|size| (12..=124).contains(&u32::from_le_bytes(size)))
}

fn declared(header: &mut Header<'_>) -> Declared {
    if header.le32(14)? == 12 {
        return Some((header.le16(18)?, header.le16(20)?, 3));
    }
    // A negative height says that the rows go down.
    let height = header.at(22).map(i32::from_le_bytes)?.unsigned_abs();
    Some((header.le32(18)?, height, if header.le16(28)? == 32 { 4 } else { 3 }))
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let decoder = open(bytes, limits)?;
    let (width, height) = decoder.dimensions();
    let channels = match decoder.color_type() {
        ColorType::L8 => Channels::Gray,
        ColorType::Rgb8 => Channels::Rgb,
        ColorType::Rgba8 => Channels::Rgba,
        other => {
            return Err(Failure::new(
                FailureKind::Unsupported,
                format!("a kind of BMP that is not read: {other:?}"),
            ));
        }
    };
    let mut samples = pool.bytes(width as usize * height as usize * channels.count());
    // Run lengths may leave pixels out.
    samples.fill(0);
    if let Err(error) = decoder.read_image(&mut samples) {
        pool.give_bytes(samples);
        return Err(failure(&error));
    }
    let mut picture = Picture { width, height, channels, samples: Samples::U8(samples) };
    drop_unused_alpha(&mut picture);
    if bytes.get(28..30).is_some_and(|bits| bits[0] <= 8 && bits[1] == 0) {
        gray_palette_to_gray(&mut picture);
    }
    let metadata = Metadata { resolution: resolution(bytes), ..Metadata::default() };
    Ok(Source { metadata, ..Source::still(picture) })
}

/// Where a file states pixels by metre, across and down, unless its header is the oldest one.
const RESOLUTION: std::ops::Range<usize> = 38..46;

/// The resolution that a file states.
fn resolution(file: &[u8]) -> Option<Resolution> {
    let header_len = file.get(14..18)?;
    let &[a, b, c, d, e, f, g, h] = file.get(RESOLUTION)? else { return None };
    let (x, y) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    (header_len[0] >= 40)
        .then_some(Resolution::whole(x, y, Unit::Metre))
        .filter(Resolution::is_sound)
}

fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<BmpDecoder<Cursor<&'a [u8]>>, Failure> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(|e| failure(&e))?;
    let pixel_len = u64::from(decoder.color_type().bytes_per_pixel());
    limit::check(limits, &FORMAT, decoder.dimensions(), 1, pixel_len)?;
    Ok(decoder)
}

/// Many writers leave the fourth byte of a pixel at 0 and mean an opaque picture.
fn drop_unused_alpha(picture: &mut Picture) {
    if let Samples::U8(samples) = &mut picture.samples
        && picture.channels == Channels::Rgba
        && samples.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 0)
    {
        for pixel in samples.as_chunks_mut::<4>().0 {
            pixel[3] = 255;
        }
    }
}

/// A palette of grays is how the format stores gray.
fn gray_palette_to_gray(picture: &mut Picture) {
    if let Samples::U8(samples) = &mut picture.samples
        && picture.channels == Channels::Rgb
        && samples.as_chunks::<3>().0.iter().all(|&[r, g, b]| r == g && g == b)
    {
        let pixels = samples.len() / 3;
        for i in 0..pixels {
            samples[i] = samples[i * 3];
        }
        samples.truncate(pixels);
        picture.channels = Channels::Gray;
    }
}

fn failure(error: &ImageError) -> Failure {
    let text = error.to_string().replace('\n', " ");
    let text = text.trim_start_matches("Format error decoding Bmp: ");
    let text = text.trim_end_matches('.');
    match error {
        ImageError::Unsupported(_) => Failure::new(
            FailureKind::Unsupported,
            format!("a kind of BMP that is not read: {text}"),
        ),
        ImageError::Limits(_) => {
            Failure::new(FailureKind::TooLarge, "the BMP needs more memory than the limits allow")
        }
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Failure::new(FailureKind::Damaged, "the BMP is damaged: it is cut off")
        }
        _ => Failure::new(FailureKind::Damaged, format!("the BMP is damaged: {text}")),
    }
}

/// Encodes 8-bit gray or RGB.
pub(crate) fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<String>, Failure> {
    let picture = content.first();
    let refused = |what: &str| {
        Failure::new(FailureKind::Encode, format!("the BMP could not be written: {what}"))
    };
    let (Samples::U8(samples), color) = (
        &picture.samples,
        match picture.channels {
            Channels::Gray => ExtendedColorType::L8,
            Channels::Rgb => ExtendedColorType::Rgb8,
            Channels::GrayAlpha | Channels::Rgba => return Err(refused("it holds no alpha")),
        },
    ) else {
        return Err(refused("it holds no 16 bits a channel"));
    };
    let start = out.len();
    BmpEncoder::new(out)
        .encode(samples, picture.width, picture.height, color)
        .map_err(|error| refused(&error.to_string()))?;
    if let Some((x, y)) = content.metadata.resolution.and_then(Resolution::by_metre)
        && let Some(stated) = out[start..].get_mut(RESOLUTION)
    {
        stated.copy_from_slice(&[x.to_le_bytes(), y.to_le_bytes()].concat());
    }
    Ok(Vec::new())
}
