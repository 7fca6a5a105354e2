//! The strips and tiles of a page, put together to its samples.

use std::borrow::Cow;

use lote_protocol::lang::Text;
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::formats::tiff::fax::{self, Coding};
use crate::formats::tiff::numbers::{Model, Raw};
use crate::formats::tiff::page::{Packing, Page, Predictor};
use crate::formats::tiff::{Refused, embedded, unpack};
use crate::pool::Pool;

/// The part of a picture that may be missing: one of so many.
const TOLERATED: u64 = 100;

/// Reads all strips or tiles. What is missing from them is 0, and told by a note.
pub(crate) fn read(
    page: Page,
    bytes: &[u8],
    little_endian: bool,
    limits: &Limits,
    pool: &mut Pool,
) -> Result<(Raw, Option<Text>), Refused> {
    if page.is_embedded() {
        embedded::check(&page)?;
    }
    // Of planes, those that mean something.
    let count = if page.planar { page.used() } else { page.count };
    let planes = if page.planar { count } else { 1 };
    let row = page.row_len(page.width) as usize;
    let plane = row * page.height as usize;
    let mut whole = pool.bytes(plane * planes);
    whole.fill(0);

    let (chunk_width, chunk_height) = (page.chunks.width, page.chunks.height);
    let across = page.width.div_ceil(chunk_width);
    let down = page.height.div_ceil(chunk_height);
    let chunk_row = page.row_len(chunk_width) as usize;
    let mut chunk = Vec::new();
    let (mut due, mut found) = (0, 0);
    let mut index = 0;
    for plane in whole.chunks_exact_mut(plane) {
        for y in (0..down).map(|i| i * chunk_height) {
            let rows =
                if page.chunks.tiled { chunk_height } else { chunk_height.min(page.height - y) };
            let kept = rows.min(page.height - y) as usize;
            for x in (0..across).map(|i| i * chunk_width) {
                chunk.clear();
                chunk.resize(chunk_row * rows as usize, 0);
                let data = stored(&page, bytes, index, chunk.len());
                let got =
                    one(&page, &data, index, little_endian, (rows, &mut chunk), limits, pool)?;
                due += chunk.len() as u64;
                found += got.min(chunk.len()) as u64;
                index += 1;
                let left = page.row_len(x) as usize;
                let len = chunk_row.min(row - left);
                let targets = plane[y as usize * row..].chunks_exact_mut(row);
                for (target, source) in targets.zip(chunk.chunks_exact(chunk_row)).take(kept) {
                    target[left..left + len].copy_from_slice(&source[..len]);
                }
            }
        }
    }
    let note = missing(due, found)?;
    let raw = Raw {
        width: page.width,
        height: page.height,
        count,
        kind: page.kind,
        // Those parts come out as RGB.
        model: if page.is_embedded() && page.count > 1 { Model::Rgb } else { page.model },
        extra: page.extra,
        planar: page.planar,
        bytes: whole,
    };
    Ok((raw, note))
}

/// What to say when less was found than is due; half a picture is none.
fn missing(due: u64, found: u64) -> Result<Option<Text>, Refused> {
    if found >= due {
        return Ok(None);
    }
    if due - found > due / TOLERATED {
        let percent = found.saturating_mul(100) / due;
        return Err(Refused::Damaged(text!("only {} % of the picture can be read", percent)));
    }
    Ok(Some(text!("the TIFF is damaged: less than 1 % of the picture is missing")))
}

/// The bytes of a strip or tile as they are stored, with the highest bit first.
fn stored<'a>(page: &Page, bytes: &'a [u8], index: usize, due: usize) -> Cow<'a, [u8]> {
    if let (Packing::OldJpeg, Some((at, len))) = (page.packing, page.old_jpeg) {
        let start = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        return bytes[start..start.saturating_add(len).min(bytes.len())].into();
    }
    let at = page.chunks.offsets.get(index).copied().unwrap_or(u64::MAX);
    let start = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    let stated = page.chunks.lens.get(index).copied().unwrap_or(0);
    let mut len = usize::try_from(stated).unwrap_or(usize::MAX);
    if page.packing == Packing::Plain && page.subsampling == (1, 1) {
        // Many writers state too little; the bytes are there all the same.
        let next = page.chunks.offsets.iter().map(|&v| v as usize).filter(|&v| v > start).min();
        let room = next.unwrap_or(bytes.len()).saturating_sub(start);
        len = len.max(due.min(room));
    } else if stated == 0 {
        len = usize::MAX;
    }
    let stored = &bytes[start..start.saturating_add(len).min(bytes.len())];
    let is_jpeg = matches!(page.packing, Packing::Jpeg | Packing::OldJpeg);
    if page.reversed_bits && !is_jpeg {
        stored.iter().map(|byte| byte.reverse_bits()).collect()
    } else {
        stored.into()
    }
}

/// Unpacks a strip or tile of so many rows. Returns how many of its bytes there were.
fn one(
    page: &Page,
    data: &[u8],
    index: usize,
    little_endian: bool,
    (rows, chunk): (u32, &mut Vec<u8>),
    limits: &Limits,
    pool: &mut Pool,
) -> Result<usize, Refused> {
    let size = (page.chunks.width, rows);
    if page.is_embedded() {
        return embedded::read(page, data, index, size, chunk, limits, pool);
    }
    if page.subsampling != (1, 1) {
        let (across, down) = page.subsampling;
        let unit = (across * down + 2) as usize;
        let units = size.0.div_ceil(across) as usize * rows.div_ceil(down) as usize;
        let mut packed = vec![0; units * unit];
        let got = packed_bytes(page, data, size.0, &mut packed);
        spread(&packed, page.subsampling, size.0 as usize, chunk);
        // In bytes of what is due.
        return Ok((got as u64 * chunk.len() as u64 / packed.len() as u64) as usize);
    }
    let got = packed_bytes(page, data, size.0, chunk);
    let samples = if page.planar { 1 } else { page.count };
    let row = page.row_len(size.0) as usize;
    match (page.predictor, page.kind.bits()) {
        (Predictor::Float, bits) => {
            for row in chunk.chunks_exact_mut(row) {
                float_predicted(row, samples, usize::from(bits / 8));
            }
        }
        (predictor, bits) => {
            if little_endian != cfg!(target_endian = "little") && bits.is_multiple_of(8) && bits > 8
            {
                chunk.chunks_exact_mut(usize::from(bits / 8)).for_each(<[u8]>::reverse);
            }
            if predictor == Predictor::Difference {
                for row in chunk.chunks_exact_mut(row) {
                    match bits {
                        8 => add::<1>(row, samples, |[a], [b]| [a.wrapping_add(b)]),
                        16 => add::<2>(row, samples, |a, b| {
                            u16::from_ne_bytes(a).wrapping_add(u16::from_ne_bytes(b)).to_ne_bytes()
                        }),
                        32 => add::<4>(row, samples, |a, b| {
                            u32::from_ne_bytes(a).wrapping_add(u32::from_ne_bytes(b)).to_ne_bytes()
                        }),
                        _ => add::<8>(row, samples, |a, b| {
                            u64::from_ne_bytes(a).wrapping_add(u64::from_ne_bytes(b)).to_ne_bytes()
                        }),
                    }
                }
            }
        }
    }
    Ok(got)
}

fn packed_bytes(page: &Page, data: &[u8], width: u32, out: &mut [u8]) -> usize {
    let fax = |coding, out: &mut [u8]| {
        fax::decode(coding, data, width, out) * (width as usize).div_ceil(8)
    };
    match page.packing {
        Packing::Plain => {
            let len = data.len().min(out.len());
            out[..len].copy_from_slice(&data[..len]);
            len
        }
        Packing::FaxRuns { words } => fax(Coding::Runs(if words { 16 } else { 8 }), out),
        Packing::Fax3 { two_dimensional } => fax(Coding::Group3 { two_dimensional }, out),
        Packing::Fax4 => fax(Coding::Group4, out),
        Packing::Lzw => unpack::lzw(data, out),
        Packing::Deflate => unpack::deflate(data, out),
        Packing::PackBits => unpack::pack_bits(data, out),
        Packing::Zstd => unpack::zstd(data, out),
        Packing::Jpeg | Packing::OldJpeg | Packing::WebP => 0,
    }
}

/// Adds to every sample the one of the pixel before it.
fn add<const N: usize>(row: &mut [u8], samples: usize, sum: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let row = row.as_chunks_mut::<N>().0;
    for i in samples..row.len() {
        row[i] = sum(row[i], row[i - samples]);
    }
}

/// Predictor 3 (Adobe's technical note 3): differences of bytes, of which all highest ones come first.
/// The numbers come out in the byte order of the machine.
fn float_predicted(row: &mut [u8], samples: usize, width: usize) {
    for i in samples..row.len() {
        row[i] = row[i].wrapping_add(row[i - samples]);
    }
    let planes = row.to_vec();
    let count = row.len() / width;
    for (i, number) in row.chunks_exact_mut(width).enumerate() {
        for (byte, target) in number.iter_mut().enumerate() {
            let place = if cfg!(target_endian = "little") { width - 1 - byte } else { byte };
            *target = planes[place * count + i];
        }
    }
}

/// Gives every pixel its colour difference (TIFF 6.0, section 21): units of `across * down` luminances
/// and two differences, to three samples a pixel.
fn spread(packed: &[u8], (across, down): (u32, u32), width: usize, out: &mut [u8]) {
    let (across, down) = (across as usize, down as usize);
    let unit = across * down + 2;
    let units = width.div_ceil(across);
    for (y, row) in out.chunks_exact_mut(width * 3).enumerate() {
        for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let start = (y / down * units + x / across) * unit;
            let luminance = packed[start + y % down * across + x % across];
            *pixel = [luminance, packed[start + unit - 2], packed[start + unit - 1]];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_differences_are_shared() {
        let mut out = [0; 3 * 3 * 2];
        spread(&[1, 2, 3, 4, 50, 60, 5, 0, 7, 0, 51, 61], (2, 2), 3, &mut out);
        let expected = [1, 50, 60, 2, 50, 60, 5, 51, 61, 3, 50, 60, 4, 50, 60, 7, 51, 61];
        assert_eq!(out, expected);
    }

    #[test]
    fn less_than_one_of_a_hundred_may_be_missing() {
        assert_eq!(missing(1000, 1000).unwrap_or_default(), None);
        assert!(missing(1000, 990).is_ok_and(|note| note.is_some()));
        assert!(missing(1000, 989).is_err());
        assert!(missing(10, 0).is_err());
    }
}
