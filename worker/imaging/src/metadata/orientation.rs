//! The eight EXIF orientations, applied to pixels.

use bytemuck::Pod;
use multiversion::multiversion;

use super::turn::{Quarter, turn};
use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// How stored pixels have to be turned to be upright: the values 1..=8 of the EXIF tag 0x0112
/// (Exif 2.32, 4.6.4 A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Orientation {
    /// 1: upright.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    MirrorColumns,
    /// 3: turned by 180 degrees.
    HalfTurn,
    /// 4: mirrored top to bottom.
    MirrorRows,
    /// 5: mirrored on the diagonal from top left to bottom right.
    Transpose,
    /// 6: to be turned clockwise by 90 degrees.
    QuarterTurn,
    /// 7: mirrored on the diagonal from top right to bottom left.
    Transverse,
    /// 8: to be turned counter-clockwise by 90 degrees.
    ThreeQuarterTurn,
}

impl Orientation {
    /// The orientation of an EXIF value; what is not in 1..=8 counts as 1.
    pub(crate) const fn from_exif(value: u32) -> Self {
        match value {
            2 => Self::MirrorColumns,
            3 => Self::HalfTurn,
            4 => Self::MirrorRows,
            5 => Self::Transpose,
            6 => Self::QuarterTurn,
            7 => Self::Transverse,
            8 => Self::ThreeQuarterTurn,
            _ => Self::Upright,
        }
    }

    /// Whether width and height change places.
    pub(crate) const fn swaps_sides(self) -> bool {
        self.quarter().is_some()
    }

    /// The quarter turn that it is, mirrored or not.
    const fn quarter(self) -> Option<Quarter> {
        let (from_right, upwards) = match self {
            Self::Transpose => (false, false),
            Self::QuarterTurn => (false, true),
            Self::Transverse => (true, true),
            Self::ThreeQuarterTurn => (true, false),
            Self::Upright | Self::MirrorColumns | Self::HalfTurn | Self::MirrorRows => return None,
        };
        Some(Quarter { from_right, upwards })
    }

    /// Width and height once upright.
    pub(crate) const fn upright_size(self, width: u32, height: u32) -> (u32, u32) {
        if self.swaps_sides() { (height, width) } else { (width, height) }
    }
}

/// Turns a picture upright.
pub(crate) fn upright(picture: Picture, orientation: Orientation, pool: &mut Pool) -> Picture {
    if orientation == Orientation::Upright {
        return picture;
    }
    let (width, height) = (picture.width as usize, picture.height as usize);
    let channels = picture.channels;
    let samples = match picture.samples {
        Samples::U8(mut samples) => {
            if let Some(quarter) = orientation.quarter() {
                let mut turned = pool.bytes(samples.len());
                turn(&samples, &mut turned, (width, height), channels, quarter);
                pool.give_bytes(samples);
                Samples::U8(turned)
            } else {
                if channels == Channels::Rgb && orientation != Orientation::MirrorRows {
                    let mut row = pool.bytes(3 * width);
                    mirror_colors(&mut samples, &mut row, orientation);
                    pool.give_bytes(row);
                } else {
                    mirror(&mut samples, width, channels, orientation);
                }
                Samples::U8(samples)
            }
        }
        Samples::U16(mut samples) => {
            if let Some(quarter) = orientation.quarter() {
                let mut turned = pool.words(samples.len());
                turn(&samples, &mut turned, (width, height), channels, quarter);
                pool.give_words(samples);
                Samples::U16(turned)
            } else {
                mirror(&mut samples, width, channels, orientation);
                Samples::U16(samples)
            }
        }
    };
    let (width, height) = orientation.upright_size(picture.width, picture.height);
    Picture { width, height, channels, samples }
}

/// A picture of its own as it is when turned; for one that is needed as it is, too.
pub(crate) fn turned(picture: &Picture, orientation: Orientation, pool: &mut Pool) -> Picture {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let channels = picture.channels;
    let len = picture.samples.len();
    let samples = match &picture.samples {
        Samples::U8(samples) => {
            let mut to = pool.bytes(len);
            match (orientation, channels) {
                (Orientation::MirrorColumns, Channels::Rgb) => {
                    let rows = samples.chunks_exact(3 * width).zip(to.chunks_exact_mut(3 * width));
                    rows.for_each(|(from, to)| reverse_colors(from, to));
                }
                (Orientation::HalfTurn, Channels::Rgb) => reverse_colors(samples, &mut to),
                _ => turn_or_mirror(samples, &mut to, (width, height), channels, orientation),
            }
            Samples::U8(to)
        }
        Samples::U16(samples) => {
            let mut to = pool.words(len);
            turn_or_mirror(samples, &mut to, (width, height), channels, orientation);
            Samples::U16(to)
        }
    };
    let (width, height) = orientation.upright_size(picture.width, picture.height);
    Picture { width, height, channels, samples }
}

fn turn_or_mirror<T: Pod>(
    from: &[T],
    to: &mut [T],
    (width, height): (usize, usize),
    channels: Channels,
    orientation: Orientation,
) {
    if let Some(quarter) = orientation.quarter() {
        return turn(from, to, (width, height), channels, quarter);
    }
    if orientation == Orientation::MirrorRows {
        let len = width * channels.count();
        let rows = to.chunks_exact_mut(len).zip(from.chunks_exact(len).rev());
        return rows.for_each(|(to, from)| to.copy_from_slice(from));
    }
    to.copy_from_slice(from);
    mirror(to, width, channels, orientation);
}

/// Bytes of red, green and blue, the last pixel first.
#[multiversion(targets = "simd")]
fn reverse_colors(mut from: &[u8], mut to: &mut [u8]) {
    /// Five pixels, and a byte to fill a vector, which is overwritten by what follows.
    const ORDER: [usize; 16] = [13, 14, 15, 10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3, 0];
    while let (Some(pixels), Some(turned)) = (from.last_chunk::<16>(), to.first_chunk_mut::<16>()) {
        for (to, at) in turned.iter_mut().zip(ORDER) {
            *to = pixels[at];
        }
        (from, to) = (&from[..from.len() - 15], &mut to[15..]);
    }
    let pixels = from.as_chunks::<3>().0.iter().rev();
    for (to, from) in to.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
        *to = *from;
    }
}

/// Mirrors rows of bytes, in place; `row` has the room for one of them.
fn mirror_colors(samples: &mut [u8], row: &mut [u8], orientation: Orientation) {
    let len = row.len();
    let mut mirror = |above: &mut [u8]| {
        row.copy_from_slice(above);
        reverse_colors(row, above);
    };
    if orientation == Orientation::MirrorColumns {
        return samples.chunks_exact_mut(len).for_each(mirror);
    }
    let rows = samples.len() / len;
    let (top, bottom) = samples.split_at_mut(rows.div_ceil(2) * len);
    top.chunks_exact_mut(len).for_each(&mut mirror);
    bottom.chunks_exact_mut(len).for_each(mirror);
    top.chunks_exact_mut(len)
        .zip(bottom.chunks_exact_mut(len).rev())
        .for_each(|(above, below)| above.swap_with_slice(below));
}

fn mirror<T: Copy>(samples: &mut [T], width: usize, channels: Channels, orientation: Orientation) {
    match channels {
        Channels::Gray => mirror_pixels::<T, 1>(samples, width, orientation),
        Channels::GrayAlpha => mirror_pixels::<T, 2>(samples, width, orientation),
        Channels::Rgb => mirror_pixels::<T, 3>(samples, width, orientation),
        Channels::Rgba => mirror_pixels::<T, 4>(samples, width, orientation),
    }
}

/// The three orientations that keep the sides, in place.
fn mirror_pixels<T: Copy, const N: usize>(
    samples: &mut [T],
    width: usize,
    orientation: Orientation,
) {
    let (pixels, _) = samples.as_chunks_mut::<N>();
    match orientation {
        Orientation::MirrorColumns => pixels.chunks_exact_mut(width).for_each(<[_]>::reverse),
        Orientation::HalfTurn => pixels.reverse(),
        Orientation::MirrorRows => {
            let rows = pixels.len() / width;
            let (top, bottom) = pixels.split_at_mut(rows / 2 * width);
            top.chunks_exact_mut(width)
                .zip(bottom.chunks_exact_mut(width).rev())
                .for_each(|(above, below)| above.swap_with_slice(below));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_CHANNELS: [Channels; 4] =
        [Channels::Gray, Channels::GrayAlpha, Channels::Rgb, Channels::Rgba];

    fn numbered(width: u32, height: u32, channels: Channels) -> Picture {
        let len = (width * height) as usize * channels.count();
        Picture {
            width,
            height,
            channels,
            samples: Samples::U16((0..len).map(|i| i as u16).collect()),
        }
    }

    /// Where the upright pixel (x, y) is stored, straight from the words of the Exif standard.
    fn stored_at(value: u32, x: u32, y: u32, width: u32, height: u32) -> (u32, u32) {
        match value {
            2 => (width - 1 - x, y),
            3 => (width - 1 - x, height - 1 - y),
            4 => (x, height - 1 - y),
            5 => (y, x),
            6 => (y, height - 1 - x),
            7 => (width - 1 - y, height - 1 - x),
            8 => (width - 1 - y, x),
            _ => (x, y),
        }
    }

    #[test]
    fn every_orientation_puts_every_pixel_in_its_place() {
        let mut pool = Pool::new();
        for (width, height) in [(1, 1), (5, 3), (70, 33), (1, 40), (64, 32)] {
            for channels in ALL_CHANNELS {
                for value in 0..=9 {
                    let stored = numbered(width, height, channels);
                    let Samples::U16(before) = stored.samples.clone() else { unreachable!() };
                    let result = upright(stored, Orientation::from_exif(value), &mut pool);
                    let Samples::U16(after) = result.samples else { unreachable!() };
                    let n = channels.count();
                    for y in 0..result.height {
                        for x in 0..result.width {
                            let (sx, sy) = stored_at(value, x, y, width, height);
                            let at = (y * result.width + x) as usize * n;
                            let from = (sy * width + sx) as usize * n;
                            assert_eq!(
                                after[at..at + n],
                                before[from..from + n],
                                "orientation {value}, {width}x{height}, {channels:?}, at {x},{y}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn bytes_turn_as_words_do() {
        let mut pool = Pool::new();
        for value in 1..=8 {
            let words = numbered(9, 7, Channels::Rgb);
            let Samples::U16(samples) = &words.samples else { unreachable!() };
            let bytes = Picture {
                samples: Samples::U8(samples.iter().map(|&v| v as u8).collect()),
                ..words.clone()
            };
            let apart = turned(&bytes, Orientation::from_exif(value), &mut pool);
            let words = upright(words, Orientation::from_exif(value), &mut pool);
            let bytes = upright(bytes, Orientation::from_exif(value), &mut pool);
            assert_eq!(apart, bytes, "orientation {value}");
            let (Samples::U16(words), Samples::U8(bytes)) = (words.samples, bytes.samples) else {
                unreachable!()
            };
            assert!(words.iter().map(|&v| v as u8).eq(bytes), "orientation {value}");
        }
    }
}
