//! From coefficients to pixels: inverse DCT, upsampling, colours (jddctmgr, jdsample, jdcolor).

use lote_protocol::outcome::Failure;
use lote_protocol::text;

use super::frame::{Color, Component, Frame, SIDE};
use super::unsupported;
use crate::formats::jpeg::transforms::Transforms;
use crate::formats::jpeg::upsample;

/// How a row in the width of the picture comes from the rows of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upsampling {
    /// It is one.
    None,
    /// Columns are mixed with their neighbours.
    Columns,
    /// Rows are mixed with their neighbours.
    Rows,
    /// Both are.
    Both,
    /// Each sample is repeated, across and down.
    Repeat(usize, usize),
}

impl Upsampling {
    /// As jdsample chooses; `None` where it has no method.
    fn of(component: &Component, most: (usize, usize)) -> Option<Self> {
        let (across, down) = component.factors;
        if !most.0.is_multiple_of(across) || !most.1.is_multiple_of(down) {
            return None;
        }
        // Up to two columns are not mixed.
        let wide = component.size.0 > 2;
        Some(match (most.0 / across, most.1 / down) {
            (1, 1) => Self::None,
            (2, 1) if wide => Self::Columns,
            (1, 2) => Self::Rows,
            (2, 2) if wide => Self::Both,
            (across, down) => Self::Repeat(across, down),
        })
    }
}

/// Refuses sampling that libjpeg has no method for.
pub(super) fn check(frame: &Frame) -> Result<(), Failure> {
    if frame.components.iter().all(|c| Upsampling::of(c, frame.most).is_some()) {
        return Ok(());
    }
    let factors = frame.components.iter().map(|c| format!("{}x{}", c.factors.0, c.factors.1));
    let factors: Vec<String> = factors.collect();
    Err(unsupported(text!("sampling factors {}", factors.join(" "))))
}

/// The samples of a component.
struct Plane {
    samples: Vec<u8>,
    stride: usize,
    size: (usize, usize),
    upsampling: Upsampling,
    /// A row in the width of the picture.
    row: Vec<u8>,
    sums: Vec<u16>,
}

impl Plane {
    fn new(component: Component, most: (usize, usize), transforms: &impl Transforms) -> Self {
        let upsampling = Upsampling::of(&component, most).unwrap_or(Upsampling::None);
        // The coefficients are not needed any more behind this: few are there beside samples.
        let Component { size, blocks: (across, down), quantization, coefficients, .. } = component;
        let stride = across * SIDE;
        let mut samples = vec![0; stride * down * SIDE];
        let steps = quantization.unwrap_or([0; 64]);
        let mut block = [0; 64];
        for (rows, blocks) in
            samples.chunks_exact_mut(stride * SIDE).zip(coefficients.chunks(component.stride))
        {
            for (x, coefficients) in blocks.iter().take(across).enumerate() {
                transforms.inverse_dct(coefficients, &steps, &mut block);
                for (row, from) in rows.chunks_exact_mut(stride).zip(block.chunks_exact(SIDE)) {
                    row[x * SIDE..(x + 1) * SIDE].copy_from_slice(from);
                }
            }
        }
        let factor = match upsampling {
            Upsampling::None | Upsampling::Rows => 1,
            Upsampling::Columns | Upsampling::Both => 2,
            Upsampling::Repeat(across, _) => across,
        };
        let (row, sums) = (vec![0; size.0 * factor], vec![0; size.0]);
        Self { samples, stride, size, upsampling, row, sums }
    }

    /// A row of the component.
    fn own_row(&self, y: usize) -> &[u8] {
        &self.samples[y * self.stride..][..self.size.0]
    }

    /// A row of the picture.
    fn row(&mut self, y: usize, transforms: &impl Transforms) -> &[u8] {
        let mut row = std::mem::take(&mut self.row);
        match self.upsampling {
            Upsampling::None => row.copy_from_slice(self.own_row(y)),
            Upsampling::Columns => transforms.double_columns(self.own_row(y), &mut row),
            Upsampling::Rows | Upsampling::Both => {
                let near = y / 2;
                let above = y.is_multiple_of(2);
                let far = if above { near.saturating_sub(1) } else { near + 1 };
                let mut sums = std::mem::take(&mut self.sums);
                let (near, far) = (self.own_row(near), self.own_row(far.min(self.size.1 - 1)));
                if self.upsampling == Upsampling::Rows {
                    upsample::between_rows(near, far, if above { 1 } else { 2 }, &mut row);
                } else {
                    upsample::between_rows_and_columns(near, far, &mut sums, &mut row);
                }
                self.sums = sums;
            }
            Upsampling::Repeat(across, down) => {
                for (to, &sample) in row.chunks_exact_mut(across).zip(self.own_row(y / down)) {
                    to.fill(sample);
                }
            }
        }
        self.row = row;
        &self.row
    }
}

/// Writes the pixels, with so many samples each as there are components.
pub(super) fn write(frame: Frame, color: Color, transforms: &impl Transforms, samples: &mut [u8]) {
    let Frame { size: (width, _), most, components, .. } = frame;
    let count = components.len();
    let mut planes: Vec<Plane> =
        components.into_iter().map(|c| Plane::new(c, most, transforms)).collect();
    let mut rgb = vec![0; width * 3];
    for (y, pixels) in samples.chunks_exact_mut(width * count).enumerate() {
        let rows: Vec<&[u8]> =
            planes.iter_mut().map(|plane| &plane.row(y, transforms)[..width]).collect();
        match (color, rows.as_slice()) {
            (Color::YCbCr, [y, cb, cr]) => transforms.to_rgb(y, cb, cr, pixels),
            (Color::Ycck, [y, cb, cr, black]) => {
                transforms.to_rgb(y, cb, cr, &mut rgb);
                let (pixels, _) = pixels.as_chunks_mut::<4>();
                let (rgb, _) = rgb.as_chunks::<3>();
                for ((pixel, &[r, g, b]), &k) in pixels.iter_mut().zip(rgb).zip(*black) {
                    *pixel = [!r, !g, !b, k];
                }
            }
            (_, rows) => {
                for (number, row) in rows.iter().enumerate() {
                    for (pixel, &sample) in pixels.chunks_exact_mut(count).zip(*row) {
                        pixel[number] = sample;
                    }
                }
            }
        }
    }
}
