//! The rows of one component that a band needs.

#![allow(clippy::inline_always, reason = "the loop over units is compiled for several processors")]

use super::header::Component;
use super::transforms::Samples;

/// Samples of a block in a row, and its rows.
const SIDE: usize = 8;

/// A row of units of one component. Where chroma is mixed with its neighbours above and below, the
/// last row of the band before stands in front.
pub(crate) struct Plane {
    samples: Vec<u8>,
    stride: usize,
    /// Rows that are kept from the band before: 0 or 1.
    kept: usize,
}

impl Plane {
    /// Room for `units` units in a row.
    pub(crate) fn new(component: &Component, units: usize, keeps: bool) -> Self {
        let stride = units * component.blocks.0 * SIDE;
        let kept = usize::from(keeps);
        let rows = component.blocks.1 * SIDE + kept;
        Self { samples: vec![0; stride * rows], stride, kept }
    }

    /// Keeps the last row, as the next band follows.
    pub(crate) fn go_on(&mut self) {
        let last = self.samples.len() - self.stride;
        if self.kept == 1 {
            self.samples.copy_within(last.., 0);
        }
    }

    /// A row of this band; row -1 is the last one of the band before.
    pub(crate) fn row(&self, row: isize) -> &[u8] {
        let start = (row + self.kept as isize) as usize * self.stride;
        &self.samples[start..start + self.stride]
    }

    /// Writes the block in column `x` and row `y` of the band's blocks.
    #[inline(always)]
    pub(crate) fn put(&mut self, x: usize, y: usize, samples: &Samples) {
        let start = (y * SIDE + self.kept) * self.stride + x * SIDE;
        let (rows, _) = samples.as_chunks::<SIDE>();
        for (to, row) in self.samples[start..].chunks_mut(self.stride).zip(rows) {
            if let Some(to) = to.first_chunk_mut::<SIDE>() {
                *to = *row;
            }
        }
    }
}
