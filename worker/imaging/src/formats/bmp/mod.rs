//! Windows and OS/2 bitmaps.

mod icon;
mod info;
mod pixels;

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::formats::Source;
use crate::formats::Stored;
pub(crate) use crate::formats::bmp::icon::icon;
use crate::formats::bmp::info::{Coding, Info, WINDOWS, damaged};
use crate::formats::extent::{Declared, HeaderReader};
use crate::formats::limit;
use crate::formats::palette::{Indexed, exact_colors};
use crate::formats::table::{Content, Format, Gives, QUICK, id};
use crate::holds::Holds;
use crate::metadata::Metadata;
use crate::metadata::resolution::{LengthUnit, Resolution};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// What a BMP holds is what every program reads of it.
pub static FORMAT: Format = Format {
    id: id("bmp"),
    name: "BMP",
    endings: &["bmp", "dib"],
    mime: "image/bmp",
    in_browsers: true,
    options: &[],
    gives: Gives::Itself,
    holds: Holds { gray: true, resolution: true, ..Holds::NOTHING },
    magic: is_bmp,
    header: declared,
    together: None,
    decode,
    encode: Some(encode),
    patience: QUICK,
};

/// `BM` alone also begins many a text; a bitmap's second header has one of a few sizes.
fn is_bmp(head: &[u8]) -> bool {
    let size = head.get(14..18).and_then(|size| <[u8; 4]>::try_from(size).ok());
    head.starts_with(b"BM")
        && size.is_some_and(|size| (12..=124).contains(&u32::from_le_bytes(size)))
}

fn declared(header: &mut HeaderReader<'_>) -> Declared {
    if header.le32(14)? == 12 {
        return Some((header.le16(18)?, header.le16(20)?, 3));
    }
    // A negative height says that the rows go down.
    let height = header.at(22).map(i32::from_le_bytes)?.unsigned_abs();
    Some((header.le32(18)?, height, if header.le16(28)? == 32 { 4 } else { 3 }))
}

/// The part of a picture that may be missing: one of so many.
const TOLERATED: usize = 100;

pub(crate) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let info = Info::read(bytes)?;
    let size = (info.width, info.height);
    // Of those that have a palette, gray is found later.
    let has_alpha = info.coding == Coding::Rows && info.bits > 8 && !info.fields[3].is_empty();
    let channels = if has_alpha { Channels::Rgba } else { Channels::Rgb };
    limit::check(limits, &FORMAT, size, 1, channels.count() as u64)?;
    let mut samples = pool.bytes(size.0 as usize * size.1 as usize * channels.count());
    samples.fill(0);
    let data = bytes.get(info.pixels..).unwrap_or_default();
    let found = match info.coding {
        Coding::Rows => pixels::rows(&info, data, has_alpha, &mut samples),
        Coding::Runs => pixels::runs(&info, data, &mut samples),
    };
    let notes = match missing(found, info.height) {
        Ok(note) => note.into_iter().collect(),
        Err(failure) => {
            pool.give_bytes(samples);
            return Err(failure);
        }
    };
    let mut picture =
        Picture { width: size.0, height: size.1, channels, samples: Samples::U8(samples) };
    if info.bits <= 8 {
        gray_palette_to_gray(&mut picture);
    }
    let stored = if info.bits <= 8 { Stored::Palette } else { Stored::Full };
    let metadata = Metadata { icc: info.icc, resolution: resolution(bytes), ..Metadata::default() };
    Ok(Source { stored, metadata, notes, ..Source::still(picture) })
}

/// What to say where rows are missing.
fn missing(found: usize, height: u32) -> Result<Option<Text>, Failure> {
    let height = height as usize;
    if height - found > height / TOLERATED {
        let percent = found * 100 / height;
        return Err(damaged(text!("only {} % of the picture can be read", percent)));
    }
    let note = || text!("the BMP is damaged: less than 1 % of the picture is missing");
    Ok((found < height).then(note))
}

/// Where a file states pixels by metre, across and down, unless its header is the oldest one.
const RESOLUTION: std::ops::Range<usize> = 38..46;

/// The resolution that a file states.
fn resolution(file: &[u8]) -> Option<Resolution> {
    let header_len = file.get(14..18)?;
    let &[a, b, c, d, e, f, g, h] = file.get(RESOLUTION)? else { return None };
    let (x, y) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    (header_len[0] >= 40)
        .then_some(Resolution::whole(x, y, LengthUnit::Metre))
        .filter(Resolution::is_sound)
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

/// Encodes 8-bit gray or RGB: with a palette where the picture comes from one and has no more colours,
/// or is gray.
pub(crate) fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    let picture = content.first();
    let refused = |what: Text| {
        Failure::new(FailureKind::Encode, text!("the {} could not be written: {}", "BMP", what))
    };
    let Samples::U8(samples) = &picture.samples else {
        return Err(refused(text!("it holds no 16 bits a channel")));
    };
    let indexed = match (content.stored, picture.channels) {
        (Stored::Palette | Stored::Bilevel, _) => exact_colors(picture),
        _ => None,
    };
    let (colors, samples, bits): (Vec<[u8; 3]>, &[u8], usize) = match (&indexed, picture.channels) {
        (Some(Indexed { colors, indices, .. }), _) => {
            let bits = [1, 4].into_iter().find(|bits| colors.len() <= 1 << bits).unwrap_or(8);
            (colors.clone(), indices, bits)
        }
        (None, Channels::Gray) => ((0..=255).map(|v| [v; 3]).collect(), samples, 8),
        (None, Channels::Rgb) => (Vec::new(), samples, 24),
        (None, _) => return Err(refused(text!("it holds no alpha"))),
    };
    let (width, height) = (picture.width, picture.height);
    let row_len = (width as usize * bits).div_ceil(8).next_multiple_of(4);
    let start = 14 + WINDOWS + colors.len() * 4;
    let (Ok(_), Ok(_), Ok(file_len)) = (
        i32::try_from(width),
        i32::try_from(height),
        u32::try_from(start + row_len * height as usize),
    ) else {
        return Err(refused(text!("it holds at most 4 GiB")));
    };
    out.extend(b"BM");
    for word in [file_len, 0, start as u32, WINDOWS as u32, width, height] {
        out.extend(word.to_le_bytes());
    }
    out.extend([1, 0, bits as u8, 0]);
    let (x, y) = content.metadata.resolution.and_then(Resolution::by_metre).unwrap_or_default();
    // Uncompressed.
    for word in [0, file_len - start as u32, x, y, colors.len() as u32, 0] {
        out.extend(word.to_le_bytes());
    }
    out.extend(colors.iter().flat_map(|&[r, g, b]| [b, g, r, 0]));
    let samples_of_row = if bits == 24 { width as usize * 3 } else { width as usize };
    for row in samples.chunks_exact(samples_of_row).rev() {
        let end = out.len() + row_len;
        match bits {
            24 => out.extend(row.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [b, g, r])),
            8 => out.extend(row),
            bits => out.extend(row.chunks(8 / bits).map(|pixels| {
                let places = (0..8).step_by(bits).rev();
                pixels.iter().zip(places).fold(0, |byte, (index, place)| byte | index << place)
            })),
        }
        out.resize(end, 0);
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bitmap of 3 x 2 px with a header of 56 bytes, so many bits a pixel, and what follows the header.
    fn bitmap(compression: u8, bits: u8, masks: [u32; 4], behind: &[u8]) -> Vec<u8> {
        let mut file = b"BM".to_vec();
        for word in [0, 0, 70, 56, 3, 2] {
            file.extend(u32::to_le_bytes(word));
        }
        file.extend([1, 0, bits, 0, compression, 0, 0, 0]);
        file.resize(54, 0);
        file.extend(masks.iter().flat_map(|mask| mask.to_le_bytes()));
        file.extend(behind);
        file
    }

    fn read(file: &[u8]) -> (Channels, Vec<u8>) {
        let source = decode(file, &Limits::default(), &mut Pool::new()).unwrap();
        let picture = &source.frames[0].picture;
        let Samples::U8(samples) = &picture.samples else { panic!("16 bits") };
        (picture.channels, samples.clone())
    }

    #[test]
    fn alpha_that_is_0_everywhere_hides_everything() {
        let fields = [0xff_0000, 0xff00, 0xff, 0xff00_0000];
        let pixels = [3, 2, 1, 0].repeat(6);
        assert_eq!(read(&bitmap(3, 32, fields, &pixels)), (Channels::Rgba, [1, 2, 3, 0].repeat(6)));
        let no_alpha = [fields[0], fields[1], fields[2], 0];
        assert_eq!(read(&bitmap(3, 32, no_alpha, &pixels)), (Channels::Rgb, [1, 2, 3].repeat(6)));
    }

    #[test]
    fn pixels_that_begin_within_the_header_are_no_picture() {
        let mut file = bitmap(0, 24, [0; 4], &[7; 24]);
        assert_eq!(read(&file), (Channels::Rgb, vec![7; 18]));
        for start in [1, 15, 69] {
            file[10] = start;
            let refused = decode(&file, &Limits::default(), &mut Pool::new()).map(|_| ());
            assert_eq!(refused.unwrap_err().kind, FailureKind::Damaged, "{start}");
        }
    }

    #[test]
    fn a_field_whose_bits_do_not_stand_together_is_no_number() {
        let pixels = [3, 2, 1, 9].repeat(6);
        for alpha in [0, 0xff00_0000, 0x8000_0000] {
            read(&bitmap(3, 32, [0xff_0000, 0xff00, 0xff, alpha], &pixels));
        }
        for alpha in [0xcb00, 0x0900_0000, 0x8000_0001] {
            let file = bitmap(3, 32, [0xff_0000, 0xff00, 0xff, alpha], &pixels);
            let refused = decode(&file, &Limits::default(), &mut Pool::new()).map(|_| ());
            assert_eq!(refused.unwrap_err().kind, FailureKind::Damaged, "{alpha:x}");
        }
    }

    #[test]
    fn pixels_that_runs_leave_out_are_black_whatever_the_palette() {
        let mut behind = [[9, 8, 7, 0], [3, 2, 1, 0]].concat();
        // The palette is behind the header: one pixel, one passed over, one more, a row that ends early, and the end.
        behind.extend([1, 1, 0, 2, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1]);
        let mut file = bitmap(1, 8, [0; 4], &behind);
        file[10] += 8;
        file[46] = 2;
        let (one, other, left_out) = ([1, 2, 3], [7, 8, 9], [0, 0, 0]);
        let shown = [other, left_out, left_out, one, left_out, one].concat();
        assert_eq!(read(&file), (Channels::Rgb, shown));
    }
}
