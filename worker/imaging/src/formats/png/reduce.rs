//! A small form of a picture that holds the same pixels: indices into a palette, or gray of few bits.

use std::borrow::Cow;
use std::collections::HashSet;

use ::png::{BitDepth, ColorType};
use lote_protocol::lang::Text;
use lote_protocol::text;

use super::{as_bytes, color_type};
use crate::formats::palette;
use crate::picture::{Channels, Picture, Samples};

/// What is written: samples as rows of whole bytes.
pub(super) struct Reduced<'a> {
    pub(super) color: ColorType,
    pub(super) depth: BitDepth,
    pub(super) rows: Cow<'a, [u8]>,
    /// Red, green, blue of the palette's colours; none where there is none.
    pub(super) colors: Vec<u8>,
    /// Alpha of the first colours of the palette; of all others it is 255.
    pub(super) alphas: Vec<u8>,
}

/// Colours that a palette holds.
const MAX_COLOURS: usize = 256;

/// Slots of the table that finds colours; more than twice as many as colours.
const SLOTS: usize = 1024;

impl Reduced<'_> {
    /// Whether there are no more colours than a palette holds, or few levels of gray. Colours of 16 bits,
    /// which no palette holds, are counted.
    pub(super) fn has_few_colours(&self, picture: &Picture) -> bool {
        if self.color == ColorType::Indexed || (self.depth as u8) < 8 {
            return true;
        }
        let Samples::U16(samples) = &picture.samples else { return false };
        let mut known = HashSet::new();
        let mut last: &[u16] = &[];
        samples.chunks_exact(picture.channels.count()).all(|color| {
            let is_new = color != last && known.insert(color);
            last = color;
            !is_new || known.len() <= MAX_COLOURS
        })
    }
}

/// A picture as it is in memory.
pub(super) fn whole(picture: &Picture) -> Reduced<'_> {
    let depth = match picture.samples {
        Samples::U8(_) => BitDepth::Eight,
        Samples::U16(_) => BitDepth::Sixteen,
    };
    Reduced {
        color: color_type(picture.channels),
        depth,
        rows: as_bytes(picture),
        colors: Vec::new(),
        alphas: Vec::new(),
    }
}

/// A small form that holds the same pixels; of 16 bits a sample, the picture as it is.
pub(super) fn reduced(picture: &Picture) -> Reduced<'_> {
    let Samples::U8(samples) = &picture.samples else { return whole(picture) };
    let width = picture.width as usize;
    let reduced = match picture.channels {
        // Gray stays gray.
        Channels::Gray => gray(picture, samples),
        Channels::GrayAlpha => None,
        Channels::Rgb => {
            let pixels = samples.as_chunks::<3>().0.iter();
            indexed(pixels.map(|&[r, g, b]| [r, g, b, 255])).map(|indexed| indexed.pack(width))
        }
        Channels::Rgba => {
            indexed(samples.as_chunks::<4>().0.iter().copied()).map(|indexed| indexed.pack(width))
        }
    };
    reduced.unwrap_or_else(|| whole(picture))
}

/// Alpha that is as good as none, and as good as whole: areas do not begin to shine through.
const NEARLY: [u8; 2] = [3, 252];

/// A form of at most so many colours, alpha included; `None` if there are no more.
pub(super) fn to_colours<'a>(
    picture: &Picture,
    count: usize,
    notes: &mut Vec<Text>,
) -> Option<Reduced<'a>> {
    let rounded: Vec<u8>;
    let samples = match &picture.samples {
        Samples::U8(samples) => samples,
        Samples::U16(words) => {
            rounded = words.iter().map(|&word| crate::picture::rounded(word)).collect();
            notes.push(text!("16 bits became 8: a palette has no more"));
            &rounded
        }
    };
    let channels = picture.channels.count();
    let pixels: Vec<[u8; 4]> = samples
        .chunks_exact(channels)
        .map(|pixel| match *pixel {
            [v] => [v, v, v, 255],
            [v, alpha] => [v, v, v, alpha],
            [r, g, b] => [r, g, b, 255],
            [r, g, b, alpha] => [r, g, b, alpha],
            _ => [0; 4],
        })
        .collect();
    let width = picture.width as usize;
    let few = indexed(pixels.iter().copied()).filter(|few| few.colors.len() <= count);
    if let Some(few) = few {
        // Of 16 bits nothing is left to be written as it is.
        return matches!(picture.samples, Samples::U16(_)).then(|| few.pack(width));
    }
    notes.push(text!("reduced to {} colours, as asked for", count));
    // What is seen of a colour is its share of alpha; under none there is none.
    let seen: Vec<_> = pixels
        .iter()
        .map(|&[r, g, b, alpha]| {
            let share = |v| ((u32::from(v) * u32::from(alpha) + 127) / 255) as u8;
            (alpha > 0).then(|| [share(r), share(g), share(b), alpha])
        })
        .collect();
    let found = palette::reduced(&seen, width, true, count);
    let colors: Vec<[u8; 4]> = found
        .colors
        .iter()
        .map(|&[r, g, b, alpha]| {
            let whole = u32::from(alpha.max(1));
            let color = |v| ((u32::from(v) * 255 + whole / 2) / whole).min(255) as u8;
            let alpha = match alpha {
                alpha if alpha <= NEARLY[0] => 0,
                alpha if alpha >= NEARLY[1] => 255,
                alpha => alpha,
            };
            [color(r), color(g), color(b), alpha]
        })
        .collect();
    let colours = found.indices.iter().map(|&index| colors[usize::from(index)]);
    // In the order that a file wants; what occurs is what the palette has.
    indexed(colours).map(|indexed| indexed.pack(width))
}

/// Gray whose levels are those of 1, 2 or 4 bits.
fn gray<'a>(picture: &Picture, samples: &[u8]) -> Option<Reduced<'a>> {
    let fits = |step: u8| samples.iter().all(|v| v.is_multiple_of(step));
    let (depth, bits, step) =
        [(BitDepth::One, 1, 255), (BitDepth::Two, 2, 85), (BitDepth::Four, 4, 17)]
            .into_iter()
            .find(|&(_, _, step)| fits(step))?;
    Some(Reduced {
        color: ColorType::Grayscale,
        depth,
        rows: packed(samples, picture.width as usize, bits, |v| v / step).into(),
        colors: Vec::new(),
        alphas: Vec::new(),
    })
}

/// Indices and their colours: red, green, blue, alpha.
struct Indexed {
    colors: Vec<[u8; 4]>,
    indices: Vec<u8>,
}

/// The pixels by index, those that are not opaque first, if there are at most 256 colours.
fn indexed(pixels: impl Iterator<Item = [u8; 4]>) -> Option<Indexed> {
    let mut slots = [None::<([u8; 4], u8)>; SLOTS];
    let mut colors: Vec<[u8; 4]> = Vec::new();
    let mut indices = Vec::with_capacity(pixels.size_hint().0);
    let mut last = None;
    for color in pixels {
        if let Some((before, index)) = last
            && before == color
        {
            indices.push(index);
            continue;
        }
        let mut slot = (u32::from_be_bytes(color).wrapping_mul(0x9e37_79b1) >> 22) as usize;
        let index = loop {
            match slots[slot] {
                Some((known, index)) if known == color => break index,
                Some(_) => slot = (slot + 1) % SLOTS,
                None => {
                    let index = u8::try_from(colors.len()).ok()?;
                    colors.push(color);
                    slots[slot] = Some((color, index));
                    break index;
                }
            }
        };
        last = Some((color, index));
        indices.push(index);
    }
    // A stable order, so that neighbours in the picture mostly are neighbours in the palette.
    let mut order: Vec<u8> = (0..=255).take(colors.len()).collect();
    order.sort_by_key(|&index| colors[usize::from(index)][3] == 255);
    let mut places = [0; 256];
    for (place, &index) in (0..=255).zip(&order) {
        places[usize::from(index)] = place;
    }
    for index in &mut indices {
        *index = places[usize::from(*index)];
    }
    let colors = order.iter().map(|&index| colors[usize::from(index)]).collect();
    Some(Indexed { colors, indices })
}

impl Indexed {
    fn pack<'a>(self, width: usize) -> Reduced<'a> {
        let (depth, bits) = match self.colors.len() {
            0..=2 => (BitDepth::One, 1),
            3..=4 => (BitDepth::Two, 2),
            5..=16 => (BitDepth::Four, 4),
            _ => (BitDepth::Eight, 8),
        };
        let rows = if bits == 8 {
            self.indices
        } else {
            packed(&self.indices, width, bits, |index| index)
        };
        let alphas = self.colors.iter().map(|color| color[3]).filter(|&alpha| alpha < 255);
        Reduced {
            color: ColorType::Indexed,
            depth,
            rows: rows.into(),
            alphas: alphas.collect(),
            colors: self.colors.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect(),
        }
    }
}

/// Rows of so many bits a sample, the highest of a byte first.
fn packed(samples: &[u8], width: usize, bits: usize, value: impl Fn(u8) -> u8) -> Vec<u8> {
    let pack = |pixels: &[u8]| {
        let places = (0..8).step_by(bits).rev();
        pixels.iter().zip(places).fold(0, |byte, (&sample, place)| byte | value(sample) << place)
    };
    samples.chunks_exact(width).flat_map(|row| row.chunks(8 / bits).map(pack)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(channels: Channels, samples: Vec<u8>) -> Picture {
        let width = (samples.len() / channels.count()) as u32;
        Picture { width, height: 1, channels, samples: Samples::U8(samples) }
    }

    #[test]
    fn gray_of_few_levels_takes_few_bits() {
        let two = picture(Channels::Gray, vec![0, 255, 255, 0, 0, 0, 0, 0, 255]);
        let two = reduced(&two);
        assert_eq!((two.depth, &*two.rows), (BitDepth::One, &[0b0110_0000, 0b1000_0000][..]));
        let uneven = picture(Channels::Gray, vec![1, 255, 7]);
        let uneven = reduced(&uneven);
        assert_eq!((uneven.color, uneven.depth), (ColorType::Grayscale, BitDepth::Eight));
    }

    #[test]
    fn colours_that_are_not_opaque_come_first() {
        let picture = picture(Channels::Rgba, vec![9, 9, 9, 255, 1, 2, 3, 7, 9, 9, 9, 255]);
        let reduced = reduced(&picture);
        assert_eq!(reduced.colors, [1, 2, 3, 9, 9, 9]);
        assert_eq!(reduced.alphas, [7]);
        assert_eq!(&*reduced.rows, [0b1010_0000]);
    }

    #[test]
    fn more_than_256_colours_stay_as_they_are() {
        let samples: Vec<u8> =
            (0..257u32).flat_map(|i| [(i / 2) as u8, (i % 2) as u8, 0]).collect();
        let picture = picture(Channels::Rgb, samples.clone());
        let reduced = reduced(&picture);
        assert_eq!((reduced.color, &*reduced.rows), (ColorType::Rgb, &samples[..]));
    }

    #[test]
    fn colours_become_as_few_as_are_asked_for_and_edges_stay_soft() {
        let pixel = |i: u32| [(i / 3) as u8, (i / 5) as u8, 90, (i % 256) as u8];
        let picture = picture(Channels::Rgba, (0..700).flat_map(pixel).collect());
        let mut notes = Vec::new();
        let few = to_colours(&picture, 32, &mut notes).unwrap();
        assert_eq!((few.color, few.depth), (ColorType::Indexed, BitDepth::Eight));
        assert!(few.colors.len() <= 32 * 3 && few.colors.len() > 16 * 3);
        assert!(few.alphas.iter().any(|alpha| (64..192).contains(alpha)));
        assert_eq!(notes, ["reduced to 32 colours, as asked for"]);
    }

    #[test]
    fn few_colours_stay_exact() {
        let picture = picture(Channels::Rgb, vec![1, 2, 3, 9, 9, 9, 1, 2, 3]);
        let mut notes = Vec::new();
        assert!(to_colours(&picture, 2, &mut notes).is_none());
        assert!(notes.is_empty());
    }
}
