//! Operations that look at a pixel and its eight neighbours.
//!
//! As in Pillow the outermost pixels stay as they are, and with them pictures with fewer than
//! 3 columns or rows. Other than there, a neighbour counts as much as it is visible beside the
//! pixel itself: what hides under alpha 0 does not shine into the pixels beside it, and where alpha
//! is the same all over, the colours are those of full opacity.

use multiversion::multiversion;

use super::alpha;
use super::canvas::{Canvas, Draw};
use super::sample::Sample;
use crate::picture::Channels;
use crate::pool::Pool;

/// The samples of one channel around a pixel, row by row; the pixel itself is at index 4.
pub(crate) type Neighbors<T> = [<T as Sample>::Wide; 9];

/// What becomes of a sample, given its neighbourhood.
pub(crate) trait NeighborOp: Copy {
    /// The new value.
    fn apply<T: Sample>(self, around: &Neighbors<T>) -> T;
}

/// The operation on every sample but alpha.
pub(crate) struct Convolve<O>(pub(crate) O);

impl<O: NeighborOp> Draw for Convolve<O> {
    fn draw<T: Sample>(&self, mut canvas: Canvas<'_, T>, pool: &mut Pool) {
        let (width, height, channels) = (canvas.width, canvas.height, canvas.channels);
        if width < 3 || height < 3 {
            return canvas.copy();
        }
        let len = canvas.row_len();
        let even = alpha::is_even(canvas.original(), channels);
        let work = |[above, here, below]: [&[T]; 3], to: &mut [T]| {
            if even {
                convolve_row([above, here, below], to, channels.count(), self.0);
                alpha::restore(to, here, channels);
            } else {
                convolve_visible([above, here, below], to, channels, self.0);
            }
        };
        let Canvas { top, samples, source, .. } = canvas;
        match source {
            Some(source) => {
                for (y, to) in (top..).zip(samples.chunks_exact_mut(len)) {
                    let row = |y: usize| &source[y * len..][..len];
                    if y == 0 || y == height - 1 {
                        to.copy_from_slice(row(y));
                    } else {
                        work([row(y - 1), row(y), row(y + 1)], to);
                    }
                }
            }
            None => in_place(samples, len, work, pool),
        }
    }
}

/// Does `work` on all rows but the first and the last.
fn in_place<T: Sample>(
    samples: &mut [T],
    len: usize,
    work: impl Fn([&[T]; 3], &mut [T]),
    pool: &mut Pool,
) {
    // Three rows as they were: the picture loses them one by one.
    let mut kept = T::take(pool, 3 * len);
    kept[..2 * len].copy_from_slice(&samples[..2 * len]);
    for y in 1..samples.len() / len - 1 {
        kept[(y + 1) % 3 * len..][..len].copy_from_slice(&samples[(y + 1) * len..][..len]);
        let rows = [y - 1, y, y + 1].map(|y| &kept[y % 3 * len..][..len]);
        work(rows, &mut samples[y * len..][..len]);
    }
    T::give(pool, kept);
}

fn convolve_row<T: Sample, O: NeighborOp>(rows: [&[T]; 3], to: &mut [T], step: usize, op: O) {
    let [above, here, below] = rows;
    let (edge, inner) = (step, to.len() - 2 * step);
    to[..edge].copy_from_slice(&here[..edge]);
    to[edge + inner..].copy_from_slice(&here[edge + inner..]);
    let shifted = |row: usize, shift: usize| &[above, here, below][row][shift * step..][..inner];
    convolve_inner(
        [0, 1, 2].map(|row| [0, 1, 2].map(|shift| shifted(row, shift))),
        &mut to[edge..edge + inner],
        op,
    );
}

/// `around[row][column]` are the samples beside those of `to`, all as many as `to` has.
#[multiversion(targets = "simd")]
fn convolve_inner<T: Sample, O: NeighborOp>(around: [[&[T]; 3]; 3], to: &mut [T], op: O) {
    let len = to.len();
    let [[a, b, c], [d, e, f], [g, h, i]] = around.map(|row| row.map(|samples| &samples[..len]));
    for x in 0..len {
        to[x] = op.apply(&[a[x], b[x], c[x], d[x], e[x], f[x], g[x], h[x], i[x]].map(T::widen));
    }
}

/// The same where some pixels are transparent.
fn convolve_visible<T: Sample, O: NeighborOp>(
    rows: [&[T]; 3],
    to: &mut [T],
    channels: Channels,
    op: O,
) {
    let step = channels.count();
    to.copy_from_slice(rows[1]);
    for pixel in step..to.len() - step {
        if pixel % step == step - 1 {
            continue;
        }
        let alpha_at = step - 1 - pixel % step;
        let (center, alpha) = (rows[1][pixel], rows[1][pixel + alpha_at]);
        let mut around = [T::default().widen(); 9];
        for (index, around) in around.iter_mut().enumerate() {
            let (row, at) = (rows[index / 3], pixel + index % 3 * step - step);
            *around = toward(center, row[at], share(row[at + alpha_at], alpha)).widen();
        }
        to[pixel] = op.apply(&around);
    }
}

/// How visible a neighbour is beside a pixel with alpha `own`: all of it if it is as visible.
fn share<T: Sample>(alpha: T, own: T) -> T {
    let (alpha, own) = (u64::from(alpha.get()), u64::from(own.get()));
    if alpha >= own {
        return T::new(T::MAX);
    }
    T::new((alpha * u64::from(T::MAX) / own) as u32)
}

/// `color` where `alpha` is full, `center` where it is none.
fn toward<T: Sample>(center: T, color: T, alpha: T) -> T {
    let (center, color) = (i64::from(center.get()), i64::from(color.get()));
    let (alpha, max) = (i64::from(alpha.get()), i64::from(T::MAX));
    let rounding = if color < center { -(max / 2) } else { max / 2 };
    T::new((center + ((color - center) * alpha + rounding) / max) as u32)
}
