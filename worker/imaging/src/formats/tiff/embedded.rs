//! Strips and tiles that are whole files of another format: JPEG (technical note 2 of TIFF), JPEG as
//! TIFF 6.0 had it, and WebP.

use lote_protocol::task::Limits;
use lote_protocol::text;

use crate::formats::tiff::Refused;
use crate::formats::tiff::numbers::{Extra, Model, SampleKind};
use crate::formats::tiff::page::{Packing, Page};
use crate::formats::{jpeg, webp};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Refuses the pages whose parts would not come out as gray or RGB.
pub(crate) fn check(page: &Page) -> Result<(), Refused> {
    let samples = if page.planar { 1 } else { page.count };
    let color = matches!(page.model, Model::Rgb | Model::YCbCr { .. });
    let fits = match samples {
        1 => page.planar || matches!(page.model, Model::Gray | Model::WhiteIsZero),
        3 => color,
        4 => color && page.extra != Extra::Other && page.packing == Packing::WebP,
        _ => false,
    };
    if page.kind != SampleKind::Unsigned(8) || !fits || page.planar && page.model != Model::Rgb {
        return Err(Refused::Unsupported(text!(
            "{} compression of {} samples of {} bits",
            if page.packing == Packing::WebP { "WebP" } else { "JPEG" },
            page.count,
            page.kind.bits()
        )));
    }
    Ok(())
}

/// Decodes the strip or tile of that number and size, px, into `chunk`, whose length is that of its
/// samples. Returns how many bytes there were.
pub(crate) fn read(
    page: &Page,
    data: &[u8],
    index: usize,
    (width, rows): (u32, u32),
    chunk: &mut [u8],
    limits: &Limits,
    pool: &mut Pool,
) -> Result<usize, Refused> {
    let source = match page.packing {
        Packing::WebP => webp::decode(data, limits, pool),
        _ => jpeg::decode(&whole_jpeg(page, data, index)?, limits, pool),
    };
    let mut source = source.map_err(|failure| Refused::Damaged(failure.message))?;
    if let Some(note) = source.notes.pop() {
        return Err(Refused::Damaged(note));
    }
    let frame = source.frames.pop();
    let Some(Picture { width: found, height, channels, samples: Samples::U8(samples) }) =
        frame.map(|frame| frame.picture)
    else {
        return Err(Refused::Damaged(text!("a part of it is no picture")));
    };
    let stored = if page.planar { 1 } else { page.count };
    // A WebP without transparency is opaque.
    let fits = matches!(
        (channels, stored),
        (Channels::Gray, 1) | (Channels::Rgb, 3 | 4) | (Channels::Rgba, 4)
    );
    if !fits {
        return Err(Refused::Damaged(text!("a part of it has other colours than the whole")));
    }
    if found < width || height < rows && page.chunks.tiled {
        return Err(Refused::Damaged(text!(
            "a part of it has {} x {} px, not {} x {}",
            found,
            height,
            width,
            rows
        )));
    }
    let source_row = found as usize * channels.count();
    let mut got = 0;
    for (target, source) in
        chunk.chunks_exact_mut(width as usize * stored).zip(samples.chunks_exact(source_row))
    {
        if channels.count() == stored {
            target.copy_from_slice(&source[..target.len()]);
        } else {
            let pixels = source.as_chunks::<3>().0;
            for (target, &[r, g, b]) in target.as_chunks_mut::<4>().0.iter_mut().zip(pixels) {
                *target = [r, g, b, 255];
            }
        }
        got += target.len();
    }
    pool.give_bytes(samples);
    Ok(got)
}

/// The stream of a part as a file of its own: with the tables that all parts share, and with a mark
/// that says whether its colours are YCbCr.
fn whole_jpeg(page: &Page, data: &[u8], index: usize) -> Result<Vec<u8>, Refused> {
    let is_ycbcr = matches!(page.model, Model::YCbCr { .. });
    let transform = u8::from(is_ycbcr);
    // APP14 of Adobe: version, two words of flags, and the transform of colours.
    let adobe: [u8; 16] =
        [0xff, 0xee, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, transform];
    let mut file = vec![0xff, 0xd8];
    if !page.planar && page.count == 3 {
        file.extend(adobe);
    }
    if page.packing == Packing::OldJpeg {
        if page.chunks.offsets.len() > 1 || index > 0 {
            return Err(Refused::Unsupported(text!("old JPEG in several strips")));
        }
        if !data.starts_with(&[0xff, 0xd8]) {
            return Err(Refused::Unsupported(text!("old JPEG whose tables are apart")));
        }
    }
    let Some(mut rest) = data.strip_prefix(&[0xff, 0xd8]) else {
        return Err(Refused::Damaged(text!("a part of it is no JPEG")));
    };
    // Marks of applications would say otherwise what the colours are; in old JPEG, JFIF's and Adobe's do
    // say it.
    while let [0xff, mark @ 0xe0..=0xef, high, low, ..] = *rest {
        let len = 2 + usize::from(u16::from_be_bytes([high, low]));
        let (segment, behind) = rest.split_at_checked(len).unwrap_or_default();
        if page.packing == Packing::OldJpeg && matches!(mark, 0xe0 | 0xee) {
            file.extend_from_slice(segment);
        }
        rest = behind;
    }
    if let Some(tables) = &page.jpeg_tables {
        let tables = tables.strip_prefix(&[0xff, 0xd8]).unwrap_or(tables);
        file.extend_from_slice(tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables));
    }
    file.extend_from_slice(rest);
    Ok(file)
}
