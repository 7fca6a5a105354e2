//! Colour tables as Adobe's `.cube` files hold them ("Cube LUT Specification 1.0", 2013).

use std::borrow::Borrow;

use bytemuck::{cast_slice, cast_slice_mut};
use lote_protocol::lang::Text;
use lote_protocol::text;
use multiversion::multiversion;

use self::bytes::ByteCube;
use super::canvas::{Canvas, Draw};
use super::planes::recolor;
use super::sample::Sample;
use crate::picture::Channels;
use crate::pool::Pool;

mod bytes;

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
    /// The fourth value is nothing: four are loaded at once.
    colors: Vec<[f32; 4]>,
    /// The same for bytes, where that can be.
    bytes: Option<ByteCube>,
}

impl Cube {
    /// Reads a file. The error says what is wrong, and in which line.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Text> {
        let text = std::str::from_utf8(bytes).map_err(|_| text!("it is no text"))?;
        let mut size = None;
        let mut domain = [[0.0; 3], [1.0; 3]];
        let mut colors = Vec::new();
        for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let at = |what: Text| text!("line {}: {}", number, what);
            let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            match word {
                "TITLE" => {}
                "LUT_1D_SIZE" | "LUT_3D_SIZE" => {
                    let three = word == "LUT_3D_SIZE";
                    let most = if three { MAX_SIZE_3D } else { MAX_SIZE_1D };
                    let count = rest.trim().parse().ok().filter(|n| (2..=most).contains(n));
                    let count: usize =
                        count.ok_or_else(|| at(text!("the size must be 2 to {}", most)))?;
                    if size.replace((three, count)).is_some() {
                        return Err(at(text!("a second size")));
                    }
                }
                "DOMAIN_MIN" => {
                    domain[0] = triple(rest).ok_or_else(|| at(text!("no three numbers")))?;
                }
                "DOMAIN_MAX" => {
                    domain[1] = triple(rest).ok_or_else(|| at(text!("no three numbers")))?;
                }
                "LUT_1D_INPUT_RANGE" | "LUT_3D_INPUT_RANGE" => {
                    let (low, high) = pair(rest).ok_or_else(|| at(text!("no two numbers")))?;
                    domain = [[low; 3], [high; 3]];
                }
                _ => {
                    let color =
                        triple(line).ok_or_else(|| at(text!("no colour of three numbers")))?;
                    let Some((three, size)) = size else {
                        return Err(at(text!("a colour before the table's size")));
                    };
                    if colors.len() == entries(three, size) {
                        return Err(at(text!("more colours than the table's size")));
                    }
                    let [red, green, blue] = color;
                    colors.push([red, green, blue, 0.0]);
                }
            }
        }
        let (three, size) =
            size.ok_or_else(|| text!("it is no .cube file: it has no LUT_1D_SIZE or LUT_3D_SIZE"))?;
        if colors.len() != entries(three, size) {
            let (there, wanted) = (colors.len(), entries(three, size));
            return Err(text!("it has {} colours in place of {}", there, wanted));
        }
        if (0..3).any(|channel| domain[0][channel] >= domain[1][channel]) {
            return Err(text!("its domain is empty"));
        }
        let is_plain = three && domain == [[0.0; 3], [1.0; 3]];
        let bytes = is_plain.then(|| ByteCube::new(size, &colors)).flatten();
        Ok(Self { three, size, domain, colors, bytes })
    }

    /// The new colours of these values.
    #[inline(always)]
    fn colors(&self, values: &Planes, colors: &mut Planes) {
        if self.three {
            return self.tetrahedral(values, colors);
        }
        for index in 0..BLOCK {
            let color = self.linear([0, 1, 2].map(|channel: usize| values[channel][index]));
            for channel in 0..3 {
                colors[channel][index] = color[channel];
            }
        }
    }

    /// Of a table of one dimension.
    fn linear(&self, value: [f32; 3]) -> [f32; 3] {
        let last = (self.size - 1) as f32;
        [0, 1, 2].map(|channel: usize| {
            let [min, max] = [self.domain[0][channel], self.domain[1][channel]];
            let place = ((value[channel] - min) / (max - min)).clamp(0.0, 1.0) * last;
            let at = (place as usize).min(self.size - 2);
            let (low, high) = (self.colors[at][channel], self.colors[at + 1][channel]);
            low + (high - low) * (place - at as f32)
        })
    }

    /// Of a table of three dimensions: between the four corners of the tetrahedron that the colour
    /// lies in, from the corner of the small cube next to black to the one next to white, along the
    /// axis with the largest part first.
    #[inline(always)]
    fn tetrahedral(&self, values: &Planes, colors: &mut Planes) {
        let last = (self.size - 1) as f32;
        let size = self.size as u32;
        let steps = [1, size, size * size];
        let mut corners = [[0_u32; 4]; BLOCK];
        let mut weights = [[0.0_f32; 4]; BLOCK];
        let (mut firsts, mut parts) = ([[0_u32; BLOCK]; 3], [[0.0; BLOCK]; 3]);
        for channel in 0..3 {
            let [min, max] = [self.domain[0][channel], self.domain[1][channel]];
            let range = max - min;
            for index in 0..BLOCK {
                let share = (values[channel][index] - min) / range;
                let place = share.clamp(0.0, 1.0) * last;
                // At most 255.
                let first = u8::from_f32(place).get().min(size - 2);
                firsts[channel][index] = first;
                parts[channel][index] = place - first as i32 as f32;
            }
        }
        for index in 0..BLOCK {
            let [r, g, b] = [0, 1, 2].map(|channel: usize| parts[channel][index]);
            let [first_r, first_g, first_b] =
                [0, 1, 2].map(|channel: usize| firsts[channel][index]);
            let base = first_r + first_g * steps[1] + first_b * steps[2];
            let (high, low) = (r.max(g).max(b), r.min(g).min(b));
            let middle = r.min(g).max(r.max(g).min(b));
            // Which of two equal parts comes first is of no matter: the corner between has no weight.
            let along = if r >= g && r >= b {
                steps[0]
            } else if g >= b {
                steps[1]
            } else {
                steps[2]
            };
            let against = if b <= r && b <= g {
                steps[2]
            } else if g <= r {
                steps[1]
            } else {
                steps[0]
            };
            let white = base + steps[0] + steps[1] + steps[2];
            corners[index] = [base, base + along, white - against, white];
            weights[index] = [1.0 - high, high - middle, middle - low, low];
        }
        for index in 0..BLOCK {
            let mut color = [0.0; 4];
            for (corner, weight) in corners[index].into_iter().zip(weights[index]) {
                let corner = &self.colors[corner as usize];
                for lane in 0..4 {
                    color[lane] += corner[lane] * weight;
                }
            }
            for channel in 0..3 {
                colors[channel][index] = color[channel];
            }
        }
    }
}

/// Pixels that are done at a time.
const BLOCK: usize = 64;

/// Red, green and blue of that many, 0..=1.
type Planes = [[f32; BLOCK]; 3];

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
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let (cube, channels) = (self.cube.borrow(), canvas.channels);
        let is_plain = T::MAX == 255 && self.strength >= 1.0;
        let bytes = cube.bytes.as_ref().filter(|_| is_plain);
        canvas.in_pieces(|from, to| match (channels, bytes) {
            (Channels::Rgb, Some(bytes)) => {
                recolor::<_, 3>(cast_slice(from), cast_slice_mut(to), bytes);
            }
            (Channels::Rgba, Some(bytes)) => {
                recolor::<_, 4>(cast_slice(from), cast_slice_mut(to), bytes);
            }
            (Channels::Rgb, None) => grade::<T, 3>(from, to, cube, self.strength),
            (Channels::Rgba, None) => grade::<T, 4>(from, to, cube, self.strength),
            // They have been given colours.
            (Channels::Gray | Channels::GrayAlpha, _) => to.copy_from_slice(from),
        });
    }
}

fn grade<T: Sample, const N: usize>(from: &[T], samples: &mut [T], cube: &Cube, strength: f32) {
    samples.copy_from_slice(from);
    let (blocks, rest) = samples.as_chunks_mut::<N>().0.as_chunks_mut::<BLOCK>();
    for pixels in blocks {
        grade_block(pixels, cube, strength);
    }
    // The rest, filled up with black.
    let mut filled = [[T::default(); N]; BLOCK];
    filled[..rest.len()].copy_from_slice(rest);
    grade_block(&mut filled, cube, strength);
    rest.copy_from_slice(&filled[..rest.len()]);
}

#[multiversion(targets = "simd")]
fn grade_block<T: Sample, const N: usize>(
    pixels: &mut [[T; N]; BLOCK],
    cube: &Cube,
    strength: f32,
) {
    let max = T::MAX as f32;
    let (mut values, mut colors) = ([[0.0; BLOCK]; 3], [[0.0; BLOCK]; 3]);
    for (index, pixel) in pixels.iter().enumerate() {
        for channel in 0..3 {
            values[channel][index] = pixel[channel].get() as i32 as f32 / max;
        }
    }
    cube.colors(&values, &mut colors);
    let mut graded = [[T::default(); BLOCK]; 3];
    for channel in 0..3 {
        for index in 0..BLOCK {
            let value = values[channel][index];
            let value = value + (colors[channel][index] - value) * strength;
            graded[channel][index] = T::from_f32(value * max + 0.5);
        }
    }
    for (index, pixel) in pixels.iter_mut().enumerate() {
        for channel in 0..3 {
            pixel[channel] = graded[channel][index];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color_of(cube: &Cube, value: [f32; 3]) -> [f32; 3] {
        let mut colors = [[0.0; BLOCK]; 3];
        cube.colors(&value.map(|value| [value; BLOCK]), &mut colors);
        colors.map(|plane| plane[BLOCK - 1])
    }

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
            let seen = color_of(&cube, color);
            let apart = (0..3).map(|i| (seen[i] - color[i]).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-5, "{color:?} {seen:?}");
        }
    }

    #[test]
    fn bytes_become_what_single_precision_makes_of_them() {
        // A look that bends and mixes the channels, and white that becomes white.
        for size in [2, 3, 17, 33, 40] {
            let share = |at: usize| at as f32 / (size - 1) as f32;
            let colors = (0..size * size * size).map(|at| {
                let [r, g, b] = [at % size, at / size % size, at / size / size].map(share);
                let (r, g, b) = (r.sqrt(), g * g, (r + g + b) / 3.0);
                format!("{r} {g} {b}\n")
            });
            let text = format!("LUT_3D_SIZE {size}\n") + &colors.collect::<String>();
            let cube = Cube::parse(text.as_bytes()).unwrap();
            let samples: Vec<u8> = (0..=255_u8)
                .flat_map(|a| (0..=255).step_by(5).map(move |b| [a, b, a.wrapping_mul(b)]))
                .chain([[255; 3], [0; 3], [255, 0, 255], [0, 255, 1]])
                .flatten()
                .collect();
            let (mut exact, mut quick) = (samples.clone(), samples.clone());
            grade::<u8, 3>(&samples, &mut exact, &cube, 1.0);
            recolor::<_, 3>(&samples, &mut quick, cube.bytes.as_ref().unwrap());
            let apart = exact.iter().zip(&quick).map(|(a, b)| a.abs_diff(*b));
            let (most, count) = apart.fold((0, 0), |(most, count), apart| {
                (most.max(apart), count + usize::from(apart > 0))
            });
            assert!(most <= 1, "{size}: {most}");
            assert!(count * 50 < samples.len(), "{size}: {count} of {}", samples.len());
            assert_eq!(quick[samples.len() - 12..][..6], exact[samples.len() - 12..][..6]);
        }
    }

    #[test]
    fn one_dimension_is_one_curve_for_each_channel() {
        let text = "LUT_1D_SIZE 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1\n0 1 0.5\n1 0 0.5\n";
        let cube = Cube::parse(text.as_bytes()).unwrap();
        let seen = color_of(&cube, [0.25, 0.25, 0.25]);
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
