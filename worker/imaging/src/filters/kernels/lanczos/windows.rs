//! Which samples of the original a sample of the result is made of, and how much of each.

use std::collections::HashMap;
use std::f64::consts::PI;
use std::ops::Range;

/// What a sample of the original counts by its distance from the middle of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Lanczos with three lobes.
    Lanczos,
    /// R. G. Keys' cubic with a = -1/2, as Pillow's `BICUBIC`.
    Bicubic,
}

impl Kernel {
    /// How far it reaches to either side.
    const fn reach(self) -> f64 {
        match self {
            Self::Lanczos => 3.0,
            Self::Bicubic => 2.0,
        }
    }

    fn at(self, x: f64) -> f64 {
        match self {
            Self::Lanczos => lanczos(x),
            Self::Bicubic => bicubic(x),
        }
    }
}
/// Offsets with up to this many units per position are exact, so that they come again.
const EXACT: f64 = 1024.0;

/// A window of the original for each position of the result along one axis.
///
/// They are used in pairs: neighbouring windows have most of their positions in common.
pub(super) struct Windows<W> {
    windows: Vec<Window>,
    weights: Vec<W>,
}

/// Positions `start..end` of the original; their weights begin at `weights`.
struct Window {
    start: usize,
    end: usize,
    weights: usize,
}

/// The weights of a pair of windows: for the positions that are in the first one only, those in
/// both and those in the second one only.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a, W> {
    pub(super) first: &'a [W],
    pub(super) both: [&'a [W]; 2],
    pub(super) second: &'a [W],
}

impl<W: Copy> Windows<W> {
    /// Windows for `to` positions that show `first..last` of `0..from`.
    ///
    /// The kernel reaches two or three positions to either side, of the original or of the result,
    /// whichever are larger. `weight` makes one of a share of 1. All of it is in double precision and in Pillow's order, so that the
    /// weights are equal.
    pub(super) fn new(
        from: usize,
        (first, last): (f32, f32),
        to: usize,
        kernel: Kernel,
        weight: impl Fn(f64) -> W,
    ) -> Self {
        let scale = f64::from(last - first) / to as f64;
        let stretch = scale.max(1.0);
        let support = kernel.reach() * stretch;
        let mut windows = Self { windows: Vec::with_capacity(to), weights: Vec::new() };
        let (mut shares, mut known) = (Vec::new(), HashMap::new());
        for position in 0..to {
            let center = f64::from(first) + (position as f64 + 0.5) * scale;
            let start = ((center - support + 0.5) as usize).min(from - 1);
            let end = ((center + support + 0.5) as usize).clamp(start + 1, from);
            let offset = |at: usize| at as f64 - center + 0.5;

            let mut compute = || {
                shares.clear();
                shares.extend((start..end).map(|at| kernel.at(offset(at) * (1.0 / stretch))));
                let sum: f64 = shares.iter().sum();
                let begin = windows.weights.len();
                windows.weights.extend(shares.iter().map(|share| weight(share / sum)));
                begin
            };
            // At scales as 2 or 1/4 there are few different windows, and sines are slow.
            let weights = if (center * EXACT).fract() == 0.0 {
                let key = (offset(start).to_bits(), end - start);
                *known.entry(key).or_insert_with(compute)
            } else {
                compute()
            };
            windows.windows.push(Window { start, end, weights });
        }
        windows
    }

    /// Number of pairs. In the last one a window may be there twice.
    pub(super) fn pairs(&self) -> usize {
        self.windows.len().div_ceil(2)
    }

    /// The positions of the original that pair `index` is made of, and their weights.
    #[inline]
    pub(super) fn pair(&self, index: usize) -> (Range<usize>, Weights<'_, W>) {
        let first = &self.windows[2 * index];
        let second = self.windows.get(2 * index + 1).unwrap_or(first);
        let weights =
            |window: &Window| &self.weights[window.weights..][..window.end - window.start];
        // The next window begins before this one ends: it is four or six steps wide and one step away.
        let (only, both) = weights(first).split_at(second.start - first.start);
        let (both_second, only_second) = weights(second).split_at(both.len());
        let weights = Weights { first: only, both: [both, both_second], second: only_second };
        (first.start..second.end, weights)
    }

    /// The positions of the original that any of those pairs is made of.
    pub(super) fn hull(&self, pairs: Range<usize>) -> Range<usize> {
        self.pair(pairs.start).0.start..self.pair(pairs.end - 1).0.end
    }

    /// Positions of the original that the largest pair is made of.
    pub(super) fn widest(&self) -> usize {
        (0..self.pairs()).map(|pair| self.pair(pair).0.len()).max().unwrap_or(0)
    }
}

/// `sinc(x) sinc(x / 3)` between -3 and 3, and 0 beyond.
fn lanczos(x: f64) -> f64 {
    if (-3.0..3.0).contains(&x) { sinc(x) * sinc(x / 3.0) } else { 0.0 }
}

/// In Pillow's order.
fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

/// `sin(πx) / πx`.
fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * PI;
    x.sin() / x
}
