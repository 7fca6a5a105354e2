//! Writing TIFF. The only file that names the crate `tiff`.

use std::io::{Cursor, Seek, Write};

use ::tiff::TiffResult;
use ::tiff::encoder::colortype::{self, ColorType as Encodable};
use ::tiff::encoder::{
    Compression, DeflateLevel, DirectoryEncoder, Predictor, Rational, TiffEncoder, TiffKind,
    TiffKindStandard, TiffValue,
};
use ::tiff::tags::{PhotometricInterpretation, SampleFormat, Tag, Type};
use flate2::write::ZlibEncoder;
use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use crate::formats::Stored;
use crate::formats::palette::{Indexed, exact_colors};
use crate::formats::table::Content;
use crate::formats::tiff::{fax, tag};
use crate::metadata::Metadata;
use crate::metadata::exif_block::Field;
use crate::metadata::exif_block::{Block, little_endian};
use crate::metadata::exif_block::{EXIF_IFD, GPS_IFD};
use crate::metadata::exif_fields::Fields;
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Encodes pictures of any layout and depth, each as a page with its metadata; of what frames share,
/// each has the profile, and the first one the rest. As bits or indices where the file that they come
/// from has them so, and no colours were added.
pub(crate) fn encode(
    content: &Content<'_>,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    let mut file = Cursor::new(pool.file());
    let result = write_pages(content, &mut file);
    out.extend_from_slice(file.get_ref());
    pool.give_file(file.into_inner());
    result.map(|()| Vec::new()).map_err(|error| {
        Failure::new(
            FailureKind::Encode,
            text!("the {} could not be written: {}", "TIFF", error.to_string()),
        )
    })
}

/// A file that is being written.
type File<'a> = TiffEncoder<&'a mut Cursor<Vec<u8>>, TiffKindStandard>;

/// The directory of a page that is being written.
type Directory<'a, 'b> = DirectoryEncoder<'a, &'b mut Cursor<Vec<u8>>, TiffKindStandard>;

fn write_pages(content: &Content<'_>, file: &mut Cursor<Vec<u8>>) -> TiffResult<()> {
    let (pages, metadata) = (&content.frames, &content.metadata);
    let mut encoder = TiffEncoder::new(file)?
        .with_compression(Compression::Deflate(DeflateLevel::Fast))
        .with_predictor(Predictor::Horizontal);
    let exif = metadata.exif.as_deref().map(little_endian);
    if let Some(exif) = &exif {
        // Where it stands in its own block: what it points at, and maker notes above all, stays
        // where it says that it is.
        encoder.extra_directory()?.write_data(&exif[EXIF_START..])?;
    }
    for (number, page) in pages.iter().enumerate() {
        let shared = Metadata { icc: metadata.icc.clone(), ..Metadata::default() };
        let (metadata, stored) = match &page.own {
            Some(own) => (&own.metadata, own.stored),
            None if number == 0 => (&**metadata, content.stored),
            None => (&shared, content.stored),
        };
        let fields = metadata.exif.as_deref().map(Fields::parse).unwrap_or_default();
        let below = match &exif {
            Some(exif) if number == 0 => {
                let tags = [EXIF_IFD, GPS_IFD].into_iter();
                tags.filter_map(|tag| Some((tag, pointer(exif, tag)?))).collect()
            }
            _ => write_below(&mut encoder, &fields)?,
        };
        let tags = |directory: &mut Directory<'_, '_>| {
            if pages.len() > 1 {
                // A page of several.
                directory.write_tag(Tag::NewSubfileType, 2u32)?;
            }
            write_metadata(directory, metadata, &fields, &below)
        };
        write_page(&mut encoder, &page.picture, stored, tags)?;
    }
    Ok(())
}

/// Writes the directories below a page's own; returns the tags that point at them, and where they are.
fn write_below(encoder: &mut File<'_>, fields: &Fields) -> TiffResult<Vec<(u16, u32)>> {
    let mut below = Vec::new();
    for (tag, fields) in [(EXIF_IFD, &fields.exif), (GPS_IFD, &fields.gps)] {
        if !fields.is_empty() {
            let mut directory = encoder.extra_directory()?;
            for field in fields {
                write_field(&mut directory, field)?;
            }
            below.push((tag, directory.finish_with_offsets()?.offset));
        }
    }
    Ok(below)
}

/// Writes what goes with a page; the directories below its own are in the file already.
fn write_metadata(
    directory: &mut Directory<'_, '_>,
    metadata: &Metadata,
    fields: &Fields,
    below: &[(u16, u32)],
) -> TiffResult<()> {
    for field in &fields.image {
        write_field(directory, field)?;
    }
    for &(tag, at) in below {
        directory.write_tag(Tag::Unknown(tag), at)?;
    }
    if let Some(resolution) = metadata.resolution {
        let (unit, (xn, xd), (yn, yd)) = resolution.for_tiff();
        directory.write_tag(Tag::ResolutionUnit, unit)?;
        directory.write_tag(Tag::XResolution, Rational { n: xn, d: xd })?;
        directory.write_tag(Tag::YResolution, Rational { n: yn, d: yd })?;
    }
    for (number, kind, block) in [
        (tag::XMP, Type::BYTE, &metadata.xmp),
        (tag::IPTC, Type::UNDEFINED, &metadata.iptc),
        (tag::PHOTOSHOP, Type::BYTE, &metadata.photoshop_block()),
        (tag::ICC, Type::UNDEFINED, &metadata.icc),
    ] {
        if let Some(block) = block {
            let entry = directory.write_entry_bytes(kind, block)?;
            directory
                .extend_from(&[(Tag::from_u16_exhaustive(number), entry)].into_iter().collect());
        }
    }
    Ok(())
}

/// Length of the header, which a TIFF and an EXIF block share.
const EXIF_START: usize = 8;

/// A directory of an EXIF block, by the tag that points at it.
fn pointer(exif: &[u8], tag: u16) -> Option<u32> {
    let block = Block::open(exif)?;
    let first = block.u32(4)? as usize;
    block.pointer(first, tag).map(|at| at as u32)
}

fn write_page<'b>(
    file: &mut File<'b>,
    picture: &Picture,
    stored: Stored,
    tags: impl FnOnce(&mut Directory<'_, 'b>) -> TiffResult<()>,
) -> TiffResult<()> {
    if stored == Stored::Bilevel
        && let Some(rows) = black_and_white(picture)
    {
        let coded = fax::encode(&rows, picture.width);
        return write_packed(
            file,
            picture,
            (PhotometricInterpretation::WhiteIsZero, 1, 4),
            &coded,
            |directory| tags(directory),
        );
    }
    if stored == Stored::Palette
        && let Some(indexed) = exact_colors(picture)
        && indexed.transparent.is_none()
    {
        let coded = deflated(&indexed.indices)?;
        return write_packed(
            file,
            picture,
            (PhotometricInterpretation::RGBPalette, 8, 8),
            &coded,
            |directory| {
                directory.write_tag(Tag::ColorMap, &color_map(&indexed)[..])?;
                tags(directory)
            },
        );
    }
    match (&picture.samples, picture.channels) {
        (Samples::U8(s), Channels::Gray) => write::<colortype::Gray8>(file, picture, s, tags),
        (Samples::U8(s), Channels::GrayAlpha) => write::<GrayAlpha8>(file, picture, s, tags),
        (Samples::U8(s), Channels::Rgb) => write::<colortype::RGB8>(file, picture, s, tags),
        (Samples::U8(s), Channels::Rgba) => write::<colortype::RGBA8>(file, picture, s, tags),
        (Samples::U16(s), Channels::Gray) => write::<colortype::Gray16>(file, picture, s, tags),
        (Samples::U16(s), Channels::GrayAlpha) => write::<GrayAlpha16>(file, picture, s, tags),
        (Samples::U16(s), Channels::Rgb) => write::<colortype::RGB16>(file, picture, s, tags),
        (Samples::U16(s), Channels::Rgba) => write::<colortype::RGBA16>(file, picture, s, tags),
    }
}

fn write<'b, C: Encodable>(
    file: &mut File<'b>,
    picture: &Picture,
    samples: &[C::Inner],
    tags: impl FnOnce(&mut Directory<'_, 'b>) -> TiffResult<()>,
) -> TiffResult<()>
where
    [C::Inner]: TiffValue,
{
    let mut image = file.new_image::<C>(picture.width, picture.height)?;
    tags(image.encoder())?;
    if picture.channels.has_alpha() {
        // Alpha that the colours have not been multiplied by.
        image.encoder().write_tag(Tag::ExtraSamples, &[2u16][..])?;
    }
    image.write_data(samples)
}

/// Writes a page of one sample a pixel and one strip: its colour model, bits, compression.
fn write_packed<'b>(
    file: &mut File<'b>,
    picture: &Picture,
    (model, bits, compression): (PhotometricInterpretation, u16, u16),
    strip: &[u8],
    tags: impl FnOnce(&mut Directory<'_, 'b>) -> TiffResult<()>,
) -> TiffResult<()> {
    let mut directory = file.image_directory()?;
    let offset = directory.write_data(strip)?;
    let too_long = |_| ::tiff::TiffError::IntSizeError;
    let offset = u32::try_from(offset).map_err(too_long)?;
    let len = u32::try_from(strip.len()).map_err(too_long)?;
    directory.write_tag(Tag::ImageWidth, picture.width)?;
    directory.write_tag(Tag::ImageLength, picture.height)?;
    directory.write_tag(Tag::BitsPerSample, bits)?;
    directory.write_tag(Tag::Compression, compression)?;
    directory.write_tag(Tag::PhotometricInterpretation, model)?;
    directory.write_tag(Tag::StripOffsets, offset)?;
    directory.write_tag(Tag::SamplesPerPixel, 1u16)?;
    directory.write_tag(Tag::RowsPerStrip, picture.height)?;
    directory.write_tag(Tag::StripByteCounts, len)?;
    tags(&mut directory)?;
    directory.finish()
}

/// The rows of a picture that is black and white only: a bit a pixel, 1 for black.
fn black_and_white(picture: &Picture) -> Option<Vec<u8>> {
    let (Samples::U8(samples), Channels::Gray) = (&picture.samples, picture.channels) else {
        return None;
    };
    if !samples.iter().all(|sample| matches!(sample, 0 | 255)) {
        return None;
    }
    let bit = |bits: u8, (i, &sample): (usize, &u8)| bits | u8::from(sample == 0) << (7 - i);
    let pack = |pixels: &[u8]| pixels.iter().enumerate().fold(0, bit);
    Some(samples.chunks_exact(picture.row_len()).flat_map(|row| row.chunks(8).map(pack)).collect())
}

/// All reds, all greens, all blues, of 256 colours.
fn color_map(indexed: &Indexed) -> Vec<u16> {
    let channel = |c: usize| {
        (0..256).map(move |i| indexed.colors.get(i).map_or(0, |color| u16::from(color[c]) * 257))
    };
    (0..3).flat_map(channel).collect()
}

fn deflated(bytes: &[u8]) -> TiffResult<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
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
