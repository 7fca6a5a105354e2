//! JPEG. Files of the common kind are decoded in bands, by the modules below with the arithmetic of
//! `libjpeg_turbo_rs`; all others, damaged ones among them, by that crate's decoder. This is the only
//! file that names the crate.

use std::io::Cursor;

use libjpeg_turbo_rs::{
    ColorSpace, DecodeLimits, DecodeWarning, Decoder, JpegError, PixelFormat, simd,
    simd::SimdRoutines,
};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

use crate::color::{self, Ink};
use crate::formats::Source;
use crate::formats::jpeg::rows::{JpegRows, MAX_SIDE};
use crate::formats::jpeg::segments::Header;
use crate::formats::limit;
use crate::formats::table::{Content, Format, Gives, Holds, id};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

mod bands;
mod block;
mod encoder;
mod extent;
mod fallback;
mod header;
mod huffman;
mod plane;
pub(crate) mod rows;
mod scan;
pub(crate) mod segments;
mod transforms;
mod upsample;

use transforms::Transforms;

/// What the encoder takes from the crate: the tables of ITU-R T.81, annex K, what is calculated from
/// them, and how segments are written.
pub(crate) mod standard {
    pub(crate) use libjpeg_turbo_rs::encode::huffman_encode::build_huff_table;
    pub(crate) use libjpeg_turbo_rs::encode::pipeline::compute_reciprocal;
    pub(crate) use libjpeg_turbo_rs::encode::{marker_writer as markers, tables};
}

/// JPEG.
pub static FORMAT: Format = Format {
    id: id("jpeg"),
    name: "JPEG",
    endings: &["jpg", "jpeg", "jpe", "jfif", "jif", "pjpeg"],
    mime: "image/jpeg",
    in_browsers: true,
    has_quality: true,
    gives: Gives::Itself,
    holds: Holds { gray: true, alpha: false, deep: false, frames: false, icc: true, exif: true },
    magic: |head| head.starts_with(b"\xff\xd8\xff"),
    header: extent::declared,
    decode,
    encode: Some(encode),
};

/// Scans of a progressive file: encoders write about ten, and each one costs a pass over the
/// picture, which a few bytes can claim.
const MAX_SCANS: usize = 256;

/// The part of a picture that may be missing: one of so many.
const TOLERATED: usize = 100;

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let header = segments::read(&mut Cursor::new(bytes), limits.max_metadata_bytes)?;
    let size = (header.width, header.height);
    limit::check(limits, &FORMAT, size, 1, header.components.max(3).into())?;
    let mut notes = Vec::new();
    if header.icc_incomplete {
        notes.push("ICC profile left out: its parts do not fit together".into());
    }

    let strict =
        Attempt::new(bytes, &header, limits).and_then(|attempt| attempt.decode(false, pool));
    let decoded = match strict {
        Ok(decoded) => decoded,
        Err(JpegError::LimitExceeded { what, actual, limit }) => {
            return Err(Failure::new(
                FailureKind::TooLarge,
                format!("the JPEG is too complex: {what} {actual} is above the limit of {limit}"),
            ));
        }
        Err(error @ JpegError::Unsupported(_)) => {
            let fallback = fallback::decode(bytes, &header, pool);
            Decoded::by_fallback(fallback.ok_or_else(|| failure(&error))?)
        }
        Err(error) => decode_damaged(bytes, &header, limits, pool, &error)?,
    };
    notes.extend(decoded.note);

    let (picture, icc) = match decoded.ink {
        None => (decoded.picture, header.icc),
        Some(ink) => {
            let converted = color::from_cmyk(decoded.picture, ink, header.icc.as_deref(), pool);
            notes.extend(converted.note);
            (converted.picture, None)
        }
    };
    Ok(Source { icc, exif: header.exif, notes, ..Source::still(picture) })
}

/// Tries what forgives more: the same decoder without strictness, then another one. A file of which
/// much is missing is a failure in any case, for half a picture is none.
fn decode_damaged(
    bytes: &[u8],
    header: &Header,
    limits: &Limits,
    pool: &mut Pool,
    first: &JpegError,
) -> Result<Decoded, Failure> {
    let lenient =
        Attempt::new(bytes, header, limits).and_then(|attempt| attempt.decode(true, pool));
    match lenient {
        Ok(decoded) => {
            let (done, total) = decoded.truncated.unwrap_or((1, 1));
            if total.saturating_sub(done) > total / TOLERATED {
                pool.give(decoded.picture);
                let percent = done.saturating_mul(100) / total.max(1);
                return Err(Failure::new(
                    FailureKind::Damaged,
                    format!(
                        "the JPEG is cut off or damaged: only {percent} % of the picture can be read"
                    ),
                ));
            }
            let note = if decoded.truncated.is_some() {
                "the JPEG is damaged: less than 1 % of the picture is missing and left gray"
            } else {
                "the JPEG is damaged: all of it could be read, but parts may look wrong"
            };
            Ok(Decoded { note: Some(note.into()), ..decoded })
        }
        Err(_) => fallback::decode(bytes, header, pool)
            .map(Decoded::by_fallback)
            .ok_or_else(|| failure(first)),
    }
}

/// A decoder that is set up.
struct Attempt<'a> {
    bytes: &'a [u8],
    decoder: Decoder<'a>,
    channels: Channels,
    ink: Option<Ink>,
}

/// What came out of one.
struct Decoded {
    picture: Picture,
    /// How to read the samples if they are four inks; `picture` calls them red, green, blue, alpha.
    ink: Option<Ink>,
    /// Units that were read, and how many there should be, if data are missing.
    truncated: Option<(usize, usize)>,
    note: Option<String>,
}

impl Decoded {
    fn by_fallback(picture: Picture) -> Self {
        Self {
            picture,
            ink: None,
            truncated: None,
            note: Some("the JPEG is unusual and was read by the second decoder".into()),
        }
    }
}

impl<'a> Attempt<'a> {
    fn new(bytes: &'a [u8], header: &Header, limits: &Limits) -> Result<Self, JpegError> {
        let mut decoder = Decoder::new_with_limits(
            bytes,
            DecodeLimits {
                max_width: MAX_SIDE as usize,
                max_height: MAX_SIDE as usize,
                max_pixels: limits.max_pixels,
                max_scans: MAX_SCANS,
                // The picture itself, its planes, and the coefficients of a progressive file.
                max_memory: Some(limits.max_alloc_bytes.saturating_mul(4)),
            },
        )?;
        let (width, height) = decoder.header().dimensions();
        if (width as u32, height as u32) != (header.width, header.height) {
            // The limits were checked for another size.
            return Err(JpegError::CorruptData("two picture headers that differ".into()));
        }
        if decoder.is_arithmetic() {
            // Any data can be decoded as such, damaged or not, and no camera writes it.
            return Err(JpegError::Unsupported("arithmetic coding".into()));
        }
        if decoder.header().precision != 8 {
            return Err(JpegError::Unsupported(format!(
                "{} bits a sample",
                decoder.header().precision
            )));
        }
        let (channels, format, ink) = match decoder.jpeg_color_space() {
            ColorSpace::Grayscale => (Channels::Gray, PixelFormat::Grayscale, None),
            ColorSpace::YCbCr | ColorSpace::Rgb => (Channels::Rgb, PixelFormat::Rgb, None),
            ColorSpace::Cmyk | ColorSpace::Ycck => {
                let ink = if header.adobe { Ink::Inverted } else { Ink::Direct };
                (Channels::Rgba, PixelFormat::Cmyk, Some(ink))
            }
            ColorSpace::Unknown => {
                return Err(JpegError::Unsupported("its colour space".into()));
            }
        };
        decoder.set_output_format(format);
        Ok(Self { bytes, decoder, channels, ink })
    }

    fn decode(mut self, lenient: bool, pool: &mut Pool) -> Result<Decoded, JpegError> {
        self.decoder.set_lenient(lenient);
        let (width, height) = self.decoder.header().dimensions();
        let len = width * height * self.channels.count();
        let mut samples = pool.bytes(len);
        if !lenient && self.decode_in_bands(&mut samples).is_some() {
            return Ok(self.decoded(samples, None));
        }
        let info = match self.decoder.decode_image_into(&mut samples) {
            Ok(info) if info.bytes_written == len => info,
            Ok(_) => {
                pool.give_bytes(samples);
                return Err(JpegError::CorruptData("fewer pixels than its header says".into()));
            }
            Err(error) => {
                pool.give_bytes(samples);
                return Err(error);
            }
        };
        let truncated = info.warnings.iter().find_map(|warning| match warning {
            DecodeWarning::TruncatedData { decoded_mcus, total_mcus } => {
                Some((*decoded_mcus, *total_mcus))
            }
            _ => None,
        });
        Ok(self.decoded(samples, truncated))
    }

    /// Decodes a file of the common kind; `None` if it is another one, or anything is odd about it.
    fn decode_in_bands(&self, samples: &mut [u8]) -> Option<()> {
        let color = match self.decoder.jpeg_color_space() {
            ColorSpace::Grayscale => bands::Color::Gray,
            ColorSpace::YCbCr => bands::Color::YCbCr,
            ColorSpace::Rgb => bands::Color::Rgb,
            _ => return None,
        };
        // The limits are checked here, too.
        let len = self.decoder.output_buffer_size().ok()?;
        if len != samples.len() {
            return None;
        }
        bands::decode(self.bytes, color, &simd::detect(), samples)
    }

    fn decoded(&self, samples: Vec<u8>, truncated: Option<(usize, usize)>) -> Decoded {
        let (width, height) = self.decoder.header().dimensions();
        Decoded {
            picture: Picture {
                width: width as u32,
                height: height as u32,
                channels: self.channels,
                samples: Samples::U8(samples),
            },
            ink: self.ink,
            truncated,
            note: None,
        }
    }
}

impl Transforms for SimdRoutines {
    fn inverse_dct(&self, block: &[i16; 64], quantization: &[u16; 64], samples: &mut [u8; 64]) {
        (self.idct_islow)(block, quantization, samples);
    }

    fn double_columns(&self, row: &[u8], to: &mut [u8]) {
        self.fancy_upsample_h2v1(row, row.len(), to);
    }

    fn to_rgb(&self, y: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]) {
        self.ycbcr_to_rgb_row(y, cb, cr, rgb, rgb.len() / 3);
    }
}

fn failure(error: &JpegError) -> Failure {
    match error {
        JpegError::Unsupported(what) => Failure::new(
            FailureKind::Unsupported,
            format!("a kind of JPEG that is not read: {what}"),
        ),
        JpegError::UnexpectedEof => {
            Failure::new(FailureKind::Damaged, "the JPEG is damaged: it is cut off")
        }
        JpegError::CorruptData(what) => {
            Failure::new(FailureKind::Damaged, format!("the JPEG is damaged: {what}"))
        }
        other => Failure::new(FailureKind::Damaged, format!("the JPEG is damaged: {other}")),
    }
}

/// Encodes an 8-bit picture in gray or RGB.
pub(crate) fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<String>, Failure> {
    let (picture, quality) = (content.first(), content.encoding.quality);
    let Samples::U8(samples) = &picture.samples else {
        return Err(Failure::new(FailureKind::Encode, "JPEG holds 8 bits a channel"));
    };
    let size = (picture.width, picture.height);
    let to = std::mem::take(out);
    let mut file =
        JpegRows::new(size, picture.channels, quality, &content.metadata, Vec::new(), to)?;
    file.push(samples);
    let notes;
    (*out, notes) = file.finish();
    Ok(notes)
}

#[cfg(test)]
mod tests;
