//! Pictures that the crate `image` reads and writes: samples, and nothing beside them.

use std::io::ErrorKind;

use image::{ColorType, ExtendedColorType, ImageDecoder, ImageEncoder, ImageError, ImageResult};
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use super::limit;
use super::table::{Content, Format};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Reads the picture of a decoder whose header has been read; it is checked against the limits first.
///
/// # Errors
/// `Unsupported` and `Damaged` by what the decoder says, `TooLarge` by the limits.
pub(super) fn read(
    format: &Format,
    decoder: ImageResult<impl ImageDecoder>,
    limits: &Limits,
    pool: &mut Pool,
) -> Result<Picture, Failure> {
    let decoder = decoder.map_err(|error| failure(format, &error))?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let (channels, deep) = match color {
        ColorType::L8 => (Channels::Gray, false),
        ColorType::La8 => (Channels::GrayAlpha, false),
        ColorType::Rgb8 => (Channels::Rgb, false),
        ColorType::Rgba8 => (Channels::Rgba, false),
        ColorType::L16 => (Channels::Gray, true),
        ColorType::La16 => (Channels::GrayAlpha, true),
        ColorType::Rgb16 => (Channels::Rgb, true),
        ColorType::Rgba16 => (Channels::Rgba, true),
        _ => return Err(unsupported(format, "its samples are of no kind that is read")),
    };
    limit::check(limits, format, (width, height), 1, color.bytes_per_pixel().into())?;
    let len = width as usize * height as usize * usize::from(color.bytes_per_pixel());
    let mut bytes = pool.bytes(len);
    if let Err(error) = decoder.read_image(&mut bytes) {
        pool.give_bytes(bytes);
        return Err(failure(format, &error));
    }
    let samples = if deep {
        let mut words = pool.words(len / 2);
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<2>().0) {
            *word = u16::from_ne_bytes(*bytes);
        }
        pool.give_bytes(bytes);
        Samples::U16(words)
    } else {
        Samples::U8(bytes)
    };
    Ok(Picture { width, height, channels, samples })
}

/// Writes the first picture, of 8 bits a sample.
///
/// # Errors
/// `Encode` where the encoder refuses it.
pub(super) fn write(
    format: &Format,
    content: &Content<'_>,
    encoder: impl ImageEncoder,
) -> Result<Vec<Text>, Failure> {
    let refused = |why: Text| {
        let name = format.name;
        Failure::new(FailureKind::Encode, text!("the {} could not be written: {}", name, why))
    };
    let picture = content.first();
    let Samples::U8(samples) = &picture.samples else {
        return Err(refused(text!("it holds no 16 bits a channel")));
    };
    let color = match picture.channels {
        Channels::Gray => ExtendedColorType::L8,
        Channels::GrayAlpha => ExtendedColorType::La8,
        Channels::Rgb => ExtendedColorType::Rgb8,
        Channels::Rgba => ExtendedColorType::Rgba8,
    };
    encoder
        .write_image(samples, picture.width, picture.height, color)
        .map(|()| Vec::new())
        .map_err(|error| refused(one_line(&error).into()))
}

fn failure(format: &Format, error: &ImageError) -> Failure {
    let name = format.name;
    match error {
        ImageError::Unsupported(error) => unsupported(format, error.to_string().replace('\n', " ")),
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Failure::new(
            FailureKind::Damaged,
            text!("the {} is damaged: {}", name, text!("it is cut off")),
        ),
        error => {
            let why = one_line(error);
            Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", name, why))
        }
    }
}

fn unsupported(format: &Format, why: impl Into<Text>) -> Failure {
    Failure::new(
        FailureKind::Unsupported,
        text!("{} files of this kind are not supported: {}", format.name, why),
    )
}

fn one_line(error: &ImageError) -> String {
    error.to_string().replace('\n', " ").trim_end_matches(['.', '!']).to_owned()
}
