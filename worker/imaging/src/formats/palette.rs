//! Pictures of at most 256 colours: exactly if they have no more, else by the best palette that can
//! be found.
//!
//! The palette is found on a histogram: boxes of colours are split where that lowers the squared
//! error most (after Wu, "Efficient statistical computations for optimal color quantization",
//! 1991), then the colours move to the centres of what is nearest to them (Lloyd's algorithm).

use crate::picture::{Channels, Picture, Samples};

/// A pixel of a picture that is to be indexed; `None` is transparent.
pub(crate) type Color = Option<[u8; 3]>;

/// A picture of palette indices. Colours are red, green, blue, and perhaps alpha.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Indexed<const N: usize = 3> {
    /// Up to 256 colours.
    pub(crate) colors: Vec<[u8; N]>,
    /// One index a pixel.
    pub(crate) indices: Vec<u8>,
    /// The index that shows what is behind, if there is one.
    pub(crate) transparent: Option<u8>,
}

/// Slots of the table that finds exact colours; more than twice as many as colours.
const SLOTS: usize = 1024;

/// Indexes pixels without loss, if they have at most 256 colours, transparency being one.
pub(crate) fn exact(pixels: impl Iterator<Item = Color>) -> Option<Indexed> {
    let mut slots = [None::<([u8; 3], u8)>; SLOTS];
    let mut colors: Vec<[u8; 3]> = Vec::new();
    let mut transparent = None;
    let mut indices = Vec::with_capacity(pixels.size_hint().0);
    for pixel in pixels {
        let index = match (pixel, transparent) {
            (None, Some(index)) => index,
            (None, None) => {
                let index = u8::try_from(colors.len()).ok()?;
                colors.push([0; 3]);
                transparent = Some(index);
                index
            }
            (Some(color), _) => {
                let [r, g, b] = color.map(u32::from);
                let hash = (r << 16 | g << 8 | b).wrapping_mul(0x9e37_79b1) >> 22;
                let mut slot = hash as usize;
                loop {
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
                }
            }
        };
        indices.push(index);
    }
    Some(Indexed { colors, indices, transparent })
}

/// Indexes a picture without loss, if it has 8 bits a sample, no alpha, and at most 256 colours.
pub(crate) fn exact_colors(picture: &Picture) -> Option<Indexed> {
    let Samples::U8(samples) = &picture.samples else { return None };
    match picture.channels {
        Channels::Gray => exact(samples.iter().map(|&v| Some([v; 3]))),
        Channels::Rgb => exact(samples.as_chunks::<3>().0.iter().copied().map(Some)),
        Channels::GrayAlpha | Channels::Rgba => None,
    }
}

/// Indexes pixels by the best palette of at most `max_colors` (2..=256), transparency being one of
/// them. `dither` spreads the error of a pixel over its neighbours; `width` is a row, px.
pub(crate) fn reduced<const N: usize>(
    pixels: &[Option<[u8; N]>],
    width: usize,
    dither: bool,
    max_colors: usize,
) -> Indexed<N> {
    let has_transparency = pixels.contains(&None);
    let max_colors = max_colors - usize::from(has_transparency);
    let (points, fine) = histogram(pixels);
    let mut palette = split(points.clone(), max_colors);
    for _ in 0..3 {
        palette = centred(&points, &palette);
    }
    let mut colors: Vec<[u8; N]> =
        palette.iter().map(|color| color.map(|v| (v + 0.5) as u8)).collect();
    let mut nearest = Nearest::new(&colors, fine);
    let transparent = has_transparency.then_some(colors.len() as u8);
    let hidden = transparent.unwrap_or(0);
    let indices = if dither {
        diffused(pixels, width, &colors, &mut nearest, hidden)
    } else {
        pixels.iter().map(|pixel| pixel.map_or(hidden, |color| nearest.index(color))).collect()
    };
    if has_transparency {
        colors.push([0; N]);
    }
    Indexed { colors, indices, transparent }
}

/// A colour that occurs: the mean of a cell of the histogram, and how often.
#[derive(Clone, Copy)]
struct Point<const N: usize> {
    color: [f32; N],
    weight: f32,
}

/// Cells of the histogram that are divided further, at most.
const CELLS: usize = 1 << 15;

/// The number that the upper bits of a colour make.
fn joined<const N: usize>(color: [u8; N], bits: u32) -> usize {
    color.into_iter().fold(0, |number, v| number << bits | usize::from(v >> (8 - bits)))
}

/// Colours by cells of 5 bits a channel, of up to 8 where few of those occur; and whether they are
/// of 7 or 8 bits.
fn histogram<const N: usize>(pixels: &[Option<[u8; N]>]) -> (Vec<Point<N>>, bool) {
    // The cells that occur, numbered from 1.
    let mut numbers = vec![0u32; 1 << (5 * N)];
    let mut occupied = 0;
    for &color in pixels.iter().flatten() {
        let number = &mut numbers[joined(color, 5)];
        if *number == 0 {
            occupied += 1;
            *number = occupied;
        }
    }
    // Bits a channel that there is room for within a cell.
    let within = |bits: usize| (occupied as usize) << (N * bits);
    let bits = (1..=3).rev().find(|&bits| within(bits) <= CELLS).unwrap_or(0);
    let mut cells = vec![(0u32, [0u64; N]); within(bits)];
    for &color in pixels.iter().flatten() {
        let number = (numbers[joined(color, 5)] - 1) as usize;
        let fine = color.map(|v| v << 5);
        let place = if bits == 0 { 0 } else { joined(fine, bits as u32) };
        let (count, sums) = &mut cells[number << (N * bits) | place];
        *count += 1;
        for (sum, v) in sums.iter_mut().zip(color) {
            *sum += u64::from(v);
        }
    }
    let points = cells
        .into_iter()
        .filter(|&(count, _)| count > 0)
        .map(|(count, sums)| Point {
            color: sums.map(|sum| sum as f32 / count as f32),
            weight: count as f32,
        })
        .collect();
    (points, bits > 1)
}

/// Colours in a box, and where it is best split.
struct ColorBox<const N: usize> {
    points: Vec<Point<N>>,
    /// How much a split lowers the squared error.
    gain: f64,
    /// The split: points before this one, sorted along the best axis, and the rest.
    at: usize,
}

fn split<const N: usize>(points: Vec<Point<N>>, max_colors: usize) -> Vec<[f32; N]> {
    let mut boxes = vec![ColorBox::new(points)];
    while boxes.len() < max_colors {
        let best = (0..boxes.len()).max_by(|&a, &b| boxes[a].gain.total_cmp(&boxes[b].gain));
        let Some(best) = best.filter(|&best| boxes[best].gain > 0.0) else {
            break;
        };
        let ColorBox { mut points, at, .. } = boxes.swap_remove(best);
        let rest = points.split_off(at);
        boxes.push(ColorBox::new(points));
        boxes.push(ColorBox::new(rest));
    }
    boxes.iter().map(|colors| mean(&colors.points)).collect()
}

impl<const N: usize> ColorBox<N> {
    /// Sorts the points along the axis on which the best split lies. The error within both parts is
    /// least where `|sum|^2 / weight` of the parts, added, is largest.
    fn new(mut points: Vec<Point<N>>) -> Self {
        let (mut gain, mut at, mut axis) = (0.0, 0, 0);
        let (weight, sum) = totals(&points);
        let whole = square(sum) / weight.max(1.0);
        for along in 0..N {
            points.sort_unstable_by(|a, b| a.color[along].total_cmp(&b.color[along]));
            let (mut left_weight, mut left) = (0.0, [0.0; N]);
            for (i, point) in points.iter().enumerate() {
                if i > 0 {
                    let right: [_; N] = std::array::from_fn(|c| sum[c] - left[c]);
                    let parts = square(left) / left_weight + square(right) / (weight - left_weight);
                    if parts - whole > gain {
                        (gain, at, axis) = (parts - whole, i, along);
                    }
                }
                left_weight += f64::from(point.weight);
                for (left, &v) in left.iter_mut().zip(&point.color) {
                    *left += f64::from(v) * f64::from(point.weight);
                }
            }
        }
        if axis != N - 1 {
            points.sort_unstable_by(|a, b| a.color[axis].total_cmp(&b.color[axis]));
        }
        Self { points, gain, at }
    }
}

fn totals<const N: usize>(points: &[Point<N>]) -> (f64, [f64; N]) {
    points.iter().fold((0.0, [0.0; N]), |(weight, sum), point| {
        let w = f64::from(point.weight);
        let c = point.color.map(|v| f64::from(v) * w);
        (weight + w, std::array::from_fn(|i| sum[i] + c[i]))
    })
}

fn square<const N: usize>(v: [f64; N]) -> f64 {
    v.iter().map(|v| v * v).sum()
}

fn mean<const N: usize>(points: &[Point<N>]) -> [f32; N] {
    let (weight, sum) = totals(points);
    sum.map(|v| (v / weight.max(1.0)) as f32)
}

/// One step of Lloyd's algorithm. A colour that nothing is nearest to stays.
fn centred<const N: usize>(points: &[Point<N>], palette: &[[f32; N]]) -> Vec<[f32; N]> {
    let mut sums = vec![(0.0, [0.0; N]); palette.len()];
    for point in points {
        let mut best = (f32::MAX, 0);
        for (i, color) in palette.iter().enumerate() {
            let distance: f32 = color.iter().zip(point.color).map(|(a, b)| (a - b) * (a - b)).sum();
            if distance < best.0 {
                best = (distance, i);
            }
        }
        let (weight, sum) = &mut sums[best.1];
        *weight += point.weight;
        for (sum, &v) in sum.iter_mut().zip(&point.color) {
            *sum += v * point.weight;
        }
    }
    sums.into_iter()
        .zip(palette)
        .map(|((weight, sum), &old)| if weight > 0.0 { sum.map(|v| v / weight) } else { old })
        .collect()
}

/// Answers that are remembered: pictures ask for the same few thousand colours again and again.
const REMEMBERED_BITS: u32 = 16;

/// Finds the nearest colour of a palette.
struct Nearest<const N: usize> {
    /// The palette by channels; what it lacks in colours is filled up with the first.
    channels: [[i32; 256]; N],
    /// Colours and their indices, by a hash of the colour.
    remembered: Vec<Option<([u8; N], u8)>>,
    /// Whether colours that differ in their last two bits are told apart. It makes no difference to
    /// see in a picture of many colours, and most answers are remembered then.
    fine: bool,
}

impl<const N: usize> Nearest<N> {
    fn new(colors: &[[u8; N]], fine: bool) -> Self {
        let first = colors.first().copied().unwrap_or([0; N]);
        let mut channels = first.map(|v| [i32::from(v); 256]);
        for (i, color) in colors.iter().enumerate().take(256) {
            for (channel, &v) in channels.iter_mut().zip(color) {
                channel[i] = v.into();
            }
        }
        Self { channels, remembered: vec![None; 1 << REMEMBERED_BITS], fine }
    }

    fn index(&mut self, color: [u8; N]) -> u8 {
        let color = if self.fine { color } else { color.map(|v| v & !3 | 2) };
        let key = color.iter().fold(0u32, |key, &v| key << 8 | u32::from(v));
        let slot = (key.wrapping_mul(0x9e37_79b1) >> (32 - REMEMBERED_BITS)) as usize;
        if let Some((known, index)) = self.remembered[slot]
            && known == color
        {
            return index;
        }
        let mut distances = [0i32; 256];
        for (channel, v) in self.channels.iter().zip(color) {
            for (distance, of) in distances.iter_mut().zip(channel) {
                let d = of - i32::from(v);
                *distance += d * d;
            }
        }
        // The index breaks ties, and comes out with the least distance.
        let best = distances.iter().zip(0..).map(|(distance, i)| distance << 8 | i).min();
        let index = best.unwrap_or(0) as u8;
        self.remembered[slot] = Some((color, index));
        index
    }
}

/// Error diffusion after Floyd and Steinberg, every other row from right to left.
fn diffused<const N: usize>(
    pixels: &[Option<[u8; N]>],
    width: usize,
    colors: &[[u8; N]],
    nearest: &mut Nearest<N>,
    hidden: u8,
) -> Vec<u8> {
    let mut indices = vec![hidden; pixels.len()];
    // Errors in sixteenths, with a place on either side.
    let mut here = vec![[0i32; N]; width + 2];
    let mut below = vec![[0i32; N]; width + 2];
    let rows = pixels.chunks_exact(width).zip(indices.chunks_exact_mut(width));
    for (y, (row, target)) in rows.enumerate() {
        for step in 0..width {
            let (x, ahead) = if y % 2 == 0 { (step, 2) } else { (width - 1 - step, 0) };
            let Some(color) = row[x] else { continue };
            let mut wanted = [0; N];
            for c in 0..N {
                wanted[c] = (i32::from(color[c]) + ((here[x + 1][c] + 8) >> 4)).clamp(0, 255);
            }
            let index = nearest.index(wanted.map(|v| v as u8));
            target[x] = index;
            for c in 0..N {
                let error = wanted[c] - i32::from(colors[usize::from(index)][c]);
                here[x + ahead][c] += error * 7;
                below[x + 2 - ahead][c] += error * 3;
                below[x + 1][c] += error * 5;
                below[x + ahead][c] += error;
            }
        }
        std::mem::swap(&mut here, &mut below);
        below.fill([0; N]);
    }
    indices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(pixels: &[Color], indexed: &Indexed) -> f64 {
        let sum: f64 = pixels
            .iter()
            .zip(&indexed.indices)
            .filter_map(|(pixel, &index)| Some((pixel.as_ref()?, index)))
            .map(|(pixel, index)| {
                let color = indexed.colors[usize::from(index)];
                (0..3).map(|c| (f64::from(pixel[c]) - f64::from(color[c])).powi(2)).sum::<f64>()
            })
            .sum();
        sum / (pixels.len() * 3) as f64
    }

    fn gradient(width: usize, height: usize) -> Vec<Color> {
        (0..width * height)
            .map(|i| {
                let (x, y) = (i % width * 255 / width, i / width * 255 / height);
                Some([x as u8, y as u8, (255 - usize::midpoint(x, y)) as u8])
            })
            .collect()
    }

    #[test]
    fn up_to_256_colours_are_kept_exactly() {
        let pixels: Vec<Color> = (0..2000u32)
            .map(|i| (i % 256 > 0).then_some([(i % 256) as u8, 7, (i % 256 / 3) as u8]))
            .collect();
        let indexed = exact(pixels.iter().copied()).unwrap();
        for (pixel, index) in pixels.iter().zip(&indexed.indices) {
            match pixel {
                Some(color) => assert_eq!(&indexed.colors[usize::from(*index)], color),
                None => assert_eq!(Some(*index), indexed.transparent),
            }
        }
    }

    #[test]
    fn more_than_256_colours_are_not_exact() {
        let pixels = (0..257u32).map(|i| Some([(i / 2) as u8, (i % 2) as u8, 0]));
        assert_eq!(exact(pixels), None);
    }

    #[test]
    fn a_reduced_palette_is_close() {
        let pixels = gradient(200, 150);
        let indexed = reduced(&pixels, 200, false, 256);
        assert!(indexed.colors.len() <= 256);
        let error = error(&pixels, &indexed);
        assert!(error < 20.0, "mean squared error {error}");
    }

    #[test]
    fn a_narrow_range_of_colours_is_told_apart() {
        let pixels: Vec<Color> = (0..24 * 24u32)
            .map(|i| Some([100 + (i % 24) as u8, 90 + (i / 24) as u8, 60]))
            .collect();
        let indexed = reduced(&pixels, 24, false, 256);
        let error = error(&pixels, &indexed);
        assert!(error < 0.5, "mean squared error {error}");
    }

    #[test]
    fn dithering_keeps_the_mean() {
        let pixels = gradient(201, 151);
        let indexed = reduced(&pixels, 201, true, 256);
        for c in 0..3 {
            let wanted: i64 = pixels.iter().flatten().map(|p| i64::from(p[c])).sum();
            let got: i64 =
                indexed.indices.iter().map(|&i| i64::from(indexed.colors[usize::from(i)][c])).sum();
            let shift = (wanted - got) as f64 / pixels.len() as f64;
            assert!(shift.abs() < 0.5, "channel {c} shifted by {shift}");
        }
    }

    #[test]
    fn a_palette_has_no_more_colours_than_are_asked_for_transparency_being_one() {
        let mut pixels = gradient(64, 64);
        assert_eq!(reduced(&pixels, 64, true, 16).colors.len(), 16);
        pixels[7] = None;
        let two = reduced(&pixels, 64, true, 2);
        assert_eq!((two.colors.len(), two.transparent), (2, Some(1)));
    }

    #[test]
    fn transparent_pixels_stay_transparent() {
        let mut pixels = gradient(64, 64);
        for i in (0..pixels.len()).step_by(5) {
            pixels[i] = None;
        }
        for dither in [false, true] {
            let indexed = reduced(&pixels, 64, dither, 256);
            assert!(indexed.colors.len() <= 256);
            for (pixel, &index) in pixels.iter().zip(&indexed.indices) {
                assert_eq!(pixel.is_none(), Some(index) == indexed.transparent);
            }
        }
    }
}
