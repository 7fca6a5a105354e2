//! HEVC of the range extensions to planes: gray, and colours of any sampling, of 8, 10 or 12 bits. The only
//! file that names `heic_decoder`, which makes sure that every block was there.

use heic_decoder::bitreader::strip_emulation_prevention;
use heic_decoder::hevc::ctu;
use heic_decoder::hevc::params::parse_sps;
use heic_decoder::isobmff::{HevcDecoderConfig, HevcNalArray, ResolvedImage};
use heic_decoder::{HeifError, decode_one_image};
use lote_protocol::text;

use crate::formats::heif::Refused;
use crate::formats::heif::planes::{Plane, Planes, Signal};

/// The kinds of parameter sets: of the sequence, and of the picture.
const SEQUENCE: u8 = 33;
const SETS: [u8; 2] = [SEQUENCE, 34];

/// Decodes one picture by its parameter sets, of which there is one of each kind. `most` is how many columns
/// and rows it may have with what is cut off.
pub(super) fn decode(units: &[&[u8]], most: (u32, u32)) -> Result<Planes, Refused> {
    let unread = || Refused::Unsupported(text!("its HEVC is of a kind that is not read"));
    let failure = |error: HeifError| match error {
        HeifError::Unsupported(_) => unread(),
        _ => Refused::Damaged(text!("its HEVC cannot be decoded")),
    };
    let of_kind = |kind: u8| units.iter().filter(move |unit| unit[0] >> 1 & 63 == kind);
    // The crate takes the first ones, whatever a picture asks for.
    if SETS.iter().any(|kind| of_kind(*kind).count() != 1) {
        return Err(unread());
    }
    // It sets memory aside for whatever it reads there, and need not read what the other decoder does.
    for unit in of_kind(SEQUENCE) {
        let content = unit.get(2..).unwrap_or_default();
        let set = parse_sps(&strip_emulation_prevention(content)).map_err(failure)?;
        if set.pic_width_in_luma_samples > most.0 || set.pic_height_in_luma_samples > most.1 {
            return Err(Refused::Damaged(text!("its picture is of another size than it says")));
        }
    }
    let set = |kind| HevcNalArray {
        nal_unit_type: kind,
        nalus: of_kind(kind).map(|unit| unit.to_vec()).collect(),
    };
    let mut data = Vec::new();
    for unit in units {
        data.extend((unit.len() as u32).to_be_bytes());
        data.extend(*unit);
    }
    let arrays = SETS.map(set).into();
    let hevc_config = HevcDecoderConfig { length_size_minus_one: 3, arrays, ..Default::default() };
    let (set, picture) = decode_one_image(&ResolvedImage { hevc_config, data }).map_err(failure)?;
    // Of a single column of blocks it may carry on with the wrong state from row to row.
    let block = 1 << set.ctb_log2_size_y();
    if picture.y.width <= block && picture.y.height > block {
        return Err(unread());
    }
    let [left, right, top, bottom] = set.conformance_window.map(|px| px as usize);
    let coarse = match set.chroma_format_idc {
        1 => (1, 1),
        2 => (1, 0),
        _ => (0, 0),
    };
    let width = picture.y.width.saturating_sub(left + right);
    let height = picture.y.height.saturating_sub(top + bottom);
    if width == 0 || height == 0 {
        return Err(Refused::Damaged(text!("its HEVC cannot be decoded")));
    }
    let plane = |from: ctu::Plane, (x, y): (usize, usize)| {
        let mut plane = Plane::new(width.div_ceil(1 << x), height.div_ceil(1 << y));
        let (from_width, left, top) = (from.width, left >> x, top >> y);
        let samples = from.into_samples();
        let rows = samples.chunks_exact(from_width).skip(top);
        for (to, from) in plane.samples.chunks_exact_mut(plane.width).zip(rows) {
            to.iter_mut().zip(&from[left..]).for_each(|(to, from)| *to = *from as u16);
        }
        plane
    };
    let mut all = vec![plane(picture.y, (0, 0))];
    if set.chroma_format_idc > 0 {
        all.extend([picture.cb, picture.cr].map(|from| plane(from, coarse)));
    }
    let said = set.color_info;
    let number = |number: Option<u16>| number.and_then(|it| u8::try_from(it).ok()).unwrap_or(2);
    let signal = Signal {
        primaries: number(said.map(|said| said.color_primaries)),
        transfer: number(said.map(|said| said.transfer_characteristics)),
        matrix: number(said.map(|said| said.matrix_coefficients)),
        full_range: said.is_some_and(|said| said.full_range),
    };
    Ok(Planes { all, bits: set.bit_depth_luma, coarse, signal })
}
