//! TIFF. The only file that names the crate `tiff`.

mod samples;

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use ::tiff::decoder::{ChunkType, Decoder, DecodingSampleType, Limits as TiffLimits};
use ::tiff::encoder::colortype::{self, ColorType as Encodable};
use ::tiff::encoder::{
    Compression, DeflateLevel, DirectoryEncoder, Predictor, Rational, TiffEncoder, TiffKind,
    TiffValue,
};
use ::tiff::tags::{PhotometricInterpretation, SampleFormat, Tag, Type};
use ::tiff::{ColorType, TiffError, TiffResult};
use lote_protocol::format::Format;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;

use crate::color;
use crate::formats::Source;
use crate::formats::fit::Shape;
use crate::formats::limit;
use crate::formats::probe::Stored;
use crate::formats::tiff::samples::{Extra, Kind, Model, Raw, to_picture};
use crate::metadata::exif::{EXIF_IFD, GPS_IFD};
use crate::metadata::exif_block::{Block, little_endian};
use crate::metadata::exif_fields::{Field, Fields};
use crate::metadata::{Holds, Metadata};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// What a TIFF can hold: everything.
pub(crate) const SHAPE: Shape = Shape { name: "TIFF", gray: true, alpha: true, deep: true };
/// What else.
pub(crate) const HOLDS: Holds =
    Holds { icc: true, exif: true, xmp: true, iptc: true, resolution: true, ..Holds::NOTHING };

/// Tags of blocks that have a place of their own in other formats.
const XMP: u16 = 0x02bc;
const IPTC: u16 = 0x83bb;
const PHOTOSHOP: u16 = 0x8649;
/// The tags of the resolution: columns, rows, unit.
const RESOLUTION: [u16; 3] = [0x011a, 0x011b, 0x0128];

/// Pages that are counted at most.
const MAX_PAGES: usize = 10_000;

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let stated = Stated::read(bytes);
    let mut decoder = open(stated.as_readable(bytes), limits)?;
    let size = decoder.dimensions().map_err(|e| failure(&e))?;
    limit::check(limits, Format::Tiff, size, 1, 1)?;
    let icc =
        decoder.find_tag(Tag::IccProfile).ok().flatten().and_then(|value| value.into_u8_vec().ok());
    let raw = read_samples(&mut decoder, &stated, limits, size, pool)?;
    let is_cmyk = raw.model == Model::Cmyk;
    let is_lab = matches!(raw.model, Model::Lab | Model::IccLab);
    let (picture, note) =
        to_picture(raw, icc.as_deref(), pool).map_err(|what| unsupported(&what))?;
    let mut notes: Vec<String> = note.into_iter().collect();
    let pages = count_pages(&mut decoder);
    if pages > 1 {
        notes.push(format!("only the first of {pages} pages is kept"));
    }
    Ok(Source {
        metadata: Metadata {
            // A profile of inks or of L*a*b* no longer describes the samples.
            icc: if is_cmyk || is_lab { color::srgb() } else { icc },
            ..stated.metadata
        },
        notes,
        ..Source::still(picture)
    })
}

/// The size, px, and the EXIF block of the first page.
pub(crate) fn probe(file: impl Read + Seek, limits: &Limits) -> Result<Stored, Failure> {
    let mut decoder = open(file, limits)?;
    let size = decoder.dimensions().map_err(|e| failure(&e))?;
    let orientation =
        decoder.find_tag_unsigned::<u16>(Tag::Orientation).ok().flatten().unwrap_or(1);
    let fields = Fields {
        image: vec![Field::short(Tag::Orientation.to_u16(), orientation)],
        ..Fields::default()
    };
    Ok(Stored { size, exif: Some(fields.build()) })
}

fn open<R: Read + Seek>(file: R, limits: &Limits) -> Result<Decoder<R>, Failure> {
    let mut tiff_limits = TiffLimits::default();
    let bytes = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
    tiff_limits.decoding_buffer_size = bytes(limits.max_alloc_bytes);
    tiff_limits.intermediate_buffer_size = bytes(limits.max_alloc_bytes);
    tiff_limits.ifd_value_size = bytes(limits.max_metadata_bytes);
    let decoder = Decoder::new(file).map_err(|e| failure(&e))?;
    Ok(decoder.with_limits(tiff_limits))
}

/// What the first directory says that the crate does not tell, or does not accept.
struct Stated {
    metadata: Metadata,
    /// Where the colour model is stated, and what it is.
    model: Option<(u64, u16)>,
    little_endian: bool,
}

impl Stated {
    /// Reads it; empty for `BigTIFF`.
    fn read(bytes: &[u8]) -> Self {
        let block = Block::open(bytes);
        let model = block.as_ref().and_then(|block| {
            let first = block.u32(4)? as usize;
            let entry = block.find(first, Tag::PhotometricInterpretation.to_u16())?;
            let at = block.value(entry)?.start as u64;
            Some((at, u16::try_from(block.number(entry)?).ok()?))
        });
        Self {
            metadata: read_metadata(bytes),
            model,
            little_endian: block.is_some_and(|block| block.is_little_endian()),
        }
    }

    /// The file with a colour model that the crate reads, of as many samples: it refuses palettes
    /// and L*a*b*, which are converted here.
    fn as_readable<'a>(&self, bytes: &'a [u8]) -> Patched<'a> {
        let model = self.model.and_then(|(at, model)| {
            let readable = match PhotometricInterpretation::from_u16(model)? {
                PhotometricInterpretation::RGBPalette => PhotometricInterpretation::BlackIsZero,
                PhotometricInterpretation::CIELab | PhotometricInterpretation::IccLab => {
                    PhotometricInterpretation::RGB
                }
                _ => return None,
            };
            Some((at, readable.to_u16()))
        });
        Patched {
            file: Cursor::new(bytes),
            patch: model.map(|(at, model)| {
                let bytes =
                    if self.little_endian { model.to_le_bytes() } else { model.to_be_bytes() };
                (at, bytes)
            }),
        }
    }
}

/// What goes with the first page. EXIF is put together of what is spread over the file.
fn read_metadata(file: &[u8]) -> Metadata {
    let mut metadata = Metadata::default();
    let Some(block) = Block::open(file) else { return metadata };
    let first = block.u32(4).unwrap_or(0) as usize;
    let value = |tag| {
        let value = block.bytes(block.value(block.find(first, tag)?)?)?;
        Some(value.to_vec())
    };
    let mut fields = Fields::parse(file);
    if fields.image.contains(&Field::short(RESOLUTION[2], 1)) {
        // A resolution in no unit says nothing.
        fields.image.retain(|field| !RESOLUTION.contains(&field.tag));
    }
    metadata.exif = (!fields.is_empty()).then(|| fields.build());
    metadata.xmp = value(XMP);
    metadata.iptc = value(IPTC).map(iptc_in_order);
    if let Some(resources) = value(PHOTOSHOP) {
        metadata.add_photoshop(&resources);
    }
    metadata
}

/// IPTC, which some writers take for numbers of 4 bytes and turn them.
fn iptc_in_order(mut iptc: Vec<u8>) -> Vec<u8> {
    if iptc.first() != Some(&0x1c) && iptc.get(3) == Some(&0x1c) {
        iptc.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    }
    iptc
}

/// A file in memory that reads differently in two bytes.
struct Patched<'a> {
    file: Cursor<&'a [u8]>,
    /// Where, and what is read there.
    patch: Option<(u64, [u8; 2])>,
}

impl Read for Patched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let start = self.file.position();
        let len = self.file.read(buffer)?;
        if let Some((at, patch)) = self.patch {
            for (position, byte) in (at..).zip(patch) {
                if (start..start + len as u64).contains(&position) {
                    buffer[(position - start) as usize] = byte;
                }
            }
        }
        Ok(len)
    }
}

impl Seek for Patched<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

fn read_samples(
    decoder: &mut Decoder<Patched<'_>>,
    stated: &Stated,
    limits: &Limits,
    (width, height): (u32, u32),
    pool: &mut Pool,
) -> Result<Raw, Failure> {
    let color = decoder.colortype().map_err(|e| failure(&e))?;
    let mut palette = || decoder.get_tag_u16_vec(Tag::ColorMap).map_err(|e| failure(&e));
    let (model, count) = match (color, stated.model.map_or(0, |(_, model)| model)) {
        (ColorType::Gray(_), 3) => (Model::Palette(palette()?), 1),
        (ColorType::Multiband { num_samples, .. }, 3) => (Model::Palette(palette()?), num_samples),
        (ColorType::Gray(_), _) => (Model::Gray, 1),
        (ColorType::Multiband { num_samples, .. }, _) => (Model::Gray, num_samples),
        (ColorType::RGB(_), 8) => (Model::Lab, 3),
        (ColorType::RGB(_), 9) => (Model::IccLab, 3),
        (ColorType::RGBA(_), 8) => (Model::Lab, 4),
        (ColorType::RGBA(_), 9) => (Model::IccLab, 4),
        (ColorType::RGB(_), _) => (Model::Rgb, 3),
        (ColorType::RGBA(_), _) => (Model::Rgb, 4),
        (ColorType::CMYK(_), _) => (Model::Cmyk, 4),
        (ColorType::CMYKA(_), _) => (Model::Cmyk, 5),
        (ColorType::YCbCr(_), _) => (Model::YCbCr, 3),
        (other, _) => return Err(unsupported(&format!("{other:?}"))),
    };
    let layout = decoder.image_buffer_layout().map_err(|e| failure(&e))?;
    let bits = color.bit_depth();
    let kind = match layout.sample_type {
        Some(DecodingSampleType::U8 | DecodingSampleType::U16 | DecodingSampleType::U32) => {
            Kind::Unsigned(bits)
        }
        Some(DecodingSampleType::F32 | DecodingSampleType::F64) => Kind::Float(bits),
        _ => return Err(unsupported("signed or very wide samples")),
    };
    if layout.planes > 1 && decoder.get_chunk_type() == ChunkType::Tile {
        // The crate panics on these (image-rs/image-tiff#403).
        return Err(unsupported("tiles with separate colour planes"));
    }
    // What it is in the file, and what it becomes.
    let pixel_bits = u64::from(count) * u64::from(kind.bits()).max(16);
    limit::check(limits, Format::Tiff, (width, height), 1, pixel_bits / 8)?;
    let extra = match decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples) {
        Ok(Some(extra)) => match extra.first() {
            Some(1) => Extra::Premultiplied,
            Some(2) => Extra::Alpha,
            _ => Extra::Other,
        },
        // Four samples that are called RGB and nothing else: red, green, blue, alpha.
        Ok(None) if matches!(color, ColorType::RGBA(_)) => Extra::Alpha,
        _ => Extra::Other,
    };
    let mut bytes = pool.bytes(layout.complete_len);
    if let Err(error) = decoder.read_image_bytes(&mut bytes) {
        pool.give_bytes(bytes);
        return Err(failure(&error));
    }
    Ok(Raw {
        width,
        height,
        count: usize::from(count),
        kind,
        model,
        extra,
        planar: layout.planes > 1,
        bytes,
    })
}

/// Pages, without the reduced pictures that some writers add.
fn count_pages(decoder: &mut Decoder<Patched<'_>>) -> usize {
    let mut pages = 1;
    for _ in 0..MAX_PAGES {
        if !decoder.more_images() || decoder.next_image().is_err() {
            break;
        }
        let kind = decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType);
        if kind.ok().flatten().unwrap_or(0) & 1 == 0 {
            pages += 1;
        }
    }
    pages
}

fn failure(error: &TiffError) -> Failure {
    match error {
        TiffError::UnsupportedError(what) => unsupported(&what.to_string()),
        TiffError::LimitsExceeded => {
            Failure::new(FailureKind::TooLarge, "the TIFF needs more memory than the limits allow")
        }
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            damaged("it is cut off")
        }
        other => damaged(&other.to_string()),
    }
}

fn unsupported(what: &str) -> Failure {
    Failure::new(
        FailureKind::Unsupported,
        format!("a kind of TIFF that is not read: {}", one_line(what)),
    )
}

fn damaged(what: &str) -> Failure {
    Failure::new(FailureKind::Damaged, format!("the TIFF is damaged: {}", one_line(what)))
}

fn one_line(what: &str) -> String {
    what.trim_start_matches("format error: ").trim_end_matches('.').replace('\n', " ")
}

/// Encodes a picture of any layout and depth.
pub(crate) fn encode(
    picture: &Picture,
    metadata: &Metadata,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<String>, Failure> {
    let mut file = Cursor::new(pool.file());
    let result = match (&picture.samples, picture.channels) {
        (Samples::U8(s), Channels::Gray) => {
            write::<colortype::Gray8>(picture, s, metadata, &mut file)
        }
        (Samples::U8(s), Channels::GrayAlpha) => {
            write::<GrayAlpha8>(picture, s, metadata, &mut file)
        }
        (Samples::U8(s), Channels::Rgb) => {
            write::<colortype::RGB8>(picture, s, metadata, &mut file)
        }
        (Samples::U8(s), Channels::Rgba) => {
            write::<colortype::RGBA8>(picture, s, metadata, &mut file)
        }
        (Samples::U16(s), Channels::Gray) => {
            write::<colortype::Gray16>(picture, s, metadata, &mut file)
        }
        (Samples::U16(s), Channels::GrayAlpha) => {
            write::<GrayAlpha16>(picture, s, metadata, &mut file)
        }
        (Samples::U16(s), Channels::Rgb) => {
            write::<colortype::RGB16>(picture, s, metadata, &mut file)
        }
        (Samples::U16(s), Channels::Rgba) => {
            write::<colortype::RGBA16>(picture, s, metadata, &mut file)
        }
    };
    out.extend_from_slice(file.get_ref());
    pool.give_file(file.into_inner());
    result.map(|()| Vec::new()).map_err(|error| {
        Failure::new(FailureKind::Encode, format!("the TIFF could not be written: {error}"))
    })
}

fn write<C: Encodable>(
    picture: &Picture,
    samples: &[C::Inner],
    metadata: &Metadata,
    file: &mut Cursor<Vec<u8>>,
) -> TiffResult<()>
where
    [C::Inner]: TiffValue,
{
    let exif = metadata.exif.as_deref().map(little_endian);
    let fields = exif.as_deref().map(Fields::parse).unwrap_or_default();
    let mut encoder = TiffEncoder::new(file)?
        .with_compression(Compression::Deflate(DeflateLevel::Fast))
        .with_predictor(Predictor::Horizontal);
    if let Some(exif) = &exif {
        // Where it stands in its own block: what it points at, and maker notes above all, stays
        // where it says that it is.
        encoder.extra_directory()?.write_data(&exif[EXIF_START..])?;
    }
    let mut image = encoder.new_image::<C>(picture.width, picture.height)?;
    let directory = image.encoder();
    for field in &fields.image {
        write_field(directory, field)?;
    }
    for tag in [EXIF_IFD, GPS_IFD] {
        if let Some(at) = exif.as_deref().and_then(|exif| pointer(exif, tag)) {
            directory.write_tag(Tag::Unknown(tag), at)?;
        }
    }
    if let Some(resolution) = metadata.resolution {
        let (unit, (xn, xd), (yn, yd)) = resolution.for_tiff();
        directory.write_tag(Tag::ResolutionUnit, unit)?;
        directory.write_tag(Tag::XResolution, Rational { n: xn, d: xd })?;
        directory.write_tag(Tag::YResolution, Rational { n: yn, d: yd })?;
    }
    let photoshop = metadata.photoshop_block();
    for (tag, kind, block) in [
        (XMP, Type::BYTE, &metadata.xmp),
        (IPTC, Type::UNDEFINED, &metadata.iptc),
        (PHOTOSHOP, Type::BYTE, &photoshop),
    ] {
        if let Some(block) = block {
            let entry = directory.write_entry_bytes(kind, block)?;
            directory.extend_from(&[(Tag::Unknown(tag), entry)].into_iter().collect());
        }
    }
    if picture.channels.has_alpha() {
        // Alpha that the colours have not been multiplied by.
        directory.write_tag(Tag::ExtraSamples, &[2u16][..])?;
    }
    if let Some(icc) = &metadata.icc {
        let entry = directory.write_entry_bytes(Type::UNDEFINED, icc)?;
        directory.extend_from(&[(Tag::IccProfile, entry)].into_iter().collect());
    }
    image.write_data(samples)
}

/// Length of the header, which a TIFF and an EXIF block share.
const EXIF_START: usize = 8;

/// A directory of an EXIF block, by the tag that points at it.
fn pointer(exif: &[u8], tag: u16) -> Option<u32> {
    let block = Block::open(exif)?;
    let first = block.u32(4)? as usize;
    block.pointer(first, tag).map(|at| at as u32)
}

fn write_field<W: Write + Seek, K: TiffKind>(
    directory: &mut DirectoryEncoder<'_, W, K>,
    field: &Field,
) -> TiffResult<()> {
    if let Some(kind) = Type::from_u16(field.kind) {
        let entry = directory.write_entry_bytes(kind, &field.native_data())?;
        directory.extend_from(&[(Tag::Unknown(field.tag), entry)].into_iter().collect());
    }
    Ok(())
}

struct GrayAlpha8;
struct GrayAlpha16;

macro_rules! gray_alpha {
    ($name:ident, $sample:ty, $bits:expr) => {
        impl Encodable for $name {
            type Inner = $sample;
            const TIFF_VALUE: PhotometricInterpretation = PhotometricInterpretation::BlackIsZero;
            const BITS_PER_SAMPLE: &'static [u16] = &[$bits; 2];
            const SAMPLE_FORMAT: &'static [SampleFormat] = &[SampleFormat::Uint; 2];

            fn horizontal_predict(row: &[$sample], result: &mut Vec<$sample>) {
                let (start, rest) = row.split_at(row.len().min(2));
                result.extend_from_slice(start);
                result.extend(row.iter().zip(rest).map(|(&a, b)| b.wrapping_sub(a)));
            }
        }
    };
}

gray_alpha!(GrayAlpha8, u8, 8);
gray_alpha!(GrayAlpha16, u16, 16);
