//! HEVC to planes. The only file that names `rusty_h265`, which decodes what telephones write.

use rusty_h265::nal::{NalHeader, NalType, unescape};
use rusty_h265::ps::{PROFILE_REXT, Sps, parse_sps};
use rusty_h265::{Decoder, Error, Picture};

use super::intra;
use crate::formats::heif::boxes::Reader;
use crate::formats::heif::planes::{Plane, Planes, Signal};
use crate::formats::heif::{Coded, Refused};
use lote_protocol::text;

/// Side of the largest block that HEVC works in, px.
const BLOCK: u32 = 64;

/// Decodes a still picture, in the thread that calls it.
pub(super) fn decode(coded: Coded<'_>) -> Result<Planes, Refused> {
    let Coded { bytes, configuration, size } = coded;
    let cut = || Refused::Damaged(text!("it is cut off"));
    let configuration = configuration.ok_or_else(cut)?;
    let (mut units, len_bytes) = parameters(configuration).ok_or_else(cut)?;
    let mut reader = Reader(&bytes);
    while !reader.0.is_empty() {
        let len = reader.number(len_bytes).ok_or_else(cut)?;
        units.push(usize::try_from(len).ok().and_then(|len| reader.take(len)).ok_or_else(cut)?);
    }
    let (mut seen, mut begun) = (None, 0);
    for unit in &units {
        match NalHeader::parse(unit).ok_or_else(cut)?.nal_type {
            NalType::Sps => {
                let set = parse_sps(&unescape(&unit[2..]).data).map_err(|error| failure(&error))?;
                fits(&set, size)?;
                let is_common = set.chroma_format_idc == 1 && set.bit_depth_luma <= 10;
                let is_extended = !is_common || set.ptl.profile() == PROFILE_REXT;
                seen = Some((signal_of(&set), is_extended));
            }
            // The bit that says that it is the first part of a picture.
            kind if kind.is_vcl() => begun += u32::from(unit.get(2).is_some_and(|it| it >> 7 == 1)),
            _ => {}
        }
    }
    let (signal, is_extended) = seen.ok_or_else(cut)?;
    if begun != 1 {
        return Err(Refused::Unsupported(text!("it is not one picture")));
    }
    if is_extended {
        return intra::decode(&units, (most(size.0), most(size.1)));
    }
    let mut decoder = Decoder::new();
    for unit in units {
        decoder.push_nal(unit, None).map_err(|error| failure(&error))?;
    }
    decoder.flush();
    let frame = decoder.next_frame().map_err(|_| cut())?;
    Ok(planes(&frame.picture, signal))
}

/// The parameter sets in a configuration (ISO/IEC 14496-15, 8.3.3.1), and how many bytes the length of
/// a unit has.
fn parameters(configuration: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let mut reader = Reader(configuration);
    let fixed = reader.take(22)?;
    let len_bytes = usize::from(fixed[21] & 3) + 1;
    let mut units = Vec::new();
    for _ in 0..reader.u8()? {
        reader.u8()?;
        for _ in 0..reader.u16()? {
            let len = reader.u16()?;
            units.push(reader.take(len.into())?);
        }
    }
    Some((units, len_bytes))
}

/// How long a side may be with what is cut off, px.
fn most(side: u32) -> u32 {
    side.next_multiple_of(BLOCK)
}

/// Whether what is to be decoded is as large as the file says, so that no more is allocated.
fn fits(set: &Sps, (width, height): (u32, u32)) -> Result<(), Refused> {
    if set.output_size() != (width, height) || set.width > most(width) || set.height > most(height)
    {
        return Err(Refused::Damaged(text!("its picture is of another size than it says")));
    }
    let is_even = set.chroma_format_idc == 0 || set.bit_depth_luma == set.bit_depth_chroma;
    if !is_even || !matches!(set.bit_depth_luma, 8 | 10 | 12) {
        return Err(Refused::Unsupported(text!("its HEVC is of a kind that is not read")));
    }
    Ok(())
}

/// What the bitstream says of its colours. The crate has 0 for what it does not say, which is 2 there
/// (ITU-T H.265, E.3.1); as a matrix, 0 could not stand beside 4:2:0.
fn signal_of(set: &Sps) -> Signal {
    let said = set.vui.as_ref();
    let number = |number: u8| if number == 0 { 2 } else { number };
    Signal {
        primaries: said.map_or(2, |said| number(said.colour_primaries)),
        transfer: said.map_or(2, |said| number(said.transfer_characteristics)),
        matrix: said.map_or(2, |said| number(said.matrix_coeffs)),
        full_range: said.is_some_and(|said| said.video_full_range_flag),
    }
}

fn failure(error: &Error) -> Refused {
    match error {
        Error::Unsupported(_) | Error::Unimplemented(_) => {
            Refused::Unsupported(text!("its HEVC is of a kind that is not read"))
        }
        _ => Refused::Damaged(text!("its HEVC cannot be decoded")),
    }
}

fn planes(picture: &Picture, signal: Signal) -> Planes {
    let (left, top, width, height) = picture.crop;
    let part = |number: usize, coarse: usize| {
        let from = &picture.planes[number];
        let mut plane = Plane::new(width.div_ceil(1 << coarse), height.div_ceil(1 << coarse));
        let (left, top) = (left >> coarse, top >> coarse);
        for (y, to) in plane.samples.chunks_exact_mut(plane.width).enumerate() {
            to.copy_from_slice(&from.row(top + y)[left..left + to.len()]);
        }
        plane
    };
    let all = vec![part(0, 0), part(1, 1), part(2, 1)];
    Planes { all, bits: picture.bit_depth_luma.into(), coarse: (1, 1), signal }
}

/// Whether all of it was decoded, of 4:2:0: what decodes the others makes sure itself. This crate leaves
/// all samples of a block that was not at 0, which is a colour that no picture has, except where filters
/// reach into it from beside. Telephones fill what is outside of a picture with it, so this is asked of
/// what is shown.
pub(super) fn is_whole(planes: &Planes) -> bool {
    let ([luma, blue, red], (1, 1)) = (&planes.all[..], planes.coarse) else { return true };
    // Of each block of 8 x 8 the samples in its middle: nothing reaches there.
    let is_blank = |x: usize, y: usize| {
        let zero = |plane: &Plane, x, y| plane.row(y)[x] == 0;
        let all = |plane: &Plane, x, y| (0..4).all(|at| zero(plane, x + at % 2, y + at / 2));
        all(luma, 8 * x + 3, 8 * y + 3)
            && all(blue, 4 * x + 1, 4 * y + 1)
            && all(red, 4 * x + 1, 4 * y + 1)
    };
    !(0..luma.height / 8).any(|y| (0..luma.width / 8).any(|x| is_blank(x, y)))
}
