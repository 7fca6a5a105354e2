//! Pictures to AVIF. The only file that names `ravif`.

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;
use ravif::{Encoder, MatrixCoefficients, PixelRange};

use super::parts;
use crate::formats::table::Content;
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Quality where nobody says it: between that of JPEG and WebP at theirs.
const QUALITY: u8 = 65;
/// Effort where nobody says it.
pub(super) const EFFORT: u8 = 2;

/// Largest side that is written, px: what AV1 can state.
const MAX_SIDE: u32 = 65_535;

/// Encodes RGB or RGBA: of 8 bits a sample, and of 10 where there are 16. Colours are BT.601 of the
/// full range and as fine as luminance; one thread works, so that the file is always the same.
pub(super) fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    let refused = |why: Text| Failure::new(FailureKind::Encode, why);
    let &Picture { width, height, channels, ref samples } = content.first();
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(refused(text!("AVIF holds at most {} px a side; resize it", MAX_SIDE)));
    }
    let quality = f32::from(content.encoding.quality.unwrap_or(QUALITY).clamp(1, 100));
    let effort = content.encoding.effort.unwrap_or(EFFORT).min(10);
    let mut encoder = Encoder::new()
        .with_quality(quality)
        .with_alpha_quality(quality)
        .with_speed((10 - effort).max(1))
        .with_num_threads(Some(1));
    if let Some(exif) = &content.metadata.exif {
        encoder = encoder.with_exif(exif.as_slice());
    }
    let (width, height) = (width as usize, height as usize);
    let count = channels.count();
    let (range, matrix) = (PixelRange::Full, MatrixCoefficients::BT601);
    let has_alpha = channels == Channels::Rgba;
    let mut notes = Vec::new();
    let encoded = match samples {
        Samples::U8(samples) => {
            let pixels = samples.chunks_exact(count);
            let alpha = has_alpha.then(|| pixels.clone().map(|pixel| pixel[3]));
            let colors =
                pixels.map(|p| ycbcr([p[0], p[1], p[2]].map(f32::from), 255.0).map(|v| v as u8));
            encoder.encode_raw_planes_8_bit(width, height, colors, alpha, range, matrix)
        }
        Samples::U16(samples) => {
            notes.push(text!("16 bits a channel rounded to 10: AVIF is written with no more"));
            let pixels = samples.chunks_exact(count);
            let ten = |v: u16| ((u32::from(v) * 1023 + 32_767) / 65_535) as u16;
            let alpha = has_alpha.then(|| pixels.clone().map(move |pixel| ten(pixel[3])));
            let scale = |v: u16| f32::from(v) * (1023.0 / 65_535.0);
            let colors = pixels.map(move |p| ycbcr([p[0], p[1], p[2]].map(scale), 1023.0));
            encoder.encode_raw_planes_10_bit(width, height, colors, alpha, range, matrix)
        }
    };
    let file = encoded.map_err(|error| {
        refused(text!("the {} could not be written: {}", "AVIF", error.to_string()))
    })?;
    match content.metadata.xmp.as_deref() {
        None => out.extend(file.avif_file),
        Some(packet) => {
            let with = parts::with_xmp(&file.avif_file, packet);
            out.extend(with.ok_or_else(|| {
                refused(text!(
                    "the {} could not be written: {}",
                    "AVIF",
                    text!("its XMP has no place in it")
                ))
            })?);
        }
    }
    Ok(notes)
}

/// Luminance and differences of a colour, 0.0..=max each (ITU-T H.273, matrix 6, full range).
fn ycbcr([r, g, b]: [f32; 3], max: f32) -> [u16; 3] {
    let luma = 0.299 * r + 0.587 * g + 0.114 * b;
    let middle = f32::midpoint(max, 1.0).floor();
    let blue = (b - luma) / (2.0 * (1.0 - 0.114)) + middle;
    let red = (r - luma) / (2.0 * (1.0 - 0.299)) + middle;
    [luma, blue, red].map(|level| (level.clamp(0.0, max) + 0.5) as u16)
}
