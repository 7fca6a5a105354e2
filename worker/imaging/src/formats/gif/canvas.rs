//! The canvas of a GIF animation: parts are drawn on it, and it is what is seen.

use crate::picture::{Channels, Picture, Samples};
use crate::pool::Pool;

/// A part that is drawn at once, px on the canvas; it may reach beyond it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) left: u16,
    pub(crate) top: u16,
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// The index that is not drawn.
    pub(crate) transparent: Option<u8>,
    /// What follows.
    pub(crate) leave: Leave,
}

/// What becomes of a part before the next one is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// It stays.
    Drawn,
    /// Its place becomes transparent.
    Cleared,
    /// What it covered comes back.
    Restored,
}

/// The canvas: RGBA, transparent at first (`GIF89a`, sections 18 and 23; the background colour is
/// ignored, as browsers do).
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    saved: Vec<u8>,
}

impl Canvas {
    pub(crate) fn new(width: u16, height: u16, pool: &mut Pool) -> Self {
        let (width, height) = (usize::from(width), usize::from(height));
        let mut pixels = pool.bytes(width * height * 4);
        pixels.fill(0);
        Self { width, height, pixels, saved: Vec::new() }
    }

    /// Draws a part of palette indices, as far as it is on the canvas, and returns what is seen
    /// then. Afterwards the canvas is as the part wants it left.
    pub(crate) fn show(
        &mut self,
        part: Part,
        palette: &[u8],
        indices: &[u8],
        pool: &mut Pool,
    ) -> Picture {
        if part.leave == Leave::Restored {
            self.saved.clone_from(&self.pixels);
        }
        let colors = palette.as_chunks::<3>().0;
        let part_width = usize::from(part.width).max(1);
        for (row, indices) in self.rows(part).zip(indices.chunks_exact(part_width)) {
            let target = self.pixels[row].as_chunks_mut::<4>().0;
            for (pixel, &index) in target.iter_mut().zip(indices) {
                if part.transparent != Some(index) && !colors.is_empty() {
                    // What the palette does not have is black to all who show it.
                    let [r, g, b] = colors.get(usize::from(index)).copied().unwrap_or_default();
                    *pixel = [r, g, b, 255];
                }
            }
        }
        let mut seen = pool.bytes(self.pixels.len());
        seen.copy_from_slice(&self.pixels);
        match part.leave {
            Leave::Drawn => {}
            Leave::Cleared => {
                for row in self.rows(part) {
                    self.pixels[row].fill(0);
                }
            }
            Leave::Restored => std::mem::swap(&mut self.pixels, &mut self.saved),
        }
        Picture {
            width: self.width as u32,
            height: self.height as u32,
            channels: Channels::Rgba,
            samples: Samples::U8(seen),
        }
    }

    /// Gives its buffer back.
    pub(crate) fn finish(self, pool: &mut Pool) {
        pool.give_bytes(self.pixels);
    }

    /// Where the rows of a part are among the pixels, cut to the canvas.
    fn rows(&self, part: Part) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let (left, top) = (usize::from(part.left), usize::from(part.top));
        let right = (left + usize::from(part.width)).min(self.width);
        let bottom = (top + usize::from(part.height)).min(self.height);
        let width = self.width;
        let left = left.min(right);
        (top..bottom).map(move |y| (y * width + left) * 4..(y * width + right) * 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];

    fn shown(canvas: &mut Canvas, part: Part, indices: &[u8]) -> Vec<u8> {
        let palette = [RED, BLUE].concat();
        let picture = canvas.show(part, &palette, indices, &mut Pool::new());
        let Samples::U8(samples) = picture.samples else { unreachable!() };
        // One letter a pixel.
        samples
            .chunks(4)
            .map(|pixel| match pixel {
                [255, 0, 0, 255] => b'r',
                [0, 0, 255, 255] => b'b',
                [0, 0, 0, 255] => b'k',
                [0, 0, 0, 0] => b'.',
                _ => b'?',
            })
            .collect()
    }

    fn part(left: u16, top: u16, width: u16, height: u16, leave: Leave) -> Part {
        Part { left, top, width, height, transparent: None, leave }
    }

    #[test]
    fn parts_are_left_as_they_want_it() {
        let mut canvas = Canvas::new(2, 2, &mut Pool::new());
        let whole = part(0, 0, 2, 2, Leave::Drawn);
        assert_eq!(shown(&mut canvas, whole, &[0; 4]), b"rrrr");
        let corner = part(1, 1, 1, 1, Leave::Restored);
        assert_eq!(shown(&mut canvas, corner, &[1]), b"rrrb");
        let row = part(0, 0, 2, 1, Leave::Cleared);
        assert_eq!(shown(&mut canvas, row, &[1, 1]), b"bbrr");
        let corner = part(0, 1, 1, 1, Leave::Drawn);
        assert_eq!(shown(&mut canvas, corner, &[1]), b"..br");
    }

    #[test]
    fn transparent_indices_draw_nothing_and_those_beyond_the_palette_are_black() {
        let mut canvas = Canvas::new(4, 1, &mut Pool::new());
        let row = Part { transparent: Some(1), ..part(0, 0, 4, 1, Leave::Drawn) };
        assert_eq!(shown(&mut canvas, row, &[0, 1, 9, 1]), b"r.k.");
        let row = Part { transparent: Some(8), ..row };
        assert_eq!(shown(&mut canvas, row, &[8, 8, 8, 8]), b"r.k.");
        let none = canvas.show(row, &[], &[0; 4], &mut Pool::new());
        let Samples::U8(samples) = none.samples else { unreachable!() };
        assert_eq!(samples[4..8], [0; 4], "without a palette nothing is drawn");
    }

    #[test]
    fn what_is_beside_the_canvas_is_not_drawn() {
        let mut canvas = Canvas::new(2, 2, &mut Pool::new());
        let far = part(60_000, 65_535, 3, 3, Leave::Cleared);
        assert_eq!(shown(&mut canvas, far, &[0; 9]), b"....");
        let over = part(1, 1, 2, 2, Leave::Drawn);
        assert_eq!(shown(&mut canvas, over, &[0, 1, 1, 1]), b"...r");
    }
}
