//! What a directory says about its picture: every tag that changes pixels is read here, and what is not
//! known to be read right is refused by name.

use std::io::{Read, Result as IoResult, Seek};

use crate::formats::tiff::directory::{Directory, Tagged};
use crate::formats::tiff::numbers::{Extra, Model, SampleKind};
use crate::formats::tiff::{Refused, tag};
use lote_protocol::lang::Text;
use lote_protocol::text;

/// Strips or tiles of a picture, at most.
const MAX_CHUNKS: u64 = 1 << 24;

/// How the bytes of a strip or tile are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    FaxRuns { words: bool },
    Fax3 { two_dimensional: bool },
    Fax4,
    Lzw,
    OldJpeg,
    Jpeg,
    Deflate,
    PackBits,
    WebP,
    Zstd,
}

/// What is stored in the place of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predictor {
    None,
    Difference,
    Float,
}

/// One picture of a file.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Samples of a pixel, with extra ones.
    pub(crate) count: usize,
    pub(crate) kind: SampleKind,
    pub(crate) model: Model,
    pub(crate) extra: Extra,
    pub(crate) packing: Packing,
    pub(crate) predictor: Predictor,
    /// Whether the lowest bit of a byte comes first.
    pub(crate) reversed_bits: bool,
    /// Whether every colour has strips or tiles of its own.
    pub(crate) planar: bool,
    /// Columns and rows that share a colour difference.
    pub(crate) subsampling: (u32, u32),
    pub(crate) chunks: Chunks,
    /// Tables that the JPEG streams share.
    pub(crate) jpeg_tables: Option<Vec<u8>>,
    /// Where a JPEG of the old way is, and its length.
    pub(crate) old_jpeg: Option<(u64, u64)>,
    /// Orientation, 1..=8.
    pub(crate) orientation: u16,
}

/// The strips or tiles of a picture.
#[derive(Debug)]
pub(crate) struct Chunks {
    pub(crate) tiled: bool,
    /// px.
    pub(crate) width: u32,
    /// px; the last strip may have fewer.
    pub(crate) height: u32,
    pub(crate) offsets: Vec<u64>,
    pub(crate) lens: Vec<u64>,
}

/// The size of a picture, px, and its orientation.
pub(crate) fn size<R: Read + Seek>(
    file: &mut Tagged<R>,
    directory: &Directory,
) -> IoResult<Option<((u32, u32), u16)>> {
    let mut side = |tag| -> IoResult<Option<u32>> {
        Ok(file.number(directory, tag)?.and_then(|side| u32::try_from(side).ok()))
    };
    let (width, height) = (side(tag::WIDTH)?, side(tag::HEIGHT)?);
    let orientation = file.number(directory, tag::ORIENTATION)?.unwrap_or(1);
    let size = width.zip(height);
    Ok(size.map(|size| (size, u16::try_from(orientation).unwrap_or(1))))
}

impl Page {
    /// Reads what a directory says of a picture of that size, px.
    pub(crate) fn read<R: Read + Seek>(
        file: &mut Tagged<R>,
        directory: &Directory,
        ((width, height), orientation): ((u32, u32), u16),
    ) -> Result<Self, Refused> {
        let number = |file: &mut Tagged<R>, tag: u16, default: u64| -> IoResult<u64> {
            Ok(file.number(directory, tag)?.unwrap_or(default))
        };
        let packing = packing(
            number(file, tag::COMPRESSION, 1)?,
            number(file, tag::T4_OPTIONS, 0)?,
            number(file, tag::T6_OPTIONS, 0)?,
        )?;
        let model = file.number(directory, tag::MODEL)?;
        let count = match file.number(directory, tag::SAMPLES)? {
            Some(count) => count,
            None if packing == Packing::OldJpeg && model == Some(6) => 3,
            None => 1,
        };
        let count = usize::try_from(count)
            .ok()
            .filter(|count| (1..=64).contains(count))
            .ok_or_else(|| unsupported(text!("{} samples a pixel", count)))?;
        let kind = kind(file, directory, count)?;
        let planar = match number(file, tag::PLANES, 1)? {
            1 => false,
            2 => count > 1,
            other => return Err(unsupported(text!("planar configuration {}", other))),
        };
        let (model, subsampling) = colours(file, directory, model, packing, kind, count)?;
        let reversed_bits = match number(file, tag::FILL_ORDER, 1)? {
            1 => false,
            2 => true,
            other => return Err(unsupported(text!("fill order {}", other))),
        };
        let predictor = match (packing, number(file, tag::PREDICTOR, 1)?) {
            (Packing::Lzw | Packing::Deflate | Packing::Zstd, 2) => Predictor::Difference,
            (Packing::Lzw | Packing::Deflate | Packing::Zstd, 3) => Predictor::Float,
            (Packing::Lzw | Packing::Deflate | Packing::Zstd, other @ (0 | 4..)) => {
                return Err(unsupported(text!("predictor {}", other)));
            }
            _ => Predictor::None,
        };
        match (predictor, kind) {
            (Predictor::None, _)
            | (
                Predictor::Difference,
                SampleKind::Unsigned(8 | 16 | 32) | SampleKind::Signed(8 | 16 | 32),
            )
            | (Predictor::Difference | Predictor::Float, SampleKind::Float(_)) => {}
            _ => {
                let bits = kind.bits();
                return Err(unsupported(text!("a predictor of samples of {} bits", bits)));
            }
        }
        if matches!(packing, Packing::FaxRuns { .. } | Packing::Fax3 { .. } | Packing::Fax4)
            && (kind != SampleKind::Unsigned(1) || (count > 1 && !planar))
        {
            return Err(unsupported(text!("facsimile coding of more than one bit a pixel")));
        }
        let chunks = chunks(file, directory, (width, height), if planar { count } else { 1 })?;
        if subsampling != (1, 1)
            && (planar || chunks.tiled && !chunks.width.is_multiple_of(subsampling.0))
        {
            return Err(unsupported(text!("subsampled colours in planes of their own")));
        }
        let jpeg_tables = file.bytes(directory, tag::JPEG_TABLES, 1 << 16)?;
        let old_jpeg = match file.number(directory, tag::OLD_JPEG)? {
            Some(at) => Some((at, number(file, tag::OLD_JPEG_LENGTH, u64::MAX)?)),
            None => None,
        };
        let extra = extra(&file.numbers(directory, tag::EXTRA_SAMPLES, 64)?, &model, count);
        // What of it would be opaque is not defined.
        if extra != Extra::Other && matches!(kind, SampleKind::Signed(_)) && count > model.colors()
        {
            return Err(unsupported(text!("signed samples with alpha")));
        }
        Ok(Self {
            width,
            height,
            count,
            kind,
            model,
            extra,
            packing,
            predictor,
            reversed_bits,
            planar,
            subsampling,
            chunks,
            jpeg_tables,
            old_jpeg,
            orientation,
        })
    }

    /// Whether its parts are files of other formats, which come out as gray or RGB of 8 bits.
    pub(crate) fn is_embedded(&self) -> bool {
        matches!(self.packing, Packing::Jpeg | Packing::OldJpeg | Packing::WebP)
    }

    /// Samples of a pixel that mean something: colours, and alpha.
    pub(crate) fn used(&self) -> usize {
        let colors = self.model.colors();
        let alpha = self.extra != Extra::Other && colors != 4;
        (colors + usize::from(alpha)).min(self.count)
    }

    /// The bytes of a row of a strip or tile that is so many pixels wide.
    pub(crate) fn row_len(&self, width: u32) -> u64 {
        let samples = if self.planar { 1 } else { self.count as u64 };
        (u64::from(width) * samples * u64::from(self.kind.bits())).div_ceil(8)
    }
}

fn unsupported(what: Text) -> Refused {
    Refused::Unsupported(what)
}

fn packing(compression: u64, t4: u64, t6: u64) -> Result<Packing, Refused> {
    let name = match compression {
        1 => return Ok(Packing::Plain),
        2 => return Ok(Packing::FaxRuns { words: false }),
        32_771 => return Ok(Packing::FaxRuns { words: true }),
        3 | 4 if (if compression == 3 { t4 } else { t6 }) & 2 != 0 => "uncompressed facsimile rows",
        3 => return Ok(Packing::Fax3 { two_dimensional: t4 & 1 != 0 }),
        4 => return Ok(Packing::Fax4),
        5 => return Ok(Packing::Lzw),
        6 => return Ok(Packing::OldJpeg),
        7 => return Ok(Packing::Jpeg),
        8 | 32_946 => return Ok(Packing::Deflate),
        32_773 => return Ok(Packing::PackBits),
        50_000 => return Ok(Packing::Zstd),
        50_001 => return Ok(Packing::WebP),
        9 | 10 | 34_661 => "JBIG compression",
        32_766 => "NeXT compression",
        32_809 => "ThunderScan compression",
        32_909 => "PixarLog compression",
        34_676 | 34_677 => "SGI LogLuv compression",
        33_003..=33_005 | 34_712 => "JPEG 2000 compression",
        34_887 => "LERC compression",
        34_925 => "LZMA compression",
        50_002 | 52_546 => "JPEG XL compression",
        _ => return Err(unsupported(text!("compression {}", compression))),
    };
    Err(unsupported(name.into()))
}

fn kind<R: Read + Seek>(
    file: &mut Tagged<R>,
    directory: &Directory,
    count: usize,
) -> Result<SampleKind, Refused> {
    // Some writers give one value for all samples.
    let mut common = |tag: u16, default: u64| -> Result<u64, Refused> {
        let mut values = file.numbers(directory, tag, 1 << 16)?;
        if values.is_empty() && directory.has(tag) {
            return Err(Refused::Damaged(text!(
                "what says how its samples are stored is no number"
            )));
        }
        values.truncate(count);
        let first = values.first().copied().unwrap_or(default);
        if values.iter().any(|&value| value != first) {
            return Err(unsupported(text!("samples of different kinds")));
        }
        Ok(first)
    };
    let format = common(tag::SAMPLE_FORMAT, 1)?;
    let bits = common(tag::BITS, 1)?;
    let bits = u8::try_from(bits).unwrap_or(u8::MAX);
    match (format, bits) {
        (1 | 4, 1..=32) => Ok(SampleKind::Unsigned(bits)),
        (2, 8 | 16 | 32) => Ok(SampleKind::Signed(bits)),
        (3, 16 | 32 | 64) => Ok(SampleKind::Float(bits)),
        (1 | 4, _) => Err(unsupported(text!("samples of {} bits", bits))),
        (2, _) => Err(unsupported(text!("signed samples of {} bits", bits))),
        (3, _) => Err(unsupported(text!("floating-point samples of {} bits", bits))),
        (5 | 6, _) => Err(unsupported(text!("complex numbers"))),
        _ => Err(unsupported(text!("sample format {}", format))),
    }
}

/// The colour model, and how many columns and rows share a colour difference.
fn colours<R: Read + Seek>(
    file: &mut Tagged<R>,
    directory: &Directory,
    model: Option<u64>,
    packing: Packing,
    kind: SampleKind,
    count: usize,
) -> Result<(Model, (u32, u32)), Refused> {
    let model = match (model, packing) {
        (Some(model), _) => model,
        (None, Packing::FaxRuns { .. } | Packing::Fax3 { .. } | Packing::Fax4) => 0,
        // As libtiff takes it.
        (None, _) if count == 1 => 1,
        (None, _) if count == 3 => 2,
        (None, _) => return Err(unsupported(text!("no colour model is given"))),
    };
    let mut subsampling = (1, 1);
    let (model, least) = match model {
        0 => (Model::WhiteIsZero, 1),
        1 => (Model::Gray, 1),
        2 => (Model::Rgb, 3),
        3 => {
            let map = file.numbers(directory, tag::COLOR_MAP, 3 << 16)?;
            let bits = kind.bits();
            // One of more values belongs to more bits than are stated, as where these are missing.
            if !matches!(kind, SampleKind::Unsigned(1..=16)) || map.len() != 3 << bits {
                return Err(unsupported(text!("a palette of {} values", map.len())));
            }
            (Model::Palette(map.iter().map(|&v| v as u16).collect()), 1)
        }
        5 => {
            if file.number(directory, tag::INK_SET)?.unwrap_or(1) != 1 {
                return Err(unsupported(text!("inks other than cyan, magenta, yellow, black")));
            }
            (Model::Cmyk, 4)
        }
        6 => {
            if kind != SampleKind::Unsigned(8) {
                return Err(unsupported(text!("YCbCr of {} bits", kind.bits())));
            }
            if !matches!(packing, Packing::Jpeg | Packing::OldJpeg | Packing::WebP) {
                subsampling = match file.numbers(directory, tag::SUBSAMPLING, 2)?[..] {
                    [] => (2, 2),
                    [x @ (1 | 2 | 4), y @ (1 | 2 | 4)] => (x as u32, y as u32),
                    _ => return Err(unsupported(text!("a strange subsampling of YCbCr"))),
                };
            }
            let coefficients = file.fractions(directory, tag::COEFFICIENTS, 3)?;
            let range = file.fractions(directory, tag::BLACK_AND_WHITE, 6)?;
            let fitting = |values: Vec<f64>| values.iter().all(|v| v.is_finite()).then_some(values);
            let coefficients = fitting(coefficients)
                .and_then(|values| values.try_into().ok())
                .unwrap_or([0.299, 0.587, 0.114]);
            let range = fitting(range)
                .and_then(|values| values.try_into().ok())
                .unwrap_or([0.0, 255.0, 128.0, 255.0, 128.0, 255.0]);
            (Model::YCbCr { coefficients, range }, 3)
        }
        8 => (Model::Lab, if count < 3 { 1 } else { 3 }),
        9 => (Model::IccLab, 3),
        4 => return Err(unsupported(text!("a transparency mask without its picture"))),
        10 => return Err(unsupported(text!("ITU L*a*b*"))),
        32_803 | 34_892 => return Err(unsupported(text!("raw sensor values"))),
        32_844 | 32_845 => return Err(unsupported(text!("LogL or LogLuv"))),
        other => return Err(unsupported(text!("colour model {}", other))),
    };
    if count < least || count < 3 && model == Model::Lab {
        return Err(unsupported(text!("{} samples a pixel for its colour model", count)));
    }
    if matches!(kind, SampleKind::Float(_) | SampleKind::Signed(_))
        && !matches!(model, Model::Gray | Model::WhiteIsZero | Model::Rgb)
    {
        return Err(unsupported(text!("signed or floating-point samples of this colour model")));
    }
    Ok((model, subsampling))
}

/// What the first sample behind the colours means.
fn extra(stated: &[u64], model: &Model, count: usize) -> Extra {
    match stated.first() {
        Some(1) => Extra::Premultiplied,
        Some(2) => Extra::Alpha,
        // Four samples that are called RGB and nothing else: red, green, blue, alpha.
        None if *model == Model::Rgb && count == 4 => Extra::Alpha,
        _ => Extra::Other,
    }
}

fn chunks<R: Read + Seek>(
    file: &mut Tagged<R>,
    directory: &Directory,
    (width, height): (u32, u32),
    planes: usize,
) -> Result<Chunks, Refused> {
    let tiled = directory.has(tag::TILE_OFFSETS) || directory.has(tag::TILE_WIDTH);
    let (chunk_width, chunk_height, offsets, lens) = if tiled {
        let mut side = |tag| -> Result<u32, Refused> {
            let side = file.number(directory, tag)?.unwrap_or(0);
            u32::try_from(side)
                .ok()
                .filter(|&side| side > 0 && side.is_multiple_of(8))
                .ok_or_else(|| unsupported(text!("tiles of {} px", side)))
        };
        let (width, height) = (side(tag::TILE_WIDTH)?, side(tag::TILE_HEIGHT)?);
        // Old writers say where tiles are by the tags of strips.
        if directory.has(tag::TILE_OFFSETS) {
            (width, height, tag::TILE_OFFSETS, tag::TILE_LENS)
        } else {
            (width, height, tag::STRIP_OFFSETS, tag::STRIP_LENS)
        }
    } else {
        let rows = file.number(directory, tag::ROWS)?.unwrap_or(u64::MAX);
        let rows = rows.clamp(1, height.into()) as u32;
        (width, rows, tag::STRIP_OFFSETS, tag::STRIP_LENS)
    };
    let needed = u64::from(width.div_ceil(chunk_width))
        * u64::from(height.div_ceil(chunk_height))
        * planes as u64;
    if needed > MAX_CHUNKS {
        return Err(unsupported(text!("{} strips or tiles", needed)));
    }
    let offsets = file.numbers(directory, offsets, MAX_CHUNKS)?;
    let lens = file.numbers(directory, lens, MAX_CHUNKS)?;
    Ok(Chunks { tiled, width: chunk_width, height: chunk_height, offsets, lens })
}
