//! Pictures to JPEG XL without loss. The only file that names `zune_jpegxl`.

use std::borrow::Cow;

use lote_protocol::lang::Text;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;
use zune_core::bit_depth::BitDepth;
use zune_core::colorspace::ColorSpace;
use zune_core::options::EncoderOptions;
use zune_jpegxl::JxlSimpleEncoder;

use super::parts;
use crate::formats::table::Content;
use crate::picture::{Channels, Samples};
use crate::pool::Pool;

/// The encoder takes no less, px.
const MIN_SIDE: u32 = 2;

/// Encodes a picture of any layout, and of 8 bits a sample or, without alpha, of 16: the encoder says of
/// alpha always that it has 8.
pub(super) fn encode(
    content: &Content<'_>,
    _pool: &mut Pool,
    out: &mut Vec<u8>,
) -> Result<Vec<Text>, Failure> {
    let refused = |why: Text| Failure::new(FailureKind::Encode, why);
    let picture = content.first();
    if picture.width < MIN_SIDE || picture.height < MIN_SIDE {
        let why = text!("JPEG XL is written from {} px a side on; choose another format", MIN_SIDE);
        return Err(refused(why));
    }
    if picture.channels.has_alpha() && matches!(picture.samples, Samples::U16(_)) {
        let why = text!(
            "JPEG XL is not written with both alpha and 16 bits a channel; choose PNG or TIFF"
        );
        return Err(refused(why));
    }
    let color = match picture.channels {
        Channels::Gray => ColorSpace::Luma,
        Channels::GrayAlpha => ColorSpace::LumaA,
        Channels::Rgb => ColorSpace::RGB,
        Channels::Rgba => ColorSpace::RGBA,
    };
    let (samples, depth): (Cow<'_, [u8]>, _) = match &picture.samples {
        Samples::U8(samples) => (samples.into(), BitDepth::Eight),
        Samples::U16(samples) => {
            (bytemuck::cast_slice::<u16, u8>(samples).into(), BitDepth::Sixteen)
        }
    };
    let (width, height) = (picture.width as usize, picture.height as usize);
    let options = EncoderOptions::new(width, height, color, depth).set_num_threads(1);
    let mut coded = Vec::new();
    JxlSimpleEncoder::new(&samples, options).encode(&mut coded).map_err(|error| {
        refused(text!("the {} could not be written: {}", "JPEG XL", format!("{:?}", error)))
    })?;
    parts::write(&coded, &content.metadata, out);
    Ok(Vec::new())
}
