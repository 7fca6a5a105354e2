//! Bitmaps in icons: without the file's header, and of twice the height, as a mask of one bit a pixel stands
//! behind the rows.

use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use super::info::{Coding, FILE_HEADER, Field, Info, damaged};
use super::{FORMAT, missing, pixels};
use crate::formats::{Source, limit};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// The largest side that an icon's directory can state, px; more counts as that.
const MAX_SIDE: u32 = 256;

/// Reads the picture of an icon whose directory says that it has that size, as browsers do: its alpha counts,
/// or, where it has none or all of it is 0, the mask.
pub(crate) fn icon(
    part: &[u8],
    stated: (u32, u32),
    limits: &Limits,
    pool: &mut Pool,
) -> Result<Source, Failure> {
    // Pixels stand behind the palette if their place is 0.
    let mut file = b"BM".to_vec();
    file.resize(FILE_HEADER, 0);
    file.extend(part);
    let mut info = Info::read(&file)?;
    let (width, height) = (info.width, info.height / 2);
    if info.height % 2 != 0 || (width.min(MAX_SIDE), height.min(MAX_SIDE)) != stated {
        return Err(damaged(text!(
            "its directory says {} x {} px, and its bitmap with the mask has {} x {} px",
            stated.0,
            stated.1,
            width,
            info.height
        )));
    }
    if info.coding != Coding::Rows {
        let why = "a kind of BMP that is not read in icons: run lengths";
        return Err(Failure::new(FailureKind::Unsupported, why));
    }
    info.height = height;
    if info.bits == 32 && info.fields[3].is_empty() {
        info.fields[3] = Field::new(0xff00_0000);
    }
    let has_alpha = info.bits > 8 && !info.fields[3].is_empty();
    limit::check(limits, &FORMAT, (width, height), 1, 4)?;
    let count = width as usize * height as usize;
    let mut stored = pool.bytes(count * if has_alpha { 4 } else { 3 });
    stored.fill(0);
    let data = file.get(info.pixels..).unwrap_or_default();
    let note = missing(pixels::rows(&info, data, has_alpha, &mut stored), height)?;
    let mut notes: Vec<_> = note.into_iter().collect();
    let mut samples = if has_alpha {
        stored
    } else {
        let rgb = stored.as_chunks::<3>().0.iter();
        let samples = rgb.flat_map(|&[r, g, b]| [r, g, b, 0]).collect();
        pool.give_bytes(stored);
        samples
    };
    if samples.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 0) {
        let rows = (width as usize * info.bits as usize).div_ceil(32) * 4 * height as usize;
        let mask = data.get(rows..).unwrap_or_default();
        if mask.is_empty() {
            notes.push(text!(
                "the ICO is damaged: its mask is missing, so that nothing is transparent"
            ));
        }
        let found = hide(&info, mask, &mut samples);
        if !mask.is_empty()
            && let Some(note) = missing(found, height)?
        {
            notes.push(note);
        }
    }
    let samples = Samples::U8(samples);
    let picture = Picture { width, height, channels: Channels::Rgba, samples };
    Ok(Source { notes, ..Source::still(picture) })
}

/// Makes pixels opaque, but for those of the mask. Returns how many of its rows there were.
fn hide(info: &Info, mask: &[u8], samples: &mut [u8]) -> usize {
    let (width, height) = (info.width as usize, info.height as usize);
    let len = width.div_ceil(32) * 4;
    let mut found = 0;
    for y in 0..height {
        let row = mask.get(y * len..y * len + width.div_ceil(8));
        found += usize::from(row.is_some());
        let target = if info.top_down { y } else { height - 1 - y } * width * 4;
        for (x, pixel) in
            samples[target..][..width * 4].as_chunks_mut::<4>().0.iter_mut().enumerate()
        {
            let hidden = row.is_some_and(|row| row[x / 8] & 0x80 >> (x % 8) != 0);
            pixel[3] = if hidden { 0 } else { 255 };
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bitmap of 2 x 1 px with so many bits, its pixels and its mask.
    fn bitmap(bits: u8, pixels: &[u8], mask: &[u8]) -> Vec<u8> {
        let mut part = vec![40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, bits, 0];
        part.resize(40, 0);
        part.extend(pixels);
        part.extend(mask);
        part
    }

    fn read(part: &[u8]) -> Result<(Vec<u8>, usize), Failure> {
        let source = icon(part, (2, 1), &Limits::default(), &mut Pool::new())?;
        let Samples::U8(samples) = &source.frames[0].picture.samples else { panic!("16 bits") };
        Ok((samples.clone(), source.notes.len()))
    }

    const MASK: [u8; 4] = [0x40, 0, 0, 0];

    #[test]
    fn alpha_counts_and_the_mask_beside_it_does_not() {
        let part = bitmap(32, &[3, 2, 1, 128, 6, 5, 4, 255], &MASK);
        assert_eq!(read(&part).unwrap(), (vec![1, 2, 3, 128, 4, 5, 6, 255], 0));
    }

    #[test]
    fn alpha_that_is_0_everywhere_is_none_and_the_mask_counts() {
        let part = bitmap(32, &[3, 2, 1, 0, 6, 5, 4, 0], &MASK);
        assert_eq!(read(&part).unwrap(), (vec![1, 2, 3, 255, 4, 5, 6, 0], 0));
    }

    #[test]
    fn the_mask_makes_pixels_without_alpha_transparent_and_may_be_missing() {
        let pixels = [3, 2, 1, 6, 5, 4, 0, 0];
        let shown = read(&bitmap(24, &pixels, &MASK)).unwrap();
        assert_eq!(shown, (vec![1, 2, 3, 255, 4, 5, 6, 0], 0));
        let shown = read(&bitmap(24, &pixels, &[])).unwrap();
        assert_eq!(shown, (vec![1, 2, 3, 255, 4, 5, 6, 255], 1));
    }

    #[test]
    fn a_bitmap_that_is_not_of_the_stated_size_is_refused() {
        let mut part = bitmap(32, &[0; 8], &MASK);
        part[8] = 4;
        assert_eq!(read(&part).unwrap_err().kind, FailureKind::Damaged);
    }
}
