//! HEIC: still pictures coded as HEVC, as telephones write them; only read. The only file that names
//! `rusty_h265`.

use lote_protocol::outcome::Failure;
use lote_protocol::task::Limits;
use rusty_h265::{Decoder, Error, Frame, nal, ps};

use crate::formats::Source;
use crate::formats::heif::boxes::Reader;
use crate::formats::heif::planes::{Plane, Planes, Signal};
use crate::formats::heif::{self, Codec, Refused, has_brand};
use crate::formats::table::{Format, Gives, Holds, id};
use crate::pool::Pool;

/// HEIC.
pub(super) static FORMAT: Format = Format {
    id: id("heic"),
    name: "HEIC",
    endings: &["heic", "heif", "hif"],
    mime: "image/heic",
    in_browsers: false,
    options: &[],
    gives: Gives::Photo,
    holds: Holds::NOTHING,
    magic: |head| has_brand(head, &[b"heic", b"heix", b"heim", b"heis", b"mif1"]),
    header: heif::declared,
    together: None,
    decode,
    encode: None,
};

const HEVC: Codec = Codec { item: *b"hvc1", config: *b"hvcC", decode: planes };

fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    heif::decode(&FORMAT, &HEVC, bytes, limits, pool)
}

/// The kind of a parameter set of a sequence.
const SPS: u8 = 33;

#[expect(clippy::needless_pass_by_value, reason = "other codecs keep them")]
fn planes(config: &[u8], bytes: Vec<u8>, size: (u32, u32)) -> Result<Planes, Refused> {
    let cut = Refused::Damaged("what its codec needs is cut off");
    let (len_len, sets) = parameter_sets(config).ok_or(cut)?;
    let mut signal = Signal { primaries: 2, transfer: 2, matrix: 2, full_range: true };
    let mut decoder = Decoder::new();
    // Files that state a digest of their picture are held to it.
    decoder.verify_sei = true;
    for set in sets {
        if set.first().is_some_and(|byte| byte >> 1 & 63 == SPS) {
            let payload = set.get(2..).unwrap_or_default();
            let sps =
                ps::parse_sps(&nal::unescape(payload).data).map_err(|error| failure(&error))?;
            // Sides are rounded up to whole blocks.
            if sps.width > size.0.next_multiple_of(64) || sps.height > size.1.next_multiple_of(64) {
                return Err(Refused::Damaged("its picture is of another size than it says"));
            }
            signal.full_range = sps.vui.as_ref().is_some_and(|vui| vui.video_full_range_flag);
            // Where colours are not described, they are left at 0.
            if let Some(vui) = sps.vui.as_ref().filter(|vui| vui.colour_primaries > 0) {
                signal = Signal {
                    primaries: vui.colour_primaries,
                    transfer: vui.transfer_characteristics,
                    matrix: vui.matrix_coeffs,
                    full_range: vui.video_full_range_flag,
                };
            }
        }
        decoder.push_nal(set, None).map_err(|error| failure(&error))?;
    }
    let mut reader = Reader(&bytes);
    while !reader.0.is_empty() {
        let len = reader.number(len_len).ok_or(Refused::Damaged("it is cut off"))?;
        let unit = reader.take(len as usize).ok_or(Refused::Damaged("it is cut off"))?;
        if unit.first().is_some_and(|byte| byte >> 1 & 63 == SPS) {
            return Err(Refused::Unsupported("its parameters stand beside its pixels"));
        }
        decoder.push_nal(unit, None).map_err(|error| failure(&error))?;
    }
    decoder.flush();
    let frame = decoder.next_frame().map_err(|error| failure(&error))?;
    let stats = decoder.stats;
    if stats.errors > 0 || stats.generated_refs > 0 || stats.sei_mismatch > 0 {
        return Err(Refused::Damaged("its HEVC cannot be decoded"));
    }
    cut_out(&frame, signal)
}

fn failure(error: &Error) -> Refused {
    match error {
        Error::Unsupported(_) | Error::Unimplemented(_) => {
            Refused::Unsupported("its HEVC is of a kind that is not read")
        }
        _ => Refused::Damaged("its HEVC cannot be decoded"),
    }
}

/// How long the lengths before units are, and the units that stand before any picture (ISO/IEC
/// 14496-15, 8.3.2).
fn parameter_sets(config: &[u8]) -> Option<(usize, Vec<&[u8]>)> {
    let mut reader = Reader(config);
    let head = reader.take(23)?;
    let len_len = usize::from(head[21] & 3) + 1;
    let mut sets = Vec::new();
    for _ in 0..head[22] {
        reader.u8()?;
        for _ in 0..reader.u16()? {
            let len = reader.u16()?;
            sets.push(reader.take(len.into())?);
        }
    }
    Some((len_len, sets))
}

/// The part of a frame that is shown.
fn cut_out(frame: &Frame, signal: Signal) -> Result<Planes, Refused> {
    let picture = &frame.picture;
    let (left, top, width, height) = picture.crop;
    let (coarse, count) = match picture.chroma_format_idc {
        0 => ((0, 0), 1),
        1 => ((1, 1), 3),
        _ => return Err(Refused::Unsupported("its colours are unusually fine")),
    };
    if width == 0 || height == 0 {
        return Err(Refused::Damaged("its width or height is 0"));
    }
    let bits = u32::from(picture.bit_depth_luma);
    if picture.bit_depth_luma != picture.bit_depth_chroma || !(8..=10).contains(&bits) {
        return Err(Refused::Unsupported("its samples are of an unusual depth"));
    }
    let planes = picture.planes[..count].iter().enumerate().map(|(i, from)| {
        let (x, y) = if i == 0 { (0, 0) } else { coarse };
        let mut plane = Plane::new(width.div_ceil(1 << x), height.div_ceil(1 << y));
        for (row, to) in plane.samples.chunks_exact_mut(plane.width).enumerate() {
            to.copy_from_slice(&from.row((top >> y) + row)[left >> x..][..to.len()]);
        }
        plane
    });
    Ok(Planes { planes: planes.collect(), bits, coarse, signal })
}
