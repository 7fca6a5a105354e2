//! Planes of luminance and colour differences, as codecs of video have them, and how they become a
//! picture.

use super::Refused;
use crate::picture::{Channels, Picture, Samples};
use lote_protocol::text;

/// Samples of one kind, row by row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) samples: Vec<u16>,
}

impl Plane {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, samples: vec![0; width * height] }
    }

    pub(in crate::formats) fn row(&self, y: usize) -> &[u16] {
        let y = y.min(self.height - 1);
        &self.samples[y * self.width..][..self.width]
    }

    /// Puts a tile in its place; what is outside is left out.
    pub(super) fn put(&mut self, tile: &Self, left: usize, top: usize) {
        let width = tile.width.min(self.width.saturating_sub(left));
        let height = tile.height.min(self.height.saturating_sub(top));
        for y in 0..height {
            let to = (top + y) * self.width + left;
            self.samples[to..to + width].copy_from_slice(&tile.row(y)[..width]);
        }
    }
}

/// How samples are to be read (ITU-T H.273).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) primaries: u8,
    pub(crate) transfer: u8,
    pub(crate) matrix: u8,
    /// Whether black is 0, else 16 of 255.
    pub(crate) full_range: bool,
}

/// A decoded picture.
#[derive(Debug, Clone)]
pub(crate) struct Planes {
    /// Luminance, and both differences unless it is gray.
    pub(crate) all: Vec<Plane>,
    /// Bits of a sample, 8..=12.
    pub(crate) bits: u32,
    /// How many columns and rows share a sample of the differences, as powers of two.
    pub(crate) coarse: (usize, usize),
    /// What the bitstream says.
    pub(crate) signal: Signal,
}

impl Planes {
    pub(super) fn size(&self) -> (usize, usize) {
        (self.all[0].width, self.all[0].height)
    }

    /// Planes of the same kind of another size.
    pub(super) fn blank(&self, width: usize, height: usize) -> Self {
        let planes = (0..self.all.len()).map(|i| {
            let (x, y) = if i == 0 { (0, 0) } else { self.coarse };
            Plane::new(width.div_ceil(1 << x), height.div_ceil(1 << y))
        });
        Self { all: planes.collect(), ..*self }
    }

    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.all.len(), self.bits, self.coarse, self.size())
            == (other.all.len(), other.bits, other.coarse, other.size())
    }

    /// The picture: of 8 bits a sample, or of 16 if there are more than 8. Alpha is of the same size.
    pub(super) fn picture(
        &self,
        signal: Signal,
        alpha: Option<&Self>,
        premultiplied: bool,
    ) -> Result<Picture, Refused> {
        let is_color = self.all.len() == 3;
        let channels = match (is_color, alpha.is_some()) {
            (false, false) => Channels::Gray,
            (false, true) => Channels::GrayAlpha,
            (true, false) => Channels::Rgb,
            (true, true) => Channels::Rgba,
        };
        let model = Model::of(signal, self.bits, is_color, self.coarse)?;
        let alpha =
            alpha.map(|alpha| (&alpha.all[0], Levels::of(alpha.bits, alpha.signal.full_range)));
        let (width, height) = self.size();
        let deep = self.bits > 8;
        let max = if deep { 65_535.0 } else { 255.0 };
        let count = channels.count();
        let mut rows = FullRows::new(self);
        let mut row = vec![0.0_f32; width * count];
        let (mut bytes, mut words) = (Vec::new(), Vec::new());
        if deep {
            words.reserve_exact(width * height * count);
        } else {
            bytes.reserve_exact(width * height * count);
        }
        for y in 0..height {
            let [luma, blue, red] = rows.at(y);
            for (x, pixel) in row.chunks_exact_mut(count).enumerate() {
                if is_color {
                    pixel[..3].copy_from_slice(&model.color(luma[x], blue[x], red[x]));
                } else {
                    pixel[0] = model.luma.level(luma[x]);
                }
                if let Some((plane, levels)) = alpha {
                    let alpha = levels.level(f32::from(plane.row(y)[x])).clamp(0.0, 1.0);
                    pixel[count - 1] = alpha;
                    if premultiplied && alpha > 0.0 {
                        pixel[..count - 1].iter_mut().for_each(|sample| *sample /= alpha);
                    }
                }
            }
            let levels = row.iter().map(|level| (level.clamp(0.0, 1.0) * max + 0.5) as u16);
            if deep {
                words.extend(levels);
            } else {
                bytes.extend(levels.map(|level| level as u8));
            }
        }
        let samples = if deep { Samples::U16(words) } else { Samples::U8(bytes) };
        Ok(Picture { width: width as u32, height: height as u32, channels, samples })
    }
}

/// What samples mean as levels of light, 0.0..=1.0.
#[derive(Debug, Clone, Copy)]
struct Levels {
    black: f32,
    range: f32,
}

impl Levels {
    fn of(bits: u32, full_range: bool) -> Self {
        let unit = (1_u32 << (bits - 8)) as f32;
        if full_range {
            Self { black: 0.0, range: ((1_u32 << bits) - 1) as f32 }
        } else {
            Self { black: 16.0 * unit, range: 219.0 * unit }
        }
    }

    fn level(self, sample: f32) -> f32 {
        (sample - self.black) / self.range
    }
}

/// How luminance and differences become red, green and blue (ITU-T H.273, 8.3).
struct Model {
    luma: Levels,
    /// Middle and range of the differences.
    middle: f32,
    range: f32,
    /// The part of red and blue in luminance; `None` where the planes are green, blue and red.
    weights: Option<(f32, f32)>,
}

impl Model {
    fn of(
        signal: Signal,
        bits: u32,
        is_color: bool,
        coarse: (usize, usize),
    ) -> Result<Self, Refused> {
        let luma = Levels::of(bits, signal.full_range);
        let weights = match signal.matrix {
            _ if !is_color => None,
            0 if coarse == (0, 0) => None,
            1 => Some((0.2126, 0.0722)),
            // What is not said is what JPEG has.
            2 | 5 | 6 => Some((0.299, 0.114)),
            4 => Some((0.30, 0.11)),
            7 => Some((0.212, 0.087)),
            9 => Some((0.2627, 0.0593)),
            _ => {
                return Err(Refused::Unsupported(text!(
                    "its colours are coded by an unusual matrix"
                )));
            }
        };
        let range =
            if signal.full_range { luma.range } else { 224.0 * (1_u32 << (bits - 8)) as f32 };
        Ok(Self { luma, middle: (1_u32 << (bits - 1)) as f32, range, weights })
    }

    fn color(&self, luma: f32, blue: f32, red: f32) -> [f32; 3] {
        let Some((of_red, of_blue)) = self.weights else {
            return [red, luma, blue].map(|sample| self.luma.level(sample));
        };
        let luma = self.luma.level(luma);
        let (blue, red) = ((blue - self.middle) / self.range, (red - self.middle) / self.range);
        let r = luma + 2.0 * (1.0 - of_red) * red;
        let b = luma + 2.0 * (1.0 - of_blue) * blue;
        [r, (luma - of_red * r - of_blue * b) / (1.0 - of_red - of_blue), b]
    }
}

/// Rows of all planes at the full size: between samples of coarse planes, which stand in the middle
/// of what shares them, is a straight line.
struct FullRows<'a> {
    planes: &'a Planes,
    rows: [Vec<f32>; 3],
}

impl<'a> FullRows<'a> {
    fn new(planes: &'a Planes) -> Self {
        let width = planes.size().0;
        Self { planes, rows: [vec![0.0; width], vec![0.0; width], vec![0.0; width]] }
    }

    fn at(&mut self, y: usize) -> &[Vec<f32>; 3] {
        let (coarse_x, coarse_y) = self.planes.coarse;
        for (i, (plane, row)) in self.planes.all.iter().zip(&mut self.rows).enumerate() {
            if i == 0 || (coarse_x, coarse_y) == (0, 0) {
                for (to, &from) in row.iter_mut().zip(plane.row(y)) {
                    *to = from.into();
                }
                continue;
            }
            let near = plane.row(y >> coarse_y);
            let far = match (coarse_y, y & 1) {
                (0, _) => near,
                (_, 0) => plane.row((y >> 1).saturating_sub(1)),
                _ => plane.row((y >> 1) + 1),
            };
            let between = |x: usize| 0.75 * f32::from(near[x]) + 0.25 * f32::from(far[x]);
            for (x, to) in row.iter_mut().enumerate() {
                let at = x >> coarse_x;
                let beside = match (coarse_x, x & 1) {
                    (0, _) => at,
                    (_, 0) => at.saturating_sub(1),
                    _ => (at + 1).min(plane.width - 1),
                };
                *to = 0.75 * between(at) + 0.25 * between(beside);
            }
        }
        &self.rows
    }
}
