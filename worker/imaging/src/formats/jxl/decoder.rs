//! JPEG XL to pictures. The only file that names `jxl`: built without instructions that only some
//! processors have, so that pixels are the same everywhere.

use std::borrow::Cow;

use jxl::api::{
    AlphaMode, Endianness, Event, ExtraChannel, JxlAuxBoxType, JxlBasicInfo, JxlBitDepth,
    JxlColorEncoding, JxlColorProfile, JxlColorType, JxlDataFormat, JxlDecoder, JxlDecoderOptions,
    JxlOutputBuffer, JxlPixelFormat, JxlPrimaries, JxlTransferFunction, JxlWhitePoint,
    ProfileLevel,
};
use lote_protocol::lang::Text;
use lote_protocol::outcome::Failure;
use lote_protocol::task::Limits;
use lote_protocol::text;

use super::{FORMAT, damaged, parts, unsupported};
use crate::formats::{Frame, Source, Stored, limit};
use crate::metadata::Metadata;
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

pub(super) fn decode(bytes: &[u8], limits: &Limits, pool: &mut Pool) -> Result<Source, Failure> {
    let boxes = [JxlAuxBoxType::EXIF, JxlAuxBoxType::XMP];
    let mut options = JxlDecoderOptions::default();
    options.alpha_mode = AlphaMode::Unpremultiplied;
    options.max_profile_level = ProfileLevel::Main10;
    options.sample_limit = usize::try_from(limits.max_pixels.saturating_mul(4)).ok();
    options.request_aux_boxes = boxes.to_vec();
    let mut decoder = JxlDecoder::new(options);
    let mut input = bytes;
    loop {
        match next(&mut decoder, &mut input, None)? {
            Event::BasicInfo => break,
            Event::Complete => return Err(damaged(text!("there is no picture in it"))),
            _ => {}
        }
    }
    let info = decoder.basic_info().ok_or_else(|| damaged(text!("its header is missing")))?.clone();
    let mut notes = Vec::new();
    let is_color = decoder.embedded_color_profile().is_none_or(|profile| profile.channels() != 1);
    let (channels, deep) = layout(&info, is_color, &mut notes)?;
    let format = JxlPixelFormat {
        color_type: match channels {
            Channels::Gray => JxlColorType::Grayscale,
            Channels::GrayAlpha => JxlColorType::GrayscaleAlpha,
            Channels::Rgb => JxlColorType::Rgb,
            Channels::Rgba => JxlColorType::Rgba,
        },
        color_data_format: Some(if deep {
            JxlDataFormat::U16 { endianness: Endianness::native(), bit_depth: 16 }
        } else {
            JxlDataFormat::U8 { bit_depth: 8 }
        }),
        extra_channel_format: vec![None; info.extra_channels.len()],
    };
    decoder.set_pixel_format(format).map_err(|error| damaged(error.to_string()))?;
    let (Ok(width), Ok(height)) = (u32::try_from(info.size.0), u32::try_from(info.size.1)) else {
        return Err(damaged(text!("its size is impossible")));
    };
    let pixel_bytes = channels.count() * if deep { 2 } else { 1 };
    let mut frames: Vec<Frame> = Vec::new();
    let mut count = 1;
    limit::check(limits, &FORMAT, (width, height), count, pixel_bytes as u64)?;
    loop {
        match next(&mut decoder, &mut input, None) {
            Ok(Event::FrameHeader) => {}
            Ok(Event::Complete) => break,
            Ok(_) => continue,
            // The pictures before it are there.
            Err(_) if !frames.is_empty() => {
                notes.push(text!("the JPEG XL is damaged: frame {} is left out", count));
                break;
            }
            Err(failure) => return Err(failure),
        }
        limit::check(limits, &FORMAT, (width, height), count, pixel_bytes as u64)?;
        match frame(&mut decoder, &mut input, (width, height), channels, deep, pool) {
            Ok(frame) => frames.push(frame),
            Err(failure) if frames.is_empty() => return Err(failure),
            Err(_) => {
                notes.push(text!("the JPEG XL is damaged: frame {} is left out", count));
                break;
            }
        }
        count += 1;
    }
    if frames.is_empty() {
        return Err(damaged(text!("there is no picture in it")));
    }
    let mut metadata = Metadata::default();
    if let Some(profile) = decoder.output_color_profile() {
        colors(profile, &mut metadata);
    }
    for kind in boxes {
        if let Some(found) = decoder.aux_boxes(kind).first() {
            let (block, compressed) = (found.raw_data(), found.is_compressed());
            let max = limits.max_metadata_bytes;
            parts::take(&mut metadata, kind.0, block, compressed, max, &mut notes);
        }
    }
    let loops = info.animation.map_or(0, |animation| animation.num_loops);
    Ok(Source {
        frames,
        loops,
        lossless: info.uses_original_profile,
        stored: Stored::Full,
        chroma: None,
        left_out: Vec::new(),
        pages: Vec::new(),
        metadata,
        notes,
    })
}

/// Reads the frame whose header has been read.
fn frame(
    decoder: &mut JxlDecoder,
    input: &mut &[u8],
    (width, height): (u32, u32),
    channels: Channels,
    deep: bool,
    pool: &mut Pool,
) -> Result<Frame, Failure> {
    let delay_ms = decoder.frame_header().and_then(|header| header.duration).unwrap_or(0.0);
    let delay_ms = delay_ms.clamp(0.0, f64::from(u32::MAX)).round() as u32;
    let row_len = width as usize * channels.count();
    let len = row_len * height as usize;
    let mut samples =
        if deep { Samples::U16(pool.words(len)) } else { Samples::U8(pool.bytes(len)) };
    let (raw, row_bytes) = match &mut samples {
        Samples::U8(samples) => (samples.as_mut_slice(), row_len),
        Samples::U16(samples) => (bytemuck::cast_slice_mut::<u16, u8>(samples), row_len * 2),
    };
    let mut buffers = [JxlOutputBuffer::new(raw, height as usize, row_bytes)];
    loop {
        match next(decoder, input, Some(&mut buffers))? {
            Event::FrameComplete { .. } => break,
            Event::Complete => return Err(damaged(text!("it is cut off"))),
            _ => {}
        }
    }
    let picture = Picture { width, height, channels, samples };
    Ok(Frame { picture, delay_ms })
}

/// Goes on until something happens; the whole file is at hand.
fn next(
    decoder: &mut JxlDecoder,
    input: &mut &[u8],
    mut buffers: Option<&mut [JxlOutputBuffer<'_>]>,
) -> Result<Event, Failure> {
    for is_end in [false, true] {
        if is_end {
            decoder.close_input();
        }
        let event = decoder.process(input, buffers.as_deref_mut(), None);
        match event.map_err(|error| damaged(error.to_string().replace('\n', " ")))? {
            Event::NeedMoreInput { .. } => {}
            event => return Ok(event),
        }
    }
    Err(damaged(text!("it is cut off")))
}

/// What a pixel consists of, and whether its samples have more than 8 bits.
fn layout(
    info: &JxlBasicInfo,
    is_color: bool,
    notes: &mut Vec<Text>,
) -> Result<(Channels, bool), Failure> {
    let mut has_alpha = false;
    for channel in &info.extra_channels {
        match channel.ec_type {
            ExtraChannel::Alpha => has_alpha = true,
            ExtraChannel::Black => return Err(unsupported(text!("its colours are inks"))),
            ExtraChannel::SpotColor => return Err(unsupported(text!("it has a spot colour"))),
            ExtraChannel::CFA => return Err(unsupported(text!("it is what a sensor saw"))),
            _ => notes.push(text!("a channel beside its colours is left out")),
        }
    }
    let deep = match info.bit_depth {
        JxlBitDepth::Int { bits_per_sample: 1..=8 } => false,
        JxlBitDepth::Int { bits_per_sample: 9..=16 } => true,
        _ => {
            return Err(unsupported(text!(
                "its samples are floating point or have more than 16 bits"
            )));
        }
    };
    Ok(match (is_color, has_alpha) {
        (false, false) => (Channels::Gray, deep),
        (false, true) => (Channels::GrayAlpha, deep),
        (true, false) => (Channels::Rgb, deep),
        (true, true) => (Channels::Rgba, deep),
    })
}

/// What the samples mean as colours: nothing is said of sRGB, codes where there are some, else a profile.
fn colors(profile: &JxlColorProfile, metadata: &mut Metadata) {
    if let JxlColorProfile::Simple(JxlColorEncoding::RgbColorSpace {
        white_point: JxlWhitePoint::D65,
        primaries,
        transfer_function,
        ..
    }) = profile
    {
        let primaries = match primaries {
            JxlPrimaries::SRGB => Some(1),
            JxlPrimaries::BT2100 => Some(9),
            JxlPrimaries::P3 => Some(12),
            JxlPrimaries::Chromaticities { .. } => None,
        };
        let transfer = match transfer_function {
            JxlTransferFunction::SRGB => Some(13),
            JxlTransferFunction::Linear => Some(8),
            JxlTransferFunction::BT709 => Some(1),
            JxlTransferFunction::PQ => Some(16),
            JxlTransferFunction::HLG => Some(18),
            _ => None,
        };
        match (primaries, transfer) {
            (Some(1), Some(13)) => return,
            (Some(primaries), Some(transfer)) => {
                metadata.signal.read_chunk(*b"cICP", &[primaries, transfer, 0, 1]);
                return;
            }
            _ => {}
        }
    }
    if let JxlColorProfile::Simple(JxlColorEncoding::GrayscaleColorSpace {
        white_point: JxlWhitePoint::D65,
        transfer_function: JxlTransferFunction::SRGB,
        ..
    }) = profile
    {
        return;
    }
    metadata.icc = profile.try_as_icc().map(Cow::into_owned);
}
