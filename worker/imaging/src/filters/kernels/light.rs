//! Correction for the colour of a light: linear sRGB, adapted from that light to daylight (D65) by
//! the Bradford transform.

use multiversion::multiversion;

use super::canvas::{Canvas, Draw};
use super::sample::Sample;
use crate::picture::Channels;
use crate::pool::Pool;

/// The light that is not corrected, K.
pub(crate) const NEUTRAL_KELVIN: f64 = 6500.0;
/// Below this a light is taken for a glowing body, K.
const GLOWING: f64 = 4000.0;
/// Above this a light is taken for daylight, K.
const DAYLIGHT: f64 = 5000.0;
/// Steps of tint to a step of 1 in CIE 1960 uv.
const TINT_STEPS: f64 = 3000.0;
/// Steps of linear light that are looked up; the darkest ones are a tenth of an 8-bit value apart.
const STEPS: usize = 1 << 15;

type Matrix = [[f64; 3]; 3];

const SRGB_TO_XYZ: Matrix = [
    [0.412_390_799_265_959_5, 0.357_584_339_383_878, 0.180_480_788_401_834_3],
    [0.212_639_005_871_510_4, 0.715_168_678_767_755_9, 0.072_192_315_360_733_71],
    [0.019_330_818_715_591_85, 0.119_194_779_794_625_99, 0.950_532_152_249_660_6],
];
/// Lam's cone responses ("Metamerism and Colour Constancy", 1985).
const BRADFORD: Matrix =
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]];

/// The CIE 1931 standard observer, from 380 to 780 nm by 10 nm: responses X, Y, Z.
#[rustfmt::skip]
const OBSERVER: [[f64; 3]; 41] = [
    [0.001_368, 0.000_039, 0.006_45],
    [0.004_243, 0.000_12, 0.020_05],
    [0.014_31, 0.000_396, 0.067_85],
    [0.043_51, 0.001_21, 0.2074],
    [0.134_38, 0.004, 0.6456],
    [0.2839, 0.0116, 1.3856],
    [0.348_28, 0.023, 1.747_06],
    [0.3362, 0.038, 1.772_11],
    [0.2908, 0.06, 1.6692],
    [0.195_36, 0.090_98, 1.287_64],
    [0.095_64, 0.139_02, 0.812_95],
    [0.032_01, 0.208_02, 0.465_18],
    [0.0049, 0.323, 0.272],
    [0.0093, 0.503, 0.1582],
    [0.063_27, 0.71, 0.078_25],
    [0.1655, 0.862, 0.042_16],
    [0.2904, 0.954, 0.0203],
    [0.433_45, 0.994_95, 0.008_75],
    [0.5945, 0.995, 0.0039],
    [0.7621, 0.952, 0.0021],
    [0.9163, 0.87, 0.001_65],
    [1.0263, 0.757, 0.0011],
    [1.0622, 0.631, 0.0008],
    [1.0026, 0.503, 0.000_34],
    [0.854_45, 0.381, 0.000_19],
    [0.6424, 0.265, 0.000_05],
    [0.4479, 0.175, 0.000_02],
    [0.2835, 0.107, 0.0],
    [0.1649, 0.061, 0.0],
    [0.0874, 0.032, 0.0],
    [0.046_77, 0.017, 0.0],
    [0.0227, 0.008_21, 0.0],
    [0.011_359, 0.004_102, 0.0],
    [0.005_79, 0.002_091, 0.0],
    [0.002_899, 0.001_047, 0.0],
    [0.001_44, 0.000_52, 0.0],
    [0.000_69, 0.000_249, 0.0],
    [0.000_332, 0.000_12, 0.0],
    [0.000_166, 0.000_06, 0.0],
    [0.000_083, 0.000_03, 0.0],
    [0.000_042, 0.000_015, 0.0],
];

/// What it takes to make a light neutral.
#[derive(Debug, Clone)]
pub(crate) struct Correction {
    matrix: [[f32; 3]; 3],
    changes_nothing: bool,
    /// Linear light of each 8-bit value.
    linear: Box<[f32; 256]>,
    /// The 8-bit value of each of [`STEPS`] of linear light.
    encoded: Box<[u8; STEPS]>,
}

impl Correction {
    /// For a light of that colour temperature; a positive tint is a light that is greener.
    pub(crate) fn new(kelvin: f64, tint: f64) -> Self {
        let (from, to) = (white(kelvin, tint), white(NEUTRAL_KELVIN, 0.0));
        let (from, to) = (multiplied(BRADFORD, from), multiplied(BRADFORD, to));
        let scale = [0, 1, 2].map(|cone: usize| to[cone] / from[cone]);
        let mut scaled = BRADFORD;
        for (row, scale) in scaled.iter_mut().zip(scale) {
            *row = row.map(|value| value * scale);
        }
        let adapt = product(inverse(BRADFORD), scaled);
        let matrix = product(inverse(SRGB_TO_XYZ), product(adapt, SRGB_TO_XYZ));
        let to_byte = |step: usize| {
            let linear = step as f64 / (STEPS - 1) as f64;
            (encode(linear) * 255.0).round() as u8
        };
        Self {
            matrix: matrix.map(|row| row.map(|value| value as f32)),
            changes_nothing: kelvin == NEUTRAL_KELVIN && tint == 0.0,
            linear: Box::new(std::array::from_fn(|value| decode(value as f64 / 255.0) as f32)),
            encoded: Box::new(std::array::from_fn(to_byte)),
        }
    }

    /// Whether pictures stay as they are.
    pub(crate) const fn changes_nothing(&self) -> bool {
        self.changes_nothing
    }

    fn adapt(&self, linear: [f32; 3]) -> [f32; 3] {
        self.matrix.map(|row| row[0] * linear[0] + row[1] * linear[1] + row[2] * linear[2])
    }
}

/// Pixels that are done at a time.
const BLOCK: usize = 64;

impl Draw for Correction {
    fn draw<T: Sample>(&self, canvas: Canvas<'_, T>, _pool: &mut Pool) {
        let channels = canvas.channels;
        canvas.in_pieces(|from, to| {
            to.copy_from_slice(from);
            match channels {
                Channels::Rgb => self.correct::<T, 3>(to),
                Channels::Rgba => self.correct::<T, 4>(to),
                // They have been given colours.
                Channels::Gray | Channels::GrayAlpha => {}
            }
        });
    }
}

impl Correction {
    fn correct<T: Sample, const N: usize>(&self, samples: &mut [T]) {
        let pixels = samples.as_chunks_mut::<N>().0;
        if T::MAX != 255 {
            return self.correct_exactly(pixels);
        }
        let (blocks, rest) = pixels.as_chunks_mut::<BLOCK>();
        for pixels in blocks {
            correct_block(pixels, self);
        }
        // The rest, filled up with black.
        let mut filled = [[T::default(); N]; BLOCK];
        filled[..rest.len()].copy_from_slice(rest);
        correct_block(&mut filled, self);
        rest.copy_from_slice(&filled[..rest.len()]);
    }

    /// Without the tables, for 16 bits.
    fn correct_exactly<T: Sample, const N: usize>(&self, pixels: &mut [[T; N]]) {
        let max = f64::from(T::MAX);
        for pixel in pixels {
            let color = [pixel[0], pixel[1], pixel[2]];
            let linear = color.map(|value| decode(f64::from(value.get()) / max) as f32);
            for (sample, linear) in pixel.iter_mut().zip(self.adapt(linear)) {
                let value = encode(f64::from(linear).clamp(0.0, 1.0));
                *sample = T::from_f64(value * max + 0.5);
            }
        }
    }
}

/// For 8 bits: the tables are looked up one by one, what is between is done in vectors.
#[multiversion(targets = "simd")]
fn correct_block<T: Sample, const N: usize>(pixels: &mut [[T; N]; BLOCK], correction: &Correction) {
    let Correction { matrix, linear, encoded, .. } = correction;
    let mut planes = [[0.0_f32; BLOCK]; 3];
    for (index, pixel) in pixels.iter().enumerate() {
        for channel in 0..3 {
            planes[channel][index] = linear[pixel[channel].get() as usize & 255];
        }
    }
    let mut steps = [[0_u16; BLOCK]; 3];
    for (steps, row) in steps.iter_mut().zip(matrix) {
        for index in 0..BLOCK {
            let [red, green, blue] = [planes[0][index], planes[1][index], planes[2][index]];
            let adapted = row[0] * red + row[1] * green + row[2] * blue;
            steps[index] = u16::from_f32(adapted.clamp(0.0, 1.0) * (STEPS - 1) as f32 + 0.5);
        }
    }
    for (index, pixel) in pixels.iter_mut().enumerate() {
        for channel in 0..3 {
            let step = usize::from(steps[channel][index]);
            pixel[channel] = T::new(u32::from(encoded[step & (STEPS - 1)]));
        }
    }
}

/// XYZ of a light with a luminance of 1.
fn white(kelvin: f64, tint: f64) -> [f64; 3] {
    let (u, v) = to_uv(locus(kelvin));
    // Green is above the locus, at a right angle to it.
    let ((u0, v0), (u1, v1)) = (to_uv(locus(kelvin * 1.01)), to_uv(locus(kelvin * 0.99)));
    let (du, dv) = (u1 - u0, v1 - v0);
    let off = tint / TINT_STEPS / du.hypot(dv);
    let (u, v) = (u - dv * off, v + du * off);
    let (x, y) = (3.0 * u / (2.0 * u - 8.0 * v + 4.0), 2.0 * v / (2.0 * u - 8.0 * v + 4.0));
    [x / y, 1.0, (1.0 - x - y) / y]
}

/// CIE 1960 u, v of x, y.
fn to_uv((x, y): (f64, f64)) -> (f64, f64) {
    let divisor = -2.0 * x + 12.0 * y + 3.0;
    (4.0 * x / divisor, 6.0 * y / divisor)
}

/// Chromaticity x, y of a light of that temperature.
fn locus(kelvin: f64) -> (f64, f64) {
    let share = ((kelvin - GLOWING) / (DAYLIGHT - GLOWING)).clamp(0.0, 1.0);
    let (glowing, daylight) = (glowing(kelvin), daylight(kelvin));
    let between = |a: f64, b: f64| a + (b - a) * share;
    (between(glowing.0, daylight.0), between(glowing.1, daylight.1))
}

/// A glowing body, integrated over Planck's law.
fn glowing(kelvin: f64) -> (f64, f64) {
    let mut sums = [0.0; 3];
    for (responses, nm) in OBSERVER.iter().zip((380..).step_by(10).map(f64::from)) {
        let power = nm.powi(-5) / ((1.438_776_877e7 / (nm * kelvin)).exp() - 1.0);
        for (sum, response) in sums.iter_mut().zip(responses) {
            *sum += power * response;
        }
    }
    let all: f64 = sums.iter().sum();
    (sums[0] / all, sums[1] / all)
}

/// Daylight (CIE 15:2004, 3.1); the temperature is that of the older value of Planck's constant, by
/// which 6500 K is D65.
fn daylight(kelvin: f64) -> (f64, f64) {
    let t = 1000.0 / (kelvin * 1.4388 / 1.438);
    let x = if kelvin <= 7000.0 {
        ((-4.6070 * t + 2.9678) * t + 0.09911) * t + 0.244_063
    } else {
        ((-2.0064 * t + 1.9018) * t + 0.24748) * t + 0.237_040
    };
    (x, (-3.0 * x + 2.87) * x - 0.275)
}

/// sRGB to linear light (IEC 61966-2-1), 0..=1.
fn decode(value: f64) -> f64 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Linear light to sRGB, 0..=1.
fn encode(linear: f64) -> f64 {
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

fn multiplied(matrix: Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2])
}

fn product(a: Matrix, b: Matrix) -> Matrix {
    a.map(|row| [0, 1, 2].map(|column| (0..3).map(|index| row[index] * b[index][column]).sum()))
}

fn inverse(m: Matrix) -> Matrix {
    let minor = |row: usize, column: usize| {
        let [r, s] = [(row + 1) % 3, (row + 2) % 3];
        let [c, d] = [(column + 1) % 3, (column + 2) % 3];
        m[r][c] * m[s][d] - m[r][d] * m[s][c]
    };
    let determinant: f64 = (0..3).map(|column| m[0][column] * minor(0, column)).sum();
    [0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(column, row) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gray_chart_in_any_light_is_neutral_after_it() {
        for kelvin in [1500.0, 2856.0, 4000.0, 4500.0, 5500.0, 9000.0, 20_000.0] {
            for tint in [-30.0, 0.0, 40.0] {
                let light = multiplied(inverse(SRGB_TO_XYZ), white(kelvin, tint));
                let d65 = multiplied(inverse(SRGB_TO_XYZ), white(NEUTRAL_KELVIN, 0.0));
                for gray in [0.05, 0.2, 0.4] {
                    let lit =
                        [0, 1, 2].map(|index: usize| (gray * light[index] / d65[index]) as f32);
                    let [r, g, b] = Correction::new(kelvin, tint).adapt(lit);
                    let apart = (r - g).abs().max((b - g).abs());
                    assert!(apart < 1e-3, "{kelvin} {tint} {gray}: {r} {g} {b}");
                }
            }
        }
    }

    #[test]
    fn lights_have_the_chromaticities_of_the_tables() {
        let near =
            |(x, y): (f64, f64), (a, b): (f64, f64)| (x - a).abs() < 0.001 && (y - b).abs() < 0.001;
        assert!(near(locus(2856.0), (0.4476, 0.4074)), "A: {:?}", locus(2856.0));
        assert!(near(locus(6500.0), (0.3127, 0.3290)), "D65: {:?}", locus(6500.0));
        assert!(near(locus(5000.0), (0.3457, 0.3585)), "D50: {:?}", locus(5000.0));
        assert!(near(locus(1000.0), (0.6528, 0.3444)), "1000 K: {:?}", locus(1000.0));
    }

    #[test]
    fn bytes_by_the_tables_are_what_the_formula_gives_pixel_by_pixel() {
        let correction = Correction::new(3200.0, 20.0);
        // More than a block, and a rest; every red with some of the others.
        let pixels: Vec<[u8; 4]> = (0..16_u32 * 256 + 7)
            .map(|at| [at as u8, (at * 7 / 8) as u8, (at * 31 / 16) as u8, (at >> 5) as u8])
            .collect();
        let mut corrected = pixels.as_flattened().to_vec();
        correction.correct::<u8, 4>(&mut corrected);
        for (pixel, corrected) in pixels.iter().zip(corrected.as_chunks::<4>().0) {
            let [red, green, blue, alpha] = *pixel;
            let linear = [red, green, blue].map(|v| decode(f64::from(v) / 255.0) as f32);
            let [red, green, blue] = correction.adapt(linear).map(|linear| {
                let step = (linear.clamp(0.0, 1.0) * (STEPS - 1) as f32 + 0.5) as usize;
                (encode(step as f64 / (STEPS - 1) as f64) * 255.0).round() as u8
            });
            assert_eq!(*corrected, [red, green, blue, alpha], "{pixel:?}");
        }
    }

    #[test]
    fn a_greener_light_is_made_more_magenta() {
        let [red, green, blue] = Correction::new(NEUTRAL_KELVIN, 50.0).adapt([0.3; 3]);
        assert!(green < 0.29 && red > green && blue > green, "{red} {green} {blue}");
        let nearly = Correction::new(NEUTRAL_KELVIN, 0.0).adapt([0.3; 3]);
        assert!(nearly.iter().all(|value| (value - 0.3).abs() < 1e-5), "{nearly:?}");
    }
}
