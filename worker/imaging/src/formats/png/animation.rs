//! Animated PNG (PNG 3rd edition, 4.9): parts are drawn on a canvas, and it is what is seen.

use std::io::{BufRead, Seek, Write};

use ::png::{
    BlendOp, ColorType, DecodingError, DisposeOp, Encoder, EncodingError, FrameControl, OutputInfo,
    Reader,
};
use lote_protocol::lang::Text;
use lote_protocol::text;

use crate::formats::Frame;
use crate::formats::canvas::{Canvas, Leave, Part, over};
use crate::formats::extent::{HeaderReader, Together};
use crate::formats::gif::delta::changed;
use crate::picture::rounded;
use crate::pool::Pool;

/// Chunks before the picture that are looked at.
const MOST_CHUNKS: u64 = 1024;

/// The frames that the chunk `acTL` declares; it stands before the picture.
pub(super) fn together(header: &mut HeaderReader<'_>) -> Together {
    let canvas = u64::from(header.be32(16)?) * u64::from(header.be32(20)?);
    let mut place = 8;
    for _ in 0..MOST_CHUNKS {
        match &header.at::<4>(place + 4)? {
            b"acTL" => {
                let frames = u64::from(header.be32(place + 8)?);
                return Some((frames, canvas.saturating_mul(frames)));
            }
            b"IDAT" => return None,
            _ => place += 12 + u64::from(header.be32(place)?),
        }
    }
    None
}

/// Decodes the frames, up to one that is damaged; it and what is behind it is told.
pub(super) fn frames<R: BufRead + Seek>(
    reader: &mut Reader<R>,
    count: u32,
    notes: &mut Vec<Text>,
    pool: &mut Pool,
) -> Result<Vec<Frame>, DecodingError> {
    let mut buffer = pool.bytes(reader.output_buffer_size().unwrap_or(0));
    let mut canvas = Canvas::new(reader.info().size(), pool);
    let mut frames = Vec::new();
    if reader.info().frame_control.is_none() {
        // The picture for programs that know no animations is not one of its frames.
        reader.next_frame(&mut buffer)?;
        reader.next_frame_info()?;
    }
    while let Some(control) = reader.info().frame_control {
        let read = reader.next_frame(&mut buffer);
        let drawn = match read {
            Ok(info) => info,
            Err(error) if frames.is_empty() => return Err(error),
            Err(_) => {
                let number = frames.len() + 1;
                notes.push(text!(
                    "the PNG is damaged: frame {} of {} and those behind it are left out",
                    number,
                    count
                ));
                break;
            }
        };
        let pixels = to_rgba(&buffer, &drawn);
        let picture = canvas.show(part(&control), pool, |below, at| {
            if let Some(&above) = pixels.get(at) {
                match control.blend_op {
                    BlendOp::Source => *below = above,
                    BlendOp::Over => over(below, above),
                }
            }
        });
        frames.push(Frame { picture, delay_ms: delay_ms(&control) });
        if frames.len() as u64 >= u64::from(count) {
            break;
        }
        if reader.next_frame_info().is_err() {
            let number = frames.len() + 1;
            notes.push(text!(
                "the PNG is damaged: frame {} of {} and those behind it are left out",
                number,
                count
            ));
            break;
        }
    }
    pool.give_bytes(buffer);
    canvas.finish(&mut frames, pool);
    Ok(frames)
}

fn delay_ms(control: &FrameControl) -> u32 {
    let parts = if control.delay_den == 0 { 100 } else { u32::from(control.delay_den) };
    (u32::from(control.delay_num) * 1000 + parts / 2) / parts
}

fn part(control: &FrameControl) -> Part {
    Part {
        left: control.x_offset,
        top: control.y_offset,
        width: control.width,
        height: control.height,
        leave: match control.dispose_op {
            DisposeOp::None => Leave::Drawn,
            DisposeOp::Background => Leave::Cleared,
            DisposeOp::Previous => Leave::Restored,
        },
    }
}

/// Pixels as they come from the decoder, as RGBA of 8 bits.
fn to_rgba(bytes: &[u8], info: &OutputInfo) -> Vec<[u8; 4]> {
    let bytes = &bytes[..info.buffer_size().min(bytes.len())];
    let narrow: Vec<u8>;
    let samples = if info.bit_depth == ::png::BitDepth::Sixteen {
        let words = bytes.as_chunks::<2>().0.iter();
        narrow = words.map(|&word| rounded(u16::from_be_bytes(word))).collect();
        &narrow
    } else {
        bytes
    };
    match info.color_type {
        ColorType::Grayscale | ColorType::Indexed => {
            samples.iter().map(|&v| [v, v, v, 255]).collect()
        }
        ColorType::GrayscaleAlpha => {
            samples.as_chunks::<2>().0.iter().map(|&[v, alpha]| [v, v, v, alpha]).collect()
        }
        ColorType::Rgb => {
            samples.as_chunks::<3>().0.iter().map(|&[r, g, b]| [r, g, b, 255]).collect()
        }
        ColorType::Rgba => samples.as_chunks::<4>().0.to_vec(),
    }
}

/// Writes frames of the same layout, each a delay in ms and its rows; of all but the first, what has
/// changed.
pub(super) fn write<W: Write>(
    mut encoder: Encoder<'_, W>,
    (width, pixel_len): (u32, usize),
    frames: &[(u32, &[u8])],
    loops: u32,
) -> Result<(), EncodingError> {
    encoder.set_animated(frames.len() as u32, loops)?;
    let mut writer = encoder.write_header()?;
    let row_len = width as usize * pixel_len;
    let mut before: Option<&[u8]> = None;
    for &(delay_ms, rows) in frames {
        let delay = u16::try_from(delay_ms);
        let tenths = u16::try_from(delay_ms / 10).unwrap_or(u16::MAX);
        let (delay, parts) = delay.map_or((tenths, 100), |delay| (delay, 1000));
        writer.set_frame_delay(delay, parts)?;
        if let Some(before) = before {
            let bytes = changed(before, rows, row_len);
            // Of bytes, whole pixels.
            let left = bytes.left / pixel_len;
            let right = (bytes.left + bytes.width).div_ceil(pixel_len);
            writer.set_frame_position(0, 0)?;
            writer.set_frame_dimension((right - left) as u32, bytes.height as u32)?;
            writer.set_frame_position(left as u32, bytes.top as u32)?;
            let part: Vec<u8> = rows
                .chunks_exact(row_len)
                .skip(bytes.top)
                .take(bytes.height)
                .flat_map(|row| &row[left * pixel_len..right * pixel_len])
                .copied()
                .collect();
            writer.write_image_data(&part)?;
        } else {
            writer.write_image_data(rows)?;
        }
        before = Some(rows);
    }
    writer.finish()
}
