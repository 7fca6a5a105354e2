//! Colour tables as Adobe's `.cube` files hold them ("Cube LUT Specification 1.0", 2013).

use std::borrow::Borrow;

use super::canvas::{Canvas, Draw};
use super::sample::Sample;
use crate::pool::Pool;

/// Most values along an axis of a table of three dimensions.
const MAX_SIZE_3D: usize = 256;
/// Most values of a table of one dimension.
const MAX_SIZE_1D: usize = 65_536;

/// A colour table.
#[derive(Debug)]
pub(crate) struct Cube {
    /// Whether it has three dimensions, or else one for each channel.
    three: bool,
    /// Values along an axis, at least 2.
    size: usize,
    /// What the first and the last value along each axis stand for.
    domain: [[f32; 3]; 2],
    /// New colours; of three dimensions the first channel changes fastest.
    colors: Vec<[f32; 3]>,
}

impl Cube {
    /// Reads a file. The error says what is wrong, and in which line.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is no text".to_owned())?;
        let mut size = None;
        let mut domain = [[0.0; 3], [1.0; 3]];
        let mut colors = Vec::new();
        for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let at = |what: &str| format!("line {number}: {what}");
            let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            match word {
                "TITLE" => {}
                "LUT_1D_SIZE" | "LUT_3D_SIZE" => {
                    let three = word == "LUT_3D_SIZE";
                    let most = if three { MAX_SIZE_3D } else { MAX_SIZE_1D };
                    let count = rest.trim().parse().ok().filter(|n| (2..=most).contains(n));
                    let count: usize =
                        count.ok_or_else(|| at(&format!("the size must be 2 to {most}")))?;
                    if size.replace((three, count)).is_some() {
                        return Err(at("a second size"));
                    }
                }
                "DOMAIN_MIN" => domain[0] = triple(rest).ok_or_else(|| at("no three numbers"))?,
                "DOMAIN_MAX" => domain[1] = triple(rest).ok_or_else(|| at("no three numbers"))?,
                "LUT_1D_INPUT_RANGE" | "LUT_3D_INPUT_RANGE" => {
                    let (low, high) = pair(rest).ok_or_else(|| at("no two numbers"))?;
                    domain = [[low; 3], [high; 3]];
                }
                _ => {
                    let color = triple(line).ok_or_else(|| at("no colour of three numbers"))?;
                    let Some((three, size)) = size else {
                        return Err(at("a colour before the table's size"));
                    };
                    if colors.len() == entries(three, size) {
                        return Err(at("more colours than the table's size"));
                    }
                    colors.push(color);
                }
            }
        }
        let (three, size) =
            size.ok_or("it is no .cube file: it has no LUT_1D_SIZE or LUT_3D_SIZE")?;
        if colors.len() != entries(three, size) {
            let (there, wanted) = (colors.len(), entries(three, size));
            return Err(format!("it has {there} colours in place of {wanted}"));
        }
        if (0..3).any(|channel| domain[0][channel] >= domain[1][channel]) {
            return Err("its domain is empty".into());
        }
        Ok(Self { three, size, domain, colors })
    }

    #[inline(always)]
    fn color(&self, value: [f32; 3]) -> [f32; 3] {
        let last = (self.size - 1) as f32;
        let place = [0, 1, 2].map(|channel: usize| {
            let [min, max] = [self.domain[0][channel], self.domain[1][channel]];
            ((value[channel] - min) / (max - min)).clamp(0.0, 1.0) * last
        });
        let first = place.map(|place| (place as usize).min(self.size - 2));
        let part = [0, 1, 2].map(|channel: usize| place[channel] - first[channel] as f32);
        if self.three { self.tetrahedral(first, part) } else { self.linear(first, part) }
    }

    fn linear(&self, first: [usize; 3], part: [f32; 3]) -> [f32; 3] {
        [0, 1, 2].map(|channel: usize| {
            let at = first[channel];
            let (low, high) = (self.colors[at][channel], self.colors[at + 1][channel]);
            low + (high - low) * part[channel]
        })
    }

    /// Between the four corners of the tetrahedron that the colour lies in: from the corner of the
    /// small cube next to black to the one next to white, along the axis with the largest part first.
    #[inline(always)]
    fn tetrahedral(&self, first: [usize; 3], [r, g, b]: [f32; 3]) -> [f32; 3] {
        let steps = [1, self.size, self.size * self.size];
        let base = first[0] + first[1] * steps[1] + first[2] * steps[2];
        let (order, parts) = match (r >= g, g >= b, r >= b) {
            (true, true, _) => ([0, 1], [r, g, b]),
            (true, false, true) => ([0, 2], [r, b, g]),
            (true, false, false) => ([2, 0], [b, r, g]),
            (false, true, true) => ([1, 0], [g, r, b]),
            (false, true, false) => ([1, 2], [g, b, r]),
            (false, false, _) => ([2, 1], [b, g, r]),
        };
        let second = base + steps[order[0]];
        let third = second + steps[order[1]];
        let corners = [base, second, third, base + steps[0] + steps[1] + steps[2]];
        let weights = [1.0 - parts[0], parts[0] - parts[1], parts[1] - parts[2], parts[2]];
        let mut color = [0.0; 3];
        for (corner, weight) in corners.into_iter().zip(weights) {
            for (sum, value) in color.iter_mut().zip(self.colors[corner]) {
                *sum += value * weight;
            }
        }
        color
    }
}

const fn entries(three: bool, size: usize) -> usize {
    if three { size * size * size } else { size }
}

fn numbers<const N: usize>(text: &str) -> Option<[f32; N]> {
    let mut words = text.split_whitespace();
    let mut numbers = [0.0; N];
    for number in &mut numbers {
        *number = words.next()?.parse().ok().filter(|value: &f32| value.is_finite())?;
    }
    words.next().is_none().then_some(numbers)
}

fn triple(text: &str) -> Option<[f32; 3]> {
    numbers(text)
}

fn pair(text: &str) -> Option<(f32, f32)> {
    numbers(text).map(|[low, high]| (low, high))
}

/// A picture with colours seen through a table.
pub(crate) struct Graded<C> {
    pub(crate) cube: C,
    /// 0..=1.
    pub(crate) strength: f32,
}

impl<C: Borrow<Cube>> Draw for Graded<C> {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, _pool: &mut Pool) {
        canvas.copy();
        let (cube, max) = (self.cube.borrow(), T::MAX as f32);
        for pixel in canvas.samples.chunks_exact_mut(canvas.channels.count()) {
            let [red, green, blue, ..] = pixel else { continue };
            let value = [*red, *green, *blue].map(|sample| sample.get() as f32 / max);
            let color = cube.color(value);
            for (index, sample) in [red, green, blue].into_iter().enumerate() {
                let graded = value[index] + (color[index] - value[index]) * self.strength;
                *sample = T::from_f32(graded * max + 0.5);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(size: usize) -> String {
        let share = |at: usize| at as f32 / (size - 1) as f32;
        let colors = (0..size * size * size).map(|at| {
            let [r, g, b] = [at % size, at / size % size, at / size / size].map(share);
            format!("{r} {g} {b}\n")
        });
        let head = format!("TITLE \"none\"\n# a comment\nLUT_3D_SIZE {size}\n");
        head + &colors.collect::<String>()
    }

    #[test]
    fn an_identity_changes_nothing() {
        let cube = Cube::parse(identity(17).as_bytes()).unwrap();
        for color in [[0.0; 3], [1.0; 3], [0.2, 0.7, 0.5], [0.9, 0.1, 0.33], [0.5, 0.4, 0.6]] {
            let seen = cube.color(color);
            let apart = (0..3).map(|i| (seen[i] - color[i]).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-5, "{color:?} {seen:?}");
        }
    }

    #[test]
    fn one_dimension_is_one_curve_for_each_channel() {
        let text = "LUT_1D_SIZE 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1\n0 1 0.5\n1 0 0.5\n";
        let cube = Cube::parse(text.as_bytes()).unwrap();
        let seen = cube.color([0.25, 0.25, 0.25]);
        let apart = |index: usize, value: f32| (seen[index] - value).abs();
        assert!(apart(0, 0.25) + apart(1, 0.75) + apart(2, 0.5) < 1e-6, "{seen:?}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, expected) in [
            ("hello there", "line 1: no colour of three numbers"),
            ("0 0 0\n", "line 1: a colour before the table's size"),
            ("LUT_3D_SIZE 400\n", "line 1: the size must be 2 to 256"),
            ("LUT_1D_SIZE 2\n0 0 0\n", "it has 1 colours in place of 2"),
            ("LUT_1D_SIZE 2\n0 0 0\n0 0 nan\n", "line 3: no colour of three numbers"),
            ("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n1 1 1\n", "line 4: more colours than the table's size"),
            ("", "it is no .cube file: it has no LUT_1D_SIZE or LUT_3D_SIZE"),
            ("LUT_1D_SIZE 2\nDOMAIN_MAX 0 0 0\n0 0 0\n1 1 1\n", "its domain is empty"),
        ] {
            assert_eq!(Cube::parse(text.as_bytes()).unwrap_err(), expected, "{text}");
        }
    }
}
