//! JPEG. Files of the common kind are decoded in bands, all others by way of their coefficients, both
//! with the arithmetic of `libjpeg_turbo_rs`. This is the only file that names the crate.

use std::io::Cursor;

use libjpeg_turbo_rs::{Encoder, PixelFormat, Subsampling, simd, simd::SimdRoutines};
use lote_protocol::filter::EncodingOption;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::color::{self, Ink};
use crate::formats::Source;
use crate::formats::jpeg::rows::JpegRows;
use crate::formats::jpeg::segments::Header;
use crate::formats::limit;
use crate::formats::table::{Content, Format, Gives, QUICK, id};
use crate::holds::{Holds, Texts};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

mod bands;
mod block;
mod coefficients;
mod companions;
mod encoder;
pub(crate) mod extent;
mod header;
mod huffman;
mod plane;
pub(crate) mod rows;
mod scan;
pub(crate) mod segments;
mod transforms;
mod upsample;
pub(crate) mod writing;

use coefficients::{Color, File, Health};
use transforms::Transforms;
use writing::Writing;

/// What the encoder takes from the crate: the tables of ITU-R T.81, annex K, what is calculated from
/// them, and how segments are written.
pub(crate) mod standard {
    pub(crate) use libjpeg_turbo_rs::common::arith_tables::ARITAB as ARITHMETIC_STATES;
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
    options: &[
        EncodingOption::Quality,
        EncodingOption::Subsampling,
        EncodingOption::Progressive,
        EncodingOption::MaxSize,
        EncodingOption::MinScore,
    ],
    gives: Gives::Itself,
    holds: Holds {
        gray: true,
        icc: true,
        exif: true,
        xmp: true,
        iptc: true,
        texts: Texts::Comments,
        resolution: true,
        ..Holds::NOTHING
    },
    magic: |head| head.starts_with(b"\xff\xd8\xff"),
    header: extent::declared,
    together: None,
    decode,
    encode: Some(encode),
    patience: QUICK,
};

/// The part of a picture that may be missing: one of so many.
const TOLERATED: usize = 100;

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let header = segments::read(&mut Cursor::new(bytes), limits.max_metadata_bytes)?;
    let Header { width, height, .. } = header;
    limit::check(limits, &FORMAT, (width, height), 1, header.components.max(3).into())?;
    let mut notes = header.notes.clone();

    let file = File::open(bytes)?;
    if file.size() != (width as usize, height as usize) {
        // The limits were checked for another size.
        return Err(damaged(text!("it has two picture headers that differ")));
    }
    let (color, chroma) = (file.color(), file.chroma());
    let (channels, ink) = match color {
        Color::Gray => (Channels::Gray, None),
        Color::YCbCr | Color::Rgb => (Channels::Rgb, None),
        Color::Cmyk | Color::Ycck if header.adobe => (Channels::Rgba, Some(Ink::Inverted)),
        Color::Cmyk | Color::Ycck => (Channels::Rgba, Some(Ink::Direct)),
    };
    let mut samples = pool.bytes(width as usize * height as usize * channels.count());
    let health = decode_samples(bytes, file, limits, &mut samples);
    match health.and_then(|health| Ok((judge(health)?, companions::note(bytes, health.end)))) {
        Ok((odd, others)) => notes.extend(odd.into_iter().chain(others)),
        Err(failure) => {
            pool.give_bytes(samples);
            return Err(failure);
        }
    }
    let picture = Picture { width, height, channels, samples: Samples::U8(samples) };
    let mut metadata = header.metadata;
    let picture = match ink {
        None => picture,
        Some(ink) => {
            let converted = color::from_cmyk(picture, ink, metadata.icc.as_deref(), pool);
            notes.push(converted.note);
            metadata.icc = color::srgb();
            converted.picture
        }
    };
    Ok(Source { chroma, metadata, notes, ..Source::still(picture) })
}

/// Decodes to so many samples a pixel as there are components.
fn decode_samples(
    bytes: &[u8],
    file: File<'_>,
    limits: &Limits,
    samples: &mut [u8],
) -> Result<Health, Failure> {
    let transforms = simd::detect();
    if let Some(end) = bands::decode(bytes, file.color(), &transforms, samples) {
        return Ok(Health { end, cut: end + 2 > bytes.len(), ..Health::default() });
    }
    // The coefficients take up more than the picture.
    let most = limits.max_alloc_bytes.saturating_mul(4);
    if file.memory() > most {
        return Err(Failure::new(
            FailureKind::TooLarge,
            text!(
                "the JPEG needs {} MiB of memory, more than the limit of {} MiB",
                file.memory() >> 20,
                most >> 20
            ),
        ));
    }
    file.decode(&transforms, samples)
}

/// What to say about a file of which all or nearly all could be read. One of which more is missing
/// is a failure, for half a picture is none.
fn judge(health: Health) -> Result<Option<Text>, Failure> {
    let (missing, total) = health.missing;
    if missing > total / TOLERATED {
        let percent = (total - missing).saturating_mul(100) / total.max(1);
        return Err(Failure::new(
            FailureKind::Damaged,
            text!("the JPEG is cut off or damaged: only {} % of the picture can be read", percent),
        ));
    }
    if health.cut && health.coarse {
        return Err(Failure::new(
            FailureKind::Damaged,
            text!("the JPEG is cut off: the scans with its details are missing"),
        ));
    }
    let odd = if missing > 0 {
        text!("the JPEG is damaged: less than 1 % of the picture is missing and left gray")
    } else if health.irregular {
        text!("the JPEG is damaged: all of it could be read, but parts may look wrong")
    } else if health.coarse {
        text!("the JPEG holds the picture without its last details")
    } else if health.cut {
        text!("the JPEG has no end mark; its picture is complete")
    } else if health.skipped {
        text!("the JPEG holds bytes that belong nowhere; its picture is complete")
    } else {
        return Ok(None);
    };
    Ok(Some(odd))
}

fn damaged(what: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::Damaged, text!("the {} is damaged: {}", "JPEG", what))
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

/// Encodes an 8-bit picture in gray or RGB.
pub(crate) fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    let picture = content.first();
    let Samples::U8(samples) = &picture.samples else {
        return Err(Failure::new(FailureKind::Encode, text!("JPEG holds 8 bits a channel")));
    };
    let size = (picture.width, picture.height);
    let writing = Writing::new(content.encoding, content.chroma);
    rows::check(size, picture.channels)?;
    if !writing.is_common(picture.channels) {
        let file = encode_as_a_whole(picture, samples, writing)?;
        return Ok(segments::write(&file, &content.metadata, out));
    }
    let to = std::mem::take(out);
    let mut file =
        JpegRows::new(size, picture.channels, writing.quality, &content.metadata, Vec::new(), to)?;
    file.push(samples);
    let notes;
    (*out, notes) = file.finish();
    Ok(notes)
}

/// Encodes what the encoder of our own does not write, with the shortest Huffman tables.
fn encode_as_a_whole(
    picture: &Picture,
    samples: &[u8],
    writing: Writing,
) -> Result<Vec<u8>, Failure> {
    let format =
        if picture.channels.is_color() { PixelFormat::Rgb } else { PixelFormat::Grayscale };
    let subsampling = match writing.chroma {
        (1, 1) => Subsampling::S444,
        (2, 1) => Subsampling::S422,
        (1, 2) => Subsampling::S440,
        (4, 1) => Subsampling::S411,
        (1, 4) => Subsampling::S441,
        _ => Subsampling::S420,
    };
    Encoder::new(samples, picture.width as usize, picture.height as usize, format)
        .quality(writing.quality)
        .force_baseline(true)
        .subsampling(subsampling)
        .progressive(writing.progressive)
        .optimize_huffman(true)
        .encode()
        .map_err(|error| {
            Failure::new(
                FailureKind::Encode,
                text!("the {} could not be written: {}", "JPEG", error.to_string()),
            )
        })
}

#[cfg(test)]
mod tests;
