//! A second opinion on JPEG files that the first decoder refuses. The only file that names
//! `zune_jpeg`.

use std::io::Cursor;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::formats::jpeg::segments::Header;
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// Decodes a file whose header has been checked against the limits; `None` when this decoder
/// refuses it too. It is strict: missing data are an error.
pub(crate) fn decode(bytes: &[u8], header: &Header, pool: &mut Pool) -> Option<Picture> {
    let (channels, color_space) = if header.components == 1 {
        (Channels::Gray, ColorSpace::Luma)
    } else {
        (Channels::Rgb, ColorSpace::RGB)
    };
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(header.width as usize)
        .set_max_height(header.height as usize)
        .jpeg_set_out_colorspace(color_space);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    let info = decoder.info()?;
    let len = header.width as usize * header.height as usize * channels.count();
    if (u32::from(info.width), u32::from(info.height)) != (header.width, header.height)
        || decoder.output_buffer_size() != Some(len)
    {
        return None;
    }
    let mut samples = pool.bytes(len);
    if decoder.decode_into(&mut samples).is_err() {
        pool.give_bytes(samples);
        return None;
    }
    Some(Picture {
        width: header.width,
        height: header.height,
        channels,
        samples: Samples::U8(samples),
    })
}
