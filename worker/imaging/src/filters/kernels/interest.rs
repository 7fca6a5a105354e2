//! Where on a picture the most interesting part is: where there are edges, skin and strong colours.
//!
//! The picture is looked at small, so that grain does not count and the cost does not matter.

use super::sample::Sample;
use crate::picture::{Picture, Samples};

/// Longest side of the small picture, px.
const SMALL: usize = 192;
/// What skin counts, beside edges.
const SKIN: f32 = 0.6;
/// What strong colours count, beside edges.
const SATURATION: f32 = 0.15;
/// What a subject off the middle of the rectangle takes from it.
const OFF_CENTER: f64 = 0.25;
/// What a rectangle off the place where people put subjects loses, as a share of all that is
/// interesting. What is all in one place is held wherever that is.
const OFF_PLACE: f64 = 3.0;
/// Where they put them: in the middle of a picture's width, above that of its height.
const PLACE: (f64, f64) = (0.5, 0.36);
/// Places that are tried along either side.
const STEPS: usize = 96;

/// How interesting each part of a picture is.
pub(crate) struct Interest {
    /// Columns and rows of the picture, px.
    size: (u32, u32),
    /// Columns and rows of what was looked at.
    small: (usize, usize),
    /// For each corner of it, sums of what is above and to the left: interest, and interest times
    /// column and row.
    sums: Vec<[f64; 3]>,
}

impl Interest {
    /// Of pictures of the same size, taken together.
    pub(crate) fn of(frames: &[&Picture]) -> Self {
        let size = frames.first().map_or((1, 1), |first| (first.width, first.height));
        let factor = (size.0.max(size.1) as usize).div_ceil(SMALL).max(1);
        let small = ((size.0 as usize).div_ceil(factor), (size.1 as usize).div_ceil(factor));
        let mut scores = vec![0.0; small.0 * small.1];
        for picture in frames {
            let colors = match &picture.samples {
                Samples::U8(samples) => reduce(picture, samples, factor, small),
                Samples::U16(samples) => reduce(picture, samples, factor, small),
            };
            add_scores(&colors, small, &mut scores);
        }
        Self { size, small, sums: sums(&scores, small) }
    }

    /// The upper left corner, px, of the rectangle of that size that holds the most of it.
    pub(crate) fn corner(&self, (width, height): (u32, u32)) -> (u32, u32) {
        let free = (self.size.0 - width, self.size.1 - height);
        let tries = |free: u32| {
            let steps = (free as usize).min(STEPS);
            (0..=steps).map(move |step| (free as usize * step / steps.max(1)) as u32)
        };
        let mut best = (f64::NEG_INFINITY, (free.0 / 2, free.1 / 2));
        for top in tries(free.1) {
            for left in tries(free.0) {
                let score = self.score((left, top), (width, height));
                if score > best.0 {
                    best = (score, (left, top));
                }
            }
        }
        best.1
    }

    fn score(&self, (left, top): (u32, u32), (width, height): (u32, u32)) -> f64 {
        let scaled = |at: u32, whole: u32, small: usize| {
            (f64::from(at) * small as f64 / f64::from(whole)).round() as usize
        };
        let [x0, x1] = [left, left + width].map(|x| scaled(x, self.size.0, self.small.0));
        let [y0, y1] = [top, top + height].map(|y| scaled(y, self.size.1, self.small.1));
        let corner = |x: usize, y: usize| self.sums[y * (self.small.0 + 1) + x];
        let (a, b, c, d) = (corner(x0, y0), corner(x1, y0), corner(x0, y1), corner(x1, y1));
        let [sum, by_x, by_y] = [0, 1, 2].map(|index| d[index] - b[index] - c[index] + a[index]);
        // Half the rectangle's length off the middle is 1.
        let off = |weighted: f64, first: usize, last: usize| {
            let half = (last.saturating_sub(first) as f64 / 2.0).max(0.5);
            (weighted / sum.max(1e-9) + 0.5 - (first + last) as f64 / 2.0) / half
        };
        let (x, y) = (off(by_x, x0, x1), off(by_y, y0, y1));
        let off_place = |at: u32, length: u32, whole: u32, place: f64| {
            (f64::from(at) + f64::from(length) / 2.0) / f64::from(whole) - place
        };
        let px = off_place(left, width, self.size.0, PLACE.0);
        let py = off_place(top, height, self.size.1, PLACE.1);
        let all = self.sums.last().map_or(0.0, |sums| sums[0]).max(1e-9);
        sum / all * (1.0 - OFF_CENTER * (x * x + y * y)) - OFF_PLACE * (px * px + py * py)
    }
}

/// Mean colours of squares of `factor` px, 0..=1, each with its share of visible pixels.
fn reduce<T: Sample>(
    picture: &Picture,
    samples: &[T],
    factor: usize,
    small: (usize, usize),
) -> Vec<[f32; 4]> {
    let channels = picture.channels;
    let count = channels.count();
    let mut sums = vec![[0.0_f32; 4]; small.0 * small.1];
    for (y, row) in samples.chunks_exact(picture.row_len()).enumerate() {
        for (x, pixel) in row.chunks_exact(count).enumerate() {
            let value = |index: usize| pixel[index].get() as f32 / T::MAX as f32;
            let color =
                if channels.is_color() { [value(0), value(1), value(2)] } else { [value(0); 3] };
            let alpha = if channels.has_alpha() { value(count - 1) } else { 1.0 };
            let sum = &mut sums[y / factor * small.0 + x / factor];
            for (sum, color) in sum.iter_mut().zip(color) {
                *sum += color * alpha;
            }
            sum[3] += alpha;
        }
    }
    let whole = (factor * factor) as f32;
    for sum in &mut sums {
        let [r, g, b, visible] = *sum;
        let visible = visible.max(1e-6);
        *sum = [r / visible, g / visible, b / visible, (visible / whole).min(1.0)];
    }
    sums
}

fn add_scores(colors: &[[f32; 4]], (width, height): (usize, usize), scores: &mut [f64]) {
    let luma = |[r, g, b, a]: [f32; 4]| (0.299 * r + 0.587 * g + 0.114 * b) * a;
    for y in 0..height {
        for x in 0..width {
            let at = |x: usize, y: usize| luma(colors[y * width + x]);
            let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
            let (above, below) = (y.saturating_sub(1), (y + 1).min(height - 1));
            let around = at(left, y) + at(right, y) + at(x, above) + at(x, below);
            let edge = (4.0 * at(x, y) - around).abs().min(1.0);
            let color = colors[y * width + x];
            let score = edge + color[3] * (SKIN * skin(color) + SATURATION * saturation(color));
            scores[y * width + x] += f64::from(score);
        }
    }
}

/// How much it looks like skin, 0..=1: the hue between red and yellow of all complexions, neither
/// gray nor glaring.
fn skin([r, g, b, _]: [f32; 4]) -> f32 {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    if r < max || max <= min || max < 0.15 {
        return 0.0;
    }
    let (chroma, hue) = ((max - min) / max, (g - b) / (max - min) * 60.0);
    let near =
        |value: f32, middle: f32, width: f32| (1.0 - ((value - middle) / width).abs()).max(0.0);
    near(hue, 20.0, 18.0) * near(chroma, 0.42, 0.32)
}

/// Strength of a colour that is neither nearly black nor nearly white, 0..=1.
fn saturation([r, g, b, _]: [f32; 4]) -> f32 {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let light = f32::midpoint(max, min);
    if !(0.05..=0.9).contains(&light) {
        return 0.0;
    }
    let strength = (max - min) / (1.0 - (2.0 * light - 1.0).abs()).max(0.2);
    ((strength - 0.4) / 0.6).clamp(0.0, 1.0)
}

fn sums(scores: &[f64], (width, height): (usize, usize)) -> Vec<[f64; 3]> {
    let mut sums = vec![[0.0; 3]; (width + 1) * (height + 1)];
    for y in 0..height {
        let mut row = [0.0; 3];
        for x in 0..width {
            let score = scores[y * width + x];
            for (sum, add) in row.iter_mut().zip([score, score * x as f64, score * y as f64]) {
                *sum += add;
            }
            let above = sums[y * (width + 1) + x + 1];
            sums[(y + 1) * (width + 1) + x + 1] = [0, 1, 2].map(|index| above[index] + row[index]);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Channels;

    /// A plain picture with a checked square at that place.
    fn with_square(width: u32, height: u32, (left, top): (u32, u32), side: u32) -> Picture {
        let mut samples = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let inside = (left..left + side).contains(&x) && (top..top + side).contains(&y);
                let bright = inside && (x / 8 + y / 8) % 2 == 0;
                samples.extend(if bright { [220, 150, 120] } else { [90, 92, 95] });
            }
        }
        Picture { width, height, channels: Channels::Rgb, samples: Samples::U8(samples) }
    }

    #[test]
    fn the_rectangle_holds_the_subject_wherever_it_is() {
        for corner in [(0, 40), (300, 100), (430, 10), (640, 200)] {
            let picture = with_square(800, 400, corner, 150);
            let (left, top) = Interest::of(&[&picture]).corner((300, 250));
            // To a pixel of the small picture.
            assert!(left <= corner.0 && corner.0 + 150 <= left + 305, "{corner:?}: {left}");
            assert!(top <= corner.1 && corner.1 + 150 <= top + 255, "{corner:?}: {top}");
        }
    }

    #[test]
    fn a_subject_that_has_room_is_in_the_middle() {
        let picture = with_square(800, 400, (300, 100), 100);
        let (left, _) = Interest::of(&[&picture]).corner((400, 400));
        // A little towards the middle of the picture.
        assert!(left.abs_diff(150) <= 25, "{left}");
    }
}
